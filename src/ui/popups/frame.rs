//! Where popups stand, and what is around them: a border with a title, what
//! there is to know at its right, and the keys below.

use super::super::text;
use super::super::theme::Role;
use super::canvas::Canvas;
use crate::app::Action;
use crate::app::keymap::{Keymap, Layer};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget};

/// Longer lines than this are hard to read, so that no popup is wider.
const WIDEST: u16 = 140;
/// Columns of the screen from which there is a margin around popups. On smaller
/// ones, scraps of the panes' frames at both sides would only confuse.
const WITH_MARGIN: u16 = 100;
/// Columns between the corner and what stands in the border.
const CORNER: u16 = 2;

/// A key with what it does.
pub(super) type Hint = (String, &'static str);

/// What stands in the border.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    /// The title.
    pub(super) title: String,
    /// Whether a long title is cut at its start, as suits paths.
    pub(super) path: bool,
    /// What there is to know, at the right of the title.
    pub(super) note: &'static str,
    /// The same, where it changes.
    pub(super) count: String,
    /// The keys.
    pub(super) hints: Vec<Hint>,
    /// Whether there is more below.
    pub(super) more_below: bool,
}

/// As much of the screen as leaves a margin where there is room for one. The
/// last row, the status line, stays in sight.
pub(super) fn large(screen: Rect) -> Rect {
    let most = Rect { height: screen.height.saturating_sub(1), ..screen };
    if is_narrow(screen) {
        return most;
    }
    let above = match screen.height {
        30.. => 2,
        20.. => 1,
        _ => 0,
    };
    let area = screen.inner(Margin::new(4, above)).intersection(most);
    centred(area, WIDEST, area.height)
}

/// Whether popups take the whole width of the screen.
pub(super) fn is_narrow(screen: Rect) -> bool {
    screen.width < WITH_MARGIN
}

/// The middle of the screen, of this size; on a narrow one, its whole width.
pub(super) fn middle(screen: Rect, width: u16, height: u16) -> Rect {
    let width = if is_narrow(screen) { screen.width } else { width };
    centred(large(screen), width, height)
}

/// The middle of an area, of this size or as large as the area is.
fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

/// What the frame of a popup leaves.
pub(super) fn inner(area: Rect) -> Rect {
    area.inner(Margin::new(1, 1))
}

/// The keys that are bound, of these actions.
pub(super) fn hints(keymap: &Keymap, layer: Layer, all: &[(Action, &'static str)]) -> Vec<Hint> {
    all.iter()
        .filter_map(|(action, what)| keymap.hint(layer, *action).map(|key| (key, *what)))
        .collect()
}

impl Frame {
    /// Clears the area and draws the frame; says what it leaves.
    pub(super) fn render(&self, canvas: &Canvas<'_>, area: Rect, buffer: &mut Buffer) -> Rect {
        let area = area.intersection(buffer.area);
        let theme = canvas.theme;
        wipe(canvas, area, buffer);
        let border = if canvas.top { Role::BorderFocused } else { Role::Border };
        Block::bordered().border_style(theme.style(border)).render(area, buffer);
        if area.width > 2 * CORNER && area.height > 1 {
            let bar = Rect { x: area.x + CORNER, width: area.width - 2 * CORNER, ..area };
            self.render_top(canvas, Rect { height: 1, ..bar }, buffer);
            let bottom = area.bottom() - 1;
            self.render_bottom(canvas, Rect { y: bottom, height: 1, ..bar }, buffer);
        }
        inner(area)
    }

    fn render_top(&self, canvas: &Canvas<'_>, bar: Rect, buffer: &mut Buffer) {
        let note = match (self.count.as_str(), self.note) {
            ("", note) => note.to_owned(),
            (count, "") => count.to_owned(),
            (count, note) => format!("{note} · {count}"),
        };
        let room = render_right(&note, canvas, bar, buffer);
        let room = usize::from(room).saturating_sub(2);
        let title = if self.path {
            text::truncate_start(&self.title, room)
        } else {
            text::truncate(&self.title, room)
        };
        if title.is_empty() {
            return;
        }
        let role = if canvas.top { Role::TitleFocused } else { Role::Title };
        let line = Line::from(Span::styled(format!(" {title} "), canvas.theme.style(role)));
        put(&line, text::width(&title) + 2, canvas, bar, buffer);
    }

    fn render_bottom(&self, canvas: &Canvas<'_>, bar: Rect, buffer: &mut Buffer) {
        let more = if self.more_below { "↓ more" } else { "" };
        let room = usize::from(render_right(more, canvas, bar, buffer));
        let mut spans = vec![Span::raw(" ")];
        let mut taken = 1;
        for (key, what) in &self.hints {
            // A hint that is cut tells nothing.
            let needed = text::width(key) + text::width(what) + 3;
            if taken + needed > room + 1 {
                break;
            }
            taken += needed;
            spans.push(Span::styled(key.as_str(), canvas.theme.style(Role::Key)));
            spans.push(Span::styled(format!(" {what}  "), canvas.theme.style(Role::Dim)));
        }
        if taken == 1 {
            return;
        }
        // One of the two spaces behind the last hint.
        put(&Line::from(spans), (taken - 1).min(room), canvas, bar, buffer);
    }
}

/// Empties an area, as the inside of a popup.
fn wipe(canvas: &Canvas<'_>, area: Rect, buffer: &mut Buffer) {
    Clear.render(area, buffer);
    buffer.set_style(area, canvas.theme.style(Role::Text));
    buffer.set_style(area, canvas.theme.style(Role::Popup));
}

/// Puts a line of `columns` at the left end of a bar. Nothing of how the border
/// looks shows through.
fn put(line: &Line<'_>, columns: usize, canvas: &Canvas<'_>, bar: Rect, buffer: &mut Buffer) {
    let width = u16::try_from(columns).unwrap_or(bar.width).min(bar.width);
    wipe(canvas, Rect { width, ..bar }, buffer);
    buffer.set_line(bar.x, bar.y, line, width);
}

/// Draws a text at the right end of a bar; says how much is left of it.
fn render_right(text: &str, canvas: &Canvas<'_>, bar: Rect, buffer: &mut Buffer) -> u16 {
    if text.is_empty() {
        return bar.width;
    }
    let width = u16::try_from(text::width(text) + 2).unwrap_or(u16::MAX);
    let Some(rest) = bar.width.checked_sub(width) else { return bar.width };
    let line = Line::from(Span::styled(format!(" {text} "), canvas.theme.style(Role::Dim)));
    let place = Rect { x: bar.x + rest, width, ..bar };
    put(&line, usize::from(width), canvas, place, buffer);
    // The border shows between both.
    rest.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn popups_fill_small_screens_and_stand_in_the_middle_of_large_ones() {
        let screen = |columns, rows| Rect::new(0, 0, columns, rows);
        assert_eq!(large(screen(40, 12)), screen(40, 11));
        assert_eq!(large(screen(99, 40)), screen(99, 39));
        assert_eq!(large(screen(100, 16)), Rect::new(4, 0, 92, 15));
        assert_eq!(large(screen(120, 40)), Rect::new(4, 2, 112, 36));
        assert_eq!(large(screen(240, 60)).width, WIDEST);
        assert_eq!(middle(screen(120, 40), 60, 4), Rect::new(30, 18, 60, 4));
        assert_eq!(middle(screen(80, 24), 60, 3), Rect::new(0, 10, 80, 3));
        assert_eq!(middle(screen(40, 12), 60, 99), screen(40, 11));
    }
}
