//! `lorag ingest`: what is read, what is skipped, what is done again.

use super::common::{Lorag, text};
use serde_json::Value;

fn ingest(lorag: &Lorag) -> Value {
    lorag.json(&["ingest", text(&lorag.docs()), "--json"], 0)
}

#[test]
fn only_what_changed_is_indexed_again() {
    let lorag = Lorag::new();
    let a = lorag.doc("a.md", "Alpha is the first letter.\n");
    let b = lorag.doc("b.md", "Beta is the second letter.\n");
    lorag.doc("c.md", "Gamma is the third letter.\n");
    let first = ingest(&lorag);
    assert_eq!((&first["indexed"], &first["unchanged"]), (&3.into(), &0.into()));
    let second = ingest(&lorag);
    assert_eq!((&second["indexed"], &second["unchanged"]), (&0.into(), &3.into()));
    std::fs::write(&a, "Alpha changed its mind.\n").unwrap();
    std::fs::remove_file(&b).unwrap();
    let third = ingest(&lorag);
    assert_eq!((&third["indexed"], &third["unchanged"]), (&1.into(), &1.into()));
    assert_eq!(third["removed"], serde_json::json!([text(&b)]));
    let out = lorag.json(&["search", "letter", "--json"], 0);
    let texts: Vec<&str> =
        out["hits"].as_array().unwrap().iter().map(|h| h["text"].as_str().unwrap()).collect();
    assert!(texts.contains(&"Alpha changed its mind."), "{texts:?}");
    assert!(!texts.iter().any(|t| t.contains("Beta") || t.contains("first letter")), "{texts:?}");
}

#[test]
fn other_chunk_sizes_index_again() {
    let lorag = Lorag::new();
    lorag.doc("a.md", "A short sentence stands here. ".repeat(80));
    let wide = ingest(&lorag)["chunks"].as_u64().unwrap();
    let lorag = lorag.env("LORAG_INGEST__CHUNK_TOKENS", "64");
    let narrow = ingest(&lorag);
    assert_eq!(narrow["indexed"], 1);
    assert!(narrow["chunks"].as_u64().unwrap() > wide * 2, "{narrow} after {wide}");
}

#[test]
fn every_skip_is_listed_with_its_reason() {
    let lorag = Lorag::new();
    lorag.doc("good.md", "A good sentence.\n");
    lorag.doc("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0");
    lorag.doc("empty.txt", "");
    lorag.doc("ignored/a.md", "Ignored.\n");
    lorag.doc(".loragignore", "ignored/\n");
    lorag.doc(".hidden.md", "Hidden.\n");
    let mut broken = "Gültiges UTF-8, größtenteils: äöü äöü äöü äöü. ".repeat(20).into_bytes();
    broken.push(0xC3);
    broken.extend_from_slice(" Ende.\n".as_bytes());
    lorag.doc("broken.txt", broken);
    let big = lorag.doc("big.log", "");
    std::fs::File::create(&big).unwrap().set_len(200 << 20).unwrap();
    let report = ingest(&lorag);
    assert_eq!(report["indexed"], 1);
    let reasons: Vec<(String, String)> = report["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            let path = s["path"].as_str().unwrap();
            let name = path.rsplit('/').next().unwrap().to_owned();
            (name, s["reason"].as_str().unwrap().to_owned())
        })
        .collect();
    let reason = |name: &str| &reasons.iter().find(|(n, _)| n == name).unwrap().1;
    assert!(reason("picture.png").contains("PNG"), "{reasons:?}");
    assert!(reason("empty.txt").contains("no text"), "{reasons:?}");
    assert!(reason("broken.txt").contains("UTF-8"), "{reasons:?}");
    assert!(reason("big.log").contains("max_file_bytes"), "{reasons:?}");
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    let listed = lorag.run(&["ingest", text(&lorag.docs())]);
    assert!(
        listed.stdout.contains("4 skipped") && listed.stdout.contains("big.log"),
        "{}",
        listed.stdout
    );
}

#[test]
fn code_is_found_by_its_enclosing_item() {
    let lorag = Lorag::new();
    let code = "/// Adds two numbers.\nfn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\nstruct Point;\n\nimpl Point {\n    fn distance(&self) -> f64 {\n        0.0\n    }\n}\n";
    lorag.doc("lib.rs", code);
    ingest(&lorag);
    let out = lorag.json(&["search", "distance of a point", "--json"], 0);
    let hit = &out["hits"][0];
    super::common::assert_exact(hit, "text");
    assert!(hit["text"].as_str().unwrap().contains("distance"), "{hit}");
}

