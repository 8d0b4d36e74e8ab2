//! What can go wrong, said for the person at the keyboard.

use std::path::PathBuf;

/// Why there is no adapter.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The base model's files can't be read, or are damaged.
    #[error("{path}: {reason}")]
    Base {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A kind of model that can't be trained here.
    #[error(
        "{path}: {what} can't be trained here. Trained are llama, mistral, qwen2 and qwen3 models, \
         as a folder of safetensors or as a GGUF file."
    )]
    Unsupported {
        /// The folder or file.
        path: PathBuf,
        /// What it holds.
        what: String,
    },
    /// The rows don't fit the model or the options.
    #[error("{0}")]
    Rows(String),
    /// An option that makes no sense.
    #[error("{0}")]
    Options(String),
    /// A checkpoint that can't be read, or belongs to another run.
    #[error("{path}: {reason}")]
    Checkpoint {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The adapter or a checkpoint can't be written.
    #[error("{path} can't be written: {reason}")]
    Write {
        /// Where to.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Numbers that ran away.
    #[error(
        "the loss is no number any more at step {step}: train with a smaller learning rate than {rate}"
    )]
    Diverged {
        /// The step, counted from 1.
        step: usize,
        /// The learning rate at that step.
        rate: f64,
    },
    /// The computation failed.
    #[error("the training can't be computed: {0}")]
    Compute(#[from] candle_core::Error),
    /// It was asked to end in the middle of a step.
    #[error("the training was stopped")]
    Halted,
    /// The threads can't be started.
    #[error("the threads of the training can't be started: {0}")]
    Threads(String),
}
