//! What a screen says that is too small for anything else.

use super::text;
use super::theme::{Role, Theme};
use crate::app::state::{Panes, Size};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Says how much room is needed, in the middle of what there is.
pub fn render(theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let Size { columns, rows } = Panes::SMALLEST;
    let message =
        format!("lorag needs {columns}x{rows} or more; this is {}x{}", area.width, area.height);
    if area.is_empty() {
        return;
    }
    let lines = text::plain(&message, area.width, theme.style(Role::Text));
    let above = usize::from(area.height).saturating_sub(lines.len()) / 2;
    for (row, rendered) in area.rows().skip(above).zip(&lines) {
        let width = u16::try_from(rendered.line.width()).unwrap_or(area.width);
        let left = area.width.saturating_sub(width) / 2;
        buffer.set_line(row.x + left, row.y, &rendered.line, area.width - left);
    }
}

#[cfg(test)]
mod tests {
    use crate::ui::fixtures;

    #[test]
    fn the_message_fits_into_every_small_screen() {
        let state = fixtures::state();
        for columns in 1..40 {
            for rows in 1..12 {
                let text = fixtures::draw(&state, columns, rows);
                assert_eq!(text.lines().count(), usize::from(rows));
            }
        }
        let text = fixtures::draw(&state, 30, 8);
        let words: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(words.join(" "), "lorag needs 40x12 or more; this is 30x8");
    }
}
