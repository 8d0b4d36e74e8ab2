//! Text on one line, safe to show.

use crate::domain::visible;

/// `text` with every run of white space as one space.
pub(super) fn flat(text: &str) -> String {
    one_line(text, usize::MAX)
}

/// `text` on one line of at most `most` characters, controls shown as symbols.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        // No character takes more than four bytes, so this is enough.
        if line.len() > most.saturating_mul(4) {
            break;
        }
    }
    let line = visible(&line);
    if line.chars().nth(most).is_none() {
        return line.into_owned();
    }
    let mut cut: String = line.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_cut_and_made_harmless() {
        assert_eq!(flat(" a\n\tb  c\r\n"), "a b c");
        assert_eq!(one_line("äöü xyz", 7), "äöü xyz");
        assert_eq!(one_line("äöü xyz", 6), "äöü x…");
        assert_eq!(one_line("a\x1b[2Jb", 90), "a␛[2Jb");
        assert_eq!(one_line(&"word ".repeat(9_999), 9), "word wor…");
    }
}
