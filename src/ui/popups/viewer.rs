//! The viewer: a file around a passage, with line numbers, a mark beside the
//! lines of the passage and the cited sentences highlighted. Long lines are
//! wrapped by columns.

mod rows;

pub(super) use rows::Rows;

use super::super::text;
use super::super::theme::{Role, Theme};
use super::canvas::{Canvas, role_style};
use super::frame::{Frame, hints, inner, large};
use crate::app::Action;
use crate::app::effect::ScrollBy;
use crate::app::keymap::Layer;
use crate::app::state::{Viewer, ViewerContent};
use crate::domain::{Line as OneLine, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rows::{Layout, Place};
use std::ops::Range;

/// Columns between the line numbers and the text: a space and the mark.
const MARK: usize = 2;

/// Where the parts of the viewer stand.
struct Parts {
    /// Below the notes.
    body: Rect,
    /// Columns of the line numbers.
    digits: usize,
    /// Columns of the text.
    columns: usize,
}

fn parts(content: &ViewerContent, screen: Rect) -> Parts {
    let inside = inner(large(screen));
    let above = u16::try_from(notes(content).len()).unwrap_or(u16::MAX).min(inside.height);
    let body = Rect { y: inside.y + above, height: inside.height - above, ..inside };
    let last = u64::from(content.first_line) + content.lines.len() as u64;
    let digits = last.saturating_sub(1).to_string().len().max(2);
    let columns = usize::from(body.width).saturating_sub(digits + MARK).max(1);
    Parts { body, digits, columns }
}

/// What there is to know before reading, a row each.
fn notes(content: &ViewerContent) -> Vec<(&'static str, Role)> {
    let mut notes = Vec::new();
    if content.gone {
        notes.push(("gone: the file is no longer there; this is what was indexed", Role::Warning));
    } else if content.stale {
        notes.push(("stale: changed since it was indexed", Role::Warning));
    }
    if content.cut {
        notes.push(("a large file: only the part around the passage", Role::Dim));
    }
    notes
}

/// Draws the viewer.
pub(super) fn render(viewer: &Viewer, canvas: &Canvas<'_>, buffer: &mut Buffer, rows: &mut Rows) {
    let of_file = [
        (Action::Close, "close"),
        (Action::OpenEditor, "open in editor"),
        (Action::CopyPassage, "copy passage"),
        (Action::CopyCitation, "copy citation"),
        (Action::PageDown, "page"),
    ];
    let of_text =
        [(Action::Close, "close"), (Action::CopyPassage, "copy"), (Action::PageDown, "page")];
    let actions: &[_] = if viewer.text_only { &of_text } else { &of_file };
    let title = if viewer.text_only {
        OneLine::of(&viewer.path).to_string()
    } else {
        viewer.locator.within(&viewer.path)
    };
    let mut frame = Frame {
        title,
        path: !viewer.text_only,
        hints: hints(&canvas.state.keymap, Layer::Viewer, actions),
        ..Frame::default()
    };
    let area = large(canvas.screen);
    let content = match &viewer.content {
        Some(Ok(content)) => content,
        other => {
            let inside = frame.render(canvas, area, buffer).intersection(buffer.area);
            let (message, role) = match other {
                Some(Err(message)) => (visible(message), Role::Error),
                _ => ("reading…".into(), Role::Dim),
            };
            let lines = text::plain(&message, inside.width, canvas.theme.style(role));
            for (row, rendered) in inside.rows().zip(&lines) {
                buffer.set_line(row.x, row.y, &rendered.line, row.width);
            }
            return;
        }
    };
    let parts = parts(content, canvas.screen);
    let height = usize::from(parts.body.height);
    let mut layout = Layout::new(&content.lines, parts.columns, viewer.request, rows);
    let top = layout.clamp(viewer.scroll, height);
    if top > (0, 0) {
        frame.note = "↑ more";
    }
    frame.more_below = top < layout.last(height);
    let inside = frame.render(canvas, area, buffer).intersection(buffer.area);
    for (row, (note, role)) in inside.rows().zip(notes(content)) {
        buffer.set_stringn(row.x, row.y, note, usize::from(row.width), canvas.theme.style(role));
    }
    let body = Body { content, theme: canvas.theme, parts: &parts };
    body.render(&mut layout, top, buffer);
}

/// The text with what stands left of it.
struct Body<'a> {
    content: &'a ViewerContent,
    theme: &'a Theme,
    parts: &'a Parts,
}

