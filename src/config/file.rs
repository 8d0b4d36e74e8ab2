//! Reads `config.toml` and a model's `lorag.toml` against the table of keys.
//!
//! The walk goes on behind a mistake, so that one run reports all of them,
//! each with the line it stands on.

use super::document::{Document, Entry, dotted, put};
use super::error::{ConfigError, Place, Problem, position};
use super::schema::{
    COLLECTION_KEYS, COLLECTIONS, KEYS, Key, MODEL_KEYS, MODELS, SERVER_KEYS, SERVERS, nearest,
};
use super::value::{Base, Given, check};
use super::{Manifest, server_rules};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Reads a model's manifest, the `lorag.toml` beside its weights. `path` only
/// names the file in errors.
///
/// # Errors
/// [`ConfigError::Invalid`] with every unknown key, bad value or broken line.
pub fn parse_manifest(path: &Path, text: &str) -> Result<Manifest, ConfigError> {
    let document = read(path, text, Form::Manifest, Base::default());
    if !document.problems.is_empty() {
        return Err(ConfigError::Invalid(document.problems));
    }
    let mut tree = Map::new();
    for entry in document.entries {
        put(&mut tree, &entry.path, entry.value);
    }
    serde_json::from_value(Value::Object(tree))
        .map_err(|error| ConfigError::Settings(error.to_string()))
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The settings, with tables `[models.NAME]`, `[servers.NAME]` and
    /// `[collections.NAME]`.
    Settings,
    /// One model's manifest.
    Manifest,
}

/// Reads a file. Broken syntax is reported alone: the keys behind it would
/// only be guessed.
pub(super) fn read(path: &Path, text: &str, form: Form, base: Base) -> Document {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut walk = Walk { path, text, form, base, document: Document::default() };
    let broken = !errors.is_empty();
    if broken {
        for error in &errors {
            let offset = error.span().map_or(0, |span| span.start);
            walk.problem(offset, format!("not valid TOML: {}", error.message()));
        }
    } else {
        let names = |table: &str| match root.get_ref().get(table).map(Spanned::get_ref) {
            Some(DeValue::Table(table)) => {
                table.keys().map(|name| name.get_ref().to_string()).collect()
            }
            _ => Vec::new(),
        };
        walk.base.names = names(MODELS);
        walk.base.servers = names(SERVERS);
        walk.table(root.get_ref(), &mut Vec::new());
        walk.windows();
        walk.servers();
    }
    walk.document.problems.sort_by_key(|problem| problem.place.line());
    if broken {
        // The parser also reports what follows from the first mistake of a
        // line.
        walk.document.problems.dedup_by_key(|problem| problem.place.line());
    }
    walk.document
}

/// What a key is by the table of keys.
enum Found {
    Key(&'static Key),
    Table,
    Nothing,
}

struct Walk<'a> {
    path: &'a Path,
    text: &'a str,
    form: Form,
    base: Base,
    document: Document,
}

