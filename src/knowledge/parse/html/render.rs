//! The text of a page as it grows: words, white space, separators, blocks.
//!
//! Separators are decided late. Tags only ask for a gap, the widest one wins,
//! and it is written when the next word comes; so nested and empty elements
//! leave no heaps of blank lines.

use super::super::text::{trimmed, trimmed_lines};
use super::super::{Block, BlockKind};
use super::references::References;
use crate::domain::OffsetMap;

/// What stands between the last word and the next, the narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    /// White space of the file: where, and how many bytes.
    Space {
        at: usize,
        len: usize,
    },
    /// A line break within a block.
    Line,
    /// The border of two cells of a row.
    Cell,
    /// A new block on the next line.
    Item,
    /// A new block behind a blank line.
    Paragraph,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Prose,
    Verbatim,
    Heading(u8),
}

/// Builds text, offsets and blocks in one go.
#[derive(Debug)]
pub(super) struct Renderer {
    text: String,
    offsets: OffsetMap,
    blocks: Vec<Block>,
    /// Added to all places of the page to get places of the file.
    base: usize,
    /// Kind and start of the block that is being written.
    open: Option<(Kind, usize)>,
    gap: Gap,
    /// Whether an item or cell has just begun, so that a paragraph that begins
    /// it needs no gap of its own.
    is_fresh: bool,
    heading: Option<u8>,
    /// How many preformatted elements are open.
    preformatted: usize,
    /// Length of the text when the last row began.
    row: usize,
}

impl Renderer {
    /// Starts with no text. `base` is where the page starts in its file.
    pub(super) fn new(base: usize) -> Self {
        Self {
            text: String::new(),
            offsets: OffsetMap::default(),
            blocks: Vec::new(),
            base,
            open: None,
            gap: Gap::None,
            is_fresh: false,
            heading: None,
            preformatted: 0,
            row: 0,
        }
    }

    /// The text, its offsets and its blocks.
    pub(super) fn finish(mut self) -> (String, OffsetMap, Vec<Block>) {
        self.close();
        (self.text, self.offsets, self.blocks)
    }

