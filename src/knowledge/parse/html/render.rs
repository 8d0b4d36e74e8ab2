//! The text of a page as it grows: words, white space, separators, blocks.
//!
//! Separators are decided late. Tags only ask for a gap, the widest one wins,
//! and it is written when the next word comes; so nested and empty elements
//! leave no heaps of blank lines.

use super::super::fragment::Fragment;
use super::super::text::{trimmed, trimmed_lines};
use super::super::{Block, BlockKind};
use super::contexts::Contexts;
use super::references::References;

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
    Signature,
    Heading(u8),
}

/// A block that is being written.
#[derive(Debug)]
struct Open {
    kind: Kind,
    start: usize,
    context: String,
}

/// Builds text, offsets and blocks in one go.
#[derive(Debug)]
pub(super) struct Renderer {
    out: Fragment,
    blocks: Vec<Block>,
    /// Added to all places of the page to get places of the file.
    base: usize,
    open: Option<Open>,
    gap: Gap,
    /// Whether an item or cell has just begun, so that a paragraph that begins
    /// it needs no gap of its own.
    is_fresh: bool,
    heading: Option<u8>,
    /// How many preformatted elements are open.
    preformatted: usize,
    /// Length of the text when the last row began.
    row: usize,
    /// Whether a signature is being written.
    is_signature: bool,
    /// Where the term that is being written starts.
    term: usize,
    contexts: Contexts,
}

impl Renderer {
    /// Starts with no text. `base` is where the page starts in its file, `size`
    /// how long it is.
    pub(super) fn new(base: usize, size: usize) -> Self {
        Self::below(base, Contexts::new(size))
    }

    /// One for a part of the page that is written by itself.
    pub(super) fn nested(&mut self) -> Self {
        Self::below(self.base, self.contexts.nested())
    }

    /// Takes back what [`Self::nested`] gave of the room for contexts.
    pub(super) fn take_room(&mut self, nested: &mut Self) {
        self.contexts.take_room(&mut nested.contexts);
    }

    fn below(base: usize, contexts: Contexts) -> Self {
        Self {
            out: Fragment::default(),
            blocks: Vec::new(),
            base,
            open: None,
            gap: Gap::None,
            is_fresh: false,
            heading: None,
            preformatted: 0,
            row: 0,
            is_signature: false,
            term: 0,
            contexts,
        }
    }

    /// The text and its blocks.
    pub(super) fn finish(mut self) -> (Fragment, Vec<Block>) {
        self.close();
        (self.out, self.blocks)
    }

    /// Whether nothing was written yet.
    pub(super) fn is_empty(&self) -> bool {
        self.out.text.is_empty()
    }

    /// Length of the text.
    pub(super) fn len(&self) -> usize {
        self.out.text.len()
    }

    /// Whether neither a heading nor preformatted text is being written.
    pub(super) fn is_plain(&self) -> bool {
        self.preformatted == 0 && self.heading.is_none() && !self.is_signature
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
                self.out.verbatim(rest.get(..len).unwrap_or_default(), self.base + at);
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
        self.row = self.out.text.len();
    }

