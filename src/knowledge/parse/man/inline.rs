//! The words of a line of roff, and its escapes as what they stand for.

use super::super::fragment::Fragment;

/// Names of characters.
const NAMES: &[(&str, &str)] = &[
    ("em", "—"),
    ("en", "–"),
    ("hy", "-"),
    ("lq", "“"),
    ("rq", "”"),
    ("oq", "‘"),
    ("cq", "’"),
    ("aq", "'"),
    ("dq", "\""),
    ("bu", "•"),
    ("co", "©"),
    ("rg", "®"),
    ("tm", "™"),
    ("mu", "×"),
    ("<=", "≤"),
    (">=", "≥"),
    ("!=", "≠"),
    ("->", "→"),
    ("<-", "←"),
    ("de", "°"),
    ("+-", "±"),
    ("ss", "ß"),
    ("ti", "~"),
    ("ha", "^"),
    ("rs", "\\"),
    ("ga", "`"),
    ("sc", "§"),
    ("Eu", "€"),
    (":a", "ä"),
    (":o", "ö"),
    (":u", "ü"),
    ("'e", "é"),
    ("`e", "è"),
    ("Fo", "«"),
    ("Fc", "»"),
];

/// The words of a macro, each with its place: what is quoted is one.
pub(super) fn words(line: &str) -> Vec<(&str, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..) {
        let blank = rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        at += blank;
        if rest.is_empty() || rest.starts_with("\\\"") {
            break;
        }
        let (word, length, skipped) = match rest.strip_prefix('"') {
            Some(inner) => {
                let end = inner.find('"').unwrap_or(inner.len());
                (inner.get(..end).unwrap_or_default(), (end + 2).min(rest.len()), 1)
            }
            None => {
                let mut end = rest.len();
                let mut is_escaped = false;
                for (index, c) in rest.char_indices() {
                    if c.is_whitespace() && !is_escaped {
                        end = index;
                        break;
                    }
                    is_escaped = c == '\\' && !is_escaped;
                }
                (rest.get(..end).unwrap_or_default(), end, 0)
            }
        };
        out.push((word, at + skipped));
        at += length.max(1);
    }
    out
}

/// A line without fonts and sizes, its escapes as what they stand for.
pub(super) fn plain(line: &str, at: usize) -> Fragment {
    let mut out = Fragment::default();
    let mut from = 0;
    while let Some(rest) = line.get(from..).filter(|rest| !rest.is_empty()) {
        let start = rest.find('\\').unwrap_or(rest.len());
        out.verbatim(rest.get(..start).unwrap_or_default(), at + from);
        let Some(escape) = rest.get(start + 1..) else { break };
        let (said, length) = meaning(escape);
        match said {
            Some(said) if !said.is_empty() => out.whole(said, at + from + start, 1 + length),
            Some(_) => {}
            // A comment goes to the end of the line.
            None => break,
        }
        from += start + 1 + length;
    }
    out
}

/// What an escape says, without its backslash, and how many bytes it takes;
/// nothing for a comment.
fn meaning(escape: &str) -> (Option<&str>, usize) {
    let Some(first) = escape.chars().next() else { return (Some(""), 0) };
    let behind = escape.get(first.len_utf8()..).unwrap_or_default();
    match first {
        '"' | '#' => (None, 0),
        '-' => (Some("-"), 1),
        'e' | '\\' | 'E' => (Some("\\"), 1),
        ' ' | '~' | '0' => (Some(" "), 1),
        '\'' | '`' => (escape.get(..1), 1),
        't' => (Some("\t"), 1),
        'f' | '*' | 'n' | 's' | 'm' | 'F' | 'k' | 'g' => {
            let (name, length) = name(behind);
            let said = match (first, name) {
                ('*', "lq" | "L\"") => "“",
                ('*', "rq" | "R\"") => "”",
                ('*', "R") => "®",
                ('s', name) if name.starts_with(['+', '-']) && name.len() == 1 => {
                    let digits = behind
                        .get(1..2)
                        .is_some_and(|d| d.starts_with(|c: char| c.is_ascii_digit()));
                    return (Some(""), 2 + usize::from(digits));
                }
                _ => "",
            };
            (Some(said), 1 + length)
        }
        '(' | '[' => {
            let (name, length) = name(escape);
            let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, said)| *said);
            (Some(known.unwrap_or_default()), length)
        }
        'h' | 'v' | 'w' | 'l' | 'L' | 'D' | 'b' | 'o' | 'x' | 'z' | 'X' | 'Z' | 'N' | 'C' => {
            let quoted = behind.strip_prefix('\'').and_then(|inner| inner.find('\''));
            (Some(""), 1 + quoted.map_or(0, |end| end + 2))
        }
        _ => (Some(""), first.len_utf8()),
    }
}

/// A name: one character, `(` with two, or `[` with more up to `]`.
fn name(text: &str) -> (&str, usize) {
    if let Some(inner) = text.strip_prefix('[') {
        let end = inner.find(']').unwrap_or(inner.len());
        return (inner.get(..end).unwrap_or_default(), (end + 2).min(text.len()));
    }
    let (inner, count, mark) = match text.strip_prefix('(') {
        Some(inner) => (inner, 2, 1),
        None => (text, 1, 0),
    };
    let end = inner.char_indices().nth(count).map_or(inner.len(), |(end, _)| end);
    (inner.get(..end).unwrap_or_default(), mark + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_what_they_stand_for() {
        for (line, said) in [
            ("a \\fBb\\fR c", "a b c"),
            ("\\fB\\-x\\fP \\(em \\[em] y", "-x — — y"),
            ("back\\eslash \\s-1NASA\\s0 \\&.dot", "back\\slash NASA .dot"),
            ("cut \\\" comment", "cut "),
            ("\\*(lqq\\*(rq \\h'1m'z\\", "“q” z"),
            ("\\(", ""),
            ("\\[", ""),
        ] {
            let found = plain(line, 0);
            assert_eq!(found.text, said, "{line}");
            assert_eq!(found.offsets.text_len(), found.text.len());
        }
    }

    #[test]
    fn words_may_be_quoted() {
        assert_eq!(words(" a \"b c\" d\\ e \\\" f"), [("a", 1), ("b c", 4), ("d\\ e", 9)]);
        assert_eq!(words("\"open"), [("open", 1)]);
        assert!(words("   ").is_empty());
    }
}
