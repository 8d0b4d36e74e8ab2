//! How far a pull is, for the one who waits for it.

use super::RemoteFile;
use std::time::{Duration, Instant};

/// What a pull is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Another process fetches the same file; this one waits for it.
    Waiting,
    /// Bytes are coming.
    Fetching,
    /// Bytes on disk are read again for their checksum.
    Verifying,
    /// The file is whole and in its place.
    Done,
}

/// How far a pull is. Sizes are in bytes, and count what was here before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// The file's name in the model.
    pub file: String,
    /// Its number, from 0.
    pub index: usize,
    /// How many files there are.
    pub files: usize,
    /// What there is of the file.
    pub done_bytes: u64,
    /// The file's size.
    pub total_bytes: u64,
    /// What there is of all files.
    pub all_done_bytes: u64,
    /// The size of all files.
    pub all_total_bytes: u64,
}

/// Tells the caller how far the pull is, often enough for a progress bar.
pub(super) struct Report<'a> {
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    now: Progress,
    /// Size of the files before this one.
    before: u64,
    told: Instant,
    told_bytes: u64,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        files: &[&RemoteFile],
    ) -> Self {
        let now = Progress {
            stage: Stage::Done,
            file: String::new(),
            index: 0,
            files: files.len(),
            done_bytes: 0,
            total_bytes: 0,
            all_done_bytes: 0,
            all_total_bytes: files.iter().map(|file| file.size).sum(),
        };
        Self { progress, now, before: 0, told: Instant::now(), told_bytes: 0 }
    }

    pub(super) fn begin(&mut self, index: usize, file: &RemoteFile) {
        self.before += self.now.total_bytes;
        self.now.file.clone_from(&file.name);
        self.now.index = index;
        self.now.total_bytes = file.size;
    }

    /// Tells it at once where the stage is a new one.
    pub(super) fn stage(&mut self, stage: Stage, done: u64) {
        if self.now.stage == stage {
            self.grow(done);
        } else {
            self.now.stage = stage;
            self.tell(done);
        }
    }

    /// Tells it where enough happened since it was told last.
    pub(super) fn grow(&mut self, done: u64) {
        let bytes = done.abs_diff(self.told_bytes);
        if bytes >= 1 << 20 || self.told.elapsed() >= Duration::from_millis(100) {
            self.tell(done);
        }
    }

    pub(super) fn end(&mut self) {
        self.now.stage = Stage::Done;
        self.tell(self.now.total_bytes);
    }

    fn tell(&mut self, done: u64) {
        (self.told, self.told_bytes) = (Instant::now(), done);
        self.now.done_bytes = done;
        self.now.all_done_bytes = self.before + done;
        (self.progress)(self.now.clone());
    }
}
