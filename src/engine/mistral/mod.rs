//! mistral.rs behind [`Engine`](super::Engine): the only place of the crate, beside one
//! embedder, that knows its types.
//!
//! `place` tells what kind of model a path is; `files`, `config`, `gguf` and
//! `template` look at its files before the engine gets them; `pipeline` loads
//! weights, `tuned` those with adapters; `load` starts the engine on a thread
//! of its own; `engine` is what comes of it; `stream` runs one generation;
//! `panics` keeps what the engine said when it crashed.
//!
//! Nothing here touches the network or prints: paths are given to the engine
//! one by one, so that it never asks the hub, and its log goes to `tracing`.

#[cfg(test)]
pub(super) mod adapter_tests;
mod config;
mod engine;
mod files;
mod footprint;
#[cfg(test)]
mod format_tests;
mod gguf;
mod likelihood;
mod load;
mod options;
mod panics;
mod pipeline;
mod place;
mod restraint;
mod shared;
mod stream;
mod template;
#[cfg(test)]
mod tests;
mod tuned;

pub use engine::MistralEngine;
pub use options::{LoadOptions, Tuning};
pub(super) use panics::install_hook;
pub use panics::last_engine_panic;
#[cfg(feature = "llama")]
pub(super) use panics::text as panic_text;
pub use place::Place;

use super::EngineError;
use super::format::load_error;
use super::residents::Footprint;
use std::panic::AssertUnwindSafe;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// Stack of the thread that loads, in bytes: as much as a program's main
/// thread has, since the engine was written to be loaded there.
const LOAD_STACK: usize = 8 << 20;

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

/// Whether models run on a GPU: this program was built for one that is there.
#[must_use]
pub fn has_gpu() -> bool {
    !pipeline::device().is_cpu()
}

/// How much memory a model would take, from the headers of its files; `tuned`
/// where adapters are merged into it.
///
/// # Errors
/// Where its files are missing or damaged.
pub fn footprint(options: &LoadOptions, tuned: bool) -> Result<Footprint, EngineError> {
    footprint::of(options, tuned)
}
