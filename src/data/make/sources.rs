//! The sources of a row: what was found for its question, with the passage that
//! answers in a place of chance, or without it.

use super::asked::{Asked, Golden, document_name};
use crate::data::filter::likeness;
use crate::data::row::RowSource;
use crate::domain::{Hit, Source};
use crate::knowledge::evidence::Evidence;
use crate::knowledge::sentences::one_line;
use std::path::PathBuf;

/// How alike a passage and the one that answers are, where they say the same.
const THE_SAME: f64 = 0.8;

/// The probability of an answer among the sources below which a row may say
/// that there is none.
pub(super) const NO_ANSWER: f32 = 0.3;

/// Shortest reference that a passage with it is taken to answer, in characters:
/// a number or a short name stands in many.
const TELLING: usize = 12;

/// Whether a passage answers, too: it is the one that does, or it holds what
/// answers.
pub(super) fn answers(hit: &Hit, golden: &Golden, asked: &Asked) -> bool {
    let text = one_line(&hit.chunk.text);
    let same = hit.chunk.id == golden.chunk.id || says(&text, golden, asked);
    // Passages of a file overlap, and say things twice.
    let near = hit.chunk.path == golden.chunk.path
        && hit.chunk.index.abs_diff(golden.chunk.index) <= 1
        && likeness(&text, &golden.chunk.text) > 0.3;
    same || near || likeness(&text, &golden.chunk.text) > THE_SAME
}

/// Whether a text holds a sentence that answers, or a reference.
fn says(text: &str, golden: &Golden, asked: &Asked) -> bool {
    let sentences = golden.sentences.iter().chain(&asked.references);
    sentences
        .filter(|sentence| sentence.chars().count() >= TELLING)
        .any(|sentence| text.contains(sentence.trim_end_matches('.')))
}

/// The sources as they were found, without those that answer.
pub(super) fn others(
    evidence: &Evidence,
    asked: Option<&Asked>,
    roots: &[PathBuf],
) -> Vec<RowSource> {
    let golden = asked.and_then(|asked| asked.golden.as_ref().zip(Some(asked)));
    let used = evidence.sources.iter().filter(|source| source.used());
    used.filter(|source| golden.is_none_or(|(g, asked)| !says(&one_line(&source.text()), g, asked)))
        .map(|source| as_row(source, roots))
        .collect()
}

/// Whether sources speak of something that a question names by a word of code:
/// they may well answer it, however little.
pub(super) fn speak_of(sources: &[RowSource], question: &str) -> bool {
    let coded = |word: &&str| {
        let within = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.starts_with('-') || within.contains(['_', '.', '/', '`'])
    };
    let words = question.split_whitespace().filter(coded);
    words
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.len() > 2)
        .any(|word| sources.iter().any(|source| source.text.contains(word)))
}

/// The sources as they were found, with the passage that answers among them,
/// and its number.
pub(super) fn with_golden(
    evidence: &Evidence,
    golden: &Golden,
    asked: &Asked,
    roots: &[PathBuf],
    chance: &mut fastrand::Rng,
) -> (Vec<RowSource>, usize) {
    let used: Vec<&Source> = evidence.sources.iter().filter(|source| source.used()).collect();
    let compressed = used.first().is_some_and(|source| source.compressed);
    let is_golden = |source: &Source| {
        source.hit.chunk.path == golden.chunk.path
            && (source.hit.chunk.id == golden.chunk.id || holds(source, golden))
    };
    let found = used.iter().position(|source| is_golden(source));
    let mut own = RowSource {
        path: document_name(&golden.chunk.path, roots),
        heading: golden.chunk.heading_line(),
        text: golden.chunk.text.trim().to_owned(),
        golden: true,
    };
    let mut sentences = 0;
    if compressed {
        let read = found.and_then(|at| used.get(at));
        let read: Vec<&str> =
            read.iter().flat_map(|s| &s.sentences).map(|s| s.text.as_str()).collect();
        let told = told(&read, golden, used.len() == 1);
        sentences = told.len();
        own.text = told.join(" ");
    }
    let mut rest: Vec<RowSource> = used
        .iter()
        .enumerate()
        .filter(|(at, source)| Some(*at) != found && !is_golden(source))
        .map(|(_, source)| as_row(source, roots))
        .filter(|source| {
            let text = one_line(&source.text);
            !says(&text, golden, asked) && likeness(&text, &golden.chunk.text) <= THE_SAME
        })
        .collect();
    // It takes the place of the last one, where it was not there.
    if found.is_none() && rest.len() + 1 > used.len().max(1) {
        rest.pop();
    }
    if rest.is_empty() && compressed {
        rest.extend(distractor(evidence, golden, asked, roots).filter(|_| sentences > 0));
    }
    let at = chance.usize(0..=rest.len());
    rest.insert(at, own);
    (rest, at + 1)
}

/// What the model reads of the passage that answers: the sentences that were
/// chosen, the ones that answer among them. Of a source that would be the only
/// one, the last of the others gives way to a distractor.
fn told(read: &[&str], golden: &Golden, only: bool) -> Vec<String> {
    let mut told: Vec<String> = read.iter().map(|text| (*text).to_owned()).collect();
    let missing: Vec<String> =
        golden.sentences.iter().filter(|s| !told.contains(s)).cloned().collect();
    for sentence in missing {
        // One that does not answer makes room.
        if let Some(at) = told.iter().rposition(|text| !golden.sentences.contains(text)) {
            told.remove(at);
        }
        told.push(sentence);
    }
    if only
        && told.len() > golden.sentences.len()
        && let Some(at) = told.iter().rposition(|text| !golden.sentences.contains(text))
    {
        told.remove(at);
    }
    told
}

fn holds(source: &Source, golden: &Golden) -> bool {
    let text = one_line(&source.text());
    golden.sentences.iter().any(|sentence| text.contains(sentence.as_str()))
}

/// The best sentence of another passage, as a source.
fn distractor(
    evidence: &Evidence,
    golden: &Golden,
    asked: &Asked,
    roots: &[PathBuf],
) -> Option<RowSource> {
    let fits =
        |text: &str| !says(text, golden, asked) && !golden.sentences.iter().any(|s| s == text);
    let best = evidence.signs.iter().find(|signs| {
        let source = evidence.sources.iter().find(|s| s.hit.rank == signs.hit + 1);
        fits(&signs.text) && source.is_some_and(|s| s.hit.chunk.id != golden.chunk.id)
    })?;
    let source = evidence.sources.iter().find(|s| s.hit.rank == best.hit + 1)?;
    Some(RowSource { text: best.text.clone(), ..as_row(source, roots) })
}

fn as_row(source: &Source, roots: &[PathBuf]) -> RowSource {
    let chunk = &source.hit.chunk;
    RowSource {
        path: document_name(&chunk.path, roots),
        heading: chunk.heading_line(),
        text: source.text().trim().to_owned(),
        golden: false,
    }
}
