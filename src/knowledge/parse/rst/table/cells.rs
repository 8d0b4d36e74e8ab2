//! What a table was read into: the places of its cells.

use super::super::super::text::trimmed;
use std::ops::Range;

/// A cell: the places of its lines.
pub(super) type Cell = Vec<Range<usize>>;

/// A table as it was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) rows: Vec<Vec<Cell>>,
    /// How many of the rows are its header.
    pub(super) headers: usize,
}

/// A place without the white space around it; `None` where nothing is left.
pub(super) fn filled(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let range = trimmed(text, range);
    (!range.is_empty()).then_some(range)
}
