//! What an ingest tells, and how it is stopped.

use crate::knowledge::parse::Skip;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Stops an ingest at the next file; what is committed stays.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for the stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far an ingest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IngestEvent {
    /// Another process writes; waiting for it.
    Waiting,
    /// The files are known.
    Start {
        /// How many there are, unchanged ones included.
        files: usize,
    },
    /// Another file is done.
    File {
        /// Files done.
        files: usize,
        /// Chunks made.
        chunks: usize,
    },
    /// The indexes are brought up to date.
    Maintaining,
}

/// What an ingest did.
#[derive(Clone, Debug, Default)]
pub struct IngestReport {
    /// Files that were new or changed and are indexed now.
    pub indexed: usize,
    /// Their chunks.
    pub chunks: usize,
    /// Files that had not changed.
    pub unchanged: usize,
    /// Files that were read; the others look as they did before.
    pub read: usize,
    /// Files taken out, because they are gone or no longer to be read.
    pub removed: Vec<String>,
    /// Those of them that were found at another place, with that place.
    pub moved: Vec<(String, String)>,
    /// Files that were not indexed, with the reason.
    pub skipped: Vec<(PathBuf, Skip)>,
    /// Whether it was cancelled before its end.
    pub cancelled: bool,
    /// What else there is to know, a sentence or two each.
    pub notes: Vec<String>,
    /// What had to be repaired in the table before.
    pub recovered: Option<String>,
    /// How long it took.
    pub duration: Duration,
}

/// Whether something is at a path; also where that can't be told.
pub(super) fn may_exist(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}
