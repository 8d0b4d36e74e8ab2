//! Settings from variables of the environment, `LORAG_SEARCH__LIMIT=20`.
//!
//! The variables come in as an iterator, so that tests never touch the
//! environment of their process.

use super::error::{Place, Problem};
use super::schema::{KEYS, Key, MODELS, PREFIX, SERVERS, nearest};
use super::value::{Base, Given, check, parse_bool};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Begins the variables of the tests, which mean nothing to the program.
const TEST: &str = "LORAG_TEST_";

/// The variable that names the configuration file.
pub(super) const CONFIG: &str = "LORAG_CONFIG";

/// The variable by which Hugging Face's own tools are taken offline.
const HUB_OFFLINE: &str = "HF_HUB_OFFLINE";

/// The variables of this process that lorag reads, for [`super::load()`]. What
/// isn't UTF-8 is read as far as it goes, since `std::env::vars` would panic.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(PREFIX) || name == HUB_OFFLINE)
        .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
}

/// What the environment says.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// The configuration file, if one is named.
    pub(super) config: Option<PathBuf>,
    /// Key, value and name of the variable; later ones win.
    pub(super) entries: Vec<(&'static Key, Value, String)>,
    /// Everything that is wrong.
    pub(super) problems: Vec<Problem>,
    /// Variables of lorag's that this version doesn't know: another version's
    /// setting must not stop this one.
    pub(super) unknown: Vec<Problem>,
}

/// Reads the variables; those of other programs are passed over.
pub(super) fn read(environment: impl Iterator<Item = (String, String)>, base: &Base) -> Variables {
    let variables: BTreeMap<String, String> = environment.collect();
    let mut read = Variables::default();
    if let Some(key) = KEYS.iter().find(|key| key.name == "offline")
        && variables.get(HUB_OFFLINE).is_some_and(|value| parse_bool(value) == Some(true))
    {
        // First in line, so that LORAG_OFFLINE can say otherwise.
        read.entries.push((key, Value::from(true), HUB_OFFLINE.to_owned()));
    }
    for (name, value) in variables {
        if !name.starts_with(PREFIX) || name.starts_with(TEST) {
            continue;
        }
        if name == CONFIG {
            read.config = (!value.is_empty()).then(|| base.resolve(&value));
            continue;
        }
        let Some(key) = KEYS.iter().find(|key| key.variable() == name) else {
            let message = unknown(&name);
            read.unknown.push(Problem::new(Place::Environment { name }, message));
            continue;
        };
        match check(key, Given::Plain(&value), base) {
            Ok(value) => read.entries.push((key, value, name)),
            Err(message) => {
                read.problems.push(Problem::of(key.name, Place::Environment { name }, message));
            }
        }
    }
    read
}

fn unknown(name: &str) -> String {
    let written = name.strip_prefix(PREFIX).unwrap_or(name).to_lowercase().replace("__", ".");
    for table in [MODELS, SERVERS] {
        if written.split('.').next() == Some(table) {
            return format!(
                "passed over, since {table} can only be set in config.toml, as [{table}.NAME]"
            );
        }
    }
    let names = KEYS.iter().map(|key| key.name).chain(["config"]);
    match nearest(&written, names) {
        Some("config") => format!("passed over as unknown; did you mean \"{CONFIG}\"?"),
        Some(near) => {
            let near = near.to_uppercase().replace('.', "__");
            format!("passed over as unknown; did you mean \"{PREFIX}{near}\"?")
        }
        None => "passed over as unknown; `lorag config show` lists every key".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Variables {
        let owned: Vec<(String, String)> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        read(owned.into_iter(), &Base::default())
    }

    fn problems(variables: &[(&str, &str)]) -> Vec<String> {
        of(variables).problems.iter().map(ToString::to_string).collect()
    }

    fn passed_over(variables: &[(&str, &str)]) -> Vec<String> {
        let read = of(variables);
        assert!(read.problems.is_empty() && read.entries.is_empty(), "{read:?}");
        read.unknown.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn variables_set_keys_by_their_type() {
        let read = of(&[
            ("LORAG_INGEST__CHUNK_TOKENS", "300"),
            ("LORAG_MODEL", "builtin"),
            ("LORAG_OFFLINE", "yes"),
            ("PATH", "/bin"),
            ("LORAGE", "no prefix of ours"),
        ]);
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        let entries: Vec<(&str, String)> =
            read.entries.iter().map(|(key, value, _)| (key.name, value.to_string())).collect();
        assert_eq!(
            entries,
            [
                ("ingest.chunk_tokens", "300".to_owned()),
                ("model", "\"builtin\"".to_owned()),
                ("offline", "true".to_owned()),
            ]
        );
    }

    #[test]
    fn unknown_variables_are_passed_over_and_name_the_nearest() {
        assert_eq!(
            passed_over(&[("LORAG_SERACH__LIMIT", "8"), ("LORAG_CONFG", "x")]),
            [
                "LORAG_CONFG: passed over as unknown; did you mean \"LORAG_CONFIG\"?",
                "LORAG_SERACH__LIMIT: passed over as unknown; did you mean \"LORAG_SEARCH__LIMIT\"?",
            ]
        );
        assert_eq!(
            passed_over(&[("LORAG_SEARCH_LIMIT", "8")]),
            ["LORAG_SEARCH_LIMIT: passed over as unknown; did you mean \"LORAG_SEARCH__LIMIT\"?"]
        );
        assert_eq!(
            passed_over(&[("LORAG_ZZZZZZ", "8")]),
            ["LORAG_ZZZZZZ: passed over as unknown; `lorag config show` lists every key"]
        );
        assert!(passed_over(&[("LORAG_TEST_GGUF", "model.gguf")]).is_empty());
        assert!(passed_over(&[("LORAG_MODELS__SMALL__PATH", "x")])[0].contains("[models.NAME]"));
    }

    #[test]
    fn bad_values_name_the_variable() {
        assert_eq!(
            problems(&[("LORAG_SEARCH__LIMIT", "many")]),
            ["LORAG_SEARCH__LIMIT: expected an integer from 1 to 100, found \"many\""]
        );
    }

    #[test]
    fn the_hub_variable_takes_lorag_offline_unless_told_otherwise() {
        let offline = |variables: &[(&str, &str)]| {
            of(variables).entries.last().map(|(_, value, name)| (value.clone(), name.clone()))
        };
        assert_eq!(
            offline(&[("HF_HUB_OFFLINE", "1")]),
            Some((Value::from(true), "HF_HUB_OFFLINE".to_owned()))
        );
        assert_eq!(offline(&[("HF_HUB_OFFLINE", "0")]), None);
        assert_eq!(
            offline(&[("HF_HUB_OFFLINE", "1"), ("LORAG_OFFLINE", "0")]),
            Some((Value::from(false), "LORAG_OFFLINE".to_owned()))
        );
    }

    #[test]
    fn the_file_can_be_named() {
        let base = Base { home: Some(PathBuf::from("/home/user")), ..Base::default() };
        let named = |value: &str| {
            let variables = [(CONFIG.to_owned(), value.to_owned())];
            read(variables.into_iter(), &base).config
        };
        assert_eq!(named("~/my.toml"), Some(PathBuf::from("/home/user/my.toml")));
        assert_eq!(named("/etc/my.toml"), Some(PathBuf::from("/etc/my.toml")));
        assert_eq!(named(""), None);
    }
}
