//! What stands around the panes: frames, titles and the tab bar.

use super::text;
use super::theme::{Role, Theme};
use crate::app::State;
use crate::app::state::Focus;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};

/// The frame of a pane with its title.
#[must_use]
pub fn pane_block(title: &str, focused: bool, theme: &Theme) -> Block<'static> {
    let (border, heading) = if focused {
        (Role::BorderFocused, Role::TitleFocused)
    } else {
        (Role::Border, Role::Title)
    };
    let block = Block::bordered().border_style(theme.style(border));
    if title.is_empty() {
        return block;
    }
    // The border's cells below may be dim, and styles only add to them.
    let heading = theme.style(heading).remove_modifier(Modifier::DIM);
    block.title_top(Line::from(Span::styled(format!(" {title} "), heading)))
}

/// Draws the frame of a pane.
pub fn render_pane(state: &State, theme: &Theme, pane: Focus, area: Rect, buffer: &mut Buffer) {
    // Corners and the blanks around the title.
    let room = usize::from(area.width.saturating_sub(4));
    let title = title(state, pane);
    pane_block(&text::truncate(&title, room), focused(state, pane), theme).render(area, buffer);
}

/// The title in the frame: what the tab says, and of which question where that
/// isn't the last one.
fn title(state: &State, pane: Focus) -> String {
    let label = label(state, pane);
    match (pane, earlier(state)) {
        (Focus::Sources | Focus::Stats, Some((number, count))) => {
            format!("{label} · question {number} of {count}")
        }
        _ => label,
    }
}

/// Number of the selected question in the shown branch, from 1, and how many
/// there are, unless it is the last one.
fn earlier(state: &State) -> Option<(usize, usize)> {
    let count = state.conversation.len();
    let number = state.conversation.place(state.conversation.selected?)? + 1;
    (number < count).then_some((number, count))
}

/// A pane's title, with the number of sources.
fn label(state: &State, pane: Focus) -> String {
    let sources = state.current_turn().map_or(0, |turn| turn.sources.len());
    match (pane, sources) {
        (Focus::Sources, 1..) => format!("{} {sources}", pane.title()),
        _ => pane.title().to_owned(),
    }
}

/// Draws the tab bar.
pub fn render_tabs(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    for (pane, label, place) in tabs(state, area) {
        let style = match (pane == shown(state), focused(state, pane)) {
            (true, true) => theme.style(Role::TitleFocused).add_modifier(Modifier::UNDERLINED),
            (true, false) => theme.style(Role::Title).add_modifier(Modifier::UNDERLINED),
            (false, _) => theme.style(Role::Dim),
        };
        if place.x > area.x {
            buffer.set_stringn(place.x - 1, area.y, "│", 1, theme.style(Role::Border));
        }
        // The underline belongs to the words and not to the room around them.
        let (x, width) = (place.x + 1, usize::from(place.width).saturating_sub(2));
        buffer.set_stringn(x, area.y, label, width, style);
    }
}

/// The tab at a column of the tab bar.
#[must_use]
pub fn tab_at(state: &State, area: Rect, column: u16) -> Option<Focus> {
    let within = |tab: &Rect| (tab.left()..tab.right()).contains(&column);
    tabs(state, area).into_iter().find(|(_, _, tab)| within(tab)).map(|(pane, _, _)| pane)
}

fn focused(state: &State, pane: Focus) -> bool {
    state.popups.is_empty() && state.focus == pane
}

/// The pane that is shown where there is room for one.
fn shown(state: &State) -> Focus {
    match state.panes.tab {
        Focus::Input => Focus::Conversation,
        pane => pane,
    }
}

/// The tabs with their labels and places.
fn tabs(state: &State, area: Rect) -> Vec<(Focus, String, Rect)> {
    let mut x = area.x;
    let mut out = Vec::new();
    for pane in [Focus::Conversation, Focus::Sources, Focus::Stats] {
        let label = label(state, pane);
        let wanted = u16::try_from(text::width(&label) + 2).unwrap_or(u16::MAX);
        let width = wanted.min(area.right().saturating_sub(x));
        if width < 3 {
            break;
        }
        out.push((pane, label, Rect { x, width, ..area }));
        x = x.saturating_add(width + 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixtures;

    #[test]
    fn the_tab_bar_counts_the_sources_and_takes_clicks() {
        let state = fixtures::state();
        let theme = Theme::default();
        let area = Rect::new(0, 0, 40, 1);
        let bar = fixtures::pane(40, 1, |area, buffer| render_tabs(&state, &theme, area, buffer));
        assert_eq!(bar, " Conversation │ Sources 3 │ Stats\n");
        assert_eq!(tab_at(&state, area, 3), Some(Focus::Conversation));
        assert_eq!(tab_at(&state, area, 14), None);
        assert_eq!(tab_at(&state, area, 16), Some(Focus::Sources));
        assert_eq!(tab_at(&state, area, 30), Some(Focus::Stats));
        assert_eq!(tab_at(&state, area, 39), None);
    }

    #[test]
    fn a_narrow_bar_stays_within_its_area() {
        let state = fixtures::state();
        let theme = Theme::default();
        for columns in 0..40 {
            fixtures::pane(columns, 1, |area, buffer| render_tabs(&state, &theme, area, buffer));
        }
    }

    #[test]
    fn titles_say_how_many_sources_and_which_question() {
        let mut state = fixtures::state();
        let first = |state: &State, pane, columns| {
            let theme = Theme::default();
            let drawn = fixtures::pane(columns, 3, |area, buffer| {
                render_pane(state, &theme, pane, area, buffer);
            });
            drawn.lines().next().unwrap().to_owned()
        };
        assert!(first(&state, Focus::Sources, 40).starts_with("┌ Sources 3 ─"));
        assert!(first(&state, Focus::Stats, 40).starts_with("┌ Stats ─"));
        for id in 2..=12 {
            let turn = fixtures::plain_turn(id, Some(id - 1), "Why?", "So.");
            state.conversation.push(turn, crate::app::state::Phase::Done);
        }
        assert!(first(&state, Focus::Sources, 40).starts_with("┌ Sources ─"));
        state.conversation.selected = Some(1);
        assert!(first(&state, Focus::Sources, 40).starts_with("┌ Sources 3 · question 1 of 12 ─"));
        assert!(first(&state, Focus::Stats, 40).starts_with("┌ Stats · question 1 of 12 ─"));
        assert!(first(&state, Focus::Conversation, 40).starts_with("┌ Conversation ─"));
        assert_eq!(first(&state, Focus::Sources, 24), "┌ Sources 3 · questio… ┐");
        state.conversation.selected = Some(12);
        assert!(first(&state, Focus::Stats, 40).starts_with("┌ Stats ─"));
        for columns in 0..40 {
            fixtures::pane(columns, 3, |area, buffer| {
                render_pane(&state, &Theme::default(), Focus::Stats, area, buffer);
            });
        }
    }

    #[test]
    fn the_focused_pane_stands_out() {
        let theme = Theme::default();
        let drawn = [false, true].map(|focused| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 3));
            pane_block("Sources", focused, &theme).render(buffer.area, &mut buffer);
            buffer
        });
        assert_eq!(fixtures::text(&drawn[0]), fixtures::text(&drawn[1]));
        assert!(fixtures::text(&drawn[0]).starts_with("┌ Sources ─"));
        assert_ne!(drawn[0], drawn[1]);
    }
}
