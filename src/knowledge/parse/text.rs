//! Plain text: paragraphs between blank lines.
//!
//! A paragraph is prose, which may be split at sentences, unless its lines
//! matter one by one: indented code, log records, tables.

use super::decode::Decoded;
use super::{Block, BlockKind, Document, Format};
use std::ops::Range;

/// Finds the paragraphs of a plain text.
pub(super) fn parse(decoded: Decoded) -> Document {
    let paragraphs = paragraphs(&decoded.text);
    let margin = margin(&decoded.text, &paragraphs);
    let blocks = paragraphs
        .into_iter()
        .filter_map(|range| {
            let piece = decoded.text.get(range.clone())?;
            if lines_matter(piece, margin) {
                return Some(Block { kind: BlockKind::Verbatim, range, context: String::new() });
            }
            let range = trimmed(&decoded.text, range);
            (!range.is_empty()).then_some(Block {
                kind: BlockKind::Prose,
                range,
                context: String::new(),
            })
        })
        .collect();
    Document {
        format: Format::Text,
        text: decoded.text,
        offsets: decoded.offsets,
        rendered: decoded.rendered,
        blocks,
        notes: Vec::new(),
    }
}

/// The places of a text's lines, without their line ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let from = start;
        start += line.len();
        from..from + line.trim_end_matches(['\n', '\r']).len()
    })
}

/// `range` without white space at either side.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = text.get(range.clone()).unwrap_or_default();
    let start = range.start + piece.len() - piece.trim_start().len();
    let end = range.start + piece.trim_end().len();
    start..end.max(start)
}

/// `range` without blank lines before and white space behind: the first
/// line's indent stays.
pub(super) fn trimmed_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = text.get(range.clone()).unwrap_or_default();
    let lead = piece.len() - piece.trim_start().len();
    let blank = piece.get(..lead).and_then(|lead| lead.rfind('\n')).map_or(0, |at| at + 1);
    let start = range.start + blank;
    let end = range.start + piece.trim_end().len();
    start..end.max(start)
}

/// How far a line is indented; a tab counts as up to the next multiple of 8.
pub(super) fn indent(line: &str) -> usize {
    let mut column = 0;
    for byte in line.bytes() {
        match byte {
            b' ' => column += 1,
            b'\t' => column += 8 - column % 8,
            _ => break,
        }
    }
    column
}

/// Runs of lines that aren't blank.
fn paragraphs(text: &str) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut is_open = false;
    for line in lines(text) {
        if text.get(line.clone()).is_none_or(|line| line.trim().is_empty()) {
            is_open = false;
        } else if let (true, Some(last)) = (is_open, out.last_mut()) {
            last.end = line.end;
        } else {
            out.push(line);
            is_open = true;
        }
    }
    out
}

/// The indent that most of the text has: manual pages indent all their prose.
fn margin(text: &str, paragraphs: &[Range<usize>]) -> usize {
    let mut bytes_by_indent = [0usize; 17];
    for range in paragraphs {
        let piece = text.get(range.clone()).unwrap_or_default();
        if let Some(sum) = bytes_by_indent.get_mut(least_indent(piece).min(16)) {
            *sum += piece.len();
        }
    }
    let most = bytes_by_indent.iter().max().copied().unwrap_or(0);
    bytes_by_indent.iter().position(|sum| *sum == most).unwrap_or(0)
}

fn least_indent(paragraph: &str) -> usize {
    paragraph.lines().map(indent).min().unwrap_or(0)
}

/// Whether a paragraph is code, log records or a table.
fn lines_matter(paragraph: &str, margin: usize) -> bool {
    if least_indent(paragraph) >= margin + 4 {
        return true;
    }
    let (mut count, mut stamped, mut columns) = (0usize, 0usize, 0usize);
    let mut separators: Option<(usize, usize)> = None;
    let mut is_separated = true;
    for line in paragraph.lines() {
        count += 1;
        stamped += usize::from(is_stamped(line));
        columns += usize::from(has_columns(line));
        let here = (line.matches(',').count(), line.matches(';').count());
        is_separated &= *separators.get_or_insert(here) == here;
    }
    let is_table = is_separated && separators.is_some_and(|(a, b)| a.max(b) >= 2);
    count >= 2 && (stamped * 2 > count || columns * 2 > count) || count >= 3 && is_table
}

