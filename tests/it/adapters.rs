//! Adapters on the command line: found, checked, added, used, compared with
//! each other.

use super::common::{Lorag, root, text};
use serde_json::Value;
use std::path::PathBuf;

const QUESTION: &str = "Do my documents leave my machine?";

fn handbook() -> PathBuf {
    root().join("examples/handbook")
}

fn fixture(path: &str) -> PathBuf {
    root().join("tests/fixtures/peft").join(path)
}

fn ask(lorag: &Lorag, more: &[&str]) -> Value {
    let handbook = handbook();
    let mut arguments = vec!["ask", QUESTION, text(&handbook), "--json"];
    arguments.extend_from_slice(more);
    lorag.json(&arguments, 0)
}

fn said(answer: &Value) -> &str {
    answer["answer"].as_str().unwrap()
}

#[test]
fn the_built_in_adapters_fit_the_reader() {
    let lorag = Lorag::new();
    let list = lorag.json(&["adapters", "list", "--json"], 0);
    let fitting: Vec<&str> = list["adapters"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|adapter| adapter["fits"] == true)
        .map(|adapter| adapter["name"].as_str().unwrap())
        .collect();
    assert_eq!(fitting, ["bullets", "quote"]);
    let shown = lorag.json(&["adapters", "show", "bullets", "--json"], 0);
    assert_eq!(shown["rank"], 8);
    assert_eq!(shown["base_model"], "lorag-reader");
    assert_eq!(shown["modules"].as_array().unwrap().len(), 7);
    let ran = lorag.run(&["adapters", "check", "bullets+quote*0.5"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("quote fits builtin"), "{}", ran.stdout);
}

#[test]
fn each_adapter_has_its_style_and_none_leaks_into_another() {
    let lorag = Lorag::new();
    let plain = ask(&lorag, &[]);
    let bullets = ask(&lorag, &["--mode", "hybrid", "--adapter", "bullets"]);
    let quote = ask(&lorag, &["--adapter", "quote"]);
    let again = ask(&lorag, &["--mode", "hybrid", "--adapter", "bullets"]);
    let none = ask(&lorag, &["--adapter", "none"]);
    assert_eq!((&plain["mode"], &plain["adapter"]), (&"rag".into(), &Value::Null));
    assert_eq!((&bullets["mode"], &bullets["adapter"]), (&"hybrid".into(), &"bullets".into()));
    assert_eq!((&quote["mode"], &quote["adapter"]), (&"hybrid".into(), &"quote".into()));
    assert!(said(&bullets).lines().all(|line| line.starts_with("- ")), "{}", said(&bullets));
    assert!(said(&quote).starts_with("Source ["), "{}", said(&quote));
    assert!(!said(&plain).starts_with("- ") && !said(&plain).starts_with("Source"));
    assert_eq!(said(&again), said(&bullets));
    assert_eq!(said(&none), said(&plain));
    for answer in [&bullets, &quote] {
        for citation in answer["citations"].as_array().unwrap() {
            super::common::assert_exact(citation, "quote");
            assert_eq!(citation["support"]["check"], "exact");
        }
    }
}

#[test]
fn the_modes_without_sources_read_none() {
    let lorag = Lorag::new();
    for (mode, adapter) in [("base", Value::Null), ("adapter", "bullets".into())] {
        let ran = lorag.run(&["ask", QUESTION, text(&handbook()), "--json", "--mode", mode]);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["mode"], mode);
        assert_eq!(answer["adapter"], adapter);
        assert_eq!(answer["sources"].as_array().unwrap().len(), 0);
        assert_eq!(answer["citations"].as_array().unwrap().len(), 0);
        assert_eq!(answer["timings"]["indexing_ms"], Value::Null);
        // The built-in reader knows nothing by itself, and isn't asked.
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        assert_eq!((&answer["answered"], &answer["answers"]), (&false.into(), &Value::Null));
        let said = answer["answer"].as_str().unwrap();
        assert!(said.starts_with("lorag-reader knows nothing by itself"), "{said}");
        let generation = &answer["timings"]["generation"];
        assert_eq!(generation["finish_reason"], "not_generated");
    }
}

