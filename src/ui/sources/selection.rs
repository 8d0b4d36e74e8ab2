//! Which source is selected.

use crate::app::State;
use crate::app::state::Focus;
use crate::domain::Source;

/// Place of the selected source, which is there whenever any is.
pub(super) fn selected_place(state: &State) -> usize {
    let count = state.current_turn().map_or(0, |turn| turn.sources.len());
    state.conversation.source.min(count.saturating_sub(1))
}

pub(super) fn selected(state: &State) -> Option<&Source> {
    state.current_turn()?.sources.get(selected_place(state))
}

pub(super) fn focused(state: &State) -> bool {
    state.popups.is_empty() && state.focus == Focus::Sources
}
