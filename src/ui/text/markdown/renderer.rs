//! What turns events into lines, as far as it is.

use super::open::{List, OpenCode, OpenLink, Part, Table};
use crate::domain::ByteRange;
use crate::ui::text::flow::Flow;
use crate::ui::text::highlight::Highlighter;
use crate::ui::text::{Mark, RenderedLine};
use crate::ui::theme::{Role, Theme};
use ratatui::style::Style;
use std::ops::Range;

/// A mark, and whether a line shows it already.
pub(super) struct Shown<'a> {
    pub(super) mark: &'a Mark,
    pub(super) index: usize,
    pub(super) done: bool,
}

/// Turns events into lines.
pub(super) struct Renderer<'a> {
    /// The Markdown, and what closes it behind `length`.
    pub(super) source: &'a str,
    pub(super) length: usize,
    pub(super) marks: Vec<Shown<'a>>,
    pub(super) width: usize,
    pub(super) theme: &'a Theme,
    pub(super) highlighter: &'a mut Highlighter,
    pub(super) lines: Vec<RenderedLine>,
    /// How many parts a blank line before the next line stands in.
    pub(super) gap: Option<usize>,
    /// Whether a line was drawn outside of all parts.
    pub(super) began: bool,
    /// The quotes and list items around, outermost first.
    pub(super) parts: Vec<Part>,
    pub(super) lists: Vec<List>,
    pub(super) styles: Vec<Style>,
    /// The text of the block, row or cell that is open.
    pub(super) flow: Option<Flow>,
    pub(super) code: Option<OpenCode>,
    pub(super) table: Option<Table>,
    pub(super) links: Vec<OpenLink>,
    /// Link definitions not shown yet, the first one last.
    pub(super) definitions: Vec<Range<usize>>,
    /// Where the content seen so far ends.
    pub(super) seen: usize,
    /// The line of `-` or `=` at the end of the text that would make a heading
    /// of the paragraph above.
    pub(super) underline: Option<Range<usize>>,
    /// Whether line breaks within the paragraph are shown.
    pub(super) keep_breaks: bool,
}

/// A range of the parser as a range of the domain.
pub(super) fn bytes(range: &Range<usize>) -> ByteRange {
    ByteRange::new(range.start, range.end)
}

impl Renderer<'_> {
    /// The style of the text at hand.
    pub(super) fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_else(|| self.theme.style(Role::Text))
    }

    /// Changes the style until the tag ends.
    pub(super) fn restyle(&mut self, change: impl Fn(Style, &Theme) -> Style) {
        let style = change(self.style(), self.theme);
        self.styles.push(style);
    }

    /// The content up to `end` is seen; white space isn't content.
    pub(super) fn see(&mut self, end: usize) {
        let text = self.source.get(..end.min(self.length)).unwrap_or_default();
        self.seen = self.seen.max(text.trim_end().len());
    }
}
