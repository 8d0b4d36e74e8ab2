//! `adapter_config.json`: what it says, and what lorag can't do about it.

use super::super::EngineError;
use super::fault::{refused, unreadable};
use super::names::{kind, layer};
use crate::config::bounded;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// The file's name.
pub(super) const FILE: &str = "adapter_config.json";

/// What the config says.
#[derive(Clone, Debug)]
pub(super) struct Config {
    rank: usize,
    alpha: f64,
    rslora: bool,
    /// Ranks and alphas of single modules, by the end of their names.
    ranks: BTreeMap<String, usize>,
    alphas: BTreeMap<String, f64>,
    /// The kinds of modules, where they are listed; the tensors tell otherwise.
    pub targets: Option<Vec<String>>,
    /// The only layers that were trained, if not all.
    pub layers: Option<Vec<usize>>,
    /// Modules that were left out.
    pub excluded: Vec<String>,
    /// The model it was trained on.
    pub base_model: Option<String>,
}

impl Config {
    /// The rank of a module.
    pub fn rank(&self, module: &str) -> usize {
        pattern(&self.ranks, module).copied().unwrap_or(self.rank)
    }

    /// The factor on `B·A` of a module.
    pub fn scale(&self, module: &str) -> f64 {
        let rank = self.rank(module).max(1) as f64;
        let alpha = pattern(&self.alphas, module).copied().unwrap_or(self.alpha);
        if self.rslora { alpha / rank.sqrt() } else { alpha / rank }
    }

    /// Whether the config has this module of the base trained.
    pub fn wants(&self, module: &str) -> bool {
        let Some(targets) = &self.targets else { return false };
        let of = |names: &[String]| names.iter().any(|name| ends_with(module, name));
        let in_layer = match (&self.layers, layer(module)) {
            (Some(layers), Some(layer)) => layers.contains(&layer),
            (Some(_), None) => false,
            (None, _) => true,
        };
        of(targets) && !of(&self.excluded) && in_layer
    }
}

/// Whether a name is the module's, or the last parts of it.
fn ends_with(module: &str, name: &str) -> bool {
    module == name || module.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
}

/// The value for a module: PEFT takes the first key that is the end of the
/// module's name.
fn pattern<'a, T>(patterns: &'a BTreeMap<String, T>, module: &str) -> Option<&'a T> {
    patterns.iter().find(|(key, _)| ends_with(module, key)).map(|(_, value)| value)
}

/// Fields that say how the adapter was trained or used, and not what it
/// computes.
const HARMLESS: &[&str] = &[
    "auto_mapping",
    "base_model_name_or_path",
    "corda_config",
    "ensure_weight_tying",
    "eva_config",
    "inference_mode",
    "init_lora_weights",
    "loftq_config",
    "lora_dropout",
    "lora_ga_config",
    "megatron_core",
    "monteclora_config",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "task_type",
    "velora_config",
];

/// Fields that are read below.
const READ: &[&str] = &[
    "alpha_pattern",
    "bias",
    "exclude_modules",
    "fan_in_fan_out",
    "layers_pattern",
    "layers_to_transform",
    "lora_alpha",
    "peft_type",
    "r",
    "rank_pattern",
    "target_modules",
    "use_rslora",
];

/// Fields that must be off, with the reason.
const REFUSED: &[(&str, &str)] = &[
    (
        "use_dora",
        "it is a DoRA adapter, whose magnitudes lorag does not apply: train it without use_dora, or merge it with PEFT (merge_and_unload) and use the result as a model",
    ),
    (
        "modules_to_save",
        "it replaces whole modules of its base (modules_to_save), which is no low-rank change: merge it with PEFT (merge_and_unload) and use the result as a model",
    ),
    ("lora_bias", "it was trained with lora_bias, and lorag adds no biases: train it without"),
    (
        "trainable_token_indices",
        "it changes single tokens of the embeddings (trainable_token_indices), which lorag does not apply: merge it with PEFT (merge_and_unload)",
    ),
    (
        "layer_replication",
        "it repeats layers of its base (layer_replication), so it needs another model than its base: merge it with PEFT (merge_and_unload)",
    ),
    (
        "target_parameters",
        "it changes parameters by name (target_parameters), as mixtures of experts need it, and lorag does not apply that: merge it with PEFT (merge_and_unload)",
    ),
    (
        "use_qalora",
        "it is a QA-LoRA adapter, which belongs to grouped quantized weights: lorag does not apply it",
    ),
    (
        "alora_invocation_tokens",
        "it is an activated LoRA, which works from some token of the prompt on, and lorag merges adapters for good",
    ),
    ("megatron_config", "it was trained on a model that is split by Megatron: convert it first"),
    ("use_bdlora", "it is a block-diagonal LoRA, which lorag does not apply"),
    (
        "arrow_config",
        "it is a router of several adapters (Arrow), which lorag does not apply: use one of them",
    ),
    ("kasa_config", "it is a KaSA adapter, which lorag does not apply"),
];

