//! The import rules of `src/lib.rs`, kept by scanning the sources.

use super::common::root;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// Every line of code that names `what`, outside comments, in files below one
/// of `folders` of `src`.
fn users(what: &str, folders: &[&str]) -> Vec<String> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut out = Vec::new();
    for file in files {
        let place = file.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
        if !folders.iter().any(|f| place.starts_with(f)) {
            continue;
        }
        for (number, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            if code.contains(what) {
                out.push(format!("src/{place}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    out
}

fn assert_unused(what: &str, folders: &[&str]) {
    let found = users(what, folders);
    assert!(found.is_empty(), "{what} must not be used here:\n{}", found.join("\n"));
}

const MODULES: [&str; 15] = [
    "answer",
    "app",
    "builtin",
    "cli",
    "config",
    "domain",
    "editor",
    "engine",
    "eval",
    "hub",
    "knowledge",
    "runtime",
    "session",
    "setup",
    "ui",
];

fn only(module: &str, allowed: &[&str]) {
    for other in MODULES {
        if other != module && !allowed.contains(&other) {
            let folder = format!("{module}/");
            let file = format!("{module}.rs");
            assert_unused(&format!("crate::{other}"), &[&folder, &file]);
        }
    }
}

#[test]
fn the_scan_finds_what_is_there() {
    assert!(!users("crate::domain", &["knowledge/"]).is_empty());
    assert!(!users("mistralrs", &["engine/mistral"]).is_empty());
}

#[test]
fn modules_import_only_what_they_may() {
    only("domain", &[]);
    only("config", &["domain"]);
    only("hub", &["domain", "config"]);
    only("builtin", &["domain", "config"]);
    only("engine", &["domain", "config"]);
    only("knowledge", &["domain", "config", "builtin"]);
    only("answer", &["domain", "config", "engine", "knowledge"]);
    only("session", &["domain", "config"]);
    only("eval", &["domain"]);
    only("setup", &["domain", "config", "builtin", "engine", "hub", "knowledge"]);
    only("editor", &[]);
    only("app", &["domain", "config", "editor"]);
    only("ui", &["domain", "config", "editor", "app"]);
    only(
        "runtime",
        &["domain", "config", "engine", "knowledge", "answer", "session", "setup", "app", "ui"],
    );
}

#[test]
fn library_types_stay_where_they_belong() {
    let folders = |except: &[&str]| -> Vec<String> {
        let mut files = Vec::new();
        sources(&root().join("src"), &mut files);
        files
            .iter()
            .map(|f| f.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned())
            .filter(|f| !except.iter().any(|e| f.starts_with(e)))
            .collect()
    };
    let outside = |except: &[&str]| -> Vec<String> { folders(except) };
    for (what, home) in [
        ("mistralrs::", &["engine/mistral", "knowledge/embed"][..]),
        ("lancedb::", &["knowledge/store"][..]),
        ("arrow::", &["knowledge/store"][..]),
        ("reqwest::", &["hub"][..]),
        ("clap", &["cli", "main.rs"][..]),
        ("indicatif::", &["cli"][..]),
        ("crossterm::", &["runtime"][..]),
        ("ratatui_textarea::", &["editor.rs", "ui/input.rs"][..]),
        ("ratatui::", &["ui", "runtime", "editor.rs"][..]),
        ("syntect::", &["ui/text"][..]),
    ] {
        let rest = outside(home);
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        assert_unused(what, &rest);
    }
}

/// Whether a line that [`users`] found stands in the tests at the end of its
/// file.
fn within_tests(found: &str) -> bool {
    let mut parts = found.split(':');
    let (Some(file), Some(number)) = (parts.next(), parts.next()) else { return false };
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    let tests = text.lines().position(|line| line.starts_with("mod tests {"));
    tests.is_some_and(|start| number.parse::<usize>().unwrap() > start)
}

#[test]
fn the_application_does_no_io() {
    for what in ["tokio", "std::fs", "std::io", "std::thread", "Instant::now", "SystemTime"] {
        // Reading the keymap and the themes is done before the screen is up;
        // tests may use files and clocks.
        let found: Vec<String> = users(what, &["app/", "ui/"])
            .into_iter()
            .filter(|line| !line.contains("keymap/") && !line.contains("theme/"))
            .filter(|line| !line.contains("tests") && !line.contains("fixtures"))
            .filter(|line| !within_tests(line))
            .collect();
        assert!(found.is_empty(), "{what} must not be used here:\n{}", found.join("\n"));
    }
}

#[test]
fn files_stay_readable() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    sources(&root().join("tests"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        assert!(lines <= 500, "{} has {lines} lines: split it by topic", file.display());
        assert!(text.starts_with("//!"), "{} has no header", file.display());
    }
}
