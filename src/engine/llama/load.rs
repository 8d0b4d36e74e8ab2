//! Loads a file, once for all who ask for it.

use super::super::adapter::Combined;
use super::super::mistral::{LoadOptions, Tuning, install_hook, panic_text};
use super::super::residents::Footprint;
use super::super::{EngineError, Message, ModelInfo, Role};
use super::engine::{LlamaEngine, Shared};
use super::error::load_error;
use super::ffi::{Adapter, Model};
use super::template::{self, Template};
use super::worker::Worker;
use super::{adapter, files, probe};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::SystemTime;
use tokio_util::sync::CancellationToken;

/// Tells whether two loads mean the same weights and the same cache.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    file: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
    window: usize,
    threads: usize,
}

impl Key {
    fn of(options: &LoadOptions, found: &files::Found) -> Self {
        let file = &found.file;
        Self {
            file: file.canonicalize().unwrap_or_else(|_| file.clone()),
            bytes: found.bytes,
            modified: std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok(),
            window: found.window,
            threads: match options.threads {
                0 => std::thread::available_parallelism().map_or(1, usize::from),
                threads => threads,
            },
        }
    }
}

/// What is loaded at the moment.
static LOADED: Mutex<Vec<(Key, Weak<Shared>)>> = Mutex::new(Vec::new());

/// Loads a model on a thread of its own. It ends early once `unwanted` is
/// cancelled. A file that is loaded already is not loaded again.
///
/// # Errors
/// [`EngineError::Load`] with the file that is to blame, and where the load was
/// not wanted any more.
pub async fn load_unless(
    options: LoadOptions,
    unwanted: &CancellationToken,
) -> Result<LlamaEngine, EngineError> {
    install_hook();
    let unwanted = unwanted.clone();
    let path = options.place.path().to_owned();
    let work = move || {
        std::panic::catch_unwind(AssertUnwindSafe(|| build(&options, &unwanted))).unwrap_or_else(
            |payload| {
                let text = panic_text(&*payload);
                let path = options.place.path();
                Err(load_error(path, format!("the inference engine crashed on it: {text}")))
            },
        )
    };
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(load_error(&path, "the thread that loads it has vanished")))
}

/// How much memory a model takes: its weights, a cache of the whole window, and
/// its adapters. Weights and cache are shared by all variants of a file, so that
/// one more takes only what its adapters take.
///
/// # Errors
/// Where its files are missing or damaged.
pub fn footprint(options: &LoadOptions, adapter_bytes: u64) -> Result<Footprint, EngineError> {
    let found = files::look(options)?;
    Ok(found.footprint(adapter_bytes, is_loaded(options, &found)))
}

/// Whether the weights of a model are in memory.
fn is_loaded(options: &LoadOptions, found: &files::Found) -> bool {
    let key = Key::of(options, found);
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.iter().any(|(known, shared)| *known == key && shared.strong_count() > 0)
}

fn build(options: &LoadOptions, unwanted: &CancellationToken) -> Result<LlamaEngine, EngineError> {
    let found = files::look(options)?;
    let path = found.file.clone();
    let known = is_loaded(options, &found);
    let plain = found.footprint(0, known);
    let shared = shared(options, found, unwanted)?;
    let adapter =
        options.adapter.as_ref().map(|tuning| adapt(&shared.model, &path, tuning)).transpose()?;
    let adapter_bytes = adapter.as_ref().map_or(0, |(_, _, bytes)| *bytes);
    let footprint = Footprint { weights: plain.weights + adapter_bytes, ..plain };
    let info = ModelInfo {
        name: options.name.clone(),
        quantization: shared.quantization.clone(),
        device: "cpu".to_owned(),
        engine: "llama.cpp".to_owned(),
        parameters: shared.parameters,
        window: shared.window,
        template_thinks: shared.template_thinks,
        end_tokens: shared.end_tokens.clone(),
        remote: false,
        takes_grammar: true,
        estimated: false,
    };
    tracing::info!(?info, "model loaded");
    let adapter = adapter.map(|(hash, adapter, _)| (hash, adapter));
    Ok(LlamaEngine { info, footprint, adapter, shared })
}

/// The weights with all that belongs to them, loaded unless they are there.
fn shared(
    options: &LoadOptions,
    found: files::Found,
    unwanted: &CancellationToken,
) -> Result<Arc<Shared>, EngineError> {
    let path = found.file.clone();
    let given_up = || load_error(&path, "its load was given up, since it is no longer wanted");
    let key = Key::of(options, &found);
    // Two loads of one file wait for each other: the second finds the first's.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.retain(|(_, shared)| shared.strong_count() > 0);
    let known = loaded.iter().find(|(known, _)| *known == key);
    if let Some(shared) = known.and_then(|(_, shared)| shared.upgrade()) {
        return Ok(shared);
    }
    if unwanted.is_cancelled() {
        return Err(given_up());
    }
    probe::check(&found.template).map_err(|reason| load_error(&path, reason))?;
    let template = Template::new(&found.template, found.marks)
        .map_err(|error| load_error(&path, format!("its chat template is damaged: {error}")))?;
    let model = Model::load(&path, &mut || !unwanted.is_cancelled()).map_err(|error| {
        if unwanted.is_cancelled() { given_up() } else { load_error(&path, error) }
    })?;
    if !model.generates() {
        return Err(load_error(
            &path,
            "it does not write texts: use it as `embedder` if it is an embedding model, and another one as `model`",
        ));
    }
    let probe = [Message { role: Role::User, text: "Hello".to_owned() }];
    let rendered = template
        .render(&probe, false)
        .map_err(|error| load_error(&path, format!("its chat template fails: {error}")))?;
    let ends = (0..model.tokens()).filter(|token| model.ends(*token));
    let end_tokens = ends.filter_map(|token| model.text(token)).collect();
    let model = Arc::new(model);
    let shape = Worker::shape(found.window, found.batch, key.threads);
    let worker = Worker::start(&model, shape).map_err(|error| load_error(&path, error))?;
    let shared = Arc::new(Shared {
        model,
        template,
        grammars: OnceLock::new(),
        worker,
        window: found.window,
        template_thinks: template::opens_thought(&rendered),
        end_tokens,
        quantization: found.quantization,
        parameters: found.parameters,
    });
    loaded.push((key, Arc::downgrade(&shared)));
    Ok(shared)
}

/// An adapter in llama.cpp's form: its hash, itself, and its size in bytes.
fn adapt(
    model: &Arc<Model>,
    path: &Path,
    tuning: &Tuning,
) -> Result<(String, Arc<Adapter>, u64), EngineError> {
    let combined: &Combined = &tuning.adapter;
    let file = adapter::file(combined, path, tuning.cache.as_deref())?;
    let bytes = std::fs::metadata(file.path()).map_or(0, |metadata| metadata.len());
    let adapter = Adapter::load(model, file.path())
        .map_err(|error| load_error(path, format!("the adapter {}: {error}", combined.name)))?;
    Ok((combined.hash.clone(), Arc::new(adapter), bytes))
}
