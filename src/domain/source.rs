//! What of a hit goes into the prompt.

use super::{ByteRange, Hit, LineRange};

/// A sentence of a passage, with its way back to the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Sentence {
    /// The sentence, as in the passage, on one line (runs of white space are
    /// one space).
    pub text: String,
    /// Its place in the passage's text, in bytes.
    pub within: ByteRange,
    /// Its place in the file.
    pub bytes: ByteRange,
    /// Its lines in the file.
    pub lines: LineRange,
    /// How well it fits the question, larger is better; comparable within one
    /// question only.
    pub score: f32,
    /// The probability that it answers the question, where it was looked at
    /// closely enough to say.
    pub answers: Option<f32>,
}

/// Why a source is not in the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// It didn't fit into the model's window.
    NoRoom,
    /// None of its sentences was among the best.
    NoSentence,
    /// The model was not asked: the evidence supports no answer.
    NotAsked,
    /// The user took it out.
    Excluded,
    /// The user pinned others.
    NotPinned,
}

impl LeftOut {
    /// The reason in a few words, for people.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoRoom => "no room in the window",
            Self::NoSentence => "no sentence among the best",
            Self::NotAsked => "the model was not asked",
            Self::Excluded => "excluded by you",
            Self::NotPinned => "others are pinned",
        }
    }
}

/// A numbered source: a hit, and what the model gets to read of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its number in the prompt, from 1; citations name it.
    pub number: usize,
    /// The passage and how it was found.
    pub hit: Hit,
    /// The sentences of the passage that may be quoted; where the passage was
    /// compressed, only these are in the prompt, in this order.
    pub sentences: Vec<Sentence>,
    /// Whether the prompt holds only `sentences` and not the whole passage.
    pub compressed: bool,
    /// Tokens it takes in the prompt, by the model's own tokenizer.
    pub tokens: usize,
    /// `None` if it is in the prompt.
    pub left_out: Option<LeftOut>,
}

impl Source {
    /// Whether the model gets to read it.
    #[must_use]
    pub fn used(&self) -> bool {
        self.left_out.is_none()
    }

    /// What the model gets to read, before citation-like marks in it are
    /// neutralised.
    #[must_use]
    pub fn text(&self) -> String {
        if self.compressed {
            let parts: Vec<&str> = self.sentences.iter().map(|s| s.text.as_str()).collect();
            parts.join(" ")
        } else {
            self.hit.chunk.text.clone()
        }
    }
}
