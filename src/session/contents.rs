//! How a session's file is read: whatever is understood is kept, whatever is
//! not is counted and left in the file.
//!
//! A list reads a thousand files, most of whose bytes are sources. So a reader
//! chooses how much of a turn it wants, and the list looks only at the front
//! of a line.

use super::record::{Fork, SettingsRecord, TurnRecord, VERSION};
use super::settings::SessionSettings;
use crate::domain::{Turn, TurnId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};

/// Where a turn's own content begins in its line. It can't stand within a
/// string, where its quotes would be escaped.
const CONTENT: &[u8] = b",\"turn\":{";

/// How far into a line that may be.
const FRONT: usize = 160;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Header,
    Turn,
    Title,
    Head,
    Mark,
    Settings,
    #[serde(other)]
    Unknown,
}

/// A record of any kind, with as much of a turn as `T` holds.
#[derive(Debug, Deserialize)]
pub(super) struct Line<T> {
    record: Kind,
    version: Option<u32>,
    created_ms: Option<i64>,
    forked_from: Option<Fork>,
    at_ms: Option<i64>,
    turn_id: Option<TurnId>,
    turn: Option<T>,
    title: Option<String>,
    tip: Option<TurnId>,
    good: Option<bool>,
    settings: Option<SettingsRecord<'static>>,
}

/// What every version of a record has.
#[derive(Deserialize)]
struct Bare {
    record: Kind,
    version: Option<u32>,
}

/// Of a turn, what the list shows.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    question: String,
}

/// Of a turn, what is searched.
#[derive(Debug, Deserialize)]
pub(super) struct Words {
    #[serde(default)]
    pub(super) question: String,
    #[serde(default)]
    pub(super) text: String,
}

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// With a line break, as it should.
    Ended,
    /// With a whole record that lacks its line break.
    Unended,
    /// Within a record.
    Torn,
}

/// What a file holds.
#[derive(Debug)]
pub(super) struct Contents<T> {
    /// The version of the format; `None` where the header can't be read.
    pub(super) version: Option<u32>,
    pub(super) created_ms: Option<i64>,
    pub(super) forked_from: Option<Fork>,
    pub(super) title: Option<String>,
    /// The turns in the order they were asked, each as it was written last.
    pub(super) turns: Vec<(TurnId, T)>,
    pub(super) head: Option<TurnId>,
    /// The turns whose answers are marked as good.
    pub(super) good: HashSet<TurnId>,
    /// How questions were asked last.
    pub(super) settings: Option<SessionSettings>,
    /// When the first record was written that tells it.
    pub(super) first_ms: Option<i64>,
    /// When the last record was written that tells it.
    pub(super) last_ms: Option<i64>,
    /// Bytes up to the last line break.
    pub(super) whole: usize,
    pub(super) tail: Tail,
    /// Lines that are no records.
    damaged: usize,
    /// Records of a kind or shape that this version doesn't know.
    unknown: usize,
    /// Where in `turns` each turn is.
    places: HashMap<TurnId, usize>,
}

/// Everything.
pub(super) fn turns(bytes: &[u8]) -> Contents<TurnRecord<'static>> {
    read(bytes, parse)
}

/// What is searched.
pub(super) fn words(bytes: &[u8]) -> Contents<Words> {
    read(bytes, parse)
}

/// Whether some turn, as it is or as it was once written, is of this kind.
pub(super) fn any_turn(bytes: &[u8], wanted: &mut impl FnMut(&Turn) -> bool) -> bool {
    bytes.split(|byte| *byte == b'\n').any(|line| {
        let turn = parse::<TurnRecord<'_>>(line).and_then(|line| line.turn);
        turn.is_some_and(|turn| wanted(&turn.into()))
    })
}

/// What the list shows, with the first question.
pub(super) fn outline(bytes: &[u8]) -> (Contents<Question>, Option<String>) {
    let mut first = None;
    let contents = read(bytes, |line| {
        if first.is_some()
            && let Some(found) = front(line)
        {
            return Some(found);
        }
        let found = parse::<Question>(line)?;
        if let Some(turn) = &found.turn
            && first.is_none()
        {
            first = Some(turn.question.clone());
        }
        Some(found)
    });
    (contents, first)
}

