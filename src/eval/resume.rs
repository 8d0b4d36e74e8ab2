//! Records on disk, so that a run that was killed goes on where it stopped.
//!
//! One file for each variant, named by a hash of everything that decides an
//! answer. A line that was cut is written again. Who writes holds the system's
//! lock on a file beside it, which ends with the process.

use super::row::Record;
use crate::config::bounded;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The records of one variant.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    /// Those that were there, by question.
    pub done: Vec<Record>,
    _lock: File,
}

impl Log {
    /// Opens the records of a run that `parts` name; with `fresh`, forgets what
    /// is there.
    ///
    /// # Errors
    /// Where the file can't be read or written, or another run writes to it.
    pub fn open(folder: &Path, parts: &[&str], fresh: bool) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(part.as_bytes()).update(b"\0");
        }
        let name: String = hasher.finalize().to_hex().chars().take(32).collect();
        let path = folder.join(format!("{name}.jsonl"));
        let lock = lock(&folder.join(format!("{name}.lock")))?;
        if fresh && path.exists() {
            fs::remove_file(&path)?;
        }
        let bytes = match bounded::read(&path, bounded::LARGE) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut done = Vec::new();
        let mut whole = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            // A line that was cut or damaged: the run goes on from there.
            let Ok(record) = serde_json::from_slice(line) else { break };
            if !line.ends_with(b"\n") {
                break;
            }
            whole += line.len() as u64;
            done.push(record);
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        // What is behind the last whole line was cut.
        file.set_len(whole)?;
        Ok(Self { path, file, done, _lock: lock })
    }

    /// Adds a record; it is on disk when this comes back.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn add(&mut self, record: &Record) -> io::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }

    /// The record of a question, if it is there.
    #[must_use]
    pub fn of(&self, question: usize) -> Option<&Record> {
        self.done.iter().find(|record| record.question == question)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Keeps other runs away from the same records.
fn lock(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::WouldBlock,
            "another `lorag eval` measures the same just now; wait until it is done, or end it",
        )),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(question: usize) -> Record {
        Record { question, answer: format!("answer {question}"), ..Record::default() }
    }

    #[test]
    fn a_run_goes_on_where_it_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let open = |fresh| Log::open(folder.path(), &["set", "rag"], fresh).unwrap();
        let mut log = open(false);
        log.add(&record(0)).unwrap();
        log.add(&record(1)).unwrap();
        let text = fs::read_to_string(log.path()).unwrap();
        fs::write(log.path(), &text[..text.len() - 5]).unwrap();
        drop(log);
        let mut log = open(false);
        assert_eq!(log.done.len(), 1);
        assert!(log.of(0).is_some() && log.of(1).is_none());
        log.add(&record(1)).unwrap();
        drop(log);
        assert_eq!(open(false).done, [record(0), record(1)]);
        assert!(open(true).done.is_empty());
    }

    #[test]
    fn damage_costs_what_comes_behind_it_only() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Log::open(folder.path(), &["set", "rag"], false).unwrap();
        let mut log = open();
        log.add(&record(0)).unwrap();
        log.add(&record(1)).unwrap();
        let mut bytes = fs::read(log.path()).unwrap();
        let at = bytes.len() - 20;
        bytes[at] = 0xff;
        fs::write(log.path(), bytes).unwrap();
        drop(log);
        assert_eq!(open().done, [record(0)]);
    }

    /// Finding 14.
    #[test]
    fn two_runs_never_write_the_same_records() {
        let folder = tempfile::tempdir().unwrap();
        let open = |part, fresh| Log::open(folder.path(), &["set", part], fresh);
        let mut log = open("rag", false).unwrap();
        log.add(&record(0)).unwrap();
        for fresh in [false, true] {
            let message = open("rag", fresh).unwrap_err().to_string();
            assert!(message.contains("another `lorag eval`"), "{message}");
        }
        open("base", false).unwrap();
        assert_eq!(fs::read_to_string(log.path()).unwrap().lines().count(), 1);
        drop(log);
        assert_eq!(open("rag", false).unwrap().done.len(), 1);
    }

    #[test]
    fn other_runs_have_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let path =
            |parts: &[&str]| Log::open(folder.path(), parts, false).unwrap().path().to_owned();
        assert_ne!(path(&["set", "rag"]), path(&["set", "base"]));
        assert_ne!(path(&["ab", "c"]), path(&["a", "bc"]));
    }
}
