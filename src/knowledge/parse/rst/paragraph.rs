//! Paragraphs, items of lists, terms with their definitions, and the literal
//! blocks that they announce.

use super::super::BlockKind;
use super::super::text::{indent, trimmed};
use super::line::{bullet, is_option};
use super::{Reader, inline};
use std::ops::Range;

/// Longest line that announces what follows it, in bytes.
const LONGEST_LEAD: usize = 240;

/// How the words of a paragraph are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Without their markup.
    Rendered,
    /// Behind a few words that a directive stands for; a colon goes behind the
    /// first of them where more follow.
    Behind(&'static str),
    /// As they are: a signature.
    Literal,
}

impl Reader<'_> {
    /// Reads a paragraph from byte `skipped` of the line on, and the literal
    /// block behind it if it ends in `::`.
    pub(super) fn paragraph(&mut self, skipped: usize) {
        self.paragraph_of(skipped, Words::Rendered);
    }

    pub(super) fn paragraph_of(&mut self, skipped: usize, words: Words) {
        let first = self.at;
        let line = self.line(first);
        let margin = indent(line);
        if skipped == 0 && self.term(margin) {
            return;
        }
        let is_doctest = line.trim_start().starts_with(">>> ");
        self.at += 1;
        while !self.is_blank(self.at) && indent(self.line(self.at)) >= margin {
            if skipped > 0 && is_option(self.line(self.at)) {
                let range = self.start(first) + skipped..self.start(self.at);
                self.prose(range, margin, words);
                while is_option(self.line(self.at)) {
                    self.at += 1;
                }
                return;
            }
            self.at += 1;
        }
        let range = self.start(first) + skipped..self.start(self.at);
        if is_doctest {
            self.verbatim(range);
            return;
        }
        let is_literal = self.line(self.at - 1).trim_end().ends_with("::");
        self.prose(range, margin, words);
        if is_literal {
            // A literal block within a directive is indented further than the
            // directive's text, which is indented by 3 or 4 columns.
            let margin = if skipped > 0 { margin + 4 } else { margin };
            let literal = self.body_place(margin);
            self.verbatim(literal);
        }
    }

    /// Reads a term whose definition is indented below it.
    fn term(&mut self, margin: usize) -> bool {
        let line = self.line(self.at);
        let body = line.trim();
        let next = self.line(self.at + 1);
        let is_term = !next.trim().is_empty()
            && indent(next) > margin
            && bullet(body).is_none()
            && !body.starts_with(['-', '|', '>', '"'])
            && !body.ends_with("::")
            && body.len() <= LONGEST_LEAD;
        if !is_term {
            return false;
        }
        let start = self.start(self.at);
        self.at += 1;
        let from = self.blocks.len();
        self.prose(start..start + line.len(), margin, Words::Rendered);
        let term = self.blocks.get(from).and_then(|block| self.out.text().get(block.range.clone()));
        if let Some(term) = term.map(str::to_owned) {
            self.stand_below(margin, &term);
        }
        true
    }

    /// Notes what the lines further in than `margin` stand below.
    pub(super) fn stand_below(&mut self, margin: usize, words: &str) {
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut words = words.join(" ");
        words.truncate(words.floor_char_boundary(LONGEST_LEAD));
        self.below.push((margin, words));
    }

    /// Writes running text.
    pub(super) fn prose(&mut self, range: Range<usize>, margin: usize, words: Words) {
        let range = trimmed(self.text, range);
        let source = self.text.get(range.clone()).unwrap_or_default();
        // A paragraph of `::` alone only announces the block.
        if source.is_empty() || source == "::" {
            return;
        }
        let is_list = bullet(source).is_some();
        let context = self.context(is_list);
        if !is_list && self.lead.as_ref().is_some_and(|(outer, _)| *outer >= margin) {
            self.lead = None;
        }
        self.separate(range.start);
        let start = self.out.len();
        match words {
            Words::Literal => self.out.verbatim(source, range.start),
            Words::Rendered => self.lines_of(range, is_list),
            Words::Behind(label) => {
                self.out.insert(label);
                let first = source.find(char::is_whitespace).unwrap_or(source.len());
                self.out.verbatim(source.get(..first).unwrap_or_default(), range.start);
                if first < source.len() {
                    self.out.insert(":");
                    self.lines_of(range.start + first..range.end, false);
                }
            }
        }
        self.end_block(BlockKind::Prose, start, context);
        if words == Words::Rendered {
            self.announce(start, margin, is_list);
        }
    }

    /// Keeps the end of a paragraph that announces what follows it.
    fn announce(&mut self, start: usize, margin: usize, is_list: bool) {
        let text = self.out.text().get(start..).unwrap_or_default();
        if is_list || !text.ends_with(':') {
            return;
        }
        let tail = text.get(text.floor_char_boundary(text.len().saturating_sub(600))..);
        let tail = tail.unwrap_or_default();
        let last = crate::knowledge::sentences::sentences(tail).pop();
        let last = last.and_then(|last| tail.get(last)).unwrap_or_default();
        if !last.is_empty() && last.len() <= LONGEST_LEAD {
            let words: Vec<&str> = last.split_whitespace().collect();
            self.lead = Some((margin, words.join(" ")));
        }
    }

    /// Writes the lines of a paragraph: bullets as `-`, lines of a line block
    /// without their bar.
    fn lines_of(&mut self, range: Range<usize>, is_list: bool) {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let is_line_block = text.lines().all(|line| line.trim_start().starts_with('|'))
            && !text.trim_end().ends_with('|');
        let (mut from, end) = (range.start, literal_end(text, range.start));
        if is_list || is_line_block {
            let mut at = range.start;
            for line in text.split_inclusive('\n') {
                let body = line.trim_start();
                let place = at + line.len() - body.len();
                at += line.len();
                let mark = if is_line_block { Some(1) } else { bullet(body) };
                let Some(len) = mark.filter(|_| place >= from) else { continue };
                inline::write(self.text, from..place, &self.names, &mut self.out);
                let mark = body.get(..len).unwrap_or_default();
                from = place + len;
                if is_line_block {
                    from += usize::from(body.get(len..).is_some_and(|rest| rest.starts_with(' ')));
                } else if mark.ends_with(['.', ')']) && !mark.starts_with('#') {
                    self.out.verbatim(mark, place);
                } else {
                    self.out.decoded("-", place..place + len);
                }
            }
        }
        inline::write(self.text, from..end.max(from), &self.names, &mut self.out);
        if end < range.end && !self.text.get(..end).is_some_and(|text| text.ends_with([' ', '\n']))
        {
            self.out.decoded(":", end..range.end);
        }
    }
}

/// Where a paragraph ends before the `::` that announces a literal block.
fn literal_end(text: &str, start: usize) -> usize {
    start + text.strip_suffix("::").map_or(text.len(), str::len)
}
