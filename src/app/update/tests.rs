//! The application without a terminal, a model or a disk: events in, state and
//! effects out.

use super::update;
use crate::app::effect::{EvidenceFrom, ScrollArea, ScrollBy};
use crate::app::event::{AnswerEvent, KnowledgeEvent, ModelEvent, Scrolled};
use crate::app::keymap::Keymap;
use crate::app::state::*;
use crate::app::{Action, Effect, Event, Key, KeyCode, State};
use crate::config::QuoteMode;
use crate::domain::*;

fn state() -> State {
    let mut state = State::new(Start {
        keymap: Keymap::default(),
        theme: "terminal".into(),
        themes: vec!["terminal".into(), "dark".into(), "light".into()],
        models: vec!["builtin".into(), "big".into()],
        model: "builtin".into(),
        quote: QuoteMode::Auto,
        mouse: false,
        roots: vec!["docs".into()],
        now_ms: 1_000,
    });
    let effects = update(&mut state, Event::Begin { choose_session: false });
    assert!(matches!(&effects[..], [Effect::Index(_), Effect::LoadModel { request: 1, .. }]));
    let card =
        ModelCard { wanted: "builtin".into(), name: "reader".into(), ..ModelCard::default() };
    update(&mut state, Event::Model { request: 1, event: ModelEvent::Loaded(card) });
    let ready = KnowledgeEvent::Ready { summary: String::new(), skipped: Vec::new() };
    update(&mut state, Event::Knowledge(ready));
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
        [Effect::Keep(turn), Effect::Ask(ask)] => {
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
    };
    Source {
        number,
        hit: Hit { chunk, rank: number, score: 0.5, vector: None, full_text: None },
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
        lines: LineRange { start: 3, end: 3 },
        bytes: ByteRange::new(2, 9),
        quote: "it is so".into(),
        rendered: false,
        mark: ByteRange::new(start, start + 3),
        support,
    }
}

fn stats(finish_reason: FinishReason) -> GenerationStats {
    GenerationStats {
        prompt_tokens: 10,
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
        quoted: false,
        mode: "rag".into(),
        model: "reader".into(),
        adapter: None,
        citations: vec![citation(1, 9, Support::Exact), citation(2, 23, Support::Missing)],
        dropped: Vec::new(),
        sources: vec![source(1, "it is so"), source(2, "else"), source(3, "more")],
        ledger: Ledger::default(),
        search: SearchTimings::default(),
        generation: stats(reason),
    }
}

fn tell(state: &mut State, request: RequestId, event: AnswerEvent) -> Vec<Effect> {
    update(state, Event::Answer { request, event })
}

/// Asks and has it answered and kept.
fn answered(state: &mut State, question: &str) -> TurnId {
    let request = ask(state, question);
    let turn = state.conversation.tip().unwrap().turn.id;
    let answer = whole(question, FinishReason::Stop);
    tell(state, request, AnswerEvent::Done(Box::new(answer)));
    update(state, Event::Kept { session: "s1".into(), turn, error: None });
    assert!(state.running.is_none());
    turn
}

#[test]
fn an_answer_streams_cites_and_is_kept_before_the_next_question() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    assert!(state.input.is_empty() && state.working());
    tell(&mut state, request, AnswerEvent::Searching);
    let sources = vec![source(1, "it is so"), source(2, "else")];
    let effects = tell(
        &mut state,
        request,
        AnswerEvent::Sources { sources, search: SearchTimings::default() },
    );
    assert!(matches!(&effects[..], [Effect::CheckStale { files, .. }] if files.len() == 2));
    assert_eq!(state.current().unwrap().phase, Phase::Reading);
    tell(&mut state, request, AnswerEvent::Text("It is so ".into()));
    tell(&mut state, request, AnswerEvent::Cite { number: 1, mark: ByteRange::new(9, 12) });
    let turn = state.current_turn().unwrap();
    assert!(turn.cites(1) && turn.text == "It is so [1]");
    assert_eq!(turn.citations[0].support, Support::Unchecked);
    tell(&mut state, request, AnswerEvent::Checked(citation(1, 9, Support::Exact)));
    assert_eq!(state.current_turn().unwrap().citations[0].support, Support::Exact);
    let done = whole("why?", FinishReason::Stop);
    let effects = tell(&mut state, request, AnswerEvent::Done(Box::new(done)));
    assert!(matches!(&effects[0], Effect::Keep(turn) if turn.outcome == Outcome::Answered));
    // Until it is on disk, nothing further can be asked, and nothing is lost.
    write(&mut state, "and?");
    assert_eq!(press(&mut state, "enter"), []);
    assert_eq!(state.input.editor.text(), "and?");
    update(&mut state, Event::Kept { session: "s1".into(), turn: 1, error: None });
    assert!(matches!(&press(&mut state, "enter")[..], [Effect::Keep(_), Effect::Ask(_)]));
    assert_eq!((state.totals.checked, state.totals.supported), (2, 1));
}

