//! Units, and who packs them.

use super::sizes::Sizes;
use std::ops::Range;

/// What is never cut: a block, or a sentence, a line, some words of a large
/// one.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    pub(super) range: Range<usize>,
    pub(super) tokens: usize,
    /// Tokens of the markup between it and the unit before it.
    pub(super) gap: usize,
    /// Whether so much lies before it that no passage may reach over it.
    pub(super) far: bool,
    /// Whether it says little without the unit behind it.
    pub(super) leads: bool,
    pub(super) kind: UnitKind,
}

impl Unit {
    pub(super) fn cost(&self) -> usize {
        self.gap + self.tokens
    }
}

/// How the end of a unit may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitKind {
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
pub(super) struct Packer<'a> {
    pub(super) text: &'a str,
    pub(super) target: usize,
    /// Most tokens that a passage repeats.
    pub(super) overlap: usize,
    /// Bytes above which a text is cut without counting it: it is far too
    /// large, and some tokenizers are slow on long texts.
    pub(super) countable: usize,
    pub(super) count: &'a dyn Fn(&str) -> usize,
}

impl<'a> Packer<'a> {
    pub(super) fn new(text: &'a str, sizes: Sizes, count: &'a dyn Fn(&str) -> usize) -> Self {
        // No embedder reads more than this at once.
        let target = sizes.target.clamp(1, 1 << 20);
        // A sentence or line is repeated whole, so somewhat more is allowed.
        let overlap = (sizes.overlap.saturating_mul(3) / 2).min(target / 2);
        Self { text, target, overlap, countable: target * 16, count }
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or_default()
    }

    /// Tokens of a text, or nothing where it is too long to be counted.
    pub(super) fn tokens(&self, range: &Range<usize>) -> Option<usize> {
        (range.len() <= self.countable).then(|| (self.count)(self.slice(range.clone())))
    }
}
