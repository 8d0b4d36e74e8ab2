//! Gathering what a walk comes upon: each path once, as a file to read or with
//! the reason to skip it.

use super::{Found, FoundFile, WalkOptions};
use crate::knowledge::parse::Skip;
use ignore::DirEntry;
use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Gathers what a walk finds, each path once.
#[derive(Default)]
pub(super) struct Collector {
    pub(super) by_path: BTreeMap<PathBuf, Found>,
    /// The last folder as it was met and its canonical path: entries of one
    /// folder come one after the other.
    folder: Option<(PathBuf, PathBuf)>,
}

impl Collector {
    pub(super) fn add_entry(&mut self, entry: &DirEntry, options: &WalkOptions) {
        if let Some(error) = entry.error() {
            tracing::warn!(path = %entry.path().display(), %error, "an ignore file has errors");
        }
        let Some(kind) = entry.file_type() else {
            return;
        };
        if kind.is_dir() {
            return;
        }
        if kind.is_symlink() {
            let path = self.canonical(entry.path());
            self.skip(path, Skip::Link);
            return;
        }
        match entry.metadata() {
            Ok(metadata) => self.add_file(entry.path(), &metadata, options),
            Err(error) => self.add_error(&error),
        }
    }

    pub(super) fn add_file(&mut self, path: &Path, metadata: &Metadata, options: &WalkOptions) {
        let path = self.canonical(path);
        let size = metadata.len();
        let limit = options.max_file_bytes;
        if path.to_str().is_none() {
            self.skip(path, Skip::Name);
        } else if !metadata.is_file() {
            self.skip(path, Skip::Unreadable(format!("it is {}", kind_of(metadata))));
        } else if size > limit {
            self.skip(path, Skip::TooLarge { size, limit });
        } else if let Err(error) = check_readable(&path) {
            self.skip(path, Skip::Unreadable(error.to_string()));
        } else {
            let modified = metadata.modified().ok();
            let file = FoundFile {
                path: path.clone(),
                size,
                modified_ms: modified.map_or(0, millis_since_1970),
                modified_ns: modified.map_or(0, nanos_since_1970),
                changed_ns: changed_ns(metadata),
            };
            self.by_path.insert(path, Found::File(file));
        }
    }

    pub(super) fn add_error(&mut self, error: &ignore::Error) {
        let mut path = None;
        let reason = explain(error, &mut path);
        match (path, reason) {
            (Some(path), Some(reason)) => {
                let path = self.canonical(&path);
                self.skip(path, reason);
            }
            // Only a rule of an ignore file that makes no sense.
            _ => tracing::warn!(%error, "an ignore file has errors"),
        }
    }

    fn skip(&mut self, path: PathBuf, reason: Skip) {
        // A file that another root led to stays found.
        self.by_path.entry(path.clone()).or_insert(Found::Skipped { path, reason });
    }

    /// `path` with the links of its folder resolved, so that a file has one
    /// path whichever way leads to it. Stays as it is where the folder has
    /// vanished.
    fn canonical(&mut self, path: &Path) -> PathBuf {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return path.to_owned();
        };
        if let Some((met, canonical)) = &self.folder
            && met == folder
        {
            return canonical.join(name);
        }
        let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let whole = canonical.join(name);
        self.folder = Some((folder.to_owned(), canonical));
        whole
    }
}

/// Finds the path that an error is about, and the reason to skip it; `None`
/// where the error is about a rule.
fn explain(error: &ignore::Error, path: &mut Option<PathBuf>) -> Option<Skip> {
    match error {
        ignore::Error::WithPath { path: about, err } => {
            *path = Some(about.clone());
            explain(err, path)
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            explain(err, path)
        }
        ignore::Error::Loop { ancestor, child } => {
            *path = Some(child.clone());
            Some(Skip::Loop(ancestor.display().to_string()))
        }
        ignore::Error::Io(error) => {
            // The walker wraps the system's error into one that repeats the
            // path.
            let inner = error.get_ref().and_then(|wrapped| wrapped.source());
            let reason = inner.map_or_else(|| error.to_string(), ToString::to_string);
            Some(Skip::Unreadable(reason))
        }
        _ => None,
    }
}

/// Asks the system whether a file may be read, without opening it.
fn check_readable(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    rustix::fs::access(path, rustix::fs::Access::READ_OK)?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// What a file that is no regular file is, in words.
pub(super) fn kind_of(metadata: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    if metadata.is_dir() { "a folder" } else { "not a regular file" }
}

/// A moment in whole milliseconds.
pub(in crate::knowledge) fn millis_since_1970(time: SystemTime) -> i64 {
    since_1970(time, |span| span.as_millis())
}

fn nanos_since_1970(time: SystemTime) -> i64 {
    since_1970(time, |span| span.as_nanos())
}

/// When anything about a file last changed, where the system tells.
fn changed_ns(metadata: &Metadata) -> i64 {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec())
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        0
    }
}

fn since_1970(time: SystemTime, unit: fn(Duration) -> u128) -> i64 {
    let units = |span: Duration| i64::try_from(unit(span)).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => units(after),
        Err(before) => -units(before.duration()),
    }
}
