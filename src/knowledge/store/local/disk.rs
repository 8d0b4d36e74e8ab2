//! The size of a folder, and its way to the disk.

use std::io;
use std::path::Path;

/// Bytes of all files below a folder. What vanishes meanwhile counts nothing.
pub(super) fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Waits until everything in a folder is on the disk. Linux can sync one file
/// system.
#[cfg(target_os = "linux")]
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    let folder = std::fs::File::open(folder)?;
    rustix::fs::syncfs(&folder)?;
    Ok(())
}

/// Waits until everything in a folder is on the disk. Only files can be synced
/// here, so each of them is.
#[cfg(not(target_os = "linux"))]
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync(&entry.path())?;
        } else {
            std::fs::File::open(entry.path())?.sync_all()?;
        }
    }
    Ok(())
}
