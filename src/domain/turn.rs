//! A turn of a conversation: what the screen shows and the session log keeps.

use super::answer::{UNANSWERED, none_read};
use super::{
    Alternative, ByteRange, Citation, DroppedCitation, GenerationStats, Ledger, Mode,
    SearchTimings, Source, Strategy, Support,
};

/// Names a turn within its session; counted from 1.
pub type TurnId = u64;

/// How a turn came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// The question is asked, and the answer isn't there yet.
    #[default]
    Pending,
    /// The sources answer, or none were asked for.
    Answered,
    /// The sources don't answer.
    NotAnswered,
    /// The limit of tokens cut the answer.
    Cut,
    /// The user cancelled; what came is kept.
    Cancelled,
    /// Something failed.
    Failed {
        /// What, and what to do.
        message: String,
    },
}

/// A question, its answer, and all that led to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turn {
    /// Its name within the session.
    pub id: TurnId,
    /// The turn it follows; turns with the same parent are branches.
    pub parent: Option<TurnId>,
    /// When it was asked, in milliseconds since 1970.
    pub asked_ms: i64,
    /// The question.
    pub question: String,
    /// The answer so far, Markdown with valid citation marks only.
    pub text: String,
    /// What the model thought before it answered.
    pub thought: String,
    /// How it came out.
    pub outcome: Outcome,
    /// The mode.
    pub mode: Mode,
    /// How the sources were read.
    pub strategy: Strategy,
    /// Name of the model.
    pub model: String,
    /// The answers that other sources gave, where each was read for itself.
    pub alternatives: Vec<Alternative>,
    /// The adapters, as a [`Stack`](super::Stack) spells them, if any were used.
    pub adapter: Option<String>,
    /// The probability that the sources answer; `None` where none were read.
    pub answers: Option<f32>,
    /// Whether the answer was limited to sentences of the sources.
    pub quoted: bool,
    /// Citations, in the order of the text.
    pub citations: Vec<Citation>,
    /// Sentences that cite nothing and that no source was found to say, in
    /// bytes of the text.
    pub uncited: Vec<ByteRange>,
    /// Numbers that named no source.
    pub dropped: Vec<DroppedCitation>,
    /// Every source, used or left out, best first.
    pub sources: Vec<Source>,
    /// Where the window went.
    pub ledger: Ledger,
    /// Times of the search.
    pub search: SearchTimings,
    /// What was searched: the question, and where it leaned on others what it
    /// asks when it stands alone, which is what the answer was chosen by.
    pub searched: Vec<String>,
    /// How it was generated; `None` where nothing was.
    pub generation: Option<GenerationStats>,
    /// Whether the user marked the answer as a good one, to be learned from.
    pub good: bool,
}

impl Turn {
    /// Whether the answer may not be one: a model answered in its own words
    /// though the sources likely don't, or each quote is [doubtful].
    ///
    /// [doubtful]: Citation::doubtful
    #[must_use]
    pub fn doubtful(&self) -> bool {
        let own_words = || !self.quoted && self.answers.is_some_and(|p| p < UNANSWERED);
        let quotes = || {
            self.quoted
                && !self.citations.is_empty()
                && self.citations.iter().all(Citation::doubtful)
        };
        self.mode.reads()
            && matches!(self.outcome, Outcome::Answered | Outcome::Cut)
            && (own_words() || quotes())
    }

    /// Whether a model said something in its own words although the sources
    /// don't answer and hold none of it.
    #[must_use]
    pub fn unfounded(&self) -> bool {
        self.outcome == Outcome::NotAnswered && !self.uncited.is_empty()
    }

    /// Whether some citation names this source.
    #[must_use]
    pub fn cites(&self, number: usize) -> bool {
        self.citations.iter().any(|citation| citation.number == number)
    }

    /// Whether the answer makes claims and no checked citation supports any.
    /// False while a citation is unchecked, for an answer that says itself that
    /// the sources don't answer, and in the modes that read no sources.
    #[must_use]
    pub fn unsupported(&self) -> bool {
        let done = matches!(self.outcome, Outcome::Answered | Outcome::Cut | Outcome::Cancelled);
        let held = |citation: &Citation| citation.support != Support::Missing;
        self.mode.reads()
            && done
            && !none_read(self.mode, self.answers, &self.sources)
            && !self.text.trim().is_empty()
            && !self.citations.iter().any(held)
    }
}
