//! The comparison at several sizes.

use super::*;
use crate::app::state::{CompareVariant, Entry, Popup, State};
use crate::domain::{Mode, Turn};
use crate::ui::fixtures;

fn column(mode: Mode, adapter: Option<&str>, turn: Turn) -> CompareColumn {
    let adapter = adapter.map(str::to_owned);
    let entry = Entry { turn: Turn { mode, adapter: adapter.clone(), ..turn }, ..Entry::default() };
    CompareColumn {
        variant: CompareVariant { mode, adapter },
        entry,
        loading: false,
        switch_ms: Some(0.4),
        memory_bytes: Some(62_000_000),
    }
}

fn compared() -> State {
    let mut state = fixtures::state();
    let cited = fixtures::cited_turn(1, None);
    let mut shorter = cited.clone();
    shorter.text = "Hold the badge for five seconds.".into();
    shorter.citations.clear();
    if let Some(stats) = &mut shorter.generation {
        stats.time_to_first_token_ms = 12.0;
    }
    let pending = Turn { question: fixtures::QUESTION.into(), ..Turn::default() };
    let mut failed = pending.clone();
    failed.outcome = Outcome::Failed { message: "the adapter does not fit".into() };
    state.popups.push(Popup::from(Compare {
        request: 9,
        question: fixtures::QUESTION.into(),
        parent: None,
        columns: vec![
            column(Mode::Base, None, shorter),
            column(Mode::Rag, None, cited),
            column(Mode::Adapter, Some("bullets"), failed),
            column(Mode::Hybrid, Some("bullets"), pending),
        ],
        selected: 1,
        scroll: 0,
        running: true,
    }));
    state
}

fn draw(columns: u16, rows: u16) -> String {
    fixtures::draw(&compared(), columns, rows)
}

#[test]
fn wide_screens_show_every_column_and_small_ones_those_around_the_selected() {
    let wide = draw(160, 45);
    for text in
        ["base ✓", "▸ rag ✓", "adapter · bullets ✗", "hybrid · bullets …", "2 of 3 supported"]
    {
        assert!(wide.contains(text), "{text} in\n{wide}");
    }
    assert!(wide.contains("the adapter does not fit") && wide.contains("waiting…"), "{wide}");
    assert!(wide.contains("12 ms ★"), "the best is marked\n{wide}");
    let small = draw(80, 24);
    assert!(small.contains("hybrid · bullets …"), "the tabs name every column\n{small}");
    assert!(small.contains("▸ rag ✓") && !small.contains("the adapter does not fit"), "{small}");
    let tiny = draw(40, 12);
    assert!(tiny.contains("▸ rag ✓") && tiny.contains("Hold the badge"), "{tiny}");
    for (name, text) in [("wide", &wide), ("small", &small), ("tiny", &tiny)] {
        insta::assert_snapshot!(format!("compare_{name}"), text);
    }
}

#[test]
fn what_another_answer_does_not_say_is_underlined() {
    let state = compared();
    let Some(Popup::Compare(compare)) = state.popups.last() else { panic!("no comparison") };
    let theme = Theme::default();
    let underlined = |index: usize| -> Vec<String> {
        answer(&compare.columns[index], compare, 60, &theme, &mut Highlighter::default())
            .iter()
            .flat_map(|line| &line.spans)
            .filter(|span| span.style.add_modifier.contains(Modifier::UNDERLINED))
            .map(|span| span.content.to_string())
            .collect()
    };
    assert_eq!(underlined(0), [""; 0], "the reference");
    let new = underlined(1);
    assert!(new.contains(&"reader".to_owned()), "{new:?}");
    assert!(!new.contains(&"Hold".to_owned()), "{new:?}");
}

#[test]
fn an_answer_is_laid_out_again_only_when_it_changed() {
    let mut state = compared();
    let mut laid = Laid::default();
    let draw = |state: &State, laid: &mut Laid| {
        let Some(Popup::Compare(compare)) = state.popups.last() else { panic!() };
        for at in 0..compare.columns.len() {
            laid.lines(at, compare, 40, &Theme::default());
        }
        laid.laid_out
    };
    let first = draw(&state, &mut laid);
    assert_eq!(first, 4);
    assert_eq!(draw(&state, &mut laid), first, "a frame without news lays out nothing");
    if let Some(Popup::Compare(compare)) = state.popups.last_mut() {
        compare.columns[3].entry.turn.text.push_str("So");
        compare.columns[3].entry.touch();
    }
    assert_eq!(draw(&state, &mut laid), first + 1);
}
