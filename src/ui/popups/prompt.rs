//! A line of text that is asked for, and a question to confirm.

use super::super::text;
use super::super::theme::Role;
use super::canvas::{Canvas, role_style};
use super::frame::{Frame, hints, inner, middle};
use super::line;
use crate::app::Action;
use crate::app::keymap::Layer;
use crate::app::state::{Confirm, Prompt, PromptFor};
use crate::domain::visible;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};

/// Columns of these popups where the screen has them.
const COLUMNS: u16 = 64;

/// Draws a prompt; says where the cursor is.
pub(super) fn render(
    prompt: &Prompt,
    canvas: &Canvas<'_>,
    buffer: &mut Buffer,
) -> Option<Position> {
    let accept = match prompt.purpose {
        PromptFor::Title => "rename",
        PromptFor::SaveCopied => "save",
        PromptFor::TuneFile => "look what it takes",
    };
    let actions = [(Action::Accept, accept), (Action::Close, "cancel")];
    let frame = Frame {
        title: prompt.title.clone(),
        hints: hints(&canvas.state.keymap, Layer::Picker, &actions),
        ..Frame::default()
    };
    let area = middle(canvas.screen, COLUMNS, 3);
    let inner = padded(frame.render(canvas, area, buffer));
    let style = canvas.theme.style(if prompt.selected { Role::Selected } else { Role::Input });
    line::render(&prompt.editor, style, inner, buffer)
}

/// Draws a question to confirm.
pub(super) fn render_confirm(confirm: &Confirm, canvas: &Canvas<'_>, buffer: &mut Buffer) {
    let actions = [(Action::Accept, "yes"), (Action::Close, "no")];
    let frame = Frame {
        title: "Confirm".to_owned(),
        hints: hints(&canvas.state.keymap, Layer::Picker, &actions),
        ..Frame::default()
    };
    let columns = padded(inner(middle(canvas.screen, COLUMNS, u16::MAX))).width;
    let style = role_style(canvas.theme, Role::Text);
    let lines = text::plain(&visible(&confirm.question), columns, style);
    let rows = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let area = middle(canvas.screen, COLUMNS, rows);
    let inner = padded(frame.render(canvas, area, buffer));
    for (row, rendered) in inner.rows().zip(&lines) {
        buffer.set_line(row.x, row.y, &rendered.line, row.width);
    }
}

/// One column free at both sides.
fn padded(area: Rect) -> Rect {
    area.inner(Margin::new(1, 0))
}
