//! What lies over the panes: help, lists, the viewer of a file, a line to
//! type, a question to confirm. The topmost one has the focus.
//!
//! Drawing and scrolling lay a popup out by the same functions, so that a
//! position found by one is right for the other.

mod canvas;
mod compare;
mod frame;
mod help;
mod line;
mod picker;
mod prompt;
#[cfg(test)]
mod tests;
mod tune;
mod viewer;

use super::theme::Theme;
use crate::app::State;
use crate::app::effect::ScrollBy;
use crate::app::state::Popup;
use canvas::Canvas;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// What is laid out and kept between frames: where the rows of long lines in
/// the viewer begin, and the answers of a comparison.
#[derive(Default)]
pub struct Cache {
    viewer: viewer::Rows,
    compare: compare::Laid,
}

/// Draws every popup over the screen `area`, the topmost last; says where the
/// cursor of the topmost one is.
pub fn render(
    state: &State,
    theme: &Theme,
    area: Rect,
    buffer: &mut Buffer,
    cache: &mut Cache,
) -> Option<Position> {
    let screen = area.intersection(buffer.area);
    let mut cursor = None;
    for (place, popup) in state.popups.iter().enumerate() {
        let top = place + 1 == state.popups.len();
        let canvas = Canvas { state, theme, screen, top };
        cursor = match popup {
            Popup::Help(help) => help::render(help, &canvas, buffer),
            Popup::Picker(picker) => picker::render(picker, &canvas, buffer),
            Popup::Viewer(viewer) => {
                viewer::render(viewer, &canvas, buffer, &mut cache.viewer);
                None
            }
            Popup::Compare(open) => {
                compare::render(open, &canvas, buffer, &mut cache.compare);
                None
            }
            Popup::Tune(open) => {
                tune::render(open, &canvas, buffer);
                None
            }
            Popup::Prompt(prompt) => prompt::render(prompt, &canvas, buffer),
            Popup::Confirm(confirm) => {
                prompt::render_confirm(confirm, &canvas, buffer);
                None
            }
        };
    }
    cursor
}

/// Where a movement leads in the topmost popup on the screen `area`: its
/// topmost line and which of its rows, of a list the selected match. `None`
/// where it has nothing to scroll, or nothing changes.
pub fn scroll(
    state: &State,
    area: Rect,
    by: ScrollBy,
    cache: &mut Cache,
) -> Option<(usize, usize)> {
    let line = match state.popups.last()? {
        Popup::Viewer(viewer) => return viewer::scroll(viewer, area, by, &mut cache.viewer),
        Popup::Help(help) => help::scroll(help, state, area, by),
        Popup::Compare(open) => compare::scroll(open, area, by, &mut cache.compare),
        Popup::Picker(picker) => picker::scroll(picker, area, by),
        Popup::Tune(open) => tune::scroll(open, state, area, by),
        Popup::Prompt(_) | Popup::Confirm(_) => None,
    };
    line.map(|line| (line, 0))
}
