//! Tells whether the table on disk is still the one that was opened, and
//! whether anything was written to it since: two looks at folders.

use super::super::backend::Stamp;
use super::recover::{table_folder, versions_folder};
use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The table in `dir` as it is now; `None` where there is none.
pub(super) fn of(dir: &Path) -> io::Result<Option<Stamp>> {
    let folder = match std::fs::metadata(table_folder(dir)) {
        Ok(folder) => folder,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Every commit adds a file to the folder of versions.
    let versions = std::fs::metadata(versions_folder(dir));
    let committed = versions.and_then(|versions| versions.modified()).ok();
    Ok(Some(Stamp { table: table(&folder), committed }))
}

/// Tells a folder from another that was put in its place. The time of its
/// making is part of it, because file systems give numbers out again.
fn table(folder: &Metadata) -> String {
    let (device, inode) = numbers(folder);
    let made = folder.created().ok();
    format!("{device} {inode} {made:?}")
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