/// Largest lora_alpha: with it, the sums of an adapter stay numbers.
const MOST_ALPHA: f64 = 65_536.0;

/// Ways to begin a training that change the base model's own weights.
const CHANGES_BASE: &[&str] = &["pissa", "olora", "corda", "loftq", "lora_ga", "lora-ga"];

/// Reads and judges it; gives back the file's text too.
pub(super) fn read(folder: &Path) -> Result<(Config, String), EngineError> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Err(refused(folder, no_adapter(folder)));
    }
    let text =
        bounded::read_text(&path, bounded::SMALL).map_err(|error| unreadable(&path, &error))?;
    let value: Value = serde_json::from_str(&text)
        .map_err(|error| refused(&path, format!("it is not valid JSON: {error}")))?;
    let Value::Object(fields) = value else {
        return Err(refused(&path, "it is no JSON object"));
    };
    let config = judge(&fields).map_err(|reason| refused(&path, reason))?;
    Ok((config, text))
}

/// Why a folder is no adapter, and what to name instead.
fn no_adapter(folder: &Path) -> String {
    let inside = adapters_inside(folder);
    if let Some(last) = inside.last() {
        let names: Vec<&str> = inside.iter().map(String::as_str).collect();
        return format!(
            "it is no adapter itself but a folder of a training, with {} inside: {}. Name one of them, such as {}",
            if names.len() == 1 {
                "an adapter".to_owned()
            } else {
                format!("{} adapters", names.len())
            },
            names.join(", "),
            folder.join(last).display()
        );
    }
    let reason = if folder.join("config.json").is_file() {
        "it is a model, not an adapter: there is a config.json and no adapter_config.json"
    } else {
        "it is no adapter: adapter_config.json is missing"
    };
    reason.to_owned()
}

/// The folders right inside that are adapters, in the order of their training:
/// `checkpoint-500` comes before `checkpoint-1000`.
#[must_use]
pub fn adapters_inside(folder: &Path) -> Vec<String> {
    /// Enough for any training, and an end to a folder of all sorts.
    const MOST: usize = 1000;
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(MOST);
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join(FILE).is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let step = |name: &str| name.rsplit('-').next().and_then(|step| step.parse::<u64>().ok());
    names.sort_by(|a, b| (step(a), a).cmp(&(step(b), b)));
    names
}

