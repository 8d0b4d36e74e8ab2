//! Blocks as they are written: where one begins, the white space and bullets
//! before its words, and what of it announces the next one.

use super::super::decode::Decoded;
use super::super::text::{trimmed, trimmed_lines};
use super::super::{Block, BlockKind, html};
use super::context::{join, lead_in};
use super::render::{Container, Leaf, Open, Renderer};
use std::rc::Rc;

impl Renderer<'_> {
    /// Makes room for words that stand at `at`: a block of their own, or a
    /// line of the one that is open.
    pub(super) fn begin(&mut self, leaf: Leaf, at: usize) {
        if self.words.is_some() || self.table.as_ref().is_some_and(|table| table.in_cell) {
            return;
        }
        let leaf_of = |open: &Open| open.leaf;
        if self.open.as_ref().map(leaf_of) == Some(Leaf::Verbatim) && leaf == Leaf::Verbatim {
            return;
        }
        let is_new = self.cut || self.open.as_ref().map(leaf_of) != Some(leaf);
        if is_new {
            self.close();
        }
        self.cut = false;
        // An item that began with a quote or a footnote has text already.
        let written = self.out.end();
        let bullets: Vec<usize> = self
            .frames
            .iter_mut()
            .rev()
            .map_while(|frame| match &mut frame.kind {
                Container::Item { bullet } => bullet.take().map(Some),
                Container::List { .. } => Some(None),
                Container::Plain => None,
            })
            .flatten()
            .filter(|bullet| *bullet >= written)
            .collect();
        self.separate(bullets.last().copied().unwrap_or(at));
        if is_new {
            // Words that announce a list are no context of their own kind.
            let context = match leaf {
                Leaf::Verbatim => self.context(),
                Leaf::Heading(_) => Rc::from(""),
                Leaf::Prose => {
                    self.frames.last().map_or_else(|| Rc::from(""), |frame| frame.context.clone())
                }
            };
            self.open = Some(Open { leaf, start: self.out.len(), context });
        }
        for (index, bullet) in bullets.iter().enumerate().rev() {
            let next = index.checked_sub(1).and_then(|next| bullets.get(next)).copied();
            self.bullet(*bullet, next.unwrap_or(at));
        }
        if leaf != Leaf::Verbatim {
            self.words = Some((self.out.len(), at));
        }
    }

    /// The white space before what stands at `at`: the source's own where
    /// there is nothing else.
    fn separate(&mut self, at: usize) {
        if self.out.is_empty() {
            return;
        }
        let from = self.out.end();
        let between = self.text.get(from..at).unwrap_or_default();
        if between.contains('\n') && between.chars().all(char::is_whitespace) {
            self.out.verbatim(between, from);
        } else if self.in_paragraph || !self.in_list() {
            self.out.insert("\n\n");
        } else {
            self.out.insert("\n");
        }
    }

    /// Writes an item's bullet, `-` or its number, with the space behind it.
    fn bullet(&mut self, at: usize, next: usize) {
        let source = self.text.get(at..next).unwrap_or_default();
        let lead = source.len() - source.trim_start().len();
        let (source, at) = (source.get(lead..).unwrap_or_default(), at + lead);
        let digits = source.bytes().take_while(u8::is_ascii_digit).count();
        let len = digits + 1;
        match source.get(..len) {
            Some("*" | "+") => self.out.decoded("-", at..at + 1),
            Some(bullet) => self.out.verbatim(bullet, at),
            None => return,
        }
        match source.get(len..) {
            Some(" ") => self.out.verbatim(" ", at + len),
            _ => self.out.insert(" "),
        }
    }

    /// The words of the paragraph that is being written, on one line.
    pub(super) fn current_words(&self) -> Rc<str> {
        let words = self.words.and_then(|(start, _)| self.out.text().get(start..));
        let words: Vec<&str> = words.unwrap_or_default().split_whitespace().collect();
        Rc::from(words.join(" "))
    }

    /// Ends a paragraph, and keeps what of it announces the next block.
    pub(super) fn end_words(&mut self) {
        self.out.settle();
        self.is_gap = false;
        let Some((start, at)) = self.words else { return };
        if self.labels.binary_search(&at).is_ok() {
            let label = self.current_words();
            if let Some(frame) = self.frames.last_mut() {
                frame.context = join(&frame.context, &label);
            }
        }
        self.words = None;
        self.out.trim_end();
        let words = self.out.text().get(start..).unwrap_or_default();
        if let Some(frame) = self.frames.last_mut() {
            let is_item = matches!(frame.kind, Container::Item { .. });
            frame.lead = lead_in(words, is_item);
        }
        if !self.in_list() {
            self.cut = true;
        }
    }

    /// Ends the block that is being written.
    pub(super) fn close(&mut self) {
        self.out.settle();
        let Some(Open { leaf, start, context }) = self.open.take() else { return };
        self.out.trim_end();
        self.cut = true;
        let text = self.out.text();
        let all = start.min(text.len())..text.len();
        let (kind, range) = match leaf {
            Leaf::Verbatim => (BlockKind::Verbatim, trimmed_lines(text, all)),
            Leaf::Prose => (BlockKind::Prose, trimmed(text, all)),
            Leaf::Heading(level) => {
                let range = trimmed(text, all);
                let words = text.get(range.clone()).unwrap_or_default();
                let title = words.split_whitespace().collect::<Vec<_>>().join(" ");
                (BlockKind::Heading { level, title }, range)
            }
        };
        if !range.is_empty() {
            self.blocks.push(Block { kind, range, context: context.as_ref().to_owned() });
        }
    }

    /// Ends a row of a table, or the table, whose header is written alone
    /// where no row follows it.
    pub(super) fn write_row(&mut self, is_end: bool) {
        let context = self.context();
        let Some(table) = &mut self.table else { return };
        if !table.has_words(is_end) {
            return;
        }
        let gap = if table.has_rows { "\n" } else { "\n\n" };
        if !self.out.is_empty() {
            self.out.insert(gap);
        }
        let range =
            if is_end { table.write_head(&mut self.out) } else { table.write(&mut self.out) };
        if let Some(range) = range {
            let context = context.as_ref().to_owned();
            self.blocks.push(Block { kind: BlockKind::Row, range, context });
        }
    }

    /// Renders a block of HTML, as that format's files are.
    pub(super) fn end_html(&mut self) {
        let Some(html) = self.html.take() else { return };
        let (text, offsets) = html.finish();
        // Most are a tag by itself.
        if text.trim().is_empty() {
            return;
        }
        let page = html::parse(Decoded { text, offsets, rendered: true });
        for block in page.blocks {
            let at = page.offsets.to_file(block.range.start, block.range.end).start;
            self.close();
            self.cut = true;
            self.separate(at);
            let start = self.out.len();
            self.out.copy(&page.text, &page.offsets, block.range);
            let kind = match block.kind {
                BlockKind::Heading { .. } if self.frames.len() > 1 => BlockKind::Prose,
                kind => kind,
            };
            let context = join(&self.context(), &block.context).as_ref().to_owned();
            self.blocks.push(Block { kind, range: start..self.out.len(), context });
        }
        self.cut = true;
    }
}
