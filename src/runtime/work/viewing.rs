//! The text of a file for the viewer, with the cited sentences in it.

use crate::app::state::{Highlight, ViewerContent};
use crate::config::bounded;
use crate::domain::{ByteRange, LineRange, Locator, visible};
use crate::knowledge::parse::source_text;
use std::io::ErrorKind;
use std::sync::Arc;

/// Larger files are shown in part, in bytes of text.
const WHOLE: usize = 4 << 20;
/// How much of a larger one is shown before and behind the passage.
const AROUND: usize = 1 << 20;

/// Reads a file around a passage. Where the file is gone, the passage is shown
/// as it was indexed.
///
/// # Errors
/// A message for the user.
pub fn read(
    path: &str,
    locator: &Locator,
    ranges: &[ByteRange],
    file_hash: &str,
    passage: &str,
) -> Result<ViewerContent, String> {
    let lines = locator.lines().unwrap_or_default();
    let bytes = match bounded::read(path, bounded::LARGE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && !passage.is_empty() => {
            return Ok(stored(passage, lines));
        }
        Err(error) => {
            let path = visible(path);
            return Err(format!("cannot open {path}: {error}. It was there when it was indexed"));
        }
    };
    let stale = blake3::hash(&bytes).to_hex().as_str() != file_hash;
    let (text, offsets) = source_text(std::path::Path::new(path), &bytes)
        .map_err(|skip| format!("{} can no longer be shown: {skip}", visible(path)))?;
    // In a file that changed, the places of before lead anywhere.
    let cited: Vec<ByteRange> = if stale {
        Vec::new()
    } else {
        let to_text = |range: &ByteRange| {
            ByteRange::new(offsets.to_text(range.start), offsets.to_text(range.end))
        };
        ranges.iter().map(to_text).collect()
    };
    Ok(content(&text, lines, &cited, stale))
}

/// The passage of a file that is gone.
fn stored(passage: &str, lines: LineRange) -> ViewerContent {
    let text: Vec<String> = passage.lines().map(str::to_owned).collect();
    ViewerContent {
        passage: 0..text.len(),
        lines: Arc::new(text),
        first_line: lines.start.max(1),
        gone: true,
        ..ViewerContent::default()
    }
}

/// `cited` are ranges of the text.
fn content(text: &str, lines: LineRange, cited: &[ByteRange], stale: bool) -> ViewerContent {
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line_of = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
    let place = |line: u32| (line.saturating_sub(1) as usize).min(starts.len() - 1);
    let (first, last) = if text.len() > WHOLE {
        let middle = cited.first().map_or(starts[place(lines.start)], |range| range.start);
        (line_of(middle.saturating_sub(AROUND)), line_of((middle + AROUND).min(text.len())))
    } else {
        // What ends in a line break has no empty line behind it.
        (0, line_of(text.len().saturating_sub(usize::from(text.ends_with('\n')))))
    };
    let begin = |index: usize| starts.get(index).copied().unwrap_or(text.len());
    let line = |index: usize| {
        let end = starts.get(index + 1).map_or(text.len(), |next| next - 1);
        let line = text.get(begin(index)..end).unwrap_or("");
        line.strip_suffix('\r').unwrap_or(line)
    };
    let mut highlights = Vec::new();
    for range in cited.iter().filter(|range| !range.is_empty()) {
        for index in line_of(range.start)..=line_of(range.end - 1) {
            if !(first..=last).contains(&index) {
                continue;
            }
            let (start, length) = (begin(index), line(index).len());
            let from = range.start.saturating_sub(start).min(length);
            let to = range.end.saturating_sub(start).min(length);
            if from < to {
                highlights.push(Highlight { line: index - first, bytes: from..to });
            }
        }
    }
    let within = |index: usize| index.clamp(first, last) - first;
    ViewerContent {
        lines: Arc::new((first..=last).map(|index| line(index).to_owned()).collect()),
        first_line: u32::try_from(first + 1).unwrap_or(u32::MAX),
        cut: first > 0 || last + 1 < starts.len() && text.len() > WHOLE,
        cited: highlights,
        passage: within(place(lines.start))..within(place(lines.end)) + 1,
        stale,
        gone: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lines: LineRange) -> Locator {
        Locator::text(lines, ByteRange::default())
    }

    #[test]
    fn a_sentence_over_two_lines_is_marked_in_both() {
        let text = "# Title\r\n\r\nFirst one. The cited\nsentence is here. Last.\n";
        let start = text.find("The cited").unwrap();
        let end = text.find(" Last").unwrap();
        let lines = LineRange { start: 3, end: 4 };
        let shown = content(text, lines, &[ByteRange::new(start, end)], false);
        assert_eq!(
            *shown.lines,
            ["# Title", "", "First one. The cited", "sentence is here. Last."]
        );
        assert_eq!((shown.first_line, shown.passage.clone(), shown.cut), (1, 2..4, false));
        let marked: Vec<&str> =
            shown.cited.iter().map(|h| &shown.lines[h.line][h.bytes.clone()]).collect();
        assert_eq!(marked, ["The cited", "sentence is here."]);
    }

    #[test]
    fn a_large_file_is_shown_around_the_passage() {
        let text = format!("{}the place\n{}", "x\n".repeat(3 << 20), "y\n".repeat(3 << 20));
        let at = text.find("the place").unwrap();
        let line = (3 << 20) + 1;
        let lines = LineRange { start: line, end: line };
        let shown = content(&text, lines, &[ByteRange::new(at, at + 9)], false);
        assert!(shown.cut && shown.lines.len() < 2 << 20);
        let marked = &shown.cited[0];
        assert_eq!(&shown.lines[marked.line][marked.bytes.clone()], "the place");
        assert_eq!(shown.first_line as usize + marked.line, line as usize);
    }

    #[test]
    fn decoded_and_changed_files_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let bytes: Vec<u8> =
            "\u{feff}Eins. Zwei.".encode_utf16().flat_map(u16::to_le_bytes).collect();
        std::fs::write(&path, &bytes).unwrap();
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let range = ByteRange::new(2 + 2 * 6, 2 + 2 * 11);
        let lines = LineRange { start: 1, end: 1 };
        let path = path.to_str().unwrap();
        let shown = read(path, &at(lines), &[range], &hash, "").unwrap();
        assert_eq!(&shown.lines[0][shown.cited[0].bytes.clone()], "Zwei.");
        let stale = read(path, &at(lines), &[range], "other", "").unwrap();
        assert!(stale.stale && stale.cited.is_empty());
        assert!(
            read("/nowhere", &at(lines), &[], "", "").unwrap_err().contains("cannot open /nowhere")
        );
        let lines = LineRange { start: 7, end: 8 };
        let gone = read("/nowhere", &at(lines), &[range], &hash, "Eins.\nZwei.").unwrap();
        assert_eq!(*gone.lines, ["Eins.", "Zwei."]);
        assert_eq!((gone.first_line, gone.passage, gone.gone), (7, 0..2, true));
    }

    #[test]
    fn an_empty_file_and_places_beyond_the_end_are_no_trouble() {
        let lines = LineRange { start: 9, end: 12 };
        let shown = content("", lines, &[ByteRange::new(5, 9)], false);
        assert_eq!((shown.lines.len(), shown.passage.clone()), (1, 0..1));
    }
}
