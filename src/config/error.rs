//! What can be wrong with the configuration, and how it is said.
//!
//! Every problem names its place (line of the file, variable or flag), so that
//! all of them can be reported at once and mended in one go.

use std::fmt;
use std::path::PathBuf;

/// Why the configuration or its folders can't be used. The text is for people.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The platform tells no home folder, and no other place was named.
    #[error(
        "cannot find your home folder; set HOME, or name the places yourself with --config FILE and --data-dir DIR"
    )]
    NoHome,
    /// A file that was asked for isn't there.
    #[error("{path}: no such file (named by {named_by})")]
    Missing {
        /// The file.
        path: PathBuf,
        /// The flag or variable that names it.
        named_by: &'static str,
    },
    /// The file is there and can't be read.
    #[error("{path}: cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Unknown keys, bad values, broken syntax: everything that was found, one
    /// a line.
    #[error("{}", join(.0))]
    Invalid(Vec<Problem>),
    /// The values pass their checks one by one and still make no settings.
    #[error("the settings can't be put together: {0}")]
    Settings(String),
    /// The filter of the log can't be read.
    #[error("log: expected a filter such as \"lorag=debug,warn\", found {filter:?}: {reason}")]
    LogFilter {
        /// The filter as it was given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A folder that lorag needs can't be made or written.
    #[error("cannot {action} {path}: {reason}; {advice}")]
    Folder {
        /// What was tried, `create the folder` or `write to`.
        action: &'static str,
        /// The folder.
        path: PathBuf,
        /// Why it didn't work.
        reason: String,
        /// What to do about it.
        advice: &'static str,
    },
}

/// One thing that is wrong, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// What is wrong, with the key and the nearest valid name.
    pub message: String,
    /// The setting whose value was refused, where it is one.
    pub key: Option<&'static str>,
}

impl Problem {
    /// What is wrong at a place.
    #[must_use]
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), key: None }
    }

    /// What is wrong with the value of a setting.
    #[must_use]
    pub fn of(key: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), key: Some(key) }
    }
}

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// In a variable of the environment.
    Environment {
        /// Name of the variable.
        name: String,
    },
    /// In a flag of the command line.
    Flag {
        /// The flag as it is typed.
        name: String,
    },
}

impl Place {
    /// The line in a file; 0 for every other place.
    pub(super) fn line(&self) -> usize {
        match self {
            Self::File { line, .. } => *line,
            Self::Environment { .. } | Self::Flag { .. } => 0,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The column is left out: `FILE:LINE` is what editors and people
            // look for, and a line of the file holds one setting.
            Self::File { path, line, .. } => write!(formatter, "{}:{line}", path.display()),
            Self::Environment { name } | Self::Flag { name } => formatter.write_str(name),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)
    }
}

/// Line and column, both from 1, of the byte `offset` in `text`.
pub(super) fn position(text: &str, offset: usize) -> (usize, usize) {
    let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
    // An offset inside a character or behind the end counts as the line's end.
    let before = text.get(..offset).unwrap_or(text);
    let column = before.rsplit('\n').next().map_or(0, |part| part.chars().count()) + 1;
    (line, column)
}

fn join(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        let text = "ä = 1\nbc = 2\n";
        assert_eq!(position(text, 0), (1, 1));
        assert_eq!(position(text, 2), (1, 2));
        assert_eq!(position(text, 7), (2, 1));
        assert_eq!(position(text, 8), (2, 2));
        assert_eq!(position(text, text.len()), (3, 1));
        assert_eq!(position(text, 99).0, 3);
    }

    #[test]
    fn every_problem_has_its_line() {
        let at = |place, message: &str| Problem::new(place, message);
        let error = ConfigError::Invalid(vec![
            at(
                Place::File { path: PathBuf::from("config.toml"), line: 3, column: 1 },
                "unknown key \"x\"",
            ),
            at(Place::Environment { name: "LORAG_LOG".to_owned() }, "expected a filter"),
            at(Place::Flag { name: "--limit".to_owned() }, "expected an integer"),
        ]);
        assert_eq!(
            error.to_string(),
            "config.toml:3: unknown key \"x\"\nLORAG_LOG: expected a filter\n--limit: expected an integer"
        );
    }

    #[test]
    fn folder_errors_say_what_where_why_and_what_to_do() {
        let error = ConfigError::Folder {
            action: "create the folder",
            path: PathBuf::from("/mnt/x"),
            reason: "the file system is read-only".to_owned(),
            advice: "name another place with --data-dir",
        };
        assert_eq!(
            error.to_string(),
            "cannot create the folder /mnt/x: the file system is read-only; name another place with --data-dir"
        );
    }
}
