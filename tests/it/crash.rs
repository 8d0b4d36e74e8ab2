//! `kill -9` at random moments of an ingest.

use super::common::{Lorag, text};
use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;

/// Twenty kills in a row; after each the knowledge base opens, and every file
/// it reports as indexed has all its chunks.
#[test]
fn a_killed_ingest_leaves_whole_files_only() {
    let lorag = Lorag::new();
    let mut sentences = 0;
    for file in 0..400 {
        let mut page = format!("# Page {file}\n\n");
        for part in 0..30 {
            page.push_str(&format!("## Part {part}\n\nSentence {sentences} of the long book says something about topic {}. ", sentences % 97));
            page.push_str(&"Filler words make the passage a little longer. ".repeat(12));
            page.push_str("\n\n");
            sentences += 1;
        }
        lorag.doc(&format!("{file:03}.md"), page);
    }
    let docs = lorag.docs();
    let mut delay = 60u64;
    let mut partial = 0;
    for round in 0..20 {
        let mut child = lorag
            .command()
            .args(["ingest", text(&docs)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Delays that spread over the whole run, different in each round.
        delay = (delay * 37 + 91) % 1500;
        std::thread::sleep(Duration::from_millis(30 + delay));
        child.kill().unwrap();
        let killed = !child.wait().unwrap().success();
        let files = check(&lorag, round);
        partial += usize::from(killed && files > 0 && files < 400);
        // From time to time begin again, so that every phase is hit.
        if round % 5 == 4 {
            assert!(lorag.run(&["kb", "remove", text(&docs)]).code <= 2);
        }
    }
    let done = lorag.json(&["ingest", text(&docs), "--json"], 0);
    assert_eq!(
        done["indexed"].as_u64().unwrap() + done["unchanged"].as_u64().unwrap(),
        400,
        "{done}"
    );
    assert_eq!(check(&lorag, 99), 400);
    // A test whose kills never hit the middle would prove nothing; how often
    // they do depends on the machine, so it is only shown.
    println!("{partial} of 20 kills left a part of the files");
}

/// How many files are indexed; asserts that each is whole.
fn check(lorag: &Lorag, round: usize) -> usize {
    let list = lorag.json(&["kb", "list", "--json"], 0);
    let files = list["files"].as_array().unwrap();
    let expected: HashMap<&str, u64> = files
        .iter()
        .map(|f| (f["path"].as_str().unwrap(), f["chunks"].as_u64().unwrap()))
        .collect();
    let stats = lorag.json(&["kb", "stats", "--json"], 0);
    let sum: u64 = expected.values().sum();
    // Rows that belong to no whole file would make these differ.
    assert_eq!(stats["chunks"].as_u64().unwrap(), sum, "round {round}");
    if let Some((path, chunks)) = expected.iter().next() {
        let out = lorag.json(
            &["search", "sentence book topic", "--json", "--glob", path, "--limit", "100"],
            0,
        );
        let hits = out["hits"].as_array().unwrap();
        assert_eq!(hits.len() as u64, *chunks, "round {round}: {path}");
    }
    files.len()
}
