//! The citation that a mark makes: the sentence of the source that it leads
//! to, and whether the passage supports the claim.
//!
//! In quote mode a citation names its sentence. Outside it a citation names a
//! source only; the sentence is the one that shares the most of the claim's
//! terms.

use super::verify;
use crate::domain::{ByteRange, Citation, Sentence, Source, Support};
use crate::knowledge::embed::Embedder;
use crate::knowledge::terms::terms;
use std::collections::HashSet;

/// The citation of a source for a claim; its mark stands at `mark` of the
/// answer's text.
#[must_use]
pub fn citation(
    claim: &str,
    source: &Source,
    mark: ByteRange,
    embedder: Option<&dyn Embedder>,
) -> Citation {
    let support = verify::support(claim, source, embedder);
    let chunk = &source.hit.chunk;
    match best_sentence(claim, source) {
        Some(sentence) => of_sentence(source, sentence, mark, support),
        None => Citation {
            number: source.number,
            path: chunk.path.clone(),
            locator: chunk.locator(),
            quote: chunk.text.clone(),
            rendered: chunk.rendered,
            mark,
            support,
            answers: source.sentences.iter().filter_map(|s| s.answers).reduce(f32::max),
            found: false,
        },
    }
}

/// The citation of a sentence that is quoted whole.
#[must_use]
pub fn quotation(source: &Source, sentence: &Sentence, mark: ByteRange) -> Citation {
    of_sentence(source, sentence, mark, verify::support(&sentence.text, source, None))
}

fn of_sentence(
    source: &Source,
    sentence: &Sentence,
    mark: ByteRange,
    support: Support,
) -> Citation {
    let chunk = &source.hit.chunk;
    let within = sentence.within.start..sentence.within.end;
    Citation {
        number: source.number,
        path: chunk.path.clone(),
        locator: chunk.locate(sentence),
        // The passage's own bytes, with its line breaks.
        quote: chunk.text.get(within).unwrap_or(&sentence.text).to_owned(),
        rendered: chunk.is_rendered(sentence.within),
        mark,
        support,
        answers: sentence.answers,
        found: false,
    }
}

fn best_sentence<'a>(claim: &str, source: &'a Source) -> Option<&'a Sentence> {
    let wanted: HashSet<String> = terms(claim).into_iter().collect();
    let overlap = |sentence: &Sentence| -> f32 {
        let have: HashSet<String> = terms(&sentence.text).into_iter().collect();
        if have.is_empty() || wanted.is_empty() {
            return 0.0;
        }
        let shared = have.intersection(&wanted).count() as f32;
        // Dice's coefficient, so that a long sentence doesn't win by length.
        2.0 * shared / (have.len() + wanted.len()) as f32
    };
    source
        .sentences
        .iter()
        .map(|sentence| (overlap(sentence), sentence))
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.within.start.cmp(&a.1.within.start)))
        .map(|(_, sentence)| sentence)
}
