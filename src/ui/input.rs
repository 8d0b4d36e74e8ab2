//! The input: its text, the cursor for the terminal, and the completions of a
//! command.
//!
//! The text is laid out by `ratatui-textarea`. The widget is kept between
//! frames, so that a long text is wrapped anew only when it changes; the state
//! itself is never drawn through, since drawing changes the widget.

use super::areas::Areas;
use super::frame::pane_block;
use super::text;
use super::theme::{Role, Theme};
use crate::app::State;
use crate::app::state::{Completion, Focus, Input};
use crate::domain::{acts, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

/// What stands in the empty input.
const PLACEHOLDER: &str = "Ask about your documents, or / for commands";
/// The same where there is little room.
const SHORT_PLACEHOLDER: &str = "Ask, or / for commands";
/// Completions that are shown at once.
const COMPLETIONS: usize = 8;

/// The input as it was laid out last.
pub struct InputView {
    lines: Vec<String>,
    columns: u16,
    rows: u16,
    area: TextArea<'static>,
    /// The topmost row before the text changed, until the next drawing.
    top: Option<u16>,
}

impl Default for InputView {
    fn default() -> Self {
        Self {
            lines: vec![String::new()],
            columns: 0,
            rows: 1,
            area: TextArea::default(),
            top: None,
        }
    }
}

impl InputView {
    /// How many rows the text takes at this width, at least 1.
    pub fn rows(&mut self, input: &Input, columns: u16) -> u16 {
        let lines = input.editor.lines();
        if self.columns != columns || self.lines != lines {
            let top = self.area.scroll_offset().0;
            self.lines = lines.to_vec();
            self.columns = columns;
            self.area = TextArea::new(lines.iter().map(|line| drawable(line)).collect());
            self.area.set_wrap_mode(WrapMode::WordOrGlyph);
            self.area.set_cursor_line_style(Style::default());
            // The terminal's own cursor is shown, where input methods look.
            self.area.set_cursor_style(Style::default());
            // The widget learns its width by being drawn.
            let scratch = Rect::new(0, 0, columns.max(1), 1);
            (&self.area).render(scratch, &mut Buffer::empty(scratch));
            self.area.move_cursor(CursorMove::Jump(u16::MAX, u16::MAX));
            let rows = self.area.screen_cursor().row.saturating_add(1);
            self.rows = u16::try_from(rows).unwrap_or(u16::MAX);
            self.top = Some(top);
        }
        self.rows
    }

    /// Draws the input; says where the cursor is.
    pub fn render(
        &mut self,
        state: &State,
        theme: &Theme,
        areas: &Areas,
        buffer: &mut Buffer,
    ) -> Option<Position> {
        let focused = state.popups.is_empty() && state.focus == Focus::Input;
        self.render_frame(state, theme, areas, focused, buffer);
        let rect = areas.input_text.intersection(buffer.area);
        if rect.is_empty() {
            return None;
        }
        if state.input.is_empty() {
            let fits = text::width(PLACEHOLDER) <= usize::from(rect.width);
            let placeholder = if fits { PLACEHOLDER } else { SHORT_PLACEHOLDER };
            let style = theme.style(Role::Placeholder);
            buffer.set_stringn(rect.x, rect.y, placeholder, usize::from(rect.width), style);
            return Some(rect.as_position());
        }
        self.rows(&state.input, rect.width);
        if let Some(top) = self.top.take() {
            // What was on top stays there, as long as no row below is blank.
            let top = top.min(self.rows.saturating_sub(rect.height));
            self.area.scroll((i16::try_from(top).unwrap_or(0), 0_i16));
        }
        let (line, column) = state.input.editor.cursor();
        let short = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        self.area.move_cursor(CursorMove::Jump(short(line), short(column)));
        self.area.set_style(theme.style(Role::Input));
        (&self.area).render(rect, buffer);
        let cursor = self.area.screen_cursor();
        let row = cursor.row.saturating_sub(usize::from(self.area.scroll_offset().0));
        let at = Position::new(
            rect.x + short(cursor.col).min(rect.width),
            rect.y + short(row).min(rect.height - 1),
        );
        Some(at)
    }

    fn render_frame(
        &self,
        state: &State,
        theme: &Theme,
        areas: &Areas,
        focused: bool,
        buffer: &mut Buffer,
    ) {
        let title = match state.input.editing {
            Some(turn) => {
                let number = state.conversation.place(turn).map_or(turn, |place| place as u64 + 1);
                format!("editing question {number}")
            }
            None => String::new(),
        };
        if areas.input_framed {
            pane_block(&title, focused, theme).render(areas.input, buffer);
            return;
        }
        let role = match (&state.input.editing, focused) {
            (Some(_), _) => Role::Warning,
            (None, true) => Role::TitleFocused,
            (None, false) => Role::Dim,
        };
        let prompt = areas.input.intersection(buffer.area);
        if !prompt.is_empty() {
            let sign = if state.input.editing.is_some() { "✎" } else { "›" };
            buffer.set_stringn(prompt.x, prompt.y, sign, 2, theme.style(role));
        }
    }
}

/// Draws the completions above the input.
pub fn render_completion(
    completion: &Completion,
    theme: &Theme,
    areas: &Areas,
    buffer: &mut Buffer,
) {
    let room = usize::from(areas.input.y);
    // Frame, and one row of the pane above.
    let shown = completion.candidates.len().min(COMPLETIONS).min(room.saturating_sub(3));
    if shown == 0 {
        return;
    }
    let name_columns = longest(completion.candidates.iter().map(|(name, _)| name.as_str()));
    let about_columns = longest(completion.candidates.iter().map(|(_, about)| about.as_str()));
    let wanted = name_columns + about_columns + 6;
    let columns = wanted.min(usize::from(areas.input.width));
    let area = Rect {
        x: areas.input.x,
        y: areas.input.y.saturating_sub(shown as u16 + 2),
        width: columns as u16,
        height: shown as u16 + 2,
    }
    .intersection(buffer.area);
    let block = pane_block("", true, theme);
    let inner = block.inner(area);
    Clear.render(area, buffer);
    buffer.set_style(area, theme.style(Role::Text));
    buffer.set_style(area, theme.style(Role::Popup));
    block.render(area, buffer);

    // The selected one stays in sight.
    let first = (completion.selected + 1).saturating_sub(shown);
    let rows = inner.rows().zip(completion.candidates.iter().enumerate().skip(first));
    for (row, (place, (name, about))) in rows {
        let selected = place == completion.selected;
        let width = usize::from(row.width).saturating_sub(1);
        let style = |role| theme.style(if selected { Role::Selected } else { role });
        if selected {
            buffer.set_style(row, theme.style(Role::Selected));
        }
        let name = visible(name);
        let name = text::truncate(&name, width);
        buffer.set_stringn(row.x + 1, row.y, &name, width, style(Role::Key));
        let left = name_columns + 2;
        let about = visible(about);
        let about = text::truncate(&about, width.saturating_sub(left));
        if !about.is_empty() && left < width {
            let x = row.x + 1 + left as u16;
            buffer.set_stringn(x, row.y, &about, width - left, style(Role::Dim));
        }
    }
}

fn longest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text::width(&visible(text))).max().unwrap_or(0)
}

