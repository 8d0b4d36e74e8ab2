//! The status line: what answers and from what at the left, the most useful
//! keys at the right; and what the program has to say.

use super::conversation::{progress, says_no_model, seconds};
use super::text;
use super::theme::{Role, Theme};
use crate::app::keymap::Layer;
use crate::app::state::{Focus, KnowledgeWork, Notice, NoticeLevel};
use crate::app::{Action, State};
use crate::config::QuoteMode;
use crate::domain::{JobKind, Progress, short_name, short_stack, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

/// Rows that a long notice takes at most.
pub const NOTICE_ROWS: u16 = 4;
/// Columns between the left and the right of the line.
const GAP: usize = 2;
/// Between two parts of a side.
const DOT: &str = " · ";
/// Columns that a name in the line takes at most.
const NAME: usize = 24;
/// Columns that are left to the hints where there are enough.
const HINTS: usize = 18;
/// Columns that what the question is asked in gets before the hints get more.
const ASKED: usize = 62;
/// The rank of the number of files, which is left out first.
const FILES: u8 = 5;

/// A piece of the line with its role.
type Part = (String, Role);

/// How many rows above the line the notice needs; none where it fits into the
/// line.
#[must_use]
pub fn notice_rows(state: &State, columns: u16) -> u16 {
    match &state.notice {
        Some(notice) if !fits(state, notice, columns) => {
            let lines = wrapped(notice, columns, Style::default()).len();
            u16::try_from(lines).unwrap_or(NOTICE_ROWS).min(NOTICE_ROWS)
        }
        _ => 0,
    }
}

/// Draws a notice that doesn't fit into the line, over whatever is there.
pub fn render_notice(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let Some(notice) = &state.notice else { return };
    let area = area.intersection(buffer.area);
    let style = theme.style(role_of(notice.level));
    let lines = wrapped(notice, area.width, style);
    Clear.render(area, buffer);
    buffer.set_style(area, theme.style(Role::Text));
    let cut = lines.len() > usize::from(area.height);
    for (row, line) in area.rows().zip(&lines) {
        buffer.set_line(row.x, row.y, line, row.width);
        if cut && row.y + 1 == area.bottom() {
            let end = row.right().saturating_sub(2).max(row.x);
            buffer.set_stringn(end, row.y, " …", 2, style);
        }
    }
}

/// Draws the status line.
pub fn render(state: &State, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    buffer.set_style(area, theme.style(Role::Status));
    let room = usize::from(area.width);
    let left = left(state, room);
    let taken = columns_of(&left, DOT);
    draw(&left, DOT, area, theme, buffer);

    let room = room.saturating_sub(taken + GAP);
    let right = match &state.notice {
        Some(notice) if fits(state, notice, area.width) => {
            vec![(one_line(&notice.text), role_of(notice.level))]
        }
        _ => hints(state, room),
    };
    let width = u16::try_from(columns_of(&right, "")).unwrap_or(area.width).min(area.width);
    let place = Rect { x: area.right() - width, width, ..area };
    if !right.is_empty() {
        draw(&right, "", place, theme, buffer);
    }
}

fn role_of(level: NoticeLevel) -> Role {
    match level {
        NoticeLevel::Done => Role::Success,
        NoticeLevel::Info => Role::Status,
        NoticeLevel::Warning => Role::Warning,
        NoticeLevel::Error => Role::Error,
    }
}

fn one_line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn fits(state: &State, notice: &Notice, columns: u16) -> bool {
    let room = usize::from(columns);
    let taken = columns_of(&left(state, room), DOT) + GAP;
    text::width(&one_line(&notice.text)) + taken <= room
}

fn wrapped(notice: &Notice, columns: u16, style: Style) -> Vec<Line<'static>> {
    let rendered = text::plain(&visible(notice.text.trim()), columns, style);
    rendered.into_iter().map(|rendered| rendered.line).collect()
}

fn columns_of(parts: &[Part], between: &str) -> usize {
    let texts: usize = parts.iter().map(|(text, _)| text::width(text)).sum();
    texts + text::width(between) * parts.len().saturating_sub(1)
}

