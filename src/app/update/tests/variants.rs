//! Modes, adapters and comparisons.

use super::*;
use crate::app::effect::CompareRequest;
use crate::app::event::CompareEvent;
use crate::app::{News, Work};
use crate::domain::JobKind;

fn card(name: &str, fits: Result<(), String>) -> AdapterCard {
    AdapterCard {
        name: name.into(),
        about: String::new(),
        origin: String::new(),
        fits,
        resident: false,
        bytes: 62_000_000,
        load_ms: Some(200),
    }
}

fn with_adapters() -> State {
    let mut state = state();
    let cards = vec![
        card("none", Ok(())),
        card("bullets", Ok(())),
        card("other", Err("made for another model".into())),
        card("quote", Ok(())),
    ];
    update(&mut state, Event::Adapters(cards));
    state
}

fn load_of(effects: &[Effect]) -> (RequestId, Option<String>) {
    match effects {
        [Effect::Begin(Work::Load { request, adapter, .. })] => (*request, adapter.clone()),
        other => panic!("{other:?}"),
    }
}

fn loaded(state: &mut State, request: RequestId, adapter: Option<&str>, resident: bool) {
    let card = ModelCard {
        wanted: "builtin".into(),
        name: "reader".into(),
        adapter: adapter.map(str::to_owned),
        resident,
        switch_ms: 0.4,
        ..ModelCard::default()
    };
    update(state, Event::Job { request, news: News::Load(ModelEvent::Loaded(card)) });
}

fn notice(state: &State) -> String {
    state.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default()
}

#[test]
fn an_adapter_answers_only_once_it_is_there() {
    let mut state = with_adapters();
    let (request, adapter) = load_of(&press(&mut state, "alt-2"));
    assert_eq!(adapter.as_deref(), Some("bullets"));
    assert_eq!((state.mode, state.adapter.as_deref()), (Mode::Rag, None), "the old one goes on");
    let asked = ask(&mut state, "why?");
    tell(&mut state, asked, AnswerEvent::Failed("x".into()));
    assert_eq!(state.conversation.tip().unwrap().turn.mode, Mode::Rag);
    loaded(&mut state, request, Some("bullets"), false);
    assert_eq!((state.mode, state.adapter.as_deref()), (Mode::Hybrid, Some("bullets")));
    assert!(notice(&state).starts_with("bullets answers from now on (loaded in"));
    let (request, adapter) = load_of(&press(&mut state, "alt-1"));
    assert_eq!(adapter, None);
    loaded(&mut state, request, None, true);
    assert_eq!((state.mode, state.adapter.as_deref()), (Mode::Rag, None));
    assert_eq!(state.last_adapter.as_deref(), Some("bullets"));
    assert!(notice(&state).contains("(0.40 ms)"), "{}", notice(&state));
}

#[test]
fn the_last_choice_wins_and_a_failed_one_changes_nothing() {
    let mut state = with_adapters();
    let (first, _) = load_of(&press(&mut state, "alt-2"));
    let (second, adapter) = load_of(&press(&mut state, "alt-4"));
    assert_eq!(adapter.as_deref(), Some("quote"));
    loaded(&mut state, first, Some("bullets"), false);
    assert_eq!(state.adapter, None, "it is late");
    let failed = ModelEvent::Failed("no room".into());
    update(&mut state, Event::Job { request: second, news: News::Load(failed) });
    assert_eq!((state.mode, state.adapter.as_deref()), (Mode::Rag, None));
    assert!(notice(&state).contains("quote: no room") && notice(&state).contains("reader goes on"));
}

#[test]
fn what_does_not_fit_is_not_loaded() {
    let mut state = with_adapters();
    assert_eq!(press(&mut state, "alt-3"), []);
    assert!(notice(&state).contains("made for another model"));
    assert_eq!(press(&mut state, "alt-9"), []);
    assert!(notice(&state).contains("4 entries"));
    write(&mut state, "/adapter quote*3");
    assert_eq!(press(&mut state, "enter"), []);
    assert!(notice(&state).contains("from 0 to 2"));
    write(&mut state, "/adapter bullets+quote*0.5");
    let (_, adapter) = load_of(&press(&mut state, "enter"));
    assert_eq!(adapter.as_deref(), Some("bullets+quote*0.5"));
}

