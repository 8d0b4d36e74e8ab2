//! The first page of the help on a wide screen: what is needed most, in three
//! columns, each key as it is bound.

use super::super::super::text;
use super::super::super::theme::{Role, Theme};
use super::super::canvas::role_style;
use crate::app::command::COMMANDS;
use crate::app::keymap::{Keymap, Layer};
use crate::app::{Action, State};
use ratatui::text::{Line, Span};

/// Columns from which there is a first page.
pub(super) const LEAST: u16 = 96;
/// Columns between its columns.
const GAP: u16 = 3;
/// Columns of the keys.
const KEYS: usize = 10;

/// Keys that are told together, and what they do.
type Row = (Layer, &'static [Action], &'static str);

/// The parts of the page.
fn parts() -> Vec<(&'static str, Vec<Row>)> {
    use Action as A;
    use Layer as L;
    let row = |layer, actions, about| -> Row { (layer, actions, about) };
    vec![
        (
            "Ask",
            vec![
                row(L::Input, &[A::Send], "send the question"),
                row(L::Input, &[A::InsertNewline], "break the line"),
                row(L::Input, &[A::Up, A::Down], "earlier questions"),
                row(L::Input, &[A::Close], "cancel, take away"),
                row(L::Conversation, &[A::Regenerate], "answer again"),
                row(L::Conversation, &[A::EditQuestion], "edit the question"),
                row(L::Conversation, &[A::PreviousBranch, A::NextBranch], "its branches"),
                row(L::Conversation, &[A::ContinueAnswer], "go on where it was cut"),
            ],
        ),
        (
            "How it answers",
            vec![
                row(L::Input, &[A::CycleMode], "next mode"),
                row(L::Input, &[A::ToggleQuote], "quote mode"),
                row(L::Conversation, &[A::ChooseModel], "choose a model"),
                row(L::Conversation, &[A::ChooseAdapter], "choose an adapter"),
                row(L::Conversation, &[A::Compare], "compare the modes"),
                row(L::Conversation, &[A::Tune], "train an adapter"),
                row(
                    L::Conversation,
                    &[A::ToggleThought, A::ShowPrompt],
                    "its thoughts, its prompt",
                ),
            ],
        ),
        (
            "Sources and citations",
            vec![
                row(L::Conversation, &[A::NextCitation, A::PreviousCitation], "citations"),
                row(L::Conversation, &[A::Open], "open at the sentence"),
                row(L::Sources, &[A::OpenEditor], "open in your editor"),
                row(L::Sources, &[A::Pin, A::Exclude], "pin, exclude a source"),
                row(L::Sources, &[A::AnswerAgain], "answer from just these"),
                row(L::Conversation, &[A::CopyAnswer], "copy the answer"),
                row(L::Conversation, &[A::MarkGood], "mark it as good"),
                row(L::Conversation, &[A::CopyCitation, A::CopyCode], "copy quote, code"),
                row(L::Conversation, &[A::SaveCopied], "save what was copied"),
            ],
        ),
        (
            "Move",
            vec![
                row(L::Conversation, &[A::FocusNext], "next pane"),
                row(L::Conversation, &[A::FocusInput], "to the input"),
                row(L::Stats, &[A::FocusConversation, A::FocusSources, A::FocusStats], "to a pane"),
                row(L::Conversation, &[A::Up, A::Down], "by a line"),
                row(L::Conversation, &[A::PageUp, A::PageDown], "by a page"),
                row(L::Conversation, &[A::Top, A::Bottom], "to the ends"),
                row(L::Conversation, &[A::PreviousTurn, A::NextTurn], "by a question"),
            ],
        ),
        (
            "Sessions and screen",
            vec![
                row(L::Input, &[A::Sessions], "list and search them"),
                row(L::Input, &[A::CommandPalette], "every action"),
                row(L::Conversation, &[A::ChooseTheme], "choose a theme"),
                row(L::Conversation, &[A::ToggleSources, A::ToggleStats], "hide panes"),
                row(L::Conversation, &[A::GrowPane, A::ShrinkPane], "size of a pane"),
                row(L::Conversation, &[A::Quit], "quit"),
            ],
        ),
    ]
}

/// The signs that answers and sources bear.
const SIGNS: [(&str, Role, &str); 7] = [
    ("[1] ✓", Role::Supported, "word for word"),
    ("[1] ?", Role::Likely, "nearly the same"),
    ("[1] ✗", Role::Unsupported, "not in the source"),
    ("[1]°", Role::Citation, "found, not cited"),
    ("●", Role::Cited, "the answer cites it"),
    ("stale", Role::Warning, "the file changed since"),
    ("gone", Role::Warning, "the file is not there"),
];

