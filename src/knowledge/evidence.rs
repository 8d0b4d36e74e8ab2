//! From hits to sources: which sentences of which passages the model reads.
//!
//! Where a model's window or speed is small, passages are reduced to their
//! best sentences (extractive compression); each keeps its way back to the
//! file. A sentence is scored by the share of the question's term weight it
//! holds (as in `examples/reader/data.py`, `sentence_score`), the cosine of the
//! sentence below its headings to the question, and what the search thought of
//! its passage. The weights were chosen on SelQA's dev part and on the
//! questions about the handbook; README has the figures.

use super::analysis::{Analyzer, Query, TermStats};
use super::embed::{EmbedError, Embedder};
use super::sentences::{one_line, sentences, unquoted_lines};
use crate::config::Order;
use crate::domain::{ByteRange, Chunk, Hit, LeftOut, LineRange, Sentence, Source};
use std::collections::{HashMap, HashSet};

/// Shortest and longest sentence that is offered, in characters, as in the
/// reader's training.
const LENGTHS: std::ops::RangeInclusive<usize> = 12..=420;
/// What a sentence gains from the rank of its passage: this over the rank.
const RANK_BONUS: f32 = 0.1;
/// What it gains from its passage's fused score, relative to the best one.
const PASSAGE_BONUS: f32 = 0.3;
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
    /// How well the evidence fits the question: the share of the question's
    /// term weight that the best passage holds, and that the best sentence
    /// holds, and the best sentence's cosine. 0 for nothing in common, about 3
    /// for a restatement. A threshold on it decides whether the sources answer
    /// at all.
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
            let text = one_line(&unquoted_lines(raw));
            let title = chunk.heading.iter().any(|h| h.trim() == text.trim());
            // What isn't text can't be generated, so it can't be quoted either.
            let broken = text.contains('\u{FFFD}');
            if title || broken || !LENGTHS.contains(&text.chars().count()) {
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
    /// Length and line ends of each file.
    read: HashMap<String, Option<(usize, Vec<usize>)>>,
}