#[test]
fn esc_keeps_what_came_and_late_pieces_change_nothing() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    tell(&mut state, request, AnswerEvent::Text("Half an".into()));
    let effects = press(&mut state, "esc");
    assert!(matches!(
        &effects[..],
        [Effect::CancelAsk { request: cancelled }, Effect::Keep(turn)]
            if *cancelled == request && turn.outcome == Outcome::Cancelled && turn.text == "Half an"
    ));
    tell(&mut state, request, AnswerEvent::Text(" answer".into()));
    let done = whole("why?", FinishReason::Stop);
    assert_eq!(tell(&mut state, request, AnswerEvent::Done(Box::new(done))), []);
    assert_eq!(state.current_turn().unwrap().text, "Half an");
    assert!(!state.working());
}

#[test]
fn an_answer_that_fails_says_so_and_can_be_asked_again() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    tell(&mut state, request, AnswerEvent::Failed("no space".into()));
    let turn = state.current_turn().unwrap();
    assert_eq!(turn.outcome, Outcome::Failed { message: "no space".into() });
    update(&mut state, Event::Kept { session: "s".into(), turn: 1, error: None });
    let effects = update(&mut state, Event::Act(Action::Regenerate));
    let Effect::Ask(ask) = &effects[1] else { panic!("{effects:?}") };
    assert_eq!(ask.question, "why?");
    assert!(ask.history.is_empty(), "what failed is not told to the model");
}

#[test]
fn ctrl_c_cancels_then_clears_then_quits() {
    let mut state = state();
    ask(&mut state, "why?");
    write(&mut state, "next");
    assert!(matches!(press(&mut state, "ctrl-c")[0], Effect::CancelAsk { .. }));
    assert_eq!(press(&mut state, "ctrl-c"), []);
    assert!(state.input.is_empty());
    assert_eq!(press(&mut state, "ctrl-c"), []);
    assert!(!state.quitting);
    // Another key in between takes it back.
    press(&mut state, "x backspace ctrl-c");
    assert!(!state.quitting);
    assert_eq!(press(&mut state, "ctrl-c"), [Effect::Quit]);
    assert!(state.quitting);
}

#[test]
fn quitting_keeps_the_answer_as_far_as_it_came() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    tell(&mut state, request, AnswerEvent::Text("Half".into()));
    let effects = update(&mut state, Event::Act(Action::Quit));
    assert!(matches!(
        &effects[..],
        [Effect::CancelAsk { .. }, Effect::Keep(turn), Effect::Quit] if turn.text == "Half"
    ));
}

#[test]
fn letters_type_in_the_input_and_act_elsewhere() {
    let mut state = state();
    answered(&mut state, "why?");
    write(&mut state, "what q?");
    assert_eq!(state.input.editor.text(), "what q?");
    press(&mut state, "tab");
    assert_eq!(state.focus, Focus::Conversation);
    press(&mut state, "?");
    assert!(matches!(state.popups.last(), Some(Popup::Help { .. })));
    press(&mut state, "esc esc");
    assert!(state.popups.is_empty());
    assert_eq!(state.focus, Focus::Input);
    // In an empty input `?` asks for help.
    press(&mut state, "ctrl-c ?");
    assert!(matches!(state.popups.last(), Some(Popup::Help { .. })));
    press(&mut state, "esc");
    assert!(state.input.is_empty());
}

#[test]
fn citations_are_walked_over_the_borders_of_answers() {
    let mut state = state();
    let first = answered(&mut state, "one?");
    let second = answered(&mut state, "two?");
    press(&mut state, "tab");
    let mut seen = Vec::new();
    for _ in 0..5 {
        let effects = press(&mut state, "N");
        seen.push((state.current_turn().unwrap().id, state.conversation.citation));
        if seen.len() < 5 {
            assert!(matches!(
                effects[..],
                [Effect::Scroll(ScrollArea::Conversation, ScrollBy::Byte(..))]
            ));
        }
    }
    let expected = [(second, 1), (second, 0), (first, 1), (first, 0), (first, 0)];
    assert_eq!(seen, expected.map(|(turn, at)| (turn, Some(at))));
    assert!(state.notice.is_some());
    assert_eq!(state.conversation.source, 0);
    press(&mut state, "n");
    assert_eq!(state.conversation.source, 1);
}

