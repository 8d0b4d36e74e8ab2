//! What a walk takes, and what it comes upon.

use crate::knowledge::parse::Skip;
use std::path::{Path, PathBuf};

/// What a walk takes and leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkOptions {
    /// Whether hidden files and folders are taken. Folders of version control
    /// (`.git`, `.hg`, `.svn`) never are.
    pub hidden: bool,
    /// Whether symbolic links are followed. Otherwise they are skipped, except
    /// those that the user gives.
    pub follow_links: bool,
    /// Files above this many bytes are skipped.
    pub max_file_bytes: u64,
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Its absolute path, valid UTF-8. Links in its folder are resolved, its
    /// own name is as it stands there.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last modified, in milliseconds since 1970; 0 where the
    /// system doesn't tell.
    pub modified_ms: i64,
    /// The same in nanoseconds.
    pub modified_ns: i64,
    /// When anything about it last changed, its rights included, in
    /// nanoseconds since 1970; 0 where the system doesn't tell.
    pub changed_ns: i64,
}

/// What a walk comes upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file to read.
    File(FoundFile),
    /// A file or folder that can't be read.
    Skipped {
        /// Its absolute path.
        path: PathBuf,
        /// Why.
        reason: Skip,
    },
}

impl Found {
    /// The absolute path of what was found.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::File(file) => &file.path,
            Self::Skipped { path, .. } => path,
        }
    }
}
