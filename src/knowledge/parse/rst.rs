//! reStructuredText: section titles, paragraphs, lists, literal blocks,
//! directives and tables, as a reader sees them.
//!
//! The document is read line by line; [`inline`] leaves the markup of words
//! out, [`directives`] knows what a directive shows, [`table`] writes rows.
//! Comments, link targets and directives without prose (`image`, `toctree`, …)
//! give nothing.

mod directives;
mod fields;
mod inline;
mod line;
mod paragraph;
mod table;

use super::decode::Decoded;
use super::output::Output;
use super::text::{indent, lines, trimmed, trimmed_lines};
use super::{Block, BlockKind, Document, Format};
use inline::Names;
use line::adornment;
use std::ops::Range;

/// Finds the headings and blocks of a reStructuredText document.
pub(super) fn parse(decoded: Decoded) -> Document {
    let Decoded { text: source, offsets: to_file, rendered } = decoded;
    let mut reader = Reader {
        text: &source,
        lines: lines(&source).collect(),
        at: 0,
        styles: Vec::new(),
        names: Names::of(&source),
        out: Output::default(),
        blocks: Vec::new(),
        below: Vec::new(),
        lead: None,
    };
    reader.read();
    let blocks = reader.blocks;
    let (text, offsets) = reader.out.finish();
    let span = offsets.to_file(0, text.len());
    let rendered = rendered || source.get(span.start..span.end) != Some(text.as_str());
    Document {
        format: Format::Rst,
        text,
        offsets: offsets.through(&to_file),
        rendered,
        blocks,
        notes: Vec::new(),
    }
}

struct Reader<'a> {
    text: &'a str,
    lines: Vec<Range<usize>>,
    /// The next line to read.
    at: usize,
    /// Adornments in the order they appeared: the character, and whether it
    /// also stands above the title. The place is the level.
    styles: Vec<(char, bool)>,
    /// What the document gives names to.
    names: Names<'a>,
    out: Output,
    blocks: Vec<Block>,
    /// What the lines that are indented further than a margin stand below: a
    /// term, a signature, a title.
    below: Vec<(usize, String)>,
    /// The end of a paragraph that announces what follows, and its margin.
    lead: Option<(usize, String)>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while self.at < self.lines.len() {
            let line = self.line(self.at);
            if line.trim().is_empty() {
                self.at += 1;
                continue;
            }
            let margin = indent(line);
            while self.below.last().is_some_and(|(outer, _)| *outer >= margin) {
                self.below.pop();
            }
            if self.lead.as_ref().is_some_and(|(outer, _)| *outer > margin) {
                self.lead = None;
            }
            if !self.table()
                && !self.title()
                && !self.transition()
                && !self.markup()
                && !self.field()
            {
                self.paragraph(0);
            }
        }
    }

    /// A line without its end; empty behind the last one.
    fn line(&self, number: usize) -> &'a str {
        let text = self.text;
        self.lines.get(number).and_then(|range| text.get(range.clone())).unwrap_or_default()
    }

    fn is_blank(&self, number: usize) -> bool {
        self.line(number).trim().is_empty()
    }

    /// Where a line starts.
    fn start(&self, number: usize) -> usize {
        self.lines.get(number).map_or(self.text.len(), |range| range.start)
    }

    /// What a block at the current place stands below.
    fn context(&self, is_announced: bool) -> String {
        let below = self.below.last().map(|(_, words)| words.as_str());
        let lead = self.lead.as_ref().filter(|_| is_announced).map(|(_, words)| words.as_str());
        let words: Vec<&str> = below.into_iter().chain(lead).filter(|w| !w.is_empty()).collect();
        words.join(" ")
    }

    /// Makes room for a block that stands at `at`.
    fn separate(&mut self, at: usize) {
        if self.out.is_empty() {
            return;
        }
        let from = self.out.end();
        let between = self.text.get(from..at).unwrap_or_default();
        if between.contains('\n') && between.chars().all(char::is_whitespace) {
            self.out.verbatim(between, from);
        } else {
            self.out.insert("\n\n");
        }
    }

    /// Ends a block that was written from `start` of the output on.
    fn end_block(&mut self, kind: BlockKind, start: usize, context: String) {
        self.out.settle();
        self.out.trim_end();
        let text = self.out.text();
        let all = start.min(text.len())..text.len();
        let range =
            if kind == BlockKind::Verbatim { trimmed_lines(text, all) } else { trimmed(text, all) };
        if !range.is_empty() {
            self.blocks.push(Block { kind, range, context });
        }
    }

    /// Writes lines as they are.
    fn verbatim(&mut self, range: Range<usize>) {
        let range = trimmed_lines(self.text, range);
        if range.is_empty() {
            return;
        }
        let context = self.context(true);
        self.separate(range.start);
        let start = self.out.len();
        self.out.verbatim(self.text.get(range.clone()).unwrap_or_default(), range.start);
        self.end_block(BlockKind::Verbatim, start, context);
        self.lead = None;
    }

    /// Reads a section title, adorned below or on both sides.
    fn title(&mut self) -> bool {
        let first = self.line(self.at);
        let (number, adornment, is_over) = if let Some(over) = adornment(first) {
            if self.is_blank(self.at + 1) || adornment(self.line(self.at + 2)) != Some(over) {
                return false;
            }
            (self.at + 1, over, true)
        } else if let Some(under) = adornment(self.line(self.at + 1)) {
            (self.at, under, false)
        } else {
            return false;
        };
        let title = self.line(number).trim_end();
        let length = self.line(number + 1).trim_end().chars().count();
        if !is_over && indent(title) > 0 || length < title.chars().count().min(4) {
            return false;
        }
        let style = (adornment, is_over);
        let level = self.styles.iter().position(|known| *known == style).unwrap_or_else(|| {
            self.styles.push(style);
            self.styles.len() - 1
        });
        let level = u8::try_from(level + 1).unwrap_or(u8::MAX);
        let at = self.start(number) + title.len() - title.trim_start().len();
        self.separate(at);
        let start = self.out.len();
        let range = at..self.start(number) + title.len();
        inline::write(self.text, range, &self.names, &mut self.out);
        self.out.settle();
        let words = self.out.text().get(start..).unwrap_or_default();
        let title = words.split_whitespace().collect::<Vec<_>>().join(" ");
        self.end_block(BlockKind::Heading { level, title }, start, String::new());
        self.lead = None;
        self.at = number + 2;
        true
    }

    /// Reads a rule between paragraphs.
    fn transition(&mut self) -> bool {
        let is_rule = adornment(self.line(self.at)).is_some()
            && self.line(self.at).trim_end().len() >= 4
            && self.is_blank(self.at + 1);
        self.at += usize::from(is_rule);
        is_rule
    }

    /// Reads the lines indented further than `margin`, with the blank ones
    /// among them, and gives their numbers.
    fn body(&mut self, margin: usize) -> Range<usize> {
        let first = self.at;
        let mut last = self.at;
        let mut at = self.at;
        while at < self.lines.len() {
            if !self.is_blank(at) {
                if indent(self.line(at)) <= margin {
                    break;
                }
                last = at + 1;
            }
            at += 1;
        }
        self.at = last;
        first..last
    }

    /// Reads a body and gives its place.
    fn body_place(&mut self, margin: usize) -> Range<usize> {
        let lines = self.body(margin);
        self.start(lines.start)..self.start(lines.end)
    }
}

#[cfg(test)]
mod tests;
