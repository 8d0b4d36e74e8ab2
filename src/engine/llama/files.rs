//! A look at a GGUF file before llama.cpp gets it, and what lies beside it.

use super::super::format::weights::parts_of_gguf as gguf_files;
use super::super::mistral::{LoadOptions, Place};
use super::super::residents::Footprint;
use super::super::{EngineError, gguf};
use super::error::load_error;
use super::template::Marks;
use crate::config::bounded;
use std::path::{Path, PathBuf};

/// The window where neither the settings nor the model ask for less: the cache
/// takes its memory at once.
const WINDOW: usize = 8192;

/// Operations that one token may take in one matrix while a prompt is read, in
/// millions: it decides how long an operation runs that can't be interrupted.
const OPERATION: u64 = 4000;

/// What is known of a model.
#[derive(Debug)]
pub(super) struct Found {
    /// The file to give to llama.cpp, which finds the other parts by itself.
    pub file: PathBuf,
    /// Size of all parts.
    pub bytes: u64,
    /// Type of the weights, such as `q4_k_m`.
    pub quantization: String,
    /// Numbers of the weights.
    pub parameters: u64,
    /// The chat template.
    pub template: String,
    pub marks: Marks,
    /// Most tokens of prompt and answer together.
    pub window: usize,
    /// Tokens of a prompt that are computed at a time.
    pub batch: usize,
    /// Bytes of keys and values of one token.
    per_token: u64,
}

/// Whether llama.cpp can run what lies at `place`; why not, where it can't.
///
/// # Errors
/// The reason, as half a sentence about the model.
pub fn runs(place: &Place) -> Result<(), String> {
    let Place::Gguf(file) = place else {
        return Err("llama.cpp reads GGUF files only".to_owned());
    };
    let raw = gguf::open(file).map_err(|error| error.to_string())?;
    if raw.text("tokenizer.ggml.model").is_none() {
        return Err("its file has no tokenizer, which llama.cpp takes from nowhere else".to_owned());
    }
    Ok(())
}

impl Found {
    /// What it takes, with adapters of so many bytes.
    pub fn footprint(&self, adapter_bytes: u64, loaded: bool) -> Footprint {
        if loaded {
            return Footprint { weights: adapter_bytes, cache: 0, peak: 0 };
        }
        let cache = self.per_token * self.window as u64;
        Footprint { weights: self.bytes + adapter_bytes, cache, peak: 0 }
    }
}

/// Looks at a model.
pub(super) fn look(options: &LoadOptions) -> Result<Found, EngineError> {
    let Place::Gguf(file) = &options.place else {
        return Err(load_error(options.place.path(), "llama.cpp reads GGUF files only"));
    };
    let parts = gguf_files(file)?;
    let first = parts.first().unwrap_or(file);
    let raw = gguf::open(first)?;
    let (mut bytes, mut parameters) = (raw.bytes, raw.parameters);
    for part in parts.iter().skip(1) {
        let other = gguf::open(part)?;
        bytes = bytes.saturating_add(other.bytes);
        parameters = parameters.saturating_add(other.parameters);
    }
    if raw.text("general.architecture").is_none() {
        return Err(load_error(
            first,
            "it doesn't say what kind of model it is (general.architecture)",
        ));
    }
    if raw.text("tokenizer.ggml.model").is_none() {
        return Err(load_error(
            first,
            "it has no tokenizer, which llama.cpp takes from nowhere else: run it with mistral.rs (generation.engine = \"mistral\") with its tokenizer.json beside it, or take another file",
        ));
    }
    let folder = first.parent().unwrap_or(Path::new("."));
    let embedded = raw.text("tokenizer.chat_template").map(str::to_owned);
    let template = match embedded {
        Some(template) => template,
        None => beside(folder)?.ok_or_else(|| {
            load_error(
                first,
                "it has no chat template (`chat_template` in tokenizer_config.json, or chat_template.jinja): take the model's instruct or chat version",
            )
        })?,
    };
    let token = |key: &str| raw.number(key).and_then(|id| raw.token(id));
    let own = |key: &str| raw.own(key).unwrap_or(0);
    let (hidden, heads) = (own("embedding_length"), own("attention.head_count").max(1));
    let head = raw.own("attention.key_length").filter(|n| *n > 0).unwrap_or(hidden / heads);
    let kv_heads = raw.own("attention.head_count_kv").filter(|n| *n > 0).unwrap_or(heads);
    let trained = usize::try_from(own("context_length")).unwrap_or(0);
    let most = if trained > 0 { trained } else { WINDOW };
    let asked = options.window.filter(|window| *window > 0).unwrap_or(WINDOW);
    let widest = hidden.max(own("feed_forward_length")).max(1) * hidden.max(1) * 2 / 1_000_000;
    let batch = (OPERATION / widest.max(1)).clamp(32, 512);
    Ok(Found {
        file: first.clone(),
        bytes,
        parameters,
        quantization: raw.quantization(),
        template,
        marks: Marks {
            begin: token("tokenizer.ggml.bos_token_id"),
            end: token("tokenizer.ggml.eos_token_id"),
            unknown: token("tokenizer.ggml.unknown_token_id"),
        },
        window: asked.min(most),
        batch: usize::try_from(batch).unwrap_or(32),
        // Keys and values, two bytes each.
        per_token: 2 * 2 * own("block_count") * kv_heads * head,
    })
}

/// The chat template in the files beside a model.
fn beside(folder: &Path) -> Result<Option<String>, EngineError> {
    let read = |name: &str| {
        let path = folder.join(name);
        match bounded::read_text(&path, bounded::MEDIUM) {
            Ok(text) => Ok(Some((path, text))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(load_error(&path, format!("it cannot be read: {error}"))),
        }
    };
    if let Some((_, text)) = read("chat_template.jinja")? {
        return Ok(Some(text));
    }
    for name in ["tokenizer_config.json", "chat_template.json"] {
        let Some((path, text)) = read(name)? else { continue };
        let value: serde_json::Value = serde_json::from_str(&text)
            .map_err(|error| load_error(&path, format!("it is not valid JSON: {error}")))?;
        let template = &value["chat_template"];
        let listed = template.as_array().and_then(|list| {
            let default = list.iter().find(|entry| entry["name"] == "default");
            default.or_else(|| list.first())
        });
        let text = template.as_str().or_else(|| listed?["template"].as_str());
        if let Some(text) = text {
            return Ok(Some(text.to_owned()));
        }
    }
    Ok(None)
}
