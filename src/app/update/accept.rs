//! Enter: what is chosen, typed or confirmed in a popup, or selected below.

use super::say::say;
use super::{ask, compare, evidence, jobs, popups, program, send, sessions, variant, work};
use crate::app::state::{Focus, NoticeLevel, PickerKind, PickerValue, Popup, PromptFor};
use crate::app::{Action, Effect, State};
use crate::domain::{JobId, JobKind};
use std::path::PathBuf;

/// What follows from Enter.
pub enum Accepted {
    /// It is done.
    Done(Vec<Effect>),
    /// An action was chosen, which is to be done.
    Act(Action),
}

/// Cancels a job that runs; of one that ended, says how.
fn cancel_job(state: &mut State, id: JobId) -> Vec<Effect> {
    let Some(job) = state.jobs.get(id) else { return Vec::new() };
    if !job.runs() {
        let text = format!("{}: {}", job.title, jobs::detail(job, state.now_ms));
        say(state, NoticeLevel::Info, text);
        return Vec::new();
    }
    match job.kind {
        JobKind::Index | JobKind::Load => program::stop(state),
        JobKind::Answer => ask::cancel(state),
        JobKind::Compare => compare::cancel(state),
    }
}

/// Enter in a popup.
pub fn accept(state: &mut State) -> Accepted {
    if let Some(Popup::Picker(picker)) = state.popups.last_mut()
        && picker.loading
    {
        // The rows are those of what was typed before.
        picker.accept_when_loaded = true;
        return Accepted::Done(Vec::new());
    }
    let effects = match state.popups.pop() {
        Some(Popup::Picker(picker)) => match picker.current().map(|row| row.value.clone()) {
            Some(PickerValue::Action(action)) => return Accepted::Act(action),
            Some(PickerValue::Model(name)) => work::load(state, name),
            Some(PickerValue::Theme(name)) => popups::set_theme(state, &name),
            Some(PickerValue::Session { id, turn }) => sessions::open(state, id, turn),
            Some(PickerValue::Adapter(name)) => variant::choose(state, &name),
            Some(PickerValue::Mode(mode)) => variant::set_mode(state, mode),
            Some(PickerValue::Collection(name)) => variant::collection(name),
            Some(PickerValue::Job(id)) => cancel_job(state, id),
            None if picker.kind == PickerKind::Adapters && !picker.query.is_empty() => {
                // A stack, a scale or a folder, which no row has.
                variant::choose(state, picker.query.text().trim())
            }
            None if picker.kind == PickerKind::Models && !picker.query.is_empty() => {
                // A folder, a file or a hub id that isn't in the list.
                work::load(state, picker.query.text().trim().to_owned())
            }
            None => {
                state.popups.push(Popup::Picker(picker));
                Vec::new()
            }
        },
        Some(Popup::Prompt(mut prompt)) => {
            let text = prompt.editor.text();
            let text = text.trim();
            match prompt.purpose {
                _ if text.is_empty() || prompt.waiting => {
                    state.popups.push(Popup::Prompt(prompt));
                    Vec::new()
                }
                PromptFor::Title => sessions::rename(state, text),
                PromptFor::SaveCopied => {
                    let path = PathBuf::from(text);
                    // It stays until the file is there: a path can be wrong.
                    (prompt.waiting, prompt.selected) = (true, false);
                    state.popups.push(Popup::Prompt(prompt));
                    popups::save_to(state, path)
                }
            }
        }
        Some(Popup::Confirm(confirm)) => sessions::delete(state, confirm.delete_session),
        Some(Popup::Viewer(viewer)) => {
            state.popups.push(Popup::Viewer(viewer));
            Vec::new()
        }
        Some(Popup::Help(mut help)) => {
            if std::mem::take(&mut help.typing) {
                state.popups.push(Popup::Help(help));
            }
            Vec::new()
        }
        Some(Popup::Compare(open)) => {
            state.popups.push(Popup::Compare(open));
            compare::keep(state)
        }
        None if state.focus == Focus::Input => send::send(state),
        None => evidence::open(state),
    };
    Accepted::Done(effects)
}
