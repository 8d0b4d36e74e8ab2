//! mistral.rs behind [`Engine`]: the only place of the crate, beside one
//! embedder, that knows its types.
//!
//! `place` tells what kind of model a path is; `files`, `config`,
//! `safetensors`, `gguf` and `template` look at its files before the engine
//! gets them; `load` builds the engine on a thread of its own; `stream` runs
//! one generation; `panics` keeps what the engine said when it crashed.
//!
//! Nothing here touches the network or prints: paths are given to the engine
//! one by one, so that it never asks the hub, and its log goes to `tracing`.

#[cfg(test)]
pub(super) mod adapter_tests;
mod config;
mod files;
mod footprint;
#[cfg(test)]
mod format_tests;
mod gguf;
mod likelihood;
mod load;
mod panics;
mod place;
mod restraint;
mod safetensors;
mod stream;
mod template;
#[cfg(test)]
mod tests;
mod tuned;

pub(super) use panics::install_hook;
pub use panics::last_engine_panic;
#[cfg(feature = "llama")]
pub(super) use panics::text as panic_text;
pub use place::Place;

use super::adapter::Combined;
use super::merged::Cache;
use super::residents::{Alive, Footprint};
use super::{Engine, EngineError, EventStream, Message, ModelInfo, Request};
use mistralrs::core::{MistralRs, Pipeline};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokenizers::Tokenizer;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Stack of the thread that loads, in bytes: as much as a program's main
/// thread has, since the engine was written to be loaded there.
const LOAD_STACK: usize = 8 << 20;

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

/// A model loaded by mistral.rs.
///
/// Dropping it ends the engine's threads, as soon as its running streams are
/// dropped too.
pub struct MistralEngine {
    info: ModelInfo,
    footprint: Footprint,
    note: Option<String>,
    shared: Arc<Shared>,
}

/// What the engine and its running streams hold together.
struct Shared {
    /// The model as the engine thread runs it. That thread locks it for each
    /// step, here it is locked to render a prompt.
    pipeline: Arc<Mutex<dyn Pipeline + Send + Sync>>,
    /// The way to the engine thread; closed once the thread is gone.
    sender: mpsc::Sender<mistralrs::Request>,
    tokenizer: Arc<Tokenizer>,
    /// Most tokens of prompt and answer together.
    window: usize,
    /// Whether the chat template opens a thought by itself.
    template_thinks: bool,
    /// Dropping it ends the engine thread.
    engine: Arc<MistralRs>,
}

/// Loads a model, on a fresh thread: the engine keeps the state of adapters
/// and of quantization in thread-local variables that it never clears, so that
/// a second load on one thread would inherit the first one's.
///
/// # Errors
/// [`EngineError::Load`] with the file that is to blame. Also where the engine
/// panics over it.
pub async fn load(options: LoadOptions) -> Result<MistralEngine, EngineError> {
    load_unless(options, &CancellationToken::new()).await
}

/// [`load`], which ends between two stages once `unwanted` is cancelled. It
/// can't end within one, so what it returns is waited for in any case by who
/// has to know when its memory is free.
///
/// # Errors
/// As [`load`], and where it was not wanted any more.
pub async fn load_unless(
    options: LoadOptions,
    unwanted: &CancellationToken,
) -> Result<MistralEngine, EngineError> {
    install_hook();
    let unwanted = unwanted.clone();
    let path = options.place.path().to_owned();
    let blamed = path.clone();
    let (done, loaded) = oneshot::channel();
    let work = move || {
        let result =
            std::panic::catch_unwind(AssertUnwindSafe(|| load::build(&options, &unwanted)))
                .unwrap_or_else(|payload| {
                    let text = panics::text(&*payload);
                    Err(load_error(&blamed, format!("the inference engine crashed on it: {text}")))
                });
        // Nobody waits any more: the model is dropped again.
        drop(done.send(result));
    };
    std::thread::Builder::new()
        .name(panics::LOAD_THREAD.to_owned())
        .stack_size(LOAD_STACK)
        .spawn(work)
        .map_err(|error| load_error(&path, format!("no thread could be started: {error}")))?;
    loaded.await.unwrap_or_else(|_| Err(load_error(&path, "the thread that loads it has vanished")))
}

