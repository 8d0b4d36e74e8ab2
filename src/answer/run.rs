//! One answer, from its evidence to its last citation.

use super::aside::aside;
use super::meter::Meter;
use super::shown::{Grounds, Shown};
use super::{AnswerError, Ask, AskEvent, resume, sequence};
use crate::config::QuoteUnit;
use crate::domain::{
    Alternative, Answer, Citation, DroppedCitation, FinishReason, GenerationStats, Ledger, LeftOut,
    Source, Strategy,
};
use crate::engine::grammar::{Quotable, QuoteForm, QuoteGrammar, free_grammar};
use crate::engine::prompt::{self, Prompt, harmless};
use crate::engine::{EngineEvent, Request};
use crate::knowledge::evidence::threshold_of;
use futures::StreamExt;
use std::time::Instant;

/// Answers a question. `on_event` is told what happens, in order. Dropping the
/// future cancels the generation.
///
/// Without a source to read, or with too little support for quote mode's
/// threshold, the answer is the no-answer sentence and nothing is generated. The
/// modes that read no sources ask the model alone.
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
    let threshold = threshold(&ask);
    let too_little = quotes && threshold.is_some_and(|t| ask.evidence.answers < t);
    let beginning = ask.continued.filter(|text| !quotes && !text.is_empty());
    let reads = ask.mode.reads();
    if !reads {
        sources.clear();
    }
    let nothing = reads && beginning.is_none() && !sources.iter().any(Source::used);
    if too_little || nothing {
        return Ok(not_answered(&ask, sources, Ledger::default(), started, on_event));
    }
    let reserve = ask.manner.reserve.unwrap_or(ask.settings.max_tokens).min(info.window / 2);
    if ask.strategy == Strategy::Sequence && beginning.is_none() && reads {
        let may_refuse = threshold.is_none();
        return sequence::answer(&ask, sources, reserve, may_refuse, started, on_event).await;
    }
    let prompt = aside(|| match beginning {
        Some(beginning) => resume::prompt(&ask, beginning, &mut sources, reserve),
        None => {
            prompt::build(ask.engine, ask.manner, ask.question, ask.history, &mut sources, reserve)
        }
    })?;
    let grammar = quotes.then(|| quote_grammar(&ask, &sources, threshold.is_none())).flatten();
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
    let said = Said { text, citations, dropped, alternatives: Vec::new() };
    Ok(finish(&ask, said, sources, prompt.ledger, stats))
}

/// The probability below which the sources are taken not to answer; the model
/// decides where there is none.
fn threshold(ask: &Ask<'_>) -> Option<f32> {
    let of_risk = ask.settings.answer_risk.map(threshold_of);
    of_risk.or(ask.settings.answer_threshold).or(ask.manner.quote_threshold)
}

/// Sums that are closer than this say next to nothing about which sentence is
/// better: within it the second is right about as often as the first
/// (`examples/measure/README.md`).
const TIE: f32 = 1.0;

/// The same where no ranker read them.
const TIE_UNREAD: f32 = 0.25;

/// Most sentences that are quoted together because nothing parts them.
const TIED: usize = 2;

/// What was said, in the end.
pub(super) struct Said {
    pub text: String,
    pub citations: Vec<Citation>,
    pub dropped: Vec<DroppedCitation>,
    pub alternatives: Vec<Alternative>,
}

/// Whether the number of a quote stands behind it.
pub(super) fn marks_last(template: &str) -> bool {
    template.find("{n}") > template.find("{quote}")
}