fn parse<T: DeserializeOwned>(line: &[u8]) -> Option<Line<T>> {
    serde_json::from_slice(line).ok()
}

/// The record of a turn without its content.
fn front(line: &[u8]) -> Option<Line<Question>> {
    let start = line.get(..line.len().min(FRONT))?;
    let end = start.windows(CONTENT.len()).position(|window| window == CONTENT)?;
    let mut json = start.get(..end)?.to_vec();
    json.push(b'}');
    let mut found = parse::<Question>(&json)?;
    found.turn = Some(Question::default());
    Some(found)
}

fn read<T>(bytes: &[u8], mut parse: impl FnMut(&[u8]) -> Option<Line<T>>) -> Contents<T> {
    let mut contents = Contents {
        version: None,
        created_ms: None,
        forked_from: None,
        title: None,
        turns: Vec::new(),
        head: None,
        good: HashSet::new(),
        settings: None,
        first_ms: None,
        last_ms: None,
        whole: 0,
        tail: Tail::Ended,
        damaged: 0,
        unknown: 0,
        places: HashMap::new(),
    };
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.ends_with(b"\n") {
            contents.take(line, &mut parse);
            contents.whole += line.len();
        } else if serde_json::from_slice::<Bare>(line).is_ok() {
            // No part of a record is a record, so only the line break is
            // missing.
            contents.take(line, &mut parse);
            contents.tail = Tail::Unended;
        } else {
            contents.tail = Tail::Torn;
        }
    }
    contents
}

impl<T> Contents<T> {
    fn take(&mut self, line: &[u8], parse: &mut impl FnMut(&[u8]) -> Option<Line<T>>) {
        if line.trim_ascii().is_empty() {
            return;
        }
        if let Some(found) = parse(line) {
            self.add(found);
            return;
        }
        match serde_json::from_slice::<Bare>(line) {
            Ok(bare) => {
                self.unknown += 1;
                if bare.record == Kind::Header {
                    self.version = self.version.or(bare.version);
                }
            }
            Err(_) => self.damaged += 1,
        }
    }

    fn add(&mut self, line: Line<T>) {
        if let Some(at) = line.at_ms.or(line.created_ms) {
            self.first_ms.get_or_insert(at);
            self.last_ms = Some(at);
        }
        match line.record {
            Kind::Header => {
                self.version = self.version.or(line.version);
                self.created_ms = self.created_ms.or(line.created_ms);
                self.forked_from = self.forked_from.take().or(line.forked_from);
            }
            Kind::Turn => match (line.turn_id, line.turn) {
                (Some(id), Some(turn)) => self.put(id, turn),
                _ => self.unknown += 1,
            },
            Kind::Title if line.title.is_some() => self.title = line.title,
            Kind::Head if line.tip.is_some() => self.head = line.tip,
            Kind::Mark => match (line.turn_id, line.good) {
                (Some(id), Some(true)) => {
                    self.good.insert(id);
                }
                (Some(id), Some(false)) => {
                    self.good.remove(&id);
                }
                _ => self.unknown += 1,
            },
            Kind::Settings if line.settings.is_some() => {
                self.settings = line.settings.map(Into::into);
            }
            Kind::Title | Kind::Head | Kind::Settings | Kind::Unknown => self.unknown += 1,
        }
    }

    fn put(&mut self, id: TurnId, turn: T) {
        if let Some(slot) = self.places.get(&id).and_then(|place| self.turns.get_mut(*place)) {
            slot.1 = turn;
            return;
        }
        self.places.insert(id, self.turns.len());
        self.turns.push((id, turn));
        self.head = Some(id);
    }

    /// The version of the format if a newer lorag wrote the file.
    pub(super) fn newer(&self) -> Option<u32> {
        self.version.filter(|version| *version > VERSION)
    }

