//! What can go wrong with sessions, and how it is said.

use crate::domain::TurnId;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// How many candidates a message names.
const NAMED: usize = 8;

/// Why a session can't be read or kept. The text is for people.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No session has this id.
    #[error("no session {id:?} in {folder}{}; list the sessions to see their ids", meant(.near))]
    NotFound {
        /// The id as it was given.
        id: String,
        /// Where the sessions are.
        folder: PathBuf,
        /// Ids that it may have meant, each with its title.
        near: Vec<(String, String)>,
    },
    /// Several sessions have an id that begins so.
    #[error("{id:?} fits several sessions: {}; type more of the id", names(.candidates))]
    Ambiguous {
        /// The id as it was given.
        id: String,
        /// The ids it fits, newest last.
        candidates: Vec<String>,
    },
    /// Another lorag writes to it.
    #[error("the session {id} ({title}) is open in another lorag; {advice}")]
    InUse {
        /// Its id.
        id: String,
        /// Its title.
        title: String,
        /// What to do.
        advice: &'static str,
    },
    /// A newer lorag wrote it, and appending could spoil it.
    #[error(
        "the session {id} was written by a newer lorag (format {version}); update lorag to go on with it"
    )]
    Newer {
        /// Its id.
        id: String,
        /// The version of its format.
        version: u32,
    },
    /// The session has no such turn.
    #[error("the session {id} has no turn {turn}; load it again to see its turns")]
    NoTurn {
        /// Its id.
        id: String,
        /// The turn that was asked for.
        turn: TurnId,
    },
    /// A record couldn't be made; nothing was written.
    #[error("cannot put a record of the session {id} together: {source}; nothing was written")]
    Record {
        /// Its id.
        id: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A record couldn't be appended; what was saved before is whole.
    #[error(
        "the session {id} is not saved: cannot write to {path}: {}; {}. What was saved before is safe",
        reason(.source),
        advice(.source)
    )]
    Write {
        /// Its id.
        id: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another failure of the file system.
    #[error("cannot {action} {path}: {}; {}", reason(.source), advice(.source))]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl SessionError {
    /// Turns what the system says into an error that tells what was tried.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_path_buf(), source }
    }
}

/// Says in plain words why a place can't be used.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        ErrorKind::PermissionDenied => "you have no permission".to_owned(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "no space is left there".to_owned(),
        ErrorKind::NotFound => "it isn't there".to_owned(),
        _ => error.to_string(),
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room and try again",
        ErrorKind::NotFound => "list the sessions to see what is there",
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            "make it yours and writable, or name another place with --data-dir DIR"
        }
        _ => "check the disk, or name another place with --data-dir DIR",
    }
}

fn meant(near: &[(String, String)]) -> String {
    if near.is_empty() {
        return String::new();
    }
    let named: Vec<String> = near.iter().map(|(id, title)| format!("{id} ({title})")).collect();
    format!("; did you mean {}?", named.join(" or "))
}

fn names(candidates: &[String]) -> String {
    let named: Vec<&str> = candidates.iter().rev().take(NAMED).map(String::as_str).collect();
    let more = candidates.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_where_why_and_what_to_do() {
        let path = Path::new("/srv/lorag/sessions");
        let error = SessionError::io("read", path)(ErrorKind::PermissionDenied.into());
        assert_eq!(
            error.to_string(),
            "cannot read /srv/lorag/sessions: you have no permission; make it yours and writable, \
             or name another place with --data-dir DIR"
        );
        let error = SessionError::Write {
            id: "a".to_owned(),
            path: PathBuf::from("/s/a.jsonl"),
            source: ErrorKind::StorageFull.into(),
        };
        assert_eq!(
            error.to_string(),
            "the session a is not saved: cannot write to /s/a.jsonl: no space is left there; make \
             room and try again. What was saved before is safe"
        );
        let candidates: Vec<String> = (10..20).map(|n| format!("2026-{n}")).collect();
        let error = SessionError::Ambiguous { id: "2026".to_owned(), candidates };
        assert_eq!(
            error.to_string(),
            "\"2026\" fits several sessions: 2026-19, 2026-18, 2026-17, 2026-16, 2026-15, 2026-14, \
             2026-13, 2026-12 and 2 more; type more of the id"
        );
        let error = SessionError::NotFound {
            id: "x\x1b".to_owned(),
            folder: PathBuf::from("/srv"),
            near: Vec::new(),
        };
        assert_eq!(
            error.to_string(),
            "no session \"x\\u{1b}\" in /srv; list the sessions to see their ids"
        );
    }
}
