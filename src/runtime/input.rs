//! What comes from the terminal, in the application's own words.
//!
//! [`Key::normal`] makes one key of those that most terminals can't tell
//! apart; here are only the differences between crossterm's keys and ours.

use crate::app::key::{Key, KeyCode};
use crossterm::event::{
    self, Event, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

/// Something that came from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed, or repeats while it is held.
    Key(Key),
    /// Text was pasted; its lines end with line feeds, and tabs are the only
    /// other control characters left.
    Paste(String),
    /// The terminal has this size now.
    Resize {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
    /// The mouse did something.
    Mouse(MouseInput),
}

/// What the mouse did, and where, from 0 at the upper left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseInput {
    /// The wheel was turned away from the user.
    ScrollUp {
        /// Column of the pointer.
        column: u16,
        /// Row of the pointer.
        row: u16,
    },
    /// The wheel was turned towards the user.
    ScrollDown {
        /// Column of the pointer.
        column: u16,
        /// Row of the pointer.
        row: u16,
    },
    /// The left button was pressed.
    Click {
        /// Column of the pointer.
        column: u16,
        /// Row of the pointer.
        row: u16,
    },
}

/// What an event of crossterm's means; `None` for those that mean nothing
/// here, such as a key that is let go.
#[must_use]
pub fn translate(event: Event) -> Option<Input> {
    match event {
        Event::Key(event) => key(event).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(pasted(&text))),
        Event::Resize(columns, rows) => Some(Input::Resize { columns, rows }),
        Event::Mouse(event) => mouse(event).map(Input::Mouse),
        Event::FocusGained | Event::FocusLost => None,
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release
        || event.modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER)
    {
        return None;
    }
    let mut key = Key {
        code: KeyCode::Esc,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        alt: event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::META),
        shift: event.modifiers.contains(KeyModifiers::SHIFT),
    };
    key.code = match event.code {
        // In raw mode a line feed is Control and `j`, which crossterm says
        // itself, except of those that come encoded as numbers.
        event::KeyCode::Char('\n') => {
            key.ctrl = true;
            KeyCode::Char('j')
        }
        event::KeyCode::Char('\r') => KeyCode::Enter,
        event::KeyCode::Char('\t') => KeyCode::Tab,
        event::KeyCode::Char('\x08') => {
            key.ctrl = true;
            KeyCode::Char('h')
        }
        event::KeyCode::Char(c) if c.is_control() => return None,
        event::KeyCode::Char(c) => KeyCode::Char(c),
        event::KeyCode::Null => {
            key.ctrl = true;
            KeyCode::Char(' ')
        }
        event::KeyCode::Enter => KeyCode::Enter,
        event::KeyCode::Esc => KeyCode::Esc,
        event::KeyCode::Tab => KeyCode::Tab,
        event::KeyCode::BackTab => KeyCode::BackTab,
        event::KeyCode::Backspace => KeyCode::Backspace,
        event::KeyCode::Delete => KeyCode::Delete,
        event::KeyCode::Insert => KeyCode::Insert,
        event::KeyCode::Home => KeyCode::Home,
        event::KeyCode::End => KeyCode::End,
        event::KeyCode::PageUp => KeyCode::PageUp,
        event::KeyCode::PageDown => KeyCode::PageDown,
        event::KeyCode::Up => KeyCode::Up,
        event::KeyCode::Down => KeyCode::Down,
        event::KeyCode::Left => KeyCode::Left,
        event::KeyCode::Right => KeyCode::Right,
        event::KeyCode::F(number) => KeyCode::F(number),
        _ => return None,
    };
    // Most terminals don't tell Shift with these, and it is held by accident.
    if matches!(key.code, KeyCode::Backspace | KeyCode::Esc) {
        key.shift = false;
    }
    Some(key.normal())
}

/// Terminals end the lines of pasted text with carriage returns. Its control
/// characters are nothing that anybody meant to type.
fn pasted(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.retain(|c| matches!(c, '\n' | '\t') || !c.is_control());
    text
}

