//! The stats pane: what answers and from what, where the window and the time
//! went, and what runs. Values end at the right with a fixed number of places,
//! so that nothing jumps while they change.
//!
//! Where not every figure has a row, several share one. Where that isn't
//! enough, the least important rows are left out; while the pane has the
//! focus, all of them are there and can be scrolled.

mod compact;
mod figures;
mod format;
mod gauge;
mod ledger;
mod rows;
mod sections;
#[cfg(test)]
mod tests;

pub use gauge::bar;

use super::theme::{Role, Theme};
use crate::app::State;
use crate::app::effect::ScrollBy;
use crate::app::state::Focus;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rows::Placed;

/// Columns from which there are two columns of sections.
const TWO: u16 = 54;
/// Columns between them.
const GAP: u16 = 3;

/// The fills of the context gauge with what they stand for, for the help.
pub const GAUGE_LEGEND: &str = ledger::LEGEND;

/// Draws the pane into what its frame leaves.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let View { placed, columns, first, last } = view(state, theme, area);
    for (row, line) in area.rows().zip(placed.across.iter().skip(first)) {
        buffer.set_line(row.x, row.y, line, row.width);
    }
    let above = placed.across.len();
    let taken = u16::try_from(above.saturating_sub(first)).unwrap_or(u16::MAX).min(area.height);
    let mut column =
        Rect { y: area.y + taken, height: area.height - taken, width: columns, ..area };
    for lines in &placed.columns {
        for (row, line) in column.rows().zip(lines.iter().skip(first.saturating_sub(above))) {
            buffer.set_line(row.x, row.y, line, row.width);
        }
        column.x = column.x.saturating_add(columns + GAP);
    }
    let mark = theme.style(Role::Dim);
    if first > 0 {
        buffer.set_stringn(area.right() - 1, area.y, "↑", 1, mark);
    }
    if first < last {
        buffer.set_stringn(area.right() - 1, area.bottom() - 1, "↓", 1, mark);
    }
}

/// The topmost line that this movement leads to; `None` where nothing changes.
#[must_use]
pub fn scroll(state: &State, theme: &Theme, area: Rect, by: ScrollBy) -> Option<usize> {
    if area.is_empty() {
        return None;
    }
    let View { first, last, .. } = view(state, theme, area);
    let page = i32::from(area.height).saturating_sub(2).max(1);
    let step = |lines: i32| first.saturating_add_signed(lines as isize);
    let target = match by {
        ScrollBy::Lines(lines) => step(lines),
        ScrollBy::Pages(pages) => step(pages.saturating_mul(page)),
        ScrollBy::Top => 0,
        ScrollBy::Bottom => last,
        ScrollBy::Turn(_) | ScrollBy::Byte(..) | ScrollBy::Line(_) => return None,
    };
    let target = target.min(last);
    (target != state.stats_scroll).then_some(target)
}

/// What is drawn.
struct View {
    placed: Placed,
    /// Columns of each column of sections.
    columns: u16,
    /// The topmost line.
    first: usize,
    /// The topmost line at the very bottom; 0 where everything is in sight.
    last: usize,
}

fn view(state: &State, theme: &Theme, area: Rect) -> View {
    let height = usize::from(area.height);
    let count = if area.width >= TWO { 2 } else { 1 };
    let columns_of = |width: u16| if count == 2 { (width - GAP) / 2 } else { width };
    let columns = columns_of(area.width);
    let still = |placed| View { placed, columns, first: 0, last: 0 };

    let tall = sections::all(state, theme, usize::from(columns));
    if let Some(placed) = rows::fit(&tall, height, count) {
        return still(placed);
    }
    let compact = compact::all(state, theme, usize::from(area.width), usize::from(columns));
    if let Some(placed) = rows::fit(&compact, height, count) {
        return still(placed);
    }
    if state.focus != Focus::Stats {
        return still(rows::squeeze(compact, height, count));
    }
    // The last column is kept for the marks.
    let columns = columns_of(area.width.saturating_sub(1));
    let placed = rows::whole(&sections::all(state, theme, usize::from(columns)), count);
    let last = placed.rows().saturating_sub(height);
    View { placed, columns, first: state.stats_scroll.min(last), last }
}
