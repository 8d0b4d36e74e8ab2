//! Which sentence of a source supports a claim best.
//!
//! Outside quote mode a citation names a source, not a sentence. The claim is
//! the sentence of the answer that the mark stands in; the supporting sentence
//! is the one that shares the most of the claim's terms.

use crate::domain::{ByteRange, Citation, Sentence, Source};
use crate::knowledge::sentences::sentences;
use crate::knowledge::terms::terms;
use std::collections::HashSet;

/// The citation that a mark at `mark` of the answer's text makes.
#[must_use]
pub fn citation(answer: &str, mark: ByteRange, source: &Source) -> Citation {
    let best = best_sentence(claim(answer, mark), source);
    match best {
        Some(sentence) => of_sentence(source, sentence, mark),
        None => Citation {
            number: source.number,
            path: source.hit.chunk.path.clone(),
            lines: source.hit.chunk.lines,
            bytes: source.hit.chunk.bytes,
            quote: source.hit.chunk.text.clone(),
            rendered: source.hit.chunk.rendered,
            mark,
        },
    }
}

/// The citation of one sentence of a source.
#[must_use]
pub fn of_sentence(source: &Source, sentence: &Sentence, mark: ByteRange) -> Citation {
    let chunk = &source.hit.chunk;
    let within = sentence.within.start..sentence.within.end;
    Citation {
        number: source.number,
        path: chunk.path.clone(),
        lines: sentence.lines,
        bytes: sentence.bytes,
        // The passage's own bytes, with its line breaks.
        quote: chunk.text.get(within).unwrap_or(&sentence.text).to_owned(),
        rendered: chunk.rendered,
        mark,
    }
}

/// The sentence of the answer that a mark belongs to.
fn claim(answer: &str, mark: ByteRange) -> &str {
    sentences(answer)
        .into_iter()
        .rfind(|range| range.start <= mark.start)
        .and_then(|range| answer.get(range))
        .unwrap_or(answer)
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
