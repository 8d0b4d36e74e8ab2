//! Sentence transformers of the BERT family (all-MiniLM-L6-v2,
//! bge-small-en-v1.5, e5-small-v2), run by candle on the CPU.
//!
//! A folder is read as sentence-transformers lays it out. Older checkpoints
//! (names with `bert.` in front, `gamma` and `beta` in layer norms, half
//! precision) load too. Texts longer than the model's window are embedded in
//! windows and averaged, see `load::windows`.

use super::load::files::{Prefixes, catching, load_error, model_name, read, read_json, short_hash};
use super::load::modules::Modules;
use super::load::tokens::Tokens;
use super::load::windows::Framing;
use super::{EmbedError, Embedder};
use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device, Result as CandleResult, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// Weight of the vector leg for BERT models, chosen on SelQA's dev part with
/// all-MiniLM-L6-v2; README has the table.
const VECTOR_WEIGHT: f32 = 0.45;

/// Most tokens of a batch, padding included. Attention takes memory with the
/// square of a window's length: 12 heads over 8 windows of 512 tokens are
/// 100 MB.
const BATCH_TOKENS: usize = 4_096;

/// A sentence transformer.
pub struct BertEmbedder {
    id: String,
    model: BertModel,
    tokens: Tokens,
    framing: Framing,
    pooling: Pooling,
    prefixes: Prefixes,
    dimension: usize,
    padding: u32,
}

/// How the vectors of tokens become the vector of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pooling {
    /// The mean over all tokens.
    Mean,
    /// The vector of the first token.
    First,
}

impl BertEmbedder {
    /// Loads the model in a folder.
    ///
    /// # Errors
    /// Where a file is missing or damaged, or asks for what isn't supported.
    pub fn from_folder(folder: &Path) -> Result<Self, EmbedError> {
        let fault = |reason: String| load_error(folder, reason);
        let name = model_name(folder);
        let config = read_json(folder, "config.json")?.unwrap_or_default();
        let prefixes = match Prefixes::declared(folder)? {
            Some(prefixes) => prefixes,
            None => Prefixes::by_name(folder, &name, &config),
        };
        let config = parse_config(config).map_err(fault)?;
        let pooling = Pooling::of(folder, &name)?;
        let tokenizer = read(folder, "tokenizer.json")?;
        let tokens = Tokens::from_bytes(&tokenizer).map_err(fault)?;
        if let Some(highest) = tokens.highest_id().filter(|id| *id as usize >= config.vocab_size) {
            return Err(fault(format!(
                "tokenizer.json has tokens up to {highest}, but config.json a vocabulary of {}; \
                 they belong to different models",
                config.vocab_size
            )));
        }
        let framing = framing(folder, &tokens, &config)?;
        let weights = weights(folder)?;
        // All that decides what the vectors are.
        let manner = format!("{pooling:?} {prefixes:?}");
        let hash = short_hash(&[&tokenizer, &weights, manner.as_bytes()]);
        let model = catching(|| build(&weights, &config))
            .and_then(|built| built.map_err(|error| error.to_string()))
            .map_err(|reason| fault(format!("model.safetensors doesn't fit: {reason}")))?;
        Ok(Self {
            id: format!("{name}-{hash}"),
            model,
            tokens,
            framing,
            pooling,
            prefixes,
            dimension: config.hidden_size,
            padding: u32::try_from(config.pad_token_id)
                .ok()
                .filter(|id| (*id as usize) < config.vocab_size)
                .unwrap_or(0),
        })
    }

    fn embed(&self, prefix: &str, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.framing.embed(&self.tokens, prefix, texts, self.dimension, BATCH_TOKENS, |batch| {
            catching(|| self.run(batch))
                .and_then(|vectors| vectors.map_err(|error| error.to_string()))
                .map_err(EmbedError::Failed)
        })
    }

    /// One vector for each window. Padding is masked: in attention, so that no
    /// token sees it, and in the mean.
    fn run(&self, batch: &[&[u32]]) -> CandleResult<Vec<Vec<f32>>> {
        let length = batch.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let mut ids: Vec<u32> = Vec::with_capacity(batch.len() * length);
        let mut mask: Vec<f32> = Vec::with_capacity(batch.len() * length);
        for window in batch {
            let padding = length - window.len();
            ids.extend_from_slice(window);
            ids.extend(std::iter::repeat_n(self.padding, padding));
            mask.extend(std::iter::repeat_n(1.0, window.len()));
            mask.extend(std::iter::repeat_n(0.0, padding));
        }
        let shape = (batch.len(), length);
        let ids = Tensor::from_vec(ids, shape, &Device::Cpu)?;
        let mask = Tensor::from_vec(mask, shape, &Device::Cpu)?;
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let pooled = match self.pooling {
            Pooling::Mean => {
                let sum = hidden.broadcast_mul(&mask.unsqueeze(2)?)?.sum(1)?;
                sum.broadcast_div(&mask.sum(1)?.unsqueeze(1)?)?
            }
            Pooling::First => hidden.narrow(1, 0, 1)?.squeeze(1)?,
        };
        pooled.to_vec2()
    }
}

