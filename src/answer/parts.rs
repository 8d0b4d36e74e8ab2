//! What every way to an answer needs: the grammar, the request, and the record
//! of what was said.

use super::meter::Meter;
use super::{Ask, AskEvent, alone};
use crate::config::QuoteUnit;
use crate::domain::{
    Alternative, Answer, ByteRange, Citation, DroppedCitation, FinishReason, GenerationStats,
    Ledger, LeftOut, Sentence, Source, Support, UNANSWERED,
};
use crate::engine::Request;
use crate::engine::grammar::{Quotable, QuoteForm, QuoteGrammar, free_grammar};
use crate::engine::prompt::{Prompt, harmless};
use crate::engine::repetition::Control;
use crate::knowledge::evidence::threshold_of;
use std::time::Instant;

/// Sums that are closer than this say next to nothing about which sentence is
/// better: within it the second is right about as often as the first
/// (`examples/measure/README.md`).
const TIE: f32 = 1.0;

/// The same where no ranker read them.
const TIE_UNREAD: f32 = 0.25;

/// Most sentences that are quoted together because nothing parts them.
const TIED: usize = 2;

/// What was said, in the end.
#[derive(Default)]
pub(super) struct Said {
    pub text: String,
    pub citations: Vec<Citation>,
    /// Sentences that nothing supports.
    pub uncited: Vec<ByteRange>,
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
    let text = match ask.mode.reads() {
        true => ask.manner.no_answer.clone(),
        false => alone::text(ask),
    };
    on_event(AskEvent::Text(&text));
    let stats = Meter::new(started).stats(ask, 0, FinishReason::NotGenerated);
    let said = Said { text, ..Said::default() };
    finish(ask, said, sources, ledger, stats)
}

/// The probability below which the sources are taken not to answer.
pub(super) fn threshold(ask: &Ask<'_>) -> f32 {
    let of_risk = ask.settings.answer_risk.map(threshold_of);
    let set = of_risk.or(ask.settings.answer_threshold);
    set.or(ask.manner.quote_threshold).unwrap_or(UNANSWERED)
}

/// The grammar of quote mode. It can't refuse: whether the sources answer was
/// decided before, by what was found and not by the model's first word.
pub(super) fn quote_grammar(ask: &Ask<'_>, sources: &[Source]) -> Option<QuoteGrammar> {
    let used = || sources.iter().filter(|s| s.used());
    let best = used().flat_map(|s| &s.sentences).map(|s| s.score).fold(f32::MIN, f32::max);
    let max = ask.manner.quote_max.unwrap_or(ask.settings.max_quotes).max(1);
    let was_read = ask.evidence.signs.first().is_some_and(|signs| signs.logit.is_some());
    let tie = if was_read { TIE } else { TIE_UNREAD };
    // Sentences that fit equally well are both quoted: to choose one would be
    // to guess, and to deny would be wrong.
    // One that is about another thing than the best fits none, however near.
    let signs = &ask.evidence.signs;
    let elsewhere = |sentence: &Sentence| {
        let of = signs.iter().find(|signs| signs.text == sentence.text);
        of.zip(signs.first()).is_some_and(|(of, best)| of.names_less_than(best))
    };
    let mut tied: Vec<&Sentence> = used()
        .flat_map(|s| &s.sentences)
        .filter(|s| s.score >= best - tie && !elsewhere(s))
        .collect();
    tied.sort_by(|a, b| b.score.total_cmp(&a.score));
    tied.truncate(TIED);
    let together = max == 1
        && ask.manner.quote_margin.is_some()
        && ask.manner.quote_unit == QuoteUnit::Sentence
        && tied.len() > 1;
    let offers = |sentence: &Sentence| match (together, ask.manner.quote_margin) {
        (true, _) => tied.iter().any(|tied| tied.text == sentence.text),
        (false, Some(margin)) => sentence.score >= best - margin,
        (false, None) => true,
    };
    let quotables = used()
        .flat_map(|source| {
            let offered = source.sentences.iter().enumerate().filter(|(_, s)| offers(s));
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
    let grammar = QuoteGrammar::new(quotables, form, None, &ask.engine.info().end_tokens)?;
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
    let mut messages = prompt.messages.clone();
    if let Some(quote) = quote.filter(|_| !ask.engine.info().takes_grammar)
        && let Some(last) = messages.last_mut()
    {
        last.text = format!("{}\n\n{}", last.text, quote.instruction());
    }
    let thoughts = if thinking { ask.settings.max_thinking_tokens } else { 0 };
    Request {
        messages,
        grammar,
        max_tokens: reserve + thoughts,
        temperature: ask.manner.temperature.unwrap_or(ask.settings.temperature),
        top_p: ask.manner.top_p.unwrap_or(ask.settings.top_p),
        min_p: ask.settings.min_p,
        thinking,
        likelihood: false,
        // What is quoted is quoted as it stands.
        repetition: if quote.is_some() {
            Control::default()
        } else {
            Control(ask.manner.repetition)
        },
    }
}

pub(super) fn finish(
    ask: &Ask<'_>,
    said: Said,
    sources: Vec<Source>,
    ledger: Ledger,
    generation: GenerationStats,
) -> Answer {
    let Said { text, citations, uncited, dropped, alternatives } = said;
    let said = text.trim();
    // A quote may well speak of sources that do not answer.
    let says_so = said.contains(ask.manner.no_answer.trim_end_matches('.'));
    let refused = said.is_empty() || (says_so && citations.is_empty());
    // Where the sources don't answer, what they don't hold is no answer either.
    let held = citations.iter().any(|citation| citation.support != Support::Missing);
    let nothing = generation.finish_reason == FinishReason::NotGenerated;
    let aside = !nothing && !sources.is_empty() && !sources.iter().any(Source::used);
    let free = ask.mode.reads() && !ask.quotes() && !aside;
    let unfounded = free && !held && ask.evidence.answers < threshold(ask);
    Answer {
        question: ask.question.to_owned(),
        answered: !(refused || unfounded || nothing),
        answers: (ask.mode.reads() && !aside).then_some(ask.evidence.answers),
        quoted: ask.quotes(),
        text,
        mode: ask.mode,
        strategy: ask.strategy,
        alternatives,
        model: ask.engine.info().name.clone(),
        adapter: ask.adapter.map(ToOwned::to_owned),
        uncited,
        citations,
        dropped,
        sources,
        ledger,
        search: ask.search,
        searched: vec![ask.question.to_owned()],
        generation,
    }
}
