//! Enter: what is chosen, typed or confirmed in a popup, or selected below.

use super::say::say;
use super::{
    ask, compare, evidence, jobs, models, popups, program, send, sessions, tune, variant, work,
};
use crate::app::popups::{Accept, Task};
use crate::app::state::{Focus, NoticeLevel};
use crate::app::{Action, Effect, State};
use crate::domain::{JobId, JobKind};

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
        JobKind::Pull => models::cancel_pull(state),
        JobKind::Tune => tune::stop(state),
    }
}

/// Enter.
pub fn accept(state: &mut State) -> Accepted {
    let Some(popup) = state.popups.last_mut() else {
        let input = state.focus == Focus::Input;
        return Accepted::Done(if input { send::send(state) } else { evidence::open(state) });
    };
    let task = match popup.accept() {
        Accept::Stay => None,
        Accept::Try(task) => Some(task),
        Accept::Leave => {
            state.popups.pop();
            None
        }
        Accept::Do(task) => {
            state.popups.pop();
            Some(task)
        }
    };
    match task {
        Some(Task::Action(action)) => Accepted::Act(action),
        Some(task) => Accepted::Done(carry_out(state, task)),
        None => Accepted::Done(Vec::new()),
    }
}

/// Does what was chosen, typed or confirmed; actions are the caller's.
fn carry_out(state: &mut State, task: Task) -> Vec<Effect> {
    match task {
        Task::Action(_) => Vec::new(),
        Task::Model(name) => work::load(state, name),
        Task::Pull(name) => models::pull(state, name),
        Task::Theme(name) => popups::set_theme(state, &name),
        Task::Session { id, turn } => sessions::open(state, id, turn),
        Task::Adapter(name) => variant::choose(state, &name),
        Task::Mode(mode) => variant::set_mode(state, mode),
        Task::Collection(name) => variant::collection(name),
        Task::Job(id) => cancel_job(state, id),
        Task::TuneFrom(from) => tune::prepare(state, from, None),
        Task::TuneFile => tune::ask_file(state),
        Task::Training => tune::accept(state),
        Task::Title(title) => sessions::rename(state, &title),
        Task::SaveCopied(path) => popups::save_to(state, path),
        Task::DeleteSession(id) => sessions::delete(state, id),
        Task::KeepColumn => compare::keep(state),
    }
}