fn draw(parts: &[Part], between: &str, area: Rect, theme: &Theme, buffer: &mut Buffer) {
    let mut spans = Vec::new();
    for (place, (text, role)) in parts.iter().enumerate() {
        if place > 0 && !between.is_empty() {
            spans.push(Span::styled(between.to_owned(), theme.style(Role::Dim)));
        }
        spans.push(Span::styled(text.clone(), theme.style(*role)));
    }
    buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
}

/// What the next question is asked in: mode, adapter, model, collection and
/// quote mode, and the documents. Names get shorter and the number of documents
/// is left out where there is little room.
fn left(state: &State, room: usize) -> Vec<Part> {
    // The rest is left to the hints; on a narrow screen, nothing.
    let limit = match room {
        ..=48 => room,
        _ => (room / 2).max((room - HINTS).min(ASKED)),
    };
    let fits = |parts: &[(u8, Part)]| {
        let shown: Vec<Part> = parts.iter().map(|(_, part)| part.clone()).collect();
        columns_of(&shown, DOT) <= limit
    };
    let without = |names: usize, least: u8| {
        let mut parts = ranked(state, names);
        parts.retain(|(rank, _)| *rank < least);
        parts
    };
    let tries = [(NAME, 9), (16, 9), (NAME, FILES), (16, FILES), (12, FILES), (9, FILES)];
    let narrower = (1..FILES).rev().map(|least| (9, least));
    let chosen = tries.into_iter().chain(narrower).map(|(names, least)| without(names, least));
    let chosen = chosen.into_iter().find(|parts| fits(parts));
    chosen.unwrap_or_else(|| without(9, 1)).into_iter().map(|(_, part)| part).collect()
}

/// The parts in their order, each with its rank: the highest is left out first.
fn ranked(state: &State, names: usize) -> Vec<(u8, Part)> {
    let mut parts: Vec<(u8, Part)> = vec![(0, (format!(" {}", state.mode), Role::StatusMode))];
    if let Some(adapter) = &state.adapter {
        let name = text::truncate(&short_stack(adapter), names).into_owned();
        parts.push((3, (name, Role::StatusMode)));
    }
    parts.push((1, model(state, names)));
    if let Some(collection) = &state.collection {
        let name = visible(collection);
        let name = format!("in {}", text::truncate(&name, names));
        parts.push((2, (name, Role::StatusMode)));
    }
    parts.extend(
        [JobKind::Pull, JobKind::Tune].iter().filter_map(|kind| Some((2, job(state, *kind)?))),
    );
    let usual = state.knowledge.work == KnowledgeWork::Idle && state.knowledge.files > 0;
    // What isn't as usual is news.
    parts.push((if usual { FILES } else { 2 }, documents(state)));
    parts.push((4, (quote(state.quote).to_owned(), Role::Status)));
    parts
}

fn model(state: &State, names: usize) -> Part {
    let model = &state.model;
    let name = |name: &str| text::truncate(name, names).into_owned();
    if let Some(loading) = &model.loading {
        let seconds = seconds(loading.since_ms, state.now_ms);
        let name = name(&loading.short_name());
        return (format!("loading {name} {seconds:>3} s"), Role::Warning);
    }
    match (&model.loaded, &model.failed) {
        (Some(card), _) => (name(short_name(&card.name)), Role::Status),
        // "no model" isn't said twice, which leaves more room for the reason.
        (None, Some(error)) if says_no_model(error) => {
            (text::truncate(error, names + "no model: ".len()).into_owned(), Role::Error)
        }
        (None, Some(error)) => (format!("no model: {}", name(error)), Role::Error),
        (None, None) if state.opening => ("opening the session".to_owned(), Role::Status),
        (None, None) => ("no model".to_owned(), Role::Warning),
    }
}

