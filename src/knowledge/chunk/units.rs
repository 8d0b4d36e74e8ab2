//! Blocks become units: a block that is larger than a passage is cut at
//! sentences or lines, and what is still larger at words.

use super::packer::{Packer, Unit, UnitKind};
use crate::knowledge::parse::{Block, BlockKind};
use crate::knowledge::sentences::{sentences, trimmed};
use std::ops::Range;

impl Packer<'_> {
    /// The units of a block. `end` is where the unit before it ended, and then
    /// where its last one does.
    pub(super) fn units(&self, block: &Block, end: &mut usize) -> Vec<Unit> {
        let kind = match block.kind {
            BlockKind::Heading { .. } => UnitKind::Heading,
            BlockKind::Prose => UnitKind::Prose,
            BlockKind::Verbatim | BlockKind::Declaration => UnitKind::Verbatim,
            BlockKind::Row => UnitKind::Part,
        };
        let whole = trimmed(self.text, block.range.clone());
        let mut out = Vec::new();
        let mut add = |range: Range<usize>, tokens, kind| {
            let (gap, far) = self.gap(*end..range.start);
            *end = range.end;
            out.push(Unit { range, tokens, gap, far, leads: false, kind });
        };
        if whole.is_empty() {
            return out;
        }
        if let Some(tokens) = self.tokens(&whole).filter(|tokens| *tokens <= self.target) {
            let announces = self.slice(whole.clone()).ends_with([':', '：']);
            add(whole, tokens, kind);
            if let Some(unit) = out.last_mut() {
                unit.leads = announces || block.kind == BlockKind::Declaration;
            }
            return out;
        }
        for part in self.parts(&whole, kind) {
            if let Some(tokens) = self.tokens(&part).filter(|tokens| *tokens <= self.target) {
                add(part, tokens, UnitKind::Part);
                continue;
            }
            for words in self.words(&part) {
                let tokens = (self.count)(self.slice(words.clone()));
                add(words, tokens, UnitKind::Part);
            }
        }
        out
    }

    /// Tokens between two units, and whether it is too much to reach over.
    fn gap(&self, between: Range<usize>) -> (usize, bool) {
        let far = between.len() > self.target * 4;
        let markup = trimmed(self.text, between);
        if far || markup.is_empty() {
            return (0, far);
        }
        let tokens = (self.count)(self.slice(markup));
        (tokens, tokens > self.target / 8 + 8)
    }

    /// The sentences or lines of a unit, without a hole between them.
    pub(super) fn parts(&self, unit: &Range<usize>, kind: UnitKind) -> Vec<Range<usize>> {
        let text = self.slice(unit.clone());
        let mut ends: Vec<usize> = match kind {
            UnitKind::Part => Vec::new(),
            UnitKind::Prose => sentences(text).into_iter().map(|sentence| sentence.end).collect(),
            UnitKind::Heading | UnitKind::Verbatim => {
                text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect()
            }
        };
        // Bullets and other marks before a sentence come with it, those
        // behind the last one stay with that.
        if kind == UnitKind::Prose {
            ends.pop();
        }
        ends.push(text.len());
        let mut start = unit.start;
        let mut out = Vec::with_capacity(ends.len());
        for end in ends {
            let part = trimmed(self.text, start..unit.start + end);
            start = unit.start + end;
            if !part.is_empty() {
                out.push(part);
            }
        }
        out
    }

    /// Some words each of a sentence or line that is too large, surely fewer
    /// tokens than a passage may have.
    fn words(&self, part: &Range<usize>) -> Vec<Range<usize>> {
        let most = (self.target / 2).clamp(8, 512);
        let mut out = Vec::new();
        let mut start = part.start;
        while start < part.end {
            let mut end = part.end;
            if end - start > most {
                end = self.text.floor_char_boundary(start + most);
                let ahead = self.slice(start..end);
                let cut = ahead
                    .char_indices()
                    .rev()
                    .find(|(_, c)| c.is_whitespace() || ",;".contains(*c));
                if let Some((at, c)) = cut
                    && at >= most / 2
                {
                    end = start + at + c.len_utf8();
                }
            }
            let words = trimmed(self.text, start..end);
            if !words.is_empty() {
                out.push(words);
            }
            start = end;
        }
        out
    }
}
