//! Puts the layers of the configuration together: default < file < variables
//! of the environment < flags, each value with its origin.

use super::bounded;
use super::document::{dotted, put};
use super::error::{ConfigError, Place, Problem, position};
use super::file::{self, Form};
use super::schema::{KEYS, nearest};
use super::value::{Base, Given, absolute, check};
use super::{Settings, environment};
use directories::{BaseDirs, ProjectDirs};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The settings as they came together.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values.
    pub settings: Settings,
    /// Where each comes from, by dotted key. Every key is there; of
    /// `[models.NAME]` those that are set.
    pub origins: BTreeMap<String, Origin>,
    /// The configuration file, from the root.
    pub file: PathBuf,
    /// Whether that file is there.
    pub file_exists: bool,
    /// What was passed over, for the user to read: variables that this version
    /// doesn't know.
    pub warnings: Vec<Problem>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File {
        /// Line, from 1.
        line: usize,
    },
    /// A variable of the environment.
    Environment {
        /// Its name.
        name: String,
    },
    /// A flag of the command line.
    Flag {
        /// The flag as it is typed.
        name: String,
    },
}

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config FILE`.
    pub config: Option<PathBuf>,
    /// `--data-dir DIR`.
    pub data_dir: Option<PathBuf>,
    /// `--offline`.
    pub offline: bool,
    /// Other flags that stand for a setting: dotted key, text of the value,
    /// and the flag as it is typed.
    pub overrides: Vec<(String, String, String)>,
}

/// Loads the configuration. `environment` gives names and values of variables,
/// see [`super::environment()`]; those of other programs don't matter.
///
/// # Errors
/// [`ConfigError::Missing`] or [`ConfigError::Unreadable`] for the file,
/// [`ConfigError::Invalid`] with everything that is wrong in all layers.
pub fn load(
    flags: &Flags,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Loaded, ConfigError> {
    let home = BaseDirs::new().map(|folders| folders.home_dir().to_path_buf());
    let here = Base { home, ..Base::default() };
    let variables = environment::read(environment, &here);
    let (path, named_by) = match (&flags.config, variables.config) {
        (Some(path), _) => (absolute(path), Some("--config")),
        (None, Some(path)) => (path, Some(environment::CONFIG)),
        (None, None) => (default_file()?, None),
    };
    let text = read_file(&path, named_by)?;

    let mut layers = Layers::default();
    let mut problems = Vec::new();
    if let Some(text) = &text {
        let base = Base { folder: path.parent().map(Path::to_path_buf), ..here.clone() };
        let document = file::read(&path, text, Form::Settings, base);
        problems.extend(document.problems);
        for entry in document.entries {
            layers.set(&entry.path, entry.value, Origin::File { line: entry.line });
        }
    }
    problems.extend(variables.problems);
    for (key, value, name) in variables.entries {
        layers.set_key(key.name, value, Origin::Environment { name });
    }
    problems.extend(layers.set_flags(flags, &here));
    // Without a valid size there is nothing to hold the overlap against.
    if !problems.iter().any(|problem| problem.key == Some(CHUNK_TOKENS)) {
        problems.extend(layers.fit_overlap(&path));
    }
    if !problems.is_empty() {
        return Err(ConfigError::Invalid(problems));
    }

    let mut settings: Settings = serde_json::from_value(Value::Object(layers.tree))
        .map_err(|error| ConfigError::Settings(error.to_string()))?;
    if let Some(folder) = &flags.data_dir {
        // Set past the tree, since a path need not be UTF-8.
        settings.data_dir = Some(absolute(folder));
    }
    let mut origins = layers.origins;
    for key in KEYS {
        origins.entry(key.name.to_owned()).or_insert(Origin::Default);
    }
    let (file_exists, warnings) = (text.is_some(), variables.unknown);
    Ok(Loaded { settings, origins, file: path, file_exists, warnings })
}

impl Origin {
    /// How it is shown: `default`, `config.toml:2`, `LORAG_MODEL`,
    /// `--data-dir`. `file` is the configuration file.
    #[must_use]
    pub fn label(&self, file: &Path) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::File { line } => {
                let name = file.file_name().unwrap_or(file.as_os_str());
                format!("{}:{line}", name.to_string_lossy())
            }
            Self::Environment { name } | Self::Flag { name } => name.clone(),
        }
    }

    fn place(&self, file: &Path) -> Place {
        match self {
            Self::Environment { name } => Place::Environment { name: name.clone() },
            Self::Flag { name } => Place::Flag { name: name.clone() },
            Self::File { line } => Place::File { path: file.to_path_buf(), line: *line, column: 1 },
            Self::Default => Place::File { path: file.to_path_buf(), line: 1, column: 1 },
        }
    }
}

/// The setting that the overlap is held against.
const CHUNK_TOKENS: &str = "ingest.chunk_tokens";

/// The layers laid so far; a later one wins.
#[derive(Debug, Default)]
struct Layers {
    tree: Map<String, Value>,
    origins: BTreeMap<String, Origin>,
}

impl Layers {
    fn set(&mut self, path: &[String], value: Value, origin: Origin) {
        // A table is no value and has no origin.
        if !value.is_object() {
            self.origins.insert(dotted(path), origin);
        }
        put(&mut self.tree, path, value);
    }

    fn set_key(&mut self, name: &str, value: Value, origin: Origin) {
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        self.set(&path, value, origin);
    }

    fn set_flags(&mut self, flags: &Flags, here: &Base) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, text, flag) in &flags.overrides {
            let checked = match KEYS.iter().find(|key| key.name == name) {
                Some(key) => check(key, Given::Plain(text), here),
                None => Err(match nearest(name, KEYS.iter().map(|key| key.name)) {
                    Some(near) => format!("unknown key \"{name}\"; did you mean \"{near}\"?"),
                    None => {
                        format!("unknown key \"{name}\"; `lorag config show` lists every key")
                    }
                }),
            };
            match checked {
                Ok(value) => self.set_key(name, value, Origin::Flag { name: flag.clone() }),
                Err(message) => {
                    let key = KEYS.iter().find(|key| key.name == name).map(|key| key.name);
                    let place = Place::Flag { name: flag.clone() };
                    problems.push(Problem { place, message, key });
                }
            }
        }
        if flags.offline {
            let origin = Origin::Flag { name: "--offline".to_owned() };
            self.set_key("offline", Value::from(true), origin);
        }
        if flags.data_dir.is_some() {
            let origin = Origin::Flag { name: "--data-dir".to_owned() };
            self.set_key("data_dir", Value::Null, origin);
        }
        problems
    }

    /// Passages must overlap by less than half. An overlap that nobody chose
    /// shrinks with the passages instead of standing in their way.
    fn fit_overlap(&mut self, file: &Path) -> Option<Problem> {
        const TOKENS: &str = CHUNK_TOKENS;
        const OVERLAP: &str = "ingest.chunk_overlap";
        let defaults = super::Ingest::default();
        let tokens = self.number(TOKENS, defaults.chunk_tokens);
        let overlap = self.number(OVERLAP, defaults.chunk_overlap);
        if overlap * 2 < tokens {
            return None;
        }
        match self.origins.get(OVERLAP) {
            None => {
                self.set_key(OVERLAP, Value::from(tokens / 8), Origin::Default);
                None
            }
            Some(origin) => Some(Problem::of(
                OVERLAP,
                origin.place(file),
                format!(
                    "{OVERLAP}: expected less than half of {TOKENS} ({tokens}), found {overlap}"
                ),
            )),
        }
    }

    fn number(&self, name: &str, default: usize) -> u64 {
        let mut value = self.tree.get(name.split('.').next().unwrap_or(name));
        for part in name.split('.').skip(1) {
            value = value.and_then(|value| value.get(part));
        }
        value.and_then(Value::as_u64).unwrap_or(default as u64)
    }
}

fn default_file() -> Result<PathBuf, ConfigError> {
    ProjectDirs::from("", "", "lorag")
        .map(|folders| folders.config_dir().join("config.toml"))
        .ok_or(ConfigError::NoHome)
}

/// The text of the file; `None` where nobody named it and it isn't there.
fn read_file(path: &Path, named_by: Option<&'static str>) -> Result<Option<String>, ConfigError> {
    let bytes = match bounded::read(path, bounded::SMALL) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return match named_by {
                Some(named_by) => Err(ConfigError::Missing { path: path.to_path_buf(), named_by }),
                None => Ok(None),
            };
        }
        Err(error) => {
            let reason = error.to_string();
            return Err(ConfigError::Unreadable { path: path.to_path_buf(), reason });
        }
    };
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(error.as_bytes());
        let (line, column) = position(&text, valid);
        let place = Place::File { path: path.to_path_buf(), line, column };
        ConfigError::Invalid(vec![Problem::new(place, "not valid UTF-8")])
    })
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