impl MistralEngine {
    /// What is to be said of how its weights were merged, if anything: tensors
    /// that had to be written in another type.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The same, with why this engine runs it.
    #[must_use]
    pub fn because(mut self, why: &str) -> Self {
        self.info.engine = format!("{} ({why})", self.info.engine);
        self
    }
}

/// Whether models run on a GPU: this program was built for one that is there.
#[must_use]
pub fn has_gpu() -> bool {
    !load::device().is_cpu()
}

/// The weight files of a safetensors folder.
///
/// # Errors
/// Where they are missing, or it is not clear which they are.
pub fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    files::weights(folder)
}

/// The names and shapes of the tensors of a safetensors file.
///
/// # Errors
/// Where it is damaged.
pub fn tensor_shapes(path: &Path) -> Result<Vec<(String, Vec<u64>)>, EngineError> {
    safetensors::shapes(path)
}

/// The files that a GGUF model is split into, the given one among them.
///
/// # Errors
/// Where some are missing.
pub fn gguf_files(file: &Path) -> Result<Vec<PathBuf>, EngineError> {
    files::parts_of_gguf(file)
}

/// How much memory a model would take, from the headers of its files; `tuned`
/// where adapters are merged into it.
///
/// # Errors
/// Where its files are missing or damaged.
pub fn footprint(options: &LoadOptions, tuned: bool) -> Result<Footprint, EngineError> {
    footprint::of(options, tuned)
}

impl Shared {
    /// Runs `work` with the pipeline locked. While a generation runs this
    /// waits for the end of its step, at most one forward pass.
    fn with_pipeline<T: Send>(
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
    fn crashed() -> EngineError {
        EngineError::Crashed(last_engine_panic().unwrap_or_else(|| "it left no message".to_owned()))
    }
}

impl Engine for MistralEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count(&self, text: &str) -> usize {
        match self.shared.tokenizer.encode_fast(text, false) {
            Ok(encoding) => encoding.len(),
            Err(error) => {
                tracing::warn!(%error, "the tokenizer failed, its tokens are estimated");
                text.len().div_ceil(2)
            }
        }
    }

    /// Exact: the engine's own code renders the template and counts. Thinking
    /// is taken to be off; a request that thinks is counted again when it
    /// starts.
    fn count_prompt(&self, messages: &[Message]) -> Result<usize, EngineError> {
        let rendered =
            self.shared.with_pipeline(|pipeline| template::render(pipeline, messages, false))?;
        match rendered {
            Ok(rendered) => Ok(rendered.tokens),
            Err(error) => Err(template::refused(&error)),
        }
    }

    /// Each event before the last is one decoded token: see `stream`.
    fn generate(&self, request: Request) -> EventStream {
        stream::generate(Arc::clone(&self.shared), request)
    }

    fn footprint(&self) -> Footprint {
        self.footprint
    }

    /// The weights are gone once nobody holds the pipeline: the engine's own
    /// thread is the last to let it go.
    fn alive(&self) -> Alive {
        let pipeline = Arc::downgrade(&self.shared.pipeline);
        Alive::new(move || pipeline.strong_count() > 0)
    }
}

impl fmt::Debug for MistralEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MistralEngine").field("info", &self.info).finish_non_exhaustive()
    }
}

/// The error of a model that can't be loaded because of `path`.
fn load_error(path: &Path, reason: impl Into<String>) -> EngineError {
    EngineError::Load { path: path.to_owned(), reason: reason.into() }
}

/// Ends a load that nobody waits for any more.
fn go_on(path: &Path, unwanted: &CancellationToken) -> Result<(), EngineError> {
    if unwanted.is_cancelled() {
        return Err(load_error(path, "its load was given up, since it is no longer wanted"));
    }
    Ok(())
}

/// The error of a file or folder that can't be read.
fn unreadable(path: &Path, error: &std::io::Error) -> EngineError {
    load_error(path, format!("it cannot be read: {error}"))
}
