//! What the engine and its running streams hold together.

use super::super::EngineError;
use super::panics;
use mistralrs::core::{MistralRs, Pipeline};
use std::sync::Arc;
use tokenizers::Tokenizer;
use tokio::sync::{Mutex, mpsc};

/// What the engine and its running streams hold together.
pub(super) struct Shared {
    /// The model as the engine thread runs it. That thread locks it for each
    /// step, here it is locked to render a prompt.
    pub(super) pipeline: Arc<Mutex<dyn Pipeline + Send + Sync>>,
    /// The way to the engine thread; closed once the thread is gone.
    pub(super) sender: mpsc::Sender<mistralrs::Request>,
    pub(super) tokenizer: Arc<Tokenizer>,
    /// Most tokens of prompt and answer together.
    pub(super) window: usize,
    /// Whether the chat template opens a thought by itself.
    pub(super) template_thinks: bool,
    /// Dropping it ends the engine thread.
    pub(super) engine: Arc<MistralRs>,
}

impl Shared {
    /// Runs `work` with the pipeline locked. While a generation runs this
    /// waits for the end of its step, at most one forward pass.
    pub(super) fn with_pipeline<T: Send>(
        &self,
        work: impl FnOnce(&dyn Pipeline) -> T + Send,
    ) -> Result<T, EngineError> {
        if let Ok(guard) = self.pipeline.try_lock() {
            return Ok(work(&*guard));
        }
        // Waiting for the lock is forbidden on a thread of an async runtime,
        // which this one may be.
        std::thread::scope(|scope| scope.spawn(|| work(&*self.pipeline.blocking_lock())).join())
            .map_err(|payload| EngineError::Crashed(panics::text(&*payload)))
    }

    /// The error of an engine whose thread is gone.
    pub(super) fn crashed() -> EngineError {
        EngineError::Crashed(
            panics::last_engine_panic().unwrap_or_else(|| "it left no message".to_owned()),
        )
    }
}
