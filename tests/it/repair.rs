//! Each file of a knowledge base damaged in turn: nothing ends lorag, the file
//! is named, and `kb repair` mends it.

use super::common::{Lorag, text};
use std::path::{Path, PathBuf};

/// The files of the table, by their paths below it.
fn parts(table: &Path) -> Vec<PathBuf> {
    let (mut out, mut folders) = (Vec::new(), vec![table.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { out.push(path) }
        }
    }
    out.retain(|path| !path.ends_with("latest_version_hint.json"));
    out.sort();
    out
}

/// A knowledge base with data, deletion, index, transaction and old manifest
/// files.
fn world() -> Lorag {
    let lorag = Lorag::new();
    for n in 0..12 {
        lorag.doc(&format!("{n}.md"), format!("The gate number {n} opens at {n} o'clock.\n"));
    }
    let docs = lorag.docs();
    assert_eq!(lorag.run(&["ingest", text(&docs)]).code, 0);
    // A change leaves a deletion file and another version.
    lorag.doc("3.md", "The gate number 3 is closed.\n");
    assert_eq!(lorag.run(&["ingest", text(&docs)]).code, 0);
    lorag
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn damage(path: &Path, how: &str) {
    let mut bytes = std::fs::read(path).unwrap();
    match how {
        "flipped" => bytes.iter_mut().for_each(|byte| *byte ^= 0xff),
        "cut" => bytes.truncate(bytes.len() / 2),
        "emptied" => bytes.clear(),
        _ => return std::fs::remove_file(path).unwrap(),
    }
    std::fs::write(path, bytes).unwrap();
}

/// What a fresh knowledge base of these documents says.
fn state(lorag: &Lorag) -> (usize, Vec<String>) {
    let list = lorag.json(&["kb", "list", "--json"], 0);
    let found = lorag.json(&["search", "When does gate number 7 open?", "--json"], 0);
    let hits = found["hits"].as_array().unwrap().iter().take(3);
    let texts = hits.map(|hit| hit["text"].as_str().unwrap().to_owned()).collect();
    (list["files"].as_array().unwrap().len(), texts)
}

/// Damages some of the files in turn; how many faults that were.
fn faults(every: usize) -> usize {
    let lorag = world();
    let knowledge = lorag.data().join("knowledge");
    let table = knowledge.join("chunks.lance");
    let aside = lorag.world.path().join("aside");
    copy(&knowledge, &aside);
    let expected = state(&lorag);
    assert_eq!(expected.0, 12);
    let files = parts(&table);
    let kinds = ["data/", "_deletions/", "_indices/", "_versions/", "_transactions/"];
    for kind in kinds {
        let there = files.iter().any(|file| text(file).contains(kind));
        assert!(there, "no {kind} in {files:?}");
    }
    let docs = lorag.docs();
    let mut count = 0;
    for (number, file) in files.iter().enumerate() {
        for (turn, how) in ["flipped", "cut", "emptied", "deleted"].into_iter().enumerate() {
            if (number + turn) % every != 0 {
                continue;
            }
            count += 1;
            std::fs::remove_dir_all(&knowledge).unwrap();
            copy(&aside, &knowledge);
            // Notes know the files by their dates, which a copy changes.
            assert_eq!(lorag.run(&["kb", "repair"]).code, 0);
            damage(file, how);
            let at = format!("{} {how}", text(file));
            let name = file.file_name().unwrap().to_str().unwrap();
            let doctor = lorag.run(&["doctor"]);
            assert!(doctor.code == 1 && doctor.stdout.contains(name), "{at}: {}", doctor.stdout);
            for arguments in [&["search", "gate"][..], &["ingest", text(&docs)]] {
                let ran = lorag.run(arguments);
                assert!(ran.code == 0 || ran.code == 1, "{at}: {} {}", ran.code, ran.stderr);
                assert!(!ran.stderr.contains(".rs:"), "{at}: {}", ran.stderr);
                let named = ran.stderr.contains(name) && ran.stderr.contains("lorag kb repair");
                assert!(ran.code == 0 || named, "{at}: {}", ran.stderr);
            }
            let ran = lorag.run(&["kb", "repair"]);
            assert_eq!(ran.code, 0, "{at}: {}{}", ran.stdout, ran.stderr);
            let ran = lorag.run(&["ingest", text(&docs)]);
            assert_eq!(ran.code, 0, "{at}: {}", ran.stderr);
            assert_eq!(state(&lorag), expected, "{at}");
        }
    }
    count
}

#[test]
fn damaged_files_are_named_and_mended() {
    let count = faults(7);
    assert!(count >= 5, "{count}");
}

/// Minutes: every file in every way.
#[test]
#[ignore = "takes minutes"]
fn every_file_damaged_in_every_way_is_named_and_mended() {
    println!("{} faults", faults(1));
}
