//! `lorag data`, through the real program: rows from documents and from an
//! evaluation, looked at, divided and exported.

use super::common::{Lorag, root, text};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;

fn rows(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_handbook_becomes_rows_that_pass_their_own_check() {
    let lorag = Lorag::new();
    let handbook = root().join("examples/handbook");
    let out = lorag.world.path().join("rows.jsonl");
    let make = ["data", "make", text(&handbook), "--questions", "12", "--form", "both", "--out"];
    let made = lorag.json(&[&make[..], &[text(&out), "--json"]].concat(), 0);
    assert_eq!((made["rows"].as_u64(), made["made"]["kept"].as_u64()), (Some(24), Some(12)));
    let dropped = made["made"]["dropped"].as_object().unwrap();
    let sum: u64 = dropped.values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(made["made"]["asked"].as_u64().unwrap(), 12 + sum);
    let first = rows(&out);
    assert!(first.iter().all(|row| row["document"].as_str().unwrap().starts_with("handbook/")));
    let told = lorag.run(&["data", "check", text(&out)]);
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);

    let divided = lorag.run(&["data", "split", text(&out), "--held-out", "0.3"]);
    assert_eq!(divided.code, 0, "{}", divided.stderr);
    let documents = |name: &str| -> HashSet<String> {
        let rows = rows(&lorag.world.path().join(name));
        assert!(!rows.is_empty(), "{name}");
        rows.iter().map(|row| row["document"].as_str().unwrap().to_owned()).collect()
    };
    assert!(documents("rows.train.jsonl").is_disjoint(&documents("rows.held-out.jsonl")));

    let stats = lorag.json(&["data", "stats", text(&out), "--json"], 0);
    assert_eq!(stats["forms"], json!({"alone": 12, "rag": 12}));
    assert_eq!(stats["questions"], 12);

    let mlx = lorag.world.path().join("mlx");
    let export = ["data", "export", text(&out), "--for", "mlx-lm", "--out", text(&mlx)];
    let written = lorag.run(&export);
    assert_eq!(written.code, 0, "{}", written.stderr);
    assert!(written.stderr.contains("--mask-prompt"), "{}", written.stderr);
    let line = &rows(&mlx.join("train.jsonl"))[0];
    assert_eq!(line["messages"].as_array().unwrap().last().unwrap()["role"], "assistant");

    // The rows are an evaluation as they are.
    let eval = ["eval", text(&out), text(&handbook), "--modes", "rag", "--json"];
    assert_eq!(lorag.json(&eval, 0)["dataset"]["n"], 12);
}

#[test]
fn rows_come_from_an_evaluation_and_what_is_wrong_is_told() {
    let lorag = Lorag::new();
    lorag.doc("garden.md", "# Garden\n\nTomatoes need six hours of sun a day.\n");
    lorag.doc("archive.md", "# Archive\n\nThe archive keeps letters for thirty years.\n");
    let set = lorag.world.path().join("set.jsonl");
    let line = json!({"question": "How much sun do tomatoes need?", "answers": ["six hours"], "path": "docs/garden.md"});
    std::fs::write(&set, format!("{line}\n")).unwrap();
    let out = lorag.world.path().join("rows.jsonl");
    let made = lorag.run(&["data", "make", "--from-eval", text(&set), "--out", text(&out)]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(made.stderr.contains("1 kept: 1 rows in"), "{}", made.stderr);
    let [row] = rows(&out).try_into().unwrap();
    assert_eq!(row["document"], "docs/garden.md");

    let bad = lorag.world.path().join("bad.jsonl");
    let twice = format!("{row}\n{row}\n");
    std::fs::write(&bad, &twice).unwrap();
    let told = lorag.run(&["data", "check", text(&bad)]);
    assert_eq!(told.code, 1);
    assert!(told.stdout.contains(":2: double: it is the same row as line 1"), "{}", told.stdout);
    std::fs::write(&bad, format!("{row}\nnot json\n")).unwrap();
    let told = lorag.run(&["data", "check", text(&bad)]);
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("bad.jsonl:2: "), "{}", told.stderr);
    let told = lorag.run(&["data", "make", "--out", text(&out)]);
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("name the documents"), "{}", told.stderr);
}
