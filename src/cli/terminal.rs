//! Text for people: what comes from documents and models never reaches the
//! terminal as control sequences.

pub use crate::domain::{Line, visible};
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

/// Prints to standard error. Where nobody can be told, nothing is said.
macro_rules! err {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        let _ = std::write!(std::io::stderr().lock(), $($argument)*);
    }};
}

/// [`err`] with a line break behind.
macro_rules! errln {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        let _ = std::writeln!(std::io::stderr().lock(), $($argument)*);
    }};
}

pub(super) use {err, errln, out, outln};

/// `visible`, on one line, cut to `width` characters with an ellipsis.
#[must_use]
pub fn one_line(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = visible(&line).into_owned();
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

    /// What stands behind the place of a passage whose file has changed since,
    /// or can't be looked at.
    #[must_use]
    pub fn stale(self, stale: bool) -> String {
        let note = "  stale: the file changed since it was indexed, or can't be looked at";
        if stale { self.wrap("33", note) } else { String::new() }
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
    fn a_long_line_is_cut_by_characters() {
        assert_eq!(one_line("ein  schöner\nTag", 9), "ein schö…");
    }
}