/// How far a job of this kind is, such as a model that is being fetched.
fn job(state: &State, kind: JobKind) -> Option<Part> {
    let job = state.jobs.running().find(|job| job.kind == kind)?;
    let far = match job.progress {
        Some(Progress { done, total: Some(total @ 1..) }) => {
            format!(" {} %", done.min(total) * 100 / total)
        }
        _ => String::new(),
    };
    Some((format!("{}{far}", kind.verb()), Role::Warning))
}

fn documents(state: &State) -> Part {
    let plain = |text: &str| (text.to_owned(), Role::Status);
    match &state.knowledge.work {
        KnowledgeWork::Opening => plain("opening documents"),
        KnowledgeWork::Idle => match files(state) {
            0 => ("no documents".to_owned(), Role::Warning),
            1 => plain("1 file"),
            files => (format!("{files} files"), Role::Status),
        },
        KnowledgeWork::Waiting => plain("waiting for another lorag"),
        KnowledgeWork::Walking => plain("looking for files"),
        KnowledgeWork::Indexing { files, total, .. } => {
            (format!("indexing {}", progress(*files, *total)), Role::Warning)
        }
        KnowledgeWork::Maintaining => plain("finishing the index"),
        KnowledgeWork::Failed { .. } => ("indexing failed".to_owned(), Role::Error),
    }
}

/// How many files are searched: those of the collection, where one is chosen.
pub(crate) fn files(state: &State) -> usize {
    let knowledge = &state.knowledge;
    let Some(name) = &state.collection else { return knowledge.files };
    knowledge.collections.iter().find(|c| c.name == *name).map_or(0, |c| c.files)
}

fn quote(mode: QuoteMode) -> &'static str {
    match mode {
        QuoteMode::Auto => "quote auto",
        QuoteMode::On => "quote on",
        QuoteMode::Off => "quote off",
    }
}

/// The most useful keys of the pane that gets them, as many as fit. A popup
/// tells its keys itself.
fn hints(state: &State, room: usize) -> Vec<Part> {
    if !state.popups.is_empty() {
        return Vec::new();
    }
    let (layer, wanted) = useful(state);
    let cancel = cancelling(state, layer).map(|key| (key, "cancel"));
    let keys = wanted.iter().filter_map(|(actions, about)| {
        let keys: Option<Vec<String>> =
            actions.iter().map(|action| state.keymap.hint(layer, *action)).collect();
        Some((keys?.join(" "), *about))
    });
    let mut parts: Vec<Part> = Vec::new();
    let mut taken = 1;
    for (key, about) in cancel.into_iter().chain(keys) {
        let between = if parts.is_empty() { 0 } else { GAP };
        let columns = between + text::width(&key) + 1 + text::width(about);
        if taken + columns > room {
            break;
        }
        taken += columns;
        parts.push((format!("{}{key}", " ".repeat(between)), Role::Key));
        parts.push((format!(" {about}"), Role::Status));
    }
    if !parts.is_empty() {
        // The last column stays free, as the first does.
        parts.push((" ".to_owned(), Role::Status));
    }
    parts
}

/// The shortest key that cancels the answer, while one is being made.
fn cancelling(state: &State, layer: Layer) -> Option<String> {
    state.running.as_ref().filter(|running| !running.keeping)?;
    let keys = [Action::Close, Action::Cancel].map(|action| state.keymap.hint(layer, action));
    keys.into_iter().flatten().min_by_key(|key| text::width(key))
}

/// Keys that are told together, and what they do.
type Hint = (&'static [Action], &'static str);

