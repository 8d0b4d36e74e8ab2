//! What ranks sentences, whatever does it.

use std::path::PathBuf;

/// A sentence with what stands around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The headings above it, outermost first, joined by `›`.
    pub heading: String,
    /// What leads in to the list it is in, if anything.
    pub lead: String,
    /// The sentence before it.
    pub before: String,
    /// The sentence.
    pub sentence: String,
}

impl Piece {
    /// The sentence below its headings, as vectors are made of it.
    #[must_use]
    pub fn headed(&self) -> String {
        let mut out = String::new();
        for part in [&self.heading, &self.lead].into_iter().filter(|part| !part.is_empty()) {
            out.push_str(part.trim_end_matches(['.', ':']));
            out.push_str(". ");
        }
        out.push_str(&self.sentence);
        out
    }
}

/// Judges sentences by a question.
///
/// Implementations are called from several threads at once.
pub trait Ranker: Send + Sync {
    /// Names the model and its weights.
    fn id(&self) -> &str;

    /// Cosine of the question with each sentence below its headings.
    ///
    /// # Errors
    /// Where the model fails.
    fn cosines(&self, question: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError>;

    /// How well each sentence answers the question, larger is better; about 0
    /// where it is as likely as not.
    ///
    /// # Errors
    /// Where the model fails.
    fn logits(&self, question: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError>;

    /// Whether the probability that the sources answer was fitted with this
    /// ranker's figures.
    fn calibrated(&self) -> bool;

    /// Whether it was made for texts of this language (ISO 639-1; empty where
    /// nobody knows) and for the script of this question.
    fn reads(&self, question: &str, language: &str) -> bool;
}

/// What can go wrong with a ranker.
#[derive(Debug, thiserror::Error)]
pub enum RankError {
    /// A file of the model is missing, damaged or another model's.
    #[error("cannot load the ranker from {path}: {reason}")]
    Load {
        /// The folder.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The model failed.
    #[error("the ranker failed: {0}")]
    Failed(String),
}

/// Where a ranker comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RankerSource {
    /// The one in this program.
    Builtin,
    /// A folder with a sentence encoder or a cross-encoder. A hub id is
    /// resolved to one by the caller.
    Folder(PathBuf),
}

/// Letters of scripts that are written in the alphabets of Europe, of all
/// letters; 1 where there are none.
pub(super) fn latin_share(text: &str) -> f32 {
    let (mut latin, mut all) = (0usize, 0usize);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        all += 1;
        latin += usize::from(u32::from(c) < 0x0250 || matches!(u32::from(c), 0x1E00..=0x1EFF));
    }
    if all == 0 { 1.0 } else { latin as f32 / all as f32 }
}
