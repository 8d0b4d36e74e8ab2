//! What to load and how.

use super::super::EngineError;
use super::super::adapter::Combined;
use super::super::format::load_error;
use super::super::merged::Cache;
use super::place::Place;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What to load and how.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Name to show.
    pub name: String,
    /// Where the weights are.
    pub place: Place,
    /// `auto`, `none`, or the name of an in-situ quantization such as `q4k`,
    /// `q5k`, `q6k`, `q8_0`. Only for safetensors: GGUF and UQFF keep theirs.
    pub quantization: String,
    /// Most tokens of prompt and answer together; the model's own limit where
    /// `None`, and never more than that.
    pub window: Option<usize>,
    /// Threads, the number of cores where 0. The engine's thread pools read
    /// `RAYON_NUM_THREADS` once, so the program sets it before it starts its
    /// first thread; a load can only note in the log that it was not set.
    pub threads: usize,
    /// The adapters to merge into the weights.
    pub adapter: Option<Tuning>,
}

/// Adapters on their way into a model.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// What is added to the weights.
    pub adapter: Arc<Combined>,
    /// Where merged weights that take long to make are kept; they are made anew
    /// each time where `None`.
    pub cache: Option<Arc<Cache>>,
}

/// Ends a load that nobody waits for any more.
pub(super) fn go_on(path: &Path, unwanted: &CancellationToken) -> Result<(), EngineError> {
    if unwanted.is_cancelled() {
        return Err(load_error(path, "its load was given up, since it is no longer wanted"));
    }
    Ok(())
}
