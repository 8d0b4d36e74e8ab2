//! Loading with adapters.
//!
//! Safetensors: the engine merges them while it loads, before it quantizes. What
//! it quantized is written as UQFF, so that the next load needs neither. GGUF:
//! merged here into a file of its own, since the engine's GGUF LoRA does nothing.

use super::super::EngineError;
use super::super::adapter::{Combined, merge_gguf};
use super::super::format::load_error;
use super::super::merged::{Label, MergedError};
use super::files;
use super::options::{Tuning, go_on};
use super::pipeline::{Plan, Ready, load_folder, load_gguf, load_uqff};
use super::place::Place;
use candle_core::Device;
use mistralrs::core::LoraAdapterPaths;
use serde_json::json;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// The merged GGUF file of an entry.
const GGUF: &str = "model.gguf";

/// Loads a model with adapters, on the calling thread.
pub(super) fn load(
    place: &Place,
    quantization: &str,
    device: &Device,
    tuning: &Tuning,
    unwanted: &CancellationToken,
) -> Result<Ready, EngineError> {
    match place {
        Place::Folder(folder) => {
            let plan = Plan::new(folder, quantization, device)?;
            match (&tuning.cache, plan.isq) {
                // Unquantized weights load as fast with the adapter as without.
                (None, _) | (_, None) => {
                    merged_folder(folder, &plan, device, tuning, None, unwanted)
                }
                (Some(_), Some(_)) => cached_folder(folder, &plan, device, tuning, unwanted),
            }
        }
        Place::Gguf(file) => gguf(file, device, tuning, unwanted),
        Place::Uqff(file) => Err(load_error(
            file,
            "an adapter can't be merged into UQFF weights, which are quantized for good: name the safetensors folder that they were made from",
        )),
    }
}

fn cached_folder(
    folder: &Path,
    plan: &Plan,
    device: &Device,
    tuning: &Tuning,
    unwanted: &CancellationToken,
) -> Result<Ready, EngineError> {
    let Some(cache) = &tuning.cache else {
        return merged_folder(folder, plan, device, tuning, None, unwanted);
    };
    let failed = |error: MergedError| load_error(folder, error.to_string());
    let hash = &tuning.adapter.hash;
    let key = cache.key(&plan.found.weights, hash, &plan.quantization, "uqff").map_err(failed)?;
    let name = format!("{}.uqff", plan.quantization);
    // The engine numbers the files that it writes.
    let first = format!("{}-0.uqff", plan.quantization);
    if let Some(entry) = cache.find(&key) {
        match load_uqff(&entry.folder.join(&first), device) {
            Ok(ready) => {
                let quantization = plan.quantization.clone();
                return Ok(Ready { quantization, note: entry.label.note, ..ready });
            }
            Err(error) => tracing::warn!(%error, "a merged model does not load and is made anew"),
        }
    }
    // A cache that can't be written to is no reason not to answer.
    let draft = match cache.begin(&key, plan.found.bytes / 2) {
        Ok(draft) => draft,
        Err(error) => {
            tracing::warn!(%error, "the merged model is not kept");
            return merged_folder(folder, plan, device, tuning, None, unwanted);
        }
    };
    let written = Some(draft.folder().join(name));
    let ready = merged_folder(folder, plan, device, tuning, written, unwanted)?;
    let label = label(&tuning.adapter, &plan.quantization, None);
    if let Err(error) = draft.commit(label) {
        tracing::warn!(%error, "the merged model is not kept");
    }
    Ok(ready)
}

fn merged_folder(
    folder: &Path,
    plan: &Plan,
    device: &Device,
    tuning: &Tuning,
    write_uqff: Option<PathBuf>,
    unwanted: &CancellationToken,
) -> Result<Ready, EngineError> {
    let combined = &tuning.adapter;
    // The engine wants a file; it is gone again when the model is loaded.
    let draft = scratch(folder)?;
    let adapter_path = draft.path().join("adapter.safetensors");
    combined.write(&adapter_path)?;
    let config = json!({
        "r": combined.rank,
        "lora_alpha": combined.rank as f64,
        "target_modules": combined.targets(),
    });
    let lora_config = serde_json::from_value(config)
        .map_err(|error| load_error(folder, format!("the adapter's config: {error}")))?;
    let adapter = Some(LoraAdapterPaths { lora_config, adapter_path });
    go_on(folder, unwanted)?;
    load_folder(folder, plan, device, adapter, write_uqff)
}

fn gguf(
    file: &Path,
    device: &Device,
    tuning: &Tuning,
    unwanted: &CancellationToken,
) -> Result<Ready, EngineError> {
    let mut found = files::gguf(file)?;
    let failed = |error: MergedError| load_error(file, error.to_string());
    let combined = &tuning.adapter;
    let Some(cache) = &tuning.cache else {
        let scratch = scratch(file)?;
        let merged = scratch.path().join(GGUF);
        let report = merge_gguf(combined, &merged, &mut |_, _| go_on(file, unwanted))?;
        found.weights = vec![merged];
        // The engine maps the file, and the mapping outlives its name.
        return Ok(Ready { note: report.text(), ..load_gguf(file, &found, device)? });
    };
    let key = cache.key(&found.weights, &combined.hash, "as it is", "gguf").map_err(failed)?;
    if let Some(entry) = cache.find(&key) {
        found.weights = vec![entry.folder.join(GGUF)];
        return Ok(Ready { note: entry.label.note, ..load_gguf(file, &found, device)? });
    }
    let draft = cache.begin(&key, found.bytes).map_err(failed)?;
    let report =
        merge_gguf(combined, &draft.folder().join(GGUF), &mut |_, _| go_on(file, unwanted))?;
    tracing::info!(?report, "an adapter is merged into a GGUF file");
    let label = label(combined, &found.quantization, report.text());
    let folder = draft.commit(label).map_err(failed)?;
    found.weights = vec![folder.join(GGUF)];
    Ok(Ready { note: report.text(), ..load_gguf(file, &found, device)? })
}

fn label(combined: &Combined, quantization: &str, note: Option<String>) -> Label {
    Label {
        base: combined.base().name(),
        adapter: combined.name.clone(),
        quantization: quantization.to_owned(),
        note,
    }
}

/// A folder among the system's temporary files, gone when it is dropped.
fn scratch(of: &Path) -> Result<tempfile::TempDir, EngineError> {
    tempfile::Builder::new().prefix("lorag-adapter-").tempdir().map_err(|error| {
        load_error(of, format!("no temporary folder for its adapter can be made: {error}"))
    })
}