#[test]
fn brackets_step_through_those_that_fit_outside_the_input() {
    let mut state = with_adapters();
    press(&mut state, "[ ]");
    assert_eq!(state.input.editor.text(), "[]", "they are typed here");
    press(&mut state, "ctrl-u tab");
    let (request, adapter) = load_of(&press(&mut state, "]"));
    assert_eq!(adapter.as_deref(), Some("bullets"));
    loaded(&mut state, request, Some("bullets"), false);
    let (request, adapter) = load_of(&press(&mut state, "]"));
    assert_eq!(adapter.as_deref(), Some("quote"), "what does not fit is passed over");
    loaded(&mut state, request, Some("quote"), false);
    let (_, adapter) = load_of(&press(&mut state, "]"));
    assert_eq!(adapter, None);
}

#[test]
fn one_key_goes_through_the_modes() {
    let mut state = with_adapters();
    let (request, adapter) = load_of(&press(&mut state, "ctrl-g"));
    assert_eq!(adapter.as_deref(), Some("bullets"), "the first that fits");
    assert_eq!(state.mode, Mode::Rag);
    loaded(&mut state, request, Some("bullets"), false);
    assert_eq!(state.mode, Mode::Adapter);
    assert_eq!(press(&mut state, "ctrl-g"), [], "the same model answers");
    assert_eq!(state.mode, Mode::Hybrid);
    let (request, adapter) = load_of(&press(&mut state, "ctrl-g"));
    assert_eq!(adapter, None);
    loaded(&mut state, request, None, true);
    assert_eq!(state.mode, Mode::Base);
    assert_eq!(press(&mut state, "ctrl-g"), []);
    assert_eq!(state.mode, Mode::Rag);
}

#[test]
fn without_an_adapter_there_are_two_modes() {
    let mut state = state();
    assert_eq!(press(&mut state, "ctrl-g"), []);
    assert_eq!(state.mode, Mode::Base);
    write(&mut state, "/mode hybrid");
    assert_eq!(press(&mut state, "enter"), []);
    assert_eq!(state.mode, Mode::Base);
    assert!(notice(&state).contains("none fits this model"));
}

#[test]
fn a_question_carries_mode_adapter_and_strategy() {
    let mut state = with_adapters();
    let (request, _) = load_of(&press(&mut state, "alt-2"));
    loaded(&mut state, request, Some("bullets"), false);
    write(&mut state, "/strategy sequence");
    press(&mut state, "enter");
    write(&mut state, "why?");
    let effects = press(&mut state, "enter");
    let [Effect::Keep(turn), Effect::Begin(Work::Answer(ask))] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((turn.mode, turn.adapter.as_deref()), (Mode::Hybrid, Some("bullets")));
    assert_eq!((ask.mode, ask.adapter.as_deref()), (Mode::Hybrid, Some("bullets")));
    assert_eq!(ask.strategy, Strategy::Sequence);
}

#[test]
fn a_collection_brings_its_own_way() {
    let mut state = with_adapters();
    write(&mut state, "/collection legal");
    let effects = press(&mut state, "enter");
    assert_eq!(effects, [Effect::UseCollection { name: Some("legal".into()), bring: true }]);
    let used = Event::CollectionUsed {
        name: Some("legal".into()),
        mode: Some(Mode::Hybrid),
        adapter: Some("quote".into()),
        strategy: Some(Strategy::Sequence),
        text: "Answers come from legal.".into(),
    };
    let (request, adapter) = load_of(&update(&mut state, used));
    assert_eq!(adapter.as_deref(), Some("quote"));
    assert_eq!(state.collection.as_deref(), Some("legal"));
    assert_eq!(state.strategy, Strategy::Sequence);
    loaded(&mut state, request, Some("quote"), false);
    assert_eq!(state.mode, Mode::Hybrid);
    // Another one with a way of its own, and out again.
    let other = Event::CollectionUsed {
        name: Some("notes".into()),
        mode: Some(Mode::Base),
        adapter: None,
        strategy: Some(Strategy::Token),
        text: String::new(),
    };
    let (request, adapter) = load_of(&update(&mut state, other));
    assert_eq!(adapter, None);
    loaded(&mut state, request, None, true);
    assert_eq!(state.mode, Mode::Base);
    assert_eq!(press(&mut state, "ctrl-g"), [], "what is changed within it stays within");
    let left = Event::CollectionUsed {
        name: None,
        mode: None,
        adapter: None,
        strategy: None,
        text: String::new(),
    };
    update(&mut state, left);
    assert_eq!((state.mode, state.adapter.as_deref()), (Mode::Rag, None));
    assert_eq!((state.strategy, state.collection.as_deref()), (Strategy::Token, None));
}

