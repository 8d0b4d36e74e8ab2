//! What kind of model a base is, from its `config.json` or the header of its
//! GGUF file.

use super::Fault;
use candle_core::quantized::gguf_file::{Content, Value as Entry};
use serde_json::Value;
use std::fs::{self, File};
use std::path::Path;

/// A kind of model that can be trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Llama, and what is built like it: SmolLM2, TinyLlama and others.
    Llama,
    /// Mistral.
    Mistral,
    /// Qwen2 and 2.5, with biases at queries, keys and values.
    Qwen2,
    /// Qwen3, with a norm for queries and keys.
    Qwen3,
}

impl Family {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "llama" => Self::Llama,
            "mistral" => Self::Mistral,
            "qwen2" => Self::Qwen2,
            "qwen3" => Self::Qwen3,
            _ => return None,
        })
    }
}

/// How Llama 3.1 and later stretch rotary positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// What slow angles are divided by.
    pub factor: f64,
    /// Turns in the original context from which angles are slow.
    pub low: f64,
    /// Turns in the original context from which they are fast, and stay.
    pub high: f64,
    /// Tokens of the original context.
    pub context: f64,
}

/// Sizes and numbers of a base model.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The kind.
    pub family: Family,
    /// Blocks, one after the other.
    pub layers: usize,
    /// Numbers of a token between blocks.
    pub hidden: usize,
    /// Numbers of a token within the feed-forward part.
    pub inner: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Numbers of a head.
    pub head_dim: usize,
    /// Tokens that the model knows.
    pub vocab: usize,
    /// Whether the table of tokens is also the head.
    pub tied: bool,
    /// Tokens that a token sees back, where not all.
    pub window: Option<usize>,
    /// Added to the mean square in norms.
    pub epsilon: f64,
    /// Base of the rotary angles.
    pub theta: f64,
    /// How rotary positions are stretched.
    pub stretch: Option<Stretch>,
    /// Bytes of the weights' files.
    pub stored: u64,
}

impl Shape {
    /// Of the model in a folder with `config.json`, or in a GGUF file.
    ///
    /// # Errors
    /// Where the file can't be read, or the model is of another kind than
    /// those of [`Family`].
    pub fn read(path: &Path) -> Result<Self, Fault> {
        if path.is_dir() { Self::of_folder(path) } else { Self::of_gguf(path, &header(path)?) }
    }

    /// Weights of all blocks, head and table.
    pub fn parameters(&self) -> u64 {
        let block = self.hidden * (self.qkv() + 3 * self.inner) + self.hidden * self.output();
        let tables = if self.tied { 1 } else { 2 };
        (self.layers * block + tables * self.vocab * self.hidden) as u64
    }

    /// Numbers of a token's queries, keys and values together.
    pub fn qkv(&self) -> usize {
        (self.heads + 2 * self.kv_heads) * self.head_dim
    }

    /// Numbers of a token's attention.
    pub fn output(&self) -> usize {
        self.heads * self.head_dim
    }

    fn of_folder(folder: &Path) -> Result<Self, Fault> {
        let path = folder.join("config.json");
        let fault = |reason: String| Fault::Base { path: path.clone(), reason };
        let text = fs::read_to_string(&path).map_err(|e| fault(format!("can't be read: {e}")))?;
        let config: Value =
            serde_json::from_str(&text).map_err(|e| fault(format!("is no JSON: {e}")))?;
        let kind = config["model_type"].as_str().unwrap_or("a model without model_type");
        let unsupported = |what: String| Fault::Unsupported { path: folder.to_owned(), what };
        let family = Family::named(kind).ok_or_else(|| unsupported(kind.to_owned()))?;
        let act = config["hidden_act"].as_str().unwrap_or("silu");
        if act != "silu" {
            return Err(unsupported(format!("a {kind} model with the activation {act}")));
        }
        if config["mlp_bias"].as_bool() == Some(true) {
            return Err(unsupported(format!("a {kind} model with biases (mlp_bias)")));
        }
        let partial = config["partial_rotary_factor"].as_f64().is_some_and(|f| f != 1.0);
        if partial {
            return Err(unsupported(format!("a {kind} model with partial rotary positions")));
        }
        let size = |key: &str| config[key].as_u64().map(|n| n as usize);
        let needed = |key: &str| size(key).ok_or_else(|| fault(format!("has no {key}")));
        let heads = needed("num_attention_heads")?;
        let hidden = needed("hidden_size")?;
        let rope = ["rope_parameters", "rope_scaling"]
            .map(|key| &config[key])
            .into_iter()
            .find(|rope| rope.is_object());
        let windowed = family != Family::Qwen2 && family != Family::Qwen3
            || config["use_sliding_window"].as_bool() == Some(true);
        let shape = Self {
            family,
            layers: needed("num_hidden_layers")?,
            hidden,
            inner: needed("intermediate_size")?,
            heads,
            kv_heads: size("num_key_value_heads").unwrap_or(heads),
            head_dim: size("head_dim").unwrap_or(hidden / heads.max(1)),
            vocab: needed("vocab_size")?,
            tied: config["tie_word_embeddings"].as_bool().unwrap_or(false),
            window: size("sliding_window").filter(|_| windowed),
            epsilon: config["rms_norm_eps"].as_f64().unwrap_or(1e-6),
            theta: rope
                .and_then(|rope| rope["rope_theta"].as_f64())
                .or(config["rope_theta"].as_f64())
                .unwrap_or(10_000.0),
            stretch: rope.map(|rope| stretch(folder, kind, rope)).transpose()?.flatten(),
            stored: stored(folder),
        };
        shape.checked(folder)
    }