impl Walk<'_> {
    fn table(&mut self, table: &DeTable<'_>, path: &mut Vec<String>) {
        let mut children: Vec<(&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)> =
            table.iter().collect();
        children.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in children {
            path.push(name.get_ref().to_string());
            self.child(name.span().start, value, path);
            path.pop();
        }
    }

    fn child(&mut self, start: usize, value: &Spanned<DeValue<'_>>, path: &mut Vec<String>) {
        match (self.find(path), value.get_ref()) {
            (Found::Key(key), given) => match check(key, Given::Toml(given), &self.base) {
                Ok(checked) => self.entry(start, path, checked),
                Err(message) => {
                    let message = format!("{}: {message}", dotted(path));
                    let place = self.place(value.span().start);
                    self.document.problems.push(Problem::of(key.name, place, message));
                }
            },
            (Found::Table, DeValue::Table(children)) => {
                if self.form == Form::Settings && path.len() == 2 {
                    self.entry(start, path, Value::Object(Map::new()));
                }
                self.table(children, path);
            }
            (Found::Table, other) => {
                let found = Given::Toml(other).shown();
                let message = format!("{}: expected a table, found {found}", dotted(path));
                self.problem(value.span().start, message);
            }
            // The keys of an unknown table are named one by one, since each of
            // them may have its own place elsewhere.
            (Found::Nothing, DeValue::Table(children)) if !children.is_empty() => {
                self.table(children, path);
            }
            (Found::Nothing, _) => {
                let message = self.unknown(path);
                self.problem(start, message);
            }
        }
    }

    fn find(&self, path: &[String]) -> Found {
        match (self.form, path) {
            (Form::Manifest, path) => match find_in(MODEL_KEYS, path) {
                Found::Key(key) if key.name == "path" => Found::Nothing,
                found => found,
            },
            (Form::Settings, [first, rest @ ..]) if named(first).is_some() => match rest {
                [] | [_] => Found::Table,
                [_, rest @ ..] => find_in(named(first).unwrap_or(MODEL_KEYS), rest),
            },
            (Form::Settings, path) => find_in(KEYS, path),
        }
    }

    fn unknown(&self, path: &[String]) -> String {
        fn within(table: &str, name: &str) -> Vec<String> {
            let prefix = dotted(&[table.to_owned(), name.to_owned()]);
            let keys = named(table).unwrap_or_default();
            keys.iter().map(|key| format!("{prefix}.{}", key.name)).collect()
        }
        if let Some(message) = server_rules::misplaced(path) {
            return message;
        }
        let settings = KEYS.iter().map(|key| key.name.to_owned());
        let names: Vec<String> = match (self.form, path) {
            (Form::Manifest, _) => MODEL_KEYS
                .iter()
                .map(|key| key.name.to_owned())
                .filter(|name| name != "path")
                .collect(),
            (Form::Settings, [first, name, ..]) if named(first).is_some() => within(first, name),
            (Form::Settings, [_, name, _, ..]) => settings.chain(within(MODELS, name)).collect(),
            (Form::Settings, _) => {
                let tables = [MODELS, SERVERS, COLLECTIONS].map(str::to_owned);
                settings.chain(tables).collect()
            }
        };
        let key = dotted(path);
        match nearest(&key, names.iter().map(String::as_str)) {
            Some(near) => format!("unknown key \"{key}\"; did you mean \"{near}\"?"),
            None if self.form == Form::Settings => {
                format!("unknown key \"{key}\"; `lorag config show` lists every key")
            }
            None => format!("unknown key \"{key}\"; the keys are {}", names.join(", ")),
        }
    }

    /// The room kept for the answer is part of the window.
    fn windows(&mut self) {
        let mut problems = Vec::new();
        for reserve in &self.document.entries {
            let [table @ .., last] = reserve.path.as_slice() else { continue };
            if last != "reserve" {
                continue;
            }
            let window = self.document.entries.iter().find(|entry| {
                matches!(entry.path.as_slice(), [other @ .., last] if other == table && last == "window")
            });
            if let Some(window) = window
                && reserve.value.as_u64() >= window.value.as_u64()
            {
                let message = format!(
                    "{}: expected less than the window ({}), found {}",
                    dotted(&reserve.path),
                    window.value,
                    reserve.value
                );
                problems.push((reserve.line, message));
            }
        }
        for (line, message) in problems {
            let place = Place::File { path: self.path.to_path_buf(), line, column: 1 };
            self.document.problems.push(Problem::new(place, message));
        }
    }

    /// What the keys of a server must make together.
    fn servers(&mut self) {
        if self.form != Form::Settings {
            return;
        }
        let problems = server_rules::problems(&self.document.entries);
        for (line, message) in problems {
            let place = Place::File { path: self.path.to_path_buf(), line, column: 1 };
            self.document.problems.push(Problem::new(place, message));
        }
    }

    fn entry(&mut self, start: usize, path: &[String], value: Value) {
        let (line, _) = position(self.text, start);
        self.document.entries.push(Entry { path: path.to_vec(), value, line });
    }

    fn problem(&mut self, offset: usize, message: String) {
        let place = self.place(offset);
        self.document.problems.push(Problem::new(place, message));
    }

    fn place(&self, offset: usize) -> Place {
        let (line, column) = position(self.text, offset);
        Place::File { path: PathBuf::from(self.path), line, column }
    }
}

/// The keys of the tables that have names of the user's.
fn named(table: &str) -> Option<&'static [Key]> {
    match table {
        MODELS => Some(MODEL_KEYS),
        SERVERS => Some(SERVER_KEYS),
        COLLECTIONS => Some(COLLECTION_KEYS),
        _ => None,
    }
}

fn find_in(keys: &'static [Key], path: &[String]) -> Found {
    // Compared part by part: a quoted part may hold a dot of its own.
    let starts_with_path = |key: &Key| {
        let mut parts = key.name.split('.');
        path.iter().all(|part| parts.next() == Some(part.as_str()))
    };
    let depth = |key: &Key| key.name.split('.').count();
    match keys.iter().find(|key| starts_with_path(key)) {
        Some(key) if depth(key) == path.len() => Found::Key(key),
        Some(_) => Found::Table,
        None => Found::Nothing,
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
