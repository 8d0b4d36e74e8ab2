//! The folders that lorag keeps things in.
//!
//! They hold what people asked and what their documents say, so a folder that
//! lorag makes is closed to everyone else. A folder that was there before
//! belongs to its owner, who decides who may look into it.

use super::error::ConfigError;
use super::load::Loaded;
use super::private::create_private;
use directories::ProjectDirs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Every place lorag reads or writes, from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file, whether or not it is there.
    pub config_file: PathBuf,
    /// What must not be lost: the knowledge base, later the sessions.
    pub data: PathBuf,
    /// Unpacked and derived files, which can be made again.
    pub cache: PathBuf,
    /// The log files.
    pub logs: PathBuf,
    /// The knowledge base.
    pub knowledge: PathBuf,
    /// The sessions, one file each.
    pub sessions: PathBuf,
}

impl Paths {
    /// The places of a configuration: the platform's folders, or everything
    /// below `data_dir` where that is set.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`] where the platform tells no folders and the
    /// settings name none.
    pub fn new(loaded: &Loaded) -> Result<Self, ConfigError> {
        let settings = &loaded.settings;
        let (data, cache, logs) = if let Some(data) = &settings.data_dir {
            (data.clone(), data.join("cache"), data.join("logs"))
        } else {
            let platform = ProjectDirs::from("", "", "lorag").ok_or(ConfigError::NoHome)?;
            // The local folders, since a knowledge base is too large to follow
            // its owner from machine to machine.
            let data = platform.data_local_dir();
            let state = platform.state_dir().unwrap_or(data);
            (data.to_path_buf(), platform.cache_dir().to_path_buf(), state.join("logs"))
        };
        Ok(Self {
            config_file: loaded.file.clone(),
            cache: settings.cache_dir.clone().unwrap_or(cache),
            knowledge: data.join("knowledge"),
            sessions: data.join("sessions"),
            data,
            logs,
        })
    }

    /// The keys, whether or not the file is there.
    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.config_file.with_file_name("keys.toml")
    }

    /// The user's themes, whether or not the folder is there.
    #[must_use]
    pub fn themes(&self) -> PathBuf {
        self.config_file.with_file_name("themes")
    }

    /// Models that were taken out of Python packages, a folder for each,
    /// whether or not the folder is there.
    #[must_use]
    pub fn packages(&self) -> PathBuf {
        self.data.join("models").join("pypi")
    }

    /// What the screen remembers of its last use.
    #[must_use]
    pub fn remembered(&self) -> PathBuf {
        self.data.join("screen.toml")
    }

    /// Makes the folders that are missing, open to their owner only (mode
    /// 0700). Those that are there stay as they are.
    ///
    /// # Errors
    /// [`ConfigError::Folder`] with what can be done about it.
    pub fn create(&self) -> Result<(), ConfigError> {
        let folders = [&self.data, &self.knowledge, &self.sessions, &self.cache, &self.logs];
        for folder in folders {
            create_private(folder)
                .map_err(|error| self.folder_error("create the folder", folder, &error))?;
        }
        Ok(())
    }

    /// Tries whether the knowledge base's folder can be written, which tells
    /// before a long run what would fail at its end.
    ///
    /// # Errors
    /// [`ConfigError::Folder`] with what can be done about it.
    pub fn ensure_writable(&self) -> Result<(), ConfigError> {
        let probe = self.knowledge.join(format!(".write-test-{}", std::process::id()));
        std::fs::write(&probe, b"lorag")
            .and_then(|()| std::fs::remove_file(&probe))
            .map_err(|error| self.folder_error("write to", &self.knowledge, &error))
    }

    fn folder_error(&self, action: &'static str, folder: &Path, error: &io::Error) -> ConfigError {
        let advice = if folder == self.cache && !folder.starts_with(&self.data) {
            "name another place with cache_dir in config.toml or LORAG_CACHE_DIR"
        } else {
            "name another place with --data-dir DIR, LORAG_DATA_DIR or data_dir in config.toml"
        };
        ConfigError::Folder {
            action,
            path: folder.to_path_buf(),
            reason: reason(error),
            advice: if error.kind() == ErrorKind::StorageFull {
                "make room there, or name another place with --data-dir DIR"
            } else {
                advice
            },
        }
    }
}

