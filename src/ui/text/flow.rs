//! A piece of styled text on its way to lines: what it shows, in which style,
//! where it comes from, and which citation marks stand in it.

use super::measure::{Clusters, ELLIPSIS};
use super::union;
use crate::domain::{ByteRange, acts, visible};
use ratatui::style::Style;
use ratatui::text::Span;

/// Columns between tab stops.
const TAB: usize = 4;

/// Text with styles, origins and marks. All parallel lists are in the order
/// of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Flow {
    text: String,
    runs: Vec<Run>,
    origins: Vec<Origin>,
    marks: Vec<Placed>,
    /// Whether the next text starts a run even in the same style.
    sealed: bool,
    /// Where the text was when columns were last counted, and the column.
    counted: (usize, usize),
}

/// Text of one style, from the end of the run before. Clusters never cross
/// runs, since ratatui draws them one by one.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) end: usize,
    style: Style,
}

/// Which bytes of the source a part of the text shows.
#[derive(Clone, Debug)]
struct Origin {
    start: usize,
    end: usize,
    source: ByteRange,
    /// Whether byte for byte, or only as a whole.
    exact: bool,
}

/// A mark with its symbol.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) start: usize,
    pub(super) end: usize,
    index: usize,
}

impl Flow {
    /// Adds `text`, made harmless and with spaces for tabs. A `source` of the
    /// same length holds the same bytes.
    pub(super) fn push(&mut self, text: &str, style: Style, source: Option<ByteRange>) {
        let exact = source.is_some_and(|source| source.len() == text.len());
        self.add(text, style, source, exact);
    }

    /// Adds `text` as [`Self::push`] does, where it stands for `source` without
    /// being its bytes.
    pub(super) fn push_for(&mut self, text: &str, style: Style, source: Option<ByteRange>) {
        self.add(text, style, source, false);
    }

    /// Adds a mark and the symbol behind it, which lines never break.
    pub(super) fn push_mark(
        &mut self,
        index: usize,
        source: ByteRange,
        (text, style): (&str, Style),
        (symbol, symbol_style): (&str, Style),
    ) {
        let start = self.text.len();
        self.sealed = true;
        self.push(text, style, Some(source));
        self.sealed = true;
        self.push_for(symbol, symbol_style, Some(source));
        self.sealed = true;
        if self.text.len() > start {
            self.marks.push(Placed { start, end: self.text.len(), index });
        }
    }

    /// Adds all of `other`; without origins and marks unless `kept`.
    pub(super) fn join(&mut self, other: &Self, kept: bool) {
        let offset = self.text.len();
        let mut start = 0;
        for run in &other.runs {
            self.sealed = true;
            self.append(other.text.get(start..run.end).unwrap_or_default(), run.style, None, false);
            start = run.end;
        }
        self.sealed = true;
        if kept {
            self.origins.extend(other.origins.iter().map(|origin| Origin {
                start: origin.start + offset,
                end: origin.end + offset,
                ..origin.clone()
            }));
            self.marks.extend(other.marks.iter().map(|mark| Placed {
                start: mark.start + offset,
                end: mark.end + offset,
                index: mark.index,
            }));
        }
    }

    /// What it shows.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it shows nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Its runs of one style.
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Its marks.
    pub(super) fn marks(&self) -> &[Placed] {
        &self.marks
    }

