//! The input: typing, history, completion.

use super::popups;
use super::say::say;
use crate::app::command::{self, Known};
use crate::app::keymap::Layer;
use crate::app::state::{Completion, Draft, Focus, NoticeLevel};
use crate::app::{Action, Effect, State};
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
    if state.popups.is_empty() {
        state.focus = Focus::Input;
        state.input.editor.insert(text);
        changed(state);
        return Vec::new();
    }
    popups::text(state, |popup| popup.insert(&one_line(text))).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An edit of the text that is written: in a popup, or in the input.
pub fn edit(state: &mut State, edit: Edit) -> Vec<Effect> {
    if state.popups.is_empty() {
        state.focus = Focus::Input;
        state.input.editor.edit(edit);
        changed(state);
        return Vec::new();
    }
    if edit == Edit::Newline {
        return Vec::new();
    }
    popups::text(state, |popup| popup.edit(edit)).unwrap_or_default()
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

/// What a question looks like when it is typed: one that would be a command has
/// a slash more.
#[must_use]
pub fn typed_form(question: &str) -> String {
    let doubled = question.starts_with("//") || command::is_command(question);
    if doubled { format!("/{question}") } else { question.to_owned() }
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

/// Goes back and forth in the history, from a command in that of commands; what
/// was being written is kept, and what is made of recalled texts, too.
pub fn history(state: &mut State, by: isize) -> Vec<Effect> {
    let input = &mut state.input;
    if input.place.is_none() {
        input.in_commands = command::is_command(&input.editor.text());
    }
    let list = if input.in_commands { &input.commands } else { &input.history };
    let count = list.len();
    let at = input.place.unwrap_or(count);
    let next = at.saturating_add_signed(by).min(count);
    if next == at {
        return Vec::new();
    }
    let text = input.editor.text();
    match list.get(at) {
        None => input.draft = text,
        Some(recalled) if *recalled != text => {
            input.edits.insert(at, text);
        }
        Some(_) => {
            input.edits.remove(&at);
        }
    }
    let edited = input.edits.get(&next);
    let text = edited.or_else(|| list.get(next)).unwrap_or(&input.draft).clone();
    input.place = (next < count).then_some(next);
    input.editor.set(&text);
    // No completions here: the next Up goes on through the history.
    input.completion = None;
    Vec::new()
}

/// Notes a question that was sent, and empties the input.
pub fn sent(state: &mut State, text: &str) {
    note(&mut state.input.history, text);
    clear(state);
}

/// Notes a command that was run, and empties the input.
pub fn commanded(state: &mut State, line: &str) {
    note(&mut state.input.commands, line);
    clear(state);
}

fn note(list: &mut Vec<String>, text: &str) {
    if list.last().map(String::as_str) != Some(text) {
        list.push(text.to_owned());
        if list.len() > HISTORY {
            list.remove(0);
        }
    }
}

fn clear(state: &mut State) {
    let input = &mut state.input;
    input.place = None;
    input.draft.clear();
    input.edits.clear();
    input.editor = input.editor.emptied();
    input.completion = None;
}

/// Has what is typed kept, where that changed.
pub fn keep_draft(state: &mut State) -> Vec<Effect> {
    let draft = state.draft();
    if state.opening || draft == state.input.kept {
        return Vec::new();
    }
    state.input.kept = draft.clone();
    vec![Effect::KeepDraft(draft)]
}

/// Puts back what was typed and not sent; nothing that stands there already is
/// lost for it.
pub fn restore(state: &mut State, draft: Draft) {
    if draft.text.trim().is_empty() || !state.input.is_empty() {
        return;
    }
    let editing = draft.editing.filter(|turn| state.conversation.get(*turn).is_some());
    state.input.editor.set(&draft.text);
    state.input.editing = editing;
    state.input.completion = None;
    state.input.kept = draft;
    let key = state.keymap.hint(Layer::Input, Action::Close).unwrap_or_else(|| "Esc".to_owned());
    let text = format!("What you had typed and not sent is back; {key} takes it away.");
    say(state, NoticeLevel::Info, text);
}
