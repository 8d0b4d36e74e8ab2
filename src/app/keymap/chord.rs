//! Keys as a keymap file writes them (`ctrl-p`) and as the screen shows them
//! (`Ctrl+P`).
//!
//! Several keys arrive as the same bytes in most terminals. [`Key::normal`]
//! makes one key of them, so that a binding works however it is spelled.

use crate::app::key::{Key, KeyCode};
use crate::domain::{acts, likeliest};
use std::fmt;
use std::str::FromStr;

/// Names of the keys that type nothing, or are hard to read in a file. The
/// first name of a key is the one that is written.
const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("ins", KeyCode::Insert),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pgup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("pgdown", KeyCode::PageDown),
    ("pgdn", KeyCode::PageDown),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("space", KeyCode::Char(' ')),
    ("minus", KeyCode::Char('-')),
    ("plus", KeyCode::Char('+')),
];

/// The last function key that can be named.
const LAST_FUNCTION_KEY: u8 = 24;

/// Why a text names no key. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key is called so.
    #[error("unknown key {given:?}; {advice}")]
    Unknown {
        /// What was written.
        given: String,
        /// The nearest name, or what names there are.
        advice: String,
    },
    /// Shift and a character that is no letter.
    #[error(
        "{given:?}: what Shift makes of this depends on the keyboard; write the character that it types"
    )]
    Shifted {
        /// What was written.
        given: String,
    },
    /// Terminals take it for the beginning of something else.
    #[error("{given:?} never arrives: the sequences of other keys begin like it; use another key")]
    NeverArrives {
        /// What was written.
        given: String,
    },
}

impl Key {
    /// The key that stands for all that a terminal can't tell from this one.
    ///
    /// - Control and `i`, `m`, `[` or `3` are Tab, Enter and Escape.
    /// - Control and `2` or `@` are Control and Space; Control and `4` to `7`
    ///   are Control and `\`, `]`, `^`, `_`, and so is Control and `/`;
    ///   Control and `8` or `?` are Backspace.
    /// - Control and Backspace are Control and `h`, which some terminals send
    ///   for Backspace alone; the two are kept apart.
    /// - Control makes no difference between letters and capitals; Shift and
    ///   a letter are the capital; Shift and Tab are `BackTab`.
    /// - Alt and Escape are Escape.
    ///
    /// Shift or Control with Enter stay, since some terminals do tell them.
    #[must_use]
    pub fn normal(self) -> Self {
        let mut key = self;
        match key.code {
            KeyCode::Char(c) if key.shift => {
                key.code = KeyCode::Char(capital(c));
                key.shift = false;
            }
            KeyCode::Tab if key.shift => {
                key.code = KeyCode::BackTab;
                key.shift = false;
            }
            KeyCode::BackTab => key.shift = false,
            _ => {}
        }
        if key.ctrl {
            key = match key.code {
                KeyCode::Char(c) => with_control(c.to_ascii_lowercase(), key),
                KeyCode::Backspace => Self { code: KeyCode::Char('h'), shift: false, ..key },
                _ => key,
            };
        }
        if key.code == KeyCode::Esc {
            key.alt = false;
        }
        key
    }

    /// The key as the screen shows it: `Ctrl+P`, `Shift+Tab`, `PgUp`, `↑`.
    #[must_use]
    pub fn shown(self) -> String {
        let mut shift = self.shift;
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) if self.ctrl || self.alt => {
                shift |= c.is_uppercase() && !self.ctrl;
                capital(c).to_string()
            }
            KeyCode::Char(c) => c.to_string(),
            KeyCode::F(number) => format!("F{number}"),
            KeyCode::BackTab => {
                shift = true;
                "Tab".to_owned()
            }
            KeyCode::Enter => "Enter".to_owned(),
            KeyCode::Esc => "Esc".to_owned(),
            KeyCode::Tab => "Tab".to_owned(),
            KeyCode::Backspace => "Backspace".to_owned(),
            KeyCode::Delete => "Del".to_owned(),
            KeyCode::Insert => "Ins".to_owned(),
            KeyCode::Home => "Home".to_owned(),
            KeyCode::End => "End".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
        };
        let mut out = String::new();
        for (held, modifier) in [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (shift, "Shift+")] {
            if held {
                out.push_str(modifier);
            }
        }
        out.push_str(&name);
        out
    }
}

