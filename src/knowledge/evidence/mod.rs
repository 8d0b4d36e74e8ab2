//! From hits to sources: which sentences of which passages the model reads,
//! and how probable it is that they answer.
//!
//! Where a model's window or speed is small, passages are reduced to their
//! best sentences (extractive compression); each keeps its way back to the
//! file. `score` looks at what a sentence shares with the question, a
//! [`Ranker`] reads the best of them (`cascade`), [`answers`] makes a
//! probability of all that was found, and `choose` makes sources of it.

pub mod answers;
mod asked;
mod cascade;
mod choose;
mod kind;
mod options;
mod score;
mod units;

use super::analysis::TermStats;
use super::embed::{EmbedError, Embedder};
use super::rank::{RankError, Ranker};
use crate::domain::{Hit, Source};
use answers::Signs;
use asked::Asked;
use std::time::{Duration, Instant};

pub use answers::threshold_of;
pub use options::EvidenceOptions;

/// What sentences are judged with.
#[derive(Clone, Copy)]
pub struct Judges<'a> {
    /// The embedder of the passages.
    pub embedder: &'a dyn Embedder,
    /// In how many passages each term occurs.
    pub stats: &'a TermStats,
    /// What reads sentences; `None` where the score alone ranks.
    pub ranker: Option<&'a dyn Ranker>,
    /// How long it may read.
    pub budget: Duration,
}

/// Sources for a prompt.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// One for each hit, used or left out; the used ones first, numbered from
    /// 1 in the order of the prompt.
    pub sources: Vec<Source>,
    /// How well the evidence fits the question: the share of the question's
    /// term weight that the best passage holds, and that the best sentence
    /// holds, and the best sentence's cosine. 0 for nothing in common, about 3
    /// for a restatement.
    pub support: f32,
    /// The probability that the best sentence answers the question.
    pub answers: f32,
    /// What it came from, best sentence first.
    pub signs: Vec<Signs>,
    /// How long the ranker read.
    pub ranking: Duration,
}

/// What can go wrong while evidence is gathered.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The embedder.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The ranker.
    #[error(transparent)]
    Rank(#[from] RankError),
}

/// Chooses what the model reads of the hits (best first), with the ranker of
/// this process.
///
/// # Errors
/// Where the embedder or the ranker fails.
pub fn gather(
    question: &str,
    query_vector: &[f32],
    hits: &[Hit],
    embedder: &dyn Embedder,
    stats: &TermStats,
    options: EvidenceOptions,
) -> Result<Evidence, EmbedError> {
    let ranking = super::rank::configured();
    let failed = |error: String| EmbedError::Failed(error);
    let ranker = ranking.ranker().map_err(|error| failed(error.to_string()))?;
    let judges = Judges { embedder, stats, ranker: ranker.as_deref(), budget: ranking.budget };
    judged(question, query_vector, hits, judges, options).map_err(|error| match error {
        EvidenceError::Embed(error) => error,
        EvidenceError::Rank(error) => failed(error.to_string()),
    })
}

/// Chooses what the model reads of the hits (best first).
///
/// # Errors
/// Where the embedder or the ranker fails.
pub fn judged(
    question: &str,
    query_vector: &[f32],
    hits: &[Hit],
    judges: Judges<'_>,
    options: EvidenceOptions,
) -> Result<Evidence, EvidenceError> {
    let mut candidates = units::candidates(hits);
    let asked = Asked::new(question, judges.stats);
    let seen = score::seen(&asked, query_vector, hits, &candidates, judges.embedder)?;
    let first = (0..seen.len()).max_by(|a, b| seen[*a].score.total_cmp(&seen[*b].score));
    let language = first.and_then(|at| hits.get(candidates[at].hit)).map(|h| &h.chunk.language);
    // What it can't read it would only disturb.
    let ranker = judges.ranker.filter(|r| r.reads(question, language.map_or("", String::as_str)));
    let started = Instant::now();
    let read = cascade::read(question, &candidates, &seen, ranker, judges.budget)?;
    let ranking = started.elapsed();
    let calibrated = ranker.is_some_and(Ranker::calibrated);
    let signs = answers::signs(question, &asked, &candidates, &seen, &read, calibrated);
    let mut by_text = signs.iter().map(|s| ((s.hit, s.text.as_str()), s.answers));
    let by_text: std::collections::HashMap<_, _> = by_text.by_ref().collect();
    for (candidate, read) in candidates.iter_mut().zip(&read) {
        candidate.sentence.score = read.sum;
        let key = (candidate.hit, candidate.sentence.text.as_str());
        candidate.sentence.answers = by_text.get(&key).copied().flatten();
    }
    let covered =
        hits.iter().map(|hit| asked.held(&[&hit.chunk.search_text()], &hit.chunk.language).share);
    let fitting = seen.iter().map(|seen| seen.share + seen.cosine).fold(0.0f32, f32::max);
    let support = covered.fold(0.0f32, f32::max) + fitting;
    let answers = signs.first().and_then(|signs| signs.answers).unwrap_or(0.0);
    let by_sum = ranker.is_some();
    let sources = if options.sentences == 0 {
        choose::whole(hits, candidates, by_sum)
    } else {
        choose::compressed(hits, candidates, options, by_sum)
    };
    Ok(Evidence { sources, support, answers, signs, ranking })
}

#[cfg(test)]
mod tests;
