//! Reads a keymap file: a table per layer, lines of `"key" = "action"`.
//!
//! The walk goes on behind a mistake, so that one run reports all of them,
//! each with the line it stands on.

use super::tables::{Binding, Keymap, Layer, Scope, Tables};
use crate::app::action::Action;
use crate::app::key::Key;
use crate::config::{Place, Problem};
use crate::domain::likeliest;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The built-in keys.
pub(super) const DEFAULT: &str = include_str!("default.toml");

/// What a key is bound to that does nothing.
const NONE: &str = "none";

/// The table of the keys that hold everywhere.
const GLOBAL: &str = "global";

/// What must stay on a key, and where: without it, there would be no way on
/// from there. All else can be reached through the command palette.
const NEEDED: &[(Action, &[Layer])] = &[
    (Action::CommandPalette, &[Layer::Input, Layer::Conversation, Layer::Sources, Layer::Stats]),
    (Action::Cancel, &[Layer::Input]),
    (Action::Close, &[Layer::Viewer, Layer::Compare, Layer::Tune, Layer::Picker, Layer::Help]),
    (Action::Accept, &[Layer::Picker]),
];

/// Why a keymap file can't be used. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// The file is there and can't be read.
    #[error("{path}: cannot be read: {reason}; without the file, the built-in keys hold")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// Everything that is wrong with it, one a line.
    #[error("{}", join(.0))]
    Invalid(Vec<Problem>),
}

/// The tables of the built-in keys.
pub(super) fn defaults() -> Tables {
    over(Tables::new(), &read(DEFAULT).entries)
}

/// Reads `text` over the built-in keys.
pub(super) fn parse(path: &Path, text: &str) -> Result<Keymap, KeymapError> {
    let Reading { entries, mut problems } = read(text);
    let before = Keymap::default();
    let keymap = Keymap { tables: over(before.tables.clone(), &entries) };
    problems.extend(lost(&before, &keymap, &entries));
    if problems.is_empty() {
        return Ok(keymap);
    }
    problems.sort_by_key(|(line, _)| *line);
    let problem = |(line, message)| {
        let place = Place::File { path: path.to_path_buf(), line, column: 1 };
        Problem::new(place, message)
    };
    Err(KeymapError::Invalid(problems.into_iter().map(problem).collect()))
}

/// A line of a file.
struct Entry {
    scope: Scope,
    binding: Binding,
    /// The key as it is written.
    spelling: String,
    /// From 1.
    line: usize,
}

/// A file that was read.
#[derive(Default)]
struct Reading {
    /// What can be used, in the order of the file.
    entries: Vec<Entry>,
    /// What is wrong, each with its line from 1.
    problems: Vec<(usize, String)>,
}

impl Reading {
    fn problem(&mut self, line: usize, message: String) {
        self.problems.push((line, message));
    }

    fn bind(&mut self, scope: Scope, spelling: &str, value: &DeValue<'_>, line: usize) {
        let key = spelling.parse::<Key>().map_err(|error| error.to_string());
        let action = action(spelling, value);
        let (key, action) = match (key, action) {
            (Ok(key), Ok(action)) => (key, action),
            (key, action) => {
                for message in [key.err(), action.err()].into_iter().flatten() {
                    self.problem(line, message);
                }
                return;
            }
        };
        if let Some(layer) = scope
            && layer.types()
            && key.typed().is_some()
            && action.is_some()
        {
            let message = format!(
                "{spelling:?} types a character in [{}] and can't do anything else there; use a key with ctrl- or alt-",
                layer.name()
            );
            self.problem(line, message);
            return;
        }
        let is_same = |entry: &&Entry| entry.scope == scope && entry.binding.key == key;
        match self.entries.iter().find(is_same) {
            // Said twice, it is still said.
            Some(first) if first.binding.action == action => {}
            Some(first) => {
                let message = format!(
                    "{spelling:?} and {:?} (line {}) arrive as one key and can't be both {:?} and {:?}; keep one of them",
                    first.spelling,
                    first.line,
                    action_name(action),
                    action_name(first.binding.action),
                );
                self.problem(line, message);
            }
            None => self.entries.push(Entry {
                scope,
                binding: Binding { key, action },
                spelling: spelling.to_owned(),
                line,
            }),
        }
    }
}