impl Embedder for BertEmbedder {
    fn id(&self) -> &str {
        &self.id
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn count(&self, text: &str) -> usize {
        self.tokens.count(text)
    }

    fn embed_passages(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.embed(&self.prefixes.passage, texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.embed(&self.prefixes.query, &[text.to_owned()])?
            .pop()
            .ok_or_else(|| EmbedError::Failed("it gave no vector for the question".to_owned()))
    }

    fn vector_weight(&self) -> f32 {
        VECTOR_WEIGHT
    }
}

impl Pooling {
    /// Reads the pooling from the sentence transformer's modules. A bare BERT
    /// folder pools by the mean, BGE's by the first token as it was trained.
    fn of(folder: &Path, name: &str) -> Result<Self, EmbedError> {
        let fault = |reason: String| load_error(folder, reason);
        let modules = Modules::of(folder)?;
        if let Some(kind) = modules.other_than(&["Transformer", "Pooling", "Normalize"]) {
            return Err(fault(format!(
                "modules.json has a {kind} module, which lorag cannot run on a BERT model"
            )));
        }
        let path = modules.path_of("Pooling").unwrap_or("1_Pooling");
        let Some(config) = read_json(folder, &format!("{path}/config.json"))? else {
            if modules.has("Pooling") {
                return Err(fault(format!("{path}/config.json is missing")));
            }
            let name = name.to_lowercase();
            let bge = name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "bge");
            return Ok(if bge { Self::First } else { Self::Mean });
        };
        let on = |mode: &str| {
            config.get(format!("pooling_mode_{mode}")).and_then(Value::as_bool) == Some(true)
                // Newer files name the mode, older ones have a flag for each.
                || config.get("pooling_mode").and_then(Value::as_str)
                    == Some(mode.split('_').next().unwrap_or(mode))
        };
        match (on("mean_tokens"), on("cls_token")) {
            (true, false) => Ok(Self::Mean),
            (false, true) => Ok(Self::First),
            _ => Err(fault(format!(
                "{path}/config.json asks for a pooling other than mean or cls, \
                 which lorag doesn't support"
            ))),
        }
    }
}

/// Reads the model's config. candle knows fewer names of activations.
fn parse_config(mut config: Value) -> Result<Config, String> {
    if let Some(act) = config.get_mut("hidden_act")
        && let Some("gelu_new" | "gelu_pytorch_tanh" | "gelu_fast") = act.as_str()
    {
        *act = Value::from("geluapproximate");
    }
    let config: Config = serde_json::from_value(config)
        .map_err(|error| format!("config.json doesn't describe a BERT model: {error}"))?;
    let heads = config.num_attention_heads;
    if heads == 0 || !config.hidden_size.is_multiple_of(heads) {
        return Err(format!(
            "config.json: hidden_size {} cannot be divided among {heads} heads",
            config.hidden_size
        ));
    }
    Ok(config)
}

/// The window: `max_seq_length` where the folder has it, and never more than
/// the model has positions.
fn framing(folder: &Path, tokens: &Tokens, config: &Config) -> Result<Framing, EmbedError> {
    let fault = |reason: String| load_error(folder, reason);
    let declared = read_json(folder, "sentence_bert_config.json")?
        .and_then(|settings| settings.get("max_seq_length")?.as_u64())
        .and_then(|length| usize::try_from(length).ok());
    let positions = config.max_position_embeddings;
    let limit = declared.unwrap_or(positions).min(positions);
    let (mut head, mut tail) = tokens.frame().map_err(fault)?;
    if head.is_empty() && tail.is_empty() {
        // A tokenizer.json without a template; BERT needs the two anyway.
        let special = |token: &str| {
            tokens.id(token).ok_or_else(|| fault(format!("tokenizer.json has no {token} token")))
        };
        head.push(special("[CLS]")?);
        tail.push(special("[SEP]")?);
    }
    Framing::with_frame(tokens, head, tail, limit).map_err(fault)
}

fn weights(folder: &Path) -> Result<Vec<u8>, EmbedError> {
    let name = "model.safetensors";
    if !folder.join(name).exists() && folder.join("pytorch_model.bin").exists() {
        return Err(load_error(
            folder,
            "it has pytorch_model.bin only, which may run code when it is read; \
             take a revision with model.safetensors",
        ));
    }
    read(folder, name)
}

/// Builds the model from the tensors it needs, under today's names.
fn build(weights: &[u8], config: &Config) -> CandleResult<BertModel> {
    let file = SliceSafetensors::new(weights)?;
    let mut tensors = HashMap::new();
    for (name, _) in file.tensors() {
        let short = name.strip_prefix("bert.").unwrap_or(&name);
        let wanted = short.starts_with("embeddings.") || short.starts_with("encoder.");
        if !wanted || short.ends_with("position_ids") {
            continue;
        }
        let renamed = short
            .replace("LayerNorm.gamma", "LayerNorm.weight")
            .replace("LayerNorm.beta", "LayerNorm.bias");
        let tensor = file.load(&name, &Device::Cpu)?.to_dtype(DType::F32)?;
        tensors.insert(renamed, tensor);
    }
    let builder = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
    BertModel::load(builder, config)
}

#[cfg(test)]
mod tests;
