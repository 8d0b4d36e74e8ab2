//! A model of the BERT and XLM-R families in a folder, as the hub has them:
//! its sizes, tokens and tensors.

use super::inputs::Frame;
use super::net::{Net, Shape};
use super::weights::Weights;
use crate::knowledge::embed::load::files::read_json;
use crate::knowledge::embed::load::tokens::Tokens;
use serde_json::Value;
use std::path::Path;

/// Most bytes of a `model.safetensors`: bge-reranker-large has 2.3 GB.
const LARGEST: u64 = 4 << 30;

/// Plausible sizes, so that a damaged config asks for no memory.
const MOST: u64 = 1 << 16;

/// What a folder holds.
pub struct Folder {
    /// `config.json`.
    pub config: Value,
    /// The tokenizer.
    pub tokens: Tokens,
    /// The special tokens.
    pub frame: Frame,
    /// The sizes.
    pub shape: Shape,
    /// `model.safetensors`.
    pub weights: Vec<u8>,
}

impl Folder {
    /// Reads a folder.
    ///
    /// # Errors
    /// What is missing, damaged or of another family.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let config = read_json(folder, "config.json")
            .map_err(|error| error.to_string())?
            .ok_or("config.json is missing")?;
        let kind = config.get("model_type").and_then(Value::as_str).unwrap_or("bert");
        let first_position = match kind {
            "bert" => 0,
            // Positions start behind that of the padding token.
            "xlm-roberta" | "roberta" | "camembert" => 2,
            other => {
                return Err(format!(
                    "its config.json says model_type \"{other}\"; lorag ranks with sentence \
                     encoders and cross-encoders of the BERT and XLM-R families, such as \
                     cross-encoder/ms-marco-MiniLM-L6-v2 and BAAI/bge-reranker-base"
                ));
            }
        };
        match config.get("hidden_act").and_then(Value::as_str) {
            None | Some("gelu") => {}
            Some(other) => {
                return Err(format!("config.json: hidden_act \"{other}\" is not supported"));
            }
        }
        let size = |key: &str| -> Result<usize, String> {
            let found = config.get(key).and_then(Value::as_u64).filter(|n| (1..=MOST).contains(n));
            let found = found.and_then(|n| usize::try_from(n).ok());
            found.ok_or_else(|| format!("config.json has no plausible {key}"))
        };
        let shape = Shape {
            width: size("hidden_size")?,
            heads: size("num_attention_heads")?,
            inner: size("intermediate_size")?,
            layers: size("num_hidden_layers")?,
            epsilon: config.get("layer_norm_eps").and_then(Value::as_f64).unwrap_or(1e-12) as f32,
            first_position,
        };
        let tokens = Tokens::from_bytes(&small(folder, "tokenizer.json")?)?;
        let frame = Frame::of(&tokens)?;
        let weights = large(folder)?;
        Ok(Self { config, tokens, frame, shape, weights })
    }

    /// The model, whose tensors' names may start with the family's.
    ///
    /// # Errors
    /// Where a tensor is missing or has another shape.
    pub fn net(&self, weights: &Weights<'_>) -> Result<Net, String> {
        let probe = "embeddings.word_embeddings.weight";
        let prefix = ["", "bert.", "roberta."]
            .into_iter()
            .find(|prefix| weights.has(&format!("{prefix}{probe}")))
            .ok_or_else(|| format!("model.safetensors has no {probe}"))?;
        let net = Net::new(weights, prefix, self.shape, None)?;
        let highest = self.tokens.highest_id().unwrap_or(0) as usize;
        let known = net.words().len();
        if highest >= known {
            return Err(format!(
                "tokenizer.json has tokens up to {highest}, but model.safetensors {known} word \
                 vectors; they belong to different models"
            ));
        }
        Ok(net)
    }
}

/// A file that is small in every model.
fn small(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    bounded(folder, name, 256 << 20)
}

fn large(folder: &Path) -> Result<Vec<u8>, String> {
    if !folder.join("model.safetensors").exists() && folder.join("pytorch_model.bin").exists() {
        return Err("it has pytorch_model.bin only, which may run code when it is read; take a \
                    revision with model.safetensors"
            .to_owned());
    }
    bounded(folder, "model.safetensors", LARGEST)
}

fn bounded(folder: &Path, name: &str, most: u64) -> Result<Vec<u8>, String> {
    let path = folder.join(name);
    let size = std::fs::metadata(&path)
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("{name} is missing"),
            _ => format!("{name} cannot be read: {error}"),
        })?
        .len();
    if size > most {
        return Err(format!("{name} has {size} bytes, more than a model of this kind has"));
    }
    std::fs::read(&path).map_err(|error| format!("{name} cannot be read: {error}"))
}
