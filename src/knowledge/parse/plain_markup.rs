//! Markup that reads well as it is: AsciiDoc and Org. The text stays, its
//! headings, listings and tables are told apart.

use super::decode::Decoded;
use super::text::{lines, trimmed};
use super::{Block, BlockKind, Document, Format};
use std::ops::Range;

/// What a line is.
enum Line<'a> {
    /// A heading: its level and its words.
    Heading(u8, &'a str),
    /// Lines up to the next one like it are preformatted; what it looks like.
    Fence(&'a str),
    /// Only for the program.
    Hidden,
    /// A row of a table, or a line that is kept by itself.
    Row,
    /// Anything else.
    Text,
}

/// Reads AsciiDoc.
pub(super) fn asciidoc(decoded: Decoded) -> Document {
    let text = decoded.text.clone();
    read(decoded, Format::Asciidoc, &text, |line, _| {
        let marks = line.len() - line.trim_start_matches('=').len();
        let title = line.get(marks..).unwrap_or_default();
        let is_fence = line.len() >= 4
            && ["-", ".", "+", "/"].iter().any(|mark| line.replace(mark, "").is_empty());
        if (1..=6).contains(&marks) && title.starts_with(' ') && !title.trim().is_empty() {
            Line::Heading(u8::try_from(marks).unwrap_or(6), title.trim())
        } else if is_fence || line == "|===" {
            Line::Fence(line)
        } else if line.starts_with("//") || is_attribute(line) || is_block_mark(line) {
            Line::Hidden
        } else {
            Line::Text
        }
    })
}

/// `:name: value`.
fn is_attribute(line: &str) -> bool {
    let name = line.strip_prefix(':').and_then(|rest| rest.split(':').next());
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_!".contains(c))
    };
    line.matches(':').count() > 1 && name.is_some_and(is_name)
}

/// `[source,rust]`, `[[anchor]]`, `include::file[]`.
fn is_block_mark(line: &str) -> bool {
    line.starts_with('[') && line.ends_with(']')
        || ["include::", "image::", "ifdef::", "endif::", "ifndef::", "toc::"]
            .iter()
            .any(|mark| line.starts_with(mark))
}

/// Reads Org.
pub(super) fn org(decoded: Decoded) -> Document {
    let text = decoded.text.clone();
    read(decoded, Format::Org, &text, |line, fence| {
        let lower = line.trim_start().to_ascii_lowercase();
        let stars = line.len() - line.trim_start_matches('*').len();
        let title = line.get(stars..).unwrap_or_default();
        if fence.is_some() {
            return if lower.starts_with("#+end") { Line::Fence("#+") } else { Line::Text };
        }
        if stars > 0 && title.starts_with(' ') {
            let title = title.trim();
            let title = ["TODO ", "DONE ", "WAITING ", "NEXT "]
                .iter()
                .find_map(|state| title.strip_prefix(state))
                .unwrap_or(title);
            // Tags stand at the end: `:work:urgent:`.
            let title = match title.rsplit_once(char::is_whitespace) {
                Some((title, tags)) if tags.starts_with(':') && tags.ends_with(':') => title.trim(),
                _ => title,
            };
            Line::Heading(u8::try_from(stars.min(9)).unwrap_or(9), title)
        } else if let Some(title) = lower.starts_with("#+title:").then(|| line.get(8..)).flatten() {
            Line::Heading(1, title.trim())
        } else if lower.starts_with("#+begin") {
            Line::Fence("#+")
        } else if lower.starts_with("#+") || lower.starts_with("# ") || is_drawer(&lower) {
            Line::Hidden
        } else if lower.starts_with('|') {
            Line::Row
        } else {
            Line::Text
        }
    })
}

/// `:PROPERTIES:`, `:ID: 12`, `:END:`.
fn is_drawer(line: &str) -> bool {
    let name = line.strip_prefix(':').and_then(|rest| rest.split_once(':'));
    name.is_some_and(|(name, rest)| {
        let is_name =
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
        is_name && (rest.is_empty() || rest.starts_with(' '))
    })
}

