//! What a single line of reStructuredText says.

/// The character of a line that is one punctuation character repeated.
pub(super) fn adornment(line: &str) -> Option<char> {
    let line = line.trim_end();
    let first = line.chars().next().filter(char::is_ascii_punctuation)?;
    (line.len() >= 2 && line.chars().all(|c| c == first) && line != "::" && line != "..")
        .then_some(first)
}

/// Whether a line is a directive's option.
pub(super) fn is_option(line: &str) -> bool {
    option(line).is_some()
}

/// A directive's option: its name and value.
pub(super) fn option(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim_start().strip_prefix(':')?.split_once(':')?;
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && !name.is_empty()
        && (value.is_empty() || value.starts_with(' '));
    is_name.then(|| (name, value.trim()))
}

/// The length of the bullet or number that a line of a list starts with.
pub(super) fn bullet(line: &str) -> Option<usize> {
    let first = line.chars().next()?;
    let len = if "*+-•‣⁃".contains(first) {
        first.len_utf8()
    } else {
        let open = usize::from(first == '(');
        let rest = line.get(open..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count = match rest.bytes().next()? {
            b'#' => 1,
            _ if digits > 0 => digits,
            byte if byte.is_ascii_alphabetic() && rest.as_bytes().get(1) == Some(&b')') => 1,
            _ => return None,
        };
        let end = rest.as_bytes().get(count)?;
        if !matches!(end, b'.' | b')') || count > 4 {
            return None;
        }
        open + count + 1
    };
    line.get(len..)?.starts_with([' ', '\t']).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adornments_and_options_are_told_from_text() {
        assert_eq!(adornment("=====  "), Some('='));
        assert_eq!(adornment("==  =="), None);
        assert_eq!(adornment("::"), None);
        assert_eq!(adornment("aaaa"), None);
        assert!(is_option("   :max-depth: 2"));
        assert!(!is_option(":param x: a number"));
        assert!(!is_option(":mod:`os` is"));
    }

    #[test]
    fn bullets_and_numbers_start_items() {
        let found: Vec<Option<usize>> =
            ["* a", "- a", "12. a", "(1) a", "#. a", "a) b", "a. b", "1.5 m", "*a*", "-x  option"]
                .map(bullet)
                .into();
        let wanted = [Some(1), Some(1), Some(3), Some(3), Some(2), Some(2), None, None, None, None];
        assert_eq!(found, wanted);
    }
}
