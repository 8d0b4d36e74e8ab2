//! Small work on files: which changed, saving text, remembering choices.

use super::{Shared, expand, shown};
use std::io::Write;
use std::path::Path;

/// The files whose bytes are no longer those that were indexed.
#[must_use]
pub fn changed(files: &[(String, String)]) -> Vec<String> {
    files
        .iter()
        .filter(|(path, hash)| {
            let now = std::fs::read(path).map(|bytes| blake3::hash(&bytes).to_hex().to_string());
            now.ok().as_ref() != Some(hash)
        })
        .map(|(path, _)| path.clone())
        .collect()
}

/// Saves text to a file that isn't there yet, and says so.
pub(super) fn save(shared: &Shared, path: &Path, text: &str) {
    match write_new(path, text) {
        Ok(()) => shared.say(true, format!("Saved to {}", shown(path))),
        Err(message) => shared.say(false, message),
    }
}

/// Writes a new file; one that is there is never written over.
///
/// # Errors
/// A message for the user.
pub fn write_new(path: &Path, text: &str) -> Result<(), String> {
    let expanded = expand(path);
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&expanded)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{} is there already and stays as it is; name another file", shown(path))
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
        assert_eq!(changed(&files), [path("new"), path("gone")]);
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        write_new(&path, "one").unwrap();
        assert!(write_new(&path, "two").unwrap_err().contains("there already"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
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
