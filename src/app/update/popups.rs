//! Popups: lists to choose from, lines to type, questions to confirm, files.

use super::say::say;
use super::{jobs, variant};
use crate::app::effect::{ScrollArea, ScrollBy};
use crate::app::keymap::Layer;
use crate::app::popups::{Layered, Moved};
use crate::app::state::{
    Confirm, Focus, NoticeLevel, Picker, PickerKind, PickerRow, Popup, Prompt, PromptFor,
    RequestId, Task, ViewerContent,
};
use crate::app::{Action, Effect, State};
use std::path::PathBuf;

/// The layer of bindings that holds now.
#[must_use]
pub fn layer(state: &State) -> Layer {
    match state.popups.last() {
        Some(popup) => popup.layer(),
        None => match state.focus {
            Focus::Input => Layer::Input,
            Focus::Conversation => Layer::Conversation,
            Focus::Sources => Layer::Sources,
            Focus::Stats => Layer::Stats,
        },
    }
}

/// Moves in the topmost popup; `None` where there is none.
pub fn moved(state: &mut State, by: ScrollBy) -> Option<Vec<Effect>> {
    let effects = match state.popups.last_mut()?.moves(by) {
        Moved::Not => Vec::new(),
        Moved::Scrolls => vec![Effect::Scroll(ScrollArea::Popup, by)],
        Moved::Itself => {
            tried(state);
            Vec::new()
        }
    };
    Some(effects)
}

/// The screen found where a movement in the topmost popup leads.
pub fn scrolled(state: &mut State, line: usize, row: usize) {
    if let Some(popup) = state.popups.last_mut() {
        popup.scrolled(line, row);
        tried(state);
    }
}

/// Changes the text of the topmost popup by `change`, which says whether it
/// takes any. Says the same, with what follows.
pub fn text(
    state: &mut State,
    change: impl FnOnce(&mut dyn Layered) -> bool,
) -> Option<Vec<Effect>> {
    let popup = state.popups.last_mut()?;
    if !change(&mut **popup) {
        return None;
    }
    let effect = popup.changed();
    tried(state);
    Some(effect.into_iter().collect())
}

/// Shows the theme that the topmost popup has on trial.
fn tried(state: &mut State) {
    if let Some(name) = state.popups.last().and_then(|popup| popup.theme()) {
        state.theme = name.to_owned();
    }
}

/// Opens the list of every action.
pub fn commands(state: &mut State) -> Vec<Effect> {
    if matches!(state.popups.last(), Some(Popup::Picker(p)) if p.kind == PickerKind::Commands) {
        state.popups.pop();
        return Vec::new();
    }
    // Keys are those of the pane that the palette was opened from.
    let layer = layer(state);
    let key_of = |action: Action| {
        let layers = [layer, Layer::Conversation, Layer::Sources, Layer::Input];
        layers.iter().find_map(|layer| state.keymap.hint(*layer, action)).unwrap_or_default()
    };
    let hidden = |action: Action| {
        use Action as A;
        // Choosing and typing make no sense from within a list.
        matches!(action, A::Accept | A::Close | A::Complete | A::CommandPalette | A::Send | A::ToggleFavourite)
            // Nine rows of one thing; the list of adapters has them all.
            || variant::PLACES.contains(&action)
            || action.group() == crate::app::action::Group::Edit
    };
    let mut actions: Vec<Action> =
        Action::ALL.iter().copied().filter(|action| !hidden(*action)).collect();
    // Movement has its keys, and cancelling is nothing to meet by accident.
    actions.sort_by_key(|action| {
        (*action == Action::Cancel, action.group() == crate::app::action::Group::Move)
    });
    let rows = actions
        .iter()
        .map(|action| PickerRow {
            label: action.name().replace('_', " "),
            detail: action.about().to_owned(),
            key: key_of(*action),
            value: Task::Action(*action),
        })
        .collect();
    state.popups.push(Popup::from(Picker::new(PickerKind::Commands, rows)));
    Vec::new()
}

/// Opens the list of what runs in the background, and what ran.
pub fn jobs(state: &mut State) -> Vec<Effect> {
    let rows = jobs::rows(state);
    state.popups.push(Popup::from(Picker::new(PickerKind::Jobs, rows)));
    Vec::new()
}

/// Opens the list of themes; the selected one is shown at once.
pub fn themes(state: &mut State) -> Vec<Effect> {
    let rows: Vec<PickerRow> = state
        .themes
        .iter()
        .map(|name| PickerRow {
            label: name.clone(),
            detail: String::new(),
            key: String::new(),
            value: Task::Theme(name.clone()),
        })
        .collect();
    let at = state.themes.iter().position(|name| *name == state.theme).unwrap_or(0);
    let mut picker = Picker::new(PickerKind::Themes, rows);
    picker.selected = at;
    picker.before = Some(state.theme.clone());
    state.popups.push(Popup::from(picker));
    Vec::new()
}

