//! A knowledge base of format 1, made by lorag at commit 515d828 and cleaned
//! with `kb vacuum`: it opens, says that it is old, and `kb reembed` brings it
//! up to date.

use super::common::{Lorag, assert_exact, root, text};
use std::path::{Path, PathBuf};

/// What the fixture was made of; the text must stay as it is, to the byte.
const HANDBOOK: &str = "\
# Handbook

## Backups

The backup runs every night at two. It keeps thirty copies, and the oldest copy is deleted first.

## Who

Who may restore a backup? The operators on duty restore it, and they write down why.
";
const URLAUB: &str = "\
# Urlaub

Der Urlaubsantrag wird bei der Personalabteilung gestellt. Die Löschung eines Antrags ist bis zum Vortag möglich.
";

/// The folder that the fixture was made of. It stands in the table as it is, so
/// that another one of the same length can take its place.
fn recorded() -> String {
    format!("/{}", format!("lorag-format-1-{}", "x".repeat(200)).split_at(119).0)
}

/// A folder whose path is as long as the recorded one.
fn documents(lorag: &Lorag) -> PathBuf {
    let base = lorag.world.path().canonicalize().unwrap();
    let left = recorded().len() - text(&base).len() - 1;
    let folder = base.join("d".repeat(left));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("handbook.md"), HANDBOOK).unwrap();
    std::fs::write(folder.join("urlaub.md"), URLAUB).unwrap();
    folder
}

/// Copies the fixture, with the paths of `documents`.
fn install(from: &Path, to: &Path, documents: &str) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            install(&path, &place, documents);
            continue;
        }
        let mut bytes = std::fs::read(&path).unwrap();
        let wanted = recorded().into_bytes();
        assert_eq!(wanted.len(), documents.len());
        for at in 0..bytes.len().saturating_sub(wanted.len() - 1) {
            if bytes[at..].starts_with(&wanted) {
                bytes[at..at + wanted.len()].copy_from_slice(documents.as_bytes());
            }
        }
        std::fs::write(place, bytes).unwrap();
    }
}

#[test]
fn a_knowledge_base_of_format_1_opens_and_is_brought_up_to_date() {
    let lorag = Lorag::new();
    let folder = documents(&lorag);
    install(&root().join("tests/it/format_1"), &lorag.data().join("knowledge"), text(&folder));
    let old = "analysed by an older lorag";
    let stats = || lorag.json(&["kb", "stats", "--json"], 0);
    let first = |question: &str| {
        let ran = lorag.run(&["search", question, "--json"]);
        let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        (found["hits"][0].clone(), ran.stderr.contains(old))
    };

    assert_eq!((&stats()["analysis"], &stats()["chunks"]), (&"old".into(), &2.into()));
    let (hit, told) = first("When is the oldest copy deleted?");
    assert!(told);
    assert_eq!(hit["path"], text(&folder.join("handbook.md")));
    assert_exact(&hit, "text");
    let ran = lorag.run(&["ask", "Who restores a backup?"]);
    assert!(ran.stderr.contains(old), "{}", ran.stderr);
    assert!(ran.stdout.contains("The operators on duty restore it"), "{}", ran.stdout);
    // The old analysis knows neither the parts of a word nor its spellings.
    assert!(first("Loeschung").0["full_text"].is_null());

    // It goes on as it is, also with a new document. All are cut anew, since
    // passages are now made in another way.
    std::fs::write(folder.join("new.md"), "# Valves\n\nThe red valve opens at nine.\n").unwrap();
    let ran = lorag.run(&["ingest", text(&folder)]);
    assert!(ran.stdout.starts_with("Indexed 3 files (3 chunks)"), "{}", ran.stdout);
    assert_eq!((&stats()["analysis"], &stats()["chunks"]), (&"old".into(), &3.into()));
    assert_eq!(first("red valve").0["path"], text(&folder.join("new.md")));

    let ran = lorag.run(&["kb", "reembed"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(stats()["analysis"], "current");
    let (hit, told) = first("Loeschung");
    assert!(!told);
    assert_eq!(hit["path"], text(&folder.join("urlaub.md")));
    assert_eq!(hit["full_text"]["rank"], 1);
    let ran = lorag.run(&["ask", "Who restores a backup?"]);
    assert!(!ran.stderr.contains(old), "{}", ran.stderr);
    assert!(ran.stdout.contains("The operators on duty restore it"), "{}", ran.stdout);
}
