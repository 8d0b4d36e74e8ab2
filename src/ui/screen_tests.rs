//! The screen as a whole, at the sizes people have, and each pane of it in its
//! states.

use super::fixtures::{self, draw};
use super::theme::Theme;
use super::{Ui, frame};
use crate::app::State;
use crate::app::effect::{ScrollArea, ScrollBy};
use crate::app::event::Scrolled;
use crate::app::state::{
    Completion, Focus, KnowledgeWork, Notice, NoticeLevel, Panes, Phase, Running, Scroll, Size,
};
use crate::config::QuoteMode;
use crate::domain::{DroppedCitation, Outcome, Support, Turn};
use crate::editor::Editor;
use insta::assert_snapshot;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

/// The conversation pane alone.
fn conversation(state: &State, columns: u16, rows: u16) -> String {
    let mut pane = super::conversation::Conversation::default();
    let theme = Theme::default();
    fixtures::pane(columns, rows, |area, buffer| {
        pane.render(state, &theme, area, buffer);
    })
}

fn status(state: &State, columns: u16) -> String {
    let theme = Theme::default();
    fixtures::pane(columns, 1, |area, buffer| super::status::render(state, &theme, area, buffer))
}

/// A turn whose answer is on its way.
fn pending(text: &str) -> Turn {
    let mut turn = fixtures::cited_turn(1, None);
    turn.outcome = Outcome::Pending;
    turn.text = text.into();
    turn.citations.clear();
    turn.generation = None;
    turn
}

fn running() -> Running {
    Running {
        request: 1,
        turn: 1,
        since_ms: fixtures::NOW_MS - 900,
        reading_ms: None,
        first_token_ms: Some(fixtures::NOW_MS - 700),
        tokens: 21,
        keeping: false,
        continued: None,
    }
}

fn streaming() -> State {
    let text = "Hold the badge against the reader for five seconds [1]. The light turns green [2]";
    let mut turn = pending(text);
    turn.citations = vec![
        fixtures::citation(text, 1, 0, Support::Exact),
        fixtures::citation(text, 2, 0, Support::Unchecked),
    ];
    let mut state = fixtures::with_turn(turn, Phase::Writing);
    state.running = Some(running());
    state
}

#[test]
fn the_whole_screen_in_three_columns() {
    assert_snapshot!(draw(&fixtures::state(), 160, 45));
}

#[test]
fn the_whole_screen_in_two_columns() {
    assert_snapshot!(draw(&fixtures::state(), 120, 40));
}

#[test]
fn the_whole_screen_with_tabs() {
    assert_snapshot!(draw(&fixtures::state(), 80, 24));
}

#[test]
fn the_smallest_screen() {
    assert_snapshot!(draw(&fixtures::state(), 40, 12));
}

#[test]
fn a_screen_that_is_too_small() {
    assert_snapshot!(draw(&fixtures::state(), 30, 8));
}

#[test]
fn the_first_paint() {
    let mut state = fixtures::starting();
    state.model.loading = Some(fixtures::loading(1, "builtin", state.now_ms));
    assert_snapshot!(draw(&state, 80, 24));
}

#[test]
fn before_the_first_question() {
    assert_snapshot!("welcome_wide", draw(&fixtures::empty(), 120, 40));
    assert_snapshot!("welcome_small", draw(&fixtures::empty(), 40, 12));
}

#[test]
fn an_answer_on_its_way() {
    assert_snapshot!("streaming_wide", draw(&streaming(), 120, 40));
    assert_snapshot!("streaming_small", draw(&streaming(), 40, 12));
}

#[test]
fn each_phase() {
    let mut state = fixtures::with_turn(pending(""), Phase::WaitingForModel);
    state.running = Some(running());
    state.model.loading = Some(fixtures::loading(1, "qwen3-4b", state.now_ms - 4000));
    let mut all = conversation(&state, 50, 3);
    state.knowledge.work = KnowledgeWork::Indexing { files: 12, total: 40, chunks: 90 };
    for phase in [Phase::WaitingForIndex, Phase::Searching, Phase::Reading, Phase::Writing] {
        fixtures::entry(&mut state, 1).phase = phase;
        all.push_str(&conversation(&state, 50, 3));
    }
    fixtures::entry(&mut state, 1).turn.thought =
        "The user asks about badges. Source one says how they are reset. I answer from it.".into();
    all.push_str(&conversation(&state, 50, 5));
    assert_snapshot!(all);
}