/// Whether a line starts like a log record, with a date or a time of day.
fn is_stamped(line: &str) -> bool {
    let head = line.as_bytes().get(..32).unwrap_or(line.as_bytes());
    let is_like = |window: &[u8], shape: &[u8]| {
        window.iter().zip(shape).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            _ => byte == wanted,
        })
    };
    [b"00:00:00".as_slice(), b"0000-00-00", b"0000/00/00"]
        .iter()
        .any(|shape| head.windows(shape.len()).any(|window| is_like(window, shape)))
}

/// Whether a line has cells: tabs, wide gaps or bars between words.
fn has_columns(line: &str) -> bool {
    let line = line.trim();
    line.contains('\t') || line.contains("   ") || line.matches('|').count() >= 2
}

/// Asserts what every document promises of its blocks.
#[cfg(test)]
pub(super) fn assert_sound(document: &Document) {
    let mut end = 0;
    for Block { range, kind, .. } in &document.blocks {
        assert!(range.start >= end, "{range:?} overlaps the block before it");
        let may_be_empty = matches!(kind, BlockKind::Heading { .. });
        assert!(may_be_empty || range.end > range.start, "{range:?} is empty");
        assert!(document.text.get(range.clone()).is_some(), "{range:?} splits a character");
        end = range.end;
    }
    assert_eq!(document.offsets.text_len(), document.text.len());
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::*;

    fn read(text: &str) -> Document {
        let document = parse(decode(text.as_bytes()).unwrap());
        assert_sound(&document);
        document
    }

    fn blocks(document: &Document) -> Vec<(BlockKind, &str)> {
        document
            .blocks
            .iter()
            .map(|block| (block.kind.clone(), &document.text[block.range.clone()]))
            .collect()
    }

    #[test]
    fn paragraphs_are_blocks() {
        let document = read("\n  One line\nand another.\r\n \t\r\nÜber alles.\n\n\n");
        assert_eq!(
            blocks(&document),
            [(BlockKind::Prose, "One line\nand another."), (BlockKind::Prose, "Über alles."),]
        );
    }

    #[test]
    fn code_logs_and_tables_keep_their_lines() {
        let document = read(
            "Run this:\n\n    first\n      second\n\n\
             2024-01-02 10:11:12 started\n2024-01-02 10:11:13 ready\n\n\
             name    size\nalpha   12\nbeta    7\n\n\
             id,name,size\n1,alpha,12\n2,beta,7\n\n\
             In 2024, at ten,\nwe met.\n",
        );
        let kinds: Vec<bool> =
            document.blocks.iter().map(|block| block.kind == BlockKind::Verbatim).collect();
        assert_eq!(kinds, [false, true, true, true, true, false]);
        assert_eq!(blocks(&document)[1].1, "    first\n      second");
    }

    #[test]
    fn prose_that_is_indented_throughout_is_prose() {
        let document = read(
            "NAME\n\n       join - join lines of two files\n       on a common field\n\n       \
             For each pair of input lines, write a line.\n",
        );
        assert!(document.blocks.iter().all(|block| block.kind == BlockKind::Prose));
        assert_eq!(document.blocks.len(), 3);
    }

    #[test]
    fn a_huge_line_is_one_block() {
        let line = "wörter ".repeat(200_000);
        let document = read(&line);
        assert_eq!(document.blocks.len(), 1);
        assert_eq!(document.blocks[0].range, 0..line.len() - 1);
    }

    #[test]
    fn a_file_without_text_has_no_blocks() {
        assert!(read("").blocks.is_empty());
        assert!(read(" \n\t\r\n").blocks.is_empty());
    }
}
