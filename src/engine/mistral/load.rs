//! Starts the engine on files that were found good.

use super::super::format::load_error;
use super::super::{EngineError, Message, ModelInfo, Role};
use super::engine::MistralEngine;
use super::footprint::{of as footprint_of, parameters};
use super::options::{LoadOptions, go_on};
use super::pipeline::{Loaded, Plan, Ready, device, load_folder, load_gguf, load_uqff};
use super::place::Place;
use super::shared::Shared;
use super::{files, template, tuned};
use candle_core::DeviceLocation;
use mistralrs::core::{DefaultSchedulerMethod, MistralRs, MistralRsBuilder, SchedulerConfig};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Answers that are generated at the same time; others wait.
const AT_ONCE: usize = 4;

/// Loads a model on the calling thread, which must be a fresh one.
pub(super) fn build(
    options: &LoadOptions,
    unwanted: &CancellationToken,
) -> Result<MistralEngine, EngineError> {
    note_threads(options.threads);
    let path = options.place.path();
    go_on(path, unwanted)?;
    let device = device();
    let Ready { pipeline, quantization, note } = match (&options.place, &options.adapter) {
        (_, Some(tuning)) => {
            tuned::load(&options.place, &options.quantization, &device, tuning, unwanted)?
        }
        (Place::Folder(folder), None) => {
            let plan = Plan::new(folder, &options.quantization, &device)?;
            go_on(folder, unwanted)?;
            load_folder(folder, &plan, &device, None, None)?
        }
        (Place::Gguf(file), None) => load_gguf(file, &files::gguf(file)?, &device)?,
        (Place::Uqff(file), None) => load_uqff(file, &device)?,
    };

    go_on(path, unwanted)?;
    let guard = pipeline.try_lock().map_err(|_| load_error(path, "the engine is in use"))?;
    let metadata = guard.get_metadata();
    let tokenizer = guard.tokenizer().ok_or_else(|| load_error(path, "it has no tokenizer"))?;
    let location = guard.device().location();
    let probe = [Message { role: Role::User, text: "Hello".to_owned() }];
    let rendered = template::render(&*guard, &probe, false)
        .map_err(|error| load_error(path, format!("its chat template fails: {error:#}")))?;
    drop(guard);

    let own = metadata.max_seq_len;
    let window = options.window.filter(|window| *window > 0).map_or(own, |window| window.min(own));
    let mut end_tokens: Vec<String> = Vec::new();
    for id in &metadata.eos_tok {
        if let Some(token) = tokenizer.id_to_token(*id)
            && !end_tokens.contains(&token)
        {
            end_tokens.push(token);
        }
    }
    let template_thinks = template::opens_thought(&rendered.text);
    let engine = start(path, Arc::clone(&pipeline))?;
    let sender = engine
        .get_sender(None)
        .map_err(|error| load_error(path, format!("the engine did not start: {error}")))?;
    let info = ModelInfo {
        name: options.name.clone(),
        quantization,
        device: match location {
            DeviceLocation::Cpu => "cpu".to_owned(),
            DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
            DeviceLocation::Metal { .. } => "metal".to_owned(),
        },
        engine: "mistral.rs".to_owned(),
        parameters: parameters(options),
        window,
        template_thinks,
        end_tokens,
        remote: false,
        takes_grammar: true,
        estimated: false,
    };
    tracing::info!(?info, "model loaded");
    let shared = Shared { pipeline, sender, tokenizer, window, template_thinks, engine };
    let footprint = footprint_of(options, options.adapter.is_some())?;
    Ok(MistralEngine { info, footprint, note, shared: Arc::new(shared) })
}

/// Starts the engine's thread.
fn start(path: &Path, pipeline: Loaded) -> Result<Arc<MistralRs>, EngineError> {
    // On a runtime of one thread the engine skips its trial run.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| load_error(path, format!("the engine did not start: {error}")))?;
    let method =
        DefaultSchedulerMethod::Fixed(NonZeroUsize::new(AT_ONCE).unwrap_or(NonZeroUsize::MIN));
    let builder =
        MistralRsBuilder::new(pipeline, SchedulerConfig::DefaultScheduler { method }, false, None);
    // The prefix cache grows without bound on a CPU, and a prompt that is in it
    // as a whole is read one token short.
    Ok(runtime.block_on(builder.with_no_prefix_cache(true).build()))
}

/// Notes it where the engine won't obey the number of threads.
fn note_threads(threads: usize) {
    let set = std::env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.parse().ok());
    if threads > 0 && set != Some(threads) {
        tracing::warn!(
            threads,
            "RAYON_NUM_THREADS is not set to this number, so the engine does not keep to it"
        );
    }
}
