//! The text editor of the input and of the popups: `ratatui-textarea` behind
//! plain operations, so that `app` needs no terminal library. The text can be
//! drawn through [`Editor::area`].

use ratatui_textarea::{CursorMove, TextArea, WrapMode};

/// A text being edited.
#[derive(Clone, Debug)]
pub struct Editor {
    area: TextArea<'static>,
}

/// A change or movement, as `app` asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Left one character.
    Left,
    /// Right one character.
    Right,
    /// Up one line.
    Up,
    /// Down one line.
    Down,
    /// Left one word.
    WordLeft,
    /// Right one word.
    WordRight,
    /// To the beginning of the line.
    LineStart,
    /// To the end of the line.
    LineEnd,
    /// To the beginning of the text.
    TextStart,
    /// To the end of the text.
    TextEnd,
    /// Break the line.
    Newline,
    /// Delete the character before the cursor.
    DeleteLeft,
    /// Delete the character under the cursor.
    DeleteRight,
    /// Delete the word before the cursor.
    DeleteWordLeft,
    /// Delete the word behind the cursor.
    DeleteWordRight,
    /// Delete to the beginning of the line.
    DeleteLineStart,
    /// Delete to the end of the line.
    DeleteLineEnd,
    /// Put back what was deleted last.
    Yank,
    /// Undo.
    Undo,
    /// Redo.
    Redo,
}

impl Default for Editor {
    fn default() -> Self {
        Self::new("")
    }
}

impl Editor {
    /// An editor that holds `text`, with the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let lines = text.split('\n').map(|line| line.replace('\r', "")).collect();
        let mut area = TextArea::new(lines);
        area.set_cursor_line_style(ratatui_textarea_style());
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        Self { area }
    }

    /// The widget, to be drawn.
    #[must_use]
    pub fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.area.lines()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Line and character of the cursor, from 0.
    #[must_use]
    pub fn cursor(&self) -> (usize, usize) {
        let cursor = self.area.cursor();
        (cursor.0, cursor.1)
    }

    /// Whether the cursor is on the first line.
    #[must_use]
    pub fn on_first_line(&self) -> bool {
        self.cursor().0 == 0
    }

    /// Whether the cursor is on the last line.
    #[must_use]
    pub fn on_last_line(&self) -> bool {
        self.cursor().0 + 1 >= self.lines().len()
    }

    /// Puts text at the cursor, as typing or pasting does; one step of undo.
    pub fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.area.insert_str(text);
    }

    /// Replaces everything; can be undone.
    pub fn set(&mut self, text: &str) {
        if self.text() != text {
            // What the user deleted last stays what is put back.
            let yank = self.area.yank_text();
            self.area.select_all();
            self.area.cut();
            self.area.set_yank_text(yank);
            self.insert(text);
        }
    }

    /// An empty editor that can put back what was deleted last in this one.
    #[must_use]
    pub fn emptied(&self) -> Self {
        let mut empty = Self::default();
        empty.area.set_yank_text(self.area.yank_text());
        empty
    }

    /// Does one edit; says whether anything could be done.
    pub fn edit(&mut self, edit: Edit) -> bool {
        let before = self.cursor();
        let moved = |editor: &mut Self, to: CursorMove| {
            editor.area.move_cursor(to);
            editor.cursor() != before
        };
        match edit {
            Edit::Left => moved(self, CursorMove::Back),
            Edit::Right => moved(self, CursorMove::Forward),
            Edit::Up => moved(self, CursorMove::Up),
            Edit::Down => moved(self, CursorMove::Down),
            Edit::WordLeft => moved(self, CursorMove::WordBack),
            Edit::WordRight => moved(self, CursorMove::WordForward),
            Edit::LineStart => moved(self, CursorMove::Head),
            Edit::LineEnd => moved(self, CursorMove::End),
            Edit::TextStart => {
                self.area.move_cursor(CursorMove::Top);
                moved(self, CursorMove::Head)
            }
            Edit::TextEnd => {
                self.area.move_cursor(CursorMove::Bottom);
                moved(self, CursorMove::End)
            }
            Edit::Newline => {
                self.area.insert_newline();
                true
            }
            Edit::DeleteLeft => self.area.delete_char(),
            Edit::DeleteRight => self.area.delete_next_char(),
            Edit::DeleteWordLeft => self.area.delete_word(),
            Edit::DeleteWordRight => self.area.delete_next_word(),
            Edit::DeleteLineStart => self.area.delete_line_by_head(),
            Edit::DeleteLineEnd => self.area.delete_line_by_end(),
            Edit::Yank => self.area.paste(),
            Edit::Undo => self.area.undo(),
            Edit::Redo => self.area.redo(),
        }
    }
}

/// The widget underlines the cursor's line unless told otherwise.
fn ratatui_textarea_style() -> ratatui::style::Style {
    ratatui::style::Style::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_deleted_put_back_and_undone() {
        let mut editor = Editor::new("how do I");
        assert!(editor.edit(Edit::DeleteWordLeft));
        assert_eq!(editor.text(), "how do ");
        editor.edit(Edit::Yank);
        assert_eq!(editor.text(), "how do I");
        editor.edit(Edit::Undo);
        editor.edit(Edit::Undo);
        assert_eq!(editor.text(), "how do I");
        editor.edit(Edit::Redo);
        assert_eq!(editor.text(), "how do ");
    }

    #[test]
    fn what_was_deleted_can_be_put_back_after_a_replacement() {
        let mut editor = Editor::new("alpha beta");
        editor.edit(Edit::DeleteWordLeft);
        editor.set("other ");
        editor.edit(Edit::Yank);
        assert_eq!(editor.text(), "other beta");
        let mut next = editor.emptied();
        next.edit(Edit::Yank);
        assert_eq!(next.text(), "beta");
    }

    #[test]
    fn the_beginning_and_the_end_of_a_text_are_one_edit_away() {
        let mut editor = Editor::new("first\nsecond\nthird");
        assert!(editor.edit(Edit::TextStart));
        assert_eq!(editor.cursor(), (0, 0));
        assert!(!editor.edit(Edit::TextStart));
        assert!(editor.edit(Edit::TextEnd));
        assert_eq!(editor.cursor(), (2, 5));
        assert!(!editor.edit(Edit::TextEnd));
    }

    #[test]
    fn pasted_text_keeps_its_lines() {
        let mut editor = Editor::default();
        editor.insert("a\r\nb\rc");
        assert_eq!(editor.lines(), ["a", "b", "c"]);
        assert!(editor.on_last_line() && !editor.on_first_line());
        assert!(!editor.edit(Edit::Down));
        editor.set("日本");
        assert_eq!((editor.text().as_str(), editor.cursor()), ("日本", (0, 2)));
        editor.edit(Edit::Undo);
        editor.edit(Edit::Undo);
        assert_eq!(editor.text(), "a\nb\nc");
    }
}
