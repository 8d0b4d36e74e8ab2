//! From judged sentences to sources: whole passages, or the best sentences of
//! all.

use super::options::EvidenceOptions;
use super::units::Candidate;
use crate::config::Order;
use crate::domain::{Hit, LeftOut, Sentence, Source};

/// Whole passages, those with the best sentence first, each with all its
/// sentences.
pub fn whole(hits: &[Hit], candidates: Vec<Candidate>, by_sum: bool) -> Vec<Source> {
    let mut all: Vec<Vec<Sentence>> = hits.iter().map(|_| Vec::new()).collect();
    for candidate in candidates {
        if let Some(list) = all.get_mut(candidate.hit) {
            list.push(candidate.sentence);
        }
    }
    let best = |list: &[Sentence]| list.iter().map(|s| s.score).fold(f32::MIN, f32::max);
    let mut order: Vec<usize> = (0..hits.len()).collect();
    if by_sum {
        // Stable, so that passages without a sentence keep their order.
        order.sort_by(|a, b| best(&all[*b]).total_cmp(&best(&all[*a])));
    }
    order
        .into_iter()
        .enumerate()
        .map(|(index, at)| Source {
            number: index + 1,
            hit: hits[at].clone(),
            sentences: std::mem::take(&mut all[at]),
            compressed: false,
            tokens: 0,
            left_out: None,
        })
        .collect()
}

/// Keeps the best sentences of all hits: a source for each hit that has one.
pub fn compressed(
    hits: &[Hit],
    candidates: Vec<Candidate>,
    options: EvidenceOptions,
    by_sum: bool,
) -> Vec<Source> {
    // What was read has shown its worth, whatever its passage's rank.
    let reach = if by_sum { hits.len() } else { options.hits.max(1) };
    let mut ranked: Vec<(usize, Sentence)> = candidates
        .into_iter()
        .filter(|candidate| candidate.hit < reach)
        .map(|candidate| (candidate.hit, candidate.sentence))
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
    if options.order == Order::Source && !by_sum {
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
