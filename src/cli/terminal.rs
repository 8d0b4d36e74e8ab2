//! Text for people: what comes from documents and models never reaches the
//! terminal as control sequences.

use std::fmt::Write;
use std::io::IsTerminal;

/// Prints to standard output. A reader that went away (`lorag search x | head`)
/// is an error like any other, and ends the command without a word.
macro_rules! out {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        std::write!(std::io::stdout().lock(), $($argument)*)
    }};
}

/// [`out`] with a line break behind.
macro_rules! outln {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        std::writeln!(std::io::stdout().lock(), $($argument)*)
    }};
}

pub(super) use {out, outln};

/// `text` with every control character shown as a symbol: escape sequences,
/// C1 controls and bidirectional overrides can't act on the terminal. Line
/// breaks and tabs stay.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match u32::from(c) {
            0x0A | 0x09 => out.push(c),
            // A carriage return before a line feed is a line break.
            0x0D => {}
            // Unicode has a picture for each C0 control.
            code @ 0..=0x1F => out.push(char::from_u32(0x2400 + code).unwrap_or('\u{FFFD}')),
            0x7F => out.push('\u{2421}'),
            code @ (0x80..=0x9F
            | 0x200B..=0x200F
            | 0x202A..=0x202E
            | 0x2060..=0x2069
            | 0xFEFF
            | 0xFFF9..=0xFFFB
            | 0xE0000..=0xE007F) => {
                // Joiners shape emoji and several scripts, and are harmless.
                if matches!(code, 0x200C | 0x200D) {
                    out.push(c);
                } else {
                    let _ = write!(out, "\u{27E8}U+{code:04X}\u{27E9}");
                }
            }
            _ => out.push(c),
        }
    }
    out
}

/// `visible`, on one line, cut to `width` characters with an ellipsis.
#[must_use]
pub fn one_line(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = visible(&line);
    if line.chars().count() <= width {
        return line;
    }
    let mut out: String = line.chars().take(width.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Whether to colour what goes to standard output.
#[must_use]
pub fn colour() -> bool {
    std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
        && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
}

/// Styles that are plain where colour is off.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Styles for standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self { on: colour() }
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// For titles.
    #[must_use]
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// For what matters less.
    #[must_use]
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// For citations.
    #[must_use]
    pub fn cite(self, text: &str) -> String {
        self.wrap("1;36", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_become_symbols() {
        assert_eq!(
            visible("a\x1b[2Jb\x07\u{9b}x\u{202e}y\r\n\tz"),
            "a␛[2Jb␇⟨U+009B⟩x⟨U+202E⟩y\n\tz"
        );
        assert_eq!(visible("日本 👩‍💻"), "日本 👩‍💻");
    }

    #[test]
    fn a_long_line_is_cut_by_characters() {
        assert_eq!(one_line("ein  schöner\nTag", 9), "ein schö…");
    }
}
