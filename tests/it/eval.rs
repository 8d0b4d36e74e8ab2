//! `lorag eval`, through the built-in reader: what an earlier run answered is
//! taken over only where nothing that decides an answer has changed.

use super::common::{Lorag, text};

/// Finding 2.
#[test]
fn an_edited_prompt_is_answered_anew() {
    let lorag = Lorag::new();
    lorag.doc("garden.md", "# Garden\n\nTomatoes need six hours of sun a day.\n");
    let docs = lorag.docs();
    let set = lorag.world.path().join("set.jsonl");
    let question =
        "{\"question\": \"Who won the football cup?\", \"answers\": [], \"answerable\": false}\n";
    std::fs::write(&set, question).unwrap();
    let page = lorag.world.path().join("page.html");
    let config = lorag.world.path().join("config.toml");
    let answer = |says: &str| {
        let prompt = format!("[models.builtin.prompt]\nno_answer = \"{says}\"\n");
        std::fs::write(&config, prompt).unwrap();
        let arguments = [
            "--config",
            text(&config),
            "eval",
            text(&set),
            text(&docs),
            "--modes",
            "rag",
            "--html",
            text(&page),
        ];
        let ran = lorag.run(&arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        std::fs::read_to_string(&page).unwrap()
    };
    let logs = || {
        let entries = std::fs::read_dir(lorag.data().join("eval")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|e| e == "jsonl")).count()
    };
    assert!(answer("Not in the herbarium.").contains("Not in the herbarium."));
    assert_eq!(logs(), 1);
    let edited = answer("Not in the library.");
    assert!(edited.contains("Not in the library."), "it gave the answers of the old prompt");
    assert!(!edited.contains("herbarium"));
    assert_eq!(logs(), 2);
    assert!(answer("Not in the herbarium.").contains("Not in the herbarium."));
    assert_eq!(logs(), 2, "what was answered is taken over");
}

#[test]
fn rows_of_a_model_that_knows_nothing_are_left_out() {
    let lorag = Lorag::new();
    lorag.doc("garden.md", "# Garden\n\nTomatoes need six hours of sun a day.\n");
    let docs = lorag.docs();
    let set = lorag.world.path().join("set.jsonl");
    let question =
        "{\"question\": \"How much sun do tomatoes need?\", \"answers\": [\"six hours\"]}\n";
    std::fs::write(&set, question).unwrap();
    let ran = lorag.run(&["eval", text(&set), text(&docs), "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("knows nothing by itself, so base, adapter/"), "{}", ran.stderr);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = told["results"].as_array().unwrap();
    let modes: Vec<&str> = rows.iter().map(|row| row["mode"].as_str().unwrap()).collect();
    assert!(modes[0] == "rag" && modes[1..].iter().all(|mode| *mode == "hybrid"), "{modes:?}");
    let ran = lorag.run(&["eval", text(&set), text(&docs), "--modes", "base"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("ask for rag or hybrid"), "{}", ran.stderr);
}