    /// From the header of a GGUF file.
    pub(super) fn of_gguf(path: &Path, header: &Content) -> Result<Self, Fault> {
        let fault = |reason: String| Fault::Base { path: path.to_owned(), reason };
        let unsupported = |what: String| Fault::Unsupported { path: path.to_owned(), what };
        let of = |key: &str| header.metadata.get(key);
        let kind = of("general.architecture").and_then(|v| v.to_string().ok());
        let kind = kind.ok_or_else(|| fault("has no general.architecture".to_owned()))?;
        let family = Family::named(kind).ok_or_else(|| unsupported(kind.clone()))?;
        let entry = |key: &str| of(&format!("{kind}.{key}"));
        let size = |key: &str| entry(key).and_then(whole);
        let needed = |key: &str| size(key).ok_or_else(|| fault(format!("has no {kind}.{key}")));
        let scaling = entry("rope.scaling.type").and_then(|v| v.to_string().ok());
        if let Some(name) = scaling.filter(|name| *name != "none") {
            return Err(unsupported(format!("a {kind} model with rope scaling of type {name}")));
        }
        if size("expert_count").is_some_and(|n| n > 0) {
            return Err(unsupported(format!("a {kind} model with experts")));
        }
        let heads = needed("attention.head_count")?;
        let hidden = needed("embedding_length")?;
        let head_dim = size("attention.key_length").unwrap_or(hidden / heads.max(1));
        if size("rope.dimension_count").is_some_and(|n| n != head_dim) {
            return Err(unsupported(format!("a {kind} model with partial rotary positions")));
        }
        let vocab = header.tensor_infos.get("token_embd.weight").map(|t| t.shape.dims().to_vec());
        let Some([vocab, _]) = vocab.as_deref() else {
            return Err(fault("has no token_embd.weight".to_owned()));
        };
        let number = |key: &str| entry(key).and_then(|v| v.to_f32().ok()).map(f64::from);
        let shape = Self {
            family,
            layers: needed("block_count")?,
            hidden,
            inner: needed("feed_forward_length")?,
            heads,
            kv_heads: size("attention.head_count_kv").unwrap_or(heads),
            head_dim,
            vocab: *vocab,
            tied: !header.tensor_infos.contains_key("output.weight"),
            window: size("attention.sliding_window").filter(|n| *n > 0),
            epsilon: number("attention.layer_norm_rms_epsilon").unwrap_or(1e-6),
            theta: number("rope.freq_base").unwrap_or(10_000.0),
            stretch: None,
            stored: fs::metadata(path).map_or(0, |data| data.len()),
        };
        shape.checked(path)
    }

    fn checked(self, path: &Path) -> Result<Self, Fault> {
        let fits = self.layers > 0
            && self.kv_heads > 0
            && self.heads.is_multiple_of(self.kv_heads)
            && self.head_dim.is_multiple_of(2)
            && (2..=256).contains(&self.head_dim)
            && [self.hidden, self.inner, self.vocab].iter().all(|n| *n > 0);
        if fits {
            return Ok(self);
        }
        let reason = format!(
            "its sizes don't fit each other: {} heads of {} numbers, {} of keys, {} layers",
            self.heads, self.head_dim, self.kv_heads, self.layers
        );
        Err(Fault::Base { path: path.to_owned(), reason })
    }
}

/// Bytes of the safetensors in a folder.
fn stored(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let weights =
        files.filter(|file| file.path().extension().is_some_and(|end| end == "safetensors"));
    weights.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum()
}

fn whole(value: &Entry) -> Option<usize> {
    let number = value.to_u64().ok().or_else(|| value.to_u32().ok().map(u64::from));
    number.and_then(|n| usize::try_from(n).ok())
}

/// The header of a GGUF file.
pub(super) fn header(path: &Path) -> Result<Content, Fault> {
    let fault = |reason: String| Fault::Base { path: path.to_owned(), reason };
    let mut file = File::open(path).map_err(|e| fault(format!("can't be read: {e}")))?;
    Content::read(&mut file).map_err(|e| fault(format!("is no GGUF file that can be read: {e}")))
}

fn stretch(path: &Path, kind: &str, rope: &Value) -> Result<Option<Stretch>, Fault> {
    let name = rope["rope_type"].as_str().or(rope["type"].as_str()).unwrap_or("default");
    let number = |key: &str| rope[key].as_f64();
    let all = (
        number("factor"),
        number("low_freq_factor"),
        number("high_freq_factor"),
        number("original_max_position_embeddings"),
    );
    match (name, all) {
        ("default", _) => Ok(None),
        ("llama3", (Some(factor), Some(low), Some(high), Some(context))) => {
            Ok(Some(Stretch { factor, low, high, context }))
        }
        _ => Err(Fault::Unsupported {
            path: path.to_owned(),
            what: format!("a {kind} model with rope scaling of type {name}"),
        }),
    }
}
