//! The list of sources: two rows each, or one where there is little room.
//! Whatever a colour says, a sign or a word says too.

use super::super::text;
use super::super::theme::{Role, Theme};
use super::figures::{Figures, Part};
use super::path;
use super::selection::{focused, selected_place};
use crate::app::State;
use crate::app::state::Entry;
use crate::domain::{LeftOut, Source, Turn};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Rows of the pane from which a source has two of them.
const TWO_ROWS: u16 = 12;
/// Columns of the pane from which a source has two rows.
const TWO_ROWS_COLUMNS: u16 = 30;
/// Columns of the selection, the light, the brackets and the space behind them.
const INDENT: usize = 5;

/// Rows of each source in a pane of this size.
pub(super) fn rows_each(area: Rect) -> u16 {
    if area.height < TWO_ROWS || area.width < TWO_ROWS_COLUMNS { 1 } else { 2 }
}

/// Draws the sources around the selected one.
pub(super) fn render(
    state: &State,
    entry: &Entry,
    theme: &Theme,
    each: u16,
    area: Rect,
    buffer: &mut Buffer,
) {
    let sources = &entry.turn.sources;
    let shown = usize::from(area.height / each).max(1);
    let selected = selected_place(state);
    let first = first_shown(selected, shown, sources.len());
    let more = sources.len() > shown;
    let focused = focused(state);
    let common = path::common(sources);
    let digits = sources.iter().map(|s| s.number).max().unwrap_or(0).to_string().len();
    // What is hidden above and below is told in the last column.
    let columns = area.width.saturating_sub(u16::from(more));
    let indent = INDENT + digits;
    let figures = if each == 1 {
        // Half of the row is kept for the path.
        let room = usize::from(columns / 2).saturating_sub(indent + 6).max(6);
        Figures::fitting(sources, room, false)
    } else {
        Figures::fitting(sources, usize::from(columns).saturating_sub(indent), true)
    };
    for (place, source) in sources.iter().enumerate().skip(first).take(shown) {
        let down = u16::try_from(place - first).unwrap_or(u16::MAX).saturating_mul(each);
        let whole = Rect { y: area.y.saturating_add(down), height: each, ..area };
        let whole = whole.intersection(area);
        let is_selected = place == selected;
        let row = Row {
            entry,
            source,
            path: path::shown(&source.hit.chunk.path, &state.knowledge.roots, common),
            digits,
            selected: is_selected,
            theme,
            figures,
            area: Rect { width: columns, ..whole },
        };
        if each == 1 {
            row.render_short(buffer);
        } else {
            row.render_long(buffer);
        }
        if is_selected && focused {
            buffer.set_style(whole, theme.style(Role::Selected));
        }
        let end = whole.right().saturating_sub(1);
        let style = theme.style(Role::Dim);
        if more && place == first && first > 0 {
            buffer.set_stringn(end, whole.y, "↑", 1, style);
        } else if more && place + 1 == first + shown && place + 1 < sources.len() {
            buffer.set_stringn(end, whole.bottom().saturating_sub(1), "↓", 1, style);
        }
    }
}

/// The first row of a list that is shown, so that the selected one is in sight.
pub(in crate::ui) fn first_shown(selected: usize, shown: usize, count: usize) -> usize {
    selected.saturating_sub(shown / 2).min(count.saturating_sub(shown))
}

/// The verdicts on the citations of a source: each kind once, with its count.
fn verdicts(turn: &Turn, number: usize) -> Vec<Part> {
    let kinds =
        [("✓", Role::Supported), ("~", Role::Dim), ("?", Role::Likely), ("✗", Role::Unsupported)];
    let count = |symbol: &str| {
        turn.citations.iter().filter(|c| c.number == number && c.symbol() == symbol).count()
    };
    kinds
        .into_iter()
        .filter_map(|(symbol, role)| match count(symbol) {
            0 => None,
            1 => Some((symbol.to_owned(), role)),
            many => Some((format!("{symbol}{many}"), role)),
        })
        .collect()
}

struct Row<'a> {
    entry: &'a Entry,
    source: &'a Source,
    path: &'a str,
    /// Columns of the longest number.
    digits: usize,
    selected: bool,
    theme: &'a Theme,
    figures: Figures,
    area: Rect,
}

