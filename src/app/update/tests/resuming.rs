//! What a session keeps of how it is asked, and what was typed.

use super::*;
use crate::app::{News, Work};

fn asking() -> Asking {
    Asking {
        mode: Some(Mode::Hybrid),
        model: Some("big".into()),
        adapter: Some("bullets".into()),
        collection: Some("legal".into()),
        quote: Some(QuoteMode::On),
        strategy: Some(Strategy::Sequence),
    }
}

fn opened(asking: Option<Asking>) -> Event {
    let turns = vec![Turn { id: 1, question: "old?".into(), ..Turn::default() }];
    let id = Some("s2".to_owned());
    Event::SessionOpened(Box::new(OpenedSession { id, turns, asking, ..OpenedSession::default() }))
}

fn kept_asking(effects: &[Effect]) -> Vec<&Asking> {
    let mut kept = Vec::new();
    for effect in effects {
        if let Effect::KeepAsking(asking) = effect {
            kept.push(asking);
        }
    }
    kept
}

#[test]
fn a_session_keeps_how_it_is_asked_from_its_first_question_on() {
    let mut state = state();
    write(&mut state, "/quote on");
    assert_eq!(press(&mut state, "enter"), [], "nothing is kept of an empty chat");
    write(&mut state, "why?");
    let effects = super::super::update(&mut state, Event::Key("enter".parse().unwrap()));
    let [kept] = kept_asking(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!((kept.quote, kept.mode), (Some(QuoteMode::On), Some(Mode::Rag)));
    assert_eq!((kept.model.as_deref(), kept.adapter.as_deref()), (Some("builtin"), Some("none")));
    state.session.id = Some("s1".into());
    let effects = super::super::update(&mut state, Event::Act(Action::ToggleStrategy));
    assert_eq!(kept_asking(&effects)[0].strategy, Some(Strategy::Sequence));
    let effects = super::super::update(&mut state, Event::Key(Key::char('x')));
    assert!(kept_asking(&effects).is_empty(), "it is kept when it changes");
}

#[test]
fn a_session_goes_on_as_it_was_asked() {
    let mut state = state();
    let effects = update(&mut state, opened(Some(asking())));
    let used = Effect::UseCollection { name: Some("legal".into()), bring: false };
    assert_eq!(effects[0], used);
    let Effect::Begin(Work::Load { request, model, adapter }) = &effects[1] else {
        panic!("{effects:?}")
    };
    assert_eq!((model.as_str(), adapter.as_deref()), ("big", Some("bullets")));
    assert_eq!((state.quote, state.strategy), (QuoteMode::On, Strategy::Sequence));
    assert_eq!(state.collection.as_deref(), Some("legal"));
    let card =
        ModelCard { wanted: "big".into(), adapter: Some("bullets".into()), ..ModelCard::default() };
    update(
        &mut state,
        Event::Job { request: *request, news: News::Load(ModelEvent::Loaded(card)) },
    );
    assert_eq!((state.mode, state.adapter.as_deref()), (Mode::Hybrid, Some("bullets")));
    assert_eq!(state.asking(), asking());
}

#[test]
fn what_the_command_line_says_wins_and_a_session_of_before_changes_nothing() {
    let mut state = state();
    let given = Given { mode: true, quote: true, collection: true, ..Given::default() };
    state.given = given;
    let effects = update(&mut state, opened(Some(asking())));
    let Effect::Begin(Work::Load { model, adapter, .. }) = &effects[0] else {
        panic!("{effects:?}")
    };
    assert_eq!((model.as_str(), adapter.as_deref()), ("big", None));
    assert_eq!((state.quote, state.collection.as_deref()), (QuoteMode::Auto, None));
    assert_eq!(state.given, Given::default(), "it counts for the first session only");

    let mut state = super::state();
    let before = state.asking();
    let effects = super::super::update(&mut state, opened(None));
    assert_eq!(state.asking(), before);
    assert!(kept_asking(&effects).is_empty(), "opening it writes nothing");
}

#[test]
fn the_first_load_waits_for_the_session_that_is_opened() {
    let mut state = State::new(Start { opening: true, ..start() });
    let effects = update(&mut state, Event::Begin { choose_session: false });
    assert!(matches!(&effects[..], [Effect::Begin(Work::Index(_))]), "{effects:?}");
    let mut other = state.clone();
    let effects = update(&mut state, opened(Some(asking())));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Begin(Work::Load { model, .. }) if model == "big"))
    );
    let text = "none".to_owned();
    let effects = update(&mut other, Event::SessionNotOpened { text, failed: true });
    assert!(
        matches!(&effects[..], [Effect::Begin(Work::Load { model, .. })] if model == "builtin")
    );
}