#[test]
fn a_collection_that_is_not_there_changes_nothing() {
    let mut state = with_adapters();
    let refused = || Event::CollectionRefused {
        name: "zzz".into(),
        text: "There is no collection zzz.".into(),
    };
    state.collection = Some("legal".into());
    assert_eq!(update(&mut state, refused()), []);
    assert_eq!(state.collection.as_deref(), Some("legal"));
    assert!(notice(&state).contains("no collection zzz"));
    // One that a session was about, and that is gone since.
    state.collection = Some("zzz".into());
    update(&mut state, refused());
    assert_eq!(state.collection, None);
}

fn compare(state: &mut State, command: &str) -> CompareRequest {
    write(state, command);
    let effects = press(state, "enter");
    match &effects[..] {
        [Effect::Begin(Work::Compare(compare))] => (**compare).clone(),
        other => panic!("{other:?} {}", notice(state)),
    }
}

fn news(state: &mut State, request: RequestId, event: CompareEvent) -> Vec<Effect> {
    update(state, Event::Job { request, news: News::Compare(event) })
}

#[test]
fn a_comparison_asks_every_mode_on_the_same_evidence_and_one_answer_stays() {
    let mut state = with_adapters();
    let turn = answered(&mut state, "why?");
    let request = compare(&mut state, "/compare");
    let names: Vec<String> = request.columns.iter().map(CompareVariant::name).collect();
    assert_eq!(names, ["base", "rag", "adapter · bullets", "hybrid · bullets"]);
    assert!(matches!(&request.evidence, EvidenceFrom::Exactly { hits, .. } if hits.len() == 3));
    assert!(state.working());
    let number = request.request;
    news(&mut state, number, CompareEvent::Loading { column: 3 });
    let ready = CompareEvent::Loaded { column: 3, switch_ms: 5.0, memory_bytes: 7 };
    news(&mut state, number, ready);
    assert_eq!(press(&mut state, "l l l enter"), [], "nothing to keep yet");
    let mut answer = whole("why?", FinishReason::Stop);
    (answer.mode, answer.adapter) = (Mode::Hybrid, Some("bullets".into()));
    let done = AnswerEvent::Done(Box::new(answer));
    news(&mut state, number, CompareEvent::Answer { column: 3, event: done });
    let effects = press(&mut state, "enter");
    let [
        Effect::Cancel { kind: JobKind::Compare, request },
        Effect::Keep(kept),
        Effect::KeepMark { turn: marked, good: true },
        Effect::CheckStale { .. },
    ] = &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((*request, kept.mode), (number, Mode::Hybrid));
    // What was chosen over others is to be learned from.
    assert_eq!((*marked, kept.good), (kept.id, true));
    assert!(kept.id > turn && kept.parent == state.conversation.get(turn).unwrap().turn.parent);
    assert!(state.popups.is_empty() && !state.working());
    assert_eq!(state.conversation.siblings(turn), [turn, kept.id]);
    assert!(notice(&state).contains("hybrid · bullets as a branch"));
    // What still comes is late.
    assert_eq!(news(&mut state, number, CompareEvent::Done), []);
}

#[test]
fn a_comparison_can_be_closed_and_blocks_other_questions() {
    let mut state = with_adapters();
    write(&mut state, "/compare");
    assert_eq!(press(&mut state, "enter"), [], "nothing was asked yet");
    let request = compare(&mut state, "/compare adapters why so?");
    assert_eq!(request.question, "why so?");
    assert_eq!(request.evidence, EvidenceFrom::Search);
    let names: Vec<String> = request.columns.iter().map(CompareVariant::name).collect();
    assert_eq!(names, ["rag", "hybrid · bullets", "hybrid · quote"]);
    let effects = press(&mut state, "esc");
    assert_eq!(effects, [Effect::Cancel { kind: JobKind::Compare, request: request.request }]);
    assert!(state.popups.is_empty() && !state.comparing());
}