#[test]
fn folders_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let lorag = Lorag::new();
    lorag.doc("a.md", "A sentence.\n");
    ingest(&lorag);
    let mode = std::fs::metadata(lorag.data()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn lorags_own_folders_are_no_documents() {
    let lorag = Lorag::new();
    lorag.doc("a.md", "A sentence.\n");
    // The data folder lies beside the documents, below the root.
    let world = lorag.world.path().to_owned();
    for _ in 0..2 {
        let ran = lorag.run(&["ingest", text(&world)]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("0 skipped"), "{}", ran.stdout);
    }
    assert_eq!(lorag.json(&["kb", "list", "--json"], 0)["files"].as_array().unwrap().len(), 1);
}

#[test]
fn lines_of_a_utf16_file_are_counted_by_its_characters() {
    let lorag = Lorag::new();
    // U+4E0A holds the byte of a line feed.
    let text16 = "上上上上 first\n\nThe second paragraph is about turtles.\n";
    let bytes: Vec<u8> =
        [0xFEFF].into_iter().chain(text16.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let path = lorag.doc("wide.txt", bytes);
    let out = lorag.json(&["ask", "What is the second paragraph about?", text(&path), "--json"], 0);
    assert_eq!(out["citations"][0]["start_line"], 3, "{out}");
    assert_eq!(out["sources"][0]["end_line"], 3);
}

#[test]
fn a_folder_that_moved_is_answered_from_its_new_place_only() {
    let lorag = Lorag::new();
    lorag.doc("a/x/w.md", "The winch is oiled in April.\n");
    lorag.doc("a/x/c.md", "The crane is oiled in May.\n");
    let docs = lorag.docs();
    lorag.json(&["ingest", text(&docs.join("a/x")), "--json"], 0);
    std::fs::rename(docs.join("a/x"), docs.join("a/y")).unwrap();
    let report = lorag.json(&["ingest", text(&docs.join("a/y")), "--json"], 0);
    assert_eq!(report["moved"].as_array().unwrap().len(), 2, "{report}");
    let question = "When is the winch oiled?";
    let out = lorag.json(&["ask", question, "--json"], 0);
    assert!(out["citations"][0]["path"].as_str().unwrap().ends_with("a/y/w.md"), "{out}");
    assert_eq!(out["citations"][0]["stale"], false);
    assert!(!out.to_string().contains("a/x/"), "{out}");
}

#[test]
fn what_can_not_be_looked_at_is_marked_in_every_output() {
    let lorag = Lorag::new();
    lorag.doc("disk/w.md", "The winch is oiled in April.\n");
    let place = lorag.docs().join("disk");
    lorag.json(&["ingest", text(&place), "--json"], 0);
    let question = "When is the winch oiled?";
    let ran = lorag.run(&["ask", question]);
    assert!(!ran.stdout.contains("stale"), "{}", ran.stdout);
    std::fs::rename(&place, lorag.docs().join("away")).unwrap();
    let out = lorag.json(&["ask", question, "--json"], 0);
    assert_eq!(out["citations"][0]["stale"], true, "{out}");
    assert_eq!(out["sources"][0]["stale"], true, "{out}");
    let out = lorag.json(&["search", question, "--json"], 0);
    assert_eq!(out["hits"][0]["stale"], true, "{out}");
    for command in ["ask", "search"] {
        let ran = lorag.run(&[command, question]);
        let line = ran.stdout.lines().find(|line| line.contains("w.md")).unwrap();
        assert!(line.contains("stale"), "{}", ran.stdout);
    }
    // A single file that was deleted is no longer answered from.
    std::fs::rename(lorag.docs().join("away"), &place).unwrap();
    std::fs::remove_file(place.join("w.md")).unwrap();
    let out = lorag.json(&["ask", question, "--json"], 3);
    assert_eq!(out["sources"], serde_json::json!([]), "{out}");
}

#[test]
fn a_second_start_reads_nothing_and_verify_reads_all() {
    let lorag = Lorag::new();
    for name in ["a.md", "b.md"] {
        let path = lorag.doc(name, format!("The text of {name}.\n"));
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    }
    assert_eq!(ingest(&lorag)["read"], 2);
    let second = ingest(&lorag);
    assert_eq!((&second["read"], &second["unchanged"]), (&0.into(), &2.into()));
    let verified = lorag.json(&["ingest", text(&lorag.docs()), "--verify", "--json"], 0);
    assert_eq!((&verified["read"], &verified["unchanged"]), (&2.into(), &2.into()));
    let removed = lorag.run(&["kb", "remove", text(&lorag.docs().join("a.md"))]);
    assert_eq!(removed.stdout, "Took out 1 file. The file itself is untouched.\n");
    assert_eq!(ingest(&lorag)["indexed"], 1);
    let seen = std::fs::read_to_string(lorag.data().join("knowledge/seen.jsonl")).unwrap();
    assert!(seen.contains("b.md"), "{seen}");
}
