//! One line that is being typed, moved sideways so that the cursor is in
//! sight.

use super::super::text;
use crate::domain::visible;
use crate::editor::Editor;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// Draws the text of an editor into one row; says where the cursor is.
pub(super) fn render(
    editor: &Editor,
    style: Style,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return None;
    }
    let room = usize::from(area.width);
    let before = text::width(&drawable(&before_cursor(editor)));
    // One column is kept for the cursor behind the text.
    let skipped = (before + 1).saturating_sub(room);
    let text = editor.text();
    let text = drawable(&text);
    let mut column = 0;
    let mut shown = String::new();
    for cluster in text.graphemes(true) {
        let width = text::width(cluster);
        if column >= skipped {
            shown.push_str(cluster);
        } else {
            // What is cut in the middle leaves blanks.
            let seen = (column + width).saturating_sub(skipped);
            shown.push_str(&" ".repeat(seen));
        }
        column += width;
        if column >= skipped + room {
            break;
        }
    }
    buffer.set_stringn(area.x, area.y, &shown, room, style);
    let x = u16::try_from(before - skipped).unwrap_or(area.width).min(area.width - 1);
    Some(Position::new(area.x + x, area.y))
}

/// The text before the cursor.
fn before_cursor(editor: &Editor) -> String {
    let (line, column) = editor.cursor();
    let mut before: String =
        editor.lines().iter().take(line).map(|line| format!("{line}\n")).collect();
    before.extend(editor.lines().get(line).into_iter().flat_map(|line| line.chars()).take(column));
    before
}

/// The text on one line, without what acts on a terminal.
fn drawable(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if text.contains(['\n', '\t']) { Cow::Owned(text.replace(['\n', '\t'], " ")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::editor::Edit;
    use crate::ui::fixtures;

    fn drawn(editor: &Editor, columns: u16) -> (String, u16) {
        let mut cursor = None;
        let text = fixtures::pane(columns, 1, |area, buffer| {
            cursor = render(editor, Style::new(), area, buffer);
        });
        (text.trim_end_matches('\n').to_owned(), cursor.unwrap().x)
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let mut editor = Editor::new("abcdef");
        assert_eq!(drawn(&editor, 10), ("abcdef".into(), 6));
        assert_eq!(drawn(&editor, 6), ("bcdef".into(), 5));
        assert_eq!(drawn(&editor, 1), (String::new(), 0));
        editor.edit(Edit::LineStart);
        assert_eq!(drawn(&editor, 4), ("abcd".into(), 0));
        assert_eq!(drawn(&Editor::default(), 4), (String::new(), 0));
    }

    #[test]
    fn wide_characters_and_controls_count_by_their_columns() {
        let mut editor = Editor::new("日本語");
        assert_eq!(drawn(&editor, 10), ("日本語".into(), 6));
        assert_eq!(drawn(&editor, 6), (" 本語".into(), 5));
        editor.edit(Edit::Left);
        assert_eq!(drawn(&editor, 10).1, 4);
        let editor = Editor::new("a\u{1b}b\u{202e}");
        assert_eq!(drawn(&editor, 30), ("a␛b⟨U+202E⟩".into(), 11));
    }
}
