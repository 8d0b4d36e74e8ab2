//! Text from documents and models, made harmless for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with every control character shown as a symbol: escape sequences,
/// C1 controls and bidirectional overrides can't act on the terminal. Line
/// breaks and tabs stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match u32::from(c) {
            _ if !acts(c) => out.push(c),
            // A carriage return before a line feed is a line break.
            0x0D => {}
            // Unicode has a picture for each C0 control.
            code @ 0..=0x1F => out.push(char::from_u32(0x2400 + code).unwrap_or('\u{FFFD}')),
            0x7F => out.push('\u{2421}'),
            code => {
                let _ = write!(out, "\u{27E8}U+{code:04X}\u{27E9}");
            }
        }
    }
    Cow::Owned(out)
}

/// Whether a terminal, or a reader, could be misled by this character.
#[must_use]
pub fn acts(c: char) -> bool {
    match u32::from(c) {
        0x0A | 0x09 => false,
        // Joiners shape emoji and several scripts, and are harmless.
        0x200C | 0x200D => false,
        0..=0x1F
        | 0x7F..=0x9F
        | 0x061C
        | 0x200B..=0x200F
        | 0x2028..=0x202E
        | 0x2060..=0x206F
        | 0xFEFF
        | 0xFFF9..=0xFFFB
        | 0xE0000..=0xE007F => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_sequences_become_symbols() {
        assert_eq!(
            visible("a\x1b[2Jb\x07\u{9b}x\u{202e}y\r\n\tz"),
            "a␛[2Jb␇⟨U+009B⟩x⟨U+202E⟩y\n\tz"
        );
        assert!(matches!(visible("日本 👩‍💻"), Cow::Borrowed("日本 👩‍💻")));
    }
}