    /// The styled text between two places.
    pub(super) fn spans(&self, start: usize, end: usize) -> Vec<Span<'static>> {
        let mut spans = Vec::new();
        let mut at = start;
        let first = self.runs.partition_point(|run| run.end <= start);
        for run in self.runs.iter().skip(first) {
            if at >= end {
                break;
            }
            let stop = run.end.min(end);
            let text = self.text.get(at..stop).unwrap_or_default();
            if !text.is_empty() {
                spans.push(Span::styled(text.to_owned(), run.style));
            }
            at = stop;
        }
        spans
    }

    /// The bytes of the source shown between two places.
    pub(super) fn source(&self, start: usize, end: usize) -> Option<ByteRange> {
        let first = self.origins.partition_point(|origin| origin.end <= start);
        let overlapping = self.origins.iter().skip(first).take_while(|o| o.start < end);
        overlapping.fold(None, |sum, origin| {
            let source = if origin.exact {
                let from = start.max(origin.start) - origin.start;
                let to = end.min(origin.end) - origin.start;
                ByteRange::new(origin.source.start + from, origin.source.start + to)
            } else {
                origin.source
            };
            union(sum, Some(source))
        })
    }

    /// Indexes of the marks that begin between two places.
    pub(super) fn marks_between(&self, start: usize, end: usize) -> Vec<usize> {
        let first = self.marks.partition_point(|mark| mark.start < start);
        let inside = self.marks.iter().skip(first).take_while(|mark| mark.start < end);
        inside.map(|mark| mark.index).collect()
    }

    /// Puts `…` for every cluster wider than `limit`, which no line could
    /// hold.
    pub(super) fn squeeze(&mut self, limit: usize) {
        let old = std::mem::take(self);
        let mut marks = old.marks.iter().peekable();
        let (mut from, mut mark_start) = (0, 0);
        for run in &old.runs {
            self.sealed = true;
            for cluster in Clusters::new(old.text.get(from..run.end).unwrap_or_default()) {
                let (start, end) = (from + cluster.start, from + cluster.end);
                if marks.peek().is_some_and(|mark| mark.start == start) {
                    mark_start = self.text.len();
                }
                let text = old.text.get(start..end).unwrap_or_default();
                let shown = if cluster.width > limit { ELLIPSIS } else { text };
                let source = old.source(start, end);
                let exact = source.is_some_and(|source| source.len() == shown.len());
                self.append(shown, run.style, source, exact);
                if let Some(mark) = marks.next_if(|mark| mark.end <= end) {
                    let end = self.text.len();
                    self.marks.push(Placed { start: mark_start, end, index: mark.index });
                }
            }
            from = run.end;
        }
        self.sealed = true;
    }

    fn add(&mut self, text: &str, style: Style, source: Option<ByteRange>, exact: bool) {
        let part = |from: usize, to: usize| match source {
            Some(source) if exact => Some(ByteRange::new(source.start + from, source.start + to)),
            source => source,
        };
        let mut from = 0;
        for (at, c) in text.char_indices() {
            if c != '\t' && !acts(c) {
                continue;
            }
            let next = at + c.len_utf8();
            self.append(text.get(from..at).unwrap_or_default(), style, part(from, at), exact);
            if c == '\t' {
                let spaces = TAB - self.column() % TAB;
                self.append(&" ".repeat(spaces), style, part(at, next), false);
            } else {
                let symbol = visible(text.get(at..next).unwrap_or_default());
                self.append(&symbol, style, part(at, next), false);
            }
            from = next;
        }
        self.append(text.get(from..).unwrap_or_default(), style, part(from, text.len()), exact);
    }

    fn append(&mut self, text: &str, style: Style, source: Option<ByteRange>, exact: bool) {
        if text.is_empty() {
            return;
        }
        let start = self.text.len();
        self.text.push_str(text);
        let end = self.text.len();
        match self.runs.last_mut() {
            Some(run) if !self.sealed && run.style == style => run.end = end,
            _ => self.runs.push(Run { end, style }),
        }
        self.sealed = false;
        let Some(source) = source else { return };
        match self.origins.last_mut() {
            Some(last)
                if exact && last.exact && last.end == start && last.source.end == source.start =>
            {
                last.end = end;
                last.source.end = source.end;
            }
            _ => self.origins.push(Origin { start, end, source, exact }),
        }
    }

    /// The column behind the text, counted from where it was counted last, so
    /// that many tabs stay cheap.
    fn column(&mut self) -> usize {
        let (from, column) = self.counted;
        let fresh = self.text.get(from..).unwrap_or_default();
        let column = match fresh.rfind('\n') {
            Some(at) => super::width(fresh.get(at + 1..).unwrap_or_default()),
            None => column + super::width(fresh),
        };
        self.counted = (self.text.len(), column);
        column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_follow_the_bytes() {
        let mut flow = Flow::default();
        flow.push("ab", Style::new(), Some(ByteRange::new(10, 12)));
        flow.push("cd", Style::new(), Some(ByteRange::new(12, 14)));
        flow.push("&", Style::new(), Some(ByteRange::new(14, 19)));
        flow.push(" (x)", Style::new(), None);
        assert_eq!(flow.origins.len(), 2);
        assert_eq!(flow.source(1, 3), Some(ByteRange::new(11, 13)));
        assert_eq!(flow.source(3, 9), Some(ByteRange::new(13, 19)));
        assert_eq!(flow.source(5, 9), None);
    }

    #[test]
    fn controls_and_tabs_keep_their_origin() {
        let mut flow = Flow::default();
        flow.push("a\tb\x1bc\td", Style::new(), Some(ByteRange::new(0, 7)));
        assert_eq!(flow.text(), "a   b␛c d");
        let at = flow.text().find('c').unwrap();
        assert_eq!(flow.source(at, at + 1), Some(ByteRange::new(4, 5)));
        assert_eq!(flow.source(2, 3), Some(ByteRange::new(1, 2)));
    }

    #[test]
    fn squeezing_keeps_marks() {
        let mut flow = Flow::default();
        let style = Style::new();
        flow.push("日", style, Some(ByteRange::new(0, 3)));
        flow.push_mark(7, ByteRange::new(3, 6), ("[1]", style), ("✓", style));
        flow.squeeze(1);
        assert_eq!(flow.text(), "…[1]✓");
        assert_eq!(flow.marks_between(0, 99), [7]);
        assert_eq!(flow.marks_between(3, 4), [7]);
        assert_eq!(flow.source(0, 3), Some(ByteRange::new(0, 3)));
    }
}
