//! One short answer for each source, and the most probable of them.
//!
//! This is the second form of Lewis et al., "Retrieval-Augmented Generation for
//! Knowledge-Intensive NLP Tasks" (2020), RAG-Sequence with its "fast decoding":
//! an answer's probability is the sum, over the sources that gave it, of the
//! source's probability times the answer's likelihood given that source. The
//! likelihood is the model's own, whatever grammar held it. A source's
//! probability is its share of all fused scores, since these are no logits that
//! a softmax could be taken of.

use super::aside::aside;
use super::meter::Meter;
use super::parts::{Said, finish, marks_last, not_answered, quote_grammar, request};
use super::shown::{Grounds, Listener, Shown};
use super::{AnswerError, Ask, AskEvent, found};
use crate::config::QuoteUnit;
use crate::domain::{Alternative, Answer, FinishReason, Ledger, LeftOut, Source, SourceTokens};
use crate::engine::citations::{CitationParser, Piece};
use crate::engine::grammar::QuoteGrammar;
use crate::engine::{EngineEvent, Message, prompt};
use futures::StreamExt;
use std::time::Instant;

/// Most tokens of one source's answer.
const SHORT: usize = 96;

/// What one source gave.
struct Candidate {
    /// Its place among the sources.
    place: usize,
    text: String,
    log_likelihood: f64,
    by_length: bool,
    grammar: Option<QuoteGrammar>,
    ledger: Ledger,
    messages: Vec<Message>,
}

/// Asks each source for itself and gives the most probable answer.
pub(super) async fn answer(
    ask: &Ask<'_>,
    mut sources: Vec<Source>,
    reserve: usize,
    started: Instant,
    on_event: &mut Listener<'_>,
) -> Result<Answer, AnswerError> {
    let places: Vec<usize> = (0..sources.len()).filter(|place| sources[*place].used()).collect();
    let mut meter = Meter::new(started);
    let mut candidates = Vec::new();
    on_event(AskEvent::Sources(&sources));
    for place in places {
        let asked = one(ask, &mut sources, place, reserve, &mut meter, on_event);
        candidates.extend(asked.await?);
    }
    let alternatives = rank(ask, &sources, &candidates);
    let Some(best) = alternatives.first() else {
        return Ok(not_answered(ask, sources, Ledger::default(), started, on_event));
    };
    let winner = candidates.iter().find(|c| sources[c.place].number == best.number);
    let Some(winner) = winner else {
        return Ok(not_answered(ask, sources, Ledger::default(), started, on_event));
    };
    let mut ledger = winner.ledger.clone();
    ledger.sources = sources
        .iter()
        .map(|s| SourceTokens { number: s.number, tokens: s.tokens, used: s.used() })
        .collect();
    on_event(AskEvent::Sources(&sources));
    on_event(AskEvent::Prompt { ledger: &ledger, messages: &winner.messages });
    let grounds = Grounds {
        sources: &sources,
        grammar: winner.grammar.as_ref(),
        whole: ask.manner.quote_unit == QuoteUnit::Sentence,
        mark_last: marks_last(&ask.manner.quote_template),
        embedder: ask.embedder,
    };
    let mut shown = Shown::new(grounds, None, on_event);
    shown.text(&winner.text);
    shown.finish();
    let Shown { text, citations, dropped, .. } = shown;
    let reason = if winner.by_length { FinishReason::Length } else { FinishReason::Stop };
    let stats = meter.stats(ask, ledger.prompt, reason);
    let mut said = Said { text, citations, dropped, alternatives, ..Said::default() };
    found::add(ask, &sources, &mut said);
    Ok(finish(ask, said, sources, ledger, stats))
}

