//! Small work on files: which changed, saving text, remembering choices.

use super::shared::Shared;
use super::{expand, shown};
use crate::app::Event;
use crate::config::bounded;
use std::io::Write;
use std::path::Path;

/// The files whose bytes are no longer those that were indexed, and those of
/// them that are gone.
#[must_use]
pub fn changed(files: &[(String, String)]) -> (Vec<String>, Vec<String>) {
    let (mut changed, mut gone) = (Vec::new(), Vec::new());
    for (path, hash) in files {
        let now = bounded::read(path, bounded::LARGE)
            .map(|bytes| blake3::hash(&bytes).to_hex().to_string());
        if now.as_ref().ok() == Some(hash) {
            continue;
        }
        changed.push(path.clone());
        if now.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            gone.push(path.clone());
        }
    }
    (changed, gone)
}

/// Saves text to a file that isn't there yet, and says so.
pub(super) fn save(shared: &Shared, path: &Path, text: &str) {
    let error = write_new(path, text).err();
    shared.tell(Event::Saved { path: shown(path), error });
}

/// Writes a new file that only its owner can read, as sessions are; one that is
/// there is never written over.
///
/// # Errors
/// A message for the user.
pub fn write_new(path: &Path, text: &str) -> Result<(), String> {
    let expanded = expand(path);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&expanded).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{} is there already and stays as it is; name another file", shown(path))
        }
        std::io::ErrorKind::NotFound => {
            format!("cannot write {}: there is no such folder; name another file", shown(path))
        }
        _ => format!("cannot write {}: {error}; name another file", shown(path)),
    })
}

/// Notes a choice for the next start. One that can't be noted is only missed.
pub fn remember(file: &Path, key: &str, value: &str) {
    if let Err(error) = note(file, key, value) {
        tracing::warn!(%error, "cannot remember {key}");
    }
}

/// Changes one key of a file that other runs change too: one at a time, and by
/// a rename, so that whoever reads finds the old file or the new one whole.
fn note(file: &Path, key: &str, value: &str) -> std::io::Result<()> {
    let lock = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(file.with_extension("lock"))?;
    lock.lock()?;
    let mut table: toml::Table =
        std::fs::read_to_string(file).ok().and_then(|text| text.parse().ok()).unwrap_or_default();
    table.insert(key.to_owned(), toml::Value::String(value.to_owned()));
    let draft = file.with_extension("new");
    std::fs::write(&draft, table.to_string())?;
    std::fs::rename(&draft, file)
}

/// What was noted of a choice.
#[must_use]
pub fn remembered(file: &Path, key: &str) -> Option<String> {
    let table: toml::Table = std::fs::read_to_string(file).ok()?.parse().ok()?;
    Some(table.get(key)?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_and_vanished_files_are_told_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        std::fs::write(path("same"), "a").unwrap();
        std::fs::write(path("new"), "b").unwrap();
        let hash = blake3::hash(b"a").to_hex().to_string();
        let files = ["same", "new", "gone"].map(|name| (path(name), hash.clone()));
        let (changed, gone) = changed(&files);
        assert_eq!(changed, [path("new"), path("gone")]);
        assert_eq!(gone, [path("gone")]);
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        write_new(&path, "one").unwrap();
        assert!(write_new(&path, "two").unwrap_err().contains("there already"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        let nowhere = write_new(&folder.path().join("no/a.md"), "x").unwrap_err();
        assert!(nowhere.contains("there is no such folder"), "{nowhere}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "what was said is for its owner only");
        }
    }

    #[test]
    fn choices_are_remembered_beside_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("screen.toml");
        remember(&file, "ui.theme", "dark");
        remember(&file, "other", "x");
        remember(&file, "ui.theme", "light");
        assert_eq!(remembered(&file, "ui.theme").as_deref(), Some("light"));
        assert_eq!(remembered(&file, "other").as_deref(), Some("x"));
        assert_eq!(remembered(&file, "none"), None);
    }

    /// Finding 14.
    #[test]
    fn choices_of_several_at_once_are_all_kept_and_never_half_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("screen.toml");
        remember(&file, "first", "x");
        std::thread::scope(|scope| {
            for name in ["a", "b", "c", "d"] {
                let file = &file;
                scope.spawn(move || {
                    for round in 0..25 {
                        remember(file, &format!("{name}{round}"), name);
                        assert_eq!(remembered(file, "first").as_deref(), Some("x"));
                    }
                });
            }
        });
        let table: toml::Table = std::fs::read_to_string(&file).unwrap().parse().unwrap();
        assert_eq!(table.len(), 101);
    }
}
