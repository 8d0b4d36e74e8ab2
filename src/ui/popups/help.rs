//! The help: what the keys really do, the commands, and what the signs of the
//! screen mean. On a wide screen the first page is all that is needed most; the
//! rest is below it, and found by searching.

mod overview;

use super::super::stats::GAUGE_LEGEND;
use super::super::text;
use super::super::theme::{Role, Theme};
use super::canvas::{Canvas, role_style};
use super::frame::{Frame, hints, inner, large};
use super::line;
use crate::app::command::COMMANDS;
use crate::app::effect::ScrollBy;
use crate::app::keymap::{Keymap, Layer};
use crate::app::state::Help;
use crate::app::{Action, State};
use crate::domain::visible;
use overview::width_of;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::text::{Line, Span};

/// Columns from which the sections stand in two columns.
const TWO: u16 = 96;
/// Columns between them.
const GAP: u16 = 3;

/// Signs of the screen with their meanings.
const SIGNS: [(&str, Role, &str); 16] = [
    (
        "[1] ✓",
        Role::Supported,
        "the passage holds the sentence word for word, and it likely answers",
    ),
    ("[1] ~", Role::Dim, "quoted word for word, but it may not answer the question"),
    ("[1] ?", Role::Likely, "it shares most of its words and means nearly the same"),
    ("[1] ✗", Role::Unsupported, "the passage does not support the sentence"),
    ("[1]° ?", Role::Likely, "not cited by the model: the source was found to say the same"),
    ("text. ✗", Role::Unsupported, "the sentence cites nothing, and no source supports it"),
    ("●", Role::Cited, "the answer cites this source"),
    ("████▌ 0.57", Role::Bar, "how well the source fits the question, from 0 to 1"),
    ("v#1 t#3", Role::Text, "its ranks by meaning (vector) and by words (text); – for none"),
    ("41 tok", Role::Text, "tokens it takes in the prompt; left out sources say why"),
    ("stale", Role::Warning, "the file changed since it was indexed"),
    ("gone", Role::Warning, "the file is no longer there; Enter shows what was indexed"),
    ("pinned, P", Role::Warning, "the next answer is made from pinned sources only"),
    ("excluded, x", Role::Warning, "the next answer is made without it"),
    ("▎", Role::Bar, "in the viewer: a line of the passage"),
    ("gauge", Role::Text, GAUGE_LEGEND),
];

/// Modes of answering.
const MODES: [(&str, &str); 4] = [
    ("rag", "from the sources that a search finds"),
    ("base", "by the model alone, without sources"),
    ("adapter", "by the model with a LoRA adapter, without sources"),
    ("hybrid", "from sources, by the model with an adapter"),
];

/// Draws the help; says where the cursor is while words are typed.
pub(super) fn render(help: &Help, canvas: &Canvas<'_>, buffer: &mut Buffer) -> Option<Position> {
    let area = large(canvas.screen);
    let (search, text) = parts(help, area);
    let lines = shown(help, canvas.state, canvas.theme, text.width);
    let height = usize::from(text.height);
    let top = help.scroll.min(lines.len().saturating_sub(height));
    let reading = [
        (Action::Down, "down"),
        (Action::Up, "up"),
        (Action::PageDown, "page"),
        (Action::StartCommand, "search"),
        (Action::Close, "close"),
    ];
    let typing = [(Action::Accept, "done"), (Action::Close, "take away")];
    let keymap = &canvas.state.keymap;
    let frame = Frame {
        title: "Help".to_owned(),
        note: if top > 0 { "↑ more" } else { "" },
        hints: if help.typing {
            hints(keymap, Layer::Picker, &typing)
        } else {
            hints(keymap, Layer::Help, &reading)
        },
        more_below: top + height < lines.len(),
        ..Frame::default()
    };
    frame.render(canvas, area, buffer);
    for (row, line) in text.intersection(buffer.area).rows().zip(lines.iter().skip(top)) {
        buffer.set_line(row.x, row.y, line, row.width);
    }
    let row = search?.intersection(buffer.area);
    buffer.set_stringn(row.x, row.y, "/", 1, canvas.theme.style(Role::Key));
    let typed = Rect { x: row.x + 2, width: row.width.saturating_sub(2), ..row };
    let cursor = line::render(&help.query, canvas.theme.style(Role::Input), typed, buffer);
    cursor.filter(|_| help.typing)
}

