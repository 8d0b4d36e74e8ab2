//! Sessions: conversations that are kept, found again and gone on with.
//!
//! A session is one file, `<folder>/<id>.jsonl`: a line is a record (`record`),
//! and records are only ever appended, so that nothing that was saved is
//! touched again (`log`, `writer`). A later record of the same turn replaces
//! the earlier one: a turn is written when it is asked and again when it is
//! done. Reading keeps whatever it understands and says what it left out
//! (`contents`). Text in these files is as the user and the models wrote it;
//! titles, excerpts and notes are safe to show, turns are not until they went
//! through `domain::visible`.

mod contents;
mod draft;
mod error;
mod export;
mod files;
mod html;
mod id;
mod index;
mod line;
mod log;
mod record;
mod search;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod time;
mod writer;

pub use draft::Draft;
pub use error::SessionError;
pub use export::{to_json, to_markdown};
pub use html::to_html;
pub use index::Index;
pub use record::Fork;
pub use settings::SessionSettings;
pub use store::Sessions;
pub use time::{now_ms, time_ago};
pub use writer::Writer;

use crate::domain::{Outcome, Turn, TurnId};
use contents::Contents;
use line::one_line;
use record::TurnRecord;
use std::collections::HashMap;

/// Most characters of a title.
const TITLE_LENGTH: usize = 200;

/// What a list shows of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its id, which is also the name of its file.
    pub id: String,
    /// The title that was given, else the first question; one line, safe to
    /// show.
    pub title: String,
    /// When it was begun, in milliseconds since 1970.
    pub created_ms: i64,
    /// When something was last written to it, in milliseconds since 1970.
    pub updated_ms: i64,
    /// How many questions it holds, those of all branches counted.
    pub turns: usize,
    /// For a search: where the words stand; one line, safe to show.
    pub excerpt: Option<String>,
    /// For a search: the turn that they stand in, unless it is the title.
    pub found: Option<TurnId>,
    /// Whether a text was being typed in it and not sent.
    pub unsent: bool,
    /// What is wrong with the file, if anything; one line, safe to show.
    pub note: Option<String>,
}

impl SessionInfo {
    /// From what was read; `question` is the first one, `modified_ms` stands
    /// in for times that the file doesn't tell.
    fn of<T>(id: &str, contents: &Contents<T>, question: Option<&str>, modified_ms: i64) -> Self {
        let given = contents.title.as_deref().map(|title| one_line(title, TITLE_LENGTH));
        let asked = question.map(|question| one_line(question, TITLE_LENGTH));
        let title = [given, asked].into_iter().flatten().find(|title| !title.is_empty());
        let title = title.unwrap_or_else(|| {
            if contents.version.is_some() { "(no question yet)".to_owned() } else { id.to_owned() }
        });
        Self {
            id: id.to_owned(),
            title,
            created_ms: contents.created_ms.or(contents.first_ms).unwrap_or(modified_ms),
            updated_ms: contents.last_ms.unwrap_or(modified_ms),
            turns: contents.turns.len(),
            excerpt: None,
            found: None,
            unsent: false,
            note: contents.note(),
        }
    }
}

/// A session as it was kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    /// What a list shows of it.
    pub info: SessionInfo,
    /// Every turn of every branch, in the order they were asked. None is
    /// pending: what was when its process ended counts as cancelled.
    pub turns: Vec<Turn>,
    /// The tip of the branch that was shown last.
    pub head: Option<TurnId>,
    /// Where it was copied from, if it was.
    pub forked_from: Option<Fork>,
    /// How its questions were asked last, if that was kept.
    pub settings: Option<SessionSettings>,
    /// What was repaired or left out, for the user.
    pub recovered: Option<String>,
}

impl Session {
    fn of(id: &str, contents: Contents<TurnRecord<'_>>, modified_ms: i64) -> Self {
        let question = contents.turns.first().map(|(_, turn)| turn.question.as_ref());
        let info = SessionInfo::of(id, &contents, question, modified_ms);
        let head = contents.head.filter(|head| contents.turns.iter().any(|(id, _)| id == head));
        let good = contents.good;
        let turns: Vec<Turn> = contents
            .turns
            .into_iter()
            .map(|(id, record)| {
                let turn = Turn::from(record);
                // Nobody answers it any more; what came of it stays.
                let outcome = match turn.outcome {
                    Outcome::Pending => Outcome::Cancelled,
                    other => other,
                };
                Turn { id, outcome, good: good.contains(&id), ..turn }
            })
            .collect();
        Self {
            recovered: info.note.clone(),
            info,
            head: head.or_else(|| turns.last().map(|turn| turn.id)),
            turns,
            forked_from: contents.forked_from,
            settings: contents.settings,
        }
    }

    /// The shown branch, from its first question to its tip.
    #[must_use]
    pub fn branch(&self) -> Vec<&Turn> {
        let by_id: HashMap<TurnId, &Turn> = self.turns.iter().map(|turn| (turn.id, turn)).collect();
        let mut out: Vec<&Turn> = Vec::new();
        let mut next = self.head;
        while let Some(turn) = next.and_then(|id| by_id.get(&id).copied()) {
            // Parents that lead in a circle can only come from a damaged file.
            if out.len() == by_id.len() {
                break;
            }
            out.push(turn);
            next = turn.parent;
        }
        out.reverse();
        out
    }
}
