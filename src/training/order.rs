//! What is to be trained, how it ends, and what can go wrong.

use super::record::Record;
use crate::config;
use crate::data;
use crate::domain::TrainingNews;
use crate::setup::SetupError;
use std::path::PathBuf;

/// The folder that a run is kept in, within its folder.
pub const CHECKPOINT: &str = "checkpoint";

/// The peak learning rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    /// As it suits a model of its size.
    BySize,
    /// This.
    Fixed(f64),
    /// The best of several that are tried on a few steps.
    Auto,
}

/// What is to be trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// Name of the adapter.
    pub name: String,
    /// The rows.
    pub data: PathBuf,
    /// Rows to measure on; a share of the documents of `data` where `None`.
    pub held_out: Option<PathBuf>,
    /// The model.
    pub model: String,
    /// How.
    pub tune: config::Tune,
    /// The learning rate.
    pub rate: Rate,
    /// Threads; the number of cores where 0.
    pub threads: usize,
    /// Only so many rows.
    pub limit: Option<usize>,
    /// Held-out questions that are answered before and after, at most.
    pub questions: usize,
    /// Whether to go on with a run that was cut short.
    pub resume: bool,
    /// Whether to forget such a run, and to replace an adapter of this name.
    pub fresh: bool,
    /// Questions that are answered while it runs.
    pub samples: usize,
}

/// How training ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Trained {
    /// The adapter lies here.
    Done {
        /// Its folder.
        folder: PathBuf,
        /// What is known of it.
        record: Box<Record>,
    },
    /// It was stopped; what was trained is kept.
    Stopped {
        /// Steps done.
        step: usize,
        /// Steps there would have been.
        steps: usize,
    },
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The user asked for what can't be.
    #[error("{0}")]
    Usage(String),
    /// It failed.
    #[error("{0}")]
    Failed(String),
}

impl From<SetupError> for TrainError {
    fn from(error: SetupError) -> Self {
        if error.usage { Self::Usage(error.message) } else { Self::Failed(error.message) }
    }
}

/// Errors that say enough by themselves.
macro_rules! failures {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for TrainError {
            fn from(error: $error) -> Self {
                Self::Failed(error.to_string())
            }
        }
    )*};
}

failures!(std::io::Error, tokio::task::JoinError, crate::engine::EngineError);

impl From<data::DataError> for TrainError {
    fn from(error: data::DataError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Who hears how far it is.
pub type Tell<'a> = &'a (dyn Fn(TrainingNews) + Send + Sync);