impl Body<'_> {
    fn render(&self, layout: &mut Layout<'_>, top: Place, buffer: &mut Buffer) {
        let (mut line, mut row) = top;
        let area = self.parts.body.intersection(buffer.area);
        for on in area.rows() {
            if line >= self.content.lines.len() {
                return;
            }
            let mut spans = self.gutter(line, row);
            spans.extend(self.text(layout, (line, row)));
            buffer.set_line(on.x, on.y, &Line::from(spans), on.width);
            row += 1;
            if row >= layout.starts(line).len() {
                (line, row) = (line + 1, 0);
            }
        }
    }

    fn gutter(&self, line: usize, row: usize) -> Vec<Span<'static>> {
        let digits = self.parts.digits;
        let number = if row == 0 {
            (u64::from(self.content.first_line) + line as u64).to_string()
        } else {
            String::new()
        };
        let in_passage = self.content.passage.contains(&line);
        let mark = if in_passage { "▎" } else { " " };
        vec![
            Span::styled(format!("{number:>digits$} "), self.theme.style(Role::LineNumber)),
            Span::styled(mark, self.theme.style(Role::Bar)),
        ]
    }

    fn text(&self, layout: &mut Layout<'_>, at: Place) -> Vec<Span<'static>> {
        let cited: Vec<&Range<usize>> = self
            .content
            .cited
            .iter()
            .filter(|highlight| highlight.line == at.0)
            .map(|highlight| &highlight.bytes)
            .collect();
        let plain = role_style(self.theme, Role::Text);
        let highlight = self.theme.style(Role::Highlight);
        layout.spans(at, |byte| {
            if cited.iter().any(|range| range.contains(&byte)) { highlight } else { plain }
        })
    }
}

/// The topmost row after a movement; `None` where nothing changes.
pub(super) fn scroll(
    viewer: &Viewer,
    screen: Rect,
    by: ScrollBy,
    rows: &mut Rows,
) -> Option<Place> {
    let Some(Ok(content)) = &viewer.content else { return None };
    let parts = parts(content, screen);
    let height = usize::from(parts.body.height);
    let mut layout = Layout::new(&content.lines, parts.columns, viewer.request, rows);
    let now = layout.clamp(viewer.scroll, height);
    let page = i64::from(parts.body.height).saturating_sub(2).max(1);
    let next = match by {
        ScrollBy::Lines(lines) => step(&mut layout, now, i64::from(lines)),
        ScrollBy::Pages(pages) => step(&mut layout, now, i64::from(pages).saturating_mul(page)),
        ScrollBy::Top => (0, 0),
        ScrollBy::Bottom => layout.last(height),
        ScrollBy::Line(line) => {
            // In a line of many rows it is the cited sentence that is meant.
            let cited = content.cited.iter().find(|highlight| highlight.line == line);
            let row = cited.map_or(0, |found| layout.row_of(line, found.bytes.start));
            layout.up((line, row), height / 3)
        }
        ScrollBy::Turn(_) | ScrollBy::Byte(..) => return None,
    };
    let next = layout.clamp(next, height);
    (next != viewer.scroll).then_some(next)
}

fn step(layout: &mut Layout<'_>, from: Place, rows: i64) -> Place {
    let count = usize::try_from(rows.unsigned_abs()).unwrap_or(usize::MAX);
    if rows < 0 { layout.up(from, count) } else { layout.down(from, count) }
}
