//! Long lines in rows of a width. Only lines in sight are laid out; where the
//! rows of a long line begin is kept, since finding it takes a walk over the
//! whole line.

use super::super::super::text;
use crate::app::state::RequestId;
use crate::domain::{acts, visible};
use ratatui::style::Style;
use ratatui::text::Span;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

/// Columns between tab stops.
const TAB: usize = 4;
/// Lines from this length on, in bytes, are kept.
const LONG: usize = 2048;
/// Longer clusters, in bytes, are no characters of any script.
const LONGEST_CLUSTER: usize = 256;

/// Where rows begin, for the file and the width that were drawn last.
#[derive(Debug, Default)]
pub struct Rows {
    drawn: Option<(RequestId, usize)>,
    /// For each long line, the bytes where its rows begin.
    starts: HashMap<usize, Arc<[usize]>>,
}

/// A place: the line, and the row of it.
pub(super) type Place = (usize, usize);

/// The lines of a file at a width.
pub(super) struct Layout<'a> {
    lines: &'a [String],
    columns: usize,
    rows: &'a mut Rows,
}

impl<'a> Layout<'a> {
    /// The lines that `request` was answered with, in rows of `columns`.
    pub(super) fn new(
        lines: &'a [String],
        columns: usize,
        request: RequestId,
        rows: &'a mut Rows,
    ) -> Self {
        let columns = columns.max(1);
        if rows.drawn != Some((request, columns)) {
            rows.drawn = Some((request, columns));
            rows.starts.clear();
        }
        Self { lines, columns, rows }
    }

    /// The bytes where the rows of a line begin; there is always one.
    pub(super) fn starts(&mut self, line: usize) -> Arc<[usize]> {
        let Some(text) = self.lines.get(line) else { return Arc::from([0]) };
        if text.len() < LONG {
            return starts(text, self.columns).into();
        }
        let columns = self.columns;
        let known = self.rows.starts.entry(line);
        Arc::clone(known.or_insert_with(|| starts(text, columns).into()))
    }

    /// The row of a line that shows one of its bytes.
    pub(super) fn row_of(&mut self, line: usize, byte: usize) -> usize {
        self.starts(line).partition_point(|start| *start <= byte).saturating_sub(1)
    }

    /// `by` rows further down, or the last row.
    pub(super) fn down(&mut self, (mut line, mut row): Place, mut by: usize) -> Place {
        while by > 0 {
            let count = self.starts(line).len();
            if row + by < count {
                return (line, row + by);
            }
            if line + 1 >= self.lines.len() {
                return (line, count - 1);
            }
            by -= count - row.min(count - 1);
            (line, row) = (line + 1, 0);
        }
        (line, row)
    }

    /// `by` rows further up, or the first row.
    pub(super) fn up(&mut self, (mut line, mut row): Place, mut by: usize) -> Place {
        while by > row {
            if line == 0 {
                return (0, 0);
            }
            by -= row + 1;
            line -= 1;
            row = self.starts(line).len() - 1;
        }
        (line, row - by)
    }

    /// The last place that can be on top of `height` rows without leaving any
    /// blank.
    pub(super) fn last(&mut self, height: usize) -> Place {
        let line = self.lines.len().saturating_sub(1);
        let row = self.starts(line).len() - 1;
        self.up((line, row), height.saturating_sub(1))
    }

    /// A place that is there, at most the last one for this height.
    pub(super) fn clamp(&mut self, (line, row): Place, height: usize) -> Place {
        let line = line.min(self.lines.len().saturating_sub(1));
        let row = row.min(self.starts(line).len() - 1);
        (line, row).min(self.last(height))
    }

    /// A row of a line, with a style for each of the line's bytes.
    pub(super) fn spans(
        &mut self,
        (line, row): Place,
        style_of: impl Fn(usize) -> Style,
    ) -> Vec<Span<'static>> {
        let starts = self.starts(line);
        let text = self.lines.get(line).map(String::as_str).unwrap_or_default();
        let start = starts.get(row).copied().unwrap_or(text.len());
        let end = starts.get(row + 1).copied().unwrap_or(text.len());
        spans(text, start..end, style_of)
    }
}

fn starts(line: &str, columns: usize) -> Vec<usize> {
    if line.bytes().all(|byte| (0x20..0x7F).contains(&byte)) {
        return (0..line.len().max(1)).step_by(columns).collect();
    }
    let mut starts = vec![0];
    let mut column = 0;
    for unit in Units::new(line) {
        let mut width = unit.columns_at(column);
        if column > 0 && column + width > columns {
            starts.push(unit.start);
            column = 0;
            width = unit.columns_at(0);
        }
        column += width;
    }
    starts
}

fn spans(line: &str, range: Range<usize>, style_of: impl Fn(usize) -> Style) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut column = 0;
    for unit in Units::new(line.get(range.clone()).unwrap_or_default()) {
        let style = style_of(range.start + unit.start);
        let width = unit.columns_at(column);
        column += width;
        let blanks;
        let shown = if unit.tab {
            blanks = " ".repeat(width);
            blanks.as_str()
        } else {
            unit.shown.as_ref()
        };
        match spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push_str(shown),
            _ => spans.push(Span::styled(shown.to_owned(), style)),
        }
    }
    spans
}