/// The topmost line after a movement; `None` where nothing changes.
pub(super) fn scroll(help: &Help, state: &State, screen: Rect, by: ScrollBy) -> Option<usize> {
    let (_, text) = parts(help, large(screen));
    let count = shown(help, state, &Theme::default(), text.width).len();
    let now = help.scroll;
    let last = count.saturating_sub(usize::from(text.height));
    let step = |lines: i32| now.min(last).saturating_add_signed(lines as isize).min(last);
    let page = i32::from(text.height).saturating_sub(2).max(1);
    let next = match by {
        ScrollBy::Lines(lines) => step(lines),
        ScrollBy::Pages(pages) => step(pages.saturating_mul(page)),
        ScrollBy::Top => 0,
        ScrollBy::Bottom => last,
        ScrollBy::Turn(_) | ScrollBy::Byte(..) | ScrollBy::Line(_) => return None,
    };
    (next != now).then_some(next)
}

/// The row of the words that are searched for, where there is one, and the rest.
fn parts(help: &Help, area: Rect) -> (Option<Rect>, Rect) {
    let text = text_area(area);
    if !help.typing && help.query.is_empty() || text.height < 3 {
        return (None, text);
    }
    let row = Rect { height: 1, ..text };
    (Some(row), Rect { y: text.y + 2, height: text.height - 2, ..text })
}

/// What there is to read: everything, or what holds the words.
fn shown(help: &Help, state: &State, theme: &Theme, columns: u16) -> Vec<Line<'static>> {
    let query = help.query.text().to_lowercase();
    let words: Vec<&str> = query.split_whitespace().collect();
    if words.is_empty() {
        return lines(state, theme, columns);
    }
    let holds = |entry: &[Line<'_>]| {
        // A meaning may be wrapped anywhere.
        let text: Vec<String> = entry.iter().map(|line| line.to_string().to_lowercase()).collect();
        let text = text.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        words.iter().all(|word| text.contains(word))
    };
    let mut out = Vec::new();
    for Section { heading, entries } in sections(state, theme, columns) {
        let found: Vec<Vec<Line<'static>>> =
            entries.into_iter().filter(|entry| holds(entry)).collect();
        if !found.is_empty() {
            out.extend(heading);
            out.extend(found.into_iter().flatten());
            out.push(Line::default());
        }
    }
    if out.is_empty() {
        let text = format!("Nothing in the help holds “{}”.", visible(query.trim()));
        let dim = Span::styled(text, theme.style(Role::Dim));
        return text::wrap_spans(vec![dim], columns, "", "");
    }
    out.pop();
    out
}

fn text_area(area: Rect) -> Rect {
    inner(area).inner(Margin::new(1, 0))
}

