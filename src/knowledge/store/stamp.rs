//! Tells whether the table on disk is still the one that was opened, and
//! whether anything was written to it since: two looks at folders, so that a
//! table can stay open between questions.

use super::recover::{table_folder, versions_folder};
use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

/// What a table looked like at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Names the folder itself: another one in its place has another.
    folder: Folder,
    /// Every commit adds a file to the folder of versions.
    committed: Option<SystemTime>,
}

/// Tells a folder from another that was put in its place. The time of its
/// making is part of it, because file systems give numbers out again.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Folder {
    device: u64,
    inode: u64,
    made: Option<SystemTime>,
}

impl Stamp {
    /// The table in `dir` as it is now; `None` where there is none.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn of(dir: &Path) -> io::Result<Option<Self>> {
        let folder = match std::fs::metadata(table_folder(dir)) {
            Ok(folder) => folder,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let versions = std::fs::metadata(versions_folder(dir));
        let committed = versions.and_then(|versions| versions.modified()).ok();
        let (device, inode) = numbers(&folder);
        let made = folder.created().ok();
        Ok(Some(Self { folder: Folder { device, inode, made }, committed }))
    }

    /// Whether this is the same table, whatever was written to it.
    #[must_use]
    pub fn same_table(&self, other: &Self) -> bool {
        self.folder == other.folder
    }
}

#[cfg(unix)]
fn numbers(of: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (of.dev(), of.ino())
}

#[cfg(not(unix))]
fn numbers(_: &Metadata) -> (u64, u64) {
    (0, 0)
}
