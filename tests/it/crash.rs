//! `kill -9` at random moments of an ingest.

use super::common::{Lorag, text};
use std::collections::HashMap;
use std::process::Stdio;
use std::time::Instant;

const FILES: usize = 400;
const KILLS: usize = 20;

/// Twenty kills in a row, spread over the whole time an ingest takes; before
/// each, a part of the files is written anew. After each the knowledge base
/// opens, and every file it reports as indexed has all its chunks.
#[test]
fn a_killed_ingest_leaves_whole_files_only() {
    let lorag = Lorag::new();
    (0..FILES).for_each(|file| write(&lorag, file, 0));
    let docs = lorag.docs();
    let probe = Lorag::new();
    let started = Instant::now();
    assert_eq!(probe.run(&["ingest", text(&docs)]).code, 0);
    let mut whole = started.elapsed();
    let (mut killed, mut partial) = (0, 0);
    for round in 0..KILLS {
        let mut child = lorag
            .command()
            .args(["ingest", text(&docs)])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let part = (round * 7 % KILLS + 1) as f64 / KILLS as f64;
        std::thread::sleep(whole.mul_f64(part));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            // It was done before: the other tests no longer slow it down.
            whole = whole.mul_f64(0.8);
        } else {
            killed += 1;
        }
        let files = check(&lorag, round);
        partial += usize::from(files > 0 && files < FILES);
        // New text in half of the files, so that the next one has to replace
        // chunks; now and then begin with nothing.
        (0..FILES).filter(|f| (f + round) % 2 == 0).for_each(|f| write(&lorag, f, round + 1));
        if round % 4 == 3 {
            assert!(lorag.run(&["kb", "remove", text(&docs)]).code <= 2);
        }
    }
    let done = lorag.json(&["ingest", text(&docs), "--json"], 0);
    let sum = done["indexed"].as_u64().unwrap() + done["unchanged"].as_u64().unwrap();
    assert_eq!(sum, FILES as u64, "{done}");
    assert_eq!(check(&lorag, KILLS), FILES);
    // Kills that always came too late would prove nothing.
    assert!(killed >= KILLS / 2, "only {killed} of {KILLS} kills came in time");
    println!("{killed} of {KILLS} kills came in time, {partial} left a part of the files");
}

fn write(lorag: &Lorag, file: usize, version: usize) {
    let mut page = format!("# Page {file}\n\n");
    for part in 0..30 {
        page.push_str(&format!(
            "## Part {part}\n\nSentence {part} of page {file}, version {version}, says something about topic {}. ",
            (file * 31 + part * 7 + version) % 97
        ));
        page.push_str(&"Filler words make the passage a little longer. ".repeat(12));
        page.push_str("\n\n");
    }
    lorag.doc(&format!("{file:03}.md"), page);
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
            &["search", "sentence page topic", "--json", "--glob", path, "--limit", "100"],
            0,
        );
        let hits = out["hits"].as_array().unwrap();
        assert_eq!(hits.len() as u64, *chunks, "round {round}: {path}");
    }
    files.len()
}
