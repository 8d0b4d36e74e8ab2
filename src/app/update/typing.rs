//! The input: typing, history, completion.

use super::popups;
use crate::app::command::{self, Known};
use crate::app::state::{Completion, Focus, Popup};
use crate::app::{Effect, State};
use crate::editor::Edit;

/// Most questions that are kept for going back.
const HISTORY: usize = 500;

/// A character was typed.
pub fn typed(state: &mut State, typed: char) -> Vec<Effect> {
    state.input.editor.insert(typed.encode_utf8(&mut [0; 4]));
    changed(state);
    Vec::new()
}

/// Text was pasted. It is never taken for keys.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    state.notice = None;
    match state.popups.last_mut() {
        Some(Popup::Picker(picker)) => picker.query.insert(&one_line(text)),
        Some(Popup::Prompt(prompt)) => prompt.editor.insert(&one_line(text)),
        Some(_) => return Vec::new(),
        None => {
            state.focus = Focus::Input;
            state.input.editor.insert(text);
            changed(state);
            return Vec::new();
        }
    }
    popups::changed(state)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An edit of the text that is written: in a popup, or in the input.
pub fn edit(state: &mut State, edit: Edit) -> Vec<Effect> {
    match state.popups.last_mut() {
        Some(Popup::Picker(picker)) if edit != Edit::Newline => {
            picker.query.edit(edit);
        }
        Some(Popup::Prompt(prompt)) if edit != Edit::Newline => {
            prompt.editor.edit(edit);
        }
        Some(_) => return Vec::new(),
        None => {
            state.focus = Focus::Input;
            state.input.editor.edit(edit);
            changed(state);
            return Vec::new();
        }
    }
    popups::changed(state)
}

/// Completions follow the text.
pub fn changed(state: &mut State) {
    let text = state.input.editor.text();
    let adapters: Vec<String> = state.adapters.iter().map(|card| card.name.clone()).collect();
    let mut collections = vec!["all".to_owned()];
    collections.extend(state.collections.iter().map(|card| card.name.clone()));
    let candidates = command::complete(
        &text,
        &Known {
            themes: &state.themes,
            models: &state.models,
            adapters: &adapters,
            collections: &collections,
        },
    );
    state.input.completion =
        (!candidates.is_empty()).then_some(Completion { candidates, selected: 0 });
}

/// What a question looks like when it is typed: one that begins with a slash
/// has two.
#[must_use]
pub fn typed_form(question: &str) -> String {
    if question.starts_with('/') { format!("/{question}") } else { question.to_owned() }
}

/// Takes the selected completion; says whether there was one.
pub fn complete(state: &mut State) -> bool {
    let Some(completion) = state.input.completion.take() else { return false };
    let Some((text, _)) = completion.candidates.get(completion.selected) else { return false };
    state.input.editor.set(text);
    changed(state);
    true
}

/// Takes the list of completions away; says whether there was one.
pub fn dismiss_completion(state: &mut State) -> bool {
    state.input.completion.take().is_some()
}

/// Takes away what stands in the input: completions, an edit, the text. Says
/// whether there was anything.
pub fn dismiss(state: &mut State) -> bool {
    if state.input.editing.take().is_some() {
        // What was being written before the edit comes back.
        let draft = std::mem::take(&mut state.input.draft);
        state.input.editor.set(&draft);
        changed(state);
        return true;
    }
    if state.input.is_empty() {
        return false;
    }
    // Undo brings it back.
    state.input.editor.set("");
    state.input.place = None;
    changed(state);
    true
}

/// Up and down: through completions, lines, and at the edges the history.
pub fn vertical(state: &mut State, by: isize) -> Vec<Effect> {
    if let Some(completion) = &mut state.input.completion {
        let last = completion.candidates.len().saturating_sub(1);
        completion.selected = completion.selected.saturating_add_signed(by).min(last);
        return Vec::new();
    }
    let editor = &mut state.input.editor;
    if by < 0 && editor.on_first_line() || by > 0 && editor.on_last_line() {
        return history(state, by);
    }
    editor.edit(if by < 0 { Edit::Up } else { Edit::Down });
    Vec::new()
}

/// Goes back and forth in the history; what was being written is kept.
pub fn history(state: &mut State, by: isize) -> Vec<Effect> {
    let input = &mut state.input;
    let count = input.history.len();
    let at = input.place.unwrap_or(count);
    let next = at.saturating_add_signed(by).min(count);
    if next == at {
        return Vec::new();
    }
    if at == count {
        input.draft = input.editor.text();
    }
    let text = input.history.get(next).unwrap_or(&input.draft).clone();
    input.place = (next < count).then_some(next);
    input.editor.set(&text);
    // No completions here: the next Up goes on through the history.
    input.completion = None;
    Vec::new()
}

/// Notes what was sent, and empties the input.
pub fn sent(state: &mut State, text: &str) {
    let input = &mut state.input;
    if input.history.last().map(String::as_str) != Some(text) {
        input.history.push(text.to_owned());
        if input.history.len() > HISTORY {
            input.history.remove(0);
        }
    }
    input.place = None;
    input.draft.clear();
    input.editor = input.editor.emptied();
    input.completion = None;
}