fn judge(fields: &Map<String, Value>) -> Result<Config, String> {
    let get = |key: &str| fields.get(key).filter(|value| !is_off(value));
    match fields.get("peft_type").and_then(Value::as_str) {
        Some("LORA") => {}
        Some(other) => {
            return Err(format!(
                "it is an adapter of the kind {other}, and lorag applies LORA only"
            ));
        }
        None => return Err("it does not say its kind (peft_type)".to_owned()),
    }
    for (key, reason) in REFUSED {
        if get(key).is_some() {
            return Err((*reason).to_owned());
        }
    }
    if let Some(bias) = get("bias").and_then(Value::as_str).filter(|bias| *bias != "none") {
        return Err(format!(
            "it was trained with biases (bias = {bias:?}), which lorag does not apply: train it with bias = \"none\""
        ));
    }
    if get("fan_in_fan_out").is_some() {
        return Err(
            "its base keeps weights transposed (fan_in_fan_out), as GPT-2 does, and lorag runs no such model"
                .to_owned(),
        );
    }
    if let Some(start) = get("init_lora_weights").and_then(Value::as_str) {
        let start = start.to_lowercase();
        if CHANGES_BASE.iter().any(|name| start.starts_with(name)) {
            return Err(format!(
                "its training began with {start}, which changes the base model's own weights too: convert it with PEFT (save_pretrained with path_initial_model_for_weight_conversion) and use the converted one"
            ));
        }
    }
    let unknown = fields.iter().find(|(key, value)| {
        let known = HARMLESS.contains(&key.as_str()) || READ.contains(&key.as_str());
        !known && !is_off(value)
    });
    if let Some((key, _)) = unknown {
        return Err(format!(
            "this version of lorag does not know `{key}`, and it may change what the adapter computes"
        ));
    }
    let rank = fields.get("r").and_then(Value::as_u64).filter(|rank| *rank > 0);
    let rank = rank.ok_or("it has no rank (r)")?;
    let alpha = fields.get("lora_alpha").and_then(Value::as_f64).filter(|alpha| alpha.is_finite());
    let alphas = patterns(get("alpha_pattern"), Value::as_f64)?;
    for alpha in alphas.values().copied().chain(alpha) {
        if alpha.abs() > MOST_ALPHA {
            return Err(format!(
                "its lora_alpha is {alpha:e}, which would drown the model: adapters have up to {MOST_ALPHA}"
            ));
        }
    }
    Ok(Config {
        rank: usize::try_from(rank).map_err(|error| error.to_string())?,
        alpha: alpha.ok_or("it has no lora_alpha")?,
        rslora: get("use_rslora").is_some(),
        ranks: patterns(get("rank_pattern"), |value| {
            value.as_u64().filter(|rank| *rank > 0).and_then(|rank| usize::try_from(rank).ok())
        })?,
        alphas,
        targets: get("target_modules").and_then(words),
        layers: get("layers_to_transform").map(numbers).transpose()?,
        excluded: get("exclude_modules").and_then(words).unwrap_or_default(),
        base_model: get("base_model_name_or_path").and_then(Value::as_str).map(str::to_owned),
    })
}

/// Whether a field says nothing: null, false, empty.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(_) => false,
    }
}

/// A list of names. A single text is a pattern or `all-linear`, and which
/// modules it meant is told by the tensors.
fn words(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?;
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn numbers(value: &Value) -> Result<Vec<usize>, String> {
    let one = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let list = match value {
        Value::Array(items) => items.iter().map(one).collect(),
        one_layer => one(one_layer).map(|layer| vec![layer]),
    };
    list.ok_or_else(|| "its layers_to_transform are no numbers".to_owned())
}

/// Values for single modules. A key may be a regular expression to PEFT; one
/// that is more than the end of a name is refused, since it could be understood
/// differently here.
fn patterns<T>(
    value: Option<&Value>,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<BTreeMap<String, T>, String> {
    let Some(value) = value else { return Ok(BTreeMap::new()) };
    let fields = value.as_object().ok_or("its rank_pattern or alpha_pattern is no object")?;
    let mut out = BTreeMap::new();
    for (key, value) in fields {
        let key = key.strip_prefix('^').unwrap_or(key);
        let plain = key.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c));
        if !plain {
            return Err(format!(
                "its rank_pattern or alpha_pattern has the regular expression {key:?}, and lorag understands names of modules there only"
            ));
        }
        let value = read(value).ok_or_else(|| format!("its value for {key} is no number"))?;
        out.insert(key.to_owned(), value);
    }
    // Two keys that both are the end of one name would depend on their order.
    let keys: Vec<&String> = out.keys().collect();
    let twice = keys.iter().find(|key| {
        keys.iter().any(|other| key.as_str() != other.as_str() && ends_with(key, other))
    });
    match twice {
        Some(key) => Err(format!(
            "its rank_pattern or alpha_pattern names {key} and the end of that name, so that it is not clear which holds"
        )),
        None => Ok(out),
    }
}

/// Whether a module's kind is one that is tied to the embeddings.
pub(super) fn is_embedding(module: &str) -> bool {
    matches!(kind(module), "embed_tokens" | "lm_head" | "wte" | "embed_out")
}
