//! Checks one value against its key and brings it into one form.
//!
//! A file gives typed values, variables and flags give text; both pass the
//! same checks and come out as JSON, from which the settings are built.

use super::filter::parse_filter;
use super::schema::{Key, Kind, missing, nearest};
use super::server::ServerUrl;
use crate::domain::Stack;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use toml::de::DeValue;

/// A value as it was written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Given<'a> {
    /// In a file.
    Toml(&'a DeValue<'a>),
    /// In a variable or a flag, which know no types.
    Plain(&'a str),
}

/// What paths are relative to.
#[derive(Clone, Debug, Default)]
pub(super) struct Base {
    /// Folder of the file; the current directory where `None`.
    pub(super) folder: Option<PathBuf>,
    /// What `~/` stands for.
    pub(super) home: Option<PathBuf>,
    /// Names of `[models.NAME]`, which go before folders of the same name.
    pub(super) names: Vec<String>,
    /// Names of `[servers.NAME]`, whose models go before folders, too.
    pub(super) servers: Vec<String>,
}

/// Checks a value. The error completes `KEY: …`.
pub(super) fn check(key: &Key, given: Given<'_>, base: &Base) -> Result<Value, String> {
    if key.optional && given.text().is_some_and(str::is_empty) {
        return Ok(Value::Null);
    }
    let text = given.text();
    let value = match key.kind {
        Kind::Bool => given.bool().map(Value::from),
        Kind::Integer { min, max } => given
            .integer()
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| (min..=max).contains(number))
            .map(Value::from),
        Kind::Number { min, max, above } => given
            .number()
            .filter(|number| *number <= max && if above { *number > min } else { *number >= min })
            .map(Value::from),
        Kind::Text => text.map(Value::from),
        Kind::Words => text.filter(|text| !text.trim().is_empty()).map(Value::from),
        Kind::Template(placeholders) => match text {
            Some(text) => {
                let missing = missing(text, placeholders);
                if !missing.is_empty() {
                    let missing = missing.join(" and ");
                    return Err(format!("expected {}, found text without {missing}", key.kind));
                }
                Some(Value::from(text))
            }
            None => None,
        },
        Kind::Path => match text.filter(|text| !text.is_empty()) {
            Some(text) => Some(path_value(&base.resolve(text))?),
            None => None,
        },
        Kind::Model => match text.filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(base.resolve_model(text)?),
            None => None,
        },
        Kind::Filter => match text {
            Some(text) => {
                parse_filter(text).map_err(|reason| {
                    format!("expected {}, found {}: {reason}", key.kind, given.shown())
                })?;
                Some(Value::from(text))
            }
            None => None,
        },
        Kind::Choice(words) => {
            let choice = |text: &str| words.iter().find(|word| word.eq_ignore_ascii_case(text));
            if let Some(text) = text
                && choice(text).is_none()
                && let Some(near) = nearest(&text.to_lowercase(), words.iter().copied())
            {
                let found = given.shown();
                return Err(format!(
                    "expected {}, found {found}; did you mean \"{near}\"?",
                    key.kind
                ));
            }
            text.and_then(choice).map(|word| Value::from(*word))
        }
        Kind::Examples => given.examples(),
        Kind::Url => match text {
            Some(text) => {
                let url = ServerUrl::parse(text)
                    .map_err(|reason| format!("expected {}; {reason}", key.kind))?;
                Some(Value::from(url.expose()))
            }
            None => None,
        },
        Kind::Variable => {
            let name = text.filter(|text| is_variable(text));
            let Some(name) = name else {
                return Err(format!(
                    "expected {}, found something else, which is not shown since it may be the key itself: put the key into a variable and name that",
                    key.kind
                ));
            };
            Some(Value::from(name))
        }
        Kind::Adapters => match text {
            Some(text) => {
                text.parse::<Stack>()
                    .map_err(|reason| format!("expected {}: {reason}", key.kind))?;
                Some(Value::from(text))
            }
            None => None,
        },
    };
    value.ok_or_else(|| format!("expected {}, found {}", key.kind, given.shown()))
}

