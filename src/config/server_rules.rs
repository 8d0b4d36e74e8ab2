//! What the keys of a table `[servers.NAME]` must make together.

use super::document::{Entry, dotted};
use super::schema::SERVERS;
use super::server::ServerUrl;

/// Line and message of everything that is wrong.
pub(super) fn problems(entries: &[Entry]) -> Vec<(usize, String)> {
    let mut problems = Vec::new();
    for table in entries {
        let [first, name] = table.path.as_slice() else { continue };
        if first != SERVERS || !table.value.is_object() {
            continue;
        }
        let shown = dotted(&table.path);
        let get = |key: &str| {
            entries.iter().find(|entry| {
                matches!(entry.path.as_slice(), [a, b, c] if a == SERVERS && b == name && c == key)
            })
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(plain) || name == "builtin" {
            problems.push((
                table.line,
                format!(
                    "{shown}: a server's name is made of letters, digits, -, _ and ., and is not builtin: its models are called NAME/model"
                ),
            ));
        }
        let url = get("url").and_then(|entry| entry.value.as_str());
        let Some(url) = url else {
            let message = format!(
                "{shown}: has no url; write its address, such as url = \"http://localhost:8000\""
            );
            problems.push((table.line, message));
            continue;
        };
        if let (Some(env), Some(file)) = (get("key_env"), get("key_file")) {
            let line = env.line.max(file.line);
            problems.push((line, format!("{shown}: has both key_env and key_file; keep one")));
        }
        let key = get("key_env").or_else(|| get("key_file"));
        if let Some(key) = key
            && ServerUrl::parse(url).is_ok_and(|url| url.has_user())
        {
            let message = format!(
                "{shown}: has a key beside the user of its url, and only one of them can be sent; keep one"
            );
            problems.push((key.line, message));
        }
    }
    problems
}

/// What is said where somebody writes the key itself into the file.
pub(super) fn misplaced(path: &[String]) -> Option<String> {
    let [first, _, key] = path else { return None };
    let is_key = ["key", "api_key", "apikey", "token", "password", "secret"];
    (first == SERVERS && is_key.contains(&key.to_lowercase().as_str())).then(|| {
        format!(
            "unknown key \"{}\": a key does not belong into this file; name the variable that holds it as key_env, or a file as key_file",
            dotted(path)
        )
    })
}
