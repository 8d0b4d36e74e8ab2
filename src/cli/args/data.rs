//! Arguments of `data`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// What to do with training data.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Make rows from documents, or from the questions of an evaluation.
    #[command(
        after_help = "Examples:\n  lorag data make docs/ --out rows.jsonl\n  lorag data make docs/ --from-eval questions.jsonl --model Qwen/Qwen3-0.6B --out rows.jsonl"
    )]
    Make(MakeArgs),
    /// Look for rows that teach nothing, or something wrong.
    #[command(after_help = "Exit code: 0 nothing found, 1 something is wrong, 2 wrong usage.")]
    Check(CheckArgs),
    /// Divide rows by document into those to train on and those to measure on.
    Split {
        /// The rows.
        file: PathBuf,
        /// Share of the rows that is held out.
        #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
        held_out: f64,
        /// Decides which documents are held out.
        #[arg(long, value_name = "N", default_value_t = 0)]
        seed: u64,
    },
    /// Count rows, questions, sources and tokens.
    Stats {
        /// The rows.
        file: PathBuf,
        /// Model whose prompt is spelled and whose tokenizer counts; the
        /// configured one where it is left out. For the built-in one, four
        /// characters are taken for a token then.
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Write rows as another trainer reads them.
    #[command(
        after_help = "Example:\n  lorag data export rows.jsonl --for mlx-lm --model Qwen/Qwen3-0.6B --out mlx/"
    )]
    Export(ExportArgs),
}

/// What rows hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    /// The question with numbered sources.
    #[default]
    Rag,
    /// The question alone.
    Alone,
    /// Two rows for each question.
    Both,
}

/// Who writes the questions to documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ByArg {
    /// Rules: definitions, headings, times, places, numbers.
    #[default]
    Rules,
    /// The model.
    Model,
    /// Rules, and the model where none fits.
    Both,
}

/// Arguments of `data make`.
#[derive(Debug, Args)]
pub struct MakeArgs {
    /// Documents to ask about, or to answer from: indexed first, and the only
    /// ones searched.
    pub paths: Vec<PathBuf>,
    /// Take questions and references from this file, as `lorag eval` reads them.
    #[arg(long, value_name = "FILE")]
    pub from_eval: Option<PathBuf>,
    /// Take the answers that were marked as good in the chat.
    #[arg(long, conflicts_with_all = ["paths", "from_eval"])]
    pub from_sessions: bool,
    /// Most questions.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub questions: Option<u32>,
    /// Whether rows hold sources.
    #[arg(long, value_name = "FORM", default_value = "rag")]
    pub form: FormArg,
    /// Who writes the questions.
    #[arg(long, value_name = "WHO", default_value = "rules", conflicts_with = "from_eval")]
    pub by: ByArg,
    /// Leave out rows whose prompt and answer take more tokens.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<usize>,
    /// Where the rows go; standard output where it is left out.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Decides what is left to chance.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print what was made and dropped as one JSON object.
    #[arg(long, requires = "out")]
    pub json: bool,
    /// Model that the rows are for: `builtin`, a folder, a file, a hub id or a
    /// name from the config.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Embedder: `builtin`, a folder or a hub id.
    #[arg(long, value_name = "MODEL")]
    pub embedder: Option<String>,
}

/// Arguments of `data check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The rows.
    pub file: PathBuf,
    /// Most tokens of a prompt and its answer.
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub max_tokens: usize,
    /// Model whose prompt is spelled and whose tokenizer counts; the configured one
    /// where it is left out. For the built-in one, four characters are taken for
    /// a token then.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `data export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The rows.
    pub file: PathBuf,
    /// The program that trains: `mlx-lm`, `unsloth` or `axolotl`.
    #[arg(long = "for", value_name = "TRAINER")]
    pub trainer: crate::data::export::Trainer,
    /// Where it goes: for mlx-lm a folder, else a file.
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    /// Share of the rows that mlx-lm gets to measure on.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, value_parser = share)]
    pub held_out: f64,
    /// Model that is trained, whose prompt is spelled.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    match (0.0..1.0).contains(&share) {
        true => Ok(share),
        false => Err("a share lies between 0 and 1".to_owned()),
    }
}
