//! Answering: evidence goes in, a streamed and cited answer comes out.
//!
//! This is where `knowledge` and `engine` meet. It does no output of its own:
//! what happens is told through [`AskEvent`]s, and the finished
//! [`Answer`](crate::domain::Answer) holds all of it again.

mod memory;
mod reduce;
mod run;
mod support;
#[cfg(test)]
mod tests;

pub use memory::resident_bytes;
pub use reduce::{known_speed, reduced, remember_speed};
pub use run::answer;

use crate::config::{Generation, Manner, QuoteMode};
use crate::domain::{SearchTimings, Source};
use crate::engine::{Engine, EngineError, Message};
use crate::knowledge::evidence::Evidence;

/// A question with everything that is needed to answer it.
pub struct Ask<'a> {
    /// The question.
    pub question: &'a str,
    /// Earlier turns, oldest first.
    pub history: &'a [Message],
    /// What the model may read.
    pub evidence: Evidence,
    /// Times of the search that found it.
    pub search: SearchTimings,
    /// The model.
    pub engine: &'a dyn Engine,
    /// How to talk to it.
    pub manner: &'a Manner,
    /// The user's settings.
    pub settings: &'a Generation,
    /// Name of the mode, for the record.
    pub mode: &'a str,
    /// Name of the adapter, for the record.
    pub adapter: Option<&'a str>,
}

impl Ask<'_> {
    /// Whether this answer is limited to sentences of the sources.
    #[must_use]
    pub fn quotes(&self) -> bool {
        match self.settings.quote {
            QuoteMode::Auto => self.manner.quote,
            QuoteMode::On => true,
            QuoteMode::Off => false,
        }
    }
}

/// What happens while a question is answered.
#[derive(Debug)]
pub enum AskEvent<'a> {
    /// The sources are chosen and fitted into the window.
    Sources(&'a [Source]),
    /// A piece of the answer, ready to show.
    Text(&'a str),
    /// A citation of the source with this number.
    Cite(usize),
    /// A citation number that names no source was taken out.
    Dropped(usize),
    /// A piece of thought, to be shown apart.
    Thought(&'a str),
}

/// What can go wrong while answering.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The model failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The model can't be held to quotes.
    #[error(
        "quote mode does not work with {model}: its chat template opens a thought by itself, so the answer cannot be held to sentences of the sources. Use --no-quote, or another model"
    )]
    TemplateThinks {
        /// Name of the model.
        model: String,
    },
    /// The engine left the grammar of quote mode.
    #[error("quote mode failed: {0}. Ask with --no-quote, or with another model")]
    Grammar(String),
}
