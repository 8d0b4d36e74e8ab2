//! Small cases as data: files, and what searches and answers about them must
//! give. Each file of `tests/it/cases` holds cases of one kind:
//!
//! A case is `{"name", "files": {path: text}, "steps": [...]}`. A path may be
//! `x.md*N` with `<<…{i}…{n}…>>` in its text, for N numbered lines. A step is
//! one of
//! - `{"search": query, "first": path, "hit": path, "none": path, "text_rank": true}`:
//!   the best hit, a hit among five, what isn't the best, found by full text;
//! - `{"ask": question, "has": [...], "not": [...], "exit": 0, "cites": path, "line": N}`,
//!   with `"pipe": text` for text on standard input and `"args": [...]`;
//! - `{"shell": command, "has": [...], "not": [...]}`, in the folder of the files,
//!   with the program in `$LORAG` and its data in `$DATA`;
//! - `{"ingest": [paths]}`; without one, everything is indexed before the steps.
//!
//! A case that is known to fall short says why in `"short"`.
//!
//! What an answer must hold, or must not, is plain text; `^` stands for its
//! beginning, and a backslash before a mark means nothing.

use super::common::{Lorag, Ran, finish, root};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A test for each file of cases.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            hold(concat!(stringify!($name), ".json"));
        })*

        #[test]
        fn every_file_of_cases_is_tried() {
            for entry in std::fs::read_dir(root().join("tests/it/cases")).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let known = [$(concat!(stringify!($name), ".json")),*];
                assert!(known.contains(&name.as_str()), "{name} is in no list of cases");
            }
        }
    };
}

cases!(scripts, identifiers, tables, markup);

/// Asserts that all cases of a file hold.
fn hold(name: &str) {
    let path = root().join("tests/it/cases").join(name);
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!cases.is_empty());
    let mut short = Vec::new();
    for case in &cases {
        let bad = run(case);
        // What is known to fall short is said in the case, until it holds.
        match (case["short"].as_str(), bad.is_empty()) {
            (None, _) => short.extend(bad),
            (Some(_), false) => {}
            (Some(_), true) => {
                short.push(format!("{} holds now: take its `short` out", case["name"]))
            }
        }
    }
    assert!(short.is_empty(), "{} fall short:\n{}", short.len(), short.join("\n"));
}

/// Runs a case and gives what falls short.
fn run(case: &Value) -> Vec<String> {
    let lorag = Lorag::new();
    let docs = lorag.docs();
    for (path, content) in case["files"].as_object().unwrap() {
        let (path, content) = expand(path, content.as_str().unwrap());
        lorag.doc(&path, content);
    }
    let steps = case["steps"].as_array().unwrap();
    let mut bad = Vec::new();
    if steps.iter().all(|step| step["ingest"].is_null()) {
        ingest(&lorag, &[docs.to_str().unwrap().to_owned()], &mut bad);
    }
    for step in steps {
        if let Some(paths) = step["ingest"].as_array() {
            let paths: Vec<String> = paths
                .iter()
                .map(|path| docs.join(path.as_str().unwrap()).to_str().unwrap().to_owned())
                .collect();
            ingest(&lorag, &paths, &mut bad);
        } else if let Some(command) = step["shell"].as_str() {
            let ran = finish(
                Command::new("bash")
                    .args(["-c", command])
                    .env("LORAG", env!("CARGO_BIN_EXE_lorag"))
                    .env("DATA", lorag.data())
                    .env("XDG_CONFIG_HOME", lorag.world.path().join("config"))
                    .current_dir(&docs)
                    .stdin(Stdio::null())
                    .output()
                    .unwrap(),
            );
            bad.extend(compare(&(ran.stdout + &ran.stderr), step));
        } else if let Some(query) = step["search"].as_str() {
            bad.extend(search(&lorag, &docs, query, step));
        } else if let Some(question) = step["ask"].as_str() {
            bad.extend(ask(&lorag, &docs, question, step));
        } else {
            bad.push(format!("unknown step {step}"));
        }
    }
    let name = case["name"].as_str().unwrap();
    bad.into_iter().map(|what| format!("{name}: {what}")).collect()
}

fn ingest(lorag: &Lorag, paths: &[String], bad: &mut Vec<String>) {
    let mut arguments = vec!["ingest".to_owned()];
    arguments.extend_from_slice(paths);
    let ran = lorag.run(&arguments);
    if ran.code != 0 {
        bad.push(format!("ingest ends with {}: {}", ran.code, ran.stderr));
    }
}

