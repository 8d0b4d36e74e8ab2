//! The stats pane: what answers and from what, where the window and the time
//! went, and what runs. Values end at the right with a fixed number of places,
//! so that nothing jumps while they change; where there is little room, the
//! least important rows are left out.

mod format;
mod gauge;
mod rows;
mod sections;
#[cfg(test)]
mod tests;

pub use gauge::bar;

use super::theme::Theme;
use crate::app::State;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns from which there are two columns of sections.
const TWO: u16 = 54;
/// Columns between them.
const GAP: u16 = 3;

/// The fills of the context gauge with what they stand for, for the help.
pub const GAUGE_LEGEND: &str = sections::LEGEND;

/// Draws the pane into what its frame leaves.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let (count, columns) =
        if area.width >= TWO { (2, (area.width - GAP) / 2) } else { (1, area.width) };
    let sections = sections::all(state, theme, usize::from(columns));
    let placed = rows::place(sections, usize::from(area.height), count);
    let mut x = area.x;
    for lines in placed.iter().take(count) {
        let column = Rect { x, width: columns, ..area };
        for (row, line) in column.rows().zip(lines) {
            buffer.set_line(row.x, row.y, line, row.width);
        }
        x += columns + GAP;
    }
}
