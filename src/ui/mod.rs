//! The screen: everything that is shown is drawn from the state, and nothing
//! of the state is changed by drawing.
//!
//! [`Ui`] keeps what is laid out between frames. Where things stand comes from
//! [`areas()`] alone, so that drawing, scrolling and the mouse agree. The last
//! pass over every frame is [`sanitise`].

pub mod areas;
pub mod conversation;
pub mod frame;
pub mod input;
pub mod popups;
pub mod sanitise;
pub mod sources;
pub mod stats;
pub mod status;
pub mod text;
pub mod theme;
pub mod too_small;

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod screen_tests;
#[cfg(test)]
mod theme_tests;

use crate::app::State;
use crate::app::effect::{ScrollArea, ScrollBy};
use crate::app::event::Scrolled;
use crate::app::state::{Arrangement, Focus, Size};
use areas::{Areas, Needs, areas};
use conversation::{Below, Conversation};
use frame::{render_pane, render_tabs, tab_at};
use input::InputView;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use theme::{Role, Theme};

/// Draws the state, and answers what depends on the layout.
pub struct Ui {
    theme: Theme,
    conversation: Conversation,
    input: InputView,
    popups: popups::Cache,
    /// Where everything stood in the last frame, which is what the mouse
    /// points at.
    drawn: Option<Areas>,
}

impl Ui {
    /// A screen that looks like `theme`.
    #[must_use]
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            conversation: Conversation::default(),
            input: InputView::default(),
            popups: popups::Cache::default(),
            drawn: None,
        }
    }

    /// How it looks.
    #[must_use]
    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    /// Looks like `theme` from the next frame on.
    pub fn set_theme(&mut self, theme: Theme) {
        if self.theme != theme {
            self.theme = theme;
            self.conversation.clear();
            self.popups = popups::Cache::default();
        }
    }

    /// How many turns were laid out so far; drawing what was drawn before adds
    /// none.
    #[must_use]
    pub fn laid_out(&self) -> u64 {
        self.conversation.laid_out()
    }

    /// Draws the whole screen, and puts the terminal's cursor where text is
    /// written. The size is the frame's, whatever the state says.
    pub fn draw(&mut self, state: &State, frame: &mut Frame<'_>) {
        let area = frame.area();
        let cursor = self.render(state, area, frame.buffer_mut());
        if let Some(position) = cursor.filter(|position| area.contains(*position)) {
            frame.set_cursor_position(position);
        }
    }

    /// Where a movement leads, by the same layout as the screen's; `None` where
    /// nothing changes.
    pub fn scroll(&mut self, state: &State, area: ScrollArea, by: ScrollBy) -> Option<Scrolled> {
        match area {
            ScrollArea::Conversation => {
                let reading = self.areas(state, state.size).reading;
                let found = self.conversation.scroll(state, &self.theme, reading, by);
                found.map(Scrolled::Conversation)
            }
            ScrollArea::Stats => {
                let pane = self.areas(state, state.size).stats?;
                stats::scroll(state, &self.theme, pane.inner, by).map(Scrolled::Stats)
            }
            ScrollArea::Popup => {
                let screen = Rect::new(0, 0, state.size.columns, state.size.rows);
                let found = popups::scroll(state, screen, by, &mut self.popups);
                found.map(|(line, row)| Scrolled::Popup(line, row))
            }
        }
    }

    /// The pane at a cell of the last frame; for a tab, the pane that it shows.
    #[must_use]
    pub fn pane_at(&self, state: &State, column: u16, row: u16) -> Option<Focus> {
        let areas = self.drawn.as_ref()?;
        match areas.tabs {
            Some(tabs) if tabs.contains(Position::new(column, row)) => tab_at(state, tabs, column),
            _ => areas.pane_at(column, row),
        }
    }

    fn areas(&mut self, state: &State, size: Size) -> Areas {
        let needs = Needs {
            input: self.input.rows(&state.input, areas::input_columns(size)),
            notice: status::notice_rows(state, size.columns),
        };
        areas(&state.panes, size, needs)
    }

    fn render(&mut self, state: &State, area: Rect, buffer: &mut Buffer) -> Option<Position> {
        buffer.set_style(area, self.theme.style(Role::Text));
        let size = Size { columns: area.width, rows: area.height };
        let areas = self.areas(state, size);
        let cursor = if areas.arrangement == Arrangement::TooSmall {
            too_small::render(&self.theme, area, buffer);
            None
        } else {
            self.render_all(state, area, &areas, buffer)
        };
        self.drawn = Some(areas);
        sanitise::clean(buffer);
        cursor
    }

    fn render_all(
        &mut self,
        state: &State,
        area: Rect,
        areas: &Areas,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let below = self.render_panes(state, areas, buffer);
        let cursor = self.input.render(state, &self.theme, areas, buffer);
        // The marker may stand in the frame of the input.
        self.render_marker(below, areas.marker, buffer);
        status::render_notice(state, &self.theme, areas.notice, buffer);
        status::render(state, &self.theme, areas.status, buffer);
        if !state.popups.is_empty() {
            let cursor = popups::render(state, &self.theme, area, buffer, &mut self.popups);
            // A popup reaches down to the status line, and what is said of a key
            // pressed in it matters more than its last rows.
            status::render_notice(state, &self.theme, areas.notice, buffer);
            return cursor;
        }
        if state.focus != Focus::Input {
            return None;
        }
        if let Some(completion) = &state.input.completion {
            input::render_completion(completion, &self.theme, areas, buffer);
        }
        cursor
    }

    fn render_panes(&mut self, state: &State, areas: &Areas, buffer: &mut Buffer) -> Below {
        let theme = &self.theme;
        match areas.tabs {
            Some(tabs) => render_tabs(state, theme, tabs, buffer),
            None => {
                for (focus, pane) in areas.panes() {
                    render_pane(state, theme, focus, pane.outer, buffer);
                }
            }
        }
        if let Some(pane) = areas.sources {
            sources::render(state, theme, pane.inner, buffer);
        }
        if let Some(pane) = areas.stats {
            stats::render(state, theme, pane.inner, buffer);
        }
        match areas.conversation {
            Some(pane) => self.conversation.render(state, theme, pane.inner, buffer),
            None => Below::Nothing,
        }
    }

    fn render_marker(&self, below: Below, area: Rect, buffer: &mut Buffer) {
        let (marker, role) = match below {
            Below::Nothing => return,
            Below::More => (" ↓ more below ", Role::Dim),
            Below::Growing => (" ↓ new text below ", Role::Key),
        };
        let area = area.intersection(buffer.area);
        let width = u16::try_from(text::width(marker)).unwrap_or(u16::MAX);
        if width <= area.width && area.height > 0 {
            buffer.set_stringn(
                area.right() - width,
                area.y,
                marker,
                usize::from(width),
                self.theme.style(role),
            );
        }
    }
}
