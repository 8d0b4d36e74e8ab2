//! Sheets: CSV, TSV and their kin. Each row becomes a line that says its
//! header, so that it is found and quoted by itself.
//!
//! A sheet is read by its records ([`records`]); which character parts its
//! cells and whether it has a header is guessed from its first rows
//! ([`sniff`]). What turns out to be no sheet is read as plain text.

mod records;
mod sniff;

pub(super) use sniff::is_header;

use super::decode::Decoded;
use super::fragment::Fragment;
use super::rows::{Cell, Header, write_blocks};
use super::{Block, BlockKind, Document, Format, text};
use crate::domain::OffsetMap;
use records::{Records, said};
use std::ops::Range;
use std::path::Path;

/// How many times its bytes the text of a sheet may have: a header of long
/// names over short cells would repeat without end.
const MOST_GROWTH: usize = 8;

/// Bytes that any sheet may have in addition.
const FREE_GROWTH: usize = 64 << 10;

/// Lines above the header, such as titles and comments, at most.
const MOST_PREAMBLE: usize = 64;

/// Whether a file is read as a sheet, by the part of its name behind the last
/// dot, in lower case.
pub(super) fn is_table(extension: &str) -> bool {
    matches!(extension, "csv" | "tsv" | "tab" | "psv" | "ssv")
}

/// Reads a sheet; its name without the ending is what its rows stand below.
pub(super) fn parse(path: &Path, decoded: Decoded) -> Document {
    let is_tabbed = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("tsv") || end.eq_ignore_ascii_case("tab"));
    let Some(shape) = sniff::shape(&decoded.text, is_tabbed) else {
        return text::parse(decoded);
    };
    let title = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let title = title.replace(['_', '-', '.'], " ");
    let Some(sheet) = read(&decoded.text, &shape, title.trim()) else {
        return text::parse(decoded);
    };
    let Fragment { text, offsets } = sheet.out;
    let offsets = from_file(offsets, &decoded);
    Document {
        format: Format::Table,
        text,
        offsets,
        rendered: true,
        blocks: sheet.blocks,
        notes: Vec::new(),
    }
}

/// Leads to the file what leads to the decoded text.
fn from_file(offsets: OffsetMap, decoded: &Decoded) -> OffsetMap {
    if decoded.rendered {
        return offsets.through(&decoded.offsets);
    }
    // A byte order mark shifts the places of what is otherwise verbatim.
    let base = decoded.offsets.runs().first().map_or(0, |run| run.file);
    if base == 0 {
        return offsets;
    }
    let mut shifted = OffsetMap::default();
    for run in offsets.runs() {
        shifted.push(run.file + base, run.count, run.text_unit, run.file_unit);
    }
    shifted
}

/// A sheet that is being written.
struct Sheet<'a> {
    raw: &'a str,
    title: String,
    out: Fragment,
    blocks: Vec<Block>,
}

/// Writes all rows; nothing where a record has more cells than any sheet.
fn read<'a>(raw: &'a str, shape: &sniff::Shape, title: &str) -> Option<Sheet<'a>> {
    let mut sheet =
        Sheet { raw, title: title.to_owned(), out: Fragment::default(), blocks: Vec::new() };
    let mut records = Records::new(raw, shape.start, shape.delimiter, shape.quoting);
    let mut header = Header::default();
    let mut header_cells: Vec<String> = Vec::new();
    let nameless = Header::default();
    let mut cells: Vec<Range<usize>> = Vec::new();
    let mut is_body = false;
    for number in 0usize.. {
        match records.next(&mut cells) {
            records::Read::Record => {}
            records::Read::End => break,
            records::Read::TooWide => return None,
        }
        if !is_body && number < MOST_PREAMBLE && shape.is_preamble(raw, &cells) {
            sheet.remark(&cells);
            continue;
        }
        if !is_body {
            is_body = true;
            header_cells = cells.iter().map(|cell| said(raw, cell).text).collect();
            if is_header(&header_cells, &sniff::body(raw, shape, records.at())) {
                header = Header::new(header_cells.iter().map(|cell| cell.trim_start_matches('#')));
                // A sheet of a header alone still says it.
                if records.is_at_end() {
                    sheet.row(&nameless, &cells);
                }
                continue;
            }
            header_cells.clear();
        }
        if shape.is_comment(raw, &cells) {
            sheet.remark(&cells);
            continue;
        }
        // Sheets that were joined repeat their header.
        if !header_cells.is_empty()
            && cells.len() == header_cells.len()
            && cells.iter().zip(&header_cells).all(|(cell, name)| said(raw, cell).text == *name)
        {
            continue;
        }
        let room = MOST_GROWTH * records.at() + FREE_GROWTH;
        sheet.row(if sheet.out.text.len() > room { &nameless } else { &header }, &cells);
    }
    Some(sheet)
}

impl Sheet<'_> {
    /// A row of cells.
    fn row(&mut self, header: &Header, cells: &[Range<usize>]) {
        let cells: Vec<Cell> = cells
            .iter()
            .map(|cell| Cell { said: said(self.raw, cell), is_heading: false })
            .collect();
        write_blocks(&mut self.out, &mut self.blocks, header, &cells, &self.title);
    }

    /// A title or a comment. What the first one says, the rows stand below.
    fn remark(&mut self, cells: &[Range<usize>]) {
        let is_first = self.blocks.is_empty();
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return };
        let words = said(self.raw, &(first.start..last.end));
        let marks = words.text.len() - words.text.trim_start_matches(['#', ' ', '%']).len();
        let words = words.from(marks);
        let shown = words.text.trim_end_matches([',', ';', '\t', '|', ' ']).len();
        let words = words.up_to(shown);
        if words.text.is_empty() {
            return;
        }
        if !self.out.text.is_empty() {
            self.out.made("\n", words.file_start());
        }
        let start = self.out.text.len();
        self.out.append(&words);
        let range = start..self.out.text.len();
        self.blocks.push(Block { kind: BlockKind::Prose, range, context: self.title.clone() });
        if is_first && words.text.len() <= 120 {
            self.title = format!("{} · {}", self.title, words.text);
        }
    }
}

#[cfg(test)]
mod tests;
