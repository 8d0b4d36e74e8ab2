//! Repairs what a killed process or a power loss can leave behind.
//!
//! Lance never syncs its files, so after a power loss the newest manifest may
//! be empty or hold zeros, and then the table can't be opened although all
//! versions before it are whole. Such a manifest is moved aside, never
//! deleted. A killed process leaves at most files that no manifest names,
//! which do no harm.

use super::super::schema::TABLE;
use std::cmp::Reverse;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Ends every whole manifest.
const MAGIC: &[u8; 4] = b"LANC";

/// A whole manifest is never shorter.
const SHORTEST_MANIFEST: u64 = 16;

/// Where damaged files are moved to, beside the table's folder.
const DAMAGED: &str = "damaged";

/// Tells readers which version to look at first. Only a hint, so it may go.
const VERSION_HINT: &str = "latest_version_hint.json";

/// Folder of the table.
pub(super) fn table_folder(dir: &Path) -> PathBuf {
    dir.join(format!("{TABLE}.lance"))
}

/// Whether there is a table: a folder without any manifest comes from a
/// process that was killed while it made the table, and counts as none.
pub(super) fn has_manifest(dir: &Path) -> io::Result<bool> {
    Ok(!manifests(dir)?.is_empty())
}

/// The name of the newest manifest; `None` where there is no table.
pub(super) fn newest_manifest(dir: &Path) -> io::Result<Option<String>> {
    let newest = manifests(dir)?.into_iter().next();
    Ok(newest.and_then(|(_, path)| Some(path.file_name()?.to_string_lossy().into_owned())))
}

/// Moves damaged newest manifests aside, those among them that are `known` to
/// be, and says what was done; `None` if the newest manifest is whole.
pub(super) fn set_aside_damaged(dir: &Path, known: &[PathBuf]) -> io::Result<Option<String>> {
    let mut moved = Vec::new();
    let mut whole_left = false;
    for (_, manifest) in manifests(dir)? {
        if !known.contains(&manifest) && !is_damaged(&manifest)? {
            whole_left = true;
            break;
        }
        moved.extend(move_aside(dir, &manifest)?);
    }
    let Some(first) = moved.first() else {
        return Ok(None);
    };
    forget_hint(dir)?;
    if whole_left {
        return Ok(Some(format!(
            "the newest version of the knowledge base was damaged, probably by a power loss; it \
             was moved to {} and the version before it is used. Run `lorag ingest` again for \
             what was indexed last",
            first.display()
        )));
    }
    let folder = move_aside(dir, &table_folder(dir))?.unwrap_or_else(|| dir.join(DAMAGED));
    Ok(Some(format!(
        "no version of the knowledge base could be read, probably after a power loss; its files \
         were moved to {}. Run `lorag ingest` again for all your folders",
        folder.display()
    )))
}

/// Has readers look for the newest version themselves.
pub(super) fn forget_hint(dir: &Path) -> io::Result<()> {
    remove_if_there(&versions_folder(dir).join(VERSION_HINT))
}

/// Deletes the table. It is renamed first, so that a kill in between leaves
/// either the whole table or none.
pub(super) fn drop_table(dir: &Path) -> io::Result<()> {
    let target = dir.join(format!("{REMOVED_PREFIX}{}", stamp()));
    if let Err(error) = fs::rename(table_folder(dir), target)
        && error.kind() != ErrorKind::NotFound
    {
        return Err(error);
    }
    remove_leftovers(dir)
}

