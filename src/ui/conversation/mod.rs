//! The conversation: the turns of the shown branch, from the one the reader
//! stands in. However long it is, only turns in sight are laid out, and those
//! once.

mod cache;
mod outcome;
mod scroll;
#[cfg(test)]
mod tests;
mod turn;
mod welcome;

pub(crate) use outcome::{progress, says_no_model, seconds};

use super::theme::{Role, Theme};
use crate::app::State;
use crate::app::effect::ScrollBy;
use crate::app::state::{Phase, Scroll};
use cache::Cache;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use scroll::{Heights, Spot};
use std::sync::Arc;
use turn::{Kind, Row};

/// Columns left of the text, for the mark of the selected turn.
const GUTTER: u16 = 2;

/// What there is below the last row that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Nothing.
    Nothing,
    /// More of the conversation.
    More,
    /// More of it, and text is coming.
    Growing,
}

/// The conversation pane, with the turns that are laid out.
#[derive(Default)]
pub struct Conversation {
    cache: Cache,
}

impl Conversation {
    /// Forgets what is laid out, as for another theme.
    pub fn clear(&mut self) {
        self.cache.clear();
    }

    /// How many turns were laid out so far.
    #[must_use]
    pub fn laid_out(&self) -> u64 {
        self.cache.laid_out()
    }

    /// Draws the pane; says what there is below.
    pub fn render(
        &mut self,
        state: &State,
        theme: &Theme,
        area: Rect,
        buffer: &mut Buffer,
    ) -> Below {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return Below::Nothing;
        }
        if state.conversation.is_empty() {
            welcome::render(state, theme, area, buffer);
            return Below::Nothing;
        }
        let height = usize::from(area.height);
        let mut view = self.view(state, theme, area.width);
        let top = view.top(height);
        let mut lines = area.rows();
        for place in top.place..view.turns() {
            let skipped = if place == top.place { top.line } else { 0 };
            let rows = view.lay_out(place);
            // The blank row behind a turn is one more than its rows, and only
            // behind the last turn there is none.
            for line in skipped..view.rows(place) {
                let Some(on) = lines.next() else {
                    return view.below();
                };
                if let Some(row) = rows.get(line) {
                    view.draw(place, row, on, buffer);
                }
            }
        }
        Below::Nothing
    }

    /// Where this movement leads; `None` where nothing changes.
    pub fn scroll(
        &mut self,
        state: &State,
        theme: &Theme,
        area: Rect,
        by: ScrollBy,
    ) -> Option<Scroll> {
        if state.conversation.is_empty() || area.is_empty() {
            return None;
        }
        let height = usize::from(area.height);
        let mut view = self.view(state, theme, area.width);
        let top = view.top(height);
        let target = match by {
            ScrollBy::Lines(lines) => view.step(top, i64::from(lines)),
            ScrollBy::Pages(pages) => {
                let page = i64::from(area.height).saturating_sub(2).max(1);
                view.step(top, i64::from(pages).saturating_mul(page))
            }
            ScrollBy::Top => Spot::default(),
            ScrollBy::Bottom => scroll::bottom(&mut view, height),
            ScrollBy::Turn(turn) => {
                let start = Spot { place: state.conversation.place(turn)?, line: 0 };
                let rows = view.rows(start.place);
                match scroll::distance(&mut view, top, start, height) {
                    // A question at the very bottom would hide its answer.
                    Some(at) if at + rows.min(height / 2) <= height => top,
                    _ => start,
                }
            }
            ScrollBy::Byte(turn, byte) => {
                let place = state.conversation.place(turn)?;
                let line = line_of(&view.lay_out(place), byte);
                let spot = Spot { place, line };
                match scroll::distance(&mut view, top, spot, height) {
                    Some(_) => top,
                    None => scroll::up(&mut view, spot, height / 3),
                }
            }
            ScrollBy::Line(_) => return None,
        };
        let target = scroll::clamp(&mut view, target, height);
        // At the end the end stays in sight, whatever comes.
        let at_end = scroll::rows_from(&mut view, target, height + 1) <= height;
        let found = match state.conversation.at(target.place) {
            Some(entry) if !at_end => Scroll::At {
                turn: entry.turn.id,
                line: target.line,
                width: view.width,
                byte: byte_of(&view.lay_out(target.place), target.line),
            },
            _ => Scroll::Bottom,
        };
        (found != state.conversation.scroll).then_some(found)
    }

    fn view<'a>(&'a mut self, state: &'a State, theme: &'a Theme, columns: u16) -> View<'a> {
        let width = columns.saturating_sub(GUTTER).max(1);
        View { cache: &mut self.cache, state, theme, width }
    }
}

