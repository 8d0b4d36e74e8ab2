//! The files of a model, found and looked at before the engine gets them, so
//! that what is missing or damaged is told by name.
//!
//! The engine is given the path of each file. Its own search matches
//! `model.safetensors` anywhere in a name, and would load an adapter's
//! `adapter_model.safetensors` as the model.

use super::super::EngineError;
use super::super::format::weights::{
    is_adapter, names, parent, parts_of_gguf, stem, uqff_whole, weights,
};
use super::super::format::{load_error, safetensors, unreadable};
use super::config::{self, Config};
use super::gguf;
use super::template::{self, Template};
use crate::config::{bounded, plausible};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A safetensors model, or what stands beside UQFF files.
#[derive(Debug)]
pub(super) struct Folder {
    pub config_file: PathBuf,
    pub config: Config,
    pub tokenizer: PathBuf,
    pub template: Template,
    pub generation: Option<PathBuf>,
    pub weights: Vec<PathBuf>,
    /// Size of the weights, in bytes.
    pub bytes: u64,
    /// Elements of the weights.
    pub parameters: u64,
}

/// A GGUF model.
#[derive(Debug)]
pub(super) struct Gguf {
    /// The file, or all its parts.
    pub weights: Vec<PathBuf>,
    /// Size of the weights, in bytes.
    pub bytes: u64,
    pub quantization: String,
    /// `tokenizer.json` beside the file, if it belongs to this model.
    pub tokenizer: Option<PathBuf>,
    /// `None` where the engine finds all in the GGUF file.
    pub template: Option<Template>,
    pub generation: Option<PathBuf>,
}

/// Looks at a folder with safetensors.
pub(super) fn folder(folder: &Path) -> Result<Folder, EngineError> {
    let weights = weights(folder)?;
    folder_with(folder, weights)
}

/// Looks at a UQFF file and the folder around it. The weights are all parts of
/// the UQFF model, without the residual tensors.
pub(super) fn uqff(file: &Path) -> Result<Folder, EngineError> {
    let folder = parent(file);
    let names = names(folder)?;
    if let Some(adapter) = names.iter().find(|n| is_adapter(n) && n.ends_with(".safetensors")) {
        // The engine looks for the files of a UQFF model by itself.
        let reason = format!(
            "the engine would take it for weights of the UQFF model: move {adapter} elsewhere"
        );
        return Err(load_error(&folder.join(adapter), reason));
    }
    let residual = folder.join("residual.safetensors");
    if !residual.is_file() {
        return Err(load_error(folder, "residual.safetensors is missing beside the UQFF file"));
    }
    safetensors::check(&residual)?;
    let stem = stem(file);
    let mut parts: Vec<PathBuf> = names
        .iter()
        .filter(|n| n.strip_suffix(".uqff").is_some_and(|s| uqff_whole(s) == uqff_whole(&stem)))
        .map(|n| folder.join(n))
        .collect();
    if parts.is_empty() {
        parts.push(file.to_owned());
    }
    folder_with(folder, parts)
}

/// Looks at a GGUF file and what stands beside it.
pub(super) fn gguf(file: &Path) -> Result<Gguf, EngineError> {
    let folder = parent(file);
    let weights = parts_of_gguf(file)?;
    let mut bytes = 0;
    let mut first = None;
    for path in &weights {
        let header = gguf::check(path, first.is_none())?;
        bytes += header.bytes;
        first.get_or_insert(header);
    }
    let header = first.ok_or_else(|| load_error(file, "it is missing"))?;
    let embedded = &header.embedded;
    let beside = folder.join("tokenizer.json");
    let mut tokenizer = None;
    if beside.is_file() {
        let vocabulary = Vocabulary::read(&beside)?;
        // Several models may lie in one folder: the token that ends an answer
        // tells whether this tokenizer belongs to this one.
        if embedded.end.as_ref().is_none_or(|end| vocabulary.id(end) == header.end_id) {
            tokenizer = Some(beside);
        } else {
            tracing::warn!(path = %beside.display(), "this tokenizer belongs to another model than the GGUF file beside it");
        }
    }
    if tokenizer.is_none() {
        let kind = header.tokenizer.as_deref().unwrap_or("none");
        if !gguf::TOKENIZERS.contains(&kind) {
            let reason = format!(
                "the engine can't rebuild its tokenizer (`{kind}`): put the model's tokenizer.json and tokenizer_config.json beside it"
            );
            return Err(load_error(file, reason));
        }
    }
    // The engine takes template and special tokens out of the GGUF file only
    // where it takes the tokenizer from there too.
    let template = template::find(folder, tokenizer.is_some().then_some(embedded))?;
    if template.is_none() && embedded.template.is_none() {
        return Err(no_template(file));
    }
    let generation = generation(folder)?;
    let quantization = header.quantization.clone();
    Ok(Gguf { weights, bytes, quantization, tokenizer, template, generation })
}

