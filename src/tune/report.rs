//! What a training is told and tells: where it stands, what to do next, what
//! came of it.

use super::adapter::Adapter;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Losses at one step. Step 0 is before the first.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Point {
    /// Steps that were done.
    pub step: usize,
    /// Mean loss of the tokens that count in this step's rows.
    pub loss: Option<f32>,
    /// Mean loss of those in the held-out rows, where they were evaluated.
    pub held_out: Option<f32>,
}

/// Where a training stands; told after each step and each evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Steps that are done.
    pub step: usize,
    /// Steps of the whole training, unless it ends early.
    pub steps: usize,
    /// Which time the rows are seen, counted from 1.
    pub epoch: usize,
    /// Mean loss of the last step.
    pub loss: Option<f64>,
    /// Learning rate of the last step.
    pub rate: f64,
    /// Held-out loss, where it was evaluated just now.
    pub held_out: Option<f64>,
    /// Best held-out loss so far.
    pub best: Option<f64>,
    /// Tokens that are read per second, those that don't count included.
    pub tokens_per_second: f64,
    /// Seconds left, from the fifth step on.
    pub seconds_left: Option<f64>,
    /// Resident memory of the process, in bytes.
    pub memory: u64,
    /// All losses so far.
    pub curve: &'a [Point],
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    /// Go on.
    Continue,
    /// Write a checkpoint and end.
    Stop,
    /// Write the adapter as it is now to this folder, and go on.
    Write(PathBuf),
}

/// Where checkpoints are written.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The folder.
    pub folder: &'a Path,
    /// Whether to go on from the checkpoint therein, if there is one.
    pub resume: bool,
}

/// How one training runs, besides what decides its weights.
#[derive(Clone, Copy, Debug, Default)]
pub struct Run<'a> {
    /// Where checkpoints are written.
    pub checkpoint: Option<Place<'a>>,
    /// Set from another thread, ends the training within one block's time. A
    /// checkpoint of the last whole step is kept.
    pub halt: Option<&'a AtomicBool>,
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// All steps are done.
    Finished,
    /// The held-out loss did not fall any more.
    Early,
    /// It was asked to.
    Stopped,
}

/// What a training made.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The weights with the best held-out loss; the last ones where nothing is
    /// held out.
    pub adapter: Adapter,
    /// All losses.
    pub curve: Vec<Point>,
    /// Why it ended.
    pub end: End,
    /// Steps that were done.
    pub step: usize,
    /// The step after which the adapter was as it is.
    pub best_step: usize,
    /// Held-out loss without the adapter.
    pub held_out_before: Option<f64>,
    /// Held-out loss with it.
    pub held_out: Option<f64>,
    /// Tokens read in steps.
    pub tokens: u64,
    /// Seconds of steps and evaluations.
    pub seconds: f64,
    /// Highest learning rate.
    pub rate: f64,
    /// Rows that were left out: too long, or without an answer.
    pub left_out: usize,
}
