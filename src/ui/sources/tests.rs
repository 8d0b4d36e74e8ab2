//! The pane as it looks at three sizes and with everything that can be said of
//! a source.

use super::*;
use crate::app::state::{Focus, KnowledgeWork};
use crate::domain::{ByteRange, LeftOut, Support};
use crate::ui::fixtures;
use ratatui::style::Style;

const WIDE: (u16, u16) = (56, 22);
const NARROW: (u16, u16) = (30, 20);
const TINY: (u16, u16) = (40, 8);

fn buffer(state: &State, (columns, rows): (u16, u16)) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    render(state, &Theme::default(), buffer.area, &mut buffer);
    buffer
}

fn draw(state: &State, size: (u16, u16)) -> String {
    fixtures::text(&buffer(state, size))
}

/// One source cited, pinned and stale; one cited; one excluded; one without
/// room, one without a good sentence.
fn everything() -> State {
    let mut state = fixtures::state();
    let entry = fixtures::entry(&mut state, 1);
    let mut extra = fixtures::sources().remove(0);
    extra.number = 4;
    extra.hit.chunk.id = "chunk-4".into();
    extra.hit.chunk.path = "/handbook/access/lost-and-found.md".into();
    extra.hit.vector = None;
    extra.left_out = Some(LeftOut::NoSentence);
    entry.turn.sources.push(extra);
    entry.choice.pinned.insert("chunk-1".into());
    entry.choice.excluded.insert("chunk-3".into());
    entry.stale.insert("/handbook/access/badges.md".into());
    state
}

/// The style of the first cell that shows the beginning of `text`.
fn style_of(buffer: &Buffer, text: &str) -> Style {
    for row in buffer.area.rows() {
        let line: Vec<&str> =
            row.positions().map(|at| buffer.cell(at).map_or("", |cell| cell.symbol())).collect();
        let Some(at) = line.concat().find(text) else { continue };
        let mut bytes = 0;
        for (cell, symbol) in row.positions().zip(&line) {
            if bytes == at {
                return buffer.cell(cell).map(|cell| cell.style()).unwrap_or_default();
            }
            bytes += symbol.len();
        }
    }
    panic!("{text} is not on the screen:\n{}", fixtures::text(buffer));
}

/// What a style of the theme comes to on an empty cell.
fn on_empty(role: Role) -> Style {
    let mut cell = ratatui::buffer::Cell::default();
    cell.set_style(Theme::default().style(role));
    cell.style()
}

#[test]
fn an_answer_at_three_sizes() {
    let state = fixtures::state();
    insta::assert_snapshot!("sources_wide", draw(&state, WIDE));
    insta::assert_snapshot!("sources_narrow", draw(&state, NARROW));
    insta::assert_snapshot!("sources_tiny", draw(&state, TINY));
}

#[test]
fn everything_that_can_be_said_of_a_source() {
    let mut state = everything();
    insta::assert_snapshot!("sources_everything_wide", draw(&state, WIDE));
    insta::assert_snapshot!("sources_everything_narrow", draw(&state, NARROW));
    insta::assert_snapshot!("sources_everything_tiny", draw(&state, TINY));
    state.conversation.source = 2;
    insta::assert_snapshot!("sources_left_out_wide", draw(&state, WIDE));
    for size in [WIDE, NARROW, TINY] {
        let text = draw(&state, size);
        for word in ["[4]", "stale", "●"] {
            assert!(text.contains(word), "{word} at {size:?}:\n{text}");
        }
    }
    let wide = draw(&state, WIDE);
    for word in ["pinned", "excluded", "no room in the window", "no sentence among the best"] {
        assert!(wide.contains(word), "{word}:\n{wide}");
    }
    for word in ["0.93", "v#1", "t–", "41 tok", "✓✗"] {
        assert!(wide.contains(word), "{word}:\n{wide}");
    }
}

#[test]
fn figures_stand_below_each_other() {
    let mut state = everything();
    fixtures::entry(&mut state, 1).turn.sources[1].left_out = Some(LeftOut::NotPinned);
    for columns in 30..100 {
        let text = draw(&state, (columns, 22));
        let rows: Vec<&str> = text.lines().skip(1).step_by(2).take(4).collect();
        let scores = ["0.93", "0.61", "0.18", "0.93"];
        let column = |row: &str, what: &str| row.find(what).map(|at| text::width(&row[..at]));
        let expected = column(rows[0], scores[0]);
        assert!(expected.is_some(), "{columns}: {text}");
        for (row, score) in rows.iter().zip(scores) {
            assert_eq!(column(row, score), expected, "{columns}: {text}");
            assert_eq!(column(row, "  v"), column(rows[0], "  v"), "{columns}: {text}");
        }
    }
}

#[test]
fn with_one_row_each_the_passage_tells_the_figures() {
    let mut state = everything();
    for size in [(40, 8), (40, 9), (98, 11)] {
        assert!(draw(&state, size).contains("41 tok · 0.93 · v#1 t#1"), "{size:?}");
    }
    assert!(!draw(&state, (98, 22)).contains(" · "));
    state.conversation.source = 3;
    assert!(draw(&state, (40, 9)).contains("0.93 · v– t#1"));
}

#[test]
fn a_passage_begins_with_text_and_ignores_the_line_breaks_of_its_author() {
    let mut state = fixtures::state();
    let turn = &mut fixtures::entry(&mut state, 1).turn;
    let sentence = "The cited\nsentence.";
    let (before, after) = ("Before. ".repeat(80), "After. ".repeat(80));
    let text = format!("{before}\n\n\n\n{sentence}\n\n{after}");
    let start = text.find(sentence).unwrap();
    let source = &mut turn.sources[0];
    source.sentences[0].within = ByteRange::new(start, start + sentence.len());
    source.hit.chunk.text = text;
    for rows in 12..40 {
        let drawn = draw(&state, (56, rows));
        let passage: Vec<&str> = drawn.lines().skip_while(|line| !line.contains("──")).collect();
        assert!(!passage[1].trim_end_matches('↑').trim().is_empty(), "{drawn}");
        assert!(drawn.contains("The cited sentence."), "{drawn}");
    }
}

