//! How much memory a model takes, told from the headers of its files before it
//! is loaded.
//!
//! The weights are counted as they are computed with, the key-value cache for
//! one answer that fills the window, and what loading needs on top by what it
//! holds at the same time. These are estimates; the screen shows the resident
//! memory of the process beside them.

use super::super::EngineError;
use super::super::format::weights::parts_of_gguf;
use super::super::residents::Footprint;
use super::options::LoadOptions;
use super::pipeline::{Plan, device};
use super::place::Place;
use super::{config, files, gguf};
use candle_core::Device;
use mistralrs::core::{IsqType, ModelDType};
use serde_json::Value;

/// Numbers of a transformer that decide what its cache takes.
struct Shape {
    layers: u64,
    kv_heads: u64,
    head: u64,
    window: u64,
}

impl Shape {
    /// Bytes of keys and values for one answer that fills the window.
    fn cache(&self, options: &LoadOptions, bytes: u64) -> u64 {
        let own = if self.window > 0 { self.window } else { u64::MAX };
        let wanted = options.window.filter(|window| *window > 0).map_or(own, |w| w as u64);
        let window = own.min(wanted);
        if window == u64::MAX {
            return 0;
        }
        2 * self.layers * self.kv_heads * self.head * window * bytes
    }
}

/// Looks at the files of a model.
pub(super) fn of(options: &LoadOptions, tuned: bool) -> Result<Footprint, EngineError> {
    let device = device();
    match &options.place {
        Place::Folder(folder) => {
            let plan = Plan::new(folder, &options.quantization, &device)?;
            let value = config::json(&plan.found.config_file)?;
            let bytes = width(&plan.dtype, &device);
            let parameters = plan.found.parameters;
            let (weights, peak) = match plan.isq {
                // Computed with as they come.
                None => (parameters * bytes, adapted(tuned, &value, bytes)),
                Some(isq) => {
                    let kept = embedded(&value).min(parameters);
                    let quantized = (parameters - kept) * bits(isq) / 8 + kept * bytes;
                    // Each layer is whole in memory until it is quantized, and
                    // the pool that quantizes lags behind the reader.
                    (quantized, plan.found.bytes)
                }
            };
            Ok(Footprint { weights, cache: shape(&value).cache(options, bytes), peak })
        }
        Place::Gguf(file) => {
            let found = files::gguf(file)?;
            let shape = gguf_shape(file)?;
            // The merged file is made in memory before it is written.
            let peak = if tuned { found.bytes } else { 0 };
            Ok(Footprint { weights: found.bytes, cache: shape.cache(options, 4), peak })
        }
        Place::Uqff(file) => {
            let found = files::uqff(file)?;
            let value = config::json(&found.config_file)?;
            let residual = file.with_file_name("residual.safetensors");
            let rest = std::fs::metadata(residual).map_or(0, |metadata| metadata.len());
            let cache = shape(&value).cache(options, 4);
            Ok(Footprint { weights: found.bytes + rest, cache, peak: 0 })
        }
    }
}

/// How many numbers a model's weights are; 0 where its files don't tell.
pub(super) fn parameters(options: &LoadOptions) -> u64 {
    match &options.place {
        Place::Folder(folder) => files::folder(folder).map_or(0, |found| found.parameters),
        Place::Gguf(file) => {
            let parts = parts_of_gguf(file).unwrap_or_default();
            let numbers = parts.iter().map(|part| gguf::parameters(part).unwrap_or(0));
            numbers.fold(0, u64::saturating_add)
        }
        Place::Uqff(_) => 0,
    }
}

/// Bytes of one weight that is not quantized.
fn width(dtype: &ModelDType, device: &Device) -> u64 {
    if matches!(dtype, ModelDType::F32) && device.is_cpu() { 4 } else { 2 }
}

/// Bits of one weight in this type, the scales of its block included.
fn bits(isq: IsqType) -> u64 {
    match isq {
        IsqType::Q2K => 3,
        IsqType::Q3K => 4,
        IsqType::Q4_0 | IsqType::Q4_1 | IsqType::Q4K | IsqType::HQQ4 | IsqType::AFQ4 => 5,
        IsqType::Q5_0 | IsqType::Q5_1 | IsqType::Q5K => 6,
        IsqType::Q6K => 7,
        _ => 9,
    }
}

/// What one layer takes twice while an adapter is merged into it.
fn adapted(tuned: bool, value: &Value, bytes: u64) -> u64 {
    if !tuned {
        return 0;
    }
    let side = |key: &str| number(value, key);
    2 * side("hidden_size") * side("intermediate_size") * bytes
}

/// Weights of the embeddings, which no in-situ quantization touches.
fn embedded(value: &Value) -> u64 {
    let tied = value.get("tie_word_embeddings").and_then(Value::as_bool).unwrap_or(false);
    let one = number(value, "vocab_size") * number(value, "hidden_size");
    if tied { 2 * one } else { one }
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

fn shape(value: &Value) -> Shape {
    let heads = number(value, "num_attention_heads").max(1);
    let kv_heads = match number(value, "num_key_value_heads") {
        0 => heads,
        kv_heads => kv_heads,
    };
    let head = match number(value, "head_dim") {
        0 => number(value, "hidden_size") / heads,
        head => head,
    };
    let window = number(value, "max_position_embeddings");
    Shape { layers: number(value, "num_hidden_layers"), kv_heads, head, window }
}

fn gguf_shape(file: &std::path::Path) -> Result<Shape, EngineError> {
    let numbers = gguf::numbers(
        file,
        &[
            "block_count",
            "attention.head_count",
            "attention.head_count_kv",
            "attention.key_length",
            "embedding_length",
            "context_length",
        ],
    )?;
    let [layers, heads, kv_heads, head, hidden, window] = numbers.as_slice() else {
        return Ok(Shape { layers: 0, kv_heads: 0, head: 0, window: 0 });
    };
    let heads = (*heads).max(1);
    Ok(Shape {
        layers: *layers,
        kv_heads: if *kv_heads == 0 { heads } else { *kv_heads },
        head: if *head == 0 { hidden / heads } else { *head },
        window: *window,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn options(window: Option<usize>, quantization: &str) -> LoadOptions {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/builtin/reader"));
        LoadOptions {
            name: "reader".into(),
            place: Place::detect(&folder).unwrap(),
            quantization: quantization.into(),
            window,
            threads: 0,
            adapter: None,
        }
    }

    #[test]
    fn the_reader_takes_its_weights_in_f32_and_a_cache_of_its_window() {
        let footprint = of(&options(Some(448), "auto"), false).unwrap();
        // 7.2 million parameters; 6 layers with keys and values of 256.
        assert!((28_000_000..30_000_000).contains(&footprint.weights), "{footprint:?}");
        assert_eq!(footprint.cache % (2 * 6 * 448 * 4), 0);
        let double = of(&options(Some(896), "auto"), false).unwrap();
        assert!(double.cache >= footprint.cache);
    }

    #[test]
    fn quantized_weights_take_less_and_need_more_while_loading() {
        let plain = of(&options(None, "none"), false).unwrap();
        let quantized = of(&options(None, "q8_0"), false).unwrap();
        assert!(quantized.weights < plain.weights, "{quantized:?} {plain:?}");
        assert!(quantized.peak > plain.peak);
    }
}
