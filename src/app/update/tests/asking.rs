//! Asking, answering, typing.

use super::*;
use crate::app::Work;
use crate::domain::JobKind;

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
    update(&mut state, Event::Kept { session: "s1".into(), turn: 1, pending: false, error: None });
    assert!(matches!(
        &press(&mut state, "enter")[..],
        [Effect::Keep(_), Effect::Begin(Work::Answer(_))]
    ));
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
        [Effect::Cancel { kind: JobKind::Answer, request: cancelled }, Effect::Keep(turn)]
            if *cancelled == request && turn.outcome == Outcome::Cancelled && turn.text == "Half an"
    ));
    tell(&mut state, request, AnswerEvent::Text(" answer".into()));
    let done = whole("why?", FinishReason::Stop);
    assert_eq!(tell(&mut state, request, AnswerEvent::Done(Box::new(done))), []);
    assert_eq!(state.current_turn().unwrap().text, "Half an");
    // The next question waits until it is on disk; that the question is there
    // already says nothing of it.
    let turn = state.current_turn().unwrap().id;
    update(&mut state, Event::Kept { session: "s".into(), turn, pending: true, error: None });
    write(&mut state, "and?");
    assert_eq!(press(&mut state, "enter"), []);
    kept(&mut state);
    assert!(!state.working());
    assert!(matches!(
        &press(&mut state, "enter")[..],
        [Effect::Keep(_), Effect::Begin(Work::Answer(_))]
    ));
}

#[test]
fn an_answer_that_fails_says_so_and_can_be_asked_again() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    tell(&mut state, request, AnswerEvent::Failed("no space".into()));
    let turn = state.current_turn().unwrap();
    assert_eq!(turn.outcome, Outcome::Failed { message: "no space".into() });
    update(&mut state, Event::Kept { session: "s".into(), turn: 1, pending: false, error: None });
    let effects = update(&mut state, Event::Act(Action::Regenerate));
    let Effect::Begin(Work::Answer(ask)) = &effects[1] else { panic!("{effects:?}") };
    assert_eq!(ask.question, "why?");
    assert!(ask.history.is_empty(), "what failed is not told to the model");
}

