//! The records of a sheet, as places in its text.
//!
//! `csv-core` finds where cells and records end; what a cell says, without its
//! quotes, is read from the text again, so that each character knows its place.

use crate::knowledge::parse::fragment::Fragment;
use csv_core::{ReadFieldResult, Reader, ReaderBuilder};
use std::ops::Range;

/// Cells of a record above which a file is no sheet.
const MOST_CELLS: usize = 4096;

/// Bytes of a quoted cell above which its quote is taken for a stray one.
pub(super) const LONGEST_QUOTED: usize = 256 << 10;

/// Reads records one after the other.
pub(super) struct Records<'a> {
    raw: &'a str,
    reader: Reader,
    at: usize,
    is_done: bool,
}

/// What reading gave.
pub(super) enum Read {
    /// The next record.
    Record,
    /// There is none.
    End,
    /// One that is too wide for a sheet.
    TooWide,
}

impl<'a> Records<'a> {
    /// Reads `raw` from `start` on.
    pub(super) fn new(raw: &'a str, start: usize, delimiter: u8, quoting: bool) -> Self {
        let reader = ReaderBuilder::new().delimiter(delimiter).quoting(quoting).build();
        Self { raw, reader, at: start, is_done: false }
    }

    /// Where the next record starts.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Whether only white space is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_done || self.raw.get(self.at..).is_none_or(|rest| rest.trim().is_empty())
    }

    /// Reads the next record that isn't a blank line: the places of its cells,
    /// with their quotes.
    pub(super) fn next(&mut self, cells: &mut Vec<Range<usize>>) -> Read {
        cells.clear();
        let mut sink = [0; 4096];
        let mut start = self.at;
        while !self.is_done {
            let rest = self.raw.as_bytes().get(self.at..).unwrap_or_default();
            let (result, read, _) = self.reader.read_field(rest, &mut sink);
            self.at += read;
            match result {
                ReadFieldResult::OutputFull => {}
                // At the end of the text the reader is asked once more with
                // nothing to read, and then gives the last cell.
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::End => self.is_done = true,
                ReadFieldResult::Field { record_end } => {
                    cells.push(self.cell(start..self.at, read == 0));
                    start = self.at;
                    if record_end {
                        return Read::Record;
                    }
                    if cells.len() > MOST_CELLS {
                        return Read::TooWide;
                    }
                }
            }
        }
        if cells.is_empty() { Read::End } else { Read::Record }
    }

    /// The place of a cell, given what was read for it: line breaks before it
    /// and the character that ends it are no part of it.
    fn cell(&self, read: Range<usize>, is_last: bool) -> Range<usize> {
        let piece = self.raw.get(read.clone()).unwrap_or_default();
        let breaks = piece.len() - piece.trim_start_matches(['\n', '\r']).len();
        let start = read.start + breaks;
        // The delimiter and line breaks are single bytes.
        let end = if is_last { read.end } else { read.end.saturating_sub(1) };
        start..end.max(start)
    }
}

/// What a cell says: without its quotes, doubled ones as one, on one line.
pub(super) fn said(raw: &str, cell: &Range<usize>) -> Fragment {
    let mut out = Fragment::default();
    let piece = raw.get(cell.clone()).unwrap_or_default();
    let Some(inner) = unquoted(piece) else {
        let words = piece.trim();
        let lead = piece.len() - piece.trim_start().len();
        out.verbatim(words, cell.start + lead);
        return out.on_one_line();
    };
    let mut at = cell.start + inner.start;
    let inner = piece.get(inner).unwrap_or_default();
    for (number, part) in inner.split("\"\"").enumerate() {
        if number > 0 {
            out.whole("\"", at, 2);
            at += 2;
        }
        out.verbatim(part, at);
        at += part.len();
    }
    out.on_one_line()
}

/// What lies between the quotes of a cell that has both.
fn unquoted(cell: &str) -> Option<Range<usize>> {
    let lead = cell.len() - cell.trim_start().len();
    let end = cell.trim_end().len();
    let words = cell.get(lead..end)?;
    let is_quoted = words.len() >= 2 && words.starts_with('"') && words.ends_with('"');
    is_quoted.then(|| lead + 1..end - 1)
}

/// Whether a quote that begins a cell is closed in it.
pub(super) fn is_closed(cell: &str) -> bool {
    let words = cell.trim();
    let Some(inner) = words.strip_prefix('"') else { return true };
    // An even number of quotes at the end belongs to the words.
    let last = inner.len() - inner.trim_end_matches('"').len();
    last % 2 == 1 && cell.len() <= LONGEST_QUOTED
}