fn folder_with(folder: &Path, weights: Vec<PathBuf>) -> Result<Folder, EngineError> {
    let config_file = needed(folder, "config.json", "")?;
    let config = config::read(&config_file)?;
    let mut bytes = 0;
    let mut parameters = 0;
    for path in &weights {
        let found = safetensors::check(path)?;
        bytes += found.bytes;
        parameters += found.parameters;
    }
    let hint = if folder.join("tokenizer.model").is_file() {
        "; the engine can't read tokenizer.model"
    } else {
        ""
    };
    let tokenizer = needed(folder, "tokenizer.json", hint)?;
    let vocabulary = Vocabulary::read(&tokenizer)?;
    let template = template::find(folder, None)?.ok_or_else(|| no_template(folder))?;
    if let Some(end) = &template.end
        && vocabulary.id(end).is_none()
    {
        let reason = format!("its eos_token `{end}` is not in the vocabulary of tokenizer.json");
        return Err(load_error(&folder.join("tokenizer_config.json"), reason));
    }
    let generation = generation(folder)?;
    Ok(Folder { config_file, config, tokenizer, template, generation, weights, bytes, parameters })
}

fn no_template(path: &Path) -> EngineError {
    load_error(
        path,
        "it has no chat template (`chat_template` in tokenizer_config.json, or chat_template.jinja): take the model's instruct or chat version",
    )
}

/// What a `tokenizer.json` calls its tokens.
struct Vocabulary(HashMap<String, u64>);

impl Vocabulary {
    /// Reads it, and refuses what the engine would panic over or get wrong.
    fn read(path: &Path) -> Result<Self, EngineError> {
        #[derive(Deserialize)]
        struct File {
            truncation: Option<Truncation>,
            added_tokens: Vec<Added>,
            model: Model,
        }
        #[derive(Deserialize)]
        struct Truncation {
            max_length: u64,
        }
        #[derive(Deserialize)]
        struct Added {
            id: u64,
            content: String,
        }
        #[derive(Deserialize)]
        struct Model {
            vocab: HashMap<String, u64>,
        }
        let content =
            bounded::read(path, bounded::MEDIUM).map_err(|error| unreadable(path, &error))?;
        plausible::tokenizer(&content).map_err(|reason| load_error(path, reason))?;
        let file: File = serde_json::from_slice(&content).map_err(|error| {
            load_error(path, format!("it is damaged, or of a kind the engine can't read: {error}"))
        })?;
        if let Some(Truncation { max_length }) = file.truncation {
            let reason = format!(
                "it cuts every prompt off after {max_length} tokens: set its `truncation` to null"
            );
            return Err(load_error(path, reason));
        }
        let mut ids = file.model.vocab;
        ids.extend(file.added_tokens.into_iter().map(|token| (token.content, token.id)));
        Ok(Self(ids))
    }

    fn id(&self, token: &str) -> Option<u64> {
        self.0.get(token).copied()
    }
}

/// `generation_config.json`, where there is one.
fn generation(folder: &Path) -> Result<Option<PathBuf>, EngineError> {
    let path = folder.join("generation_config.json");
    if !path.is_file() {
        return Ok(None);
    }
    config::json(&path)?;
    Ok(Some(path))
}

fn needed(folder: &Path, name: &str, hint: &str) -> Result<PathBuf, EngineError> {
    let path = folder.join(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(load_error(folder, format!("{name} is missing{hint}")))
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
