//! From hits to sources: which sentences of which passages the model reads.
//!
//! Where a model's window or speed is small, passages are reduced to their
//! best sentences (extractive compression); each keeps its way back to the
//! file. A sentence is scored by the share of the question's term weight it
//! holds, its cosine to the question, and the rank of its passage: the score
//! that the built-in reader was trained behind (`examples/reader/data.py`,
//! `sentence_score`) with the embedder's cosine added.

use super::embed::{EmbedError, Embedder};
use super::sentences::{one_line, sentences};
use super::terms::{TermStats, terms};
use crate::config::Order;
use crate::domain::{ByteRange, Chunk, Hit, LeftOut, LineRange, Sentence, Source};
use std::collections::{HashMap, HashSet};

/// Shortest and longest sentence that is offered, in characters, as in the
/// reader's training.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=420;
/// What a sentence gains from the rank of its passage: this over the rank.
const RANK_BONUS: f32 = 0.25;
/// How much each term of a sentence takes from its term score.
const LENGTH_PENALTY: f32 = 0.004;
/// What a line without an end mark loses: titles, list fragments and code
/// hold the question's words but seldom answer it.
const FRAGMENT_PENALTY: f32 = 0.2;

/// What of the hits the prompt holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceOptions {
    /// Best sentences of all hits together; whole passages where 0.
    pub sentences: usize,
    /// Best hits that sentences are taken from.
    pub hits: usize,
    /// Order of sources, and of the sentences within one.
    pub order: Order,
}

/// Sources for a prompt.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// One for each hit, used or left out; the used ones first, numbered from
    /// 1 in the order of the prompt.
    pub sources: Vec<Source>,
    /// How well the best sentence fits the question, without the bonus for its
    /// passage's rank: 0 for nothing in common, about 2 for a restatement. A
    /// threshold on it decides whether the sources answer at all.
    pub support: f32,
}

/// Chooses what the model reads of the hits (best first).
///
/// # Errors
/// Where the embedder fails.
pub fn gather(
    question: &str,
    query_vector: &[f32],
    hits: &[Hit],
    embedder: &dyn Embedder,
    stats: &TermStats,
    options: EvidenceOptions,
) -> Result<Evidence, EmbedError> {
    let mut files = FileLines::default();
    let mut seen = HashSet::new();
    let mut all: Vec<Vec<Sentence>> = Vec::with_capacity(hits.len());
    for hit in hits {
        let mut kept = sentences_of(&hit.chunk, &mut files);
        // Chunks overlap, and documents repeat themselves.
        kept.retain(|s| seen.insert(s.text.clone()));
        all.push(kept);
    }
    let support = score(question, query_vector, hits, &mut all, embedder, stats)?;
    let sources =
        if options.sentences == 0 { whole(hits, all) } else { compressed(hits, all, options) };
    Ok(Evidence { sources, support })
}

/// The sentences of a passage that may be quoted, unscored.
fn sentences_of(chunk: &Chunk, files: &mut FileLines) -> Vec<Sentence> {
    sentences(&chunk.text)
        .into_iter()
        .filter_map(|range| {
            let raw = chunk.text.get(range.clone())?;
            let text = one_line(raw);
            let title = chunk.heading.iter().any(|h| h.trim() == text.trim());
            if title || !LENGTHS.contains(&text.chars().count()) {
                return None;
            }
            let bytes = chunk.offsets.to_file(range.start, range.end);
            let lines = if chunk.rendered {
                files.lines(chunk, bytes)
            } else {
                let before = newlines(chunk.text.get(..range.start)?.as_bytes());
                let start = chunk.lines.start + before;
                LineRange { start, end: start + newlines(raw.as_bytes()) }
            };
            let within = ByteRange::new(range.start, range.end);
            Some(Sentence { text, within, bytes, lines, score: 0.0 })
        })
        .collect()
}

fn newlines(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|&&b| b == b'\n').count()).unwrap_or(u32::MAX)
}

/// Lines of places in files whose text had to be decoded or rendered: the
/// passage's own line breaks aren't the file's, so the file is read again.
#[derive(Default)]
struct FileLines {
    read: HashMap<String, Option<Vec<u8>>>,
}

