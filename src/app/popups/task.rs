//! What follows from Enter in a popup.

use crate::app::action::Action;
use crate::app::effect::TuneFrom;
use crate::domain::{JobId, Mode, TurnId};
use std::path::PathBuf;

/// What is to be done once something was chosen, typed or confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Do this.
    Action(Action),
    /// Load this model.
    Model(String),
    /// Fetch this model, and load it.
    Pull(String),
    /// Show this theme.
    Theme(String),
    /// Resume this session.
    Session {
        /// Its id.
        id: String,
        /// The turn in it that was found.
        turn: Option<TurnId>,
    },
    /// Answer with this adapter.
    Adapter(String),
    /// Answer in this mode.
    Mode(Mode),
    /// Answer from this collection; from all where `None`.
    Collection(Option<String>),
    /// Cancel this job, or say how it ended.
    Job(JobId),
    /// Look what training on this would take.
    TuneFrom(TuneFrom),
    /// Ask for a file to train on.
    TuneFile,
    /// Show training, or begin what is planned.
    Training,
    /// Call this session so.
    Title(String),
    /// Save the copied text to this file.
    SaveCopied(PathBuf),
    /// Delete this session.
    DeleteSession(String),
    /// Keep the selected answer of the comparison.
    KeepColumn,
}
