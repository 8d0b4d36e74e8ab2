//! Training an adapter, as it is told and kept: how far it is, what it was worth.

use serde::{Deserialize, Serialize};

/// A point of the curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingPoint {
    /// The step, from 1; 0 before the first.
    pub step: usize,
    /// Mean loss of the step, in nats a token; `None` before the first.
    pub loss: Option<f64>,
    /// Loss of the rows held out, where they were read after this step.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_out: Option<f64>,
}

/// What questions of one form say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingScore {
    /// `hybrid` of questions with sources, `adapter` of those without.
    pub mode: String,
    /// Questions.
    pub n: usize,
    /// Token F1 of the plain model, mean.
    pub before: f64,
    /// The same with the adapter.
    pub after: f64,
    /// Mean difference.
    pub gain: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Seconds a question, plain model, mean.
    pub before_s: f64,
    /// The same with the adapter.
    pub after_s: f64,
    /// Tokens of the prompt, plain model, mean.
    pub before_prompt: f64,
    /// The same with the adapter.
    pub after_prompt: f64,
}

impl TrainingScore {
    /// Whether the adapter is better by more than chance.
    #[must_use]
    pub fn better(&self) -> bool {
        self.low > 0.0
    }

    /// What it says, in one line.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { mode, n, before, after, gain, low, high, .. } = self;
        let verdict = if self.better() {
            "better"
        } else if *high < 0.0 {
            "worse"
        } else {
            "no difference that these questions can tell"
        };
        format!(
            "{mode}: F1 {before:.3} → {after:.3} on {n} held-out questions, {gain:+.3} ({low:+.3} to {high:+.3}): {verdict}"
        )
    }
}

/// What training has before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingPlan {
    /// Rows to train on.
    pub rows: usize,
    /// Rows held out.
    pub held_out: usize,
    /// Rows left out, since they are too long.
    pub too_long: usize,
    /// Tokens of the rows to train on.
    pub tokens: usize,
    /// Steps, at most.
    pub steps: usize,
    /// Memory that it takes beside what is loaded, in bytes, as estimated.
    pub memory: u64,
    /// Memory that is free, in bytes; 0 where unknown.
    pub free: u64,
}

/// A step of training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingStep {
    /// Steps done.
    pub step: usize,
    /// Steps there are, at most.
    pub steps: usize,
    /// Mean loss of the step, in nats a token; `None` before the first.
    pub loss: Option<f64>,
    /// Loss of the rows held out, where they were read after this step.
    pub held_out: Option<f64>,
    /// Tokens read in a second.
    pub tokens_per_s: f64,
    /// Seconds until the end; `None` before the fifth step.
    pub left_s: Option<f64>,
    /// Resident memory of the process, in bytes.
    pub resident: u64,
}

/// A question answered while training runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainingSample {
    /// The question.
    pub question: String,
    /// What the plain model says.
    pub plain: String,
    /// What the latest adapter says; empty before there is one.
    pub tuned: String,
    /// The step of the latest adapter.
    pub step: usize,
}

/// News of training.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingNews {
    /// What is being done before or after, in one line.
    Stage(String),
    /// What lies before it.
    Plan(TrainingPlan),
    /// A step was done.
    Step(TrainingStep),
    /// Questions were answered by the latest adapter.
    Samples(Vec<TrainingSample>),
    /// A question was judged: how many, of how many.
    Judged(usize, usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(low: f64, high: f64) -> TrainingScore {
        TrainingScore { mode: "hybrid".into(), n: 40, low, high, ..TrainingScore::default() }
    }

    #[test]
    fn a_gain_is_one_whose_interval_leaves_out_zero() {
        assert!(score(0.01, 0.2).text().ends_with(": better"));
        assert!(score(-0.3, -0.1).text().ends_with(": worse"));
        let unclear = score(-0.1, 0.2);
        assert!(
            !unclear.better() && unclear.text().contains("no difference"),
            "{}",
            unclear.text()
        );
    }
}
