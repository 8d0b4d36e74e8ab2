//! Paragraphs whose author broke their lines at some width become whole ones,
//! so that they can be broken at the width of the pane. Only white space
//! changes, byte for byte, and every place in the text stays where it was.

use std::borrow::Cow;
use std::path::Path;

/// What prose is kept in, by the end of the file's name.
const PROSE: [&str; 5] = ["md", "markdown", "txt", "rst", "html"];

/// The text of a passage with a space for each line break within a paragraph,
/// if `path` tells that it is prose.
pub(super) fn joined<'a>(path: &str, text: &'a str) -> Cow<'a, str> {
    if !text.contains('\n') || !is_prose(path) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut fenced = false;
    // Whether the paragraph may go on in the next line.
    let mut open = false;
    for (nth, line) in text.split('\n').enumerate() {
        let fence = ["```", "~~~"].iter().any(|fence| line.trim_start().starts_with(fence));
        let flows = !fenced && !fence && flows(line);
        if nth > 0 {
            out.push(if open && flows { ' ' } else { '\n' });
        }
        out.push_str(line);
        fenced ^= fence;
        // Both of these ask for a break.
        open = flows && !line.ends_with("  ") && !line.ends_with('\\');
    }
    Cow::Owned(out)
}

fn is_prose(path: &str) -> bool {
    let path = Path::new(path);
    match path.extension() {
        Some(found) => PROSE.iter().any(|known| found.eq_ignore_ascii_case(known)),
        None => path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            // Settings are hidden files, and rules are in a Makefile.
            !name.starts_with('.') && !name.ends_with("file")
        }),
    }
}

/// Whether the line is one of a paragraph, and not of a list, table or the
/// like, where a line break means something.
fn flows(line: &str) -> bool {
    let Some(first) = line.chars().next() else { return false };
    if first.is_whitespace() || matches!(first, '#' | '|' | '>' | '<' | ':') {
        return false;
    }
    let trimmed = line.trim_end();
    let rule = trimmed.chars().all(|c| c == first) && first.is_ascii_punctuation();
    !rule && !is_item(line) && !line.starts_with("+-") && !line.starts_with(".. ")
}

/// Whether a list item begins with this line.
fn is_item(line: &str) -> bool {
    let behind = match line.trim_start_matches(|c: char| c.is_ascii_digit()) {
        rest if rest.len() < line.len() => rest.strip_prefix(['.', ')']),
        rest => rest.strip_prefix(['-', '*', '+', '•']),
    };
    behind.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(text: &str) -> String {
        let joined = joined("/a/guide.md", text);
        assert_eq!(joined.len(), text.len());
        let kept = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(kept(&joined), kept(text));
        joined.into_owned()
    }

    #[test]
    fn lines_of_a_paragraph_are_joined() {
        for (text, expected) in [
            ("One — two\nthree\nfour.\n\nFive\nsix\n", "One — two three four.\n\nFive six\n"),
            ("日本\n語\r\nx", "日本 語\r x"),
            ("In 2024.\n*Often* so\n-1 and\n3.5 too", "In 2024. *Often* so -1 and 3.5 too"),
        ] {
            assert_eq!(prose(text), expected);
        }
    }

    #[test]
    fn other_lines_stay() {
        for text in [
            "# Title\nText",
            "Text\n- one\n- two",
            "1. one\n2) two\n• three\n* four",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "> quote\n> more",
            "Text\n    code\n\tcode",
            "Title\n=====\nText",
            "hard  \nbreak\\\nhere",
            "+---+\n| a |",
            "---\nText",
            "<p>\nText",
            "\n\n",
        ] {
            assert_eq!(prose(text), text);
        }
        let code = "```sh\nls\npwd\n```\nText\nmore";
        assert_eq!(prose(code), "```sh\nls\npwd\n```\nText more");
    }

    #[test]
    fn code_is_left_alone() {
        let text = "one\ntwo";
        for path in ["/a/b.rs", "/a/.gitignore", "/a/Makefile", "/a/b.toml", "/a.md/b.py"] {
            assert_eq!(joined(path, text), text, "{path}");
        }
        for path in ["/a/b.TXT", "/a/LICENSE", "/a/b.rst", "b.html", "c.markdown"] {
            assert_eq!(joined(path, text), "one two", "{path}");
        }
    }
}