/// The row that shows a byte of the answer: the first whose bytes reach behind
/// it.
fn line_of(rows: &[Row], byte: usize) -> usize {
    let reaches = |row: &Row| row.source.is_some_and(|source| source.end > byte);
    let last = || rows.iter().rposition(|row| row.source.is_some());
    rows.iter().position(reaches).or_else(last).unwrap_or(0)
}

/// The byte of the answer that a row begins with. A row without any, as
/// between two paragraphs, has that of the next one, and below the answer that
/// of its end; above it there is none.
fn byte_of(rows: &[Row], line: usize) -> Option<usize> {
    let (above, below) = rows.split_at_checked(line)?;
    let start = |row: &Row| row.source.map(|source| source.start);
    if above.iter().all(|row| row.source.is_none()) {
        return below.first().and_then(start);
    }
    let end = || above.iter().rev().find_map(|row| row.source).map(|source| source.end);
    below.iter().find_map(start).or_else(end)
}

/// The last row that begins with this byte of the answer or before it.
fn line_from(rows: &[Row], byte: usize) -> Option<usize> {
    rows.iter().rposition(|row| row.source.is_some_and(|source| source.start <= byte))
}

/// The conversation at a width.
struct View<'a> {
    cache: &'a mut Cache,
    state: &'a State,
    theme: &'a Theme,
    width: u16,
}

impl Heights for View<'_> {
    fn turns(&self) -> usize {
        self.state.conversation.len()
    }

    fn rows(&mut self, place: usize) -> usize {
        let blank = usize::from(place + 1 < self.turns());
        self.lay_out(place).len().max(1) + blank
    }
}

impl View<'_> {
    fn lay_out(&mut self, place: usize) -> Arc<[Row]> {
        match self.state.conversation.at(place) {
            Some(entry) => self.cache.rows(entry, self.width, self.state, self.theme),
            None => Arc::default(),
        }
    }

    /// The topmost row.
    fn top(&mut self, height: usize) -> Spot {
        if let Scroll::At { turn, line, width, byte } = self.state.conversation.scroll
            && let Some(place) = self.state.conversation.place(turn)
        {
            // Lines are others at another width, and bytes are the same.
            let byte = byte.filter(|_| width != 0 && width != self.width);
            let found = byte.and_then(|byte| line_from(&self.lay_out(place), byte));
            let line = found.unwrap_or(line);
            return scroll::clamp(self, Spot { place, line }, height);
        }
        scroll::bottom(self, height)
    }

    fn step(&mut self, from: Spot, lines: i64) -> Spot {
        let count = usize::try_from(lines.unsigned_abs()).unwrap_or(usize::MAX);
        if lines < 0 { scroll::up(self, from, count) } else { scroll::down(self, from, count) }
    }

    fn below(&self) -> Below {
        let tip = self.state.conversation.tip();
        if tip.is_some_and(|tip| tip.phase != Phase::Done) { Below::Growing } else { Below::More }
    }

    fn draw(&self, place: usize, row: &Row, on: Rect, buffer: &mut Buffer) {
        let Some(entry) = self.state.conversation.at(place) else { return };
        let gutter = usize::from(GUTTER.min(on.width));
        if self.state.conversation.selected == Some(entry.turn.id) {
            buffer.set_stringn(on.x, on.y, "▌", gutter, self.theme.style(Role::BorderFocused));
        } else if row.kind == Kind::Head {
            buffer.set_stringn(on.x, on.y, "›", gutter, self.theme.style(Role::Question));
        }
        let room = on.width.saturating_sub(GUTTER);
        if room == 0 {
            return;
        }
        let x = on.x + GUTTER;
        if row.kind == Kind::Phase {
            let text = outcome::phase(entry, self.state);
            let line = Line::styled(text, self.theme.style(Role::Dim));
            buffer.set_line(x, on.y, &line, room);
        } else {
            buffer.set_line(x, on.y, &row.line, room);
        }
    }
}