    /// What the user should know about the file, on one line.
    pub(super) fn note(&self) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(version) = self.newer() {
            parts.push(format!(
                "a newer lorag wrote it (format {version}, this one knows {VERSION}): it can be \
                 shown as far as it is understood, and not gone on with"
            ));
        } else if self.whole == 0 && self.tail == Tail::Ended {
            parts.push("the file is empty".to_owned());
        } else if self.version.is_none() && self.tail != Tail::Torn {
            parts.push("its header is missing or damaged".to_owned());
        }
        if self.damaged > 0 {
            let lines = if self.damaged == 1 { "line is" } else { "lines are" };
            parts.push(format!("{} damaged {lines} left out, and kept in the file", self.damaged));
        }
        if self.unknown > 0 {
            let records = if self.unknown == 1 { "record is" } else { "records are" };
            parts.push(format!(
                "{} {records} not understood by this version and left out, and kept in the file",
                self.unknown
            ));
        }
        if self.tail == Tail::Torn {
            parts.push("its last record was cut off and is left out".to_owned());
        }
        if parts.is_empty() { None } else { Some(parts.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{Record, encode};
    use super::*;

    fn turn(id: TurnId, question: &str) -> Vec<u8> {
        let turn = Turn { id, question: question.to_owned(), ..Turn::default() };
        let turn = &TurnRecord::from(&turn);
        let record = Record::Turn { at_ms: i64::MIN, turn_id: TurnId::MAX - id, turn };
        let mut out = Vec::new();
        encode(&record, &mut out).unwrap();
        out
    }

    #[test]
    fn the_front_of_a_written_turn_is_found_whatever_its_numbers() {
        let found = front(&turn(3, "why?")).expect("the list must not read whole turns");
        assert_eq!(found.turn_id, Some(TurnId::MAX - 3));
        assert_eq!(found.at_ms, Some(i64::MIN));
        assert!(front(b"{\"record\":\"title\",\"title\":\",\\\"turn\\\":{\"}").is_none());
    }

    #[test]
    fn the_outline_counts_turns_once_and_keeps_the_first_question() {
        let mut bytes = turn(1, "first");
        bytes.extend(turn(1, "first"));
        bytes.extend(turn(2, "second"));
        let (contents, first) = outline(&bytes);
        assert_eq!(contents.turns.len(), 2);
        assert_eq!(first.as_deref(), Some("first"));
        assert_eq!(contents.head, Some(TurnId::MAX - 2));
    }

    #[test]
    fn a_torn_line_is_told_from_one_that_lacks_its_line_break() {
        let bytes = turn(1, "first");
        let whole = bytes.len() - 1;
        for end in 1..whole {
            assert_eq!(turns(&bytes[..end]).tail, Tail::Torn);
        }
        assert_eq!(turns(&bytes[..whole]).tail, Tail::Unended);
        assert_eq!(turns(&bytes[..whole]).turns.len(), 1);
        assert_eq!(turns(&bytes).tail, Tail::Ended);
    }

    #[test]
    fn what_is_not_understood_is_counted() {
        let lines = b"{\"record\":\"header\",\"version\":1,\"id\":\"a\",\"created_ms\":5}\n\
            {\"record\":\"mood\",\"at_ms\":6}\n\
            \0\0\0\n\
            {\"record\":\"turn\",\"turn_id\":1,\"turn\":{\"outcome\":{\"kind\":\"dreamt\"}}}\n\
            {\"record\":\"title\",\"at_ms\":9,\"title\":\"T\",\"colour\":\"red\"}\n\
            [1]\n\n";
        let contents = turns(lines);
        assert_eq!((contents.unknown, contents.damaged), (2, 2));
        assert_eq!(contents.title.as_deref(), Some("T"));
        assert_eq!((contents.created_ms, contents.last_ms), (Some(5), Some(9)));
        assert_eq!(
            contents.note().as_deref(),
            Some(
                "2 damaged lines are left out, and kept in the file; 2 records are not understood \
                 by this version and left out, and kept in the file"
            )
        );
        assert_eq!(turns(b"").note().as_deref(), Some("the file is empty"));
    }
}