/// The line with one visible character for each that acts on the terminal, so
/// that the cursor's column stays the same.
fn drawable(line: &str) -> String {
    let stand_in = |c: char| match u32::from(c) {
        _ if !acts(c) => c,
        code @ 0..=0x1F => char::from_u32(0x2400 + code).unwrap_or('\u{FFFD}'),
        0x7F => '\u{2421}',
        _ => '\u{FFFD}',
    };
    line.chars().map(stand_in).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::Size;
    use crate::editor::{Edit, Editor};
    use crate::ui::fixtures;
    use ratatui::Terminal;
    use ratatui::backend::{Backend, TestBackend};

    fn typed(text: &str) -> State {
        let mut state = fixtures::empty();
        state.input.editor = Editor::new(text);
        state
    }

    fn cursor(state: &State, columns: u16, rows: u16) -> (u16, u16) {
        let mut state = state.clone();
        state.size = Size { columns, rows };
        let mut ui = crate::ui::Ui::new(Theme::default());
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| ui.draw(&state, frame)).unwrap();
        let position = terminal.backend_mut().get_cursor_position().unwrap();
        (position.x, position.y)
    }

    #[test]
    fn the_cursor_stands_where_the_next_character_goes() {
        assert_eq!(cursor(&typed(""), 80, 24), (2, 21));
        assert_eq!(cursor(&typed("ab"), 80, 24), (4, 21));
        assert_eq!(cursor(&typed("日本"), 80, 24), (6, 21));
        assert_eq!(cursor(&typed("a\nbc"), 80, 24), (4, 21));
        assert_eq!(cursor(&typed("ab"), 40, 12), (4, 10));
        let mut state = typed("日本");
        state.input.editor.edit(Edit::Left);
        assert_eq!(cursor(&state, 80, 24), (4, 21));
    }

    #[test]
    fn the_cursor_goes_behind_a_full_line() {
        let columns =
            usize::from(super::super::areas::input_columns(Size { columns: 80, rows: 24 }));
        let (x, y) = cursor(&typed(&"x".repeat(columns)), 80, 24);
        assert!(x < 79 && y == 21, "{x} {y}");
    }

    #[test]
    fn long_text_is_wrapped_and_bounded() {
        let mut view = InputView::default();
        let input = Input { editor: Editor::new(&"word ".repeat(20)), ..Input::default() };
        assert!(view.rows(&input, 20) >= 5);
        assert_eq!(view.rows(&Input::default(), 20), 1);
        let text = fixtures::draw(&typed(&"zzyx\n".repeat(50)), 80, 24);
        assert_eq!(text.matches("zzyx").count(), 5, "{text}");
    }

    #[test]
    fn moving_up_keeps_the_rows_in_place() {
        let mut state = typed(&(0..12).map(|n| format!("r{n}")).collect::<Vec<_>>().join("\n"));
        let mut ui = crate::ui::Ui::new(Theme::default());
        let before = fixtures::text(&fixtures::screen_of(&mut ui, &state, 80, 24));
        assert!(before.contains("r11") && before.contains("r6") && !before.contains("r5"));
        state.input.editor.edit(Edit::Up);
        let after = fixtures::text(&fixtures::screen_of(&mut ui, &state, 80, 24));
        assert_eq!(before, after);
        state.input.editor.insert("x");
        let typed = fixtures::text(&fixtures::screen_of(&mut ui, &state, 80, 24));
        assert!(typed.contains("r11") && typed.contains("r6"), "{typed}");
    }

    #[test]
    fn pasted_escapes_are_shown() {
        let state = typed("a\x1b[31mb\u{202e}c");
        assert!(fixtures::draw(&state, 80, 24).contains("a␛[31mb\u{FFFD}c"));
        assert_eq!(cursor(&state, 80, 24), (11, 21));
    }

    #[test]
    fn the_selected_completion_is_in_sight() {
        let mut state = typed("/");
        let candidates = (0..19).map(|n| (format!("/c{n}"), "what it does".to_owned())).collect();
        state.input.completion = Some(Completion { candidates, selected: 15 });
        for (columns, rows) in [(120, 40), (80, 24), (40, 12)] {
            let text = fixtures::draw(&state, columns, rows);
            assert!(text.contains("/c15  what it does"), "{text}");
            assert!(!text.contains("/c0 "), "{text}");
        }
    }
}
