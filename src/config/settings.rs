//! Every setting, with its default.

use super::manifest::{PromptPart, SamplingPart};
use super::server::ServerEntry;
use crate::domain::{Mode, NONE, Strategy};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Whether answers are limited to sentences of the sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuoteMode {
    /// As the model's manifest says: on for the built-in reader.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `builtin`, a folder, a GGUF or UQFF file, a hub id, the name of a table
    /// `[models.NAME]`, or `SERVER/model` of a table `[servers.SERVER]`.
    pub model: ModelName,
    /// The mode that a conversation begins with.
    pub mode: Mode,
    /// The adapter of the modes that use one: its name, several as `one+other`,
    /// or `none`.
    pub adapter: AdapterName,
    /// `builtin`, a folder or a hub id of an embedding model.
    pub embedder: ModelName,
    /// Folder of the knowledge base and the sessions; the platform's data
    /// folder where empty.
    pub data_dir: Option<PathBuf>,
    /// Folder of unpacked and derived files; the platform's cache folder
    /// where empty.
    pub cache_dir: Option<PathBuf>,
    /// Never touch the network.
    pub offline: bool,
    /// Filter of the log file, as `tracing` writes it.
    pub log: LogFilter,
    /// Reading and chunking documents.
    pub ingest: Ingest,
    /// Finding passages.
    pub search: Search,
    /// Generating answers.
    pub generation: Generation,
    /// Adapters and the models made with them.
    pub adapters: Adapters,
    /// Training adapters.
    pub tune: Tune,
    /// The screen.
    pub ui: Ui,
    /// Models by name, with their own manner.
    pub models: BTreeMap<String, ModelEntry>,
    /// Servers that run models, by name.
    pub servers: BTreeMap<String, ServerEntry>,
    /// Collections by name, with the way their questions are answered.
    pub collections: BTreeMap<String, CollectionEntry>,
}

/// Name of a model; `builtin` by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelName(pub String);

impl Default for ModelName {
    fn default() -> Self {
        Self("builtin".to_owned())
    }
}

/// Names of adapters as they are spelled together; `none` by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AdapterName(pub String);

impl Default for AdapterName {
    fn default() -> Self {
        Self(NONE.to_owned())
    }
}

/// Adapters and the models made with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Adapters {
    /// Memory that loaded models may take together, in bytes; a share of what
    /// is available at the start where empty.
    pub memory_bytes: Option<u64>,
    /// Disk space for merged weights, in bytes.
    pub cache_bytes: u64,
}

impl Default for Adapters {
    fn default() -> Self {
        Self { memory_bytes: None, cache_bytes: 20 << 30 }
    }
}

/// Training adapters: the defaults of `lorag tune`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tune {
    /// Rank of the two small matrices beside each weight.
    pub rank: usize,
    /// Their product is scaled by this over the rank.
    pub alpha: f64,
    /// Peak learning rate; by the size of the model where empty.
    pub learning_rate: Option<f64>,
    /// How often every row is read, at most.
    pub epochs: usize,
    /// Rows to a step of the optimizer.
    pub batch: usize,
    /// Longer rows are left out, in tokens.
    pub max_tokens: usize,
    /// Of how many layers, counted from the last, the adapter is; all where 0.
    pub layers: usize,
    /// Share of the documents whose rows are held out.
    pub held_out: f64,
    /// Evaluations without a better loss after which training ends.
    pub patience: usize,
    /// Decides the order of the rows and the first weights.
    pub seed: u64,
}

impl Default for Tune {
    fn default() -> Self {
        Self {
            rank: 16,
            alpha: 32.0,
            learning_rate: None,
            epochs: 3,
            batch: 8,
            max_tokens: 1024,
            layers: 0,
            held_out: 0.1,
            patience: 2,
            seed: 0,
        }
    }
}

/// Filter of the log; `lorag=info,warn` by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogFilter(pub String);

impl Default for LogFilter {
    fn default() -> Self {
        Self("lorag=info,warn".to_owned())
    }
}

/// Reading and chunking documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ingest {
    /// Target size of a chunk, in tokens of the embedder; 32 to 2048.
    pub chunk_tokens: usize,
    /// Tokens that a chunk repeats of the one before it in the same section;
    /// less than half of `chunk_tokens`.
    pub chunk_overlap: usize,
    /// Files above this many bytes are skipped.
    pub max_file_bytes: u64,
    /// Whether hidden files and folders are read.
    pub hidden: bool,
    /// Whether symbolic links are followed.
    pub follow_links: bool,
    /// Whether files that a program wrote for programs are read: search
    /// indexes, minified scripts, source maps, lock files.
    pub generated: bool,
}

impl Default for Ingest {
    fn default() -> Self {
        Self {
            chunk_tokens: 256,
            chunk_overlap: 32,
            max_file_bytes: 20 << 20,
            hidden: false,
            follow_links: false,
            generated: false,
        }
    }
}

/// Finding passages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// Hits of a search, and sources offered to the prompt; 1 to 100.
    pub limit: usize,
    /// Candidates each leg contributes to the fusion; 1 to 1000.
    pub candidates: usize,
    /// Weight of the vector leg in the fused score, 0 to 1; the measured
    /// weight of the embedder where empty.
    pub vector_weight: Option<f32>,
    /// What reads the best sentences: `builtin`, `off`, or a folder or hub id
    /// of a sentence encoder or cross-encoder.
    pub rank: ModelName,
    /// How long that may take for one question, in milliseconds.
    pub rank_budget_ms: u64,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            limit: 8,
            candidates: 50,
            vector_weight: None,
            rank: ModelName::default(),
            rank_budget_ms: 1_500,
        }
    }
}