/// The modes.
const MODES: [(&str, &str); 4] = [
    ("rag", "from sources"),
    ("base", "by the model alone"),
    ("adapter", "with an adapter alone"),
    ("hybrid", "sources and adapter"),
];

/// The page at this width.
pub(super) fn lines(state: &State, theme: &Theme, columns: u16) -> Vec<Line<'static>> {
    let width = (columns.saturating_sub(2 * GAP)) / 3;
    let blocks = blocks(&state.keymap, theme, width);
    let heights: Vec<usize> = blocks.iter().map(|block| block.len() + 1).collect();
    let height = |from: usize, to: usize| heights.iter().take(to).skip(from).sum::<usize>();
    let count = blocks.len();
    let splits = (0..=count).flat_map(|first| (first..=count).map(move |second| (first, second)));
    let tallest = |&(first, second): &(usize, usize)| {
        height(0, first).max(height(first, second)).max(height(second, count))
    };
    let (first, second) = splits.min_by_key(tallest).unwrap_or((0, 0));
    let column = |from: usize, to: usize| -> Vec<Line<'static>> {
        let part = blocks.iter().take(to).skip(from);
        part.flat_map(|block| block.iter().cloned().chain([Line::default()])).collect()
    };
    let all = [column(0, first), column(first, second), column(second, count)];
    let rows = all.iter().map(Vec::len).max().unwrap_or(0);
    let mut lines: Vec<Line<'static>> = Vec::new();
    for row in 0..rows {
        let mut line = Line::default();
        for (place, column) in all.iter().enumerate() {
            let start = place * usize::from(width + GAP);
            let Some(part) = column.get(row) else { continue };
            let gap = start.saturating_sub(width_of(&line));
            line.push_span(Span::raw(" ".repeat(gap)));
            line.spans.extend(part.spans.iter().cloned());
        }
        lines.push(line);
    }
    while lines.last().is_some_and(|line| line.to_string().trim().is_empty()) {
        lines.pop();
    }
    lines
}

fn blocks(keymap: &Keymap, theme: &Theme, width: u16) -> Vec<Vec<Line<'static>>> {
    let heading =
        |title: &str| Line::from(Span::styled(title.to_owned(), theme.style(Role::Heading)));
    let entry = |term: &str, role: Role, about: &str| {
        let room = usize::from(width).saturating_sub(KEYS);
        let gap = " ".repeat(KEYS.saturating_sub(text::width(term)).max(1));
        let about = text::truncate(about, room).into_owned();
        Line::from(vec![
            Span::styled(term.to_owned(), role_style(theme, role)),
            Span::raw(gap),
            Span::styled(about, role_style(theme, Role::Text)),
        ])
    };
    let mut blocks: Vec<Vec<Line<'static>>> = Vec::new();
    for (title, rows) in parts() {
        let mut block = vec![heading(title)];
        for (layer, actions, about) in rows {
            let keys: Option<Vec<String>> =
                actions.iter().map(|action| keymap.hint(layer, *action)).collect();
            if let Some(keys) = keys {
                block.push(entry(&keys.join(" "), Role::Key, about));
            }
        }
        blocks.push(block);
    }
    let mut signs = vec![heading("Signs")];
    signs.extend(SIGNS.map(|(sign, role, about)| entry(sign, role, about)));
    blocks.push(signs);
    let mut modes = vec![heading("Modes")];
    modes.extend(MODES.map(|(mode, about)| entry(mode, Role::StatusMode, about)));
    blocks.push(modes);
    let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
    let names = Span::styled(names.join(" "), theme.style(Role::Key));
    let mut commands = vec![heading("Commands in the input")];
    commands.extend(text::wrap_spans(vec![names], width, "", ""));
    blocks.push(commands);
    blocks
}

/// Columns that a line takes.
pub(super) fn width_of(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| text::width(&span.content)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixtures;

    #[test]
    fn the_first_page_fits_a_screen_of_120_by_36() {
        let lines = lines(&fixtures::empty(), &Theme::default(), 108);
        // Two rows say how to go on; the popup has 30.
        assert!(lines.len() <= 27, "{}", lines.len());
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        for part in ["Ctrl+G", "n N", "{ }", "✗", "hybrid", "/collection", "quote mode"] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(!text.contains('…'), "nothing is cut:\n{text}");
        for line in &lines {
            assert!(width_of(line) <= 108, "{line}");
        }
    }
}