/// Reads a file. Broken syntax is reported alone: the keys behind it would
/// only be guessed.
fn read(text: &str) -> Reading {
    let mut reading = Reading::default();
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in &errors {
            let line = line_of(text, error.span().map_or(0, |span| span.start));
            reading.problem(line, format!("not valid TOML: {}", error.message()));
        }
        // The parser also reports what follows from the first mistake of a
        // line.
        reading.problems.sort_by_key(|(line, _)| *line);
        reading.problems.dedup_by_key(|(line, _)| *line);
        return reading;
    }
    for (name, value) in in_order(root.get_ref()) {
        let line = line_of(text, name.span().start);
        let name: &str = name.get_ref();
        match (scope_named(name), value.get_ref()) {
            (Some(scope), DeValue::Table(table)) => {
                for (spelling, value) in in_order(table) {
                    let line = line_of(text, spelling.span().start);
                    reading.bind(scope, spelling.get_ref(), value.get_ref(), line);
                }
            }
            (Some(_), _) => {
                let message = format!(
                    "expected a table [{name}] with lines such as \"ctrl-p\" = \"command_palette\""
                );
                reading.problem(line, message);
            }
            (None, DeValue::Table(_)) => reading.problem(line, unknown_table(name)),
            (None, _) => {
                let message = format!(
                    "{name:?} stands in no table; put it below the one it is for, such as [{GLOBAL}]"
                );
                reading.problem(line, message);
            }
        }
    }
    reading
}

/// A key of a table with its value, both with their places.
type Pair<'a, 'i> = (&'a Spanned<DeString<'i>>, &'a Spanned<DeValue<'i>>);

/// What a table holds, in the order of the file.
fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Pair<'a, 'i>> {
    let mut pairs: Vec<Pair<'a, 'i>> = table.iter().collect();
    pairs.sort_by_key(|(name, _)| name.span().start);
    pairs
}

/// The line, from 1, of the byte `offset` in `text`.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn scope_named(name: &str) -> Option<Scope> {
    if name == GLOBAL {
        return Some(None);
    }
    Layer::ALL.into_iter().find(|layer| layer.name() == name).map(Some)
}

fn unknown_table(given: &str) -> String {
    let names = || [GLOBAL].into_iter().chain(Layer::ALL.map(Layer::name));
    match likeliest(given, names()) {
        Some(near) => format!("unknown table [{}]; did you mean [{near}]?", given.escape_debug()),
        None => {
            let names: Vec<String> = names().map(|name| format!("[{name}]")).collect();
            format!("unknown table [{}]; there are {}", given.escape_debug(), names.join(", "))
        }
    }
}

/// What a value binds the key `spelling` to.
fn action(spelling: &str, value: &DeValue<'_>) -> Result<Option<Action>, String> {
    let Some(given) = value.as_str() else {
        return Err(format!(
            "{spelling:?}: expected the name of one action in quotes, such as \"command_palette\""
        ));
    };
    if given == NONE {
        return Ok(None);
    }
    if let Some(action) = Action::ALL.iter().find(|action| action.name() == given) {
        return Ok(Some(*action));
    }
    let names = Action::ALL.iter().map(|action| action.name()).chain([NONE]);
    Err(match likeliest(given, names) {
        Some(near) => format!("unknown action {given:?}; did you mean \"{near}\"?"),
        None => format!("unknown action {given:?}; `lorag config keys` names them"),
    })
}

fn action_name(action: Option<Action>) -> &'static str {
    action.map_or(NONE, Action::name)
}

/// Puts the bindings of a file before those of `tables`, in place of those for
/// the same keys.
fn over(mut tables: Tables, entries: &[Entry]) -> Tables {
    let mut given = Tables::new();
    for entry in entries {
        given.entry(entry.scope).or_default().push(entry.binding);
    }
    for (scope, mut bindings) in given {
        let table = tables.entry(scope).or_default();
        table.retain(|old| !bindings.iter().any(|new| new.key == old.key));
        bindings.append(table);
        *table = bindings;
    }
    tables
}

/// What is needed and has no key any more, with the last line that took one
/// away.
fn lost(before: &Keymap, keymap: &Keymap, entries: &[Entry]) -> Vec<(usize, String)> {
    let mut problems = Vec::new();
    for &(action, layers) in NEEDED {
        let lost: Vec<Layer> =
            layers.iter().copied().filter(|layer| keymap.keys(*layer, action).is_empty()).collect();
        if lost.is_empty() {
            continue;
        }
        let took = |entry: &&Entry| {
            lost.iter().any(|layer| {
                entry.scope.is_none_or(|scope| scope == *layer)
                    && before.keys(*layer, action).contains(&entry.binding.key)
            })
        };
        let line = entries.iter().filter(took).map(|entry| entry.line).max().unwrap_or(1);
        let tables: Vec<String> = lost.iter().map(|layer| format!("[{}]", layer.name())).collect();
        let message = format!(
            "no key is left for \"{}\" in {}; bind one there or in [{GLOBAL}]",
            action.name(),
            tables.join(", ")
        );
        problems.push((line, message));
    }
    problems
}

fn join(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