    /// Adds raw text of the page that stands at `at`.
    pub(super) fn text(&mut self, raw: &str, at: usize, references: &mut References) {
        let (mut rest, mut at) = (raw, at);
        while let Some(first) = rest.bytes().next() {
            let is_preformatted = self.preformatted > 0;
            let taken = if first == b'&' {
                let (decoded, len) = references.read(rest);
                if !is_preformatted && decoded.bytes().all(is_space) {
                    self.space(at, len);
                } else {
                    self.begin(at);
                    self.put(decoded, at, decoded.len(), len);
                }
                len
            } else if is_preformatted && first == b'\r' {
                let len = if rest.starts_with("\r\n") { 2 } else { 1 };
                self.begin(at);
                self.put("\n", at, 1, len);
                len
            } else if !is_preformatted && is_space(first) {
                let len = rest.bytes().take_while(|byte| is_space(*byte)).count();
                self.space(at, len);
                len
            } else {
                let ends = |byte: u8| {
                    byte == b'&' || if is_preformatted { byte == b'\r' } else { is_space(byte) }
                };
                let len = rest.bytes().position(ends).unwrap_or(rest.len());
                self.begin(at);
                self.text.push_str(rest.get(..len).unwrap_or_default());
                self.offsets.push(self.base + at, len, 1, 1);
                len
            };
            at += taken;
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// A line break whose tag stands at `at`. Two in a row end a paragraph.
    pub(super) fn line_break(&mut self, at: usize) {
        if self.preformatted > 0 {
            self.begin(at);
            self.put("\n", at, 1, 0);
            return;
        }
        self.gap = match self.gap {
            Gap::None | Gap::Space { .. } => Gap::Line,
            Gap::Line => Gap::Paragraph,
            wider => wider,
        };
    }

    /// The border of a paragraph, at either side.
    pub(super) fn paragraph(&mut self) {
        if !self.is_fresh {
            self.ask(Gap::Paragraph);
        }
    }

    /// The start of an item; `is_later` where others of its list stand before
    /// it, from which only a line break separates it.
    pub(super) fn item(&mut self, is_later: bool) {
        if is_later && self.preformatted == 0 {
            self.gap = Gap::Item;
        } else {
            self.ask(Gap::Item);
        }
        self.is_fresh = true;
    }

    /// The end of an item or cell.
    pub(super) fn end_item(&mut self) {
        self.is_fresh = false;
    }

    /// The border of a list within an item.
    pub(super) fn inner_list(&mut self) {
        if !self.is_fresh {
            self.ask(Gap::Item);
        }
    }

    /// The start of a row; `is_later` as for items.
    pub(super) fn row(&mut self, is_later: bool) {
        self.item(is_later);
        self.is_fresh = false;
        self.row = self.text.len();
    }

    /// The start of a cell.
    pub(super) fn cell(&mut self) {
        match self.open {
            Some((Kind::Prose, start)) if start >= self.row && self.preformatted == 0 => {
                self.gap = Gap::Cell;
            }
            _ => self.ask(Gap::Item),
        }
        self.is_fresh = true;
    }

    /// The start of a heading.
    pub(super) fn heading(&mut self, level: u8) {
        self.paragraph();
        self.heading = Some(level);
    }

    /// The end of a heading.
    pub(super) fn end_heading(&mut self) {
        if matches!(self.open, Some((Kind::Heading(_), _))) {
            self.close();
        }
        self.heading = None;
        self.paragraph();
    }

    /// The start of preformatted text.
    pub(super) fn preformatted(&mut self) {
        self.paragraph();
        self.preformatted += 1;
    }

    /// The end of preformatted text.
    pub(super) fn end_preformatted(&mut self) {
        self.preformatted = self.preformatted.saturating_sub(1);
        if self.preformatted == 0 {
            self.close();
        }
        self.paragraph();
    }

    fn ask(&mut self, gap: Gap) {
        // Boxes within preformatted text only begin new lines.
        let gap = if self.preformatted > 0 && self.open.is_some() { Gap::Line } else { gap };
        self.gap = self.gap.max(gap);
    }

    /// White space outside preformatted text.
    fn space(&mut self, at: usize, len: usize) {
        if self.gap == Gap::None && self.open.is_some() {
            self.gap = Gap::Space { at, len };
        }
    }

    /// Makes room for text that stands at `at`: writes the gap, and ends and
    /// starts blocks as needed.
    fn begin(&mut self, at: usize) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        self.is_fresh = false;
        if let Some((kind, _)) = self.open
            && (gap >= Gap::Item || kind != self.kind())
        {
            self.close();
            // A paragraph within a heading ends the heading's words.
            if let Kind::Heading(level) = kind
                && self.heading == Some(level)
            {
                self.heading = None;
            }
        }
        if self.open.is_some() {
            match gap {
                Gap::None | Gap::Item | Gap::Paragraph => {}
                Gap::Space { at, len } => self.put(" ", at, 1, len),
                Gap::Line => {
                    if self.preformatted == 0 || !self.text.ends_with('\n') {
                        self.put("\n", at, 1, 0);
                    }
                }
                Gap::Cell => self.put(" | ", at, 1, 0),
            }
            return;
        }
        if !self.text.is_empty() {
            let separator = if gap == Gap::Item { "\n" } else { "\n\n" };
            self.put(separator, at, 1, 0);
        }
        self.open = Some((self.kind(), self.text.len()));
    }

    fn kind(&self) -> Kind {
        match self.heading {
            _ if self.preformatted > 0 => Kind::Verbatim,
            Some(level) => Kind::Heading(level),
            None => Kind::Prose,
        }
    }

    /// Adds text made of units of `text_unit` bytes, each from `file_unit`
    /// bytes of the page from `at` on.
    fn put(&mut self, piece: &str, at: usize, text_unit: usize, file_unit: usize) {
        let count = piece.len() / text_unit.max(1);
        self.text.push_str(piece);
        self.offsets.push(self.base + at, count, text_unit, file_unit);
    }

    /// Ends the block that is being written.
    fn close(&mut self) {
        let Some((kind, start)) = self.open.take() else { return };
        let range = match kind {
            Kind::Verbatim => trimmed_lines(&self.text, start..self.text.len()),
            Kind::Prose | Kind::Heading(_) => trimmed(&self.text, start..self.text.len()),
        };
        if range.is_empty() {
            return;
        }
        let words = self.text.get(range.clone()).unwrap_or_default().split_whitespace();
        let kind = match kind {
            Kind::Prose => BlockKind::Prose,
            Kind::Verbatim => BlockKind::Verbatim,
            Kind::Heading(level) => {
                BlockKind::Heading { level, title: words.collect::<Vec<_>>().join(" ") }
            }
        };
        self.blocks.push(Block { kind, range, context: String::new() });
    }
}

/// White space that HTML collapses; a no-break space isn't.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}
