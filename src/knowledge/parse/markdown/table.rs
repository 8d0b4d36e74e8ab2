//! A table that is being read: its header, and the cells of a row.

use super::super::output::Output;
use super::super::row::write_row;
use std::ops::Range;

#[derive(Default)]
pub(super) struct Table {
    /// The words of the header's cells.
    headers: Vec<String>,
    /// The header's cells, until they are written or known to be needless.
    head: Vec<Output>,
    /// The cells of the row that is being read.
    cells: Vec<Output>,
    /// Whether a row was written.
    pub(super) has_rows: bool,
    /// The page, while a cell is written in its place.
    pub(super) page: Output,
    pub(super) in_cell: bool,
}

impl Table {
    pub(super) fn end_cell(&mut self, mut cell: Output) {
        self.in_cell = false;
        cell.settle();
        self.cells.push(cell);
    }

    pub(super) fn end_head(&mut self) {
        self.head = std::mem::take(&mut self.cells);
        self.headers = self.head.iter().map(|cell| cell.text().to_owned()).collect();
    }

    /// Whether there is something to write: in the row that was read, or at the
    /// end in the header that no row followed.
    pub(super) fn has_words(&mut self, is_end: bool) -> bool {
        let cells = if is_end { &self.head } else { &self.cells };
        let has_words = cells.iter().any(|cell| !cell.text().trim().is_empty());
        if is_end {
            return has_words && !self.has_rows;
        }
        if !has_words {
            self.cells.clear();
        }
        has_words
    }

    /// Writes the row whose cells were read.
    pub(super) fn write(&mut self, out: &mut Output) -> Option<Range<usize>> {
        let range = write_row(out, &self.headers, &self.cells);
        self.cells.clear();
        self.has_rows |= range.is_some();
        range
    }

    /// Writes the header of a table without rows.
    pub(super) fn write_head(&mut self, out: &mut Output) -> Option<Range<usize>> {
        write_row(out, &[], &self.head)
    }
}
