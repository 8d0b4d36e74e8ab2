//! Logs: records line by line, under the times they cover.

use super::decode::Decoded;
use super::text::lines;
use super::{Block, BlockKind, Document, Format};
use std::ops::Range;

/// Records that stand below one heading.
const RECORDS: usize = 24;
/// Longest record that is quoted as a row, in bytes.
const LONGEST_ROW: usize = 480;
/// Lines that are looked at to tell a log.
const SAMPLE: usize = 60;

/// Reads a log; `None` where few of its lines begin with a time.
pub(super) fn parse(decoded: &Decoded) -> Option<Document> {
    let text = &decoded.text;
    let line = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
    let all: Vec<Range<usize>> =
        lines(text).filter(|range| !line(range).trim().is_empty()).collect();
    let sample = all.iter().take(SAMPLE);
    let stamped = sample.clone().filter(|range| stamp(line(range)).is_some()).count();
    if stamped < 2 || stamped * 4 < sample.count() {
        return None;
    }
    let mut blocks: Vec<Block> = Vec::new();
    let mut part: Option<Part> = None;
    for range in &all {
        let time = stamp(line(range));
        // A line without a time goes on with the record above it.
        let is_full = part.as_ref().is_some_and(|part| part.records.len() >= RECORDS);
        if is_full && time.is_some() {
            blocks.extend(part.take().into_iter().flat_map(|part| part.blocks(text)));
        }
        let open = part.get_or_insert_with(|| Part {
            records: Vec::new(),
            first: String::new(),
            last: String::new(),
        });
        match open.records.last_mut() {
            Some(last) if time.is_none() => last.end = range.end,
            _ => open.records.push(range.clone()),
        }
        if let Some(time) = time {
            if open.first.is_empty() {
                time.clone_into(&mut open.first);
            }
            time.clone_into(&mut open.last);
        }
    }
    blocks.extend(part.into_iter().flat_map(|part| part.blocks(text)));
    Some(Document {
        format: Format::Log,
        text: decoded.text.clone(),
        offsets: decoded.offsets.clone(),
        rendered: decoded.rendered,
        blocks,
        notes: Vec::new(),
    })
}

/// Records that follow each other.
struct Part {
    records: Vec<Range<usize>>,
    first: String,
    last: String,
}

impl Part {
    /// Its heading, and a block for each record.
    fn blocks(self, text: &str) -> Vec<Block> {
        let Self { records, first, last } = self;
        let title = if first == last { first } else { format!("{first} – {last}") };
        let start = records.first().map_or(0, |first| first.start);
        let kind = BlockKind::Heading { level: 1, title };
        let mut out = vec![Block { kind, range: start..start, context: String::new() }];
        for range in records {
            let record = text.get(range.clone()).unwrap_or_default();
            let is_row = record.len() <= LONGEST_ROW && !record.contains('\n');
            let kind = if is_row { BlockKind::Row } else { BlockKind::Verbatim };
            out.push(Block { kind, range, context: String::new() });
        }
        out
    }
}

/// The time at the head of a record, to the minute: `2024-03-01 10:30`,
/// `Mar  1 10:30`, `01/Mar/2024:10:30`, `10:30:05`.
fn stamp(line: &str) -> Option<&str> {
    let end = line.floor_char_boundary(64);
    let head = line.get(..end)?;
    // The hour, the minute and the second are what all have.
    let bytes = head.as_bytes();
    let is_time = |at: usize, window: &[u8]| {
        let is_shaped = window.iter().zip(b"00:00:00").all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        });
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        is_shaped && !before.is_some_and(u8::is_ascii_digit)
    };
    let (at, _) = bytes.windows(8).enumerate().find(|(at, window)| is_time(*at, window))?;
    let before = head.get(..at)?;
    let start = before.rfind(['[', '<', '(', '|', '"']).map_or(0, |open| open + 1);
    let words = head.get(start..at + 5)?.trim();
    // A time amid a sentence is none of a record.
    (words.len() <= 24).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::super::text::assert_sound;
    use super::*;

    #[test]
    fn times_stand_at_the_head_of_records() {
        for (line, time) in [
            ("2024-03-01 10:30:05 pump started", Some("2024-03-01 10:30")),
            ("2024-03-01T10:30:05.123Z INFO x", Some("2024-03-01T10:30")),
            ("Mar  1 10:30:05 host kernel: up", Some("Mar  1 10:30")),
            ("1.2.3.4 - - [01/Mar/2024:10:30:05 +0000] \"GET /\"", Some("01/Mar/2024:10:30")),
            ("[10:30:05] hello", Some("10:30")),
            ("The pump that we started yesterday at 10:30:05 stopped", None),
            ("    at pump.rs:12", None),
        ] {
            assert_eq!(stamp(line), time, "{line}");
        }
    }

    #[test]
    fn records_stand_below_the_times_they_cover() {
        let text: String = (0..60)
            .map(|minute| format!("2024-03-01 10:{minute:02}:00 step {minute}\n  more of it\n"))
            .collect();
        let document = parse(&decode(text.as_bytes()).unwrap()).unwrap();
        assert_sound(&document);
        let titles: Vec<&str> = document
            .blocks
            .iter()
            .filter_map(|block| match &block.kind {
                BlockKind::Heading { title, .. } => Some(title.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(
            titles[..2],
            ["2024-03-01 10:00 – 2024-03-01 10:23", "2024-03-01 10:24 – 2024-03-01 10:47"]
        );
        let record = &document.text[document.blocks[24].range.clone()];
        assert_eq!(record, "2024-03-01 10:23:00 step 23\n  more of it");
        assert!(parse(&decode(b"A log of the year.\nIt began at ten.\n").unwrap()).is_none());
    }
}