/// Shows a theme from now on.
pub fn set_theme(state: &mut State, name: &str) -> Vec<Effect> {
    if !state.themes.iter().any(|theme| theme == name) {
        let all = state.themes.join(", ");
        say(state, NoticeLevel::Error, format!("There is no theme {name}. There are: {all}"));
        return Vec::new();
    }
    state.theme = name.to_owned();
    vec![Effect::Remember { key: "ui.theme".to_owned(), value: name.to_owned() }]
}

/// Asks for the session's title.
pub fn rename(state: &mut State) -> Vec<Effect> {
    if state.conversation.entries().is_empty() {
        say(state, NoticeLevel::Info, "This session is empty; ask a question first.");
        return Vec::new();
    }
    let prompt = Prompt::new(PromptFor::Title, "Title of this session", &state.session.title);
    state.popups.push(Popup::from(prompt));
    Vec::new()
}

/// Asks where to save the text that was copied last.
pub fn save_copied(state: &mut State) -> Vec<Effect> {
    if state.copied.is_none() {
        say(state, NoticeLevel::Info, "Nothing was copied yet.");
        return Vec::new();
    }
    ask_where(state, "lorag-copied.txt");
    Vec::new()
}

fn ask_where(state: &mut State, path: &str) {
    let prompt = Prompt::new(PromptFor::SaveCopied, "Save the copied text to", path);
    state.popups.push(Popup::from(prompt));
}

/// The copied text is saved, or not: then the path can be mended.
pub fn saved(state: &mut State, path: String, error: Option<String>) -> Vec<Effect> {
    let waiting = |popup: &Popup| matches!(popup, Popup::Prompt(p) if p.purpose == PromptFor::SaveCopied && p.waiting);
    let at = state.popups.iter().position(waiting);
    match (error, at) {
        (None, at) => {
            if let Some(at) = at {
                state.popups.remove(at);
            }
            say(state, NoticeLevel::Done, format!("Saved to {path}"));
        }
        (Some(error), at) => {
            let alone = state.popups.is_empty();
            match at.and_then(|at| state.popups.get_mut(at)) {
                Some(Popup::Prompt(prompt)) => prompt.waiting = false,
                _ if alone => {
                    ask_where(state, &path);
                    if let Some(Popup::Prompt(prompt)) = state.popups.last_mut() {
                        prompt.selected = false;
                    }
                }
                _ => {}
            }
            say(state, NoticeLevel::Error, error);
        }
    }
    Vec::new()
}

/// Saves the text that was copied last.
pub fn save_to(state: &mut State, path: PathBuf) -> Vec<Effect> {
    let Some(text) = state.copied.clone() else {
        say(state, NoticeLevel::Info, "Nothing was copied yet.");
        return Vec::new();
    };
    vec![Effect::SaveText { text, path }]
}

/// Asks whether to delete a session: the selected one of the list, or this.
pub fn delete(state: &mut State) -> Vec<Effect> {
    let chosen = match state.popups.last() {
        Some(Popup::Picker(picker)) if picker.loading => return Vec::new(),
        Some(Popup::Picker(picker)) => picker.current().and_then(|row| match &row.value {
            Task::Session { id, .. } => Some((id.clone(), row.label.clone())),
            _ => None,
        }),
        Some(_) => return Vec::new(),
        None => state.session.id.clone().map(|id| (id, state.session.title.clone())),
    };
    let Some((id, title)) = chosen else {
        say(state, NoticeLevel::Info, "There is no session to delete.");
        return Vec::new();
    };
    if state.running.is_some() && state.session.id.as_deref() == Some(id.as_str()) {
        say(state, NoticeLevel::Warning, "An answer is being written; cancel it first.");
        return Vec::new();
    }
    let name = if title.is_empty() { id.clone() } else { format!("“{title}”") };
    state.popups.push(Popup::from(Confirm {
        question: format!("Delete the session {name} for good?"),
        delete_session: id,
    }));
    Vec::new()
}

/// A file for the viewer is there.
pub fn viewed(
    state: &mut State,
    request: RequestId,
    content: Result<ViewerContent, String>,
) -> Vec<Effect> {
    for popup in &mut state.popups {
        let Popup::Viewer(viewer) = popup else { continue };
        if viewer.request != request {
            continue;
        }
        let line = content.as_ref().ok().map(|content| {
            content.cited.first().map_or(content.passage.start, |highlight| highlight.line)
        });
        viewer.content = Some(content);
        let by = line.map(ScrollBy::Line);
        return by.map(|by| Effect::Scroll(ScrollArea::Popup, by)).into_iter().collect();
    }
    Vec::new()
}