#[test]
fn pinned_sources_are_the_whole_evidence_and_excluded_ones_none_of_it() {
    let mut state = state();
    answered(&mut state, "why?");
    update(&mut state, Event::Act(Action::FocusSources));
    press(&mut state, "j x");
    let evidence = |effects: &[Effect]| match &effects[1] {
        Effect::Ask(ask) => match &ask.evidence {
            EvidenceFrom::Exactly { hits, excluded } => (
                hits.iter().map(|h| h.chunk.id.clone()).collect::<Vec<_>>(),
                excluded.iter().map(|h| h.chunk.id.clone()).collect::<Vec<_>>(),
            ),
            EvidenceFrom::Search => panic!("searched"),
        },
        other => panic!("{other:?}"),
    };
    let effects = press(&mut state, "r");
    assert_eq!(evidence(&effects), (vec!["c1".into(), "c3".into()], vec!["c2".to_owned()]));
    let turn = state.current_turn().unwrap();
    assert_eq!((turn.id, turn.parent), (2, None), "both answers are kept as branches");
    update(&mut state, Event::Act(Action::Cancel));
    update(&mut state, Event::Act(Action::PreviousBranch));
    press(&mut state, "j j p");
    let effects = press(&mut state, "r");
    assert_eq!(evidence(&effects).0, ["c3"]);
}

#[test]
fn the_viewer_opens_at_the_cited_sentence_and_a_late_file_is_ignored() {
    let mut state = state();
    answered(&mut state, "why?");
    update(&mut state, Event::Act(Action::FocusSources));
    let effects = press(&mut state, "enter");
    let Effect::View { request, path, ranges, .. } = &effects[0] else { panic!("{effects:?}") };
    assert_eq!((path.as_str(), &ranges[..]), ("/docs/1.md", &[ByteRange::new(2, 9)][..]));
    let content = ViewerContent {
        lines: std::sync::Arc::new(vec!["it is so".into()]),
        first_line: 1,
        cited: vec![Highlight { line: 0, bytes: 0..5 }],
        passage: 0..1,
        ..ViewerContent::default()
    };
    let late = Event::Viewer { request: request + 9, content: Ok(content.clone()) };
    assert_eq!(update(&mut state, late), []);
    let effects = update(&mut state, Event::Viewer { request: *request, content: Ok(content) });
    assert_eq!(effects, [Effect::Scroll(ScrollArea::Viewer, ScrollBy::Line(0))]);
    update(&mut state, Event::Scrolled(Scrolled::Viewer(0, 0)));
    assert_eq!(press(&mut state, "e"), [Effect::Edit { path: "/docs/1.md".into(), line: 1 }]);
    press(&mut state, "q");
    assert!(state.popups.is_empty());
}

#[test]
fn a_theme_is_previewed_and_taken_back() {
    let mut state = state();
    update(&mut state, Event::Act(Action::ChooseTheme));
    press(&mut state, "down");
    assert_eq!(state.theme, "dark");
    press(&mut state, "esc");
    assert_eq!(state.theme, "terminal");
    update(&mut state, Event::Act(Action::ChooseTheme));
    write(&mut state, "lig");
    assert_eq!(state.theme, "light");
    let remember = Effect::Remember { key: "ui.theme".into(), value: "light".into() };
    assert_eq!(press(&mut state, "enter"), [remember]);
    assert!(state.popups.is_empty() && state.theme == "light");
}