/// The answer of one source; `None` where it doesn't fit or can't be quoted.
async fn one(
    ask: &Ask<'_>,
    sources: &mut [Source],
    place: usize,
    reserve: usize,
    meter: &mut Meter,
    on_event: &mut Listener<'_>,
) -> Result<Option<Candidate>, AnswerError> {
    let reserve = reserve.min(SHORT);
    let mut alone: Vec<Source> = sources.to_vec();
    for (other, source) in alone.iter_mut().enumerate() {
        if other != place && source.used() {
            source.left_out = Some(LeftOut::NotAsked);
        }
    }
    let prompt = aside(|| {
        prompt::build(ask.engine, ask.manner, ask.question, ask.history, &mut alone, reserve)
    })?;
    sources[place].tokens = alone[place].tokens;
    sources[place].left_out = alone[place].left_out;
    if !alone[place].used() {
        return Ok(None);
    }
    let quotes = ask.quotes();
    let grammar = quotes.then(|| quote_grammar(ask, &alone)).flatten();
    if quotes && grammar.is_none() {
        return Ok(None);
    }
    let mut asked = request(ask, &prompt, grammar.as_ref(), &alone, reserve);
    asked.likelihood = true;
    let mut events = ask.engine.generate(asked);
    let mut candidate = Candidate {
        place,
        text: String::new(),
        log_likelihood: f64::NEG_INFINITY,
        by_length: false,
        grammar,
        ledger: prompt.ledger,
        messages: prompt.messages,
    };
    while let Some(event) = events.next().await {
        match event? {
            EngineEvent::Text(text) => {
                meter.token(false);
                candidate.text.push_str(&text);
                on_event(AskEvent::Tokens(meter.tokens));
            }
            EngineEvent::Thought(_) => {
                meter.token(true);
                on_event(AskEvent::Tokens(meter.tokens));
            }
            EngineEvent::End(end) => {
                candidate.by_length = end.by_length;
                candidate.log_likelihood = end.log_likelihood.unwrap_or(f64::NEG_INFINITY);
            }
        }
    }
    let unheld = !ask.engine.info().takes_grammar;
    if let Some(grammar) = candidate.grammar.as_ref().filter(|_| unheld) {
        candidate.text = candidate.text.trim().to_owned();
        if !grammar.accepts(&candidate.text) {
            return Ok(None);
        }
    }
    Ok((!candidate.text.trim().is_empty()).then_some(candidate))
}

/// The answers by their probability, best first. Those that say that the source
/// doesn't answer stand behind all that do.
fn rank(ask: &Ask<'_>, sources: &[Source], candidates: &[Candidate]) -> Vec<Alternative> {
    let score = |source: &Source| f64::from(source.hit.score).max(f64::EPSILON);
    let total: f64 = candidates.iter().map(|c| score(&sources[c.place])).sum();
    let refusal = ask.manner.no_answer.trim_end_matches('.');
    let key = |text: &str| said(text).to_lowercase();
    let logs: Vec<f64> = candidates
        .iter()
        .map(|c| (score(&sources[c.place]) / total).ln() + c.log_likelihood)
        .collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weight = |log: f64| if most.is_finite() { (log - most).exp() } else { 1.0 };
    let all: f64 = logs.iter().map(|log| weight(*log)).sum();
    let mut ranked: Vec<(bool, Alternative)> = Vec::new();
    for (candidate, log) in candidates.iter().zip(&logs) {
        let share = weight(*log) / all;
        let same = |(_, other): &&mut (bool, Alternative)| key(&other.text) == key(&candidate.text);
        if let Some((_, other)) = ranked.iter_mut().find(same) {
            other.share += share;
            continue;
        }
        let source = &sources[candidate.place];
        let alternative = Alternative {
            number: source.number,
            text: candidate.text.trim().to_owned(),
            source: score(source) / total,
            log_likelihood: candidate.log_likelihood,
            share,
        };
        ranked.push((candidate.text.contains(refusal), alternative));
    }
    ranked.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.share.total_cmp(&a.1.share)));
    ranked.into_iter().map(|(_, alternative)| alternative).collect()
}

