//! Arguments of the commands that answer other programs.

use super::variant::VariantArgs;
use crate::serve::Address;
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

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Where to listen: a port of this machine, or `unix:/path/of/socket`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8642")]
    pub listen: Address,
    /// Let other machines in, too. Needs --key-env; put TLS before it.
    #[arg(long)]
    pub allow_remote: bool,
    /// The variable that holds the key which clients must have.
    #[arg(long, value_name = "NAME")]
    pub key_env: Option<String>,
    /// How questions are answered.
    #[command(flatten)]
    pub variant: VariantArgs,
    /// Model: `builtin`, a folder, a file, a hub id or a name from the config.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Embedder: `builtin`, a folder or a hub id.
    #[arg(long, value_name = "MODEL")]
    pub embedder: Option<String>,
}
