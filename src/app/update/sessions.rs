//! Sessions: list, resume, rename, fork, delete.

use super::{answer, popups, say, typing};
use crate::app::state::{
    NoticeLevel, Picker, PickerKind, PickerRow, PickerValue, Popup, SessionCard, Totals,
};
use crate::app::{Effect, State};
use crate::domain::{Turn, TurnId};
use std::path::PathBuf;

/// Opens the list of sessions.
pub fn list(state: &mut State, query: String) -> Vec<Effect> {
    let mut picker = Picker::new(PickerKind::Sessions, Vec::new());
    picker.query.insert(&query);
    picker.loading = true;
    state.popups.push(Popup::Picker(picker));
    vec![Effect::ListSessions { query }]
}

/// The sessions that hold what is typed.
pub fn listed(state: &mut State, query: &str, rows: Vec<(String, String, String)>) -> Vec<Effect> {
    let mut accept = false;
    for popup in &mut state.popups {
        let Popup::Picker(picker) = popup else { continue };
        // A list for what was typed before is late.
        if picker.kind != PickerKind::Sessions || picker.query.text() != query {
            continue;
        }
        picker.loading = false;
        picker.rows = rows
            .iter()
            .map(|(id, title, detail)| PickerRow {
                label: title.clone(),
                detail: detail.clone(),
                key: String::new(),
                value: PickerValue::Session(id.clone()),
            })
            .collect();
        // They are filtered already, and the newest comes first.
        picker.matches = (0..picker.rows.len())
            .map(|row| crate::app::state::Match { row, letters: Vec::new() })
            .collect();
        picker.selected = picker.selected.min(picker.rows.len().saturating_sub(1));
        accept = std::mem::take(&mut picker.accept_when_loaded);
    }
    // Enter was pressed before the list for what is typed was there.
    let on_top = matches!(
        state.popups.last(),
        Some(Popup::Picker(picker)) if picker.kind == PickerKind::Sessions && !picker.loading
    );
    if accept && on_top { popups::accept(state) } else { Vec::new() }
}

/// Writes the conversation to a file, as it stands on the screen.
pub fn export(state: &mut State, json: bool, path: Option<PathBuf>) -> Vec<Effect> {
    let conversation = &state.conversation;
    if conversation.is_empty() {
        say(state, NoticeLevel::Info, "This session is empty; there is nothing to export.");
        return Vec::new();
    }
    vec![Effect::Export {
        json,
        path,
        turns: conversation.entries().iter().map(|entry| entry.turn.clone()).collect(),
        head: conversation.tip().map(|entry| entry.turn.id),
        title: state.session.title.clone(),
    }]
}

fn busy(state: &mut State) -> bool {
    if state.opening {
        say(state, NoticeLevel::Info, "A session is being opened already.");
        return true;
    }
    if let Some(running) = &state.running {
        let text = if running.keeping {
            "The last answer is being saved; try again."
        } else {
            "An answer is being written; cancel it first."
        };
        say(state, NoticeLevel::Warning, text);
        return true;
    }
    false
}

/// Goes on in another session.
pub fn open(state: &mut State, id: String) -> Vec<Effect> {
    if busy(state) || state.session.id.as_deref() == Some(id.as_str()) {
        return Vec::new();
    }
    state.opening = true;
    vec![Effect::OpenSession { id }]
}

/// Begins a new session.
pub fn new(state: &mut State) -> Vec<Effect> {
    if busy(state) {
        return Vec::new();
    }
    state.opening = true;
    vec![Effect::NewSession]
}

/// Goes on in a copy of this session.
pub fn fork(state: &mut State) -> Vec<Effect> {
    if busy(state) {
        return Vec::new();
    }
    if state.conversation.entries().is_empty() {
        say(state, NoticeLevel::Info, "This session is empty; there is nothing to copy.");
        return Vec::new();
    }
    let up_to = state.conversation.tip().map(|entry| entry.turn.id);
    state.opening = true;
    vec![Effect::ForkSession { up_to }]
}

/// Names this session.
pub fn rename(state: &mut State, title: &str) -> Vec<Effect> {
    if state.opening || state.conversation.entries().is_empty() {
        say(state, NoticeLevel::Info, "This session is empty; ask a question first.");
        return Vec::new();
    }
    state.session.title = title.to_owned();
    say(state, NoticeLevel::Done, format!("This session is called “{title}” now."));
    vec![Effect::KeepTitle(title.to_owned())]
}

/// Deletes a session; the list of sessions, if open, is fetched again.
pub fn delete(state: &mut State, id: String) -> Vec<Effect> {
    let mut effects = Vec::new();
    let own = state.session.id.as_deref() == Some(id.as_str());
    if own && busy(state) {
        return effects;
    }
    effects.push(Effect::DeleteSession { id });
    if own {
        state.opening = true;
        effects.push(Effect::NewSession);
    }
    if let Some(Popup::Picker(picker)) = state.popups.last_mut()
        && picker.kind == PickerKind::Sessions
    {
        picker.loading = true;
        effects.push(Effect::ListSessions { query: picker.query.text() });
    }
    effects
}

/// A session is shown from now on.
pub fn opened(
    state: &mut State,
    (id, title): (Option<String>, String),
    turns: Vec<Turn>,
    head: Option<TurnId>,
    recovered: Option<String>,
) -> Vec<Effect> {
    state.opening = false;
    // What this session already read and wrote counts.
    state.totals = Totals::of(turns.iter());
    // These show what belongs to the conversation before.
    state.popups.retain(|popup| !matches!(popup, Popup::Viewer(_) | Popup::Compare(_)));
    state.session = SessionCard { id, title };
    let mut questions: Vec<(i64, String)> =
        turns.iter().map(|turn| (turn.asked_ms, turn.question.clone())).collect();
    questions.sort();
    for (_, question) in questions {
        let question = typing::typed_form(&question);
        if state.input.history.last() != Some(&question) {
            state.input.history.push(question);
        }
    }
    state.input.place = None;
    state.input.editing = None;
    state.conversation.restore(turns, head);
    state.next_code_block = 0;
    if let Some(recovered) = recovered {
        say(state, NoticeLevel::Warning, recovered);
    }
    state.conversation.tip().map(|entry| answer::stale(&entry.turn)).into_iter().collect()
}
