//! What of a document can be quoted by itself: the sentences of its prose, the
//! rows of its tables, its declarations and pieces of code.
//!
//! Found once for the document, then handed to the passages that hold them, so
//! that the time is linear and overlapping passages agree. A passage that cuts
//! one apart gets the part that it holds.

use crate::domain::{ByteRange, Unit, UnitKind};
use crate::knowledge::parse::{Block, BlockKind, Document};
use crate::knowledge::sentences::{one_line, sentences, trimmed};
use std::ops::Range;

/// Lines of preformatted text that are one unit; more are parted at blank
/// lines.
const WHOLE_LINES: usize = 6;
/// Most lines of a unit of preformatted text.
const MOST_LINES: usize = 12;
/// Most bytes of a declaration with the first sentence about it.
const MOST_DESCRIBED: usize = 600;
/// Characters of a declaration by which it is known in what stands below it.
const NAMED: usize = 24;

/// The quotable parts of a document, in order.
pub(super) struct Quotable<'a> {
    text: &'a str,
    parts: Vec<Part<'a>>,
}

struct Part<'a> {
    kind: UnitKind,
    range: Range<usize>,
    /// What its block stands below, such as the lead-in of its list.
    context: &'a str,
    /// Title of its own section.
    title: &'a str,
}

impl<'a> Quotable<'a> {
    pub(super) fn of(document: &'a Document) -> Self {
        let mut out = Self { text: &document.text, parts: Vec::new() };
        let mut title = "";
        // Where the sentence starts that ends in a colon right before a block.
        let mut leads = None;
        // The declaration right before a block.
        let mut declared = None;
        for block in &document.blocks {
            let led = std::mem::take(&mut leads);
            let described = std::mem::take(&mut declared);
            match &block.kind {
                BlockKind::Heading { title: own, .. } => title = own,
                BlockKind::Prose => {
                    let first = out.parts.len();
                    out.prose(block, title);
                    if let Some(declaration) = described {
                        out.describe(declaration, first, &block.context);
                    }
                    leads = out.lead_in();
                }
                BlockKind::Verbatim => out.verbatim(block, title, led),
                BlockKind::Row => out.push(UnitKind::Row, block.range.clone(), block, title),
                BlockKind::Declaration => {
                    let first = out.parts.len();
                    out.push(UnitKind::Code, block.range.clone(), block, title);
                    declared = (out.parts.len() > first).then_some(first);
                }
            }
        }
        out
    }

    /// A declaration says little without the first sentence of what describes
    /// it, and that little without the declaration: they are one unit. `first`
    /// is that sentence's, which stands below `context`.
    fn describe(&mut self, declaration: usize, first: usize, context: &str) {
        let (Some(declared), Some(sentence)) = (self.parts.get(declaration), self.parts.get(first))
        else {
            return;
        };
        let name = self.text.get(declared.range.clone()).unwrap_or_default();
        let name: String = one_line(name).chars().take(NAMED).collect();
        let whole = declared.range.start..sentence.range.end;
        if whole.len() > MOST_DESCRIBED || !context.contains(&name) {
            return;
        }
        self.parts.remove(first);
        if let Some(part) = self.parts.get_mut(declaration) {
            part.range = whole;
        }
    }

    fn prose(&mut self, block: &'a Block, title: &'a str) {
        let text = self.text.get(block.range.clone()).unwrap_or_default();
        for sentence in sentences(text) {
            let start = block.range.start;
            let range = start + sentence.start..start + sentence.end;
            self.push(UnitKind::Sentence, range, block, title);
        }
    }

    /// Where the last sentence starts, if it ends in a colon and so says
    /// nothing without what follows.
    fn lead_in(&self) -> Option<usize> {
        let last = self.parts.last().filter(|part| part.kind == UnitKind::Sentence)?;
        let text = self.text.get(last.range.clone())?;
        text.ends_with([':', '：']).then_some(last.range.start)
    }

    /// Preformatted text is one unit where it is short, otherwise its groups
    /// of lines between blank ones are. The first one holds the sentence that
    /// leads in to it.
    fn verbatim(&mut self, block: &'a Block, title: &'a str, led: Option<usize>) {
        let whole = trimmed(self.text, block.range.clone());
        if whole.is_empty() {
            return;
        }
        let first = self.parts.len() - usize::from(led.is_some());
        self.parts.truncate(first);
        let text = self.text.get(whole.clone()).unwrap_or_default();
        if text.lines().count() <= WHOLE_LINES {
            self.push(UnitKind::Code, whole, block, title);
        } else {
            self.groups(whole.start, text, block, title);
        }
        if let (Some(lead), Some(part)) = (led, self.parts.get_mut(first)) {
            part.range.start = lead;
        }
    }

    /// Groups of lines between blank ones.
    fn groups(&mut self, start: usize, text: &'a str, block: &'a Block, title: &'a str) {
        let mut open: Option<(Range<usize>, usize)> = None;
        let mut at = start;
        for line in text.split_inclusive('\n') {
            let range = at..at + line.len();
            at = range.end;
            let blank = line.trim().is_empty();
            match &mut open {
                Some((group, lines)) if !blank && *lines < MOST_LINES => {
                    group.end = range.end;
                    *lines += 1;
                }
                _ => {
                    if let Some((group, _)) = open.take() {
                        self.push(UnitKind::Code, group, block, title);
                    }
                    open = (!blank).then_some((range, 1));
                }
            }
        }
        if let Some((group, _)) = open {
            self.push(UnitKind::Code, group, block, title);
        }
    }

    fn push(&mut self, kind: UnitKind, range: Range<usize>, block: &'a Block, title: &'a str) {
        let range = trimmed(self.text, range);
        if !range.is_empty() {
            self.parts.push(Part { kind, range, context: &block.context, title });
        }
    }

    /// The units of the passage at `range`. Where it is `shared` by several
    /// sections each unit says the title of its own.
    pub(super) fn within(&self, range: &Range<usize>, shared: bool) -> Vec<Unit> {
        let from = self.parts.partition_point(|part| part.range.end <= range.start);
        let parts = self.parts.get(from..).unwrap_or_default();
        parts
            .iter()
            .take_while(|part| part.range.start < range.end)
            .filter_map(|part| {
                let held = part.range.start.max(range.start)..part.range.end.min(range.end);
                let held = trimmed(self.text, held);
                let title = if shared { part.title } else { "" };
                let context: Vec<&str> =
                    [title, part.context].into_iter().filter(|text| !text.is_empty()).collect();
                (!held.is_empty()).then(|| Unit {
                    kind: part.kind,
                    within: ByteRange::new(held.start - range.start, held.end - range.start),
                    context: context.join(" › "),
                })
            })
            .collect()
    }
}
