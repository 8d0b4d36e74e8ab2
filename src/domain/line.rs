//! Text that is shown in one line.

use super::visible::visible;
use std::fmt;
use std::ops::Deref;

/// Text for one line: line breaks, tabs and everything else that acts on a
/// terminal is shown as a symbol. A name from outside, such as a path, could
/// else write lines of its own: a source that isn't there, a message that
/// nobody gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(String);

impl Line {
    /// Makes a line of any text.
    #[must_use]
    pub fn of(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let shown = if text.contains(['\n', '\r', '\t']) {
            let symbols = text.chars().map(|c| match c {
                '\n' => '\u{240A}',
                '\r' => '\u{240D}',
                '\t' => '\u{2409}',
                other => other,
            });
            let symbols: String = symbols.collect();
            visible(&symbols).into_owned()
        } else {
            visible(text).into_owned()
        };
        Self(shown)
    }

    /// The line of a path.
    #[must_use]
    pub fn of_path(path: impl AsRef<std::path::Path>) -> Self {
        Self::of(path.as_ref().to_string_lossy())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl Deref for Line {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn breaks_and_controls_become_symbols() {
        let name = "a.md:1 ✓\n\t[2] secret.md\r\n\x1b[2J\u{2028}x";
        assert_eq!(&*Line::of(name), "a.md:1 ✓␊␉[2] secret.md␍␊␛[2J⟨U+2028⟩x");
        assert_eq!(format!("{:>5}|", Line::of("ä")), "    ä|");
        assert_eq!(&*Line::of_path("/a b/c.md"), "/a b/c.md");
    }

    proptest! {
        #[test]
        fn a_line_is_one_line(text in any::<String>()) {
            let line = Line::of(&text);
            let acts = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
            prop_assert!(!line.chars().any(acts), "it acts");
            prop_assert_eq!(Line::of(&*line), line);
        }
    }
}