impl FileLines {
    fn lines(&mut self, chunk: &Chunk, bytes: ByteRange) -> LineRange {
        let file =
            self.read.entry(chunk.path.clone()).or_insert_with(|| std::fs::read(&chunk.path).ok());
        let part = |from, to| file.as_ref().and_then(|f| f.get(from..to)).map(newlines);
        match (part(chunk.bytes.start, bytes.start), part(bytes.start, bytes.end)) {
            (Some(before), Some(within)) => {
                let start = chunk.lines.start + before;
                LineRange { start, end: start + within }
            }
            // The file is gone or shorter now; the passage's lines are known.
            _ => chunk.lines,
        }
    }
}

/// Scores every sentence in place and returns the best support.
fn score(
    question: &str,
    query_vector: &[f32],
    hits: &[Hit],
    all: &mut [Vec<Sentence>],
    embedder: &dyn Embedder,
    stats: &TermStats,
) -> Result<f32, EmbedError> {
    let weights: HashMap<String, f32> = terms(question)
        .into_iter()
        .map(|term| {
            let weight = stats.idf(&term);
            (term, weight)
        })
        .collect();
    let total: f32 = weights.values().sum::<f32>().max(f32::MIN_POSITIVE);
    let texts: Vec<String> = all.iter().flatten().map(|s| s.text.clone()).collect();
    let vectors = embedder.embed_passages(&texts)?;
    let mut vectors = vectors.iter();
    let mut support = 0.0f32;
    for (hit, sentences) in hits.iter().zip(all) {
        for sentence in sentences {
            let list = terms(&sentence.text);
            let have: HashSet<&String> = list.iter().collect();
            let share: f32 = have.iter().filter_map(|t| weights.get(*t)).sum::<f32>() / total;
            let share = share / (1.0 + LENGTH_PENALTY * list.len() as f32);
            let cosine = vectors.next().map_or(0.0, |v| cosine(query_vector, v));
            let penalty = if ends(&sentence.text) { 0.0 } else { FRAGMENT_PENALTY };
            let fit = share + cosine.max(0.0) - penalty;
            support = support.max(fit);
            sentence.score = fit + RANK_BONUS / hit.rank.max(1) as f32;
        }
    }
    Ok(support)
}

/// Whether a text ends as a sentence does.
fn ends(text: &str) -> bool {
    text.trim_end_matches(['"', '\'', ')', ']', '”', '’', '*', '_', '`'])
        .ends_with(['.', '!', '?', '。', '！', '？', '…'])
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    // Both have length one.
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn whole(hits: &[Hit], all: Vec<Vec<Sentence>>) -> Vec<Source> {
    hits.iter()
        .zip(all)
        .enumerate()
        .map(|(index, (hit, sentences))| Source {
            number: index + 1,
            hit: hit.clone(),
            sentences,
            compressed: false,
            tokens: 0,
            left_out: None,
        })
        .collect()
}

/// Keeps the best sentences of all hits: a source for each hit that has one.
fn compressed(hits: &[Hit], all: Vec<Vec<Sentence>>, options: EvidenceOptions) -> Vec<Source> {
    let mut ranked: Vec<(usize, Sentence)> = all
        .into_iter()
        .take(options.hits.max(1))
        .enumerate()
        .flat_map(|(hit, list)| list.into_iter().map(move |s| (hit, s)))
        .collect();
    // Stable, so that equal scores keep the order of the hits and of the text.
    ranked.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
    ranked.truncate(options.sentences);
    let mut order: Vec<usize> = Vec::new();
    for (hit, _) in &ranked {
        if !order.contains(hit) {
            order.push(*hit);
        }
    }
    if options.order == Order::Source {
        order.sort_unstable();
    }
    let rest = (0..hits.len()).filter(|hit| !order.contains(hit)).collect::<Vec<_>>();
    order
        .iter()
        .chain(&rest)
        .enumerate()
        .filter_map(|(index, &at)| {
            let mut sentences: Vec<Sentence> =
                ranked.iter().filter(|(hit, _)| *hit == at).map(|(_, s)| s.clone()).collect();
            if options.order == Order::Source {
                sentences.sort_by_key(|s| s.within.start);
            }
            Some(Source {
                number: index + 1,
                hit: hits.get(at)?.clone(),
                left_out: sentences.is_empty().then_some(LeftOut::NoSentence),
                sentences,
                compressed: true,
                tokens: 0,
            })
        })
        .collect()
}
