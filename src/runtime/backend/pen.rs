//! Colours and attributes, and the shortest sequence from one to the next.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// Attributes that show where no character is.
const SEEN_ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT)
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK);

/// What switches each attribute on.
const ON: [(Modifier, &str); 9] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::SLOW_BLINK, "5"),
    (Modifier::RAPID_BLINK, "6"),
    (Modifier::REVERSED, "7"),
    (Modifier::HIDDEN, "8"),
    (Modifier::CROSSED_OUT, "9"),
];

/// What switches them off; two of them share one code each.
const OFF: [(Modifier, &str); 7] = [
    (Modifier::BOLD.union(Modifier::DIM), "22"),
    (Modifier::ITALIC, "23"),
    (Modifier::UNDERLINED, "24"),
    (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), "25"),
    (Modifier::REVERSED, "27"),
    (Modifier::HIDDEN, "28"),
    (Modifier::CROSSED_OUT, "29"),
];

/// How the next character looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    foreground: Color,
    background: Color,
    modifiers: Modifier,
}

impl Pen {
    /// The terminal's own colours, no attributes.
    pub(super) const PLAIN: Self =
        Self { foreground: Color::Reset, background: Color::Reset, modifiers: Modifier::empty() };

    /// The pen of a cell.
    pub(super) fn of(cell: &Cell) -> Self {
        Self { foreground: cell.fg, background: cell.bg, modifiers: cell.modifier }
    }

    /// Whether a blank looks the same with both: the colour of a character
    /// that isn't there doesn't matter.
    pub(super) fn same_for_blank(self, other: Self) -> bool {
        if self.modifiers.union(other.modifiers).intersects(SEEN_ON_BLANK) {
            self == other
        } else {
            self.background == other.background
        }
    }

    /// Whether erased cells look like blanks of this pen in every terminal:
    /// not all of them erase with the background colour.
    pub(super) fn erases(self) -> bool {
        self.background == Color::Reset && !self.modifiers.intersects(SEEN_ON_BLANK)
    }

    /// Appends the shortest sequence that leads here from `from`, which is
    /// `None` where the terminal's state is unknown.
    pub(super) fn write(self, from: Option<Self>, out: &mut Vec<u8>) {
        if from == Some(self) {
            return;
        }
        let anew = self.codes_anew();
        let codes = from
            .map(|from| self.codes_from(from))
            .filter(|codes| codes.len() <= anew.len())
            .unwrap_or(anew);
        out.extend_from_slice(b"\x1b[");
        out.extend_from_slice(codes.as_bytes());
        out.push(b'm');
    }

    /// The codes after a reset. A sequence without any code is a reset.
    fn codes_anew(self) -> String {
        let mut codes = String::new();
        if self != Self::PLAIN {
            push(&mut codes, "0");
            self.codes_difference(Self::PLAIN, &mut codes);
        }
        codes
    }

    fn codes_from(self, from: Self) -> String {
        let mut codes = String::new();
        if self == Self::PLAIN {
            return codes;
        }
        self.codes_difference(from, &mut codes);
        codes
    }

    fn codes_difference(self, from: Self, codes: &mut String) {
        let removed = from.modifiers.difference(self.modifiers);
        let mut left = from.modifiers;
        for (modifiers, code) in OFF {
            if removed.intersects(modifiers) {
                push(codes, code);
                left = left.difference(modifiers);
            }
        }
        for (modifier, code) in ON {
            if self.modifiers.contains(modifier) && !left.contains(modifier) {
                push(codes, code);
            }
        }
        if self.foreground != from.foreground {
            push(codes, &colour(self.foreground, 30));
        }
        if self.background != from.background {
            push(codes, &colour(self.background, 40));
        }
    }
}

fn push(codes: &mut String, code: &str) {
    if !codes.is_empty() {
        codes.push(';');
    }
    codes.push_str(code);
}

/// The code of a colour; `base` is 30 for characters, 40 for what is behind.
fn colour(colour: Color, base: u8) -> String {
    let number = match colour {
        Color::Reset => return (base + 9).to_string(),
        Color::Rgb(red, green, blue) => return format!("{};2;{red};{green};{blue}", base + 8),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(number) => number,
    };
    match number {
        0..=7 => (base + number).to_string(),
        8..=15 => (base + 52 + number).to_string(),
        _ => format!("{};5;{number}", base + 8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pen(foreground: Color, background: Color, modifiers: Modifier) -> Pen {
        Pen { foreground, background, modifiers }
    }

    fn sequence(from: Option<Pen>, to: Pen) -> String {
        let mut out = Vec::new();
        to.write(from, &mut out);
        String::from_utf8(out).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn every_kind_of_colour_has_its_shortest_code() {
        let of = |foreground, background| {
            sequence(Some(Pen::PLAIN), pen(foreground, background, Modifier::empty()))
        };
        assert_eq!(of(Color::Red, Color::Reset), "^[31m");
        assert_eq!(of(Color::Gray, Color::DarkGray), "^[37;100m");
        assert_eq!(of(Color::White, Color::LightBlue), "^[97;104m");
        assert_eq!(of(Color::Indexed(3), Color::Indexed(15)), "^[33;107m");
        assert_eq!(of(Color::Indexed(16), Color::Indexed(255)), "^[38;5;16;48;5;255m");
        assert_eq!(of(Color::Rgb(1, 20, 255), Color::Reset), "^[38;2;1;20;255m");
    }

    #[test]
    fn the_shorter_of_change_and_reset_is_sent() {
        let bold_red = pen(Color::Red, Color::Reset, Modifier::BOLD);
        assert_eq!(sequence(Some(bold_red), bold_red), "");
        assert_eq!(sequence(Some(bold_red), Pen::PLAIN), "^[m");
        let bold_blue = pen(Color::Blue, Color::Reset, Modifier::BOLD);
        assert_eq!(sequence(Some(bold_red), bold_blue), "^[34m");
        // `^[22;34m` would be longer than a reset.
        let blue = pen(Color::Blue, Color::Reset, Modifier::empty());
        assert_eq!(sequence(Some(bold_red), blue), "^[0;34m");
        let red = pen(Color::Red, Color::Reset, Modifier::empty());
        assert_eq!(sequence(Some(bold_red), red), "^[22m");
        assert_eq!(sequence(None, red), "^[0;31m");
        assert_eq!(sequence(None, Pen::PLAIN), "^[m");
    }

    #[test]
    fn bold_survives_the_end_of_dim() {
        let colour = Color::Rgb(100, 100, 100);
        let both = pen(colour, Color::Reset, Modifier::BOLD | Modifier::DIM);
        let bold = pen(colour, Color::Reset, Modifier::BOLD);
        assert_eq!(sequence(Some(both), bold), "^[22;1m");
        assert_eq!(sequence(Some(bold), both), "^[2m");
    }

    #[test]
    fn blanks_care_for_what_is_seen() {
        let red = pen(Color::Red, Color::Reset, Modifier::BOLD);
        assert!(red.same_for_blank(Pen::PLAIN) && red.erases());
        let reversed = pen(Color::Red, Color::Reset, Modifier::REVERSED);
        assert!(!reversed.same_for_blank(red) && !reversed.erases());
        let behind = pen(Color::Reset, Color::Blue, Modifier::empty());
        assert!(!behind.same_for_blank(red) && !behind.erases());
    }
}
