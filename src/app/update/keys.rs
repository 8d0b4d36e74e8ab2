//! From a key to an action: the topmost popup first, then the focused pane.

use super::popups::{self, layer};
use super::say::say;
use super::{act, typing};
use crate::app::keymap::Layer;
use crate::app::popups::Layered;
use crate::app::state::{Focus, NoticeLevel};
use crate::app::{Action, Effect, Key, State};

/// A key was pressed.
pub fn key(state: &mut State, key: Key) -> Vec<Effect> {
    let layer = layer(state);
    let help_asked = layer == Layer::Input && state.input.is_empty() && key == Key::char('?');
    let action = if help_asked { Some(Action::Help) } else { state.keymap.action(layer, key) };
    let armed = state.quit_armed;
    if action != Some(Action::Cancel) {
        state.quit_armed = false;
    }
    state.notice = None;
    // One letter must not take a question or an answer away.
    let busy = !state.input.is_empty() || state.running.is_some();
    if action == Some(Action::Quit) && busy && !armed {
        state.quit_armed = true;
        let text = "Something is being written. Press the key again to quit.";
        say(state, NoticeLevel::Info, text);
        return Vec::new();
    }
    if let Some(action) = action {
        return act::act(state, action);
    }
    let Some(typed) = key.typed() else { return Vec::new() };
    if state.popups.is_empty() {
        if state.focus == Focus::Input {
            return typing::typed(state, typed);
        }
    } else {
        let typed = |popup: &mut dyn Layered| popup.insert(typed.encode_utf8(&mut [0; 4]));
        if let Some(effects) = popups::text(state, typed) {
            return effects;
        }
    }
    if state.popups.is_empty() {
        // A letter without a meaning here most often is a question begun in
        // the wrong place.
        let keys = &state.keymap;
        let help = keys.hint(layer, Action::Help).unwrap_or_else(|| "/help".to_owned());
        let input = keys.hint(layer, Action::FocusInput).unwrap_or_else(|| "Esc".to_owned());
        say(
            state,
            NoticeLevel::Info,
            format!(
                "“{typed}” does nothing here. {input} goes to the input, {help} lists the keys."
            ),
        );
    }
    Vec::new()
}
