//! Text of a file, and what counts as text.

use crate::domain::OffsetMap;

/// A file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::knowledge::parse) struct Decoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// Leads ranges of the text to the file.
    pub offsets: OffsetMap,
    /// Whether the text isn't literally the file's bytes.
    pub rendered: bool,
}

/// Whether a text has more control characters than the odd one that logs and
/// terminal recordings hold.
pub(super) fn is_garbled(text: &str) -> bool {
    let controls = text
        .chars()
        .filter(|c| {
            let ordinary = matches!(c, '\t' | '\n' | '\r' | '\x08' | '\x0c' | '\x1b' | '\u{85}');
            c.is_control() && !ordinary
        })
        .count();
    text.contains('\0') || controls > 4 && controls * 20 > text.len()
}
