//! The application without a terminal, a model or a disk: events in, state and
//! effects out.

mod asking;
mod jobs;
mod models;
mod resuming;
mod screen;
mod tune;
mod variants;

use crate::app::effect::{EvidenceFrom, ScrollArea, ScrollBy};
use crate::app::event::{
    AnswerEvent, KnowledgeEvent, ModelEvent, OpenedSession, Scrolled, SessionRow,
};
use crate::app::keymap::Keymap;
use crate::app::state::*;
use crate::app::{Action, Effect, Event, Key, KeyCode, State};
use crate::app::{News, Work};
use crate::config::QuoteMode;
use crate::domain::*;

/// What is to be done, but for what every first question keeps beside itself.
fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = super::update(state, event);
    effects.retain(|effect| !matches!(effect, Effect::KeepAsking(_)));
    effects
}

fn start() -> Start {
    Start {
        keymap: Keymap::default(),
        theme: "terminal".into(),
        themes: vec!["terminal".into(), "dark".into(), "light".into()],
        models: vec!["builtin".into(), "big".into()],
        model: "builtin".into(),
        quote: QuoteMode::Auto,
        mode: Mode::Rag,
        adapter: None,
        strategy: Strategy::Token,
        collection: None,
        outside: None,
        given: Given::default(),
        mouse: false,
        roots: vec!["docs".into()],
        opening: false,
        now_ms: 1_000,
    }
}

fn state() -> State {
    let mut state = State::new(start());
    let effects = update(&mut state, Event::Begin { choose_session: false });
    assert!(matches!(
        &effects[..],
        [Effect::Begin(Work::Index(_)), Effect::Begin(Work::Load { request: 1, .. })]
    ));
    let card =
        ModelCard { wanted: "builtin".into(), name: "reader".into(), ..ModelCard::default() };
    update(&mut state, Event::Job { request: 1, news: News::Load(ModelEvent::Loaded(card)) });
    let ready = KnowledgeEvent::Ready { summary: String::new(), skipped: Vec::new() };
    update(&mut state, Event::Job { request: 0, news: News::Index(ready) });
    state
}

fn press(state: &mut State, keys: &str) -> Vec<Effect> {
    let mut out = Vec::new();
    for name in keys.split_whitespace() {
        let key: Key = name.parse().unwrap();
        out.extend(update(state, Event::Key(key)));
    }
    out
}

fn write(state: &mut State, text: &str) {
    for c in text.chars() {
        update(state, Event::Key(Key::char(c)));
    }
}

/// Asks, and gives back the request's number.
fn ask(state: &mut State, question: &str) -> RequestId {
    write(state, question);
    let effects = press(state, "enter");
    match &effects[..] {
        [Effect::Keep(turn), Effect::Begin(Work::Answer(ask))] => {
            assert_eq!(turn.outcome, Outcome::Pending);
            ask.request
        }
        other => panic!("{other:?}"),
    }
}

fn source(number: usize, text: &str) -> Source {
    let chunk = Chunk {
        id: format!("c{number}"),
        path: format!("/docs/{number}.md"),
        collection: "default".into(),
        heading: vec!["Guide".into()],
        bytes: ByteRange::new(0, text.len()),
        lines: LineRange { start: 3, end: 4 },
        text: text.into(),
        offsets: OffsetMap::verbatim(0, text.len()),
        rendered: false,
        index: 0,
        file_hash: "h".into(),
        modified: 0,
        units: Vec::new(),
        language: String::new(),
    };
    Source {
        number,
        hit: Hit { chunk, rank: number, score: 0.5, vector: None, full_text: None, stale: false },
        sentences: Vec::new(),
        compressed: false,
        tokens: 5,
        left_out: None,
    }
}

fn citation(number: usize, start: usize, support: Support) -> Citation {
    Citation {
        number,
        path: format!("/docs/{number}.md"),
        locator: Locator::text(LineRange { start: 3, end: 3 }, ByteRange::new(2, 9)),
        quote: "it is so".into(),
        rendered: false,
        mark: ByteRange::new(start, start + 3),
        support,
        answers: None,
        found: false,
    }
}

fn stats(finish_reason: FinishReason) -> GenerationStats {
    GenerationStats {
        estimated: false,
        prompt_tokens: 10,
        reused_tokens: 0,
        engine: String::new(),
        completion_tokens: 4,
        reasoning_tokens: 0,
        time_to_first_token_ms: 5.0,
        prompt_tokens_per_s: 100.0,
        decode_tokens_per_s: 20.0,
        total_ms: 50.0,
        finish_reason,
        model: "reader".into(),
        quantization: "none".into(),
        device: "cpu".into(),
        resident_bytes: 1,
    }
}

fn whole(question: &str, reason: FinishReason) -> Answer {
    Answer {
        question: question.into(),
        text: "It is so [1]. Also this [2].".into(),
        answered: true,
        answers: Some(0.9),
        quoted: false,
        mode: Mode::Rag,
        strategy: Strategy::Token,
        alternatives: Vec::new(),
        model: "reader".into(),
        adapter: None,
        uncited: Vec::new(),
        citations: vec![citation(1, 9, Support::Exact), citation(2, 23, Support::Missing)],
        dropped: Vec::new(),
        sources: vec![source(1, "it is so"), source(2, "else"), source(3, "more")],
        ledger: Ledger::default(),
        search: SearchTimings::default(),
        searched: Vec::new(),
        generation: stats(reason),
    }
}

fn tell(state: &mut State, request: RequestId, event: AnswerEvent) -> Vec<Effect> {
    update(state, Event::Job { request, news: News::Answer(event) })
}

/// The turn that runs is on disk.
fn kept(state: &mut State) {
    let turn = state.running.as_ref().unwrap().turn;
    update(state, Event::Kept { session: "s1".into(), turn, pending: false, error: None });
    assert!(state.running.is_none());
}

/// Asks and has it answered and kept.
fn answered(state: &mut State, question: &str) -> TurnId {
    let request = ask(state, question);
    let turn = state.conversation.tip().unwrap().turn.id;
    let answer = whole(question, FinishReason::Stop);
    tell(state, request, AnswerEvent::Done(Box::new(answer)));
    kept(state);
    turn
}
