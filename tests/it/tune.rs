//! From documents to an adapter: rows are made, an adapter is trained on the
//! built-in reader, and answers; a run that was killed goes on to the same weights.

use super::common::{Lorag, root, text};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Rows of the handbook.
fn rows(lorag: &Lorag, questions: &str) -> PathBuf {
    let file = lorag.data().join("rows.jsonl");
    let handbook = root().join("examples/handbook");
    let made = [
        "data",
        "make",
        text(&handbook),
        "--questions",
        questions,
        "--form",
        "rag",
        "--out",
        text(&file),
    ];
    let ran = lorag.run(&made);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    file
}

fn adapter(lorag: &Lorag, name: &str) -> PathBuf {
    lorag.data().join("adapters").join(name)
}

fn weights(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("adapter_model.safetensors")).unwrap()
}

fn fits(lorag: &Lorag, name: &str) -> bool {
    let list = lorag.json(&["adapters", "list", "--json"], 0);
    let all = list["adapters"].as_array().unwrap();
    all.iter().any(|adapter| adapter["name"] == name && adapter["fits"] == true)
}

#[test]
fn documents_become_an_adapter_that_answers() {
    let lorag = Lorag::new();
    let rows = rows(&lorag, "60");
    let tune = ["tune", "mine", "--data", text(&rows), "--questions", "4", "--json"];
    let record = lorag.json(&tune, 0);
    let curve = record["curve"].as_array().unwrap();
    let held_out: Vec<f64> = curve.iter().filter_map(|point| point["held_out"].as_f64()).collect();
    let best = held_out.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(held_out.len() > 2 && best < held_out[0], "{held_out:?}");
    assert!(record["data"]["rows"].as_u64().unwrap() > 20, "{record}");
    assert_eq!(record["scores"][0]["n"].as_u64(), Some(4), "{record}");
    assert!(fits(&lorag, "mine"));

    let handbook = root().join("examples/handbook");
    let question = "Do my documents leave my machine?";
    let ask = ["ask", question, text(&handbook), "--adapter", "mine", "--json"];
    let answer: Value = lorag.json(&ask, 0);
    assert_eq!((&answer["mode"], &answer["adapter"]), (&"hybrid".into(), &"mine".into()));
    assert!(!answer["citations"].as_array().unwrap().is_empty(), "{answer}");

    // A name that is taken, and one that can't be, are refused before any work.
    let again = lorag.run(&tune);
    assert!(again.code == 2 && again.stderr.contains("--fresh"), "{}", again.stderr);
    let bad = lorag.run(&["tune", "../mine", "--data", text(&rows)]);
    assert!(bad.code == 2 && bad.stderr.contains("can't be the name"), "{}", bad.stderr);
    let prompt = lorag.run(&["tune", "other", "--data", text(&rows), "--method", "prompt"]);
    assert!(prompt.code == 2 && prompt.stderr.contains("virtual tokens"), "{}", prompt.stderr);
}

#[test]
fn a_killed_run_goes_on_to_the_same_weights() {
    let lorag = Lorag::new();
    let rows = rows(&lorag, "60");
    let arguments = |name: &str| {
        let fixed = ["--data", text(&rows), "--questions", "0", "--batch", "2", "--epochs", "2"];
        let all = ["tune", name].into_iter().chain(fixed);
        all.map(str::to_owned).collect::<Vec<String>>()
    };
    let plain = |name: &str, more: &[&str]| {
        let all = arguments(name);
        let all: Vec<&str> = all.iter().map(String::as_str).chain(more.iter().copied()).collect();
        lorag.run(&all)
    };
    let whole = plain("whole", &[]);
    assert_eq!(whole.code, 0, "{}", whole.stderr);

    let mut child = lorag
        .command()
        .args(arguments("cut"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Killed in the middle, some steps behind a checkpoint.
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = lines.map_while(Result::ok).find(|line| line.contains("step 20 of"));
    assert!(told.is_some(), "it ended before its twentieth step");
    std::thread::sleep(std::time::Duration::from_millis(300));
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "the kill came too late");

    let refused = plain("cut", &[]);
    assert!(refused.code == 2 && refused.stderr.contains("--resume"), "{}", refused.stderr);
    let resumed = plain("cut", &["--resume"]);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert!(weights(&adapter(&lorag, "whole")) == weights(&adapter(&lorag, "cut")));
}