/// Whether a text is the name of a variable, in capitals: keys are not.
fn is_variable(text: &str) -> bool {
    let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(part) && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// Reads yes or no as people write it in variables.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

impl<'a> Given<'a> {
    fn text(self) -> Option<&'a str> {
        match self {
            Self::Toml(value) => value.as_str(),
            Self::Plain(text) => Some(text),
        }
    }

    fn bool(self) -> Option<bool> {
        match self {
            Self::Toml(value) => value.as_bool(),
            Self::Plain(text) => parse_bool(text),
        }
    }

    fn integer(self) -> Option<i128> {
        match self {
            Self::Toml(DeValue::Integer(number)) => {
                i128::from_str_radix(number.as_str(), number.radix()).ok()
            }
            Self::Toml(_) => None,
            Self::Plain(text) => text.trim().parse().ok(),
        }
    }

    fn number(self) -> Option<f64> {
        match self {
            Self::Toml(DeValue::Float(number)) => number.as_str().parse().ok(),
            // Every range lies within 32 bits, which f64 holds exactly.
            Self::Toml(DeValue::Integer(_)) => {
                self.integer().and_then(|number| i32::try_from(number).ok()).map(f64::from)
            }
            Self::Toml(_) => None,
            Self::Plain(text) => text.trim().parse().ok(),
        }
    }

    /// Pairs of question and answer, both not empty; in a variable as JSON.
    fn examples(self) -> Option<Value> {
        let pair = |question: &str, answer: &str| {
            let whole = !question.trim().is_empty() && !answer.trim().is_empty();
            whole.then(|| json!({ "question": question, "answer": answer }))
        };
        let pairs: Option<Vec<Value>> = match self {
            Self::Toml(DeValue::Array(items)) => items
                .iter()
                .map(|item| {
                    let table = item.get_ref().as_table().filter(|table| table.len() == 2)?;
                    let part = |name: &str| table.get(name)?.get_ref().as_str();
                    pair(part("question")?, part("answer")?)
                })
                .collect(),
            Self::Toml(_) => None,
            Self::Plain(text) => {
                let items: Vec<Value> = serde_json::from_str(text).ok()?;
                items
                    .iter()
                    .map(|item| {
                        let part = |name: &str| item.get(name)?.as_str();
                        pair(part("question")?, part("answer")?)
                    })
                    .collect()
            }
        };
        pairs.map(Value::Array)
    }

    /// The value as an error message shows it.
    pub(super) fn shown(self) -> String {
        match self {
            Self::Plain(text) => quote(text),
            Self::Toml(value) => match value {
                DeValue::String(text) => quote(text),
                DeValue::Integer(number) => number.to_string(),
                DeValue::Float(number) => number.to_string(),
                DeValue::Boolean(value) => value.to_string(),
                DeValue::Datetime(_) => "a date".to_owned(),
                DeValue::Array(_) => "an array".to_owned(),
                DeValue::Table(_) => "a table".to_owned(),
            },
        }
    }
}

impl Base {
    /// Makes a path whole: `~/` is the home folder, anything relative starts
    /// at the base's folder.
    pub(super) fn resolve(&self, text: &str) -> PathBuf {
        let path = match (text.strip_prefix('~'), &self.home) {
            (Some(""), Some(home)) => home.clone(),
            (Some(rest), Some(home)) if rest.starts_with('/') => {
                home.join(rest.trim_start_matches('/'))
            }
            _ => PathBuf::from(text),
        };
        match &self.folder {
            // Collecting the components drops each `.` on the way.
            Some(folder) => folder.join(path).components().collect(),
            None => absolute(&path),
        }
    }

    /// A model's value is a path only where it looks like one or where such a
    /// file is there: `Qwen/Qwen3-0.6B` is a hub id as well as a relative path.
    fn resolve_model(&self, text: &str) -> Result<Value, String> {
        let server = text.split_once('/').map_or(text, |(server, _)| server);
        if text == "builtin"
            || self.names.iter().any(|name| name == text)
            || self.servers.iter().any(|name| name == server)
        {
            return Ok(Value::from(text));
        }
        let explicit = ["./", "../", "~/"].iter().any(|start| text.starts_with(start));
        let there = self.folder.as_ref().is_some_and(|folder| folder.join(text).exists());
        if explicit || there { path_value(&self.resolve(text)) } else { Ok(Value::from(text)) }
    }
}

/// The path from the root; the path itself where there is no current
/// directory any more.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

fn path_value(path: &Path) -> Result<Value, String> {
    path.to_str()
        .map(Value::from)
        .ok_or_else(|| format!("expected a path in UTF-8, found {}", path.display()))
}

/// Quotes a text for a message, cut where it is long.
fn quote(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() > MOST {
        let start: String = text.chars().take(MOST).collect();
        let cut = format!("{start}…");
        format!("{cut:?}")
    } else {
        format!("{text:?}")
    }
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
