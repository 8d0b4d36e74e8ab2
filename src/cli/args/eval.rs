//! Arguments of `eval`.

use crate::domain::{Mode, Strategy};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `eval`.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// JSON lines of `question`, `answers`, `path` and `answerable`.
    pub dataset: PathBuf,
    /// Files and folders to answer from: indexed first, and the only ones
    /// searched. Without one, the documents that the dataset names, if they lie
    /// beside it, else the whole knowledge base.
    pub paths: Vec<PathBuf>,
    /// Modes to run; all four where they are left out.
    #[arg(long, value_name = "MODES", value_delimiter = ',')]
    pub modes: Vec<Mode>,
    /// Adapters of the modes that use one; all that fit where they are left out.
    #[arg(long, value_name = "ADAPTERS", value_delimiter = ',')]
    pub adapters: Vec<String>,
    /// How sources are read: `token` or `sequence`.
    #[arg(long, value_name = "STRATEGY")]
    pub strategy: Option<Strategy>,
    /// Only the first N questions.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Answer from this collection only.
    #[arg(long, value_name = "NAME")]
    pub collection: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Write a page with charts and every answer to this file.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Conditions that decide the exit code, such as `f1>=0.6,hybrid.support>=0.9`.
    #[arg(long, value_name = "CONDITIONS")]
    pub gate: Option<String>,
    /// Forget what an earlier run of the same kind has answered.
    #[arg(long)]
    pub fresh: bool,
    /// Answer with whole sentences of the sources only.
    #[arg(long, overrides_with = "no_quote")]
    pub quote: bool,
    /// Let the model use its own words.
    #[arg(long, overrides_with = "quote")]
    pub no_quote: bool,
    /// Model: `builtin`, a folder, a file, a hub id or a name from the config.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Embedder: `builtin`, a folder or a hub id.
    #[arg(long, value_name = "MODEL")]
    pub embedder: Option<String>,
}
