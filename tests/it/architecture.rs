//! The import rules of `src/lib.rs`, kept by reading the sources with a parser:
//! which folder may use which, where types of libraries stay, and that no files
//! use each other in a circle.

mod circles;
mod modules;

use super::common::root;
use circles::{circles, shown, uses};
use modules::{Modules, Segments, Target};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static LIBRARY: LazyLock<Modules> = LazyLock::new(|| Modules::read(&root().join("src/lib.rs")));
static PROGRAM: LazyLock<Modules> = LazyLock::new(|| Modules::read(&root().join("src/main.rs")));

/// The folder or file of `src` that a file belongs to.
fn area(file: &str) -> &str {
    let first = file.split('/').next().unwrap_or(file);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// Every use of one area of the library by another: file, area, path.
fn uses_of_areas() -> BTreeSet<(String, String, String)> {
    let areas: BTreeSet<&str> = LIBRARY.0[0].children.keys().map(String::as_str).collect();
    let mut out = BTreeSet::new();
    for (id, path, target) in LIBRARY.references(true) {
        let file = &LIBRARY.0[id].file;
        let home = match target {
            Target::Module(other) | Target::Item(other) => area(&LIBRARY.0[other].file).to_owned(),
            Target::External(_) => continue,
        };
        // A path by way of a third area uses that one as well.
        let named =
            path.get(1).filter(|second| path[0] == "crate" && areas.contains(second.as_str()));
        for other in named.into_iter().chain(std::iter::once(&home)) {
            if other != area(file) && other != "lib" {
                out.insert((file.clone(), other.clone(), path.join("::")));
            }
        }
    }
    out
}

/// Every path of another crate that a file names.
fn external(modules: &Modules) -> BTreeSet<(String, Segments)> {
    let references = modules.references(true).into_iter();
    let external = references.filter_map(|(id, _, target)| match target {
        Target::External(path) => Some((modules.0[id].file.clone(), path)),
        _ => None,
    });
    external.collect()
}

fn only(area_of: &str, allowed: &[&str]) {
    let wrong: Vec<String> = uses_of_areas()
        .into_iter()
        .filter(|(file, other, _)| area(file) == area_of && !allowed.contains(&other.as_str()))
        .map(|(file, other, path)| format!("src/{file} uses {other}: {path}"))
        .collect();
    assert!(wrong.is_empty(), "{area_of} may only use {allowed:?}:\n{}", wrong.join("\n"));
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
    only("eval", &["domain", "config"]);
    only("data", &["domain", "config", "engine", "knowledge", "answer", "eval"]);
    only("setup", &["domain", "config", "builtin", "engine", "hub", "knowledge"]);
    only("tune", &[]);
    only("training", &["domain", "config", "engine", "knowledge", "data", "eval", "setup", "tune"]);
    only("json", &["domain", "knowledge"]);
    only("host", &["domain", "config", "engine", "knowledge", "answer", "setup"]);
    only("mcp", &["domain", "knowledge", "answer", "host", "json"]);
    only("serve", &["domain", "engine", "answer", "host", "json"]);
    only("editor", &[]);
    only("app", &["domain", "config", "editor"]);
    only("ui", &["domain", "config", "editor", "app"]);
    only(
        "runtime",
        &[
            "domain",
            "config",
            "engine",
            "knowledge",
            "answer",
            "session",
            "setup",
            "data",
            "training",
            "app",
            "ui",
        ],
    );
}

#[test]
fn library_types_stay_where_they_belong() {
    let mut found = external(&LIBRARY);
    found.extend(external(&PROGRAM));
    for (crates, homes) in [
        (
            &["mistralrs", "mistralrs_core", "mistralrs_quant"][..],
            &["engine/mistral", "knowledge/embed"][..],
        ),
        (&["llama_cpp_sys_2", "llguidance", "minijinja"], &["engine/llama"]),
        (&["lancedb", "lance", "arrow", "arrow_array", "arrow_schema"], &["knowledge/store"]),
        (&["reqwest"], &["hub", "engine/remote"]),
        (&["clap", "clap_complete"], &["cli", "main.rs"]),
        (&["indicatif"], &["cli"]),
        (&["crossterm"], &["runtime"]),
        (&["ratatui_textarea"], &["editor.rs", "ui/input.rs"]),
        (&["ratatui"], &["ui", "runtime", "editor.rs"]),
        (&["syntect"], &["ui/text"]),
    ] {
        let of_crates = || found.iter().filter(|(_, path)| crates.contains(&path[0].as_str()));
        assert!(of_crates().next().is_some(), "nothing uses {crates:?}");
        let wrong: Vec<String> = of_crates()
            .filter(|(file, _)| !homes.iter().any(|home| file.starts_with(home)))
            .map(|(file, path)| format!("src/{file}: {}", path.join("::")))
            .collect();
        assert!(wrong.is_empty(), "{crates:?} must not be used here:\n{}", wrong.join("\n"));
    }
}

#[test]
fn the_application_does_no_io() {
    let banned = [
        "tokio",
        "std::fs",
        "std::io",
        "std::thread",
        "std::time::Instant::now",
        "std::time::SystemTime",
    ];
    let wrong: Vec<String> = external(&LIBRARY)
        .into_iter()
        .filter(|(file, _)| matches!(area(file), "app" | "ui"))
        // Reading the keymap and the themes is done before the screen is up.
        .filter(|(file, _)| !file.contains("keymap/") && !file.contains("theme/"))
        .map(|(file, path)| (file, path.join("::")))
        .filter(|(_, path)| banned.iter().any(|banned| path.starts_with(banned)))
        .map(|(file, path)| format!("src/{file}: {path}"))
        .collect();
    assert!(wrong.is_empty(), "must not be used here:\n{}", wrong.join("\n"));
}

#[test]
fn the_place_of_the_knowledge_base_is_the_matter_of_its_backend() {
    let files = ["std::fs", "tokio::fs", "rustix::fs", "tempfile"];
    let found: Vec<(String, String)> = external(&LIBRARY)
        .into_iter()
        .map(|(file, path)| (file, path.join("::")))
        .filter(|(_, path)| files.iter().any(|files| path.starts_with(files)))
        .collect();
    let local = |file: &str| file.starts_with("knowledge/store/local");
    assert!(found.iter().any(|(file, _)| local(file)), "the reader finds no use of files");
    let wrong: Vec<String> = found
        .iter()
        .filter(|(file, _)| {
            let own = ["search.rs", "library.rs", "seen.rs", "store/", "analysis/"];
            let own = own.iter().any(|own| file.starts_with(&format!("knowledge/{own}")));
            own && !local(file)
        })
        .map(|(file, path)| format!("src/{file}: {path}"))
        .collect();
    assert!(wrong.is_empty(), "these must go through the backend:\n{}", wrong.join("\n"));
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let all = uses(&LIBRARY);
    let left: Vec<String> = circles(&all).iter().map(|circle| shown(circle, &all)).collect();
    assert!(left.is_empty(), "move what is shared into a file of its own:\n{}", left.join("\n"));
}

/// A crate of these files, read.
fn sample(files: &[(&str, &str)]) -> Modules {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Modules::read(&folder.path().join("lib.rs"))
}

#[test]
fn the_reader_finds_uses_however_they_are_written() {
    let modules = sample(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "pub struct One; pub struct Two; pub fn three() {} pub const FOUR: u8 = 4;"),
        ("b/mod.rs", "mod deep; mod list; pub use deep::Deep; pub use crate::a::Two;"),
        (
            "b/deep.rs",
            "use crate::{a::{self as first, One}, c};\n\
             pub struct Deep(One);\n\
             fn f() { first::three(); c::g(); println!(\"{}\", crate::a::FOUR); }\n\
             #[cfg(test)] mod tests { use crate::a::Nothing; }",
        ),
        ("b/list.rs", "use super::*; fn f(_: Deep, _: Two, _: tokio::time::Instant) {}"),
        ("c.rs", "use std::time::Instant; pub fn g() { Instant::now(); crate::b::Deep; }"),
    ]);
    let uses = uses(&modules);
    let of = |from: &str, to: &str| -> Vec<String> {
        uses.get(from).and_then(|uses| uses.get(to)).into_iter().flatten().cloned().collect()
    };
    let written = of("b/deep.rs", "a.rs");
    for path in ["crate::a::One", "first::three", "crate::a::FOUR"] {
        assert!(written.iter().any(|found| found == path), "{path} is missing in {written:?}");
    }
    assert!(!written.iter().any(|path| path.contains("Nothing")), "tests count: {written:?}");
    assert_eq!(of("b/deep.rs", "c.rs"), ["c::g"]);
    // What is handed on is used where it is used, and defined where it is.
    assert_eq!(of("b/list.rs", "b/deep.rs"), ["Deep"]);
    assert_eq!(of("b/list.rs", "a.rs"), ["Two"]);
    assert_eq!(of("c.rs", "b/deep.rs"), ["crate::b::Deep"]);
    assert!(!uses.contains_key("b/mod.rs"), "handing on is no use: {:?}", uses.get("b/mod.rs"));
    let circles = circles(&uses);
    assert_eq!(circles.len(), 1);
    assert_eq!(circles[0].iter().map(String::as_str).collect::<Vec<_>>(), ["b/deep.rs", "c.rs"]);
    let external: Vec<String> = external(&modules)
        .into_iter()
        .map(|(file, path)| format!("{file} {}", path.join("::")))
        .collect();
    for path in ["b/list.rs tokio::time::Instant", "c.rs std::time::Instant::now"] {
        assert!(external.iter().any(|found| found == path), "{path} is missing in {external:?}");
    }
}

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