/// Finishes deletions that a kill interrupted.
pub(super) fn remove_leftovers(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(REMOVED_PREFIX) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

const REMOVED_PREFIX: &str = "removed-";

pub(super) fn versions_folder(dir: &Path) -> PathBuf {
    table_folder(dir).join("_versions")
}

/// Manifests with their versions, newest first.
fn manifests(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(versions_folder(dir)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Some(version) = version_of(&entry.file_name().to_string_lossy()) {
            found.push((version, entry.path()));
        }
    }
    found.sort_by_key(|(version, _)| Reverse(*version));
    Ok(found)
}

/// The version of a manifest. Its number has 20 digits and counts down from
/// the largest `u64` so that the newest comes first in a listing; tables of
/// old Lance versions have the plain number.
pub(super) fn version_of(name: &str) -> Option<u64> {
    let stem = name.strip_suffix(".manifest")?;
    let number: u64 = stem.parse().ok()?;
    Some(if stem.len() == 20 { u64::MAX - number } else { number })
}

fn is_damaged(manifest: &Path) -> io::Result<bool> {
    let mut file = match File::open(manifest) {
        Ok(file) => file,
        // Another process repaired or pruned it just now.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() < SHORTEST_MANIFEST {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-4))?;
    let mut end = [0; 4];
    file.read_exact(&mut end)?;
    Ok(&end != MAGIC)
}

/// Moves a file or folder into the folder of damaged ones; `None` if another
/// process already did.
pub(super) fn move_aside(dir: &Path, path: &Path) -> io::Result<Option<PathBuf>> {
    let folder = dir.join(DAMAGED);
    fs::create_dir_all(&folder)?;
    let name =
        path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let target = folder.join(format!("{name}-{}", stamp()));
    match fs::rename(path, &target) {
        Ok(()) => Ok(Some(target)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes names of moved files unique enough: nanoseconds since 1970.
fn stamp() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(dir: &Path, version: u64, bytes: &[u8]) -> PathBuf {
        let versions = versions_folder(dir);
        fs::create_dir_all(&versions).unwrap();
        let path = versions.join(format!("{:020}.manifest", u64::MAX - version));
        fs::write(&path, bytes).unwrap();
        path
    }

    const WHOLE: &[u8] = b"0123456789abcdefLANC";

    #[test]
    fn versions_are_read_from_both_kinds_of_name() {
        assert_eq!(version_of("18446744073709551612.manifest"), Some(3));
        assert_eq!(version_of("3.manifest"), Some(3));
        assert_eq!(version_of("d3.manifest"), None);
        assert_eq!(version_of(VERSION_HINT), None);
    }

    #[test]
    fn a_folder_without_manifest_is_no_table() {
        let temp = tempfile::tempdir().unwrap();
        assert!(!has_manifest(temp.path()).unwrap());
        fs::create_dir_all(versions_folder(temp.path())).unwrap();
        assert!(!has_manifest(temp.path()).unwrap());
        manifest(temp.path(), 1, WHOLE);
        assert!(has_manifest(temp.path()).unwrap());
    }

    #[test]
    fn empty_and_zeroed_newest_manifests_are_moved_not_deleted() {
        let temp = tempfile::tempdir().unwrap();
        let oldest = manifest(temp.path(), 1, WHOLE);
        manifest(temp.path(), 2, &[0; 64]);
        manifest(temp.path(), 3, b"");
        let message = set_aside_damaged(temp.path(), &[]).unwrap().unwrap();
        assert!(message.contains("lorag ingest"));
        assert!(oldest.exists());
        assert_eq!(manifests(temp.path()).unwrap().len(), 1);
        let moved = fs::read_dir(temp.path().join(DAMAGED)).unwrap().count();
        assert_eq!(moved, 2);
        assert_eq!(set_aside_damaged(temp.path(), &[]).unwrap(), None);
        let known = set_aside_damaged(temp.path(), &[oldest]).unwrap();
        assert!(known.unwrap().contains("all your folders"));
    }

    #[test]
    fn a_table_without_any_whole_version_is_moved_as_one() {
        let temp = tempfile::tempdir().unwrap();
        manifest(temp.path(), 1, b"");
        let data = table_folder(temp.path()).join("data");
        fs::create_dir_all(&data).unwrap();
        fs::write(data.join("rows.lance"), b"rows").unwrap();
        let message = set_aside_damaged(temp.path(), &[]).unwrap().unwrap();
        assert!(message.contains("all your folders"));
        assert!(!table_folder(temp.path()).exists());
        assert!(!has_manifest(temp.path()).unwrap());
        assert_eq!(fs::read_dir(temp.path().join(DAMAGED)).unwrap().count(), 2);
    }

    #[test]
    fn dropping_finishes_an_interrupted_deletion() {
        let temp = tempfile::tempdir().unwrap();
        manifest(temp.path(), 1, WHOLE);
        fs::create_dir_all(temp.path().join("removed-1").join("data")).unwrap();
        drop_table(temp.path()).unwrap();
        drop_table(temp.path()).unwrap();
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
    }
}
