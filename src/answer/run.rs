//! One answer, from its evidence to its last citation.

use super::aside::aside;
use super::meter::Meter;
use super::parts::{Said, finish, marks_last, not_answered, quote_grammar, request, threshold};
use super::shown::{Grounds, Shown};
use super::{AnswerError, Ask, AskEvent, alone, found, resume, sequence};
use crate::config::QuoteUnit;
use crate::domain::{Answer, FinishReason, Ledger, LeftOut, Source, Strategy};
use crate::engine::grammar::QuoteGrammar;
use crate::engine::prompt;
use crate::engine::repetition::Watch;
use crate::engine::{EngineEvent, Request};
use futures::StreamExt;
use std::time::Instant;

/// Answers a question. `on_event` is told what happens, in order. Dropping the
/// future cancels the generation.
///
/// Without a source to read, or with too little support for quote mode's
/// threshold, the answer is the no-answer sentence and nothing is generated. The
/// modes that read no sources ask the model alone, and so do greetings and
/// questions about the conversation; a model that knows nothing by itself isn't
/// asked without sources.
/// An answer that is continued has its beginning to go on from; quote mode
/// cuts no answer, so there it answers anew.
///
/// # Errors
/// Where the model fails or can't be held to quotes.
pub async fn answer(
    mut ask: Ask<'_>,
    on_event: &mut (dyn FnMut(AskEvent<'_>) + Send),
) -> Result<Answer, AnswerError> {
    let started = Instant::now();
    let mut sources = std::mem::take(&mut ask.evidence.sources);
    let quotes = ask.quotes();
    let info = ask.engine.info();
    if quotes && info.template_thinks {
        return Err(AnswerError::TemplateThinks { model: info.name.clone() });
    }
    let too_little = quotes && ask.evidence.answers < threshold(&ask);
    let beginning = ask.continued.filter(|text| !quotes && !text.is_empty());
    let reads = ask.mode.reads();
    if !reads {
        sources.clear();
    }
    // A short question may lean on the one before it, and so does its evidence.
    let unlikely = ask.evidence.answers < threshold(&ask);
    let talk = reads
        && !quotes
        && ask.manner.alone
        && beginning.is_none()
        && (alone::is_greeting(ask.question) || (unlikely && alone::is_talk(ask.question)));
    if talk {
        for source in sources.iter_mut().filter(|source| source.used()) {
            source.left_out = Some(LeftOut::NotAsked);
        }
    }
    let nothing = reads && !talk && beginning.is_none() && !sources.iter().any(Source::used);
    let unable = !reads && !ask.manner.alone;
    if too_little || nothing || unable {
        return Ok(not_answered(&ask, sources, Ledger::default(), started, on_event));
    }
    let reserve = ask.manner.reserve.unwrap_or(ask.settings.max_tokens).min(info.window / 2);
    if ask.strategy == Strategy::Sequence && beginning.is_none() && reads && !talk {
        return sequence::answer(&ask, sources, reserve, started, on_event).await;
    }
    let prompt = aside(|| match beginning {
        Some(beginning) => resume::prompt(&ask, beginning, &mut sources, reserve),
        None => {
            prompt::build(ask.engine, ask.manner, ask.question, ask.history, &mut sources, reserve)
        }
    })?;
    let grammar = quotes.then(|| quote_grammar(&ask, &sources)).flatten();
    if quotes && grammar.is_none() {
        // Nothing that fits into the window can be quoted.
        return Ok(not_answered(&ask, sources, prompt.ledger, started, on_event));
    }
    on_event(AskEvent::Sources(&sources));
    on_event(AskEvent::Prompt { ledger: &prompt.ledger, messages: &prompt.messages });
    let request = request(&ask, &prompt, grammar.as_ref(), &sources, reserve);
    let grounds = Grounds {
        sources: &sources,
        grammar: grammar.as_ref(),
        whole: ask.manner.quote_unit == QuoteUnit::Sentence,
        mark_last: marks_last(&ask.manner.quote_template),
        embedder: ask.embedder,
    };
    let mut shown = Shown::new(grounds, beginning, on_event);
    let mut meter = Meter::new(started);
    let reason = stream(&ask, request, grammar.as_ref(), &mut shown, &mut meter).await?;
    shown.finish();
    let Shown { text, citations, dropped, .. } = shown;
    let stats = meter.stats(&ask, prompt.ledger.prompt, reason);
    let mut said = Said { text, citations, dropped, ..Said::default() };
    found::add(&ask, &sources, &mut said);
    Ok(finish(&ask, said, sources, prompt.ledger, stats))
}

/// Runs a generation that no grammar holds. Nothing is shown before it is known
/// to be a quote.
async fn unheld(
    ask: &Ask<'_>,
    request: Request,
    grammar: &QuoteGrammar,
    shown: &mut Shown<'_, '_>,
    meter: &mut Meter,
) -> Result<FinishReason, AnswerError> {
    let mut text = String::new();
    let mut events = ask.engine.generate(request);
    while let Some(event) = events.next().await {
        match event? {
            EngineEvent::Text(piece) => {
                meter.token(false);
                text.push_str(&piece);
                shown.tell(AskEvent::Tokens(meter.tokens));
            }
            EngineEvent::Thought(piece) => {
                meter.token(true);
                shown.tell(AskEvent::Thought(&piece));
                shown.tell(AskEvent::Tokens(meter.tokens));
            }
            EngineEvent::End(end) => meter.end(end),
        }
    }
    let text = text.trim();
    if !grammar.accepts(text) {
        let model = ask.engine.info().name.clone();
        return Err(AnswerError::NoQuote { model, text: text.to_owned() });
    }
    shown.text(text);
    Ok(FinishReason::Stop)
}

/// Runs the generation into `shown`. Under a quote grammar it stops decoding
/// as soon as one alternative remains.
async fn stream(
    ask: &Ask<'_>,
    request: Request,
    grammar: Option<&QuoteGrammar>,
    shown: &mut Shown<'_, '_>,
    meter: &mut Meter,
) -> Result<FinishReason, AnswerError> {
    if let Some(whole) = grammar.and_then(QuoteGrammar::whole) {
        shown.text(whole);
        return Ok(FinishReason::Determined);
    }
    if let Some(grammar) = grammar.filter(|_| !ask.engine.info().takes_grammar) {
        return unheld(ask, request, grammar, shown, meter).await;
    }
    let mut tracker = grammar.and_then(QuoteGrammar::tracker);
    if let Some(rest) = tracker.as_ref().and_then(|t| t.determined()) {
        shown.text(rest);
        return Ok(FinishReason::Determined);
    }
    let limit = ask.settings.max_thinking_tokens;
    let begun = shown.text.len();
    let mut watch = Watch::default();
    // What isn't a language model says what it was told to, as often as it was.
    let info = ask.engine.info();
    let watches = grammar.is_none() && (info.parameters > 0 || info.remote);
    let mut watched = begun;
    let mut events = ask.engine.generate(request);
    while let Some(event) = events.next().await {
        match event? {
            EngineEvent::Text(text) => {
                meter.token(false);
                shown.text(&text);
                shown.tell(AskEvent::Tokens(meter.tokens));
                let Some(tracker) = tracker.as_mut() else {
                    if let Some(keep) = role_played(shown.text.get(begun..), ask) {
                        shown.cut(begun, keep);
                        return Ok(FinishReason::Stop);
                    }
                    let new = shown.text.get(watched..).unwrap_or_default();
                    if let Some(keep) = watch.feed(new).filter(|_| watches) {
                        shown.cut(begun, keep);
                        return Ok(FinishReason::Repeated);
                    }
                    watched = shown.text.len();
                    continue;
                };
                if !tracker.feed(&text) {
                    return Err(AnswerError::Grammar(format!(
                        "the engine left it at \u{201c}{}\u{201d}",
                        shown.text
                    )));
                }
                if let Some(rest) = tracker.determined() {
                    shown.text(rest);
                    return Ok(FinishReason::Determined);
                }
            }
            EngineEvent::Thought(text) => {
                meter.token(true);
                shown.tell(AskEvent::Thought(&text));
                shown.tell(AskEvent::Tokens(meter.tokens));
                if meter.thoughts >= limit {
                    return Ok(FinishReason::Length);
                }
            }
            EngineEvent::End(end) => {
                meter.end(end);
                // A quote is never left half said.
                if let Some(rest) = tracker.as_ref().and_then(|t| t.completion()) {
                    shown.text(rest);
                }
                return Ok(if end.by_length { FinishReason::Length } else { FinishReason::Stop });
            }
        }
    }
    Ok(FinishReason::Stop)
}

/// Where a small model goes on with notes and a question of its own, as it was
/// shown: the characters of its answer before them.
fn role_played(said: Option<&str>, ask: &Ask<'_>) -> Option<usize> {
    if ask.manner.reading.is_empty() {
        return None;
    }
    let said = said?;
    let begin = said.len() - said.trim_start().len();
    let own = said.get(begin..)?;
    let at = ["\nQuestion:", "\n\n["].iter().filter_map(|mark| own.find(mark)).min()?;
    Some(said.get(..begin + at)?.chars().count())
}