fn mouse(event: MouseEvent) -> Option<MouseInput> {
    let MouseEvent { column, row, .. } = event;
    match event.kind {
        MouseEventKind::ScrollUp => Some(MouseInput::ScrollUp { column, row }),
        MouseEventKind::ScrollDown => Some(MouseInput::ScrollDown { column, row }),
        MouseEventKind::Down(MouseButton::Left) => Some(MouseInput::Click { column, row }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(code: event::KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        match translate(Event::Key(KeyEvent::new(code, modifiers))) {
            Some(Input::Key(key)) => Some(key),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_are_those_that_the_keymap_names() {
        use event::KeyCode as Code;
        let none = KeyModifiers::NONE;
        let control = KeyModifiers::CONTROL;
        let shift = KeyModifiers::SHIFT;
        let alt = KeyModifiers::ALT;
        for (code, modifiers, name) in [
            (Code::Char('a'), none, "a"),
            (Code::Char('A'), shift, "A"),
            (Code::Char('a'), shift, "A"),
            (Code::Char('?'), shift, "?"),
            (Code::Char('é'), none, "é"),
            (Code::Char(' '), none, "space"),
            (Code::Char('p'), control, "ctrl-p"),
            (Code::Char('P'), control | shift, "ctrl-p"),
            (Code::Char('u'), alt, "alt-u"),
            // Line feed, as Ctrl+J sends it; carriage return, as Enter does.
            (Code::Char('j'), control, "ctrl-j"),
            (Code::Char('\n'), none, "ctrl-j"),
            (Code::Enter, none, "enter"),
            (Code::Enter, alt, "alt-enter"),
            (Code::Char('m'), control, "enter"),
            // Backspace of most terminals, and of some others.
            (Code::Backspace, none, "backspace"),
            (Code::Backspace, shift, "backspace"),
            (Code::Backspace, alt, "alt-backspace"),
            (Code::Char('h'), control, "ctrl-h"),
            (Code::Char('\x08'), none, "ctrl-h"),
            // 0x1C to 0x1F, as crossterm calls them.
            (Code::Char('4'), control, "ctrl-\\"),
            (Code::Char('5'), control, "ctrl-]"),
            (Code::Char('6'), control, "ctrl-^"),
            (Code::Char('7'), control, "ctrl-_"),
            // 0x00.
            (Code::Char(' '), control, "ctrl-space"),
            (Code::Null, none, "ctrl-space"),
            (Code::Tab, none, "tab"),
            (Code::BackTab, shift, "shift-tab"),
            (Code::Tab, shift, "shift-tab"),
            (Code::Esc, none, "esc"),
            (Code::Esc, alt, "esc"),
            (Code::Left, control, "ctrl-left"),
            (Code::Up, shift, "shift-up"),
            (Code::PageDown, none, "pagedown"),
            (Code::F(5), none, "f5"),
        ] {
            let key = pressed(code, modifiers).unwrap();
            assert_eq!(key, name.parse::<Key>().unwrap(), "{code:?} with {modifiers:?}");
        }
    }

    #[test]
    fn what_means_nothing_is_left_out() {
        use event::KeyCode as Code;
        assert_eq!(pressed(Code::CapsLock, KeyModifiers::NONE), None);
        assert_eq!(pressed(Code::Char('c'), KeyModifiers::SUPER), None);
        assert_eq!(pressed(Code::Char('\x1b'), KeyModifiers::NONE), None);
        let kind = |kind| {
            let event = KeyEvent::new_with_kind(Code::Char('a'), KeyModifiers::NONE, kind);
            translate(Event::Key(event)).is_some()
        };
        assert!(kind(KeyEventKind::Press) && kind(KeyEventKind::Repeat));
        assert!(!kind(KeyEventKind::Release));
        assert_eq!(translate(Event::FocusGained), None);
    }

    #[test]
    fn pasted_text_has_line_feeds_and_no_controls() {
        let paste = |text: &str| translate(Event::Paste(text.to_owned()));
        assert_eq!(paste("a\rb\r\nc\nd\te"), Some(Input::Paste("a\nb\nc\nd\te".to_owned())));
        assert_eq!(paste("\x1b[2Ja\u{9b}\x7f日"), Some(Input::Paste("[2Ja日".to_owned())));
    }

    #[test]
    fn mouse_and_size_are_told() {
        let mouse = |kind| {
            translate(Event::Mouse(MouseEvent {
                kind,
                column: 3,
                row: 4,
                modifiers: KeyModifiers::NONE,
            }))
        };
        let at = |input| Some(Input::Mouse(input));
        let (column, row) = (3, 4);
        assert_eq!(mouse(MouseEventKind::ScrollUp), at(MouseInput::ScrollUp { column, row }));
        assert_eq!(mouse(MouseEventKind::ScrollDown), at(MouseInput::ScrollDown { column, row }));
        let left = MouseEventKind::Down(MouseButton::Left);
        assert_eq!(mouse(left), at(MouseInput::Click { column, row }));
        assert_eq!(mouse(MouseEventKind::Down(MouseButton::Right)), None);
        assert_eq!(mouse(MouseEventKind::Moved), None);
        assert_eq!(
            translate(Event::Resize(120, 40)),
            Some(Input::Resize { columns: 120, rows: 40 })
        );
    }
}
