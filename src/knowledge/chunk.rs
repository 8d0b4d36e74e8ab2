//! Chunking: a document becomes passages of about the same size that follow
//! its structure. A passage is what is embedded, found and cited.
//!
//! Each section (a heading and what follows up to the next one) is packed by
//! itself, block after block. What is larger than a passage is cut at
//! sentences or lines, and what is still larger at words. Tokens are counted
//! once for each of these units and summed, so that the time is linear also
//! for a file of one line.

mod pack;
mod packer;
mod quotable;
mod sections;
mod sizes;
mod units;

pub use sizes::{Sizes, VERSION};

use super::parse::Document;
use crate::domain::{self, ByteRange, LineRange, OffsetMap};
use packer::Packer;
use quotable::Quotable;
use sections::join_bare;
use std::ops::Range;

/// A passage of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Titles of the headings above it, outermost first, its own section's
    /// last. Where it joins several small sections, their titles stand
    /// together in the last one: `get · put`.
    pub heading: Vec<String>,
    /// Its place in the document's text, in bytes.
    pub range: Range<usize>,
    /// Its place in the file.
    pub bytes: ByteRange,
    /// Its lines in the file.
    pub lines: LineRange,
    /// Its text: `range` of the document's text.
    pub text: String,
    /// Leads ranges of `text` to the file.
    pub offsets: OffsetMap,
    /// What of `text` can be quoted by itself, in order.
    pub units: Vec<domain::Unit>,
}

/// Divides a document, read from the bytes `file`, into passages. `count`
/// tells the tokens of a text.
///
/// A passage starts and ends without white space, and everything in the
/// document's blocks but white space lies in one. Passages stay within their
/// section, with two exceptions: neighbouring sections of one level that are
/// all tiny share a passage, and a heading without text of its own goes with
/// the section below it.
#[must_use]
pub fn chunk(
    document: &Document,
    file: &[u8],
    sizes: Sizes,
    count: &dyn Fn(&str) -> usize,
) -> Vec<Piece> {
    let packer = Packer::new(&document.text, sizes, count);
    let breaks = LineBreaks::of(document, file);
    let quotable = Quotable::of(document);
    let mut out = Vec::new();
    for section in packer.join_tiny(join_bare(packer.sections(&document.blocks))) {
        let heading = section.heading();
        for range in packer.pack(&section.units) {
            let Some(text) = document.text.get(range.clone()) else { continue };
            let bytes = document.offsets.to_file(range.start, range.end);
            out.push(Piece {
                heading: heading.clone(),
                bytes,
                lines: breaks.lines(bytes),
                text: text.to_owned(),
                offsets: document.offsets.slice(range.start, range.end),
                units: quotable.within(&range, section.shared()),
                range,
            });
        }
    }
    out
}

/// Where the lines of a file end.
struct LineBreaks(Vec<usize>);

impl LineBreaks {
    /// Those of the text where it was taken out of the file.
    fn of(document: &Document, file: &[u8]) -> Self {
        if document.offsets.is_extracted() {
            return Self(document.text.match_indices('\n').map(|(at, _)| at).collect());
        }
        Self(super::parse::line_breaks(file))
    }

    /// The lines of a range: that of its first and of its last byte.
    fn lines(&self, bytes: ByteRange) -> LineRange {
        let line = |at: usize| {
            let before = self.0.partition_point(|found| *found < at);
            u32::try_from(before + 1).unwrap_or(u32::MAX)
        };
        let last = bytes.end.saturating_sub(1).max(bytes.start);
        LineRange { start: line(bytes.start), end: line(last) }
    }
}

#[cfg(test)]
mod tests;