/// An answer without its citation marks.
fn said(text: &str) -> String {
    let mut parser = CitationParser::new(Vec::<usize>::new());
    let mut pieces = parser.feed(text);
    pieces.extend(parser.finish());
    let kept: String = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Cite(_) | Piece::Dropped(_) => "",
        })
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tests::source;
    use crate::config::{Generation, Manner, QuoteMode};
    use crate::domain::{Mode, SearchTimings, Strategy};
    use crate::engine::scripted::{Reply, ScriptedEngine};
    use crate::knowledge::evidence::Evidence;

    async fn asked(engine: &ScriptedEngine, scores: &[f32]) -> Answer {
        let texts = ["Alpha comes first.", "Beta follows alpha.", "Gamma ends it."];
        let sources = scores.iter().enumerate().map(|(index, score)| {
            let mut source = source(index + 1, texts[index]);
            source.hit.score = *score;
            source
        });
        let settings = Generation { quote: QuoteMode::Off, ..Generation::default() };
        let ask = Ask {
            question: "What follows?",
            history: &[],
            evidence: Evidence { sources: sources.collect(), answers: 0.9, ..Evidence::default() },
            search: SearchTimings::default(),
            engine,
            manner: &Manner::default(),
            settings: &settings,
            mode: Mode::Rag,
            strategy: Strategy::Sequence,
            adapter: None,
            embedder: None,
            continued: None,
        };
        crate::answer::run::answer(ask, &mut |_| {}).await.unwrap()
    }

    #[tokio::test]
    async fn the_most_probable_answer_wins_and_each_source_is_read_alone() {
        let engine = ScriptedEngine::new([
            Reply::text("Alpha comes first. [1]").likely(-9.0),
            Reply::text("Beta follows alpha. [2]").likely(-1.0),
        ]);
        let answer = asked(&engine, &[0.6, 0.3]).await;
        assert_eq!(answer.text, "Beta follows alpha. [2]");
        assert_eq!(answer.strategy, Strategy::Sequence);
        let numbers: Vec<usize> = answer.alternatives.iter().map(|a| a.number).collect();
        assert_eq!(numbers, [2, 1]);
        let shares: f64 = answer.alternatives.iter().map(|a| a.share).sum();
        assert!((shares - 1.0).abs() < 1e-9);
        assert!((answer.alternatives[1].source - 2.0 / 3.0).abs() < 1e-6);
        let prompts = engine.requests();
        assert_eq!(prompts.len(), 2);
        let users: Vec<&str> = prompts.iter().map(|r| r.messages[1].text.as_str()).collect();
        assert!(users[0].contains("Alpha comes") && !users[0].contains("Beta follows"));
        assert!(users[1].contains("Beta follows") && !users[1].contains("Alpha comes"));
        assert!(prompts.iter().all(|request| request.likelihood));
    }

    #[tokio::test]
    async fn the_source_decides_among_equally_likely_answers() {
        let engine = ScriptedEngine::new([
            Reply::text("Alpha comes first. [1]").likely(-2.0),
            Reply::text("Beta follows alpha. [2]").likely(-2.0),
        ]);
        assert_eq!(asked(&engine, &[0.6, 0.3]).await.text, "Alpha comes first. [1]");
    }

    #[tokio::test]
    async fn equal_answers_add_up_and_refusals_stand_behind() {
        let engine = ScriptedEngine::new([
            Reply::text("The sources do not answer this.").likely(0.0),
            Reply::text("It is beta. [2]").likely(-2.0),
            Reply::text("It is  beta. [3]").likely(-2.0),
        ]);
        let answer = asked(&engine, &[0.9, 0.3, 0.3]).await;
        assert_eq!(answer.text, "It is beta. [2]");
        assert_eq!(answer.alternatives.len(), 2);
        assert!(answer.answered);
    }

    #[tokio::test]
    async fn where_no_source_answers_the_answer_says_so() {
        let refusal = "The sources do not answer this.";
        let engine = ScriptedEngine::new([refusal, refusal]);
        let answer = asked(&engine, &[0.9, 0.3]).await;
        assert!(!answer.answered);
        assert_eq!(answer.text, refusal);
    }
}