impl Row<'_> {
    /// Place, verdicts and what was done to it; below heading and figures.
    fn render_long(&self, buffer: &mut Buffer) {
        let top = Rect { height: 1, ..self.area };
        self.render_place(&self.words(self.area.width < 45), top, buffer);
        let below = Rect { y: self.area.y.saturating_add(1), height: 1, ..self.area };
        let below = below.intersection(self.area);
        if below.is_empty() {
            return;
        }
        let indent = self.indent();
        let room = usize::from(below.width).saturating_sub(indent);
        let figures = self.figures.of(self.source);
        self.put_right(&figures, below, buffer);
        let room = room.saturating_sub(columns_of(&figures) + 1);
        let text = match self.source.left_out {
            Some(left_out) => text::truncate(reason(left_out, room), room).into_owned(),
            None => path::heading(&self.source.hit.chunk.heading, room),
        };
        let x = below.x.saturating_add(u16::try_from(indent).unwrap_or(u16::MAX));
        if x < below.right() {
            buffer.set_stringn(x, below.y, &text, room, self.theme.style(Role::Dim));
        }
    }

    /// All in one row; what there is no room for is told below the list.
    fn render_short(&self, buffer: &mut Buffer) {
        let brief = self.area.width < 60;
        let mut right = self.words(brief);
        if let Some(left_out) = self.source.left_out {
            let text = if brief { "left out" } else { left_out.reason() };
            push_word(&mut right, text, Role::Dim);
        }
        let figures = self.figures.of(self.source);
        if !figures.is_empty() {
            right.push((" ".to_owned(), Role::Text));
            right.extend(figures);
        }
        self.render_place(&right, self.area, buffer);
    }

    /// Columns left of the text.
    fn indent(&self) -> usize {
        INDENT + self.digits
    }

    fn render_place(&self, right: &[Part], area: Rect, buffer: &mut Buffer) {
        self.put_right(right, area, buffer);
        let source = self.source;
        let cited = self.entry.turn.cites(source.number);
        let role = match (source.left_out, cited) {
            (_, true) => Role::Cited,
            (Some(_), false) => Role::Dim,
            (None, false) => Role::Text,
        };
        let mark = if self.selected { "▸" } else { " " };
        let light = if cited { "●" } else { " " };
        let number = format!("[{}]", source.number);
        let taken = columns_of(right) + usize::from(!right.is_empty());
        let room = usize::from(area.width).saturating_sub(self.indent() + taken);
        let place = source.hit.chunk.locator().within(self.path);
        let style = self.theme.style(role);
        let line = Line::from(vec![
            Span::styled(mark, self.theme.style(Role::Dim)),
            Span::styled(light, self.theme.style(Role::Cited)),
            Span::styled(format!("{number:>width$} ", width = self.digits + 2), style),
            Span::styled(text::truncate_start(&place, room).into_owned(), style),
        ]);
        let left = usize::from(area.width).saturating_sub(taken);
        buffer.set_line(area.x, area.y, &line, u16::try_from(left).unwrap_or(area.width));
    }

    /// Verdicts, whether it is stale, pinned or excluded.
    fn words(&self, brief: bool) -> Vec<Part> {
        let chunk = &self.source.hit.chunk;
        let mut words = verdicts(&self.entry.turn, self.source.number);
        if self.entry.gone.contains(&chunk.path) {
            push_word(&mut words, "gone", Role::Warning);
        } else if self.entry.stale.contains(&chunk.path) {
            push_word(&mut words, "stale", Role::Warning);
        }
        if self.entry.choice.pinned.contains(&chunk.id) {
            push_word(&mut words, if brief { "P" } else { "pinned" }, Role::Warning);
        }
        if self.entry.choice.excluded.contains(&chunk.id) {
            push_word(&mut words, if brief { "x" } else { "excluded" }, Role::Warning);
        }
        words
    }

    fn put_right(&self, parts: &[Part], area: Rect, buffer: &mut Buffer) {
        let columns = u16::try_from(columns_of(parts)).unwrap_or(area.width).min(area.width);
        if columns == 0 {
            return;
        }
        let style = |role| self.theme.style(role);
        let spans = parts.iter().map(|(text, role)| Span::styled(text.as_str(), style(*role)));
        let line = Line::from(spans.collect::<Vec<_>>());
        buffer.set_line(area.right() - columns, area.y, &line, columns);
    }
}

/// Why it was left out, in fewer words where all of them don't fit.
fn reason(left_out: LeftOut, room: usize) -> &'static str {
    let whole = left_out.reason();
    if text::width(whole) <= room {
        return whole;
    }
    match left_out {
        LeftOut::NoRoom => "no room",
        LeftOut::NoSentence => "no sentence",
        LeftOut::NotAsked => "not asked",
        LeftOut::Excluded => "excluded",
        LeftOut::NotPinned => "not pinned",
    }
}

fn push_word(parts: &mut Vec<Part>, word: &str, role: Role) {
    if !parts.is_empty() {
        parts.push((" ".to_owned(), Role::Text));
    }
    parts.push((word.to_owned(), role));
}

fn columns_of(parts: &[Part]) -> usize {
    parts.iter().map(|(text, _)| text::width(text)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Support;

    #[test]
    fn the_selected_row_is_in_sight() {
        for count in 1..30 {
            for shown in 1..12 {
                for selected in 0..count {
                    let first = first_shown(selected, shown, count);
                    assert!((first..first + shown).contains(&selected));
                    assert!(first == 0 || first + shown <= count);
                }
            }
        }
    }

    #[test]
    fn reasons_are_short_where_there_is_little_room() {
        assert_eq!(reason(LeftOut::NotPinned, 17), "others are pinned");
        assert_eq!(reason(LeftOut::NotPinned, 16), "not pinned");
        let all = [LeftOut::NoRoom, LeftOut::NoSentence, LeftOut::NotAsked, LeftOut::Excluded];
        for left_out in all {
            assert!(text::width(reason(left_out, 11)) <= 11, "{left_out:?}");
        }
    }

    #[test]
    fn verdicts_of_one_kind_are_counted() {
        let mut turn = crate::ui::fixtures::cited_turn(1, None);
        let texts = |turn: &Turn| -> String {
            verdicts(turn, 1).into_iter().map(|(text, _)| text).collect()
        };
        assert_eq!(texts(&turn), "✓✗");
        for citation in &mut turn.citations {
            citation.support = Support::Exact;
        }
        assert_eq!(texts(&turn), "✓2");
        for citation in &mut turn.citations {
            citation.support = Support::Unchecked;
        }
        assert_eq!(texts(&turn), "");
    }
}
