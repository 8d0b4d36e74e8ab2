//! The pane as it looks at several sizes and in every state of the work.

use super::*;
use crate::app::effect::ScrollArea;
use crate::app::event::Scrolled;
use crate::app::state::{KnowledgeWork, Phase, Running, Size};
use crate::ui::{Ui, fixtures};

const WIDE: (u16, u16) = (56, 24);
/// What two columns of panes leave on a screen of 120 columns and 36 rows.
const LOW: (u16, u16) = (56, 12);
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
        reading_ms: None,
        first_token_ms: Some(state.now_ms - 3_000),
        tokens: 21,
        keeping: false,
        continued: None,
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
    state.model.loading = Some(fixtures::loading(2, "qwen3-4b", state.now_ms - 12_400));
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
fn the_engine_is_told_where_there_was_a_choice() {
    let mut state = fixtures::state();
    assert!(!draw(&state, NARROW).contains("engine"));
    if let Some(card) = &mut state.model.loaded {
        card.engine = "llama.cpp (GGUF on a CPU)".into();
    }
    let text = draw(&state, (44, 39));
    assert!(text.contains("engine") && text.contains("llama.cpp (GGUF on a CPU)"), "{text}");
}

/// The rows of [`LOW`], without more than one blank between words.
fn low(state: &State) -> String {
    let text = draw(state, LOW);
    let row = |row: &str| row.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_of_importance_is_told_in_twelve_rows() {
    let mut state = fixtures::state();
    state.adapter = Some("bullets".into());
    let entry = fixtures::entry(&mut state, 1);
    entry.turn.ledger.history = 1337;
    entry.turn.search.vector_ms = 10.1;
    insta::assert_snapshot!("stats_low", draw(&state, LOW));
    let text = low(&state);
    for told in [
        "session How do I reset a door badge?",
        "Model tiny-reader",
        "weights unquantized · cpu",
        "rag bullets 184.2 ms",
        "quote auto (on) 412 MiB",
        "· free 603 / 1,024",
        "▓ system 52 ▒ history 1,337 █ sources 83",
        "▚ question 18 ▞ template 12 ░ reserve 256",
        "Search 4.3 ms",
        "embed 0.4 · vector 10.1",
        "text 2.2 · fuse 0.6",
        "Generation 0.8 s",
        "first token 84.0 ms",
        "prompt 2,150 tok/s",
        "▃▇████ 51.2 tok/s",
        "tokens 165 in · 38 out",
        "Session 1 answer",
        "citations supported 2 of 3",
        "Files 16 121 chunks",
    ] {
        assert!(text.contains(told), "{told} in\n{text}");
    }
    let gauge = text.lines().find(|line| line.starts_with("Context")).unwrap();
    assert!(gauge.contains("█▚▞░"), "{gauge}");
}

#[test]
fn large_figures_have_room_in_twelve_rows() {
    let mut state = fixtures::state();
    let entry = fixtures::entry(&mut state, 1);
    entry.turn.ledger.window = 131_072;
    entry.turn.ledger.prompt = 29_000;
    entry.turn.ledger.history = 12_337;
    if let Some(stats) = &mut entry.turn.generation {
        (stats.prompt_tokens, stats.completion_tokens) = (29_000, 1_238);
        stats.decode_tokens_per_s = 1_234.0;
    }
    state.knowledge.files = 1_234;
    state.knowledge.chunks = 56_789;
    state.totals.prompt_tokens = 421_650;
    state.totals.completion_tokens = 21_380;
    (state.totals.supported, state.totals.checked) = (131, 136);
    state.live.resident_bytes = 12 << 30;
    let text = low(&state);
    for told in [
        "· free 101,816 / 131,072",
        "▒ history 12,337",
        "29,000 in · 1,238 out",
        "421,650 in · 21,380 out",
        "supported 131 of 136",
        "Files 1,234 56,789 chunks",
        "1,234 tok/s",
        "12.0 GiB",
    ] {
        assert!(text.contains(told), "{told} in\n{text}");
    }
    assert!(!text.contains('…'), "{text}");
}

#[test]
fn a_session_without_a_title_is_not_named() {
    let mut state = fixtures::state();
    state.session.title.clear();
    assert!(!draw(&state, LOW).contains("session"));
    state.session.title = "日本語の題名".repeat(20);
    let text = draw(&state, LOW);
    assert!(text.lines().next().unwrap().ends_with('…'), "{text}");
    let text = draw(&state, WIDE);
    let title = text.lines().find(|line| line.contains("Session")).unwrap();
    assert!(title.contains("日本語の題名日本…"), "{text}");
}

#[test]
fn groups_are_shown_whole_or_not_at_all() {
    let state = fixtures::state();
    let groups: [&[&str]; 3] = [
        &["embed", "vector", "fuse"],
        &["system", "history", "sources", "question", "template", "reserve"],
        &["Session", "citations supported"],
    ];
    for columns in [30, 40, 56] {
        for rows in 1..40 {
            let text = draw(&state, (columns, rows));
            for group in groups {
                let shown = group.iter().filter(|label| text.contains(**label)).count();
                assert!(shown == 0 || shown == group.len(), "{columns}x{rows}\n{text}");
            }
        }
    }
}

/// The pane with the focus, scrolled like this one after the other.
fn scrolled(size: (u16, u16), movements: &[ScrollBy]) -> (State, String) {
    let mut state = fixtures::state();
    state.focus = Focus::Stats;
    let area = Rect::new(0, 0, size.0, size.1);
    for by in movements {
        if let Some(line) = scroll(&state, &Theme::default(), area, *by) {
            state.stats_scroll = line;
        }
    }
    let text = draw(&state, size);
    (state, text)
}

#[test]
fn the_focused_pane_is_whole_and_scrolls() {
    let (_, text) = scrolled(TINY, &[]);
    assert!(text.starts_with("Model ") && text.contains("adapter"), "{text}");
    let marks = |text: &str| text.lines().map(|l| l.ends_with(['↑', '↓'])).collect::<Vec<_>>();
    assert_eq!(marks(&text), [false, false, false, false, false, false, false, false, true]);
    let (state, text) = scrolled(TINY, &[ScrollBy::Lines(2)]);
    assert_eq!(state.stats_scroll, 2);
    assert!(text.starts_with("mode ") && text.contains('↑') && text.contains('↓'), "{text}");
    let (bottom, text) = scrolled(TINY, &[ScrollBy::Bottom]);
    assert_eq!(bottom.stats_scroll, 38 - 9);
    assert!(text.contains("chunks") && text.contains('↑') && !text.contains('↓'), "{text}");
    let (state, _) = scrolled(TINY, &[ScrollBy::Lines(500), ScrollBy::Pages(-1)]);
    assert_eq!(state.stats_scroll, 38 - 9 - 7);
    let (state, _) = scrolled(TINY, &[ScrollBy::Bottom, ScrollBy::Lines(-500)]);
    assert_eq!(state.stats_scroll, 0);
    let area = Rect::new(0, 0, TINY.0, TINY.1);
    for by in [ScrollBy::Bottom, ScrollBy::Pages(3), ScrollBy::Turn(1), ScrollBy::Line(2)] {
        assert_eq!(scroll(&bottom, &Theme::default(), area, by), None, "{by:?}");
    }
}

#[test]
fn scrolling_shows_every_row() {
    let mut all = String::new();
    for line in 0..30 {
        all.push_str(&scrolled(TINY, &[ScrollBy::Lines(line)]).1);
    }
    for label in ["Model", "quote mode", "sources 2 of 3", "fuse", "finish", "tokens out", "chunks"]
    {
        assert!(all.contains(label), "{label}");
    }
}

#[test]
fn what_fits_does_not_scroll() {
    for size in [WIDE, NARROW, LOW] {
        let (state, text) = scrolled(size, &[ScrollBy::Lines(3), ScrollBy::Bottom]);
        assert_eq!(state.stats_scroll, 0);
        assert_eq!(text, draw(&fixtures::state(), size));
    }
    // A place from before the pane grew.
    let mut state = scrolled(TINY, &[ScrollBy::Bottom]).0;
    assert_eq!(draw(&state, WIDE), draw(&fixtures::state(), WIDE));
    state.stats_scroll = usize::MAX;
    for columns in 0..60 {
        for rows in 0..16 {
            draw(&state, (columns, rows));
            let area = Rect::new(0, 0, columns, rows);
            let found = scroll(&state, &Theme::default(), area, ScrollBy::Lines(1));
            assert_eq!(found.is_none(), area.is_empty());
        }
    }
}

#[test]
fn the_screen_scrolls_the_pane_where_it_is_shown() {
    let mut state = fixtures::state();
    state.focus = Focus::Stats;
    state.size = Size { columns: 40, rows: 12 };
    let mut ui = Ui::new(Theme::default());
    let mut down = |state: &State| ui.scroll(state, ScrollArea::Stats, ScrollBy::Lines(1));
    assert_eq!(down(&state), None);
    state.panes.tab = Focus::Stats;
    assert_eq!(down(&state), Some(Scrolled::Stats(1)));
    state.size = Size { columns: 160, rows: 45 };
    assert_eq!(down(&state), None);
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
fn a_failure_takes_two_rows() {
    let mut state = fixtures::empty();
    let message = "the folder /data is not writable; choose another with --data-dir or make it so";
    state.knowledge.work = KnowledgeWork::Failed { message: message.into() };
    state.model.failed = Some("there is no model \"qwen\": ".repeat(9));
    let text = draw(&state, (30, 44));
    let begins = |start: &str| text.lines().position(|line| line.starts_with(start)).unwrap();
    for start in ["there is no model", "the folder /data"] {
        let rows: Vec<&str> = text.lines().skip(begins(start)).collect();
        assert!(!rows[0].contains('…') && rows[1].ends_with('…'), "{text}");
    }
    assert_eq!(text.lines().filter(|line| line.contains('…')).count(), 2);
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
    for label in ["Model", "mode", "free", "first token", "decode", "Files"] {
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
