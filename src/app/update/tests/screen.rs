//! Evidence, popups, commands, sessions, panes.

use super::*;
use crate::app::command::ExportFormat;
use crate::app::{News, Work};

fn row(id: &str) -> SessionRow {
    SessionRow { id: id.into(), title: id.into(), ..SessionRow::default() }
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
fn a_good_answer_is_marked_and_unmarked() {
    let mut state = state();
    let first = answered(&mut state, "one?");
    answered(&mut state, "two?");
    press(&mut state, "tab {");
    assert_eq!(state.current_turn().map(|turn| turn.id), Some(first));
    for good in [true, false] {
        let effects = press(&mut state, "plus");
        assert_eq!(effects, [Effect::KeepMark { turn: first, good }]);
        assert_eq!(state.current_turn().map(|turn| turn.good), Some(good));
    }
    // A pane still grows by the other key.
    assert_eq!(press(&mut state, "="), []);
    press(&mut state, "esc");
    ask(&mut state, "three?");
    press(&mut state, "tab");
    assert_eq!(press(&mut state, "plus"), [], "there is no whole answer yet");
}

#[test]
fn pinned_sources_are_the_whole_evidence_and_excluded_ones_none_of_it() {
    let mut state = state();
    answered(&mut state, "why?");
    update(&mut state, Event::Act(Action::FocusSources));
    press(&mut state, "j x");
    let evidence = |effects: &[Effect]| match &effects[1] {
        Effect::Begin(Work::Answer(ask)) => match &ask.evidence {
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
    assert_eq!(effects, [Effect::Scroll(ScrollArea::Popup, ScrollBy::Line(0))]);
    update(&mut state, Event::Scrolled(Scrolled::Popup(0, 0)));
    assert_eq!(press(&mut state, "e"), [Effect::Edit { path: "/docs/1.md".into(), line: Some(1) }]);
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
    let [Effect::Begin(Work::Load { request, model: name, .. })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(name, "nowhere");
    assert!(state.working() && state.model.loaded.is_some());
    let failed = ModelEvent::Failed("no such folder".into());
    update(&mut state, Event::Job { request: *request, news: News::Load(failed) });
    assert_eq!(state.model.loaded.as_ref().unwrap().name, "reader");
    let said = &state.notice.as_ref().unwrap().text;
    assert!(said.contains("no such folder") && said.contains("reader goes on"), "{said}");
    // A second answer to the same request is late.
    let card = ModelCard { name: "late".into(), ..ModelCard::default() };
    update(
        &mut state,
        Event::Job { request: *request, news: News::Load(ModelEvent::Loaded(card)) },
    );
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
        let listed = picker.rows.iter().any(|row| row.value == Task::Action(*action));
        let typing = action.group() == crate::app::action::Group::Edit;
        use Action as A;
        let inner =
            [A::Accept, A::Close, A::Complete, A::CommandPalette, A::Send, A::ToggleFavourite];
        let place = action.name().starts_with("adapter");
        assert_eq!(listed, !typing && !place && !inner.contains(action), "{action:?}");
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
    let rows = vec![row("s2")];
    update(&mut state, Event::Sessions { query: String::new(), rows });
    update(&mut state, Event::Act(Action::DeleteSession));
    assert!(matches!(state.popups.last(), Some(Popup::Confirm(_))));
    press(&mut state, "esc");
    let open = Effect::OpenSession { id: "s2".into(), turn: None };
    assert_eq!(press(&mut state, "enter"), [open]);
    let turn = Turn { id: 4, question: "old?".into(), ..Turn::default() };
    let opened = OpenedSession {
        id: Some("s2".into()),
        title: "Other".into(),
        turns: vec![turn],
        recovered: Some("a torn line was set aside".into()),
        ..OpenedSession::default()
    };
    update(&mut state, Event::SessionOpened(Box::new(opened)));
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
fn a_wrong_path_stays_in_the_prompt_and_typing_replaces_its_default() {
    let mut state = state();
    answered(&mut state, "why?");
    update(&mut state, Event::Act(Action::CopyAnswer));
    let typed = |state: &State| match state.popups.last() {
        Some(Popup::Prompt(prompt)) => prompt.editor.text(),
        other => panic!("{other:?}"),
    };
    press(&mut state, "tab w");
    assert_eq!(typed(&state), "lorag-copied.txt");
    press(&mut state, "end x");
    assert_eq!(typed(&state), "lorag-copied.txtx", "a movement lets it stay");
    press(&mut state, "esc tab w backspace");
    assert_eq!(typed(&state), "");
    press(&mut state, "esc tab w");
    write(&mut state, "/no/such/a.txt");
    assert_eq!(typed(&state), "/no/such/a.txt");
    assert!(matches!(&press(&mut state, "enter")[..], [Effect::SaveText { .. }]));
    assert_eq!(press(&mut state, "enter"), [], "it is being tried");
    let saved = |error: Option<&str>| Event::Saved {
        path: "/no/such/a.txt".into(),
        error: error.map(str::to_owned),
    };
    update(&mut state, saved(Some("there is no folder")));
    assert_eq!(typed(&state), "/no/such/a.txt");
    assert_eq!(state.notice.as_ref().unwrap().text, "there is no folder");
    assert!(matches!(&press(&mut state, "enter")[..], [Effect::SaveText { .. }]));
    update(&mut state, saved(None));
    assert!(state.popups.is_empty());
    // A path given to the command can be mended, too.
    update(&mut state, saved(Some("there is no folder")));
    assert_eq!(typed(&state), "/no/such/a.txt");
}

#[test]
fn one_key_copies_a_citation_with_file_and_lines() {
    let mut state = state();
    answered(&mut state, "why?");
    press(&mut state, "tab n");
    let effects = press(&mut state, "Y");
    let [Effect::Copy { text, what }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((text.as_str(), what.as_str()), ("it is so\n/docs/1.md:3", "citation"));
    update(&mut state, Event::Act(Action::FocusSources));
    press(&mut state, "j j");
    let effects = press(&mut state, "Y");
    let [Effect::Copy { text, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(text, "more\n/docs/3.md:3-4", "an uncited source gives its passage");
}

#[test]
fn a_thought_opens_and_closes() {
    let mut state = state();
    answered(&mut state, "why?");
    press(&mut state, "tab z");
    assert!(state.notice.as_ref().unwrap().text.contains("did not think"));
    state.conversation.current_mut().unwrap().turn.thought = "hm".into();
    let before = state.current().unwrap().revision;
    press(&mut state, "z");
    assert!(state.current().unwrap().thought_open);
    assert!(state.current().unwrap().revision > before, "it is drawn anew");
    press(&mut state, "z");
    assert!(!state.current().unwrap().thought_open);
}

#[test]
fn the_help_is_searched_and_esc_goes_back_step_by_step() {
    let mut state = state();
    press(&mut state, "? /");
    write(&mut state, "quote jk");
    let Some(Popup::Help(help)) = state.popups.last() else { panic!() };
    assert_eq!((help.query.text().as_str(), help.typing), ("quote jk", true));
    press(&mut state, "enter");
    let Some(Popup::Help(help)) = state.popups.last() else { panic!() };
    assert!(!help.typing && help.query.text() == "quote jk");
    press(&mut state, "esc");
    let Some(Popup::Help(help)) = state.popups.last() else { panic!() };
    assert!(help.query.is_empty());
    press(&mut state, "esc");
    assert!(state.popups.is_empty());
}

#[test]
fn a_page_of_a_list_is_what_is_shown_of_it() {
    let mut state = state();
    press(&mut state, "ctrl-p");
    let effects = press(&mut state, "pagedown");
    assert_eq!(effects, [Effect::Scroll(ScrollArea::Popup, ScrollBy::Pages(1))]);
    update(&mut state, Event::Scrolled(Scrolled::Popup(17, 0)));
    let Some(Popup::Picker(picker)) = state.popups.last() else { panic!() };
    assert_eq!(picker.selected, 17);
}

#[test]
fn enter_waits_for_the_list_of_what_is_typed() {
    let mut state = state();
    answered(&mut state, "why?");
    update(&mut state, Event::Act(Action::Sessions));
    let rows = |names: &[&str]| names.iter().map(|name| row(name)).collect::<Vec<_>>();
    let all = rows(&["new", "old"]);
    update(&mut state, Event::Sessions { query: String::new(), rows: all });
    write(&mut state, "ol");
    assert_eq!(press(&mut state, "enter"), [], "the rows are still those of before");
    let late = Event::Sessions { query: "o".into(), rows: rows(&["new", "old"]) };
    assert_eq!(update(&mut state, late), []);
    let found = Event::Sessions { query: "ol".into(), rows: rows(&["old"]) };
    let open = Effect::OpenSession { id: "old".into(), turn: None };
    assert_eq!(update(&mut state, found), [open]);
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
        [Effect::Export { format: ExportFormat::Json, turns, head: Some(1), .. }]
            if turns[0].text == "Half"
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
    update(&mut state, Event::Job { request: 0, news: News::Index(ready) });
    assert_eq!(state.notice.as_ref().unwrap().text, "broken");
}

#[test]
fn the_ends_of_a_long_input_come_before_those_of_the_conversation() {
    let mut state = state();
    update(&mut state, Event::Paste("first line\nsecond line".into()));
    assert_eq!(press(&mut state, "ctrl-home"), []);
    assert_eq!(state.input.editor.cursor(), (0, 0));
    let scrolled = [Effect::Scroll(ScrollArea::Conversation, ScrollBy::Top)];
    assert_eq!(press(&mut state, "ctrl-home"), scrolled);
    assert_eq!(press(&mut state, "ctrl-end"), []);
    assert_eq!(state.input.editor.cursor(), (1, 11));
    let scrolled = [Effect::Scroll(ScrollArea::Conversation, ScrollBy::Bottom)];
    assert_eq!(press(&mut state, "ctrl-end"), scrolled);
}

#[test]
fn quoted_sentences_are_copied_as_they_stand_each_on_its_line() {
    let mut state = state();
    let request = ask(&mut state, "What is it?");
    let both = "It is so. [1]\nIt is not. [2]";
    tell(&mut state, request, AnswerEvent::Text(both.into()));
    let effects = update(&mut state, Event::Act(Action::CopyAnswer));
    assert!(matches!(&effects[..], [Effect::Copy { text, .. }] if text == both), "{effects:?}");
}
