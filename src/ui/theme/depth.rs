//! How many colours the terminal shows, as far as its environment tells.

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Depth {
    /// No colours, only bold and the like.
    None,
    /// The 16 that the terminal calls its own.
    Sixteen,
    /// The 256 of xterm.
    TwoFiftySix,
    /// Any colour.
    True,
}

/// Beginnings of `TERM` that are terminals with any colour.
const TRUE_COLOUR: [&str; 9] = [
    "xterm-kitty",
    "kitty",
    "alacritty",
    "wezterm",
    "foot",
    "ghostty",
    "xterm-ghostty",
    "contour",
    "rio",
];

impl Depth {
    /// What the terminal shows, by the variables of the environment that
    /// `variable` looks up.
    ///
    /// - A `NO_COLOR` that isn't empty turns colours off.
    /// - tmux takes any colour and brings it down to what the terminal around
    ///   it can, so `COLORTERM` is believed there.
    /// - GNU screen hands `COLORTERM` on and garbles truecolor before version
    ///   5: under `TERM=screen*` it is believed only when tmux set that `TERM`.
    /// - The Linux console takes truecolor and shows 16, whatever was inherited.
    /// - mosh and ssh hand on `TERM` and no `COLORTERM`: 256 colours then, which
    ///   every version of mosh passes on.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| variable(name).unwrap_or_default().to_ascii_lowercase();
        let is_set = |name: &str| !read(name).is_empty();
        let term = read("TERM");
        if is_set("NO_COLOR") || is_colourless(&term) {
            return Self::None;
        }
        if term.starts_with("linux") {
            return Self::Sixteen;
        }
        let believed = !term.starts_with("screen") || (is_set("TMUX") && !is_set("STY"));
        let claimed =
            matches!(read("COLORTERM").as_str(), "truecolor" | "24bit") || is_set("WT_SESSION");
        let by_name = term.contains("-direct")
            || term.contains("-truecolor")
            || TRUE_COLOUR.iter().any(|name| term.starts_with(name));
        if by_name || (claimed && believed) {
            Self::True
        } else if term.contains("256color") {
            Self::TwoFiftySix
        } else {
            Self::Sixteen
        }
    }
}

/// Terminals that the terminfo database knows without colours.
fn is_colourless(term: &str) -> bool {
    let vt = term.strip_prefix("vt").and_then(|rest| rest.chars().next());
    term == "dumb"
        || term.ends_with("-m")
        || term.ends_with("-mono")
        || vt.is_some_and(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(variables: &[(&str, &str)]) -> Depth {
        Depth::detect(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn no_color_wins_unless_it_is_empty() {
        let truecolor = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
        assert_eq!(detect(&truecolor), Depth::True);
        assert_eq!(detect(&[truecolor[0], truecolor[1], ("NO_COLOR", "1")]), Depth::None);
        assert_eq!(detect(&[truecolor[0], truecolor[1], ("NO_COLOR", "")]), Depth::True);
    }

    #[test]
    fn the_name_of_the_terminal_tells() {
        for (term, depth) in [
            ("", Depth::Sixteen),
            ("dumb", Depth::None),
            ("vt220", Depth::None),
            ("xterm-mono", Depth::None),
            ("vte", Depth::Sixteen),
            ("xterm", Depth::Sixteen),
            ("rxvt-unicode-256color", Depth::TwoFiftySix),
            ("xterm-256color", Depth::TwoFiftySix),
            ("tmux-256color", Depth::TwoFiftySix),
            ("xterm-direct", Depth::True),
            ("xterm-kitty", Depth::True),
            ("alacritty", Depth::True),
            ("foot-extra", Depth::True),
            ("xterm-ghostty", Depth::True),
            ("wezterm", Depth::True),
        ] {
            assert_eq!(detect(&[("TERM", term)]), depth, "{term}");
        }
        assert_eq!(detect(&[]), Depth::Sixteen);
        assert_eq!(detect(&[("COLORTERM", "24bit"), ("TERM", "xterm")]), Depth::True);
        assert_eq!(detect(&[("WT_SESSION", "1")]), Depth::True);
        assert_eq!(detect(&[("COLORTERM", "rxvt-xpm"), ("TERM", "rxvt")]), Depth::Sixteen);
    }

    #[test]
    fn multiplexers_and_the_console_are_not_misled_by_what_they_inherit() {
        let claims = |term: &'static str, more: &[(&'static str, &'static str)]| {
            let mut variables = vec![("TERM", term), ("COLORTERM", "truecolor")];
            variables.extend(more);
            detect(&variables)
        };
        let (tmux, screen) = (("TMUX", "/tmp/tmux,1,0"), ("STY", "1.pts-0"));
        assert_eq!(claims("tmux-256color", &[tmux]), Depth::True);
        assert_eq!(claims("screen-256color", &[tmux]), Depth::True);
        assert_eq!(claims("screen-256color", &[screen]), Depth::TwoFiftySix);
        assert_eq!(claims("screen.xterm-256color", &[tmux, screen]), Depth::TwoFiftySix);
        assert_eq!(claims("screen", &[]), Depth::Sixteen);
        assert_eq!(claims("linux", &[]), Depth::Sixteen);
    }
}