fn search(lorag: &Lorag, docs: &Path, query: &str, step: &Value) -> Vec<String> {
    let out = lorag.json(&["search", query, "--json", "--limit", "5"], 0);
    let hits = out["hits"].as_array().unwrap();
    let names: Vec<String> = hits.iter().map(|hit| name_of(docs, hit)).collect();
    let first = names.first().map(String::as_str);
    let mut bad = Vec::new();
    if step["first"].as_str().is_some_and(|wanted| first != Some(wanted)) {
        bad.push(format!("{query:?} gives {names:?}, not {} first", step["first"]));
    }
    if step["hit"].as_str().is_some_and(|wanted| !names.iter().any(|name| name == wanted)) {
        bad.push(format!("{query:?} gives {names:?}, not {}", step["hit"]));
    }
    if step["none"].as_str().is_some_and(|unwanted| first == Some(unwanted)) {
        bad.push(format!("{query:?} gives {} first", step["none"]));
    }
    let ranked = hits.first().is_some_and(|hit| hit["full_text"]["rank"].is_u64());
    if step["text_rank"] == true && !ranked {
        bad.push(format!("{query:?} is not found by full text"));
    }
    bad
}

fn ask(lorag: &Lorag, docs: &Path, question: &str, step: &Value) -> Vec<String> {
    let mut arguments = vec!["ask", question, "--json"];
    arguments.extend(step["args"].as_array().into_iter().flatten().filter_map(Value::as_str));
    let ran = match step["pipe"].as_str() {
        Some(text) => piped(lorag, &arguments, text),
        None => lorag.run(&arguments),
    };
    let out: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
    let answer = out["answer"].as_str().unwrap_or_default();
    let mut bad = Vec::new();
    if let Some(code) = step["exit"].as_i64()
        && i64::from(ran.code) != code
    {
        let support = &out["support"];
        bad.push(format!(
            "{question:?} ends with {}, not {code}: {answer:?} ({support}) {}",
            ran.code, ran.stderr
        ));
    }
    if step["exit"] != 3 {
        bad.extend(compare(answer, step).into_iter().map(|what| format!("{question:?}: {what}")));
    }
    let citations = out["citations"].as_array().cloned().unwrap_or_default();
    let cited: Vec<String> = citations.iter().map(|citation| name_of(docs, citation)).collect();
    if step["cites"].as_str().is_some_and(|wanted| !cited.iter().any(|name| name == wanted)) {
        bad.push(format!("{question:?} cites {cited:?}, not {}", step["cites"]));
    }
    if let Some(line) = step["line"].as_u64() {
        let covers = |citation: &Value| {
            citation["start_line"].as_u64() <= Some(line)
                && citation["end_line"].as_u64() >= Some(line)
        };
        if !citations.iter().any(covers) {
            bad.push(format!("{question:?}: no citation covers line {line}: {citations:?}"));
        }
    }
    bad
}

fn piped(lorag: &Lorag, arguments: &[&str], text: &str) -> Ran {
    let mut child = lorag
        .command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    finish(child.wait_with_output().unwrap())
}

/// What of `has` is not in a text, and what of `not` is.
fn compare(text: &str, step: &Value) -> Vec<String> {
    let patterns = |name: &str| -> Vec<String> {
        let list = step[name].as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(|pattern| pattern.replace('\\', "")).collect()
    };
    let found = |pattern: &str| match pattern.strip_prefix('^') {
        Some(start) => text.starts_with(start),
        None => text.contains(pattern),
    };
    let missing = patterns("has").into_iter().filter(|pattern| !found(pattern));
    let mut bad: Vec<String> = missing.map(|p| format!("no {p:?} in {text:?}")).collect();
    let unwanted = patterns("not").into_iter().filter(|pattern| found(pattern));
    bad.extend(unwanted.map(|pattern| format!("{pattern:?} in {text:?}")));
    bad
}

/// The path of a hit or citation below the folder of the files.
fn name_of(docs: &Path, value: &Value) -> String {
    let path = Path::new(value["path"].as_str().unwrap_or_default());
    let docs = docs.canonicalize().unwrap_or_else(|_| docs.to_owned());
    path.strip_prefix(&docs).unwrap_or(path).to_string_lossy().into_owned()
}

/// The path and text of a file whose lines are numbered, if it is one.
fn expand(path: &str, text: &str) -> (String, String) {
    let Some((path, count)) = path.split_once('*') else {
        return (path.to_owned(), text.to_owned());
    };
    let (head, rest) = text.split_once("<<").unwrap();
    let (body, tail) = rest.split_once(">>").unwrap();
    let mut out = head.to_owned();
    for i in 1..=count.parse::<u32>().unwrap() {
        let line = body.replace("{i}", &format!("{i:03}"));
        out.push_str(&line.replace("{n}", &(1000 + 7 * i).to_string()));
    }
    (path.to_owned(), out + tail)
}
