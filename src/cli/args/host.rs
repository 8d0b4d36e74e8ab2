//! Arguments of the commands that answer other programs.

use super::variant::VariantArgs;
use clap::Args;

/// Arguments of `mcp`.
#[derive(Debug, Args)]
pub struct McpArgs {
    /// How `ask` answers.
    #[command(flatten)]
    pub variant: VariantArgs,
    /// Model of `ask`: `builtin`, a folder, a file, a hub id or a name from the
    /// config.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Embedder: `builtin`, a folder or a hub id.
    #[arg(long, value_name = "MODEL")]
    pub embedder: Option<String>,
}
