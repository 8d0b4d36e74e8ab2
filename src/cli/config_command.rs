//! `lorag config`: every setting with its value and where it comes from.

use super::args::ConfigCommand;
use super::context::Context;
use super::terminal::{out, outln, visible};
use super::{Failure, code};
use crate::app::keymap::Keymap;
use crate::config::{Loaded, Paths};
use serde_json::{Map, Value, json};

/// Widest `key = value` that the origins are lined up behind; longer ones,
/// such as a prompt, push only their own.
const WIDEST: usize = 64;

/// Runs the command.
///
/// # Errors
/// None so far; the settings were read before.
pub fn run(context: &Context, command: &ConfigCommand) -> Result<u8, Failure> {
    match command {
        ConfigCommand::Show { json } => {
            out!("{}", visible(&show(&context.loaded, &context.paths, *json)))?;
        }
        ConfigCommand::Keys => out!("{}", Keymap::default_toml())?,
        ConfigCommand::Path => outln!("{}", context.paths.config_file.display())?,
    }
    Ok(code::DONE)
}

/// Renders the configuration. As text, one line a key,
/// `search.limit = 8   (default)`, then the places lorag uses; as JSON one
/// object, `{"search.limit": {"value": 8, "origin": "default"}, …}`, where a
/// value that isn't set is null. Ends in a line break.
#[must_use]
pub fn show(loaded: &Loaded, paths: &Paths, json: bool) -> String {
    let rows: Vec<(String, Value, String)> = loaded
        .entries()
        .into_iter()
        .map(|entry| {
            let value = match (entry.key.as_str(), entry.value) {
                // What isn't set here is decided by the platform, and people
                // want to know how.
                ("data_dir", Value::Null) => Value::from(paths.data.to_string_lossy()),
                ("cache_dir", Value::Null) => Value::from(paths.cache.to_string_lossy()),
                (_, value) => value,
            };
            (entry.key, value, entry.origin.label(&loaded.file))
        })
        .collect();
    if json { as_json(rows) } else { as_text(&rows, loaded, paths) }
}

fn as_json(rows: Vec<(String, Value, String)>) -> String {
    let map: Map<String, Value> = rows
        .into_iter()
        .map(|(key, value, origin)| (key, json!({ "value": value, "origin": origin })))
        .collect();
    format!("{:#}\n", Value::Object(map))
}

fn as_text(rows: &[(String, Value, String)], loaded: &Loaded, paths: &Paths) -> String {
    let lines: Vec<(String, &str)> = rows
        .iter()
        .map(|(key, value, origin)| {
            let value = if value.is_null() { "unset".to_owned() } else { value.to_string() };
            (format!("{key} = {value}"), origin.as_str())
        })
        .collect();
    let width = lines
        .iter()
        .map(|(setting, _)| setting.chars().count())
        .filter(|width| *width <= WIDEST)
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (setting, origin) in lines {
        text.push_str(&format!("{setting:<width$}   ({origin})\n"));
    }
    let there = if loaded.file_exists { "" } else { " (not there)" };
    for (what, path, note) in [
        ("configuration file", &paths.config_file, there),
        ("knowledge base", &paths.knowledge, ""),
        ("logs", &paths.logs, ""),
    ] {
        text.push_str(&format!("# {what}: {}{note}\n", path.display()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, load};
    use std::path::PathBuf;

    fn loaded() -> (Loaded, Paths) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let text = "\nmodel = \"builtin\"\n[models.small]\nprompt.system = \"SYSTEM\"\n";
        std::fs::write(&config, text.replace("SYSTEM", &"long ".repeat(40))).unwrap();
        let flags = Flags {
            config: Some(config),
            data_dir: Some(PathBuf::from("/srv/lorag")),
            ..Flags::default()
        };
        let variables = [("LORAG_OFFLINE".to_owned(), "1".to_owned())];
        let loaded = load(&flags, variables.into_iter()).unwrap();
        let paths = Paths::new(&loaded).unwrap();
        (loaded, paths)
    }

    fn line<'a>(text: &'a str, key: &str) -> &'a str {
        text.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap()
    }

    #[test]
    fn text_shows_values_and_origins_in_line() {
        let (loaded, paths) = loaded();
        let text = show(&loaded, &paths, false);
        for (key, start, end) in [
            ("search.limit", "search.limit = 8 ", " (default)"),
            ("model", "model = \"builtin\" ", " (config.toml:2)"),
            ("offline", "offline = true ", " (LORAG_OFFLINE)"),
            ("data_dir", "data_dir = \"/srv/lorag\" ", " (--data-dir)"),
            ("cache_dir", "cache_dir = \"/srv/lorag/cache\" ", " (default)"),
            ("search.vector_weight", "search.vector_weight = unset ", " (default)"),
            ("models.small.prompt.system", "models.small.prompt.system = \"long ", ":4)"),
        ] {
            let line = line(&text, key);
            assert!(line.starts_with(start) && line.ends_with(end), "{line}");
        }
        let column = |key: &str| line(&text, key).rfind('(').unwrap();
        assert_eq!(column("search.limit"), column("offline"));
        assert_eq!(column("search.limit"), column("generation.quantization"));
        assert!(text.contains("# knowledge base: /srv/lorag/knowledge\n"), "{text}");
    }

    #[test]
    fn json_holds_value_and_origin_of_every_key() {
        let (loaded, paths) = loaded();
        let shown: Value = serde_json::from_str(&show(&loaded, &paths, true)).unwrap();
        assert_eq!(shown["search.limit"], json!({ "value": 8, "origin": "default" }));
        assert_eq!(shown["offline"], json!({ "value": true, "origin": "LORAG_OFFLINE" }));
        assert_eq!(shown["model"], json!({ "value": "builtin", "origin": "config.toml:2" }));
        assert_eq!(shown["search.vector_weight"]["value"], Value::Null);
        assert_eq!(shown.as_object().unwrap().len(), loaded.entries().len());
    }

    #[test]
    fn an_absent_file_is_said_to_be_absent() {
        let (mut loaded, paths) = loaded();
        assert!(!show(&loaded, &paths, false).contains("(not there)"));
        loaded.file_exists = false;
        assert!(show(&loaded, &paths, false).contains("config.toml (not there)\n"));
    }
}
