//! How a knowledge base that was made anew takes the place of the one in use:
//! two renames of folders that lie beside each other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where a knowledge base is made anew, beside the one in use.
pub(super) fn new_folder(folder: &Path) -> PathBuf {
    sibling(folder, "new")
}

/// Puts the knowledge base that was made anew in the place of the one in
/// `folder`; the old one is deleted last. Where a rename fails, it is put back.
pub(super) fn swap_in(folder: &Path) -> io::Result<()> {
    let (new, old) = (new_folder(folder), sibling(folder, "old"));
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    fs::rename(folder, &old)?;
    if let Err(error) = fs::rename(new, folder) {
        fs::rename(&old, folder)?;
        return Err(error);
    }
    fs::remove_dir_all(&old)
}

/// Puts back what [`swap_in`] had moved aside when it was killed between its
/// two renames; says whether there was anything.
pub(super) fn restore(folder: &Path) -> io::Result<bool> {
    let old = sibling(folder, "old");
    let holds_tables = |folder: &Path| {
        fs::read_dir(folder).is_ok_and(|mut entries| {
            entries.any(|e| e.is_ok_and(|e| e.path().extension().is_some_and(|x| x == "lance")))
        })
    };
    if !holds_tables(&old) || holds_tables(folder) {
        return Ok(false);
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::rename(&old, folder)?;
    Ok(true)
}

fn sibling(folder: &Path, suffix: &str) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    folder.with_file_name(format!("{name}.{suffix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_that_was_killed_between_its_renames_is_undone() {
        let guard = tempfile::tempdir().unwrap();
        let folder = guard.path().join("knowledge");
        let new = new_folder(&folder);
        for (place, mark) in [(&folder, "first"), (&new, "second")] {
            fs::create_dir_all(place.join("chunks.lance")).unwrap();
            fs::write(place.join("mark"), mark).unwrap();
        }
        let mark = || fs::read_to_string(folder.join("mark")).unwrap();
        fs::rename(&folder, guard.path().join("knowledge.old")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        assert!(restore(&folder).unwrap());
        assert_eq!(mark(), "first");
        assert!(!restore(&folder).unwrap());
        swap_in(&folder).unwrap();
        assert_eq!(mark(), "second");
        assert!(!new.exists() && !guard.path().join("knowledge.old").exists());
    }
}