/// Says in plain words why a place can't be used.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        ErrorKind::PermissionDenied => "you have no permission to write there".to_owned(),
        ErrorKind::StorageFull => "no space is left on the device".to_owned(),
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            "a file is in the way where a folder is needed".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use std::collections::BTreeMap;

    fn loaded(data: Option<&Path>, cache: Option<&Path>) -> Loaded {
        let settings = Settings {
            data_dir: data.map(Path::to_path_buf),
            cache_dir: cache.map(Path::to_path_buf),
            ..Settings::default()
        };
        let file = PathBuf::from("/etc/lorag/config.toml");
        Loaded {
            settings,
            origins: BTreeMap::new(),
            file,
            file_exists: false,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_data_folder_takes_everything_in() {
        let paths = Paths::new(&loaded(Some(Path::new("/srv/lorag")), None)).unwrap();
        assert_eq!(
            paths,
            Paths {
                config_file: PathBuf::from("/etc/lorag/config.toml"),
                data: PathBuf::from("/srv/lorag"),
                cache: PathBuf::from("/srv/lorag/cache"),
                logs: PathBuf::from("/srv/lorag/logs"),
                knowledge: PathBuf::from("/srv/lorag/knowledge"),
                sessions: PathBuf::from("/srv/lorag/sessions"),
            }
        );
        let data = Some(Path::new("/srv/lorag"));
        let paths = Paths::new(&loaded(data, Some(Path::new("/var/cache/x")))).unwrap();
        assert_eq!(paths.cache, Path::new("/var/cache/x"));
    }

    #[test]
    fn without_one_the_platform_decides() {
        let platform = ProjectDirs::from("", "", "lorag").unwrap();
        let paths = Paths::new(&loaded(None, None)).unwrap();
        assert_eq!(paths.data, platform.data_local_dir());
        assert_eq!(paths.cache, platform.cache_dir());
        assert_eq!(paths.knowledge, paths.data.join("knowledge"));
        assert!(paths.logs.ends_with("logs"));
    }

    #[cfg(unix)]
    #[test]
    fn new_folders_are_private_and_old_ones_stay() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("deep").join("data");
        let cache = root.path().join("cache");
        std::fs::create_dir(&cache).unwrap();
        std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o755)).unwrap();

        let paths = Paths::new(&loaded(Some(&data), Some(&cache))).unwrap();
        paths.create().unwrap();
        for folder in [&paths.data, &paths.knowledge, &paths.logs] {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
        assert_eq!(mode(&cache), 0o755);
        paths.create().unwrap();
        paths.ensure_writable().unwrap();
        assert_eq!(std::fs::read_dir(&paths.knowledge).unwrap().count(), 0);
    }

    #[test]
    fn a_file_in_the_way_is_said_plainly() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        std::fs::write(&data, "a file").unwrap();
        let paths = Paths::new(&loaded(Some(&data), None)).unwrap();
        let message = paths.create().unwrap_err().to_string();
        assert!(message.starts_with("cannot create the folder "), "{message}");
        assert!(message.contains(data.to_str().unwrap()), "{message}");
        assert!(message.contains("a file is in the way"), "{message}");
        assert!(message.contains("--data-dir"), "{message}");
        let message = paths.ensure_writable().unwrap_err().to_string();
        assert!(message.starts_with("cannot write to "), "{message}");
    }

    #[test]
    fn a_cache_of_its_own_names_its_own_setting() {
        let root = tempfile::tempdir().unwrap();
        let cache = root.path().join("cache");
        std::fs::write(&cache, "a file").unwrap();
        let data = root.path().join("data");
        let paths = Paths::new(&loaded(Some(&data), Some(&cache))).unwrap();
        let message = paths.create().unwrap_err().to_string();
        assert!(message.contains("LORAG_CACHE_DIR"), "{message}");
    }

    #[test]
    fn reasons_are_plain_words() {
        let of = |kind: ErrorKind| reason(&io::Error::from(kind));
        assert_eq!(of(ErrorKind::ReadOnlyFilesystem), "the file system is read-only");
        assert_eq!(of(ErrorKind::PermissionDenied), "you have no permission to write there");
        assert_eq!(of(ErrorKind::StorageFull), "no space is left on the device");
    }
}