fn read<'t>(
    decoded: Decoded,
    format: Format,
    text: &'t str,
    kind: impl Fn(&'t str, Option<&str>) -> Line<'t>,
) -> Document {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<(BlockKind, Range<usize>)> = None;
    let mut fence: Option<&str> = None;
    let close = |open: &mut Option<(BlockKind, Range<usize>)>, blocks: &mut Vec<Block>| {
        if let Some((kind, range)) = open.take() {
            let range = if kind == BlockKind::Prose { trimmed(text, range) } else { range };
            if !range.is_empty() {
                blocks.push(Block { kind, range, context: String::new() });
            }
        }
    };
    for range in lines(text) {
        let line = text.get(range.clone()).unwrap_or_default().trim_end();
        let what = kind(line, fence);
        if let Some(mark) = fence {
            if matches!(what, Line::Fence(other) if other == mark) {
                fence = None;
                close(&mut open, &mut blocks);
            } else if let Some((_, last)) = &mut open {
                last.end = range.end;
            } else if !line.is_empty() {
                open = Some((BlockKind::Verbatim, range));
            }
            continue;
        }
        match what {
            Line::Heading(level, title) => {
                close(&mut open, &mut blocks);
                let kind = BlockKind::Heading { level, title: title.to_owned() };
                blocks.push(Block { kind, range, context: String::new() });
            }
            Line::Fence(mark) => {
                close(&mut open, &mut blocks);
                fence = Some(mark);
            }
            Line::Hidden => close(&mut open, &mut blocks),
            _ if line.trim().is_empty() => close(&mut open, &mut blocks),
            what => {
                let own =
                    if matches!(what, Line::Row) { BlockKind::Verbatim } else { BlockKind::Prose };
                if open.as_ref().is_some_and(|(kind, _)| *kind != own) {
                    close(&mut open, &mut blocks);
                }
                match &mut open {
                    Some((_, last)) => last.end = range.end,
                    None => open = Some((own, range)),
                }
            }
        }
    }
    close(&mut open, &mut blocks);
    let Decoded { text, offsets, rendered } = decoded;
    Document { format, text, offsets, rendered, blocks, notes: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::super::text::assert_sound;
    use super::*;

    fn shown(document: &Document) -> Vec<String> {
        assert_sound(document);
        let text = |block: &Block| document.text[block.range.clone()].to_owned();
        let one = |block: &Block| match &block.kind {
            BlockKind::Heading { level, title } => format!("{level} {title}"),
            BlockKind::Verbatim => format!("| {}", text(block)),
            _ => text(block),
        };
        document.blocks.iter().map(one).collect()
    }

    #[test]
    fn asciidoc_has_headings_and_listings() {
        let text = "= The plant\n:author: Ann\n// a comment\n\nThe pump starts\nat six.\n\n== Tanks\n\n\
                    [source,sh]\n----\n== no heading\n\nrun\n----\n\n|===\n|T-2 |650\n|===\nLast.\n";
        let document = asciidoc(decode(text.as_bytes()).unwrap());
        assert_eq!(
            shown(&document),
            [
                "1 The plant",
                "The pump starts\nat six.",
                "2 Tanks",
                "| == no heading\n\nrun",
                "| |T-2 |650",
                "Last."
            ]
        );
    }

    #[test]
    fn org_has_headings_and_blocks() {
        let text = "#+TITLE: Notes\n#+OPTIONS: toc:nil\n* TODO Check the pump   :work:\n:PROPERTIES:\n:ID: 7\n\
                    :END:\nIt is loud.\n** Later\n#+BEGIN_SRC sh\n* no heading\n#+END_SRC\n| a | b |\n| 1 | 2 |\nDone.\n";
        let document = org(decode(text.as_bytes()).unwrap());
        assert_eq!(
            shown(&document),
            [
                "1 Notes",
                "1 Check the pump",
                "It is loud.",
                "2 Later",
                "| * no heading",
                "| | a | b |\n| 1 | 2 |",
                "Done."
            ]
        );
    }
}