#[test]
fn ctrl_c_cancels_then_clears_then_quits() {
    let mut state = state();
    ask(&mut state, "why?");
    write(&mut state, "next");
    assert!(matches!(press(&mut state, "ctrl-c")[0], Effect::Cancel { kind: JobKind::Answer, .. }));
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
        [Effect::Cancel { kind: JobKind::Answer, .. }, Effect::Keep(turn), Effect::Quit] if turn.text == "Half"
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
    kept(&mut state);
    let effects = update(&mut state, Event::Act(Action::PreviousBranch));
    let [Effect::KeepHead(head), Effect::CheckStale { turn, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((head, turn), (second, second), "its files may have changed meanwhile");
    assert_eq!(state.conversation.tip().unwrap().turn.question, "two?");
}

#[test]
fn a_cut_answer_goes_on_in_the_same_turn() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    let cut = whole("why?", FinishReason::Length);
    tell(&mut state, request, AnswerEvent::Done(Box::new(cut)));
    update(&mut state, Event::Kept { session: "s".into(), turn: 1, pending: false, error: None });
    assert_eq!(state.current_turn().unwrap().outcome, Outcome::Cut);
    let effects = update(&mut state, Event::Act(Action::ContinueAnswer));
    let [Effect::Begin(Work::Answer(ask))] = &effects[..] else { panic!("{effects:?}") };
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
    let Effect::Begin(Work::Answer(ask)) = &effects[1] else { panic!("{effects:?}") };
    assert_eq!(ask.before.last().map(|b| b.question.as_str()), Some("How do I install it?"));
    assert_eq!(ask.history.len(), 1);
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
fn what_is_pasted_is_text_and_never_keys() {
    let mut state = state();
    update(&mut state, Event::Act(Action::FocusConversation));
    update(&mut state, Event::Paste("q\u{3}\nmore".into()));
    assert_eq!(state.input.editor.text(), "q\u{3}\nmore");
    assert!(!state.quitting && state.focus == Focus::Input);
}

#[test]
fn unknown_keys_do_nothing_and_a_stray_letter_is_explained() {
    let mut state = state();
    update(&mut state, Event::Act(Action::FocusStats));
    assert_eq!(press(&mut state, "ctrl-x"), []);
    assert!(state.notice.is_none());
    update(&mut state, Event::Key(Key::char('é')));
    assert!(state.notice.as_ref().unwrap().text.contains("does nothing here"));
    update(&mut state, Event::Key(Key::plain(KeyCode::F(5))));
    assert!(state.notice.is_none());
}

#[test]
fn nothing_is_asked_while_another_session_is_opened() {
    let mut state = state();
    answered(&mut state, "why?");
    write(&mut state, "/new");
    assert_eq!(press(&mut state, "enter"), [Effect::NewSession]);
    write(&mut state, "and?");
    assert_eq!(press(&mut state, "enter"), [], "it would be kept in the wrong session");
    assert_eq!(state.input.editor.text(), "and?");
    update(&mut state, Event::SessionOpened(Box::default()));
    assert!(matches!(&press(&mut state, "enter")[..], [Effect::Keep(turn), _] if turn.id == 1));
    update(&mut state, Event::Act(Action::Cancel));
    kept(&mut state);
    update(&mut state, Event::Act(Action::NewSession));
    assert!(state.opening);
    let text = "no".to_owned();
    update(&mut state, Event::SessionNotOpened { text, failed: true });
    assert!(!state.opening && state.conversation.len() == 1);
}

#[test]
fn esc_takes_the_text_away_and_never_quits() {
    let mut state = state();
    write(&mut state, "draft");
    for _ in 0..4 {
        press(&mut state, "esc");
    }
    assert!(state.input.is_empty() && !state.quitting && !state.quit_armed);
    press(&mut state, "ctrl-_");
    assert_eq!(state.input.editor.text(), "draft");
    // From a pane it cancels at once, too.
    ask(&mut state, "why?");
    press(&mut state, "tab");
    assert!(matches!(press(&mut state, "esc")[0], Effect::Cancel { kind: JobKind::Answer, .. }));
    assert_eq!(state.focus, Focus::Conversation);
}

#[test]
fn one_letter_does_not_take_a_draft_away() {
    let mut state = state();
    write(&mut state, "draft");
    press(&mut state, "tab");
    assert_eq!(press(&mut state, "q"), []);
    assert!(!state.quitting && state.notice.is_some());
    let effects = press(&mut state, "q");
    assert!(
        matches!(&effects[..], [Effect::KeepDraft(draft), Effect::Quit] if draft.text == "draft"),
        "it is there when lorag comes back: {effects:?}"
    );
}

#[test]
fn a_failed_continuation_leaves_the_answer_as_it_was() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    tell(&mut state, request, AnswerEvent::Text("Half".into()));
    press(&mut state, "esc");
    kept(&mut state);
    let effects = update(&mut state, Event::Act(Action::ContinueAnswer));
    let [Effect::Begin(Work::Answer(ask))] = &effects[..] else { panic!("{effects:?}") };
    tell(&mut state, ask.request, AnswerEvent::Failed("too long".into()));
    let turn = state.current_turn().unwrap();
    assert_eq!((&turn.outcome, turn.text.as_str()), (&Outcome::Cancelled, "Half"));
    assert_eq!(state.notice.as_ref().unwrap().text, "too long");
}

#[test]
fn a_cancelled_answer_keeps_its_figures() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    let start = state.now_ms;
    update(&mut state, Event::Tick { now_ms: start + 500, resident_bytes: 9 });
    tell(&mut state, request, AnswerEvent::Text("Half".into()));
    tell(&mut state, request, AnswerEvent::Tokens(20));
    update(&mut state, Event::Tick { now_ms: start + 2500, resident_bytes: 9 });
    press(&mut state, "esc");
    let stats = state.current_turn().unwrap().generation.clone().unwrap();
    assert_eq!((stats.completion_tokens, stats.finish_reason), (20, FinishReason::Cancelled));
    assert_eq!((stats.time_to_first_token_ms, stats.decode_tokens_per_s), (500.0, 10.0));
    assert_eq!(state.totals.answers, 1);
}

#[test]
fn an_edit_that_is_given_up_brings_the_draft_back() {
    let mut state = state();
    answered(&mut state, "//mode?");
    assert_eq!(state.current_turn().unwrap().question, "/mode?");
    write(&mut state, "draft");
    update(&mut state, Event::Act(Action::EditQuestion));
    assert_eq!(state.input.editor.text(), "//mode?");
    press(&mut state, "esc");
    assert_eq!((state.input.editor.text().as_str(), state.input.editing), ("draft", None));
}
