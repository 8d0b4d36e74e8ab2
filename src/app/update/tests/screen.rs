//! Evidence, popups, commands, sessions, panes.

use super::*;

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
                effects[0],
                Effect::Scroll(ScrollArea::Conversation, ScrollBy::Byte(..))
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
                excluded.iter().map(|(h, _)| h.chunk.id.clone()).collect::<Vec<_>>(),
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
    kept(&mut state);
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
    let [Effect::Load { request, model: name, .. }] = &effects[..] else { panic!("{effects:?}") };
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
fn enter_waits_for_the_list_of_what_is_typed() {
    let mut state = state();
    answered(&mut state, "why?");
    update(&mut state, Event::Act(Action::Sessions));
    let rows = |names: &[&str]| -> Vec<(String, String, String)> {
        names.iter().map(|n| ((*n).into(), (*n).into(), String::new())).collect()
    };
    let all = rows(&["new", "old"]);
    update(&mut state, Event::Sessions { query: String::new(), rows: all });
    write(&mut state, "ol");
    assert_eq!(press(&mut state, "enter"), [], "the rows are still those of before");
    let late = Event::Sessions { query: "o".into(), rows: rows(&["new", "old"]) };
    assert_eq!(update(&mut state, late), []);
    let found = Event::Sessions { query: "ol".into(), rows: rows(&["old"]) };
    assert_eq!(update(&mut state, found), [Effect::OpenSession { id: "old".into() }]);
    assert!(state.opening && state.popups.is_empty());
}

#[test]
fn enter_takes_the_completion_that_is_selected() {
    let mut state = state();
    write(&mut state, "/th");
    press(&mut state, "enter");
    assert!(matches!(state.popups.last(), Some(Popup::Picker(p)) if p.kind == PickerKind::Themes));
    press(&mut state, "esc");
    write(&mut state, "/q");
    press(&mut state, "down enter");
    assert!(state.quitting, "the second completion is /quit");
}

#[test]
fn a_slash_in_a_pane_begins_a_command() {
    let mut state = state();
    press(&mut state, "tab /");
    write(&mut state, "quote off");
    press(&mut state, "enter");
    assert_eq!(state.quote, QuoteMode::Off);
}

#[test]
fn an_export_holds_what_the_screen_shows() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    tell(&mut state, request, AnswerEvent::Text("Half".into()));
    let effects = update(&mut state, Event::Act(Action::ExportJson));
    assert!(matches!(
        &effects[..],
        [Effect::Export { json: true, turns, head: Some(1), .. }] if turns[0].text == "Half"
    ));
}

#[test]
fn the_editor_may_have_changed_the_file() {
    let mut state = state();
    answered(&mut state, "why?");
    update(&mut state, Event::Act(Action::FocusSources));
    press(&mut state, "enter");
    let effects = update(&mut state, Event::Edited { ok: true, text: "Back.".into() });
    assert!(matches!(&effects[..], [Effect::CheckStale { .. }, Effect::View { file_hash, .. }]
        if file_hash == "h"));
}

#[test]
fn an_error_is_not_covered_by_good_news() {
    let mut state = state();
    update(&mut state, Event::Said { ok: false, text: "broken".into() });
    let ready = KnowledgeEvent::Ready { summary: "Indexed.".into(), skipped: Vec::new() };
    update(&mut state, Event::Knowledge(ready));
    assert_eq!(state.notice.as_ref().unwrap().text, "broken");
}
