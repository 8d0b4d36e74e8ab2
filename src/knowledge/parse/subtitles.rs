//! Subtitles (SRT, WebVTT): what is said, under the minutes it is said in.

use super::decode::Decoded;
use super::fragment::Fragment;
use super::text::lines;
use super::{Block, BlockKind, Document, Format};

/// Seconds that stand below one heading.
const MINUTES: u64 = 60;

/// Reads subtitles; `None` where there is no time in it.
pub(super) fn parse(decoded: &Decoded) -> Option<Document> {
    let text = &decoded.text;
    let mut out = Fragment::default();
    let mut blocks: Vec<Block> = Vec::new();
    // The start of the part under one heading, in seconds.
    let mut part: Option<u64> = None;
    let mut is_said = false;
    for range in lines(text) {
        let line = text.get(range.clone()).unwrap_or_default();
        let said = line.trim();
        if let Some(from) = begin(said) {
            is_said = true;
            if part.is_none_or(|start| from >= start + MINUTES || from < start) {
                part = Some(from);
                let title = shown(from);
                let range = out.text.len()..out.text.len();
                let kind = BlockKind::Heading { level: 1, title };
                blocks.push(Block { kind, range, context: String::new() });
            }
        } else if said.is_empty() {
            is_said = false;
        } else if is_said {
            let at = range.start + line.len() - line.trim_start().len();
            let is_first =
                matches!(blocks.last(), Some(Block { kind: BlockKind::Heading { .. }, .. }));
            if !out.text.is_empty() {
                out.made(if is_first { "\n\n" } else { "\n" }, at);
            }
            let start = out.text.len();
            without_tags(&mut out, said, at);
            let range = start..out.text.len();
            if range.is_empty() {
                continue;
            }
            match blocks.last_mut() {
                Some(Block { kind: BlockKind::Prose, range: last, .. }) => last.end = range.end,
                Some(heading) => {
                    heading.range = start..start;
                    blocks.push(Block { kind: BlockKind::Prose, range, context: String::new() });
                }
                None => {}
            }
        }
    }
    part?;
    let offsets = out.offsets.through(&decoded.offsets);
    let (text, rendered) = (out.text, true);
    Some(Document { format: Format::Subtitles, text, offsets, rendered, blocks, notes: Vec::new() })
}

/// When a line `00:01:02,500 --> 00:01:04,000` begins, in seconds.
fn begin(line: &str) -> Option<u64> {
    let (from, to) = line.split_once("-->")?;
    seconds(to.split_whitespace().next()?)?;
    seconds(from.trim())
}

fn seconds(time: &str) -> Option<u64> {
    let whole = time.split(['.', ',']).next()?;
    let mut sum = 0u64;
    for part in whole.split(':') {
        sum = sum.checked_mul(60)?.checked_add(part.trim().parse().ok()?)?;
    }
    Some(sum)
}

fn shown(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// A line without `<i>` and `{\an8}`.
fn without_tags(out: &mut Fragment, line: &str, at: usize) {
    let mut from = 0;
    while let Some(rest) = line.get(from..).filter(|rest| !rest.is_empty()) {
        let start = rest.find(['<', '{']).unwrap_or(rest.len());
        out.verbatim(rest.get(..start).unwrap_or_default(), at + from);
        let tag = rest.get(start..).unwrap_or_default();
        let closed = tag.find(['>', '}']).filter(|end| *end < 40);
        match closed {
            Some(end) => from += start + end + 1,
            None => {
                out.verbatim(tag, at + from + start);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::super::text::assert_sound;
    use super::*;

    #[test]
    fn what_is_said_stands_below_its_time() {
        let text = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:03.000 align:start\n<i>The pump</i> starts\nat six.\n\n\
                    2\n00:02:00,500 --> 00:02:02,000\nIt stops at nine.\n";
        let document = parse(&decode(text.as_bytes()).unwrap()).unwrap();
        assert_sound(&document);
        let said: Vec<(String, &str)> = document
            .blocks
            .iter()
            .map(|block| {
                let title = match &block.kind {
                    BlockKind::Heading { title, .. } => title.clone(),
                    _ => String::new(),
                };
                (title, &document.text[block.range.clone()])
            })
            .collect();
        let plain = |text| (String::new(), text);
        assert_eq!(
            said,
            [
                ("00:00:01".to_owned(), ""),
                plain("The pump starts\nat six."),
                ("00:02:00".to_owned(), ""),
                plain("It stops at nine."),
            ]
        );
        let at = document.text.find("at six").unwrap();
        let bytes = document.offsets.to_file(at, at + 7);
        assert_eq!(&text[bytes.start..bytes.end], "at six.");
        assert!(parse(&decode(b"no times\n").unwrap()).is_none());
    }
}
