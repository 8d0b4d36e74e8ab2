//! A configuration file as a list of values with their lines.

use super::error::Problem;
use serde_json::{Map, Value};

/// A file that was read.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Values that passed their checks, in the order of the file.
    pub(super) entries: Vec<Entry>,
    /// Everything that is wrong, in the order of the file.
    pub(super) problems: Vec<Problem>,
}

/// One value of a file.
#[derive(Debug)]
pub(super) struct Entry {
    /// The parts of its key.
    pub(super) path: Vec<String>,
    /// The value. An empty object stands for the table of a model, a
    /// server or a collection.
    pub(super) value: Value,
    /// Line, from 1.
    pub(super) line: usize,
}

/// The dotted form of a key, its parts quoted where TOML needs it.
pub(super) fn dotted(path: &[String]) -> String {
    let bare = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    let parts: Vec<String> = path
        .iter()
        .map(|part| if bare(part) { part.clone() } else { format!("{part:?}") })
        .collect();
    parts.join(".")
}

/// Puts a value into a tree, its tables made where they are missing.
pub(super) fn put(tree: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            tree.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let child = tree.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(child) = child {
                put(child, rest, value);
            }
        }
    }
}