#[test]
fn a_found_turn_is_shown_whatever_its_branch() {
    let mut state = state();
    let turn = |id, parent| Turn { id, parent, question: format!("q{id}"), ..Turn::default() };
    let session = OpenedSession {
        id: Some("s2".into()),
        turns: vec![turn(1, None), turn(2, Some(1)), turn(3, Some(2)), turn(4, Some(1))],
        head: Some(4),
        turn: Some(2),
        ..OpenedSession::default()
    };
    let effects = update(&mut state, Event::SessionOpened(Box::new(session)));
    let shown: Vec<TurnId> = state.conversation.branch().map(|entry| entry.turn.id).collect();
    assert_eq!(shown, [1, 2, 3]);
    assert_eq!(state.conversation.selected, Some(2));
    assert!(effects.contains(&Effect::KeepHead(3)), "{effects:?}");
}

#[test]
fn what_was_typed_is_kept_after_a_moment_and_comes_back() {
    let mut state = state();
    write(&mut state, "half a quest");
    let draft = Draft { text: "half a quest".into(), editing: None };
    assert_eq!(update(&mut state, Event::Paused), [Effect::KeepDraft(draft.clone())]);
    assert_eq!(update(&mut state, Event::Paused), [], "nothing changed");
    press(&mut state, "esc");
    assert_eq!(update(&mut state, Event::Paused), [Effect::KeepDraft(Draft::default())]);
    update(&mut state, Event::DraftFound(draft.clone()));
    assert_eq!(state.input.editor.text(), "half a quest");
    assert!(state.notice.as_ref().unwrap().text.contains("is back"));
    assert_eq!(update(&mut state, Event::Paused), [], "it is kept already");
    // What stands there already is not lost for it.
    let other = Draft { text: "other".into(), editing: None };
    update(&mut state, Event::DraftFound(other));
    assert_eq!(state.input.editor.text(), "half a quest");
}

#[test]
fn edits_to_recalled_questions_survive_going_on_through_the_history() {
    let mut state = state();
    answered(&mut state, "one?");
    answered(&mut state, "two?");
    write(&mut state, "dra");
    press(&mut state, "up");
    write(&mut state, "!");
    assert_eq!(state.draft().text, "two?!");
    press(&mut state, "up");
    assert_eq!(state.input.editor.text(), "one?");
    assert_eq!(state.draft().text, "dra", "a recalled question is none");
    press(&mut state, "down");
    assert_eq!(state.input.editor.text(), "two?!");
    press(&mut state, "down");
    assert_eq!(state.input.editor.text(), "dra");
}

#[test]
fn commands_have_a_history_of_their_own() {
    let mut state = state();
    answered(&mut state, "one?");
    write(&mut state, "/quote on");
    press(&mut state, "enter up");
    assert_eq!(state.input.editor.text(), "one?");
    press(&mut state, "down");
    write(&mut state, "/mode rag");
    press(&mut state, "ctrl-up");
    assert_eq!(state.input.editor.text(), "/quote on");
    press(&mut state, "ctrl-down");
    assert_eq!(state.input.editor.text(), "/mode rag");
}

#[test]
fn a_path_begins_a_question() {
    let mut state = state();
    let asked = ask(&mut state, "/var/log/crane.log holds what?");
    assert!(asked > 0);
    assert_eq!(state.current_turn().unwrap().question, "/var/log/crane.log holds what?");
    press(&mut state, "up");
    assert_eq!(state.input.editor.text(), "/var/log/crane.log holds what?");
}
