//! Answers side by side: what each variant says, how well it is supported, and
//! what it cost. Where not all columns fit, those around the selected one are
//! shown, below a line that names all of them.

use super::super::text::{self, Highlighter};
use super::super::theme::{Role, Theme};
use super::canvas::{Canvas, role_style};
use super::frame::{Frame, hints, inner};
use crate::app::Action;
use crate::app::effect::ScrollBy;
use crate::app::keymap::Layer;
use crate::app::state::{Compare, CompareColumn, Phase, RequestId};
use crate::domain::{Outcome, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use similar::{ChangeTag, TextDiff};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Columns below which an answer is hard to read.
const LEAST: u16 = 33;
/// Columns between two answers.
const GAP: u16 = 3;
/// Rows of the figures, with the rule above them.
const FIGURES: u16 = 7;
/// Rows of the screen from which there is room for all figures.
const TALL: u16 = 18;

/// Draws the comparison.
pub(super) fn render(compare: &Compare, canvas: &Canvas<'_>, buffer: &mut Buffer, laid: &mut Laid) {
    let area = whole(canvas.screen);
    let theme = canvas.theme;
    let place = Place::of(area, compare);
    let drawn: Vec<Arc<[Line<'static>]>> =
        place.shown(compare).map(|(at, _)| laid.lines(at, compare, place.width, theme)).collect();
    let longest = drawn.iter().map(|lines| lines.len()).max().unwrap_or(0);
    let actions = [
        (Action::Accept, "keep"),
        (Action::NextColumn, "next"),
        (Action::CopyAnswer, "copy"),
        (Action::Close, "close"),
        (Action::Down, "scroll"),
    ];
    let done = compare.columns.iter().filter(|column| column.done()).count();
    let frame = Frame {
        title: "Compare".to_owned(),
        count: format!("{done}/{} answered", compare.columns.len()),
        hints: hints(&canvas.state.keymap, Layer::Compare, &actions),
        more_below: compare.scroll + usize::from(place.answers.height) < longest,
        ..Frame::default()
    };
    frame.render(canvas, area, buffer);
    let question = text::truncate(compare.question.trim(), usize::from(place.question.width));
    let question = Line::from(Span::styled(
        visible(&question).into_owned(),
        role_style(theme, Role::Question),
    ));
    buffer.set_line(place.question.x, place.question.y, &question, place.question.width);
    if let Some(row) = place.tabs {
        buffer.set_line(row.x, row.y, &tabs(compare, theme), row.width);
    }
    let best = best(compare);
    for ((index, column), lines) in place.shown(compare).zip(&drawn) {
        let x = place.x(index);
        let selected = index == compare.selected;
        let title = title(column);
        let role = if selected { Role::TitleFocused } else { Role::Title };
        let mark = if selected { "▸ " } else { "  " };
        let head = Line::from(vec![
            Span::styled(mark, theme.style(Role::Key)),
            Span::styled(title, theme.style(role)),
        ]);
        buffer.set_line(x, place.head, &head, place.width);
        let rows = place.answers.rows().zip(lines.iter().skip(compare.scroll));
        for (row, line) in rows {
            buffer.set_line(x, row.y, line, place.width);
        }
        for (row, line) in place.figures.rows().zip(figures(column, index, &best, theme)) {
            buffer.set_line(x, row.y, &line, place.width);
        }
    }
    // Nothing else tells where one answer ends and the next begins.
    for gap in 1..place.count {
        let x = place.answers.x + gap * (place.width + GAP) - 2;
        for y in place.head..place.figures.bottom() {
            buffer.set_stringn(x, y, "│", 1, theme.style(Role::Faint));
        }
    }
}

/// The topmost row after a movement; `None` where nothing changes.
pub(super) fn scroll(
    compare: &Compare,
    screen: Rect,
    by: ScrollBy,
    laid: &mut Laid,
) -> Option<usize> {
    let place = Place::of(whole(screen), compare);
    let rows = place.shown(compare).map(|(at, _)| laid.rows(at, compare, place.width));
    let longest = rows.max().unwrap_or(0);
    let last = longest.saturating_sub(usize::from(place.answers.height));
    let now = compare.scroll.min(last);
    let step = |lines: i32| now.saturating_add_signed(lines as isize).min(last);
    let page = i32::from(place.answers.height).saturating_sub(2).max(1);
    let next = match by {
        ScrollBy::Lines(lines) => step(lines),
        ScrollBy::Pages(pages) => step(pages.saturating_mul(page)),
        ScrollBy::Top => 0,
        ScrollBy::Bottom => last,
        ScrollBy::Turn(_) | ScrollBy::Byte(..) | ScrollBy::Line(_) => return None,
    };
    (next != compare.scroll).then_some(next)
}

/// All of the screen but the status line: answers need the room.
fn whole(screen: Rect) -> Rect {
    Rect { height: screen.height.saturating_sub(1), ..screen }
}

/// Where everything stands.
struct Place {
    question: Rect,
    tabs: Option<Rect>,
    head: u16,
    answers: Rect,
    figures: Rect,
    /// Columns of each answer.
    width: u16,
    /// How many answers are shown.
    count: u16,
    /// The first of them.
    first: usize,
}

impl Place {
    fn of(area: Rect, compare: &Compare) -> Self {
        let inside = inner(area).inner(Margin::new(1, 0));
        let all = u16::try_from(compare.columns.len()).unwrap_or(u16::MAX).max(1);
        let count = ((inside.width + GAP) / (LEAST + GAP)).clamp(1, all);
        let width = (inside.width + GAP).saturating_sub(count * GAP) / count;
        let shown = usize::from(count);
        // The selected one is among those that are shown.
        let first = (compare.selected + 1).saturating_sub(shown);
        let question = Rect { height: 1.min(inside.height), ..inside };
        let tabs = (count < all).then_some(Rect { y: inside.y + 1, ..question });
        let head = inside.y + 1 + u16::from(tabs.is_some());
        let figures = if area.height >= TALL { FIGURES } else { 2 };
        let bottom = inside.bottom().saturating_sub(figures);
        let top = head + 1;
        let answers = Rect { y: top, height: bottom.saturating_sub(top), ..inside };
        let figures = Rect { y: answers.bottom(), height: figures, ..inside };
        Self { question, tabs, head, answers, figures, width, count, first }
    }

    fn shown<'a>(
        &self,
        compare: &'a Compare,
    ) -> impl Iterator<Item = (usize, &'a CompareColumn)> + use<'a> {
        compare.columns.iter().enumerate().skip(self.first).take(usize::from(self.count))
    }

    fn x(&self, index: usize) -> u16 {
        let place = u16::try_from(index.saturating_sub(self.first)).unwrap_or(0);
        self.answers.x + place * (self.width + GAP)
    }
}

/// Every column with how far it is.
fn tabs(compare: &Compare, theme: &Theme) -> Line<'static> {
    let mut spans = Vec::new();
    for (index, column) in compare.columns.iter().enumerate() {
        if index > 0 {
            spans.push(Span::styled("  ", theme.style(Role::Dim)));
        }
        let role = if index == compare.selected { Role::TitleFocused } else { Role::Dim };
        spans.push(Span::styled(title(column), theme.style(role)));
    }
    Line::from(spans)
}

/// The name of a column with a sign of how far it is.
fn title(column: &CompareColumn) -> String {
    let sign = match (&column.entry.turn.outcome, column.done()) {
        (Outcome::Failed { .. }, _) => " ✗",
        (_, true) => " ✓",
        _ => " …",
    };
    format!("{}{sign}", column.variant.name())
}

/// The answers that are laid out. One is laid out again only when something of
/// it, or of the one it is held against, changed.
#[derive(Default)]
pub(super) struct Laid {
    columns: HashMap<usize, (Key, Arc<[Line<'static>]>)>,
    highlighter: Highlighter,
    /// How many answers were laid out so far.
    laid_out: u64,
}

/// All that decides how an answer looks, but for the theme.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    request: RequestId,
    width: u16,
    state: (u64, Phase, bool, bool),
    length: usize,
    reference: Option<(usize, u64, usize)>,
}

impl Key {
    fn of(at: usize, compare: &Compare, width: u16) -> Option<Self> {
        let column = compare.columns.get(at)?;
        let entry = &column.entry;
        let held = compare.columns.iter().position(is_reference);
        let reference = held.and_then(|held| {
            let entry = &compare.columns.get(held)?.entry;
            Some((held, entry.revision, entry.turn.text.len()))
        });
        Some(Self {
            request: compare.request,
            width,
            state: (entry.revision, entry.phase, column.done(), column.loading),
            length: entry.turn.text.len(),
            reference,
        })
    }
}

impl Laid {
    fn lines(
        &mut self,
        at: usize,
        compare: &Compare,
        width: u16,
        theme: &Theme,
    ) -> Arc<[Line<'static>]> {
        let (Some(key), Some(column)) = (Key::of(at, compare, width), compare.columns.get(at))
        else {
            return Arc::default();
        };
        if let Some((known, lines)) = self.columns.get(&at)
            && *known == key
        {
            return Arc::clone(lines);
        }
        self.laid_out += 1;
        let lines: Arc<[Line<'static>]> =
            answer(column, compare, width, theme, &mut self.highlighter).into();
        self.columns.insert(at, (key, Arc::clone(&lines)));
        lines
    }

    /// How many rows an answer takes, in whatever theme.
    fn rows(&mut self, at: usize, compare: &Compare, width: u16) -> usize {
        let (Some(key), Some(column)) = (Key::of(at, compare, width), compare.columns.get(at))
        else {
            return 0;
        };
        match self.columns.get(&at) {
            Some((known, lines)) if *known == key => lines.len(),
            _ => answer(column, compare, width, &Theme::default(), &mut self.highlighter).len(),
        }
    }
}

/// What a column says, or how far it is.
fn answer(
    column: &CompareColumn,
    compare: &Compare,
    width: u16,
    theme: &Theme,
    highlighter: &mut Highlighter,
) -> Vec<Line<'static>> {
    let turn = &column.entry.turn;
    let marks = text::marks(turn, None);
    let rendered = text::markdown(&turn.text, &marks, width, theme, highlighter);
    let new = new_words(column, compare);
    let mut lines: Vec<Line<'static>> =
        rendered.into_iter().map(|line| underlined(lifted(line.line, theme), &new)).collect();
    let mut say = |text: &str, role: Role| {
        let style = role_style(theme, role);
        lines.extend(text::plain(&visible(text), width, style).into_iter().map(|r| r.line));
    };
    match &turn.outcome {
        Outcome::Failed { message } => say(message, Role::Error),
        Outcome::Cut => say("cut at the token limit", Role::Warning),
        Outcome::NotAnswered if turn.text.is_empty() => say("no answer", Role::Dim),
        Outcome::Pending => say(progress(column), Role::Dim),
        _ => {}
    }
    if column.done() && (turn.unsupported() || turn.unfounded()) {
        say("nothing in the sources supports this answer", Role::Warning);
    }
    if column.done() && same_as_reference(column, compare) {
        say("the same words as the first answer", Role::Dim);
    }
    lines
}

fn progress(column: &CompareColumn) -> &'static str {
    if column.loading {
        return "loading…";
    }
    match column.entry.phase {
        Phase::Done => "waiting…",
        Phase::WaitingForModel => "waiting for the model…",
        Phase::WaitingForIndex => "waiting for the index…",
        Phase::Searching => "searching…",
        Phase::Reading => "reading…",
        Phase::Writing => "writing…",
    }
}

/// The answer that others are held against: the first that is there.
fn reference(compare: &Compare) -> Option<&CompareColumn> {
    compare.columns.iter().find(|column| is_reference(column))
}

fn is_reference(column: &CompareColumn) -> bool {
    // What says that there is no answer is none to compare with.
    let none = column.entry.turn.outcome == Outcome::NotAnswered;
    column.answered() && !none && !column.entry.turn.text.is_empty()
}

/// An answer without its marks, as its words are compared.
fn plain(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !is_mark(word));
    words.collect::<Vec<_>>().join(" ")
}