/// The whole help at this width.
fn lines(state: &State, theme: &Theme, columns: u16) -> Vec<Line<'static>> {
    let mut lines = intro(&state.keymap, theme, columns);
    lines.push(Line::default());
    if columns >= overview::LEAST {
        lines.extend(overview::lines(state, theme, columns));
        lines.push(Line::default());
        let rule = Span::styled("─".repeat(usize::from(columns)), theme.style(Role::Faint));
        lines.extend([Line::from(rule), Line::default()]);
    }
    if columns < TWO {
        for block in blocks(state, theme, columns) {
            lines.extend(block);
            lines.push(Line::default());
        }
        lines.pop();
        return lines;
    }
    let half = (columns - GAP) / 2;
    let blocks = blocks(state, theme, half);
    let rows = |part: &[Vec<Line<'_>>]| part.iter().map(|block| block.len() + 1).sum::<usize>();
    let longest = |at: &usize| {
        let (left, right) = blocks.split_at_checked(*at).unwrap_or((blocks.as_slice(), &[]));
        rows(left).max(rows(right))
    };
    let split = (0..=blocks.len()).min_by_key(longest).unwrap_or(0);
    let (left, right) = blocks.split_at_checked(split).unwrap_or((blocks.as_slice(), &[]));
    let flat = |part: &[Vec<Line<'static>>]| -> Vec<Line<'static>> {
        part.iter().flat_map(|block| block.iter().cloned().chain([Line::default()])).collect()
    };
    let (mut left, mut right) = (flat(left).into_iter(), flat(right).into_iter());
    let start = usize::from(half + GAP);
    loop {
        let (first, second) = (left.next(), right.next());
        if first.is_none() && second.is_none() {
            break;
        }
        let mut line = first.unwrap_or_default();
        if let Some(second) = second {
            let gap = start.saturating_sub(width_of(&line));
            line.push_span(Span::raw(" ".repeat(gap)));
            line.spans.extend(second.spans);
        }
        lines.push(line);
    }
    while lines.last().is_some_and(|line| width_of(line) == 0) {
        lines.pop();
    }
    lines
}

/// How to close and scroll, first of all.
fn intro(keymap: &Keymap, theme: &Theme, columns: u16) -> Vec<Line<'static>> {
    let key = |action| keymap.hint(Layer::Help, action);
    let closes = keymap.keys(Layer::Help, Action::Close);
    let closes: Vec<String> = closes.into_iter().map(|key| key.shown()).collect();
    let scrolls: Vec<String> = [Action::Up, Action::Down, Action::PageUp, Action::PageDown]
        .into_iter()
        .filter_map(key)
        .collect();
    let palette = keymap.hint(Layer::Input, Action::CommandPalette).unwrap_or_default();
    let dim = theme.style(Role::Dim);
    let bright = theme.style(Role::Key);
    let spans = vec![
        Span::styled(closes.join(" "), bright),
        Span::styled(" closes this help, ", dim),
        Span::styled(scrolls.join(" "), bright),
        Span::styled(" scroll it, ", dim),
        Span::styled(key(Action::StartCommand).unwrap_or_default(), bright),
        Span::styled(" searches it. ", dim),
        Span::styled(palette, bright),
        Span::styled(" lists every action.", dim),
    ];
    text::wrap_spans(spans, columns, "", "")
}

/// The parts of the help, each with its title.
fn blocks(state: &State, theme: &Theme, columns: u16) -> Vec<Vec<Line<'static>>> {
    let whole = |section: Section| {
        section.heading.into_iter().chain(section.entries.into_iter().flatten()).collect()
    };
    sections(state, theme, columns).into_iter().map(whole).collect()
}

/// A part of the help: its heading, and the lines of each entry.
struct Section {
    heading: Vec<Line<'static>>,
    entries: Vec<Vec<Line<'static>>>,
}

fn sections(state: &State, theme: &Theme, columns: u16) -> Vec<Section> {
    let section = |title: &str, entries: Vec<Vec<Line<'static>>>| {
        let span = Span::styled(title.to_owned(), theme.style(Role::Heading));
        Section { heading: text::wrap_spans(vec![span], columns, "", ""), entries }
    };
    let entry =
        |term: &str, role: Role, meaning: &str| entry((term, role), meaning, columns, theme);
    let mut sections = Vec::new();
    for part in state.keymap.help() {
        let rows = part.rows.iter().map(|row| {
            let role = if row.keys.is_empty() { Role::Dim } else { Role::Key };
            entry(&row.keys_shown(), role, row.about)
        });
        sections.push(section(part.title, rows.collect()));
    }
    let commands = COMMANDS.iter().map(|command| {
        let name = format!("{} {}", command.name, command.arguments);
        entry(name.trim_end(), Role::Key, command.about)
    });
    sections.push(section("Commands in the input", commands.collect()));
    let signs = SIGNS.iter().map(|(sign, role, meaning)| entry(sign, *role, meaning));
    sections.push(section("Signs", signs.collect()));
    let modes = MODES.iter().map(|(mode, meaning)| entry(mode, Role::StatusMode, meaning));
    sections.push(section("Modes: who answers, and from what", modes.collect()));
    sections
}

