//! An adapter being trained, or the last one that was.

use super::RequestId;
use crate::app::effect::TuneFrom;
use crate::domain::{TrainingPlan, TrainingPoint, TrainingSample, TrainingScore, TrainingStep};

/// How far training is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrainingPhase {
    /// What lies before it is looked at.
    Preparing,
    /// That is known; it begins on Enter.
    Planned,
    /// It runs.
    Running,
    /// It is done.
    Done,
    /// It was stopped after this step.
    Stopped(usize),
    /// It failed; what, and what to do.
    Failed(String),
}

/// An adapter being trained, or the last one that was.
#[derive(Clone, Debug)]
pub struct Training {
    /// The request.
    pub request: RequestId,
    /// Name of the adapter.
    pub name: String,
    /// The model it is for.
    pub model: String,
    /// What it is trained on.
    pub from: TuneFrom,
    /// How far it is.
    pub phase: TrainingPhase,
    /// What is being done before or after the steps.
    pub stage: String,
    /// What lay before it.
    pub plan: Option<TrainingPlan>,
    /// Loss by step.
    pub curve: Vec<TrainingPoint>,
    /// The last step.
    pub step: TrainingStep,
    /// Questions answered by the latest adapter.
    pub samples: Vec<TrainingSample>,
    /// Held-out questions judged, of how many.
    pub judged: Option<(usize, usize)>,
    /// What the adapter was worth.
    pub scores: Vec<TrainingScore>,
}

impl Training {
    /// One of which nothing is known yet.
    #[must_use]
    pub fn new(request: RequestId, name: String, model: String, from: TuneFrom) -> Self {
        Self {
            request,
            name,
            model,
            from,
            phase: TrainingPhase::Preparing,
            stage: String::new(),
            plan: None,
            curve: Vec::new(),
            step: TrainingStep::default(),
            samples: Vec::new(),
            judged: None,
            scores: Vec::new(),
        }
    }

    /// Whether something is being done.
    #[must_use]
    pub fn runs(&self) -> bool {
        matches!(self.phase, TrainingPhase::Preparing | TrainingPhase::Running)
    }
}
