//! Files that end the process which parses them.

use super::common::{Lorag, text};
use serde_json::Value;

fn ingest(lorag: &Lorag, more: &[&str]) -> Value {
    let docs = lorag.docs();
    lorag.json(&[&["ingest", text(&docs), "--json"][..], more].concat(), 0)
}

/// How often a worker died so far.
fn deaths(lorag: &Lorag) -> usize {
    let log = std::fs::read_to_string(lorag.data().join("logs/lorag.log")).unwrap_or_default();
    log.lines().filter(|line| line.contains("a worker died")).count()
}

/// A file whose parsing takes more memory than one may.
fn bomb() -> Vec<u8> {
    b"[a](".repeat(3 << 20)
}

fn reasons(report: &Value) -> Vec<(String, String)> {
    let skipped = report["skipped"].as_array().unwrap().iter();
    let mut out: Vec<(String, String)> = skipped
        .map(|skip| {
            let name = skip["path"].as_str().unwrap().rsplit('/').next().unwrap();
            (name.to_owned(), skip["reason"].as_str().unwrap().to_owned())
        })
        .collect();
    out.sort();
    out
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_ends_its_parser_costs_only_itself_and_is_not_tried_again() {
    let lorag = Lorag::new();
    for n in 0..20 {
        lorag.doc(&format!("{n}.md"), format!("This is page {n} of the book.\n"));
    }
    lorag.doc("bomb.md", bomb());
    let first = ingest(&lorag, &[]);
    assert_eq!(first["indexed"], 20, "{first}");
    let said = reasons(&first);
    let [(name, reason)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(name, "bomb.md");
    assert!(reason.contains("MB of memory"), "{reason}");
    assert_eq!(deaths(&lorag), 1);

    // Not under another name, and not with another date.
    lorag.doc("copy.md", bomb());
    lorag.doc("bomb.md", bomb());
    let second = ingest(&lorag, &[]);
    assert_eq!(second["unchanged"], 20, "{second}");
    let names: Vec<String> = reasons(&second).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["bomb.md", "copy.md"]);
    assert_eq!(deaths(&lorag), 1, "it was tried again");

    // Asked to read all, or changed, it is.
    std::fs::remove_file(lorag.docs().join("copy.md")).unwrap();
    ingest(&lorag, &["--verify"]);
    assert_eq!(deaths(&lorag), 2);
    lorag.doc("bomb.md", "This page was mended.\n");
    assert_eq!(ingest(&lorag, &[])["indexed"], 1);
}

#[test]
fn a_worker_ends_with_its_input_and_prints_nothing() {
    let ran = Lorag::new().command().arg("__parse").output();
    // It is a worker only where nothing stands before it.
    assert_ne!(ran.unwrap().status.code(), Some(0));
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_lorag"))
        .arg("__parse")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(ran.status.success() && ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran:?}");
}