#[test]
fn cited_and_left_out_sources_differ_in_style() {
    let mut state = everything();
    state.conversation.source = 3;
    let drawn = buffer(&state, WIDE);
    assert_eq!(style_of(&drawn, "[1]"), on_empty(Role::Cited));
    assert_eq!(style_of(&drawn, "access/badges.md"), on_empty(Role::Cited));
    assert_eq!(style_of(&drawn, "[3]"), on_empty(Role::Dim));
    assert_eq!(style_of(&drawn, "stale"), on_empty(Role::Warning));
    let turn = &mut fixtures::entry(&mut state, 1).turn;
    turn.citations.clear();
    let drawn = buffer(&state, WIDE);
    assert_eq!(style_of(&drawn, "[1]"), on_empty(Role::Text));
    assert!(!draw(&state, WIDE).contains('●'));
}

#[test]
fn a_source_lights_up_the_moment_its_mark_streams() {
    let mut state = fixtures::state();
    let entry = fixtures::entry(&mut state, 1);
    entry.phase = Phase::Writing;
    entry.turn.citations.truncate(1);
    entry.turn.citations[0].support = Support::Unchecked;
    entry.turn.citations[0].quote.clear();
    let text = draw(&state, WIDE);
    assert_eq!(text.matches('●').count(), 1, "{text}");
    assert!(!text.contains('✓'), "{text}");
}

#[test]
fn the_selected_row_stands_out_only_while_the_pane_has_the_focus() {
    let mut state = fixtures::state();
    let unfocused = buffer(&state, WIDE);
    assert_eq!(draw(&state, WIDE).matches('▸').count(), 1);
    state.focus = Focus::Sources;
    let focused = buffer(&state, WIDE);
    assert_ne!(style_of(&focused, "[1]"), style_of(&unfocused, "[1]"));
    assert_eq!(style_of(&focused, "[2]"), style_of(&unfocused, "[2]"));
}

#[test]
fn the_cited_sentence_is_highlighted_in_the_passage() {
    let mut state = fixtures::state();
    let drawn = buffer(&state, WIDE);
    assert_eq!(style_of(&drawn, "Hold the badge"), on_empty(Role::Highlight));
    state.conversation.source = 2;
    let drawn = buffer(&state, WIDE);
    assert_eq!(style_of(&drawn, "Visitors get"), on_empty(Role::Text));
}

#[test]
fn a_long_list_keeps_the_selected_source_in_sight() {
    let mut state = fixtures::state();
    let turn = &mut fixtures::entry(&mut state, 1).turn;
    turn.sources = (1..=40)
        .map(|number| {
            let path = format!("/handbook/{number}.md");
            fixtures::source(number, 0.5, fixtures::chunk(number as u32, &path, &[], (1, 2), "x"))
        })
        .collect();
    for size in [WIDE, NARROW, TINY, (20, 3), (28, 1)] {
        for place in 0..40 {
            state.conversation.source = place;
            let text = draw(&state, size);
            let number = format!("[{}] ", place + 1);
            let row = text.lines().find(|line| line.starts_with('▸')).unwrap();
            assert!(row.contains(&number), "{size:?}: {text}");
        }
    }
    let text = draw(&state, WIDE);
    assert!(text.contains('↑') && !text.contains('↓'), "{text}");
}

#[test]
fn without_sources_it_says_why() {
    let mut state = fixtures::starting();
    insta::assert_snapshot!("sources_empty", draw(&state, NARROW));
    state.knowledge.work = KnowledgeWork::Idle;
    assert!(draw(&state, WIDE).contains("/index PATH"));
    let mut turn = fixtures::plain_turn(1, None, "why?", "so");
    turn.mode = crate::domain::Mode::Base;
    let state = fixtures::with_turn(turn.clone(), Phase::Done);
    assert!(draw(&state, WIDE).contains("used no sources"));
    turn.mode = crate::domain::Mode::Rag;
    let state = fixtures::with_turn(turn.clone(), Phase::Searching);
    assert_eq!(draw(&state, WIDE).trim(), "Searching…");
    turn.outcome = Outcome::Failed { message: "no".into() };
    let state = fixtures::with_turn(turn.clone(), Phase::Done);
    assert!(draw(&state, WIDE).contains("The question failed"));
    turn.outcome = Outcome::NotAnswered;
    let state = fixtures::with_turn(turn, Phase::Done);
    assert!(draw(&state, WIDE).contains("No passage was found"));
}

#[test]
fn wide_and_hostile_paths_and_passages_stay_within_the_pane() {
    let mut state = everything();
    let chunk = &mut fixtures::entry(&mut state, 1).turn.sources[0].hit.chunk;
    chunk.path = "/handbook/\u{1b}]0;x\u{7}/日本語の手引き/導入と設定と運用.md".into();
    chunk.heading = vec!["一般\u{202e}".into(), "導入".into()];
    chunk.text = "日本語の文章。\u{9b}31m 👩‍💻 ".repeat(40);
    for columns in 1..70 {
        for rows in 1..26 {
            let drawn = buffer(&state, (columns, rows));
            for cell in &drawn.content {
                assert!(!cell.symbol().chars().any(crate::domain::acts), "{:?}", cell.symbol());
            }
        }
    }
    let text = draw(&state, WIDE);
    assert!(text.contains("運用.md:12-14") && text.contains("⟨U+009B⟩31m"), "{text}");
}