#[test]
fn each_outcome() {
    let outcomes = [
        Outcome::Answered,
        Outcome::NotAnswered,
        Outcome::Cut,
        Outcome::Cancelled,
        Outcome::Failed {
            message: "tiny-reader ran out of memory; choose a smaller model.".into(),
        },
        Outcome::Pending,
    ];
    let mut all = String::new();
    for outcome in outcomes {
        let turn = Turn { outcome, ..fixtures::cited_turn(1, None) };
        all.push_str(&conversation(&fixtures::with_turn(turn, Phase::Done), 60, 11));
    }
    assert_snapshot!(all);
}

#[test]
fn an_answer_without_support() {
    let mut turn = fixtures::cited_turn(1, None);
    for citation in &mut turn.citations {
        citation.support = Support::Missing;
    }
    turn.dropped = vec![DroppedCitation { number: 7, at: 3 }, DroppedCitation { number: 9, at: 5 }];
    turn.thought = "word ".repeat(1234);
    assert_snapshot!(conversation(&fixtures::with_turn(turn, Phase::Done), 60, 14));
}

/// Quotes that likely don't answer are never counted as support.
#[test]
fn quotes_that_may_not_answer() {
    let mut turn = fixtures::cited_turn(1, None);
    turn.quoted = true;
    for citation in &mut turn.citations {
        citation.support = Support::Exact;
        citation.answers = Some(0.1);
    }
    let drawn = conversation(&fixtures::with_turn(turn.clone(), Phase::Done), 60, 14);
    assert!(drawn.contains("quoted, but perhaps not an answer"), "{drawn}");
    assert!(drawn.contains("0 of 3"), "{drawn}");
    let mut state = fixtures::empty();
    state.totals.add(&turn);
    assert_eq!((state.totals.supported, state.totals.checked), (0, 3));

    turn.citations[0].answers = Some(0.9);
    let drawn = conversation(&fixtures::with_turn(turn, Phase::Done), 60, 14);
    assert!(!drawn.contains("perhaps not an answer") && drawn.contains("1 of 3"), "{drawn}");
}

#[test]
fn branches_and_a_selected_turn() {
    let mut state = fixtures::state();
    for id in 2..=4 {
        let text = format!("Answer {id}.");
        let parent = (id > 2).then_some(1);
        state.conversation.push(
            fixtures::plain_turn(id, parent, "And how do I report a lost one?", &text),
            Phase::Done,
        );
    }
    state.conversation.show(3);
    state.conversation.selected = Some(1);
    state.conversation.citation = Some(1);
    state.focus = Focus::Conversation;
    assert_snapshot!(conversation(&state, 60, 16));
}

#[test]
fn text_of_every_width() {
    let text = "# 見出し\n\n日本語のテキストは単語の間に空白がないので、どこでも折り返せます [1]。\n\n\
                - 👩‍💻 writes\n- 👍🏽 likes e\u{301}t\u{e9}\n\n| 名 | wert |\n|---|---|\n| 日本 | 1 |\n";
    let mut turn = fixtures::cited_turn(1, None);
    turn.question = "バッジはどうやってリセットしますか？ 👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻👩‍💻".into();
    turn.text = text.into();
    turn.citations = vec![fixtures::citation(text, 1, 0, Support::Likely)];
    assert_snapshot!(conversation(&fixtures::with_turn(turn, Phase::Done), 40, 22));
}

