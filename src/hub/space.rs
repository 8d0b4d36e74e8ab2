//! How much room a disk has.

use std::path::Path;

/// Bytes free for this user on the disk of a folder that may not exist yet.
#[cfg(unix)]
pub(super) fn free_space(folder: &Path) -> Option<u64> {
    let existing = folder.ancestors().find(|folder| folder.exists())?;
    let stat = rustix::fs::statvfs(existing).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Bytes free for this user on the disk of a folder that may not exist yet.
#[cfg(not(unix))]
pub(super) fn free_space(_: &Path) -> Option<u64> {
    None
}