/// What can be done where the keys go, most useful first.
fn useful(state: &State) -> (Layer, &'static [Hint]) {
    use Action as A;
    const BUSY: &[Hint] = &[(&[A::Complete], "panes"), (&[A::CommandPalette], "commands")];
    const WRITING: &[Hint] = &[
        (&[A::Send], "send"),
        (&[A::InsertNewline], "new line"),
        (&[A::CommandPalette], "commands"),
        (&[A::Cancel], "clear"),
    ];
    const COMPLETING: &[Hint] = &[
        (&[A::Complete], "complete"),
        (&[A::Send], "run"),
        (&[A::Down], "next"),
        (&[A::Cancel], "clear"),
    ];
    const INPUT: &[Hint] = &[
        (&[A::CommandPalette], "commands"),
        (&[A::Complete], "panes"),
        (&[A::CycleMode], "mode"),
        (&[A::Sessions], "sessions"),
        (&[A::ToggleQuote], "quote mode"),
    ];
    const CONVERSATION: &[Hint] = &[
        (&[A::NextCitation], "next citation"),
        (&[A::Open], "open source"),
        (&[A::Regenerate], "again"),
        (&[A::CopyAnswer], "copy"),
        (&[A::EditQuestion], "edit question"),
        (&[A::Help], "help"),
    ];
    const SOURCES: &[Hint] = &[
        (&[A::Open], "open"),
        (&[A::Pin], "pin"),
        (&[A::Exclude], "exclude"),
        (&[A::AnswerAgain], "answer again"),
        (&[A::OpenEditor], "edit"),
        (&[A::Help], "help"),
    ];
    const STATS: &[Hint] = &[
        (&[A::Up, A::Down], "scroll"),
        (&[A::FocusInput], "input"),
        (&[A::ToggleStats], "hide"),
        (&[A::Help], "help"),
    ];
    match state.focus {
        Focus::Input if cancelling(state, Layer::Input).is_some() => (Layer::Input, BUSY),
        Focus::Input if state.input.completion.is_some() => (Layer::Input, COMPLETING),
        Focus::Input if !state.input.is_empty() => (Layer::Input, WRITING),
        Focus::Input => (Layer::Input, INPUT),
        Focus::Conversation => (Layer::Conversation, CONVERSATION),
        Focus::Sources => (Layer::Sources, SOURCES),
        Focus::Stats => (Layer::Stats, STATS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::{Help, Popup, Running};
    use crate::ui::fixtures;

    fn line(state: &State, columns: u16) -> String {
        let theme = Theme::default();
        fixtures::pane(columns, 1, |area, buffer| render(state, &theme, area, buffer))
    }

    fn notice(level: NoticeLevel, text: &str) -> State {
        let mut state = fixtures::state();
        state.notice = Some(Notice { level, text: text.into() });
        state
    }

    #[test]
    fn the_state_is_told_at_the_left_and_keys_at_the_right() {
        let text = line(&fixtures::state(), 120);
        assert!(text.starts_with(" rag · tiny-reader · 16 files · quote auto"), "{text}");
        assert!(text.contains("Ctrl+P commands"), "{text}");
    }

    #[test]
    fn forty_columns_tell_how_the_question_is_asked() {
        let mut state = fixtures::state();
        assert!(line(&state, 40).starts_with(" rag · tiny-reader · quote auto"));
        state.knowledge.work = KnowledgeWork::Indexing { files: 3, total: 12, chunks: 40 };
        assert!(line(&state, 40).contains("indexing  3/12"), "{}", line(&state, 40));
        state.adapter = Some("bullets".into());
        assert!(line(&state, 48).starts_with(" rag · bullets · tiny-rea"), "{}", line(&state, 48));
        for columns in 0..40 {
            line(&state, columns);
        }
    }

    #[test]
    fn eighty_columns_tell_all_that_a_question_is_asked_in() {
        let mut state = fixtures::state();
        state.mode = crate::domain::Mode::Hybrid;
        state.adapter = Some("/home/ann/adapters/bullets*0.5+other/quote".into());
        state.collection = Some("legal".into());
        if let Some(card) = &mut state.model.loaded {
            card.name = "/home/ann/a/very/long/path/Qwen3-1.7B-Q4_K_M.gguf".into();
        }
        let text = line(&state, 80);
        for part in ["hybrid", "bullets", "Qwen3", "in legal", "quote auto", "Ctrl+P commands"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("home") && !text.contains("/a/"), "{text}");
        assert!(line(&state, 160).contains("Qwen3-1.7B-Q4_K_M.gguf"));
        state.knowledge.collections =
            vec![crate::app::state::Collection { name: "legal".into(), files: 3, chunks: 9 }];
        assert!(line(&state, 160).contains("in legal · 3 files"), "{}", line(&state, 160));
    }

    #[test]
    fn the_model_says_how_it_is() {
        let mut state = fixtures::starting();
        assert!(line(&state, 120).contains("no model"));
        state.model.loading = Some(fixtures::loading(1, "qwen3-4b", state.now_ms - 3000));
        assert!(line(&state, 120).contains("loading qwen3-4b   3 s"));
        state.model.loading = None;
        state.model.failed = Some("there is no file of that name in the folder".into());
        assert!(line(&state, 120).contains("no model: there is"));
        state.model.failed = Some("there is no model \"qwen\": no such file or folder".into());
        let text = line(&state, 120);
        assert!(text.contains("· there is no model"), "{text}");
        assert_eq!(text.matches("no model").count(), 1, "{text}");
    }

    #[test]
    fn hints_are_of_the_focused_pane_and_never_cut() {
        let mut state = fixtures::state();
        state.focus = Focus::Sources;
        assert!(line(&state, 120).contains("Enter open  p pin  x exclude"));
        state.focus = Focus::Stats;
        assert!(line(&state, 120).contains("↑ ↓ scroll  i input  T hide  ? help"));
        state.focus = Focus::Sources;
        for columns in 40..120 {
            let text = line(&state, columns);
            assert!(text::width(text.trim_end()) <= usize::from(columns));
            assert!(!text.contains("exclud") || text.contains("exclude"), "{text}");
        }
    }

    fn running(keeping: bool) -> Option<Running> {
        Some(Running {
            request: 1,
            turn: 1,
            since_ms: fixtures::NOW_MS,
            reading_ms: None,
            first_token_ms: None,
            tokens: 0,
            keeping,
            continued: None,
        })
    }

    #[test]
    fn what_runs_is_cancelled_from_every_pane() {
        let mut state = fixtures::state();
        for focus in [Focus::Input, Focus::Conversation, Focus::Sources, Focus::Stats] {
            state.focus = focus;
            state.running = running(false);
            let text = line(&state, 120);
            let hints = text.split_once("quote auto").unwrap().1;
            assert!(hints.trim_start().starts_with("Esc cancel  "), "{text}");
            assert_eq!(hints.matches("cancel").count(), 1, "{text}");
            assert!(line(&state, 60).contains("Esc cancel"), "{}", line(&state, 60));
            // What is being put on disk can't be cancelled any more.
            state.running = running(true);
            assert!(!line(&state, 120).contains("cancel"));
        }
    }

    #[test]
    fn popups_tell_their_keys_themselves() {
        let mut state = fixtures::state();
        state.running = running(false);
        state.popups.push(Popup::from(Help::default()));
        assert!(line(&state, 120).trim_end().ends_with("quote auto"), "{}", line(&state, 120));
        state.notice = Some(Notice { level: NoticeLevel::Done, text: "Saved.".into() });
        assert!(line(&state, 120).trim_end().ends_with("Saved."));
    }

    #[test]
    fn a_short_notice_stands_in_the_line_and_a_long_one_above() {
        let short = notice(NoticeLevel::Done, "Saved.");
        assert!(line(&short, 80).trim_end().ends_with("Saved."));
        assert_eq!(notice_rows(&short, 80), 0);

        let long = notice(NoticeLevel::Error, &"something went wrong ".repeat(6));
        assert_eq!(notice_rows(&long, 80), 2);
        assert!(line(&long, 80).contains("Ctrl+P"));
        let longer = notice(NoticeLevel::Error, &"something went wrong ".repeat(60));
        assert_eq!(notice_rows(&longer, 80), NOTICE_ROWS);
        let theme = Theme::default();
        let drawn = fixtures::pane(80, NOTICE_ROWS, |area, buffer| {
            render_notice(&longer, &theme, area, buffer);
        });
        assert!(drawn.trim_end().ends_with('…'), "{drawn}");
    }
}
