//! The pane as it looks at three sizes and in every state of the work.

use super::*;
use crate::app::state::{KnowledgeWork, Phase, Running};
use crate::ui::fixtures;
use crate::ui::theme::Role;

const WIDE: (u16, u16) = (56, 24);
const NARROW: (u16, u16) = (30, 39);
const TINY: (u16, u16) = (40, 9);

fn draw(state: &State, (columns, rows): (u16, u16)) -> String {
    let theme = Theme::default();
    fixtures::pane(columns, rows, |area, buffer| render(state, &theme, area, buffer))
}

/// An answer that is being written.
fn streaming() -> State {
    let mut turn = fixtures::cited_turn(1, None);
    turn.generation = None;
    let mut state = fixtures::with_turn(turn, Phase::Writing);
    state.running = Some(Running {
        request: 1,
        turn: 1,
        since_ms: state.now_ms - 3_270,
        first_token_ms: Some(state.now_ms - 3_000),
        tokens: 21,
        keeping: false,
    });
    state.live.rates = [10.0, 18.0, 20.0, 19.0].into_iter().collect();
    state
}

/// Documents are indexed, a model is loaded, and both had trouble.
fn working() -> State {
    let mut state = fixtures::starting();
    state.knowledge.work = KnowledgeWork::Indexing { files: 12, total: 140, chunks: 87 };
    state.knowledge.skipped = ["scan.pdf", "a.bin", "b.bin", "c.bin", "d.bin"]
        .map(|name| (format!("/docs/{name}"), "no text in it".to_owned()))
        .into();
    state.model.loading = Some((2, "qwen3-4b".into(), state.now_ms - 12_400));
    state.model.failed = Some("there is no file model.gguf; give its path".into());
    state
}

#[test]
fn an_answer_at_three_sizes() {
    let state = fixtures::state();
    insta::assert_snapshot!("stats_wide", draw(&state, WIDE));
    insta::assert_snapshot!("stats_narrow", draw(&state, NARROW));
    insta::assert_snapshot!("stats_tiny", draw(&state, TINY));
}

#[test]
fn an_answer_that_is_being_written() {
    let state = streaming();
    insta::assert_snapshot!("stats_streaming_narrow", draw(&state, NARROW));
    let text = draw(&state, WIDE);
    assert!(text.contains("19.0 tok/s") && text.contains("165 in · 21 out"), "{text}");
    assert!(text.contains("270.0 ms") && text.contains("3.2 s"), "{text}");
}

#[test]
fn work_in_the_background() {
    let state = working();
    insta::assert_snapshot!("stats_working_wide", draw(&state, WIDE));
    insta::assert_snapshot!("stats_working_narrow", draw(&state, NARROW));
    let text = draw(&state, NARROW);
    assert!(text.contains(" 12/140") && text.contains("loading qwen3-4b"), "{text}");
    assert!(text.contains("12 s"), "{text}");
}

#[test]
fn nothing_asked_yet() {
    insta::assert_snapshot!("stats_empty_narrow", draw(&fixtures::empty(), NARROW));
    insta::assert_snapshot!("stats_starting_tiny", draw(&fixtures::starting(), TINY));
}

#[test]
fn a_failure_is_told_in_full() {
    let mut state = fixtures::empty();
    let message = "the folder /data is not writable; choose another with --data-dir";
    state.knowledge.work = KnowledgeWork::Failed { message: message.into() };
    let text = draw(&state, (30, 44));
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(words.join(" ").contains(message), "{text}");
    let theme = Theme::default();
    let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 44));
    render(&state, &theme, buffer.area, &mut buffer);
    let error = theme.style(Role::Error).fg;
    assert!(buffer.content.iter().any(|cell| Some(cell.fg) == error && cell.symbol() == "d"));
}

#[test]
fn values_end_at_the_same_column() {
    let mut state = streaming();
    let column = |state: &State| {
        let text = draw(state, NARROW);
        let line = text.lines().find(|line| line.starts_with("decode")).unwrap().to_owned();
        crate::ui::text::width(&line)
    };
    let before = column(&state);
    state.live.rates.push_back(1234.0);
    assert_eq!(column(&state), before);
    assert_eq!(before, 30);
}

#[test]
fn the_most_important_rows_stay_at_every_size() {
    let state = fixtures::state();
    let text = draw(&state, TINY);
    assert_eq!(text.lines().count(), 9);
    for label in ["model", "mode", "free / window", "decode"] {
        assert!(text.contains(label), "{label}: {text}");
    }
    for columns in 0..60 {
        for rows in 0..16 {
            draw(&state, (columns, rows));
            draw(&working(), (columns, rows));
        }
    }
}

#[test]
fn parts_of_the_gauge_differ_without_colour() {
    let text = draw(&fixtures::state(), NARROW);
    let gauge = text.lines().find(|line| line.starts_with('▓')).unwrap();
    for fill in ["▓", "█", "▚", "▞", "░", "·"] {
        assert!(gauge.contains(fill), "{gauge}");
        assert!(GAUGE_LEGEND.contains(fill));
    }
    assert_eq!(crate::ui::text::width(gauge), 30);
}

#[test]
fn names_from_files_are_harmless() {
    let mut state = working();
    state.knowledge.skipped = vec![("a\x1b[2Jb".into(), "\u{202e}why".into())];
    state.model.failed = Some("\x1b]52;c;aGk=\x07".into());
    let text = draw(&state, (30, 60));
    assert!(text.contains("a␛[2Jb") && !text.contains('\x1b') && !text.contains('\u{202e}'));
}
