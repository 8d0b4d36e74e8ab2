//! The same question answered by several variants, side by side.

use super::conversation::{Entry, Phase};
use super::request::RequestId;
use crate::domain::{Mode, Outcome, TurnId};

/// One way to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareVariant {
    /// The mode.
    pub mode: Mode,
    /// The adapters; `None` for the plain model.
    pub adapter: Option<String>,
}

impl CompareVariant {
    /// Its name: the mode, and the adapter where there is one.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.adapter {
            Some(adapter) => format!("{} · {adapter}", self.mode),
            None => self.mode.to_string(),
        }
    }
}

/// A column of a comparison.
#[derive(Clone, Debug)]
pub struct CompareColumn {
    /// How it is answered.
    pub variant: CompareVariant,
    /// The turn it would become, with how far its answer is.
    pub entry: Entry,
    /// Whether its model is being loaded.
    pub loading: bool,
    /// How long it took until its model could answer, in milliseconds.
    pub switch_ms: Option<f64>,
    /// What its engine takes, in bytes.
    pub memory_bytes: Option<u64>,
}

impl CompareColumn {
    /// Whether nothing more comes.
    #[must_use]
    pub fn done(&self) -> bool {
        !self.loading
            && self.entry.phase == Phase::Done
            && self.entry.turn.outcome != Outcome::Pending
    }

    /// Whether it has an answer that can be kept.
    #[must_use]
    pub fn answered(&self) -> bool {
        self.done() && !matches!(self.entry.turn.outcome, Outcome::Failed { .. })
    }
}

/// A comparison.
#[derive(Clone, Debug)]
pub struct Compare {
    /// The request.
    pub request: RequestId,
    /// The question.
    pub question: String,
    /// The turn that the kept answer follows.
    pub parent: Option<TurnId>,
    /// The columns.
    pub columns: Vec<CompareColumn>,
    /// The selected column.
    pub selected: usize,
    /// The topmost row of the answers.
    pub scroll: usize,
    /// Whether columns are still being answered.
    pub running: bool,
}
