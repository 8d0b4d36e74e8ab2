//! Chunking: a document becomes passages of about the same size that follow
//! its structure. A passage is what is embedded, found and cited.
//!
//! Each section (a heading and what follows up to the next one) is packed by
//! itself, block after block. What is larger than a passage is cut at
//! sentences or lines, and what is still larger at words. Tokens are counted
//! once for each of these units and summed, so that the time is linear also
//! for a file of one line.

mod pack;
mod quotable;
mod sections;
mod units;

use super::parse::Document;
use crate::domain::{self, ByteRange, LineRange, OffsetMap};
use quotable::Quotable;
use sections::join_bare;
use std::ops::Range;

/// Names the way of chunking. A knowledge base records it, so that files are
/// chunked again when it changes.
pub const VERSION: &str = "v2";

/// How large passages are, in tokens of the embedder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Size to aim at. No passage is larger than about one and a half of it.
    pub target: usize,
    /// What a passage repeats of the one before it in the same section; at
    /// most half of `target` is.
    pub overlap: usize,
}

impl Sizes {
    /// The way of chunking with its sizes, `v2:256:32`.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{VERSION}:{}:{}", self.target, self.overlap)
    }
}

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
    let breaks = LineBreaks::new(file);
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

/// What is never cut: a block, or a sentence, a line, some words of a large
/// one.
#[derive(Clone, Debug)]
struct Unit {
    range: Range<usize>,
    tokens: usize,
    /// Tokens of the markup between it and the unit before it.
    gap: usize,
    /// Whether so much lies before it that no passage may reach over it.
    far: bool,
    kind: UnitKind,
}

impl Unit {
    fn cost(&self) -> usize {
        self.gap + self.tokens
    }
}

/// How the end of a unit may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnitKind {
    /// Not at all.
    Heading,
    /// By sentences.
    Prose,
    /// By lines.
    Verbatim,
    /// Whole.
    Part,
}

/// Makes units of blocks and packs them.
struct Packer<'a> {
    text: &'a str,
    target: usize,
    /// Most tokens that a passage repeats.
    overlap: usize,
    /// Bytes above which a text is cut without counting it: it is far too
    /// large, and some tokenizers are slow on long texts.
    countable: usize,
    count: &'a dyn Fn(&str) -> usize,
}

impl<'a> Packer<'a> {
    fn new(text: &'a str, sizes: Sizes, count: &'a dyn Fn(&str) -> usize) -> Self {
        // No embedder reads more than this at once.
        let target = sizes.target.clamp(1, 1 << 20);
        // A sentence or line is repeated whole, so somewhat more is allowed.
        let overlap = (sizes.overlap.saturating_mul(3) / 2).min(target / 2);
        Self { text, target, overlap, countable: target * 16, count }
    }

    fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// Tokens of a text, or nothing where it is too long to be counted.
    fn tokens(&self, range: &Range<usize>) -> Option<usize> {
        (range.len() <= self.countable).then(|| (self.count)(self.slice(range.clone())))
    }
}

/// Where the lines of a file end.
struct LineBreaks(Vec<usize>);

impl LineBreaks {
    fn new(file: &[u8]) -> Self {
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
