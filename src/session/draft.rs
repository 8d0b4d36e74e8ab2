//! What was typed and not sent: a small file beside the session, or one of the
//! process where the session has no file yet. A hang-up or a crash loses no
//! more than the last moment.

use super::error::SessionError;
use super::files;
use super::store::Sessions;
use super::writer::draft_path;
use crate::config::bounded;
use crate::domain::TurnId;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Longer files are no drafts, in bytes.
const LONGEST: u64 = 4 << 20;

/// A text that was not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// The turn whose question it is an edit of, if it is one.
    pub editing: Option<TurnId>,
}

impl Sessions {
    /// Keeps what is being typed for a session, or for one without a file
    /// where `id` is `None`; an empty text removes what was kept.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn keep_draft(&self, id: Option<&str>, draft: &Draft) -> Result<(), SessionError> {
        let path = self.draft_path(id);
        if draft.text.trim().is_empty() {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    Err(SessionError::io("remove", &path)(error))
                }
                _ => Ok(()),
            };
        }
        files::create_folder(self.folder())
            .map_err(SessionError::io("create the folder", self.folder()))?;
        let json = serde_json::to_vec(draft)
            .map_err(|error| SessionError::io("write", &path)(error.into()))?;
        // Put in place whole, so that no moment has half a draft.
        let beside = path.with_extension("draft-new");
        let write = || -> std::io::Result<()> {
            let mut file = files::private().create(true).truncate(true).open(&beside)?;
            file.write_all(&json)?;
            drop(file);
            fs::rename(&beside, &path)
        };
        write().map_err(SessionError::io("write", &path))
    }

    /// What was being typed in a session when it was left.
    #[must_use]
    pub fn draft(&self, id: &str) -> Option<Draft> {
        read(&self.draft_path(Some(id)))
    }

    /// What was being typed last in a chat that had no session yet and whose
    /// process is gone. Its file is removed: it is the caller's from then on.
    #[must_use]
    pub fn take_lost_draft(&self) -> Option<Draft> {
        let entries = fs::read_dir(self.folder()).ok()?;
        let mut lost: Vec<(SystemTime, PathBuf)> = entries
            .flatten()
            .filter(|entry| entry.file_name().to_str().and_then(process_of).is_some_and(is_gone))
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        lost.sort();
        let (_, path) = lost.pop()?;
        let draft = read(&path);
        let _ = fs::remove_file(&path);
        draft
    }

    fn draft_path(&self, id: Option<&str>) -> PathBuf {
        match id {
            Some(id) => draft_path(self.folder(), id),
            None => self.folder().join(format!("new-{}.draft", std::process::id())),
        }
    }
}

fn read(path: &Path) -> Option<Draft> {
    let metadata = fs::metadata(path).ok().filter(|m| m.is_file() && m.len() <= LONGEST)?;
    let draft: Draft = serde_json::from_slice(&bounded::read(path, bounded::SMALL).ok()?).ok()?;
    (metadata.len() > 0 && !draft.text.trim().is_empty()).then_some(draft)
}

/// The process that a draft without a session belongs to.
fn process_of(name: &str) -> Option<i32> {
    name.strip_prefix("new-")?.strip_suffix(".draft")?.parse().ok()
}

#[cfg(unix)]
fn is_gone(process: i32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let Some(pid) = Pid::from_raw(process) else { return true };
    test_kill_process(pid) == Err(Errno::SRCH)
}

#[cfg(not(unix))]
fn is_gone(process: i32) -> bool {
    u32::try_from(process) != Ok(std::process::id())
}
