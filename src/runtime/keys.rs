//! The keymap file.

use crate::app::keymap::{Keymap, KeymapError};
use crate::config::bounded;
use std::io::ErrorKind;
use std::path::Path;

/// Reads the keymap file at `path` over the built-in keys, which stay as they
/// are where there is no such file.
///
/// # Errors
/// As [`Keymap::parse`], and [`KeymapError::Unreadable`].
pub fn load_keymap(path: &Path) -> Result<Keymap, KeymapError> {
    match bounded::read_text(path, bounded::SMALL) {
        Ok(text) => Keymap::parse(path, &text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Keymap::default()),
        Err(error) => {
            Err(KeymapError::Unreadable { path: path.to_path_buf(), reason: error.to_string() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Action;
    use crate::app::keymap::Layer;

    #[test]
    fn a_file_may_be_absent_but_not_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        assert_eq!(load_keymap(&path), Ok(Keymap::default()));
        std::fs::write(&path, "[global]\n\"f2\" = \"help\"\n").unwrap();
        let keymap = load_keymap(&path).unwrap();
        assert_eq!(keymap.hint(Layer::Input, Action::Help).as_deref(), Some("F2"));
        std::fs::write(&path, b"\xff").unwrap();
        let error = load_keymap(&path).unwrap_err();
        assert!(
            matches!(&error, KeymapError::Unreadable { path: at, .. } if *at == path),
            "{error}"
        );
    }
}
