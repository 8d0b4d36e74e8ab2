//! reStructuredText: section titles, literal blocks, directives.
//!
//! The text stays as it is in the file. Comments, link targets and directives
//! without prose (`image`, `toctree`, …) belong to no block.

mod line;

use super::decode::Decoded;
use super::text::{indent, lines, trimmed_lines};
use super::{Block, BlockKind, Document, Format};
use line::{adornment, is_option, plain};
use std::ops::Range;

/// Directives whose body is kept line by line.
const VERBATIM: &[&str] = &[
    "code",
    "code-block",
    "sourcecode",
    "parsed-literal",
    "doctest",
    "testcode",
    "testoutput",
    "productionlist",
    "prompt",
    "ipython",
    "graphviz",
    "digraph",
    "graph",
    "mermaid",
    "uml",
];

/// Directives that say nothing a reader would look for.
const SILENT: &[&str] = &[
    "raw",
    "image",
    "toctree",
    "include",
    "literalinclude",
    "contents",
    "sectnum",
    "index",
    "module",
    "meta",
    "highlight",
    "currentmodule",
    "currentlibrary",
    "default-role",
    "role",
    "sectionauthor",
    "moduleauthor",
    "codeauthor",
    "tabularcolumns",
    "rst-class",
    "testsetup",
    "testcleanup",
    "target-notes",
    "header",
    "footer",
    "automodule",
    "autoclass",
    "autofunction",
    "automethod",
    "autosummary",
    "command-output",
];

/// Finds the headings and blocks of a reStructuredText document.
pub(super) fn parse(decoded: Decoded) -> Document {
    let mut reader = Reader {
        text: &decoded.text,
        lines: lines(&decoded.text).collect(),
        at: 0,
        styles: Vec::new(),
        blocks: Vec::new(),
    };
    reader.read();
    let blocks = reader.blocks;
    Document {
        format: Format::Rst,
        text: decoded.text,
        offsets: decoded.offsets,
        rendered: decoded.rendered,
        blocks,
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
    blocks: Vec<Block>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while self.at < self.lines.len() {
            let line = self.line(self.at);
            if line.trim().is_empty() {
                self.at += 1;
            } else if !self.title() && !self.transition() && !self.markup() {
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

    fn push(&mut self, kind: BlockKind, range: Range<usize>) {
        let range = trimmed_lines(self.text, range);
        if !range.is_empty() {
            self.blocks.push(Block { kind, range, context: String::new() });
        }
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
        let kind = BlockKind::Heading {
            level: u8::try_from(level + 1).unwrap_or(u8::MAX),
            title: plain(title),
        };
        let start = self.start(number) + title.len() - title.trim_start().len();
        self.blocks.push(Block {
            kind,
            range: start..self.start(number) + title.len(),
            context: String::new(),
        });
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

    /// Reads what starts with `..` or `__`: comments, targets, directives.
    fn markup(&mut self) -> bool {
        let line = self.line(self.at);
        let body = line.trim_start();
        let margin = indent(line);
        if body.starts_with("__ ") {
            self.at += 1;
            return true;
        }
        let Some(rest) =
            body.strip_prefix("..").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
        else {
            return false;
        };
        let rest = rest.trim();
        if rest.starts_with('[') {
            // Footnotes and citations are prose.
            self.paragraph(0);
            return true;
        }
        let directive = rest
            .split_once("::")
            .map(|(name, argument)| (name.trim_end(), argument.trim()))
            .filter(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_.:+".contains(c))
            });
        let Some((name, argument)) = directive else {
            let is_empty_comment = rest.is_empty() && self.is_blank(self.at + 1);
            self.at += 1;
            if !is_empty_comment {
                self.body(margin);
            }
            return true;
        };
        let name = name.rsplit(':').next().unwrap_or(name);
        if SILENT.contains(&name) {
            self.at += 1;
            self.body(margin);
        } else if VERBATIM.contains(&name) {
            self.at += 1;
            self.options();
            let range = self.body(margin);
            self.push(BlockKind::Verbatim, range);
        } else if argument.is_empty() {
            // The body is read like any other text.
            self.at += 1;
            self.options();
        } else {
            // The argument (a signature, a title, a note's first words) starts
            // a paragraph; options behind it end it.
            let skipped = line.trim_end().len() - argument.len();
            self.paragraph(skipped);
        }
        true
    }

    /// Skips a directive's options, `:name: value`.
    fn options(&mut self) {
        while is_option(self.line(self.at)) {
            self.at += 1;
        }
    }

    /// Reads the lines indented further than `margin`, with the blank ones
    /// among them, and gives their place.
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
        self.start(first)..self.start(last)
    }

    /// Reads a paragraph from byte `skipped` of the line on, and the literal
    /// block behind it if it ends in `::`.
    fn paragraph(&mut self, skipped: usize) {
        let first = self.at;
        let margin = indent(self.line(first));
        let is_doctest = self.line(first).trim_start().starts_with(">>> ");
        self.at += 1;
        while !self.is_blank(self.at) {
            if skipped > 0 && is_option(self.line(self.at)) {
                self.push(BlockKind::Prose, self.start(first) + skipped..self.start(self.at));
                self.options();
                return;
            }
            self.at += 1;
        }
        let range = self.start(first) + skipped..self.start(self.at);
        let is_literal = self.line(self.at - 1).trim_end().ends_with("::");
        let kind = if is_doctest { BlockKind::Verbatim } else { BlockKind::Prose };
        let range = if is_doctest { range } else { super::text::trimmed(self.text, range) };
        // A paragraph of `::` alone only announces the block.
        if self.text.get(range.clone()) != Some("::") {
            self.push(kind, range);
        }
        if is_literal && !is_doctest {
            // A literal block within a directive is indented further than the
            // directive's text, which is indented by 3 or 4 columns.
            let margin = if skipped > 0 { margin + 4 } else { margin };
            let literal = self.body(margin);
            self.push(BlockKind::Verbatim, literal);
        }
    }
}

#[cfg(test)]
mod tests;
