//! Ranking sentences by reading them: a vector of each with its headings, and
//! a logit for a question and a sentence read together.
//!
//! The built-in ranker (`builtin()`) is two small BERTs that share their word
//! vectors; README.md in `src/builtin/ranker` has what they read. Models of the
//! hub take the place of one of them: a sentence encoder gives the vectors, a
//! cross-encoder the logits. `evidence` decides which sentences are worth it.

mod builtin;
mod encoder;
mod hub;
mod inputs;
mod kernels;
mod net;
mod vectors;
mod weights;

pub use kernels::dot;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};
use std::time::Duration;

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

/// A budget that no question uses up, where runs have to agree.
pub const UNHURRIED: Duration = Duration::from_secs(600);

/// How sentences are ranked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranking {
    /// The ranker; `None` where the score of a sentence ranks alone.
    pub source: Option<RankerSource>,
    /// How long it may read for one question.
    pub budget: Duration,
}

impl Default for Ranking {
    fn default() -> Self {
        Self { source: Some(RankerSource::Builtin), budget: UNHURRIED }
    }
}

impl Ranking {
    /// The ranker, loaded if need be.
    ///
    /// # Errors
    /// Where it can't be loaded.
    pub fn ranker(&self) -> Result<Option<Arc<dyn Ranker>>, RankError> {
        self.source.as_ref().map(load).transpose()
    }

    /// Loads the ranker beside what else is done, so that it is there when the
    /// passages are. What goes wrong shows when it is used.
    pub fn prepare(&self) {
        if let Some(source) = self.source.clone() {
            std::thread::spawn(move || {
                if let Err(error) = load(&source) {
                    tracing::warn!("{error}");
                }
            });
        }
    }
}

/// How this process ranks sentences, where nobody says otherwise.
static CONFIGURED: LazyLock<RwLock<Ranking>> = LazyLock::new(RwLock::default);

/// Says how this process ranks sentences, as its settings have it.
pub fn configure(ranking: Ranking) {
    *CONFIGURED.write().unwrap_or_else(PoisonError::into_inner) = ranking;
}

/// How this process ranks sentences: with the built-in ranker, unless
/// [`configure`] was called.
#[must_use]
pub fn configured() -> Ranking {
    CONFIGURED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

type Loaded = Mutex<HashMap<RankerSource, Arc<dyn Ranker>>>;

/// Rankers that are loaded: they never change and are used all over.
static LOADED: LazyLock<Loaded> = LazyLock::new(Loaded::default);

/// Loads a ranker, or gives the one that is loaded already.
///
/// # Errors
/// Where the folder holds no model that can rank, or a damaged one.
pub fn load(source: &RankerSource) -> Result<Arc<dyn Ranker>, RankError> {
    // What a model of the hub leaves to the built-in one.
    let other = match source {
        RankerSource::Builtin => None,
        RankerSource::Folder(folder) => Some((folder, load(&RankerSource::Builtin)?)),
    };
    // Whoever asks while it loads waits, which is quicker than loading twice.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(ranker) = loaded.get(source) {
        return Ok(Arc::clone(ranker));
    }
    let ranker: Arc<dyn Ranker> = match other {
        None => Arc::new(builtin::BuiltinRanker::new()?),
        Some((folder, other)) => hub::load(folder, other)?,
    };
    loaded.insert(source.clone(), Arc::clone(&ranker));
    Ok(ranker)
}

/// Letters of scripts that are written in the alphabets of Europe, of all
/// letters; 1 where there are none.
fn latin_share(text: &str) -> f32 {
    let (mut latin, mut all) = (0usize, 0usize);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        all += 1;
        latin += usize::from(u32::from(c) < 0x0250 || matches!(u32::from(c), 0x1E00..=0x1EFF));
    }
    if all == 0 { 1.0 } else { latin as f32 / all as f32 }
}

#[cfg(test)]
mod tests;
