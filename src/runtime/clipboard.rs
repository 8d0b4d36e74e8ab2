//! Text for the terminal's clipboard, as an OSC 52 sequence: the only way to
//! the user's own machine over SSH. No terminal answers it, so nobody knows
//! whether the text arrived: it was "sent to the terminal", never "copied".
//!
//! The text needs no cleaning, since it travels as base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Longest text in bytes. Its base64 has 99,992, and the whole sequence the
/// 100,000 that xterm, hterm and those after them take; beyond that it is cut
/// or ignored without a word.
pub const MOST_BYTES: usize = 74_994;

/// Length of the pieces for GNU screen, which takes 768 bytes of a string in
/// its oldest version still in use, and counts what it wraps around them.
const SCREEN_PIECE: usize = 76;

/// A text that no terminal would take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{bytes} bytes are more than a terminal's clipboard takes ({most}); save the text to a file instead",
    most = MOST_BYTES
)]
pub struct TooLong {
    /// Bytes of the text.
    pub bytes: usize,
}

/// How the sequence gets past a multiplexer to the terminal around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passthrough {
    /// As it is.
    ///
    /// Also inside tmux: with `set-clipboard on` it takes the text into its
    /// paste buffer and sends it on to the terminal around it. With its
    /// default, `external`, it drops the sequence; that is for the user to
    /// change, as is `allow-passthrough`, which is off by default, too.
    Plain,
    /// Wrapped for tmux, which hands it on unread. Only works where tmux's
    /// `allow-passthrough` is on; elsewhere nothing arrives at all, which is
    /// why it has to be configured here.
    Tmux,
    /// Wrapped for GNU screen, which knows no OSC 52, in pieces.
    Screen,
}

impl Passthrough {
    /// What is most likely to work, from the environment. That tmux allows
    /// passthrough can't be seen from inside and has to be configured.
    #[must_use]
    pub fn detect(variables: impl Fn(&str) -> Option<String>, tmux_passthrough: bool) -> Self {
        let set = |name| variables(name).is_some_and(|value| !value.is_empty());
        // A tmux inside screen leaves screen's variable set.
        match (set("TMUX"), set("STY")) {
            (true, _) if tmux_passthrough => Self::Tmux,
            (false, true) => Self::Screen,
            _ => Self::Plain,
        }
    }
}

/// The bytes that put `text` into the terminal's clipboard.
///
/// # Errors
/// [`TooLong`] above [`MOST_BYTES`].
pub fn osc52(text: &str, passthrough: Passthrough) -> Result<Vec<u8>, TooLong> {
    if text.len() > MOST_BYTES {
        return Err(TooLong { bytes: text.len() });
    }
    let payload = STANDARD.encode(text);
    let sequence = match passthrough {
        Passthrough::Plain => format!("\x1b]52;c;{payload}\x07"),
        // Each escape is doubled.
        Passthrough::Tmux => format!("\x1bPtmux;\x1b\x1b]52;c;{payload}\x07\x1b\\"),
        Passthrough::Screen => {
            // screen puts the strings together again.
            let mut sequence = "\x1bP\x1b]52;c;".to_owned();
            for (index, character) in payload.chars().enumerate() {
                if index > 0 && index % SCREEN_PIECE == 0 {
                    sequence.push_str("\x1b\\\x1bP");
                }
                sequence.push(character);
            }
            sequence.push_str("\x07\x1b\\");
            sequence
        }
    };
    Ok(sequence.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str, passthrough: Passthrough) -> String {
        let bytes = osc52(text, passthrough).unwrap();
        String::from_utf8(bytes).unwrap().replace('\x1b', "^").replace('\x07', "$")
    }

    #[test]
    fn the_bytes_are_those_that_terminals_know() {
        assert_eq!(sent("héllo\n", Passthrough::Plain), "^]52;c;aMOpbGxvCg==$");
        assert_eq!(sent("hello", Passthrough::Tmux), "^Ptmux;^^]52;c;aGVsbG8=$^\\");
        assert_eq!(sent("hello", Passthrough::Screen), "^P^]52;c;aGVsbG8=$^\\");
        assert_eq!(sent("", Passthrough::Plain), "^]52;c;$");
    }

    #[test]
    fn screen_gets_pieces() {
        // 57 bytes are 76 of base64.
        let piece = "YWFh".repeat(19);
        assert_eq!(sent(&"a".repeat(57), Passthrough::Screen), format!("^P^]52;c;{piece}$^\\"));
        assert_eq!(
            sent(&"a".repeat(117), Passthrough::Screen),
            format!("^P^]52;c;{piece}^\\^P{piece}^\\^PYWFh$^\\")
        );
    }

    #[test]
    fn escape_sequences_in_the_text_do_not_act() {
        let sent = sent("\x1b]52;c;\x07\x1b[2J", Passthrough::Plain);
        assert_eq!((sent.matches('^').count(), sent.matches('$').count()), (1, 1));
    }

    #[test]
    fn what_is_too_long_is_told() {
        assert_eq!(osc52(&"a".repeat(MOST_BYTES), Passthrough::Plain).unwrap().len(), 100_000);
        let error = osc52(&"a".repeat(MOST_BYTES + 1), Passthrough::Plain).unwrap_err();
        assert_eq!(
            error.to_string(),
            "74995 bytes are more than a terminal's clipboard takes (74994); save the text to a file instead"
        );
    }

    #[test]
    fn the_way_out_is_found_from_the_environment() {
        let detect = |set: &[&str], tmux_passthrough| {
            let variables = |name: &str| set.contains(&name).then(|| "x".to_owned());
            Passthrough::detect(variables, tmux_passthrough)
        };
        assert_eq!(detect(&[], false), Passthrough::Plain);
        assert_eq!(detect(&[], true), Passthrough::Plain);
        assert_eq!(detect(&["TMUX"], false), Passthrough::Plain);
        assert_eq!(detect(&["TMUX"], true), Passthrough::Tmux);
        assert_eq!(detect(&["STY"], true), Passthrough::Screen);
        assert_eq!(detect(&["STY", "TMUX"], false), Passthrough::Plain);
    }
}