impl FileLines {
    fn lines(&mut self, chunk: &Chunk, bytes: ByteRange) -> LineRange {
        let file = self.read.entry(chunk.path.clone()).or_insert_with(|| {
            let file = std::fs::read(&chunk.path).ok()?;
            Some((file.len(), super::parse::line_breaks(&file)))
        });
        let part = |from: usize, to: usize| {
            let (length, breaks) = file.as_ref()?;
            let within =
                breaks.partition_point(|at| *at < to) - breaks.partition_point(|at| *at < from);
            (to <= *length && from <= to).then_some(u32::try_from(within).ok()?)
        };
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
    let query = Query::of(question, stats);
    // The headings say what a sentence is about that doesn't say it itself.
    let texts: Vec<String> = hits
        .iter()
        .zip(all.iter())
        .flat_map(|(hit, list)| {
            let heading = hit.chunk.heading.join(" ");
            list.iter().map(move |s| format!("{heading} {}", s.text).trim_start().to_owned())
        })
        .collect();
    let vectors = embedder.embed_passages(&texts)?;
    let mut vectors = vectors.iter();
    let best = hits.iter().map(|h| h.score).fold(0.0f32, f32::max);
    let (mut covered, mut fitting) = (0.0f32, 0.0f32);
    for (hit, sentences) in hits.iter().zip(all) {
        let mut analyzer = Analyzer::new(&hit.chunk.language);
        covered = covered.max(query.share(&analyzer.terms(&hit.chunk.search_text())));
        for sentence in sentences {
            let terms = analyzer.terms(&sentence.text);
            let share = query.share(&terms) / (1.0 + LENGTH_PENALTY * terms.words() as f32);
            let cosine = vectors.next().map_or(0.0, |v| cosine(query_vector, v));
            let penalty = if ends(&sentence.text) { 0.0 } else { FRAGMENT_PENALTY };
            let fit = share + cosine.max(0.0);
            fitting = fitting.max(fit);
            let passage = if best > 0.0 { hit.score / best } else { 0.0 };
            sentence.score =
                fit - penalty + PASSAGE_BONUS * passage + RANK_BONUS / hit.rank.max(1) as f32;
        }
    }
    Ok(covered + fitting)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::OffsetMap;
    use crate::knowledge::embed::{EmbedderSource, load};

    fn hit(rank: usize, heading: &str, text: &str) -> Hit {
        let chunk = Chunk {
            id: rank.to_string(),
            path: format!("/docs/{rank}.md"),
            collection: "default".into(),
            heading: vec![heading.into()],
            bytes: ByteRange::new(50, 50 + text.len()),
            lines: LineRange { start: 7, end: 9 },
            text: text.into(),
            offsets: OffsetMap::verbatim(50, text.len()),
            rendered: false,
            index: 0,
            file_hash: String::new(),
            modified: 0,
            units: Vec::new(),
            language: String::new(),
        };
        Hit { chunk, rank, score: 1.0 / rank as f32, vector: None, full_text: None, stale: false }
    }

    fn hits() -> Vec<Hit> {
        vec![
            hit(1, "Roses", "# Roses\n\nRoses are pruned in\nlate February. They like sun."),
            hit(2, "Bread", "The dough rests for ninety minutes. They like sun."),
        ]
    }

    fn evidence(question: &str, sentences: usize, order: Order) -> Evidence {
        let embedder = load(&EmbedderSource::Builtin).unwrap();
        let mut stats = TermStats::default();
        hits().iter().for_each(|h| stats.add(&h.chunk.text));
        let vector = embedder.embed_query(question).unwrap();
        let options = EvidenceOptions { sentences, hits: 4, order };
        gather(question, &vector, &hits(), embedder.as_ref(), &stats, options).unwrap()
    }

    #[test]
    fn the_sentence_that_answers_comes_first_with_its_place() {
        let found = evidence("When does the dough rest?", 2, Order::Best);
        let first = &found.sources[0];
        assert_eq!((first.number, first.hit.rank), (1, 2));
        assert_eq!(first.sentences[0].text, "The dough rests for ninety minutes.");
        assert!(first.compressed && first.used());
        let rose = evidence("When are roses pruned?", 1, Order::Best);
        let sentence = &rose.sources[0].sentences[0];
        assert_eq!(sentence.text, "Roses are pruned in late February.");
        let text = &rose.sources[0].hit.chunk.text;
        assert_eq!(sentence.bytes.start, 50 + text.find("Roses are").unwrap());
        assert_eq!(sentence.lines, LineRange { start: 9, end: 10 });
        assert_eq!(rose.sources[1].left_out, Some(LeftOut::NoSentence));
    }

    #[test]
    fn titles_and_repeated_sentences_are_not_offered() {
        let found = evidence("What about roses?", 9, Order::Source);
        let texts: Vec<&str> = found
            .sources
            .iter()
            .flat_map(|s| s.sentences.iter().map(|s| s.text.as_str()))
            .collect();
        assert!(!texts.contains(&"Roses"), "{texts:?}");
        assert_eq!(texts.iter().filter(|t| **t == "They like sun.").count(), 1);
    }

    #[test]
    fn whole_passages_keep_their_rank_and_all_sentences() {
        let found = evidence("When are roses pruned?", 0, Order::Source);
        assert_eq!(found.sources.len(), 2);
        assert!(!found.sources[0].compressed);
        assert_eq!(found.sources[0].text(), hits()[0].chunk.text);
        assert_eq!(found.sources[0].sentences.len(), 2);
    }

    #[test]
    fn support_parts_what_is_there_from_what_is_not() {
        let there = evidence("When are roses pruned?", 4, Order::Best).support;
        let absent = evidence("Who won the football cup?", 4, Order::Best).support;
        assert!(there > 1.0 && absent < 0.6, "{there} {absent}");
    }
}
