//! The sources pane: the passages that the selected answer was made from or
//! could have been, and below them the selected passage with what the answer
//! cites of it.
//!
//! Nothing is kept between frames: the list shows the rows around the selected
//! one, so that it needs no position of its own.

mod figures;
mod list;
mod paragraphs;
mod passage;
mod path;
mod selection;
#[cfg(test)]
mod tests;

use super::text;
use super::theme::{Role, Theme};
use crate::app::State;
use crate::app::state::Phase;
use crate::domain::Outcome;
pub(super) use list::first_shown;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use selection::selected;

/// Rows that the passage needs to be shown at all, its rule included.
const PASSAGE_ROWS: u16 = 6;
/// The same below a list with one row for each source, whose figures are told
/// with the passage.
const BRIEF_PASSAGE_ROWS: u16 = 4;

/// Draws the pane into what its frame leaves.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let Some(entry) = state.current().filter(|entry| !entry.turn.sources.is_empty()) else {
        let lines = text::plain(message(state), area.width, theme.style(Role::Dim));
        for (row, rendered) in area.rows().zip(&lines) {
            buffer.set_line(row.x, row.y, &rendered.line, row.width);
        }
        return;
    };
    let each = list::rows_each(area);
    let (above, below) = split(area, each, entry.turn.sources.len());
    list::render(state, entry, theme, each, above, buffer);
    if let (Some(below), Some(source)) = (below, selected(state)) {
        passage::render(state, entry, source, theme, each == 1, below, buffer);
    }
}

/// The list, and the passage where there is room for it. A long list leaves
/// the passage two fifths of the pane.
fn split(area: Rect, each: u16, count: usize) -> (Rect, Option<Rect>) {
    let wanted = u16::try_from(count).unwrap_or(u16::MAX).saturating_mul(each);
    let most = area.height.saturating_mul(3) / 5 / each * each;
    let list = wanted.min(most.max(each)).min(area.height);
    let rest = area.height - list;
    let least = if each == 1 { BRIEF_PASSAGE_ROWS } else { PASSAGE_ROWS };
    if rest < least {
        return (area, None);
    }
    let below = Rect { y: area.y + list, height: rest, ..area };
    (Rect { height: list, ..area }, Some(below))
}

/// Why there is no source, and what to do.
fn message(state: &State) -> &'static str {
    let nothing = state.knowledge.files == 0 && !state.knowledge.work.busy();
    let index = "Nothing is indexed. /index PATH indexes files and folders.";
    let Some(entry) = state.current() else {
        return if !state.mode.reads() {
            "This mode reads no sources: the model answers alone."
        } else if nothing {
            index
        } else {
            "Ask a question: the passages that answer it are listed here."
        };
    };
    if !entry.turn.mode.reads() {
        return "This answer used no sources: in its mode the model answers alone.";
    }
    match (entry.phase, &entry.turn.outcome) {
        (Phase::WaitingForModel, _) => "Waiting for the model…",
        (Phase::WaitingForIndex, _) => "Waiting for the first documents…",
        (Phase::Searching, _) => "Searching…",
        (Phase::Done, Outcome::Failed { .. }) => {
            "The question failed before passages were found; the conversation says why."
        }
        (Phase::Done, Outcome::Cancelled) => "Cancelled before passages were found.",
        _ if nothing => index,
        _ => "No passage was found. Ask in other words, or add documents with /index PATH.",
    }
}
