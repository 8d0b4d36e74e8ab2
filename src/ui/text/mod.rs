//! Text for the terminal: Markdown, code and plain text become lines that fit
//! a width, in styles of the theme, each knowing the bytes it shows.
//!
//! Everything that comes from a document or a model passes `domain::visible`
//! on its way into a `Flow`, so that no control character leaves this
//! module. Columns are counted per grapheme cluster, as ratatui draws them.

mod flow;
mod highlight;
mod markdown;
mod measure;
mod wrap;

#[cfg(test)]
mod tests;

pub use highlight::Highlighter;
pub use markdown::markdown;
pub use measure::{truncate, truncate_start, width};
pub use wrap::{plain, wrap_spans};

use crate::domain::{ByteRange, Support, Turn};
use ratatui::text::Line;

/// A citation mark in a Markdown text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where `[n]` stands, in bytes of the Markdown.
    pub range: ByteRange,
    /// The number it shows; 0 for the last character of a sentence that no
    /// source supports.
    pub number: usize,
    /// How well the cited passage supports the claim; its symbol follows the
    /// mark.
    pub support: Support,
    /// Whether it is quoted word for word but may not answer.
    pub doubtful: bool,
    /// Whether it is the selected citation.
    pub selected: bool,
}

/// The marks of an answer: its citations in their order, the selected one
/// among them, and behind them the ends of sentences that nothing supports.
#[must_use]
pub fn marks(turn: &Turn, selected: Option<usize>) -> Vec<Mark> {
    let cited = turn.citations.iter().enumerate().map(|(place, citation)| Mark {
        range: citation.mark,
        number: citation.number,
        support: citation.support,
        doubtful: citation.doubtful(),
        selected: selected == Some(place),
    });
    let uncited = turn.uncited.iter().filter_map(|range| {
        let last = turn.text.get(range.start..range.end)?.chars().next_back()?;
        let range = ByteRange::new(range.end - last.len_utf8(), range.end);
        Some(Mark { range, number: 0, support: Support::Missing, doubtful: false, selected: false })
    });
    cited.chain(uncited).collect()
}

/// A line for the terminal.
#[derive(Clone, Debug, PartialEq)]
pub struct RenderedLine {
    /// What it shows, without control characters and within the width asked
    /// for.
    pub line: Line<'static>,
    /// The bytes of the text that it shows; `None` for decoration.
    pub source: Option<ByteRange>,
    /// Indexes of the marks whose first column is on this line.
    pub marks: Vec<usize>,
}

/// The smallest range that holds both.
fn union(a: Option<ByteRange>, b: Option<ByteRange>) -> Option<ByteRange> {
    match (a, b) {
        (Some(a), Some(b)) => Some(ByteRange::new(a.start.min(b.start), a.end.max(b.end))),
        (a, b) => a.or(b),
    }
}