#[test]
fn more_below() {
    let mut state = fixtures::state();
    for id in 2..=9 {
        let text = "A paragraph.\n\nAnother one.\n\nAnd a third.";
        let turn = fixtures::plain_turn(id, Some(id - 1), &format!("Question {id}?"), text);
        state.conversation.push(turn, Phase::Done);
    }
    state.conversation.scroll = Scroll::At { turn: 2, line: 1, width: 0, byte: None };
    assert_snapshot!("more_below_framed", draw(&state, 120, 24));
    assert_snapshot!("more_below_tabs", draw(&state, 80, 24));
    assert_snapshot!("more_below_small", draw(&state, 40, 12));
    fixtures::entry(&mut state, 9).phase = Phase::Writing;
    assert!(draw(&state, 120, 24).contains("↓ new text below"));
    state.conversation.scroll = Scroll::Bottom;
    let screen = draw(&state, 120, 24);
    assert!(!screen.contains("more below") && !screen.contains("text below"));
}

#[test]
fn the_input_with_many_lines() {
    let mut state = fixtures::state();
    state.input.editor = Editor::new("first\nsecond with 日本語\n\nfourth");
    assert_snapshot!("input_wide", draw(&state, 80, 24));
    assert_snapshot!("input_small", draw(&state, 40, 12));
}

#[test]
fn the_input_with_completions() {
    let mut state = fixtures::state();
    state.input.editor = Editor::new("/re");
    let candidates = [
        ("/regenerate", "answer again, with a new search"),
        ("/rename ", "[TITLE] name this session"),
    ];
    let candidates = candidates.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
    state.input.completion = Some(Completion { candidates, selected: 1 });
    assert_snapshot!("completion_wide", draw(&state, 80, 24));
    assert_snapshot!("completion_small", draw(&state, 40, 12));
}

#[test]
fn a_question_is_edited() {
    let mut state = fixtures::state();
    state.input.editing = Some(1);
    state.input.editor = Editor::new("How do I reset a lost badge?");
    assert!(draw(&state, 80, 24).contains("┌ editing question 1 ─"));
    assert!(draw(&state, 40, 12).contains("✎ How do I"));
}

#[test]
fn the_status_line_in_each_state() {
    let mut all = String::new();
    let mut add = |state: &State| {
        for columns in [120, 80, 40] {
            all.push_str(&status(state, columns));
        }
    };
    let mut state = fixtures::starting();
    add(&state);
    state.model.loading = Some(fixtures::loading(1, "qwen3-4b", state.now_ms - 12_000));
    state.knowledge.work = KnowledgeWork::Indexing { files: 4, total: 120, chunks: 60 };
    add(&state);
    state.model.loading = None;
    state.model.failed = Some("the folder is empty".into());
    state.knowledge.work = KnowledgeWork::Failed { message: "no space left".into() };
    add(&state);
    state = fixtures::state();
    state.adapter = Some("bullets".into());
    state.mode = crate::domain::Mode::Hybrid;
    state.quote = QuoteMode::On;
    for focus in [Focus::Input, Focus::Conversation, Focus::Sources, Focus::Stats] {
        state.focus = focus;
        add(&state);
    }
    state.focus = Focus::Input;
    state.running = Some(running());
    add(&state);
    let text = "Sent to the terminal.".to_owned();
    state.notice = Some(Notice { level: NoticeLevel::Done, text });
    add(&state);
    assert_snapshot!(all);
}

#[test]
fn a_long_error_is_shown_whole() {
    let mut state = fixtures::state();
    let text = "The model could not be loaded: the file model.safetensors ends after 1,024 bytes \
                and should have 4,096. Fetch it again, or choose another model with /model.";
    state.notice = Some(Notice { level: NoticeLevel::Error, text: text.into() });
    let screen = draw(&state, 80, 24);
    for word in text.split_whitespace() {
        assert!(screen.contains(word), "{word} in\n{screen}");
    }
    assert_snapshot!("long_error_small", draw(&state, 40, 12));
}