impl fmt::Display for Key {
    /// As a keymap file writes it: `ctrl-p`, `shift-tab`, `pageup`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (code, shift) = match self.code {
            KeyCode::BackTab => (KeyCode::Tab, true),
            code => (code, self.shift),
        };
        for (held, modifier) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (shift, "shift-")] {
            if held {
                formatter.write_str(modifier)?;
            }
        }
        match (NAMES.iter().find(|(_, named)| *named == code), code) {
            (Some((name, _)), _) => formatter.write_str(name),
            (None, KeyCode::Char(c)) => write!(formatter, "{c}"),
            (None, KeyCode::F(number)) => write!(formatter, "f{number}"),
            // Every other key has a name, as the tests check.
            (None, other) => write!(formatter, "{other:?}"),
        }
    }
}

impl FromStr for Key {
    type Err = KeyError;

    /// Reads a key, in its normal form. Names and modifiers may be written
    /// large or small, and `+` may stand for `-`, so that what the screen
    /// shows can be written too.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut name = text;
        loop {
            if !ctrl && let Some(rest) = behind("ctrl", name) {
                (ctrl, name) = (true, rest);
            } else if !alt && let Some(rest) = behind("alt", name) {
                (alt, name) = (true, rest);
            } else if !shift && let Some(rest) = behind("shift", name) {
                (shift, name) = (true, rest);
            } else {
                break;
            }
        }
        let code = named(name).ok_or_else(|| unknown(text, name))?;
        if let KeyCode::Char(c) = code
            && shift
            && c != ' '
            && !c.is_uppercase()
            && capital(c) == c
        {
            return Err(KeyError::Shifted { given: text.to_owned() });
        }
        let key = Self { code, ctrl, alt, shift }.normal();
        if never_arrives(key) {
            return Err(KeyError::NeverArrives { given: text.to_owned() });
        }
        Ok(key)
    }
}

/// Control and a character that is no capital.
fn with_control(c: char, key: Key) -> Key {
    let (code, ctrl) = match c {
        'i' => (KeyCode::Tab, false),
        'm' => (KeyCode::Enter, false),
        '[' | '3' => (KeyCode::Esc, false),
        '8' | '?' => (KeyCode::Backspace, false),
        '2' | '@' => (KeyCode::Char(' '), true),
        '4' => (KeyCode::Char('\\'), true),
        '5' => (KeyCode::Char(']'), true),
        '6' => (KeyCode::Char('^'), true),
        '7' | '/' => (KeyCode::Char('_'), true),
        c => (KeyCode::Char(c), true),
    };
    Key { code, ctrl, ..key }
}

/// Escape and one of these begin the sequences of arrows and function keys.
fn never_arrives(key: Key) -> bool {
    key.alt && !key.ctrl && matches!(key.code, KeyCode::Char('[' | 'O'))
}

/// What stands behind a modifier in `text`; `None` where nothing does.
fn behind<'a>(modifier: &str, text: &'a str) -> Option<&'a str> {
    let head = text.get(..modifier.len())?;
    let rest = text.get(modifier.len()..)?.strip_prefix(['-', '+'])?;
    (head.eq_ignore_ascii_case(modifier) && !rest.is_empty()).then_some(rest)
}

fn named(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        // Hints show the key, so it must be harmless there.
        return (!acts(c) && !c.is_control()).then_some(KeyCode::Char(c));
    }
    let name = name.to_lowercase();
    if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*code);
    }
    let number: u8 = name.strip_prefix('f')?.parse().ok()?;
    (1..=LAST_FUNCTION_KEY).contains(&number).then_some(KeyCode::F(number))
}

fn unknown(text: &str, name: &str) -> KeyError {
    let modifiers = text.strip_suffix(name).unwrap_or_default();
    let near = likeliest(&name.to_lowercase(), NAMES.iter().map(|(known, _)| *known));
    let advice = match near {
        Some(near) => format!("did you mean \"{modifiers}{near}\"?"),
        None => "write one character, or a name such as enter, pageup or f1, with ctrl-, alt- or shift- before it".to_owned(),
    };
    KeyError::Unknown { given: text.to_owned(), advice }
}

