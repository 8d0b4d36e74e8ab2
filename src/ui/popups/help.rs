//! The help: what the keys really do, the commands, and what the signs of the
//! screen mean.

use super::super::stats::GAUGE_LEGEND;
use super::super::text;
use super::super::theme::{Role, Theme};
use super::frame::{Frame, hints, inner, large};
use super::{Canvas, role_style};
use crate::app::command::COMMANDS;
use crate::app::effect::ScrollBy;
use crate::app::keymap::{Keymap, Layer};
use crate::app::{Action, State};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};

/// Columns from which the sections stand in two columns.
const TWO: u16 = 96;
/// Columns between them.
const GAP: u16 = 3;

/// Signs of the screen with their meanings.
const SIGNS: [(&str, Role, &str); 12] = [
    ("[1] ✓", Role::Supported, "the passage holds the sentence word for word"),
    ("[1] ?", Role::Likely, "it shares most of its words and means nearly the same"),
    ("[1] ✗", Role::Unsupported, "the passage does not support the sentence"),
    ("●", Role::Cited, "the answer cites this source"),
    ("████▌ 0.57", Role::Bar, "how well the source fits the question, from 0 to 1"),
    ("v#1 t#3", Role::Text, "its ranks by meaning (vector) and by words (text); – for none"),
    ("41 tok", Role::Text, "tokens it takes in the prompt; left out sources say why"),
    ("stale", Role::Warning, "the file changed since it was indexed"),
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

/// Draws the help from its line `scroll` on.
pub(super) fn render(scroll: usize, canvas: &Canvas<'_>, buffer: &mut Buffer) {
    let area = large(canvas.screen);
    let text = text_area(area);
    let lines = lines(canvas.state, canvas.theme, text.width);
    let height = usize::from(text.height);
    let top = scroll.min(lines.len().saturating_sub(height));
    let actions = [
        (Action::Down, "down"),
        (Action::Up, "up"),
        (Action::PageDown, "page"),
        (Action::Close, "close"),
    ];
    let frame = Frame {
        title: "Help".to_owned(),
        note: if top > 0 { "↑ more" } else { "" },
        hints: hints(&canvas.state.keymap, Layer::Help, &actions),
        more_below: top + height < lines.len(),
        ..Frame::default()
    };
    frame.render(canvas, area, buffer);
    for (row, line) in text.intersection(buffer.area).rows().zip(lines.iter().skip(top)) {
        buffer.set_line(row.x, row.y, line, row.width);
    }
}

/// The topmost line after a movement; `None` where nothing changes.
pub(super) fn scroll(now: usize, state: &State, screen: Rect, by: ScrollBy) -> Option<usize> {
    let text = text_area(large(screen));
    let count = lines(state, &Theme::default(), text.width).len();
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

fn text_area(area: Rect) -> Rect {
    inner(area).inner(Margin::new(1, 0))
}

/// The whole help at this width.
fn lines(state: &State, theme: &Theme, columns: u16) -> Vec<Line<'static>> {
    let mut lines = intro(&state.keymap, theme, columns);
    lines.push(Line::default());
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

fn width_of(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| text::width(&span.content)).sum()
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
        Span::styled(" scroll it. ", dim),
        Span::styled(palette, bright),
        Span::styled(" lists every action, also those without a key.", dim),
    ];
    text::wrap_spans(spans, columns, "", "")
}

/// The parts of the help, each with its title.
fn blocks(state: &State, theme: &Theme, columns: u16) -> Vec<Vec<Line<'static>>> {
    let block = |title: &str| {
        let span = Span::styled(title.to_owned(), theme.style(Role::Heading));
        text::wrap_spans(vec![span], columns, "", "")
    };
    let mut blocks = Vec::new();
    for section in state.keymap.help() {
        let mut lines = block(section.title);
        for row in &section.rows {
            let role = if row.keys.is_empty() { Role::Dim } else { Role::Key };
            lines.extend(entry((row.keys_shown().as_str(), role), row.about, columns, theme));
        }
        blocks.push(lines);
    }
    let mut commands = block("Commands in the input");
    for command in COMMANDS {
        let name = format!("{} {}", command.name, command.arguments);
        commands.extend(entry((name.trim_end(), Role::Key), command.about, columns, theme));
    }
    blocks.push(commands);
    let mut signs = block("Signs");
    for (sign, role, meaning) in SIGNS {
        signs.extend(entry((sign, role), meaning, columns, theme));
    }
    blocks.push(signs);
    let mut modes = block("Modes: who answers, and from what");
    for (mode, meaning) in MODES {
        modes.extend(entry((mode, Role::StatusMode), meaning, columns, theme));
    }
    blocks.push(modes);
    blocks
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

    #[test]
    fn every_action_command_and_sign_is_explained_at_every_width() {
        for columns in [20, 36, 76, 110] {
            let text = text_of(columns);
            let words: Vec<&str> = text.split_whitespace().collect();
            let flat = words.join(" ");
            if columns < TWO {
                for action in Action::ALL {
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
        let to = |now, by| scroll(now, &state, screen, by);
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
