//! How a session's file is written: one record a line, as JSON.
//!
//! A reader can tell from the front of a line what it holds, since a turn's
//! own content comes last. Characters that act on a terminal are written as
//! JSON escapes, so that looking at a file with `cat` is harmless.
//!
//! What a record holds has types of its own (`turn`, `source`, …), made from
//! those of the program and into them: the form of the files changes only here.

mod answer;
mod kinds;
mod locator;
mod parts;
mod settings;
mod source;
mod stats;
mod turn;

pub(super) use settings::SettingsRecord;
pub(super) use turn::TurnRecord;

use crate::domain::{TurnId, acts};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Write;

/// The version of the format. It changes when an older lorag would misread or
/// spoil a file; kinds and fields may be added without.
pub(super) const VERSION: u32 = 1;

/// Where a session was copied from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The session.
    pub session: String,
    /// The last turn that was copied; `None` if there was none.
    pub turn: Option<TurnId>,
}

/// The first record of a file.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Header {
    pub(super) version: u32,
    pub(super) id: String,
    pub(super) created_ms: i64,
    /// The lorag that wrote it.
    pub(super) lorag: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) forked_from: Option<Fork>,
}

impl Header {
    /// A header of this version.
    pub(super) fn new(id: String, created_ms: i64, forked_from: Option<Fork>) -> Self {
        let lorag = env!("CARGO_PKG_VERSION");
        Self { version: VERSION, id, created_ms, lorag, forked_from }
    }
}

/// A line of a file.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(super) enum Record<'a> {
    /// What the file is.
    Header(&'a Header),
    /// A turn as it is now. The first record of a turn also makes it the head.
    Turn { at_ms: i64, turn_id: TurnId, turn: &'a TurnRecord<'a> },
    /// The title from now on; an empty one takes it back.
    Title { at_ms: i64, title: &'a str },
    /// The tip of the branch that is shown from now on.
    Head { at_ms: i64, tip: TurnId },
    /// Whether the answer of a turn is marked as a good one from now on.
    Mark { at_ms: i64, turn_id: TurnId, good: bool },
    /// How questions are asked from now on.
    Settings { at_ms: i64, settings: &'a SettingsRecord<'a> },
}

/// Adds a record and its line break.
pub(super) fn encode(record: &Record<'_>, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let json = serde_json::to_string(record)?;
    out.extend_from_slice(escape(&json).as_bytes());
    out.push(b'\n');
    Ok(())
}

/// JSON that means the same and holds no character that acts on a terminal.
/// Such characters stand only within strings, where an escape may replace them.
pub(super) fn escape(json: &str) -> Cow<'_, str> {
    if !json.chars().any(acts) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 64);
    for c in json.chars() {
        if !acts(c) {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]).iter() {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_pure_text_and_means_the_same() {
        let title = "a\n\x1b[2J\u{9b}\u{202e}\u{e0041}\"\\ 日本 👩‍💻";
        let mut out = Vec::new();
        encode(&Record::Title { at_ms: 7, title }, &mut out).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert_eq!(
            line,
            "{\"record\":\"title\",\"at_ms\":7,\"title\":\"a\\n\\u001b[2J\\u009b\\u202e\\udb40\\udc41\\\"\\\\ 日本 👩‍💻\"}\n"
        );
        let back: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back["title"], title);
    }

    #[test]
    fn the_header_says_what_the_file_is() {
        let fork = Fork { session: "b".to_owned(), turn: Some(3) };
        let mut out = Vec::new();
        encode(&Record::Header(&Header::new("a".to_owned(), 5, Some(fork))), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            format!(
                "{{\"record\":\"header\",\"version\":1,\"id\":\"a\",\"created_ms\":5,\"lorag\":\"{}\",\
                 \"forked_from\":{{\"session\":\"b\",\"turn\":3}}}}\n",
                env!("CARGO_PKG_VERSION")
            )
        );
    }
}