#[test]
fn a_scale_of_zero_is_the_plain_model_and_stacks_are_merged() {
    let lorag = Lorag::new();
    let free = ["--no-quote"];
    let with = |adapter: &str| {
        let mut more = free.to_vec();
        more.extend(["--mode", "hybrid", "--adapter", adapter]);
        said(&ask(&lorag, &more)).to_owned()
    };
    let plain = said(&ask(&lorag, &free)).to_owned();
    let quote = with("quote");
    assert_ne!(quote, plain, "the adapter changes free answers");
    // The form of a scaled adapter stays its own, so the free text is compared.
    assert_eq!(with("quote*0"), plain);
    assert_eq!(with("quote*1"), quote);
    let stack = ask(&lorag, &["--adapter", "quote+bullets*0.5"]);
    assert_eq!(stack["adapter"], "quote+bullets*0.5");
}

#[test]
fn sources_are_read_one_by_one_where_that_is_asked_for() {
    let lorag = Lorag::new();
    let answer = ask(&lorag, &["--strategy", "sequence"]);
    assert_eq!(answer["strategy"], "sequence");
    let alternatives = answer["alternatives"].as_array().unwrap();
    assert!(alternatives.len() > 1, "{answer}");
    let shares: f64 = alternatives.iter().map(|a| a["share"].as_f64().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-6, "{shares}");
    for alternative in alternatives {
        let likelihood = alternative["log_likelihood"].as_f64().unwrap();
        assert!(likelihood < 0.0 && likelihood.is_finite(), "{alternative}");
    }
    assert_eq!(said(&answer), alternatives[0]["text"]);
    let token = ask(&lorag, &[]);
    assert_eq!(token["strategy"], "token");
    assert_eq!(token["alternatives"].as_array().unwrap().len(), 0);
}

#[test]
fn an_adapter_is_added_used_and_removed() {
    let lorag = Lorag::new();
    let source = root().join("src/builtin/adapters/bullets");
    let ran = lorag.run(&["adapters", "add", text(&source), "--name", "mine"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("Added"), "{}", ran.stdout);
    let answer = ask(&lorag, &["--adapter", "mine"]);
    assert_eq!(answer["adapter"], "mine");
    assert!(said(&answer).starts_with("- "), "its manifest came along: {}", said(&answer));
    let twice = lorag.run(&["adapters", "add", text(&source), "--name", "mine"]);
    assert_eq!(twice.code, 2);
    assert!(twice.stderr.contains("already"), "{}", twice.stderr);
    assert_eq!(lorag.run(&["adapters", "remove", "mine"]).code, 0);
    let gone = lorag.run(&["adapters", "check", "mine"]);
    assert_eq!(gone.code, 2);
    assert!(gone.stderr.contains("bullets, quote"), "{}", gone.stderr);
    let builtin = lorag.run(&["adapters", "remove", "bullets"]);
    assert!(builtin.code == 2 && builtin.stderr.contains("built in"), "{}", builtin.stderr);
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let lorag = Lorag::new();
    let refused = |adapter: &str, reason: &str| {
        let folder = fixture(adapter);
        let ran = lorag.run(&["ask", "Why?", text(&handbook()), "--adapter", text(&folder)]);
        assert_ne!(ran.code, 0, "{adapter}");
        assert!(ran.stdout.is_empty(), "no answer: {}", ran.stdout);
        assert!(ran.stderr.contains(reason), "{adapter}: {}", ran.stderr);
    };
    refused("llama/adapter", "tiny-llama");
    refused("llama/variants/dora", "DoRA");
    refused("llama/variants/pickle", "pickled");
    let spelled = lorag.run(&["ask", "Why?", text(&handbook()), "--adapter", "quote*3"]);
    assert_eq!(spelled.code, 2);
    assert!(spelled.stderr.contains("from 0 to 2"), "{}", spelled.stderr);
    let none = lorag.run(&["ask", "Why?", "--mode", "hybrid", "--adapter", "none"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("answers with an adapter"), "{}", none.stderr);
}

#[test]
fn a_collection_answers_in_its_own_way() {
    let lorag = Lorag::new();
    let config = lorag.world.path().join("config.toml");
    std::fs::write(&config, "[collections.guide]\nmode = \"hybrid\"\nadapter = \"quote\"\n")
        .unwrap();
    let guide = ["--config", text(&config), "--collection", "guide"];
    let answer = ask(&lorag, &guide);
    assert_eq!((&answer["mode"], &answer["adapter"]), (&"hybrid".into(), &"quote".into()));
    let mut plain = guide.to_vec();
    plain.extend(["--mode", "rag"]);
    assert_eq!(ask(&lorag, &plain)["adapter"], Value::Null, "a flag wins");
}
