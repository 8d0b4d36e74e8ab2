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
    line.trim_start().strip_prefix(':').and_then(|rest| rest.split_once(':')).is_some_and(
        |(name, value)| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
                && !name.is_empty()
                && (value.is_empty() || value.starts_with(' '))
        },
    )
}

/// A title's words without inline markup.
pub(super) fn plain(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    let mut rest = title;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((inner, behind)) = after.trim_start_matches('`').split_once('`') else { break };
        // The role in front, as in :mod:`name`.
        let role = before
            .strip_suffix(':')
            .and_then(|before| before.rfind(':'))
            .filter(|at| before.get(*at..).is_some_and(|role| !role.contains(' ')));
        out.push_str(role.and_then(|at| before.get(..at)).unwrap_or(before));
        let words = match inner.split_once(" <") {
            Some((words, target)) if target.ends_with('>') => words,
            _ => inner,
        };
        out.push_str(words.trim_start_matches(['~', '!']));
        rest = behind.trim_start_matches('`').trim_start_matches('_');
    }
    out.push_str(rest);
    let plain = out.replace("**", "").replace('\\', "");
    let words = plain
        .split_whitespace()
        .map(|word| word.strip_prefix('*').and_then(|word| word.strip_suffix('*')).unwrap_or(word));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_leaves_titles() {
        assert_eq!(plain("Use ``ls -l`` and `the guide <g.html>`_"), "Use ls -l and the guide");
        assert_eq!(plain(":class:`~os.PathLike` **now**, \\*args"), "os.PathLike now, *args");
        assert_eq!(plain("An *odd* ` tick"), "An odd ` tick");
    }

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
}
