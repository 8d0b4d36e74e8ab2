//! What runs in the background, and its figures.

use super::adapter::Loading;
use super::request::RequestId;
use crate::domain::{FinishReason, Outcome, TurnId};
use std::collections::VecDeque;

/// The answer being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The request.
    pub request: RequestId,
    /// The turn it answers.
    pub turn: TurnId,
    /// When it began, in milliseconds since 1970.
    pub since_ms: i64,
    /// When the model began to read the prompt.
    pub reading_ms: Option<i64>,
    /// When the first token came.
    pub first_token_ms: Option<i64>,
    /// Tokens decoded so far.
    pub tokens: usize,
    /// The answer is whole, and is being put on disk.
    pub keeping: bool,
    /// How the answer stood that is being continued.
    pub continued: Option<Outcome>,
}

/// How far indexing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KnowledgeWork {
    /// Nothing was heard of the knowledge base yet.
    #[default]
    Opening,
    /// Nothing runs.
    Idle,
    /// Another process writes.
    Waiting,
    /// Files are looked for.
    Walking,
    /// Files are read, chunked and embedded.
    Indexing {
        /// Files done.
        files: usize,
        /// Files there are.
        total: usize,
        /// Chunks made.
        chunks: usize,
    },
    /// The indexes are brought up to date.
    Maintaining,
    /// It failed.
    Failed {
        /// What, and what to do.
        message: String,
    },
}

impl KnowledgeWork {
    /// Whether something runs.
    #[must_use]
    pub fn busy(&self) -> bool {
        !matches!(self, Self::Idle | Self::Failed { .. })
    }
}

/// A collection of the knowledge base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// Its files.
    pub files: usize,
    /// Its chunks.
    pub chunks: usize,
}

/// The knowledge base.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knowledge {
    /// What runs.
    pub work: KnowledgeWork,
    /// Files that are searched.
    pub files: usize,
    /// Their chunks.
    pub chunks: usize,
    /// The same by collection.
    pub collections: Vec<Collection>,
    /// The documents, as the user named them; empty for all.
    pub roots: Vec<String>,
    /// Files that were not indexed, with the reason.
    pub skipped: Vec<(String, String)>,
    /// When the work began, in milliseconds since 1970.
    pub since_ms: i64,
}

/// What is known of a loaded model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelCard {
    /// The name it was asked for by.
    pub wanted: String,
    /// Name to show.
    pub name: String,
    /// Its adapters; `None` for the plain model.
    pub adapter: Option<String>,
    /// How its weights are quantized; `none` if not.
    pub quantization: String,
    /// Where it runs.
    pub device: String,
    /// The engine that runs it, and why.
    pub engine: String,
    /// Tokens of prompt and answer together.
    pub window: usize,
    /// Whether quote mode is on where the user says nothing.
    pub quotes: bool,
    /// Whether it was loaded already when it was asked for.
    pub resident: bool,
    /// How long it took from asking for it to its answering, in milliseconds.
    pub switch_ms: f64,
    /// What its weights and its key-value cache take, in bytes.
    pub memory_bytes: u64,
    /// How long it took to load, in milliseconds.
    pub load_ms: u64,
    /// Tokens of a prompt that it read per second the last time, if known.
    pub reads_per_s: Option<f64>,
}

/// The model: the one that answers, and the one that is on its way.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelState {
    /// The name of the model asked for last.
    pub wanted: String,
    /// The one that answers.
    pub loaded: Option<ModelCard>,
    /// The one being loaded.
    pub loading: Option<Loading>,
    /// Why the last load failed.
    pub failed: Option<String>,
}

/// Figures that change while work runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveStats {
    /// Resident memory, in bytes; 0 before it is known.
    pub resident_bytes: u64,
    /// Decoded tokens per second over the last moments, newest last.
    pub rates: VecDeque<f64>,
    /// Tokens at the last measurement.
    pub last_tokens: usize,
    /// When that was, in milliseconds since 1970.
    pub last_ms: i64,
}

/// Sums over the session.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Questions answered.
    pub answers: usize,
    /// Tokens of their prompts.
    pub prompt_tokens: usize,
    /// Tokens decoded.
    pub completion_tokens: usize,
    /// Time spent on them, in milliseconds.
    pub total_ms: f64,
    /// Citations that were checked.
    pub checked: usize,
    /// Of these, supported word for word or likely.
    pub supported: usize,
}

impl Totals {
    /// What these turns read and wrote together.
    pub fn of<'a>(turns: impl Iterator<Item = &'a crate::domain::Turn>) -> Self {
        turns.fold(Self::default(), |mut totals, turn| {
            totals.add(turn);
            totals
        })
    }

    /// Adds a finished turn.
    pub fn add(&mut self, turn: &crate::domain::Turn) {
        use crate::domain::Support;
        if let Some(stats) = &turn.generation {
            self.answers += 1;
            // Without a generation no prompt was read.
            if stats.finish_reason != FinishReason::NotGenerated {
                self.prompt_tokens += stats.prompt_tokens;
            }
            self.completion_tokens += stats.completion_tokens;
            self.total_ms += stats.total_ms;
        }
        let checked = turn.citations.iter().filter(|c| c.support != Support::Unchecked);
        self.checked += checked.clone().count();
        self.supported += checked.filter(|c| c.supports()).count();
    }
}

/// The session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionCard {
    /// Its id; `None` until the first turn is kept.
    pub id: Option<String>,
    /// Its title; empty until there is one.
    pub title: String,
    /// How questions are asked, as it is on disk; `None` where it isn't.
    pub asking: Option<super::Asking>,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeLevel {
    /// Something worked.
    Done,
    /// Good to know.
    Info,
    /// To be heeded.
    Warning,
    /// Something failed.
    Error,
}

/// What the status bar says until the next key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: NoticeLevel,
    /// The text; errors may be long and are then shown in full above the
    /// status bar.
    pub text: String,
}
