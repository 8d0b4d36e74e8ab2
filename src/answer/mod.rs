//! Answering: evidence goes in, a streamed and cited answer comes out.
//!
//! This is where `knowledge` and `engine` meet. [`service`] is the way in. It
//! does no output of its own:
//! what happens is told through [`AskEvent`]s, and the finished
//! [`Answer`](crate::domain::Answer) holds all of it again.

mod alone;
mod aside;
mod claim;
mod followup;
mod found;
mod memory;
mod meter;
mod parts;
mod reduce;
mod resume;
mod run;
mod sequence;
pub mod service;
mod shown;
mod speed;
mod support;
#[cfg(test)]
mod tests;
pub mod verify;

pub use memory::resident_bytes;

pub use service::{Continued, Passages, Question, Reader, Retrieved, answer, read, retrieve};
pub use speed::{Speeds, warm};

use crate::config::{Generation, Manner, QuoteMode};
use crate::domain::{ByteRange, Citation, Ledger, Mode, SearchTimings, Source, Strategy};
use crate::engine::{Engine, EngineError, Message};
use crate::knowledge::embed::{EmbedError, Embedder};
use crate::knowledge::evidence::Evidence;

/// Raised whenever the same question, passages, model and settings may give
/// another answer than before, so that figures that were measured with the old
/// way are not taken for those of the new one.
pub const PIPELINE: u32 = 3;

/// A question with everything that is needed to answer it.
struct Ask<'a> {
    /// The question.
    question: &'a str,
    /// Earlier turns, oldest first.
    history: &'a [Message],
    /// What the model may read.
    evidence: Evidence,
    /// Times of the search that found it.
    search: SearchTimings,
    /// The model.
    engine: &'a dyn Engine,
    /// How to talk to it.
    manner: &'a Manner,
    /// The user's settings.
    settings: &'a Generation,
    /// The mode: whether sources are read at all.
    mode: Mode,
    /// How the sources are read.
    strategy: Strategy,
    /// The adapters of the engine, as they are spelled, for the record.
    adapter: Option<&'a str>,
    /// What citations are checked with, beside their words: the embedder of
    /// the knowledge base.
    embedder: Option<&'a dyn Embedder>,
    /// The beginning of an answer to these sources that was cut, to be
    /// continued: its text as it was told, marks included. Ignored in quote
    /// mode, whose answers are never cut.
    continued: Option<&'a str>,
}

impl Ask<'_> {
    /// Whether this answer is limited to sentences of the sources, which only
    /// one that reads them can be.
    fn quotes(&self) -> bool {
        self.mode.reads()
            && match self.settings.quote {
                QuoteMode::Auto => self.manner.quote,
                QuoteMode::On => true,
                QuoteMode::Off => false,
            }
    }
}

/// What happens while a question is answered.
///
/// The events carry all that is needed to keep an answer that is cancelled:
/// the pieces of [`Text`](Self::Text) and a mark `[n]` for each
/// [`Cite`](Self::Cite), appended in order (to the beginning, where an answer
/// is continued), are the text of the finished answer, but for the citations
/// that are found afterwards: [`without_found`](crate::domain::without_found)
/// takes those out again.
#[derive(Debug)]
pub enum AskEvent<'a> {
    /// The sources are chosen and fitted into the window.
    Sources(&'a [Source]),
    /// The prompt is built, and the model gets it now.
    Prompt {
        /// Where the window went.
        ledger: &'a Ledger,
        /// What it gets, the instructions first.
        messages: &'a [Message],
    },
    /// A piece of the answer, ready to show.
    Text(&'a str),
    /// A citation mark: stands for the text `[n]`.
    Cite {
        /// The source's number.
        number: usize,
        /// Where the mark stands, in bytes of the whole text so far.
        mark: ByteRange,
    },
    /// The sentence of a mark is complete, and its citation is checked. These
    /// come in the order of the marks, one for each; for an answer that is
    /// continued those of its beginning come again first.
    Citation(&'a Citation),
    /// A citation number that names no source was taken out.
    Dropped(usize),
    /// A piece of thought, to be shown apart.
    Thought(&'a str),
    /// So many tokens are decoded, of thought and answer together.
    Tokens(usize),
}

/// What can go wrong while answering.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The model failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The embedder failed.
    #[error(transparent)]
    Embedder(#[from] EmbedError),
    /// The model can't be held to quotes.
    #[error(
        "quote mode does not work with {model}: its chat template opens a thought by itself, so the answer cannot be held to sentences of the sources. Use --no-quote, or another model"
    )]
    TemplateThinks {
        /// Name of the model.
        model: String,
    },
    /// The model can't be held to quotes, and what it wrote is none.
    #[error(
        "the answer of {model} is refused, since it is no sentence of the sources: \u{201c}{text}\u{201d}. Its server takes no grammar that would hold it to them. Ask with --no-quote, or use a server that takes one (llama.cpp, vLLM, SGLang, mistral.rs)"
    )]
    NoQuote {
        /// Name of the model.
        model: String,
        /// What it wrote.
        text: String,
    },
    /// The engine left the grammar of quote mode.
    #[error("quote mode failed: {0}. Ask with --no-quote, or with another model")]
    Grammar(String),
}
