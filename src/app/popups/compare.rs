//! The same question answered by several variants, side by side.

use super::layer::{Accept, Close, Layered};
use super::task::Task;
use crate::app::compared::CompareVariant;
use crate::app::effect::Effect;
use crate::app::keymap::Layer;
use crate::app::state::{Entry, Phase, RequestId};
use crate::domain::JobKind;
use crate::domain::{Outcome, TurnId};

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

impl Layered for Compare {
    fn layer(&self) -> Layer {
        Layer::Compare
    }

    fn scrolled(&mut self, line: usize, _row: usize) {
        self.scroll = line;
    }

    fn accept(&mut self) -> Accept {
        Accept::Try(Task::KeepColumn)
    }

    /// What is still being answered is dropped.
    fn close(&mut self) -> Close {
        let running = std::mem::take(&mut self.running);
        let effect =
            running.then_some(Effect::Cancel { kind: JobKind::Compare, request: self.request });
        Close { effect, ..Close::default() }
    }

    fn of_conversation(&self) -> bool {
        true
    }
}