/// The capital of `c`; `c` itself where there is none, or more than one
/// character would be needed.
fn capital(c: char) -> char {
    let mut capitals = c.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    #[test]
    fn keys_are_read_written_and_shown() {
        for (given, written, shown) in [
            ("ctrl-p", "ctrl-p", "Ctrl+P"),
            ("Ctrl+P", "ctrl-p", "Ctrl+P"),
            ("CTRL-SHIFT-p", "ctrl-p", "Ctrl+P"),
            ("alt-enter", "alt-enter", "Alt+Enter"),
            ("alt-Return", "alt-enter", "Alt+Enter"),
            ("backtab", "shift-tab", "Shift+Tab"),
            ("shift-tab", "shift-tab", "Shift+Tab"),
            ("PageUp", "pageup", "PgUp"),
            ("pgdn", "pagedown", "PgDn"),
            ("del", "delete", "Del"),
            ("escape", "esc", "Esc"),
            ("?", "?", "?"),
            ("[", "[", "["),
            (" ", "space", "Space"),
            ("shift-space", "space", "Space"),
            ("-", "minus", "-"),
            ("ctrl--", "ctrl-minus", "Ctrl+-"),
            ("+", "plus", "+"),
            ("G", "G", "G"),
            ("shift-g", "G", "G"),
            ("shift-é", "É", "É"),
            ("alt-u", "alt-u", "Alt+U"),
            ("alt-shift-u", "alt-U", "Alt+Shift+U"),
            ("shift-up", "shift-up", "Shift+↑"),
            ("F12", "f12", "F12"),
            ("f", "f", "f"),
            ("日", "日", "日"),
        ] {
            let key = key(given);
            assert_eq!((key.to_string().as_str(), key.shown().as_str()), (written, shown));
        }
    }

    #[test]
    fn keys_that_arrive_as_one_are_one() {
        for (one, other) in [
            ("ctrl-i", "tab"),
            ("ctrl-m", "enter"),
            ("ctrl-[", "esc"),
            ("ctrl-3", "esc"),
            ("alt-esc", "esc"),
            ("ctrl-7", "ctrl-_"),
            ("ctrl-/", "ctrl-_"),
            ("ctrl-4", "ctrl-\\"),
            ("ctrl-5", "ctrl-]"),
            ("ctrl-6", "ctrl-^"),
            ("ctrl-@", "ctrl-space"),
            ("ctrl-8", "backspace"),
            ("ctrl-backspace", "ctrl-h"),
            ("alt-ctrl-i", "alt-tab"),
        ] {
            assert_eq!(key(one), key(other), "{one} and {other}");
        }
        for (one, other) in
            [("ctrl-j", "enter"), ("ctrl-h", "backspace"), ("shift-enter", "enter"), ("g", "G")]
        {
            assert_ne!(key(one), key(other), "{one} and {other}");
        }
        let pressed = Key { shift: true, ..Key::char('A') };
        assert_eq!(pressed.normal(), Key::char('A'));
    }

    #[test]
    fn what_is_no_key_is_told() {
        let error = |text: &str| text.parse::<Key>().unwrap_err().to_string();
        assert_eq!(error("ctrl-entre"), "unknown key \"ctrl-entre\"; did you mean \"ctrl-enter\"?");
        assert_eq!(
            error("c-p"),
            "unknown key \"c-p\"; write one character, or a name such as enter, pageup or f1, with ctrl-, alt- or shift- before it"
        );
        assert_eq!(
            error("shift-1"),
            "\"shift-1\": what Shift makes of this depends on the keyboard; write the character that it types"
        );
        assert_eq!(
            error("alt-["),
            "\"alt-[\" never arrives: the sequences of other keys begin like it; use another key"
        );
        for text in ["", "ctrl-", "ctrl-ctrl-p", "f0", "f25", "\u{202e}", "\t", "alt-shift-o"] {
            assert!(text.parse::<Key>().is_err(), "{text:?}");
        }
    }

    fn keys() -> impl Strategy<Value = Key> {
        let code = prop_oneof![
            any::<char>()
                .prop_filter("controls are no keys", |c| !acts(*c) && !c.is_control())
                .prop_map(KeyCode::Char),
            prop::char::range(' ', '~').prop_map(KeyCode::Char),
            (1..=LAST_FUNCTION_KEY).prop_map(KeyCode::F),
            prop::sample::select(NAMES).prop_map(|(_, code)| code),
        ];
        (code, any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(code, ctrl, alt, shift)| Key { code, ctrl, alt, shift })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(key in keys()) {
            let key = key.normal();
            prop_assert_eq!(key.normal(), key);
            prop_assume!(!never_arrives(key));
            prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
        }

        #[test]
        fn any_text_is_a_key_or_an_error(text in "(ctrl-|alt-|shift-|[a-z\u{e9}+-]){0,4}") {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
                prop_assert!(!key.shown().is_empty());
            }
        }
    }
}
