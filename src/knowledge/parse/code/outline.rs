//! The outline of a text: which lines become headings, which of them bodies.

use super::items::{Item, find_item, flatten, is_comment, shortened};
use crate::knowledge::parse::{Block, BlockKind};
use crate::knowledge::sentences::one_line;
use std::ops::Range;
use tree_sitter::Node;

/// Items nested deeper than this stay within the body of the one above.
const DEEPEST: u8 = 6;

/// Longest text below a signature that is kept with it, in bytes.
const LONGEST_DOCS: usize = 1500;

/// Collects the blocks of a text, from its start to its end.
pub(super) struct Outline<'text> {
    pub(super) text: &'text str,
    pub(super) blocks: Vec<Block>,
    /// Where the last block ends; everything before is in a block or white
    /// space.
    pub(super) end: usize,
}

impl Outline<'_> {
    /// Adds everything up to `end`, with the items below `node` as headings.
    pub(super) fn container(&mut self, node: Node<'_>, end: usize, level: u8) {
        let mut children = Vec::new();
        flatten(node, &mut children, 0);
        let mut comments: Option<Range<usize>> = None;
        let mut below_item = None;
        for child in children {
            let range = self.range_of(child);
            if range.is_empty() {
                // A line break that counts as a token.
                continue;
            }
            if range.start < self.end || range.end > end {
                // It shares a line with the item before it.
                comments = None;
                continue;
            }
            let joined = comments.take().filter(|above| self.adjoins(above.end, range.start));
            if is_comment(child.kind()) {
                let start = joined.map_or(range.start, |above| above.start);
                comments = self.is_first_on_line(range.start).then_some(start..range.end);
                continue;
            }
            let Some(item) = find_item(child, self.text) else {
                continue;
            };
            let start = joined.map_or(range.start, |above| above.start);
            self.between(self.line_start(start), below_item);
            self.item(&item, range, end, level);
            below_item = Some(level);
        }
        self.between(end, below_item);
    }

    /// Adds what lies up to `end` and is no item. Behind an item it gets a
    /// heading of that item's level, or else it would count as its body.
    fn between(&mut self, end: usize, below_item: Option<u8>) {
        let text = self.text;
        let rest = text.get(self.end..end).unwrap_or_default();
        let words = rest.trim_end();
        // A closing bracket alone makes no block.
        if let Some(last) = self.blocks.last_mut()
            && !words.is_empty()
            && !words.contains(char::is_alphanumeric)
        {
            last.range.end = self.end + words.len();
            self.end = end;
        } else if let Some(level) = below_item
            && let Some((_, line)) = lines(words).find(|(_, line)| !is_remark(line))
        {
            let title = one_line(line);
            let title = title.trim_end_matches(|c: char| " {(:;=,".contains(c));
            self.heading(level, shortened(title.to_owned()));
        }
        self.verbatim(end, starts_after_blank);
    }

    /// Adds an item: its heading, its declaration from the comment above it to
    /// the end of its signature or of the text that explains it, then its body.
    fn item(&mut self, item: &Item<'_>, range: Range<usize>, end: usize, level: u8) {
        let end = self.line_end(range.end).min(end);
        let signature = match item.body.map(|body| body.start_byte()) {
            // Behind a bracket that opens the body, or before the first line
            // of a body that is only indented.
            Some(at) if self.text.get(at..).is_some_and(|body| body.starts_with('{')) => at,
            Some(at) => {
                let above = self.text.get(range.start..at).unwrap_or_default();
                range.start + above.trim_end().len()
            }
            None => range.start,
        };
        let docs = item.docs.map(|docs| self.range_of(docs));
        let declared = match docs {
            Some(docs) if docs.len() <= LONGEST_DOCS => docs.end.max(signature),
            _ => signature,
        };
        let declared = self.line_end(declared).min(end);
        self.heading(level, item.title.clone());
        self.push(BlockKind::Declaration, declared);
        match item.body {
            Some(body) if item.holds_items && level < DEEPEST => {
                self.container(body, end, level + 1);
            }
            _ => self.verbatim(end, starts_after_blank),
        }
    }

    /// Adds verbatim blocks up to `end`; `starts` tells of a line behind a
    /// blank one whether it starts a block.
    pub(super) fn verbatim(&mut self, end: usize, starts: fn(&str) -> bool) {
        let text = self.text;
        let part = text.get(self.end..end).unwrap_or_default();
        let start = self.end;
        let mut blank = false;
        for (at, line) in lines(part) {
            if blank && starts(line) {
                self.push(BlockKind::Verbatim, start + at);
            }
            blank = line.trim().is_empty();
        }
        self.push(BlockKind::Verbatim, end);
    }

    /// Adds a heading of what follows. Its words stand in what follows, too, so
    /// it has no text of its own.
    fn heading(&mut self, level: u8, title: String) {
        let rest = self.text.get(self.end..).unwrap_or_default();
        let at = self.end + rest.len() - rest.trim_start().len();
        let kind = BlockKind::Heading { level, title };
        self.blocks.push(Block { kind, range: at..at, context: String::new() });
    }

    /// Adds what lies between the last block and `end`, without blank lines
    /// at its ends, as one block.
    fn push(&mut self, kind: BlockKind, end: usize) {
        let text = self.text;
        let part = text.get(self.end..end).unwrap_or_default();
        let words = part.trim_end();
        if !words.is_empty() {
            let margin = part.len() - part.trim_start().len();
            let blank =
                part.get(..margin).and_then(|space| space.rfind('\n')).map_or(0, |at| at + 1);
            let range = self.end + blank..self.end + words.len();
            self.blocks.push(Block { kind, range, context: String::new() });
        }
        self.end = self.end.max(end);
    }

    /// The place of a node without the line break that some grammars count
    /// in.
    fn range_of(&self, node: Node<'_>) -> Range<usize> {
        let range = node.byte_range();
        let words = self.text.get(range.clone()).unwrap_or_default().trim_end();
        range.start..range.start + words.len()
    }

    /// Whether only white space without a blank line lies between two places.
    fn adjoins(&self, end: usize, start: usize) -> bool {
        let between = self.text.get(end..start).unwrap_or("x");
        between.trim().is_empty() && between.matches('\n').count() <= 1
    }

    fn is_first_on_line(&self, at: usize) -> bool {
        let above = self.text.get(..at).unwrap_or_default();
        let above = above.trim_end_matches([' ', '\t']);
        above.is_empty() || above.ends_with('\n')
    }

    /// Where the line of `at` starts, or the last block ends in it.
    fn line_start(&self, at: usize) -> usize {
        let above = self.text.get(self.end..at).unwrap_or_default();
        self.end + above.rfind('\n').map_or(0, |found| found + 1)
    }

    fn line_end(&self, at: usize) -> usize {
        let below = self.text.get(at..).unwrap_or_default();
        below.find('\n').map_or(self.text.len(), |found| at + found)
    }
}

/// The lines of a text with their breaks, and where each starts.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let at = *next;
        *next += line.len();
        Some((at, line))
    })
}

/// A block starts at a line that isn't indented and closes nothing.
pub(super) fn starts_at_margin(line: &str) -> bool {
    !line.starts_with(|c: char| c.is_whitespace() || matches!(c, '}' | ']' | ')'))
}

/// A block starts at any line with words.
fn starts_after_blank(line: &str) -> bool {
    line.contains(char::is_alphanumeric)
}

/// Whether a line says nothing about the code it stands above.
fn is_remark(line: &str) -> bool {
    let line = line.trim_start();
    let marks = ["//", "/*", "*", "# ", "#[", "#endif"];
    line.is_empty() || marks.iter().any(|mark| line.starts_with(mark))
}