#[test]
fn a_failed_load_leaves_the_old_model() {
    let mut state = state();
    write(&mut state, "/model nowhere");
    let effects = press(&mut state, "enter");
    let [Effect::LoadModel { request, name }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(name, "nowhere");
    assert!(state.working() && state.model.loaded.is_some());
    let failed = ModelEvent::Failed("no such folder".into());
    update(&mut state, Event::Model { request: *request, event: failed });
    assert_eq!(state.model.loaded.as_ref().unwrap().name, "reader");
    let said = &state.notice.as_ref().unwrap().text;
    assert!(said.contains("no such folder") && said.contains("reader goes on"), "{said}");
    // A second answer to the same request is late.
    let card = ModelCard { name: "late".into(), ..ModelCard::default() };
    update(&mut state, Event::Model { request: *request, event: ModelEvent::Loaded(card) });
    assert_eq!(state.model.loaded.as_ref().unwrap().name, "reader");
}

#[test]
fn commands_run_and_wrong_ones_stay_in_the_input() {
    let mut state = state();
    write(&mut state, "/quote on");
    press(&mut state, "enter");
    assert_eq!(state.quote, QuoteMode::On);
    write(&mut state, "/thme");
    press(&mut state, "enter");
    assert_eq!(state.input.editor.text(), "/thme");
    assert_eq!(state.notice.as_ref().unwrap().level, NoticeLevel::Error);
    press(&mut state, "ctrl-c");
    write(&mut state, "/qu");
    assert!(state.input.completion.is_some());
    press(&mut state, "tab");
    assert_eq!(state.input.editor.text(), "/quote ");
    press(&mut state, "ctrl-c");
    let request = ask(&mut state, "//etc is what?");
    assert!(request > 0);
    assert_eq!(state.current_turn().unwrap().question, "/etc is what?");
}

#[test]
fn the_history_keeps_what_was_being_written() {
    let mut state = state();
    answered(&mut state, "one?");
    answered(&mut state, "two?");
    write(&mut state, "dra");
    press(&mut state, "up up");
    assert_eq!(state.input.editor.text(), "one?");
    press(&mut state, "down down");
    assert_eq!(state.input.editor.text(), "dra");
    press(&mut state, "down");
    assert_eq!(state.input.editor.text(), "dra");
}

#[test]
fn an_edited_question_becomes_a_branch() {
    let mut state = state();
    let first = answered(&mut state, "one?");
    let second = answered(&mut state, "two?");
    update(&mut state, Event::Act(Action::EditQuestion));
    assert_eq!(state.input.editor.text(), "two?");
    press(&mut state, "backspace");
    write(&mut state, "!");
    press(&mut state, "enter");
    let turn = state.current_turn().unwrap();
    assert_eq!((turn.question.as_str(), turn.parent), ("two!", Some(first)));
    assert_eq!(state.conversation.siblings(turn.id), [second, turn.id]);
    update(&mut state, Event::Act(Action::Cancel));
    let effects = update(&mut state, Event::Act(Action::PreviousBranch));
    assert_eq!(effects, [Effect::KeepHead(second)]);
    assert_eq!(state.conversation.tip().unwrap().turn.question, "two?");
}

#[test]
fn a_cut_answer_goes_on_in_the_same_turn() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    let cut = whole("why?", FinishReason::Length);
    tell(&mut state, request, AnswerEvent::Done(Box::new(cut)));
    update(&mut state, Event::Kept { session: "s".into(), turn: 1, error: None });
    assert_eq!(state.current_turn().unwrap().outcome, Outcome::Cut);
    let effects = update(&mut state, Event::Act(Action::ContinueAnswer));
    let [Effect::Ask(ask)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(ask.continued.as_ref().unwrap().text, "It is so [1]. Also this [2].");
    tell(&mut state, ask.request, AnswerEvent::Text(" More.".into()));
    assert!(state.current_turn().unwrap().text.ends_with("[2]. More."));
    assert_eq!(state.conversation.len(), 1);
}

#[test]
fn a_short_follow_up_brings_its_question_and_history() {
    let mut state = state();
    answered(&mut state, "How do I install it?");
    write(&mut state, "And then?");
    let effects = press(&mut state, "enter");
    let Effect::Ask(ask) = &effects[1] else { panic!("{effects:?}") };
    assert_eq!(ask.previous.as_deref(), Some("How do I install it?"));
    assert_eq!(ask.history.len(), 1);
}

#[test]
fn the_palette_lists_every_useful_action_with_its_key() {
    let mut state = state();
    press(&mut state, "ctrl-p");
    let Some(Popup::Picker(picker)) = state.popups.last() else { panic!() };
    for action in Action::ALL {
        let listed = picker.rows.iter().any(|row| row.value == PickerValue::Action(*action));
        let typing = action.group() == crate::app::action::Group::Edit;
        let inner =
            [Action::Accept, Action::Close, Action::Complete, Action::CommandPalette, Action::Send];
        assert_eq!(listed, !typing && !inner.contains(action), "{action:?}");
    }
    write(&mut state, "switch quote");
    press(&mut state, "enter");
    assert!(state.popups.is_empty());
    assert_eq!(state.quote, QuoteMode::On);
}

#[test]
fn sessions_are_listed_resumed_and_deleted_after_a_question() {
    let mut state = state();
    answered(&mut state, "why?");
    let effects = update(&mut state, Event::Act(Action::Sessions));
    assert_eq!(effects, [Effect::ListSessions { query: String::new() }]);
    let rows = vec![("s2".into(), "Other".into(), "1 h ago".into())];
    update(&mut state, Event::Sessions { query: String::new(), rows });
    update(&mut state, Event::Act(Action::DeleteSession));
    assert!(matches!(state.popups.last(), Some(Popup::Confirm(_))));
    press(&mut state, "esc");
    assert_eq!(press(&mut state, "enter"), [Effect::OpenSession { id: "s2".into() }]);
    let turn = Turn { id: 4, question: "old?".into(), ..Turn::default() };
    update(
        &mut state,
        Event::SessionOpened {
            id: Some("s2".into()),
            title: "Other".into(),
            turns: vec![turn],
            head: None,
            recovered: Some("a torn line was set aside".into()),
        },
    );
    assert_eq!(state.conversation.tip().unwrap().turn.question, "old?");
    assert!(state.notice.as_ref().unwrap().text.contains("torn"));
    update(&mut state, Event::Act(Action::DeleteSession));
    let effects = press(&mut state, "enter");
    assert_eq!(effects, [Effect::DeleteSession { id: "s2".into() }, Effect::NewSession]);
}

#[test]
fn rates_are_points_of_half_a_second() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    let mut now = state.now_ms;
    tell(&mut state, request, AnswerEvent::Text("a".into()));
    for tokens in [10, 20, 40] {
        tell(&mut state, request, AnswerEvent::Tokens(tokens));
        now += 500;
        update(&mut state, Event::Tick { now_ms: now, resident_bytes: 7 });
    }
    assert_eq!(state.live.rates, [20.0, 20.0, 40.0]);
    assert_eq!(state.live.resident_bytes, 7);
}

