//! How a question is answered, for all commands that answer.

use crate::domain::{Mode, Strategy};
use clap::Args;

/// How a question is answered.
#[derive(Clone, Debug, Default, Args)]
pub struct VariantArgs {
    /// Mode: `base`, `rag`, `adapter` or `hybrid`.
    #[arg(long, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// Adapter: a name, a folder, `one+other*0.5` or `none`.
    #[arg(long, value_name = "ADAPTER")]
    pub adapter: Option<String>,
    /// `token`: all sources in one prompt; `sequence`: a short answer for each.
    #[arg(long, value_name = "STRATEGY")]
    pub strategy: Option<Strategy>,
}