/// Generating answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Generation {
    /// Whether answers are limited to sentences of the sources.
    pub quote: QuoteMode,
    /// Most quotes in an answer of quote mode; 1 to 16.
    pub max_quotes: usize,
    /// Whether a grammar keeps citation numbers valid outside quote mode.
    pub cite_grammar: bool,
    /// Most tokens of an answer.
    pub max_tokens: usize,
    /// Sampling temperature; 0 takes the likeliest token.
    pub temperature: f64,
    /// Nucleus sampling, 0 to 1; 1 keeps every token.
    pub top_p: f64,
    /// Least likelihood of a token, as a share of the likeliest one's; 0 keeps
    /// every token. Only where the temperature is above 0.
    pub min_p: f64,
    /// Divides the logits of tokens that the answer had lately, 1 to 2; by the
    /// size of the model where empty.
    pub repeat_penalty: Option<f32>,
    /// Taken off the logit of a token that goes on with a run of tokens that
    /// the answer had before (DRY); by the size of the model where empty.
    pub dry: Option<f32>,
    /// Whether models that can think do so before they answer.
    pub thinking: bool,
    /// Most tokens of thought.
    pub max_thinking_tokens: usize,
    /// In-situ quantization of unquantized weights: `auto`, `none`, `q4k`,
    /// `q5k`, `q6k`, `q8_0` and so on.
    pub quantization: Quantization,
    /// Which engine runs the model.
    pub engine: EngineChoice,
    /// Threads for the model; the number of cores where 0.
    pub threads: usize,
    /// How the sources of an answer are read.
    pub strategy: Strategy,
    /// Probability below which quote mode says that the sources don't answer;
    /// the measured threshold where empty.
    pub answer_threshold: Option<f32>,
    /// Share of wrong answers among those given that quote mode keeps to, as far
    /// as it was measured; decides before `answer_threshold`.
    pub answer_risk: Option<f32>,
    /// Seconds that a model may take to the first word of an answer from
    /// sources: where it would take longer, it reads their best sentences only.
    /// 4 on a CPU and without a limit elsewhere, where empty.
    pub first_token_s: Option<f64>,
}

/// Which engine runs a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineChoice {
    /// The one that runs its files fastest on this device.
    #[default]
    Auto,
    /// mistral.rs.
    Mistral,
    /// llama.cpp, which reads GGUF files.
    Llama,
}

/// Name of a quantization; `auto` by default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantization(pub String);

impl Default for Quantization {
    fn default() -> Self {
        Self("auto".to_owned())
    }
}

impl Default for Generation {
    fn default() -> Self {
        Self {
            quote: QuoteMode::Auto,
            max_quotes: 1,
            cite_grammar: true,
            max_tokens: 512,
            temperature: 0.0,
            top_p: 1.0,
            min_p: 0.0,
            repeat_penalty: None,
            dry: None,
            thinking: false,
            max_thinking_tokens: 1024,
            quantization: Quantization::default(),
            engine: EngineChoice::Auto,
            threads: 0,
            strategy: Strategy::default(),
            answer_threshold: None,
            answer_risk: None,
            first_token_s: None,
        }
    }
}

/// The screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ui {
    /// Name of the theme; the one chosen last where empty.
    pub theme: Option<String>,
    /// How many colours the terminal has.
    pub colour: ColourDepth,
    /// Whether lorag takes the mouse.
    pub mouse: bool,
    /// Whether copied text is wrapped for tmux's `allow-passthrough`.
    pub tmux_passthrough: bool,
}

impl Default for Ui {
    fn default() -> Self {
        Self { theme: None, colour: ColourDepth::Auto, mouse: false, tmux_passthrough: false }
    }
}

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColourDepth {
    /// As the environment says.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Every colour.
    #[serde(rename = "truecolor")]
    True,
    /// xterm's palette.
    #[serde(rename = "256")]
    TwoFiftySix,
    /// The terminal's own.
    #[serde(rename = "16")]
    Sixteen,
    /// None.
    #[serde(rename = "none")]
    None,
}

/// `[models.NAME]`: where a model is, and how to talk to it. Every field of
/// the manifest (`lorag.toml` beside the weights) may stand here and wins.
///
/// serde can't deny unknown fields beside a flattened one; the table of keys
/// (`schema`) finds them first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelEntry {
    /// `builtin`, a folder, a file or a hub id.
    pub path: Option<String>,
    /// Overrides of the manifest.
    #[serde(flatten)]
    pub manifest: super::Manifest,
}

/// `[collections.NAME]`: the way questions to one collection are answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CollectionEntry {
    /// One line about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// The adapter of the modes that use one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// How the sources are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// What it wants of the prompt.
    pub prompt: PromptPart,
    /// Its sampling.
    pub sampling: SamplingPart,
}

impl CollectionEntry {
    /// What it says of the manner, in the form of a manifest.
    #[must_use]
    pub fn manifest(&self) -> super::Manifest {
        super::Manifest {
            prompt: self.prompt.clone(),
            sampling: self.sampling.clone(),
            ..super::Manifest::default()
        }
    }
}