/// A term with its meaning beside it, or below it where it is long.
fn entry(
    (term, role): (&str, Role),
    meaning: &str,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let term_columns = (columns * 2 / 5).clamp(8, 24).min(columns.saturating_sub(1));
    let indent = " ".repeat(usize::from(term_columns));
    let meaning = vec![Span::styled(meaning.to_owned(), role_style(theme, Role::Text))];
    let term = Span::styled(term.to_owned(), role_style(theme, role));
    let taken = text::width(&term.content);
    if taken >= usize::from(term_columns) {
        let mut lines = text::wrap_spans(vec![term], columns, "", "  ");
        lines.extend(text::wrap_spans(meaning, columns, &indent, &indent));
        return lines;
    }
    let mut lines = text::wrap_spans(meaning, columns, &indent, &indent);
    if let Some(first) = lines.first_mut() {
        // The term takes the place of the indent.
        let gap = Span::raw(" ".repeat(usize::from(term_columns) - taken));
        let mut spans = vec![term, gap];
        spans.extend(first.spans.drain(..).skip(1));
        first.spans = spans;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixtures;

    fn text_of(columns: u16) -> String {
        let lines = lines(&fixtures::empty(), &Theme::default(), columns);
        for line in &lines {
            assert!(width_of(line) <= usize::from(columns), "{columns}: {line}");
        }
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The actions that have a row of their own.
    fn state_rows() -> Vec<Action> {
        let place = |action: &Action| action.name().starts_with("adapter");
        Action::ALL.iter().copied().filter(|action| !place(action)).collect()
    }

    #[test]
    fn words_are_searched_in_keys_and_meanings() {
        let state = fixtures::empty();
        let found = |words: &str| -> String {
            let mut help = Help::default();
            help.query.insert(words);
            let lines = shown(&help, &state, &Theme::default(), 76);
            lines.iter().map(|line| format!("{line}\n")).collect()
        };
        let text = found("quote mode");
        assert!(text.contains("Ctrl+T") && !text.contains("Send the question"), "{text}");
        assert!(text.starts_with("Ask and answer\n"), "{text}");
        assert!(found("/fork").contains("go on in a copy"), "{}", found("/fork"));
        assert!(found("zzzz").contains("Nothing in the help holds “zzzz”."));
    }

    #[test]
    fn every_action_command_and_sign_is_explained_at_every_width() {
        for columns in [20, 36, 76, 110] {
            let text = text_of(columns);
            let words: Vec<&str> = text.split_whitespace().collect();
            let flat = words.join(" ");
            if columns < TWO {
                let told = state_rows();
                for action in Action::ALL.iter().filter(|action| told.contains(action)) {
                    assert!(flat.contains(action.about()), "{columns}: {action:?}\n{text}");
                }
            }
            for command in COMMANDS {
                assert!(text.contains(command.name), "{columns}: {}", command.name);
            }
            for sign in ["✓", "✗", "●", "stale", "pinned", "hybrid"] {
                assert!(text.contains(sign), "{columns}: {sign}");
            }
        }
    }

    #[test]
    fn keys_are_those_of_the_keymap() {
        let text = text_of(76);
        let line = |about: &str| {
            text.lines().find(|line| line.ends_with(about)).map(str::to_owned).unwrap_or_default()
        };
        assert!(line("Send the question").starts_with("Enter"), "{text}");
        let first = text.lines().next().unwrap();
        assert!(first.contains("closes this help") && first.contains("PgDn"), "{first}");
    }

    #[test]
    fn scrolling_stops_at_both_ends() {
        let state = fixtures::empty();
        let screen = Rect::new(0, 0, 80, 24);
        let to = |scroll_now, by| {
            scroll(&Help { scroll: scroll_now, ..Help::default() }, &state, screen, by)
        };
        let last = to(0, ScrollBy::Bottom).unwrap();
        assert!(last > 20);
        assert_eq!(to(last, ScrollBy::Bottom), None);
        assert_eq!(to(last, ScrollBy::Lines(1)), None);
        assert_eq!(to(0, ScrollBy::Lines(-1)), None);
        assert_eq!(to(0, ScrollBy::Pages(1)), Some(19));
        assert_eq!(to(9999, ScrollBy::Lines(-1)), Some(last - 1));
        assert_eq!(to(last, ScrollBy::Top), Some(0));
        assert_eq!(to(0, ScrollBy::Line(3)), None);
    }
}
