//! Words of a line, as a shell reads them.

/// A character that no line holds, in the place of `#`: to a shell it begins a
/// comment, in a path it doesn't.
const NUMBER_SIGN: &str = "\u{f8ff}";

/// Splits a line as a shell does, without expanding anything: quotes keep white
/// space, a backslash keeps the next character. An open quote goes up to the
/// end.
#[must_use]
pub fn shell_words(line: &str) -> Vec<String> {
    let marked = line.replace('#', NUMBER_SIGN);
    let closed =
        ["", "'", "\""].iter().find_map(|end| shell_words::split(&format!("{marked}{end}")).ok());
    let words = closed.unwrap_or_else(|| marked.split_whitespace().map(str::to_owned).collect());
    words.into_iter().map(|word| word.replace(NUMBER_SIGN, "#")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_keep_white_space() {
        assert_eq!(shell_words(r#"a 'b c' "d e" f\ g"#), ["a", "b c", "d e", "f g"]);
        assert_eq!(shell_words("it's open"), ["its open"]);
        assert_eq!(shell_words("#1.md \"#2 x\""), ["#1.md", "#2 x"]);
        assert_eq!(shell_words("'' x"), ["", "x"]);
        assert!(shell_words("  ").is_empty());
    }
}