/// The no-answer sentence, with nothing generated.
pub(super) fn not_answered(
    ask: &Ask<'_>,
    sources: Vec<Source>,
    ledger: Ledger,
    started: Instant,
    on_event: &mut (dyn FnMut(AskEvent<'_>) + Send),
) -> Answer {
    let mut sources = sources;
    for source in sources.iter_mut().filter(|s| s.used()) {
        source.left_out = Some(LeftOut::NotAsked);
    }
    on_event(AskEvent::Sources(&sources));
    on_event(AskEvent::Text(&ask.manner.no_answer));
    let text = ask.manner.no_answer.clone();
    let stats = Meter::new(started).stats(ask, 0, FinishReason::NotGenerated);
    let said = Said { text, citations: Vec::new(), dropped: Vec::new(), alternatives: Vec::new() };
    finish(ask, said, sources, ledger, stats)
}

pub(super) fn quote_grammar(
    ask: &Ask<'_>,
    sources: &[Source],
    may_refuse: bool,
) -> Option<QuoteGrammar> {
    let used = || sources.iter().filter(|s| s.used());
    let best = used().flat_map(|s| &s.sentences).map(|s| s.score).fold(f32::MIN, f32::max);
    let max = ask.manner.quote_max.unwrap_or(ask.settings.max_quotes).max(1);
    let was_read = ask.evidence.signs.first().is_some_and(|signs| signs.logit.is_some());
    let tie = if was_read { TIE } else { TIE_UNREAD };
    // Sentences that fit equally well are both quoted: to choose one would be
    // to guess, and to deny would be wrong.
    let mut tied: Vec<f32> = used()
        .flat_map(|s| &s.sentences)
        .map(|s| s.score)
        .filter(|score| *score >= best - tie)
        .collect();
    tied.sort_by(|a, b| b.total_cmp(a));
    tied.truncate(TIED);
    let together = max == 1
        && ask.manner.quote_margin.is_some()
        && ask.manner.quote_unit == QuoteUnit::Sentence
        && tied.len() > 1;
    let floor = match (together, ask.manner.quote_margin) {
        (true, _) => tied.last().copied().unwrap_or(best),
        (false, Some(margin)) => best - margin,
        (false, None) => f32::MIN,
    };
    let quotables = used()
        .flat_map(|source| {
            let offered = source.sentences.iter().enumerate().filter(|(_, s)| s.score >= floor);
            offered.map(|(sentence, s)| Quotable {
                number: source.number,
                sentence,
                text: harmless(&s.text),
            })
        })
        .collect();
    let form = QuoteForm {
        template: ask.manner.quote_template.clone(),
        join: ask.manner.quote_join.clone(),
        unit: ask.manner.quote_unit,
        max,
    };
    let none = may_refuse.then(|| ask.manner.no_answer.clone());
    let grammar = QuoteGrammar::new(quotables, form, none, &ask.engine.info().end_tokens)?;
    Some(if together { grammar.together() } else { grammar })
}

pub(super) fn request(
    ask: &Ask<'_>,
    prompt: &Prompt,
    quote: Option<&QuoteGrammar>,
    sources: &[Source],
    reserve: usize,
) -> Request {
    // A template that opens a thought has the model think, asked or not.
    let wanted = ask.settings.thinking || ask.engine.info().template_thinks;
    let thinking = wanted && quote.is_none();
    let grammar = match quote {
        Some(quote) => Some(quote.lark().to_owned()),
        None if ask.settings.cite_grammar && !thinking && ask.mode.reads() => {
            let used: Vec<usize> = sources.iter().filter(|s| s.used()).map(|s| s.number).collect();
            Some(free_grammar(&used, &ask.engine.info().end_tokens))
        }
        None => None,
    };
    let thoughts = if thinking { ask.settings.max_thinking_tokens } else { 0 };
    Request {
        messages: prompt.messages.clone(),
        grammar,
        max_tokens: reserve + thoughts,
        temperature: ask.manner.temperature.unwrap_or(ask.settings.temperature),
        top_p: ask.manner.top_p.unwrap_or(ask.settings.top_p),
        thinking,
        likelihood: false,
    }
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
    let mut tracker = grammar.and_then(QuoteGrammar::tracker);
    if let Some(rest) = tracker.as_ref().and_then(|t| t.determined()) {
        shown.text(rest);
        return Ok(FinishReason::Determined);
    }
    let limit = ask.settings.max_thinking_tokens;
    let mut events = ask.engine.generate(request);
    while let Some(event) = events.next().await {
        match event? {
            EngineEvent::Text(text) => {
                meter.token(false);
                shown.text(&text);
                shown.tell(AskEvent::Tokens(meter.tokens));
                let Some(tracker) = tracker.as_mut() else { continue };
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

pub(super) fn finish(
    ask: &Ask<'_>,
    said: Said,
    sources: Vec<Source>,
    ledger: Ledger,
    generation: GenerationStats,
) -> Answer {
    let Said { text, citations, dropped, alternatives } = said;
    let said = text.trim();
    // A quote may well speak of sources that do not answer.
    let says_so = said.contains(ask.manner.no_answer.trim_end_matches('.'));
    let refused = said.is_empty() || (says_so && citations.is_empty());
    Answer {
        question: ask.question.to_owned(),
        answered: !refused,
        answers: ask.mode.reads().then_some(ask.evidence.answers),
        quoted: ask.quotes(),
        text,
        mode: ask.mode,
        strategy: ask.strategy,
        alternatives,
        model: ask.engine.info().name.clone(),
        adapter: ask.adapter.map(ToOwned::to_owned),
        citations,
        dropped,
        sources,
        ledger,
        search: ask.search,
        searched: vec![ask.question.to_owned()],
        generation,
    }
}