fn is_mark(word: &str) -> bool {
    let word = word.trim_end_matches(['.', ',', ';', ':']);
    word.starts_with('[') && word.ends_with(']')
}

fn same_as_reference(column: &CompareColumn, compare: &Compare) -> bool {
    reference(compare).is_some_and(|reference| {
        reference.variant != column.variant
            && plain(&reference.entry.turn.text) == plain(&column.entry.turn.text)
    })
}

/// Words of an answer that the reference does not have at that place.
fn new_words(column: &CompareColumn, compare: &Compare) -> HashSet<String> {
    let Some(reference) = reference(compare) else { return HashSet::new() };
    if reference.variant == column.variant || !column.done() {
        return HashSet::new();
    }
    let (before, after) = (plain(&reference.entry.turn.text), plain(&column.entry.turn.text));
    let diff = TextDiff::from_words(&before, &after);
    diff.iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Insert)
        .map(|change| change.value().trim().to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The line on the ground of the popup instead of the conversation's.
fn lifted(mut line: Line<'static>, theme: &Theme) -> Line<'static> {
    let ground = theme.style(Role::Text).bg;
    for span in &mut line.spans {
        span.style.bg = span.style.bg.filter(|colour| Some(*colour) != ground);
    }
    line
}

/// The line with these words underlined.
fn underlined(line: Line<'static>, words: &HashSet<String>) -> Line<'static> {
    if words.is_empty() {
        return line;
    }
    let mut spans = Vec::new();
    for span in line.spans {
        for piece in span.content.split_inclusive(' ') {
            let word = piece.trim_end();
            let style = if words.contains(word) {
                span.style.add_modifier(Modifier::UNDERLINED)
            } else {
                span.style
            };
            spans.push(Span::styled(word.to_owned(), style));
            if word.len() < piece.len() {
                spans.push(Span::styled(piece[word.len()..].to_owned(), span.style));
            }
        }
    }
    Line::from(spans)
}

/// The best column of each figure, where they differ.
struct Best {
    first: Option<usize>,
    rate: Option<usize>,
    tokens: Option<usize>,
    memory: Option<usize>,
    support: Option<usize>,
}

fn best(compare: &Compare) -> Best {
    let pick = |of: &dyn Fn(&CompareColumn) -> Option<f64>| -> Option<usize> {
        let mut values: Vec<(usize, f64)> = Vec::new();
        for (index, column) in compare.columns.iter().enumerate() {
            values.extend(of(column).map(|value| (index, value)));
        }
        let (index, least) = values.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))?;
        let others = values.iter().any(|(_, value)| (value - least).abs() > 1e-9);
        others.then_some(index)
    };
    let stats = |column: &CompareColumn| column.entry.turn.generation.clone();
    Best {
        first: pick(&|c| {
            stats(c).filter(|s| s.completion_tokens > 0).map(|s| s.time_to_first_token_ms)
        }),
        rate: pick(&|c| {
            stats(c).filter(|s| s.completion_tokens > 1).map(|s| -s.decode_tokens_per_s)
        }),
        tokens: pick(&|c| stats(c).map(|s| (s.prompt_tokens + s.completion_tokens) as f64)),
        memory: pick(&|c| c.memory_bytes.map(|bytes| bytes as f64)),
        support: pick(&|c| c.entry.turn.mode.reads().then(|| -(supported(c).0 as f64))),
    }
}

/// Supported and all citations.
fn supported(column: &CompareColumn) -> (usize, usize) {
    let citations = &column.entry.turn.citations;
    (citations.iter().filter(|c| c.supports()).count(), citations.len())
}

/// The rows below an answer: each figure with its name, the best one marked.
fn figures(column: &CompareColumn, index: usize, best: &Best, theme: &Theme) -> Vec<Line<'static>> {
    let none = || "–".to_owned();
    let stats = column.entry.turn.generation.as_ref();
    let decoded = stats.filter(|stats| stats.completion_tokens > 0);
    let first = match stats {
        Some(stats) if stats.completion_tokens > 0 => {
            format!("{:.0} ms", stats.time_to_first_token_ms)
        }
        // In quote mode a single sentence that is left needs no token.
        Some(_) if !column.entry.turn.text.is_empty() => "no token needed".to_owned(),
        _ => none(),
    };
    let row = |name: &str, value: String, winner: Option<usize>| {
        let star = if winner == Some(index) { " ★" } else { "" };
        Line::from(vec![
            Span::styled(format!("{name:<12}"), role_style(theme, Role::Dim)),
            Span::styled(value, role_style(theme, Role::Text)),
            Span::styled(star, theme.style(Role::Success)),
        ])
    };
    let (held, all) = supported(column);
    let citations = if column.entry.turn.mode.reads() {
        format!("{held} of {all} supported")
    } else {
        "reads no sources".to_owned()
    };
    let tokens = stats
        .map_or_else(none, |s| format!("{} in · {} out", s.prompt_tokens, s.completion_tokens));
    let memory =
        column.memory_bytes.map_or_else(none, |bytes| format!("{:.0} MB", bytes as f64 / 1e6));
    let switch = column.switch_ms.map_or_else(none, |ms| format!("{ms:.1} ms"));
    vec![
        Line::from(Span::styled("─".repeat(24), role_style(theme, Role::Faint))),
        row("citations", citations, best.support),
        row("first token", first, best.first),
        row(
            "decode",
            decoded
                .filter(|s| s.completion_tokens > 1)
                .map_or_else(none, |s| format!("{:.0} tok/s", s.decode_tokens_per_s)),
            best.rate,
        ),
        row("tokens", tokens, best.tokens),
        row("memory", memory, best.memory),
        row("switch", switch, None),
    ]
}

#[cfg(test)]
mod tests;
