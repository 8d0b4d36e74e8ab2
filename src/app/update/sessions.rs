//! Sessions: list, resume, rename, fork, delete.

use super::say::say;
use super::{answer, typing, variant, work};
use crate::app::command::ExportFormat;
use crate::app::event::{OpenedSession, SessionRow};
use crate::app::state::{
    Asking, Draft, NoticeLevel, Picker, PickerKind, PickerRow, Popup, Scroll, SessionCard, Task,
    Totals,
};
use crate::app::{Effect, State};
use crate::domain::{NONE, TurnId};
use std::path::PathBuf;

/// Opens the list of sessions.
pub fn list(state: &mut State, query: String) -> Vec<Effect> {
    let mut picker = Picker::new(PickerKind::Sessions, Vec::new());
    picker.query.insert(&query);
    picker.loading = true;
    state.popups.push(Popup::from(picker));
    vec![Effect::ListSessions { query }]
}

/// The sessions that hold what is typed.
pub fn listed(state: &mut State, query: &str, rows: Vec<SessionRow>) -> Vec<Effect> {
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
            .map(|row| PickerRow {
                label: row.title.clone(),
                detail: row.detail.clone(),
                key: String::new(),
                value: Task::Session { id: row.id.clone(), turn: row.turn },
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
    let chosen = match state.popups.last() {
        Some(Popup::Picker(p)) if accept && p.kind == PickerKind::Sessions && !p.loading => {
            p.current().map(|row| row.value.clone())
        }
        _ => None,
    };
    let Some(Task::Session { id, turn }) = chosen else { return Vec::new() };
    state.popups.pop();
    open(state, id, turn)
}

/// Writes the conversation to a file, as it stands on the screen.
pub fn export(state: &mut State, format: ExportFormat, path: Option<PathBuf>) -> Vec<Effect> {
    let conversation = &state.conversation;
    if conversation.is_empty() {
        say(state, NoticeLevel::Info, "This session is empty; there is nothing to export.");
        return Vec::new();
    }
    vec![Effect::Export {
        format,
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

/// Goes on in another session, at the turn that was found in it.
pub fn open(state: &mut State, id: String, turn: Option<TurnId>) -> Vec<Effect> {
    if state.session.id.as_deref() == Some(id.as_str()) {
        return turn.map(|turn| show(state, turn)).unwrap_or_default();
    }
    if busy(state) {
        return Vec::new();
    }
    let mut effects = Vec::new();
    // What is typed goes along, and is kept with the other session then.
    if state.input.kept != Draft::default() {
        state.input.kept = Draft::default();
        effects.push(Effect::KeepDraft(Draft::default()));
    }
    state.opening = true;
    effects.push(Effect::OpenSession { id, turn });
    effects
}

/// Shows a turn with its branch.
fn show(state: &mut State, turn: TurnId) -> Vec<Effect> {
    if state.conversation.get(turn).is_none() {
        return Vec::new();
    }
    if state.conversation.place(turn).is_none() {
        if state.running.is_some() {
            let text = "An answer is being written; the branch of that turn waits for it.";
            say(state, NoticeLevel::Info, text);
            return Vec::new();
        }
        state.conversation.show(turn);
    }
    let tip = state.conversation.tip().map(|entry| entry.turn.id);
    state.conversation.selected = Some(turn);
    state.conversation.scroll = Scroll::At { turn, line: 0, width: 0, byte: None };
    tip.map(Effect::KeepHead).into_iter().collect()
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
    let tip = state.conversation.tip().map(|entry| entry.turn.id);
    state.opening = true;
    vec![Effect::ForkSession { tip }]
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

/// A session is shown from now on, and its questions are asked as they were.
pub fn opened(state: &mut State, opened: OpenedSession) -> Vec<Effect> {
    let OpenedSession { id, title, turns, head, turn, asking, draft, recovered } = opened;
    state.opening = false;
    // What this session already read and wrote counts.
    state.totals = Totals::of(turns.iter());
    // These show what belongs to the conversation before.
    state.popups.retain(|popup| !popup.of_conversation());
    state.session = SessionCard { id, title, asking: asking.clone() };
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
    state.input.edits.clear();
    state.conversation.restore(turns, head);
    state.next_code_block = 0;
    if let Some(draft) = draft {
        typing::restore(state, draft);
    }
    if let Some(recovered) = recovered {
        say(state, NoticeLevel::Warning, recovered);
    }
    let mut effects = resume(state, asking);
    if let Some(turn) = turn {
        effects.extend(show(state, turn));
    }
    effects.extend(state.conversation.tip().map(|entry| answer::stale(&entry.turn)));
    effects
}

/// Asks as the session did. What was given on the command line stays.
fn resume(state: &mut State, asking: Option<Asking>) -> Vec<Effect> {
    let given = std::mem::take(&mut state.given);
    let Some(asking) = asking else { return work::load_first(state) };
    let before = state.here();
    let mut effects = Vec::new();
    if let Some(collection) = asking.collection.filter(|_| !given.collection) {
        let name = (!collection.is_empty()).then_some(collection);
        if name != state.collection {
            // Leaving it goes back to how things were before.
            if name.is_some() && state.outside.is_none() {
                state.outside = Some(before.clone());
            }
            state.collection.clone_from(&name);
            effects.push(Effect::UseCollection { name, bring: false });
        }
    }
    if let Some(quote) = asking.quote.filter(|_| !given.quote) {
        state.quote = quote;
    }
    if let Some(strategy) = asking.strategy.filter(|_| !given.strategy) {
        state.strategy = strategy;
    }
    let now = state.asking();
    let kept_model = asking.model.filter(|_| !given.model);
    let model = kept_model.or(now.model).unwrap_or_default();
    let (mode, adapter) = match (asking.mode, asking.adapter) {
        (Some(mode), Some(adapter)) if !given.mode => {
            let adapter = (adapter != NONE && mode.tuned()).then_some(adapter);
            // A mode that uses an adapter is nothing without one.
            if mode.tuned() && adapter.is_none() {
                (before.mode, before.adapter)
            } else {
                (mode, adapter)
            }
        }
        _ => (before.mode, before.adapter),
    };
    effects.extend(variant::load(state, model, adapter, mode));
    effects
}
