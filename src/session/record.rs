//! How a session's file is written: one record a line, as JSON.
//!
//! A reader can tell from the front of a line what it holds, since a turn's
//! own content comes last. Characters that act on a terminal are written as
//! JSON escapes, so that looking at a file with `cat` is harmless.

use crate::config::QuoteMode;
use crate::domain::{Mode, Strategy, Turn, TurnId, acts};
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

/// How the questions of a session are asked, so that it goes on in the same
/// way. What is missing, as in files of before, stays as the settings say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionSettings {
    /// The mode.
    pub mode: Option<Mode>,
    /// The model, by the name it was asked for.
    pub model: Option<String>,
    /// The adapters; `none` for the plain model.
    pub adapter: Option<String>,
    /// The collection; empty for all of them.
    pub collection: Option<String>,
    /// Whether answers are limited to sentences of the sources.
    pub quote: Option<QuoteMode>,
    /// How sources are read.
    pub strategy: Option<Strategy>,
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
    Turn { at_ms: i64, turn_id: TurnId, turn: &'a Turn },
    /// The title from now on; an empty one takes it back.
    Title { at_ms: i64, title: &'a str },
    /// The tip of the branch that is shown from now on.
    Head { at_ms: i64, tip: TurnId },
    /// How questions are asked from now on.
    Settings { at_ms: i64, settings: &'a SessionSettings },
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

/// The turn without numbers that JSON can't hold: they would be written as
/// `null`, and the turn couldn't be read again.
pub(super) fn finite(turn: &Turn) -> Turn {
    let mut turn = turn.clone();
    for source in &mut turn.sources {
        single(&mut source.hit.score);
        if let Some(leg) = &mut source.hit.vector {
            single(&mut leg.distance);
        }
        if let Some(leg) = &mut source.hit.full_text {
            single(&mut leg.score);
        }
        for sentence in &mut source.sentences {
            single(&mut sentence.score);
        }
    }
    let search = &mut turn.search;
    double(&mut search.embed_ms);
    double(&mut search.vector_ms);
    double(&mut search.full_text_ms);
    double(&mut search.fuse_ms);
    double(&mut search.total_ms);
    if let Some(generation) = &mut turn.generation {
        double(&mut generation.time_to_first_token_ms);
        double(&mut generation.prompt_tokens_per_s);
        double(&mut generation.decode_tokens_per_s);
        double(&mut generation.total_ms);
    }
    turn
}

fn single(number: &mut f32) {
    if !number.is_finite() {
        *number = 0.0;
    }
}

fn double(number: &mut f64) {
    if !number.is_finite() {
        *number = 0.0;
    }
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