#[test]
fn every_size_is_drawn_within_its_cells() {
    let mut states = [fixtures::starting(), fixtures::empty(), fixtures::state(), streaming()];
    if let Some(state) = states.last_mut() {
        state.input.editor = Editor::new(&"many words ".repeat(60));
        let text = "went wrong ".repeat(80);
        state.notice = Some(Notice { level: NoticeLevel::Error, text });
    }
    for state in &mut states {
        for focus in [Focus::Input, Focus::Conversation, Focus::Sources, Focus::Stats] {
            state.focus = focus;
            state.panes = Panes { tab: focus, ..Panes::default() };
            for columns in (1..200).step_by(27) {
                for rows in (1..50).step_by(7) {
                    let text = draw(state, columns, rows);
                    assert_eq!(text.lines().count(), usize::from(rows));
                    for line in text.lines() {
                        assert!(super::text::width(line) <= usize::from(columns));
                    }
                }
            }
        }
    }
}

#[test]
fn the_same_state_gives_the_same_frame_and_lays_nothing_out_anew() {
    let mut ui = Ui::new(Theme::default());
    let state = fixtures::state();
    let first = fixtures::screen_of(&mut ui, &state, 120, 40);
    let laid_out = ui.laid_out();
    assert_eq!(fixtures::screen_of(&mut ui, &state, 120, 40), first);
    assert_eq!(ui.laid_out(), laid_out);
    ui.set_theme(Theme::default());
    fixtures::screen_of(&mut ui, &state, 120, 40);
    assert_eq!(ui.laid_out(), laid_out, "the same theme changes nothing");
}

#[test]
fn scrolling_answers_by_the_layout_of_the_screen() {
    let mut state = fixtures::state();
    for id in 2..=30 {
        let turn = fixtures::plain_turn(id, Some(id - 1), "Question?", "Answer.");
        state.conversation.push(turn, Phase::Done);
    }
    state.size = Size { columns: 120, rows: 40 };
    let mut ui = Ui::new(Theme::default());
    let top = ui.scroll(&state, ScrollArea::Conversation, ScrollBy::Top);
    assert!(matches!(top, Some(Scrolled::Conversation(Scroll::At { turn: 1, line: 0, .. }))));
    assert_eq!(ui.scroll(&state, ScrollArea::Conversation, ScrollBy::Bottom), None);
    // Another tab is shown, and the conversation can be scrolled all the same.
    state.size = Size { columns: 80, rows: 24 };
    state.panes.tab = Focus::Stats;
    let top = ui.scroll(&state, ScrollArea::Conversation, ScrollBy::Top);
    assert!(matches!(top, Some(Scrolled::Conversation(Scroll::At { turn: 1, line: 0, .. }))));
}

#[test]
fn the_mouse_finds_panes_and_tabs() {
    let state = fixtures::state();
    let mut ui = Ui::new(Theme::default());
    assert_eq!(ui.pane_at(&state, 3, 3), None);
    fixtures::screen_of(&mut ui, &state, 120, 40);
    assert_eq!(ui.pane_at(&state, 3, 3), Some(Focus::Conversation));
    assert_eq!(ui.pane_at(&state, 100, 3), Some(Focus::Sources));
    fixtures::screen_of(&mut ui, &state, 80, 24);
    assert_eq!(ui.pane_at(&state, 17, 0), Some(Focus::Sources));
    assert_eq!(ui.pane_at(&state, 17, 1), Some(Focus::Conversation));
    assert_eq!(ui.pane_at(&state, 17, 21), Some(Focus::Input));
}

#[test]
fn the_cursor_shows_only_where_text_is_written() {
    let state = fixtures::state();
    let mut ui = Ui::new(Theme::default());
    let mut cursor = |state: &State| {
        let area = Rect::new(0, 0, 80, 24);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        ui.render(state, area, &mut buffer)
    };
    assert!(cursor(&state).is_some());
    let reading = State { focus: Focus::Conversation, ..state };
    assert_eq!(cursor(&reading), None);
}

#[test]
fn a_frame_without_title_is_plain() {
    let drawn = fixtures::pane(6, 3, |area, buffer| {
        frame::pane_block("", false, &Theme::default()).render(area, buffer);
    });
    assert_eq!(drawn, "┌────┐\n│    │\n└────┘\n");
}
