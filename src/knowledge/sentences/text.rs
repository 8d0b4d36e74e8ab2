//! Small helpers for pieces of text.

use std::ops::Range;

/// `range` of `text` without the white space at its ends.
pub(in crate::knowledge) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}
