//! `lorag search` and `lorag kb`.

use super::common::{Lorag, assert_exact, text};
use serde_json::json;

#[test]
fn hits_keep_the_ranks_of_both_legs_and_their_exact_bytes() {
    let lorag = Lorag::new();
    lorag.doc("a.md", "# Cats\n\nCats sleep most of the day.\n");
    lorag.doc("b.md", "# Dogs\n\nDogs like long walks in the forest.\n");
    let docs = lorag.docs();
    assert_eq!(lorag.run(&["ingest", text(&docs)]).code, 0);
    let out = lorag.json(&["search", "walks with dogs", "--json"], 0);
    assert_eq!(out["query"], "walks with dogs");
    let hit = &out["hits"][0];
    assert!(hit["path"].as_str().unwrap().ends_with("b.md"));
    assert_eq!(hit["heading"], "Dogs");
    assert_eq!(hit["collection"], "default");
    assert_eq!(hit["vector"]["rank"], 1);
    assert_eq!(hit["full_text"]["rank"], 1);
    assert!(hit["vector"]["distance"].as_f64().unwrap() < 1.0);
    assert!(hit["score"].as_f64().unwrap() > 0.9);
    for hit in out["hits"].as_array().unwrap() {
        assert_exact(hit, "text");
    }
    for step in ["embed_ms", "vector_ms", "full_text_ms", "fuse_ms", "total_ms"] {
        assert!(out["timings"][step].is_number(), "{step}");
    }
    let one = lorag.json(&["search", "walks with dogs", "--json", "--limit", "1"], 0);
    assert_eq!(one["hits"].as_array().unwrap().len(), 1);
}

#[test]
fn an_absent_knowledge_base_gives_no_hits_and_a_hint() {
    let lorag = Lorag::new();
    let ran = lorag.run(&["search", "anything", "--json"]);
    assert_eq!(ran.code, 0);
    let out: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(out["hits"], json!([]));
    assert!(ran.stderr.contains("lorag ingest PATH"), "{}", ran.stderr);
}

#[test]
fn odd_queries_are_terms_not_syntax() {
    let lorag = Lorag::new();
    lorag.doc("a.txt", "The quick brown fox (a:b) AND [more].\n");
    assert_eq!(lorag.run(&["ingest", text(&lorag.docs())]).code, 0);
    for query in ["the of and", "a:b AND (", "\"unclosed", "*?^~", "🦊", "'; DROP TABLE chunks"] {
        let ran = lorag.run(&["search", query]);
        assert_eq!(ran.code, 0, "{query}: {}", ran.stderr);
    }
    let empty = lorag.run(&["search", " "]);
    assert!(empty.code == 2 && empty.stderr.contains("the query is empty"), "{}", empty.stderr);
}

#[test]
fn collections_and_globs_limit_a_search() {
    let lorag = Lorag::new();
    let a = lorag.doc("a/one.md", "Apples grow on trees.\n");
    let b = lorag.doc("b/it's two.md", "Apples are pressed into juice.\n");
    assert_eq!(lorag.run(&["ingest", text(&a), "--collection", "o'one"]).code, 0);
    assert_eq!(lorag.run(&["ingest", text(&b), "--collection", "two"]).code, 0);
    let paths = |arguments: &[&str]| -> Vec<String> {
        let out = lorag.json(arguments, 0);
        let hits = out["hits"].as_array().unwrap();
        hits.iter().map(|h| h["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(&["search", "apples", "--json"]).len(), 2);
    assert_eq!(paths(&["search", "apples", "--json", "--collection", "o'one"]), [text(&a)]);
    assert_eq!(paths(&["search", "apples", "--json", "--glob", "**/it's *.md"]), [text(&b)]);
    let unknown = lorag.run(&["search", "apples", "--collection", "o'on"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (2, ""));
    assert!(unknown.stderr.contains("there is no collection o'on. Did you mean o'one?"));
}

#[test]
fn kb_lists_counts_removes_and_vacuums() {
    let lorag = Lorag::new();
    let a = lorag.doc("a.md", "One sentence about apples.\n");
    lorag.doc("b.md", "One sentence about pears.\n");
    let docs = lorag.docs();
    assert_eq!(lorag.run(&["ingest", text(&docs), "--collection", "fruit"]).code, 0);
    let list = lorag.json(&["kb", "list", "--json"], 0);
    assert_eq!(list["files"].as_array().unwrap().len(), 2);
    assert_eq!(list["files"][0]["path"], text(&a));
    assert_eq!(list["files"][0]["stale"], false);
    let stats = lorag.json(&["kb", "stats", "--json"], 0);
    assert_eq!((&stats["files"], &stats["chunks"]), (&json!(2), &json!(2)));
    assert_eq!(stats["collections"], json!([{ "name": "fruit", "files": 2, "chunks": 2 }]));
    assert_eq!(lorag.run(&["kb", "remove", text(&a)]).code, 0);
    assert!(a.exists(), "the file itself stays");
    assert_eq!(lorag.json(&["kb", "list", "--json"], 0)["files"].as_array().unwrap().len(), 1);
    assert_eq!(lorag.run(&["kb", "vacuum"]).code, 0);
    assert_eq!(lorag.run(&["kb", "remove", "--collection", "fruit"]).code, 0);
    assert_eq!(lorag.json(&["search", "pears", "--json"], 0)["hits"], json!([]));
    assert_eq!(lorag.run(&["kb", "remove"]).code, 2);
}

#[test]
fn reembedding_keeps_everything_or_changes_nothing() {
    let lorag = Lorag::new();
    let a = lorag.doc("a.md", "One sentence about apples.\n");
    lorag.doc("b.md", "One sentence about pears.\n");
    assert_eq!(lorag.run(&["ingest", text(&lorag.docs())]).code, 0);
    assert_eq!(lorag.run(&["kb", "reembed"]).code, 0);
    let files = || lorag.json(&["kb", "list", "--json"], 0)["files"].as_array().unwrap().len();
    assert_eq!(files(), 2);
    std::fs::remove_file(&a).unwrap();
    let ran = lorag.run(&["kb", "reembed"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("a.md") && ran.stderr.contains("--drop-missing"), "{}", ran.stderr);
    assert_eq!(files(), 2);
    assert_eq!(lorag.run(&["kb", "reembed", "--drop-missing"]).code, 0);
    assert_eq!(files(), 1);
    assert!(!lorag.data().join("knowledge.new").exists());
}

#[test]
fn touching_a_file_does_not_make_it_stale() {
    let lorag = Lorag::new();
    let a = lorag.doc("a.md", "One sentence about apples.\n");
    assert_eq!(lorag.run(&["ingest", text(&a)]).code, 0);
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    std::fs::File::options().write(true).open(&a).unwrap().set_modified(later).unwrap();
    let stale = || lorag.json(&["kb", "list", "--json"], 0)["files"][0]["stale"].clone();
    assert_eq!(stale(), false);
    std::fs::write(&a, "One sentence about plums!!\n").unwrap();
    std::fs::File::options().write(true).open(&a).unwrap().set_modified(later).unwrap();
    assert_eq!(stale(), true);
}
