//! Arguments of `tune`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `tune`.
#[derive(Debug, Args)]
pub struct TuneArgs {
    /// Name of the adapter.
    pub name: String,
    /// Rows to train on: what `lorag data make` writes, `messages`, prompt and
    /// completion or alpaca JSONL.
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// Rows to measure on; without it, a share of the documents of --data.
    #[arg(long, value_name = "FILE")]
    pub held_out: Option<PathBuf>,
    /// The model it is for: `builtin`, a folder, a GGUF file, a hub id or a name
    /// from the config.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Rank of the adapter.
    #[arg(long, value_name = "N")]
    pub rank: Option<u64>,
    /// Scale of the adapter, over its rank.
    #[arg(long, value_name = "X")]
    pub alpha: Option<f64>,
    /// Peak learning rate; `auto` tries several on a few steps.
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<String>,
    /// How often every row is read, at most.
    #[arg(long, value_name = "N")]
    pub epochs: Option<u64>,
    /// Rows to a step of the optimizer.
    #[arg(long, value_name = "N")]
    pub batch: Option<u64>,
    /// Longer rows are left out, in tokens.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u64>,
    /// Train this many of the last layers; 0 for all.
    #[arg(long, value_name = "N")]
    pub layers: Option<u64>,
    /// Evaluations without a better loss after which training ends.
    #[arg(long, value_name = "N")]
    pub patience: Option<u64>,
    /// Decides the order of the rows and the first weights.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads; 0 takes the number of cores.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Only the first N rows.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Measure on at most N held-out questions, before and after; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub questions: usize,
    /// Go on with a run of this name that was cut short.
    #[arg(long, conflicts_with = "fresh")]
    pub resume: bool,
    /// Forget a run of this name that was cut short, and replace an adapter of
    /// this name.
    #[arg(long)]
    pub fresh: bool,
    /// `lora`; `prompt` says why it is not offered.
    #[arg(long, value_name = "METHOD", default_value = "lora")]
    pub method: String,
    /// Print the record as JSON, in place of progress.
    #[arg(long)]
    pub json: bool,
}