#[test]
fn panes_are_toggled_resized_and_cycled() {
    let mut state = state();
    update(&mut state, Event::Resize { columns: 120, rows: 40 });
    update(&mut state, Event::Act(Action::ToggleStats));
    assert!(!state.panes.stats);
    let mut seen = Vec::new();
    for _ in 0..3 {
        press(&mut state, "tab");
        seen.push(state.focus);
    }
    assert_eq!(seen, [Focus::Conversation, Focus::Sources, Focus::Input]);
    let before = state.panes.conversation_percent;
    update(&mut state, Event::Act(Action::GrowPane));
    assert_eq!(state.panes.conversation_percent, before + 4);
    for _ in 0..99 {
        update(&mut state, Event::Act(Action::GrowPane));
    }
    assert_eq!(state.panes.conversation_percent, 76);
    update(&mut state, Event::Resize { columns: 80, rows: 24 });
    update(&mut state, Event::Act(Action::FocusStats));
    assert_eq!(state.panes.tab, Focus::Stats);
}

#[test]
fn what_is_pasted_is_text_and_never_keys() {
    let mut state = state();
    update(&mut state, Event::Act(Action::FocusConversation));
    update(&mut state, Event::Paste("q\u{3}\nmore".into()));
    assert_eq!(state.input.editor.text(), "q\u{3}\nmore");
    assert!(!state.quitting && state.focus == Focus::Input);
}

#[test]
fn a_copy_is_sent_and_can_be_saved() {
    let mut state = state();
    answered(&mut state, "why?");
    let effects = update(&mut state, Event::Act(Action::CopyAnswer));
    assert!(matches!(&effects[..], [Effect::Copy { what, .. }] if what == "answer"));
    write(&mut state, "/save out.txt");
    let effects = press(&mut state, "enter");
    assert!(
        matches!(&effects[..], [Effect::SaveText { text, .. }] if text.starts_with("It is so"))
    );
}

#[test]
fn unknown_keys_do_nothing_and_a_stray_letter_is_explained() {
    let mut state = state();
    update(&mut state, Event::Act(Action::FocusStats));
    assert_eq!(press(&mut state, "ctrl-g"), []);
    assert!(state.notice.is_none());
    update(&mut state, Event::Key(Key::char('é')));
    assert!(state.notice.as_ref().unwrap().text.contains("does nothing here"));
    update(&mut state, Event::Key(Key::plain(KeyCode::F(5))));
    assert!(state.notice.is_none());
}
