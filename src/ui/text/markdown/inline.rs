//! Text within a block: styles, citation marks, links, code spans and breaks.

use super::open::OpenLink;
use super::renderer::{Renderer, bytes};
use crate::domain::{ByteRange, Support};
use crate::ui::text::measure::one_line;
use crate::ui::theme::Role;
use ratatui::style::Style;
use std::ops::Range;

impl Renderer<'_> {
    /// Adds text that shows the bytes `range` of the source. Marks in it are
    /// drawn as such.
    pub(super) fn inline(&mut self, text: &str, range: Range<usize>, style: Style) {
        let shown = self.source.get(range.clone()).unwrap_or_default();
        // Line breaks in code spans are shown as spaces.
        let exact = shown.len() == text.len()
            && (shown == text || shown.contains('\n') && shown.replace('\n', " ") == text);
        let end = range.end.min(self.length);
        let text = if exact {
            text.get(..end.saturating_sub(range.start)).unwrap_or_default()
        } else {
            text
        };
        if text.is_empty() || range.start >= self.length && !range.is_empty() {
            return;
        }
        self.see(end);
        let mut nth = self.marks.partition_point(|shown| shown.mark.range.end <= range.start);
        let mut from = 0;
        if !exact {
            let source = (end > range.start).then(|| ByteRange::new(range.start, end));
            self.flow.get_or_insert_default().push_for(text, style, source);
            from = text.len();
        }
        while let Some(mark) = self.marks.get(nth).map(|shown| shown.mark.range)
            && mark.start < end
        {
            self.bare(text, from..mark.start.saturating_sub(range.start), range.start, style);
            self.place(nth, style);
            from = from.max(mark.end.saturating_sub(range.start));
            nth += 1;
        }
        self.bare(text, from..text.len(), range.start, style);
    }

    /// Adds a part of text that stands byte for byte at `offset`.
    fn bare(&mut self, text: &str, part: Range<usize>, offset: usize, style: Style) {
        if part.start < part.end {
            let source = ByteRange::new(offset + part.start, offset + part.end);
            let text = text.get(part).unwrap_or_default();
            self.flow.get_or_insert_default().push(text, style, Some(source));
        }
    }

    /// Adds a mark, whole and once, at the first piece of it that comes.
    fn place(&mut self, nth: usize, base: Style) {
        let Some(shown) = self.marks.get_mut(nth) else { return };
        if std::mem::replace(&mut shown.done, true) {
            return;
        }
        let (mark, index) = (shown.mark, shown.index);
        let role = if mark.selected { Role::CitationSelected } else { Role::Citation };
        let symbol_role = match mark.support {
            Support::Unchecked => role,
            Support::Exact if mark.doubtful => Role::Dim,
            Support::Exact => Role::Supported,
            Support::Likely => Role::Likely,
            Support::Missing => Role::Unsupported,
        };
        let source = self.source;
        let text = one_line(source.get(mark.range.start..mark.range.end).unwrap_or_default());
        let style = if mark.number == 0 { base } else { base.patch(self.theme.style(role)) };
        let symbol_style = base.patch(self.theme.style(symbol_role));
        self.flow.get_or_insert_default().push_mark(
            index,
            mark.range,
            (&text, style),
            (if mark.doubtful { "~" } else { mark.support.symbol() }, symbol_style),
        );
    }

    /// Adds a code span; `range` holds its backticks too.
    pub(super) fn inline_code(&mut self, text: &str, range: Range<usize>) {
        let style = self.style().patch(self.theme.style(Role::Code));
        let span = self.source.get(range.clone()).unwrap_or_default();
        let at = span.find(text).or_else(|| span.replace('\n', " ").find(text));
        let range = match at {
            Some(at) => range.start + at..range.start + at + text.len(),
            None => range,
        };
        self.inline(text, range, style);
    }

    /// Adds a line of an HTML block, as it is.
    pub(super) fn html_line(&mut self, text: &str, range: Range<usize>) {
        let line = text.trim_end_matches(['\n', '\r']);
        if line.is_empty() {
            return;
        }
        if self.flow.as_ref().is_some_and(|flow| !flow.text().trim().is_empty()) {
            self.hard_break();
        }
        self.inline(line, range.start..range.start + line.len(), self.style());
    }

    /// Adds an HTML tag, as it is; but a line break is one.
    pub(super) fn inline_html(&mut self, text: &str, range: Range<usize>) {
        let tag = text.to_ascii_lowercase();
        if matches!(tag.as_str(), "<br>" | "<br/>" | "<br />") {
            self.see(range.end);
            self.hard_break();
        } else {
            self.inline(text, range, self.style());
        }
    }

    /// Adds a break that stands for a space.
    pub(super) fn soft_break(&mut self, range: Range<usize>) {
        let style = self.style();
        let shown = if self.keep_breaks { "\n" } else { " " };
        self.flow.get_or_insert_default().push(shown, style, Some(bytes(&range)));
    }

    /// Adds a break that stays.
    pub(super) fn hard_break(&mut self) {
        let style = self.style();
        self.flow.get_or_insert_default().push("\n", style, None);
    }

    /// Begins the text of a link or image at `start` of the source.
    pub(super) fn open_link(&mut self, start: usize, address: &str) {
        self.restyle(|style, theme| style.patch(theme.style(Role::Link)));
        let text = self.flow.get_or_insert_default().text().len();
        self.links.push(OpenLink { start, text, address: address.to_owned(), shortcut: false });
    }

    /// Begins a link `[name]`. It keeps its brackets: its definition is shown
    /// with them, and it may be no link to the author but a source's number.
    pub(super) fn open_shortcut(&mut self, start: usize) {
        self.open_link(start, "");
        if let Some(link) = self.links.last_mut() {
            link.shortcut = true;
        }
        self.inline("[", start..start + 1, self.style());
    }

    /// Ends a link or image, and adds its address where the text isn't it. An
    /// address is plain text, never a sequence that makes the terminal link.
    pub(super) fn close_link(&mut self, range: Range<usize>) {
        let Some(link) = self.links.pop() else { return };
        if link.shortcut {
            self.inline("]", range.end.saturating_sub(1)..range.end, self.style());
        }
        self.styles.pop();
        let base = self.style();
        let style = base.patch(self.theme.style(Role::Dim));
        let end = range.end.min(self.length);
        let source = (self.seen < end).then(|| ByteRange::new(self.seen, end));
        let flow = self.flow.get_or_insert_default();
        let text = flow.text().get(link.text..).unwrap_or_default();
        if text.is_empty() {
            flow.push_for(&link.address, style, source);
        } else if !link.address.is_empty() && bare_address(text) != bare_address(&link.address) {
            flow.push_for(&format!(" ({})", link.address), style, source);
        }
        self.see(end);
        // Marks in the address wouldn't be shown otherwise.
        let first = self.marks.partition_point(|shown| shown.mark.range.start < link.start);
        let inside = self.marks.iter().skip(first);
        let count = inside.take_while(|shown| shown.mark.range.end <= end).count();
        for nth in first..first + count {
            self.place(nth, base);
        }
    }
}

/// An address without what doesn't matter for telling it from another.
fn bare_address(address: &str) -> &str {
    let address = address.trim_end_matches('/');
    ["https://", "http://", "mailto:"]
        .iter()
        .find_map(|scheme| address.strip_prefix(scheme))
        .unwrap_or(address)
}
