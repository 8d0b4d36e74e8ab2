//! What an answer of an evaluation is worth, and what its adapter cost.

use super::super::context::Context;
use crate::answer::resident_bytes;
use crate::domain::{Answer, Stack, Support};
use crate::eval::dataset::{Question, is_document};
use crate::eval::metrics::{mean, score, score_refusal};
use crate::eval::row::Record;
use crate::eval::training::Training;
use crate::training::Record as Trained;

/// What the adapters of a stack cost, where they were trained here.
pub(super) fn training(context: &Context, stack: &Stack) -> Option<Training> {
    let of = |name: &str| Trained::of(&context.adapter(name).ok()?.folder);
    let records: Option<Vec<Trained>> = stack.0.iter().map(|applied| of(&applied.name)).collect();
    let records = records.filter(|records| !records.is_empty())?;
    let (stale, known) =
        records.iter().map(Trained::stale).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    Some(Training {
        rows: records.iter().map(|record| record.data.rows).sum(),
        minutes: records.iter().map(|record| record.seconds).sum::<f64>() / 60.0,
        bytes: records.iter().map(|record| record.bytes).sum(),
        stale: (known > 0).then(|| stale as f64 / known as f64),
        pays_off_after: None,
    })
}

/// The rank of the right document among hits, 0 where it isn't there.
pub(super) fn hits_rank(question: &Question, hits: &[crate::domain::Hit]) -> Option<usize> {
    let path = question.path.as_deref()?;
    if hits.is_empty() {
        return None;
    }
    let place = hits.iter().position(|hit| is_document(&hit.chunk.path, path));
    Some(place.map_or(0, |place| place + 1))
}

pub(super) fn record(
    index: usize,
    question: &Question,
    rank: Option<usize>,
    answer: &Answer,
) -> Record {
    let scores = match (question.answerable, answer.answered) {
        (true, true) => score(&answer.text, &question.answers),
        (true, false) => score_refusal(false),
        (false, answered) => score_refusal(!answered),
    };
    let reads = answer.mode.reads() && answer.answered;
    let right = |path: &str| {
        let all = answer.citations.iter();
        all.map(|citation| f64::from(is_document(&citation.path, path))).collect::<Vec<_>>()
    };
    let path = question.path.as_deref().filter(|_| question.answerable && reads);
    let cited = path.map(right);
    let stats = &answer.generation;
    let decoded = stats.completion_tokens > 1 && stats.decode_tokens_per_s > 0.0;
    Record {
        question: index,
        answer: answer.text.clone(),
        answerable: question.answerable,
        answered: answer.answered,
        em: scores.em,
        f1: scores.f1,
        rouge_l: scores.rouge_l,
        citation_precision: cited.as_deref().and_then(mean),
        citation_recall: cited.map(|cited| f64::from(cited.contains(&1.0))),
        support: reads.then(|| support(answer)),
        rank,
        ttft_ms: answer.search.total_ms + stats.time_to_first_token_ms,
        total_ms: answer.search.total_ms + stats.total_ms,
        tokens_per_s: decoded.then_some(stats.decode_tokens_per_s),
        prompt_tokens: stats.prompt_tokens,
        memory_bytes: resident_bytes().max(stats.resident_bytes),
    }
}

/// Share of the answer's sentences that hold a citation which a check supports.
fn support(answer: &Answer) -> f64 {
    // Marks between two sentences would be taken for the beginning of the second.
    let (mut bare, mut marks, mut from) = (String::new(), Vec::new(), 0);
    for citation in &answer.citations {
        bare.push_str(answer.text.get(from..citation.mark.start).unwrap_or_default());
        from = citation.mark.end;
        if matches!(citation.support, Support::Exact | Support::Likely) {
            marks.push(bare.len());
        }
    }
    bare.push_str(answer.text.get(from..).unwrap_or_default());
    held(&bare, &marks)
}

/// Share of a text's sentences with one of these places in or behind them.
fn held(text: &str, marks: &[usize]) -> f64 {
    let spoken: Vec<std::ops::Range<usize>> = crate::knowledge::sentences::sentences(text)
        .into_iter()
        .filter(|range| text[range.clone()].chars().filter(|c| c.is_alphabetic()).count() > 1)
        .collect();
    let ends = spoken.iter().skip(1).map(|next| next.start).chain([text.len() + 1]);
    let count = spoken
        .iter()
        .zip(ends)
        .filter(|(range, end)| marks.iter().any(|mark| (range.start..*end).contains(mark)))
        .count();
    if spoken.is_empty() { 0.0 } else { count as f64 / spoken.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::held;

    #[test]
    fn a_mark_behind_a_sentence_belongs_to_it() {
        let text = "Pears are green.   Apples are red . So be it. ";
        let end = |sentence: &str| text.find(sentence).unwrap() + sentence.len();
        assert_eq!(held(text, &[]), 0.0);
        let pears = end("green. ");
        assert!((held(text, &[pears, pears]) - 1.0 / 3.0).abs() < 1e-9);
        assert!((held(text, &[pears, end("red ")]) - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(held(text, &[0, end("red "), text.len()]), 1.0);
        assert_eq!(held("", &[0]), 0.0);
    }
}