/// What is never broken: a cluster, or a character that acts on a terminal.
struct Unit<'a> {
    start: usize,
    shown: Cow<'a, str>,
    width: usize,
    tab: bool,
}

impl Unit<'_> {
    fn columns_at(&self, column: usize) -> usize {
        if self.tab { TAB - column % TAB } else { self.width }
    }
}

/// The units of a line, in order.
struct Units<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Units<'a> {
    fn new(line: &'a str) -> Self {
        Self { line, at: 0 }
    }
}

impl<'a> Iterator for Units<'a> {
    type Item = Unit<'a>;

    fn next(&mut self) -> Option<Unit<'a>> {
        let start = self.at;
        let bytes = self.line.as_bytes();
        let first = *bytes.get(start)?;
        let next_is_ascii = bytes.get(start + 1).is_none_or(u8::is_ascii);
        let piece = if first.is_ascii() && next_is_ascii {
            self.line.get(start..start + 1)?
        } else {
            let cluster = self.line.get(start..)?.graphemes(true).next()?;
            let length = cluster.chars().next().map_or(0, char::len_utf8);
            // Each character that acts is shown as a symbol of its own.
            if cluster.chars().any(acts) { cluster.get(..length)? } else { cluster }
        };
        self.at = start + piece.len();
        let shown =
            if piece.len() > LONGEST_CLUSTER { Cow::Borrowed("…") } else { visible(piece) };
        let width = text::width(&shown);
        Some(Unit { start, shown, width, tab: piece == "\t" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &str, columns: usize) -> Vec<String> {
        let lines = vec![line.to_owned()];
        let mut rows = Rows::default();
        let mut layout = Layout::new(&lines, columns, 1, &mut rows);
        let count = layout.starts(0).len();
        let text = |row| -> String {
            let spans = layout.spans((0, row), |_| Style::new());
            spans.iter().map(|span| span.content.to_string()).collect()
        };
        (0..count).map(text).collect()
    }

    #[test]
    fn lines_break_by_columns() {
        assert_eq!(rows("", 4), [""]);
        assert_eq!(rows("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(rows("abcd", 4), ["abcd"]);
        assert_eq!(rows("日本語", 5), ["日本", "語"]);
        assert_eq!(rows("日本", 1), ["日", "本"]);
        assert_eq!(rows("a\tb\tc", 8), ["a   b   ", "c"]);
        assert_eq!(rows("abc👩‍💻e\u{301}f", 5), ["abc👩‍💻", "e\u{301}f"]);
        assert_eq!(rows("ab\u{1b}[m\u{202e}c", 8), ["ab␛[m", "⟨U+202E⟩", "c"]);
        assert_eq!(rows(&format!("e{}x", "\u{301}".repeat(500)), 8), ["…x"]);
    }

    #[test]
    fn steps_go_over_rows_and_stop_at_both_ends() {
        let lines: Vec<String> = ["aaaaaaa", "", "bbbbb"].map(str::to_owned).into();
        let mut rows = Rows::default();
        // Rows: aaa aaa a, the empty one, bbb bb.
        let mut layout = Layout::new(&lines, 3, 1, &mut rows);
        assert_eq!(layout.down((0, 0), 2), (0, 2));
        assert_eq!(layout.down((0, 1), 2), (1, 0));
        assert_eq!(layout.down((0, 0), 5), (2, 1));
        assert_eq!(layout.down((0, 0), 99), (2, 1));
        assert_eq!(layout.up((2, 1), 2), (1, 0));
        assert_eq!(layout.up((2, 1), 3), (0, 2));
        assert_eq!(layout.up((2, 1), 99), (0, 0));
        assert_eq!(layout.last(4), (0, 2));
        assert_eq!(layout.last(99), (0, 0));
        assert_eq!(layout.clamp((99, 99), 2), (2, 0));
        assert_eq!(layout.clamp((0, 9), 2), (0, 2));
        assert_eq!((layout.row_of(0, 2), layout.row_of(0, 3), layout.row_of(0, 999)), (0, 1, 2));
        let mut none = Layout::new(&[], 3, 2, &mut rows);
        assert_eq!((none.clamp((5, 5), 3), none.down((0, 0), 3)), ((0, 0), (0, 0)));
    }

    #[test]
    fn a_huge_line_is_walked_once() {
        let lines = vec!["日本 lorem ".repeat(70_000)];
        let mut rows = Rows::default();
        let started = std::time::Instant::now();
        for _ in 0..1000 {
            let mut layout = Layout::new(&lines, 80, 1, &mut rows);
            let last = layout.last(20);
            assert!(last.1 > 9000);
            assert!(!layout.spans(last, |_| Style::new()).is_empty());
        }
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
        let first = Layout::new(&lines, 80, 1, &mut rows).starts(0);
        let again = Layout::new(&lines, 80, 1, &mut rows).starts(0);
        assert!(Arc::ptr_eq(&first, &again));
        let other = Layout::new(&lines, 80, 2, &mut rows).starts(0);
        assert!(!Arc::ptr_eq(&first, &other));
    }
}