    /// The start of a cell.
    pub(super) fn cell(&mut self) {
        match self.open {
            Some(Open { kind: Kind::Prose, start, .. })
                if start >= self.row && self.preformatted == 0 =>
            {
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
        if matches!(self.open, Some(Open { kind: Kind::Heading(_), .. })) {
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

    /// The start of a list; `is_inner` where it stands in an item of another.
    pub(super) fn begin_list(&mut self, is_inner: bool) {
        let is_fresh = self.is_fresh;
        self.close();
        let lead = match self.blocks.last() {
            Some(Block { kind: BlockKind::Prose, range, .. })
                if range.end == self.out.text.len() && !is_fresh =>
            {
                self.out.text.get(range.clone()).unwrap_or_default()
            }
            _ => "",
        };
        self.contexts.begin_list(lead, is_inner);
        if is_inner {
            self.inner_list();
        } else {
            self.paragraph();
        }
    }

    /// The start of a list of definitions.
    pub(super) fn begin_definitions(&mut self) {
        self.contexts.begin_list("", false);
        self.paragraph();
    }

    /// The end of any list.
    pub(super) fn end_list(&mut self) {
        self.close();
        self.contexts.end_list();
    }

    /// The start of a term; a signature is kept whole.
    pub(super) fn begin_term(&mut self, is_signature: bool) {
        self.close();
        self.contexts.begin_term();
        self.term = self.out.text.len();
        self.is_signature = is_signature;
    }

    /// The end of a term: what follows stands below it.
    pub(super) fn end_term(&mut self) {
        self.close();
        self.is_signature = false;
        let term = self.out.text.get(self.term..).unwrap_or_default();
        self.contexts.end_term(term);
    }

    /// No more terms come before what they stand for.
    pub(super) fn end_terms(&mut self) {
        self.close();
        self.contexts.end_terms();
    }

    /// What something with this title stands below.
    pub(super) fn standing_below(&mut self, title: &str) -> String {
        self.contexts.with(title)
    }

    /// Adds a piece that was written by itself, as paragraphs of its own.
    pub(super) fn append(&mut self, piece: &Fragment, blocks: Vec<Block>) {
        self.begin_rows();
        let start = self.out.text.len();
        self.out.append(piece);
        for mut block in blocks {
            block.range = block.range.start + start..block.range.end + start;
            if block.context.is_empty() && block.kind != BlockKind::Verbatim {
                block.context = self.contexts.with("");
            }
            self.blocks.push(block);
        }
        self.end_rows();
    }

    /// Makes ready for lines that are written directly into [`Self::parts`].
    pub(super) fn begin_rows(&mut self) {
        self.close();
        if !self.out.text.is_empty() {
            let at = self.out.file_end();
            self.out.made("\n\n", at);
        }
    }

    /// Adds a line between such lines.
    pub(super) fn append_line(&mut self, line: &Fragment, mut block: Block) {
        if !self.out.text.is_empty() && !self.out.text.ends_with('\n') {
            self.out.made("\n", line.file_start());
        }
        let start = self.out.text.len();
        self.out.append(line);
        block.range = start..self.out.text.len();
        self.blocks.push(block);
    }

    /// Goes on with a new paragraph behind such lines.
    pub(super) fn end_rows(&mut self) {
        // Without a row the blank line before them isn't needed.
        let end = self.out.text.trim_end_matches('\n').len();
        if self.blocks.last().is_none_or(|block| block.range.end <= end) {
            self.out.truncate(end);
        }
        self.is_fresh = false;
        self.gap = Gap::Paragraph;
    }

    /// Text and blocks, to write rows behind them.
    pub(super) fn parts(&mut self) -> (&mut Fragment, &mut Vec<Block>) {
        (&mut self.out, &mut self.blocks)
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
        if let Some(Open { kind, .. }) = self.open
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
                    if self.preformatted == 0 || !self.out.text.ends_with('\n') {
                        self.put("\n", at, 1, 0);
                    }
                }
                Gap::Cell => self.put(" | ", at, 1, 0),
            }
            return;
        }
        if !self.out.text.is_empty() {
            let separator = if gap == Gap::Item { "\n" } else { "\n\n" };
            self.put(separator, at, 1, 0);
        }
        let kind = self.kind();
        let context = match kind {
            Kind::Heading(_) => String::new(),
            _ => self.contexts.with(""),
        };
        self.open = Some(Open { kind, start: self.out.text.len(), context });
    }

    fn kind(&self) -> Kind {
        match self.heading {
            _ if self.preformatted > 0 => Kind::Verbatim,
            Some(level) => Kind::Heading(level),
            None if self.is_signature => Kind::Signature,
            None => Kind::Prose,
        }
    }

    /// Adds text made of units of `text_unit` bytes, each from `file_unit`
    /// bytes of the page from `at` on.
    fn put(&mut self, piece: &str, at: usize, text_unit: usize, file_unit: usize) {
        let count = piece.len() / text_unit.max(1);
        self.out.text.push_str(piece);
        self.out.offsets.push(self.base + at, count, text_unit, file_unit);
    }

    /// Ends the block that is being written.
    fn close(&mut self) {
        let Some(Open { kind, start, context }) = self.open.take() else { return };
        self.drop_permalink(kind, start);
        let all = start..self.out.text.len();
        let range = match kind {
            Kind::Verbatim => trimmed_lines(&self.out.text, all),
            Kind::Prose | Kind::Signature | Kind::Heading(_) => trimmed(&self.out.text, all),
        };
        if range.is_empty() {
            return;
        }
        let words = self.out.text.get(range.clone()).unwrap_or_default().split_whitespace();
        let kind = match kind {
            Kind::Prose => BlockKind::Prose,
            Kind::Verbatim => BlockKind::Verbatim,
            Kind::Signature => BlockKind::Declaration,
            Kind::Heading(level) => {
                BlockKind::Heading { level, title: words.collect::<Vec<_>>().join(" ") }
            }
        };
        self.blocks.push(Block { kind, range, context });
    }

    /// Takes off the mark at a block's end by which pages link to themselves.
    fn drop_permalink(&mut self, kind: Kind, start: usize) {
        let Some(text) = self.out.text.get(start..) else { return };
        let marks: &[char] = match kind {
            Kind::Verbatim => return,
            Kind::Heading(_) => &['¶', '§', '🔗'],
            Kind::Prose | Kind::Signature => &['¶'],
        };
        let words = text.trim_end();
        let mut shown = words.trim_end_matches(marks);
        if let (Kind::Heading(_), Some(title)) = (kind, shown.strip_suffix('#'))
            && title.ends_with(char::is_whitespace)
        {
            shown = title;
        }
        if shown.len() < words.len() && !shown.trim().is_empty() {
            self.out.truncate(start + shown.trim_end().len());
        }
    }
}

/// White space that HTML collapses; a no-break space isn't.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}
