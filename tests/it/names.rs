//! Names on the command line: those that don't exist are refused with the
//! nearest ones, and values that look like commands are values. And what is
//! deleted for good.

use super::common::{Lorag, text};
use std::path::PathBuf;

#[test]
fn a_value_that_is_named_like_a_command_is_a_value() {
    let lorag = Lorag::new();
    for name in ["kb", "ask", "config"] {
        std::fs::write(lorag.world.path().join(name), "").unwrap();
        let mut command = lorag.command();
        command.current_dir(lorag.world.path());
        let output = command.args(["--config", name, "kb", "stats", "--json"]).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {stdout}");
        assert!(stdout.contains("\"files\":0"), "{stdout}");
    }
    // A command behind a path is told from a path that isn't there.
    let doc = lorag.doc("a.md", "Apples are red.\n");
    let wrong = lorag.run(&[text(&doc), "search", "why?"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("a command comes first: lorag search"), "{}", wrong.stderr);
}

#[test]
fn a_collection_that_does_not_exist_is_refused_by_every_command() {
    let lorag = Lorag::new();
    let doc = lorag.doc("a.md", "Apples are red.\n");
    assert_eq!(lorag.run(&["ingest", text(&doc), "--collection", "legal"]).code, 0);
    for arguments in [
        &["ask", "Are apples red?", "--collection", "lega"][..],
        &["search", "apples", "--collection", "lega"],
    ] {
        let ran = lorag.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.stderr.contains("Did you mean legal?"), "{}", ran.stderr);
    }
    // With a path, it is made.
    let made = lorag.run(&["ask", "Are apples red?", text(&doc), "--collection", "fruit"]);
    assert_ne!(made.code, 2, "{}", made.stderr);
}

#[test]
fn a_model_that_is_not_there_is_told_with_the_nearest() {
    let lorag = Lorag::new();
    let doc = lorag.doc("a.md", "Apples are red.\n");
    let ran = lorag.run(&["ask", "Are apples red?", text(&doc), "--model", "bultin"]);
    assert!(ran.stderr.contains("Did you mean builtin?"), "{}", ran.stderr);
}

/// A session of 515d828 that quotes the document.
fn session_about(lorag: &Lorag, document: &str) -> PathBuf {
    let folder = lorag.data().join("sessions");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("20261121-142233-k3f9.jsonl");
    let kept = include_str!("../fixtures/session-515d828.jsonl");
    std::fs::write(&file, kept.replace("/home/ann/handbook/1.md", document)).unwrap();
    file
}

#[test]
fn what_is_removed_with_sessions_is_in_no_file_any_more() {
    let lorag = Lorag::new();
    let doc = lorag.doc("secret.md", "The zebra code is 4711.\n");
    let path = std::fs::canonicalize(&doc).unwrap();
    assert_eq!(lorag.run(&["ingest", text(&doc)]).code, 0);
    let about = session_about(&lorag, text(&path));
    let other = lorag.data().join("sessions").join("20261121-150000-ab12.jsonl");
    std::fs::write(
        &other,
        "{\"record\":\"header\",\"version\":1,\"id\":\"a\",\"created_ms\":5}\n\
         {\"record\":\"turn\",\"turn_id\":1,\"turn\":{\"question\":\"q\"}}\n",
    )
    .unwrap();
    let kept = lorag.run(&["kb", "remove", text(&doc)]);
    assert_eq!(kept.code, 0, "{}", kept.stderr);
    assert!(kept.stdout.contains("Took out 1 file."), "{}", kept.stdout);
    assert!(about.exists(), "without the flag, sessions stay");
    // It was taken out before, and its sessions can still go.
    let gone = lorag.run(&["kb", "remove", text(&doc), "--with-sessions"]);
    assert_eq!(gone.code, 0, "{}", gone.stderr);
    assert!(gone.stdout.contains("Deleted the session 20261121-142233-k3f9 (Badges)"));
    assert!(!about.exists() && other.exists());
    let nothing = lorag.run(&["kb", "remove", text(&doc), "--with-sessions"]);
    assert_eq!(nothing.code, 2, "{}", nothing.stderr);
}

#[test]
fn shells_complete_values() {
    let lorag = Lorag::new();
    let doc = lorag.doc("a.md", "Apples are red.\n");
    assert_eq!(lorag.run(&["ingest", text(&doc), "--collection", "orchard"]).code, 0);
    let script = lorag.run(&["completions", "bash"]).stdout;
    for value in ["hybrid", "sequence", "high-contrast", "orchard", "bullets"] {
        assert!(script.contains(value), "{value}");
    }
}
