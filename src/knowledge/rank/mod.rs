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
mod ranker;
mod vectors;
mod weights;

pub use kernels::dot;
pub use ranker::{Piece, RankError, Ranker, RankerSource};

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};
use std::time::Duration;

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

#[cfg(test)]
mod tests;
