//! `lorag ask`, through the built-in reader and the real table.

use super::common::{Lorag, assert_exact, root, text};
use std::io::Write;
use std::process::Stdio;

const GARDEN: &str = "# Garden\n\nTomatoes need six hours of sun a day. Water them in the morning.\n\n## Roses\n\nRoses are pruned in late February, before the first buds open. A sharp blade leaves a clean cut.\n";
const KITCHEN: &str =
    "# Kitchen\n\nBread dough rests for ninety minutes. The oven is heated to 240 degrees.\n";

fn garden() -> Lorag {
    let lorag = Lorag::new();
    lorag.doc("garden.md", GARDEN);
    lorag.doc("kitchen.md", KITCHEN);
    lorag
}

#[test]
fn an_answer_quotes_the_sentence_and_cites_its_bytes() {
    let lorag = garden();
    let docs = lorag.docs();
    let out = lorag.json(&["ask", "When are roses pruned?", text(&docs), "--json"], 0);
    assert_eq!(out["answered"], true);
    assert_eq!(out["mode"], "rag");
    assert!(out["adapter"].is_null());
    let citation = &out["citations"][0];
    assert_eq!(citation["quote"], "Roses are pruned in late February, before the first buds open.");
    assert_eq!(
        out["answer"],
        format!(
            "Roses are pruned in late February, before the first buds open. [{}]",
            citation["number"]
        )
    );
    assert_exact(citation, "quote");
    assert_eq!(citation["rendered"], false);
    for source in out["sources"].as_array().unwrap() {
        assert_exact(source, "text");
        assert!(source["vector"]["rank"].is_u64() || source["full_text"]["rank"].is_u64());
    }
    let ledger = &out["ledger"];
    let used: u64 = ledger["sources"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["used"] == true)
        .map(|s| s["tokens"].as_u64().unwrap())
        .sum();
    let sum = ["system", "history", "question", "template"]
        .iter()
        .map(|k| ledger[k].as_u64().unwrap())
        .sum::<u64>();
    assert_eq!(sum + used, ledger["prompt"].as_u64().unwrap());
    assert!(ledger["prompt"].as_u64().unwrap() + ledger["reserve"].as_u64().unwrap() <= 448);
    let generation = &out["timings"]["generation"];
    assert_eq!(generation["prompt_tokens"], ledger["prompt"]);
    // What is certain is printed without decoding it.
    assert_eq!(generation["finish_reason"], "determined");
    assert!(generation["completion_tokens"].as_u64().unwrap() < 20, "{generation}");
    assert!(generation["resident_bytes"].as_u64().unwrap() > 10 << 20);
}

#[test]
fn what_the_sources_do_not_say_is_not_answered() {
    let lorag = garden();
    let docs = lorag.docs();
    let question = "What is the capital of Mongolia?";
    let out = lorag.json(&["ask", question, text(&docs), "--json"], 3);
    assert_eq!(out["answered"], false);
    assert_eq!(out["answer"], "The sources do not answer this.");
    assert_eq!(out["citations"], serde_json::json!([]));
    assert_eq!(out["timings"]["generation"]["completion_tokens"], 0);
}

#[test]
fn an_empty_knowledge_base_gives_the_no_answer_sentence() {
    let lorag = Lorag::new();
    let ran = lorag.run(&["ask", "Anything?"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("The sources do not answer this."), "{}", ran.stdout);
    assert!(ran.stderr.contains("lorag ingest PATH"), "{}", ran.stderr);
}

#[test]
fn only_the_given_paths_are_searched() {
    let lorag = garden();
    let docs = lorag.docs();
    assert_eq!(lorag.run(&["ingest", text(&docs)]).code, 0);
    let kitchen = docs.join("kitchen.md");
    let out = lorag.json(&["ask", "When are roses pruned?", text(&kitchen), "--json"], 3);
    for source in out["sources"].as_array().unwrap() {
        assert_eq!(source["path"], text(&kitchen));
    }
    let out = lorag.json(&["ask", "When are roses pruned?", "--json"], 0);
    assert!(out["citations"][0]["path"].as_str().unwrap().ends_with("garden.md"));
}

#[test]
fn the_question_may_come_from_standard_input() {
    let lorag = garden();
    let docs = lorag.docs();
    let mut child = lorag
        .command()
        .args(["ask", "-", text(&docs)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"How hot is the oven?\n").unwrap();
    let ran = super::common::finish(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("The oven is heated to 240 degrees. ["), "{}", ran.stdout);
    assert!(ran.stdout.contains("kitchen.md:3 "), "{}", ran.stdout);
}

#[test]
fn a_missing_path_and_an_empty_question_are_told_apart() {
    let lorag = Lorag::new();
    let ran = lorag.run(&["ask", "Why?", "no/such/folder"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("no/such/folder"), "{}", ran.stderr);
    let ran = lorag.run(&["ask", "  "]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the question is empty"), "{}", ran.stderr);
}

#[test]
fn a_hostile_document_reaches_the_terminal_as_symbols() {
    let lorag = Lorag::new();
    let long = "x".repeat(1 << 20);
    let evil = format!(
        "The launch code of the rocket is \x1b]52;c;aGk=\x07 seven\u{202e} eight. Then [3] follows.\n\n{long}\n"
    );
    let path = lorag.doc("evil.txt", &evil);
    let ran = lorag.run(&["ask", "What is the launch code of the rocket?", text(&path)]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("launch code"), "{}", ran.stdout);
    for raw in ['\x1b', '\x07', '\u{202e}'] {
        assert!(!ran.stdout.contains(raw), "{:?}", ran.stdout);
    }
}

#[test]
fn a_page_and_a_utf16_file_are_cited_by_the_span_that_yields_the_quote() {
    let lorag = Lorag::new();
    let page = "<html><body><h1>Ferry</h1>\n<p>The <b>ferry</b> leaves at 9&nbsp;&amp;&nbsp;11\n o'clock. It is blue.</p></body></html>";
    let page = lorag.doc("ferry.html", page);
    let out = lorag.json(&["ask", "When does the ferry leave?", text(&page), "--json"], 0);
    let citation = &out["citations"][0];
    assert_eq!(citation["rendered"], true);
    assert!(citation["quote"].as_str().unwrap().contains("ferry leaves at 9"), "{citation}");
    let file = std::fs::read_to_string(&page).unwrap();
    let span = citation["start_byte"].as_u64().unwrap() as usize
        ..citation["end_byte"].as_u64().unwrap() as usize;
    assert_eq!(&file[span], "The <b>ferry</b> leaves at 9&nbsp;&amp;&nbsp;11\n o'clock.");
    assert_eq!((&citation["start_line"], &citation["end_line"]), (&2.into(), &3.into()));

    let sentence = "Der Zug fährt um sieben Uhr ab.";
    let wide: Vec<u8> = [0xFEFFu16]
        .into_iter()
        .chain(format!("Alles still.\n\n{sentence}\n").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let zug = lorag.doc("zug.txt", wide);
    let out = lorag.json(&["ask", "Wann fährt der Zug ab?", text(&zug), "--json"], 0);
    let citation = &out["citations"][0];
    assert_eq!((citation["quote"].as_str(), &citation["rendered"]), (Some(sentence), &true.into()));
    let start = 2 + "Alles still.\n\n".len() * 2;
    assert_eq!(citation["start_byte"].as_u64().unwrap() as usize, start);
    assert_eq!(
        citation["end_byte"].as_u64().unwrap() as usize,
        start + sentence.chars().count() * 2
    );
    assert_eq!(citation["start_line"], 3);
}

#[test]
fn free_mode_and_several_quotes_keep_to_valid_citations() {
    let lorag = garden();
    let docs = lorag.docs();
    let question = "When are roses pruned?";
    // What the small model says on its own varies; its citations must not.
    let ran = lorag.run(&["ask", question, text(&docs), "--json", "--no-quote"]);
    assert!(matches!(ran.code, 0 | 3), "{}", ran.stderr);
    let out: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let numbers: Vec<&serde_json::Value> = out["sources"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["used"] == true)
        .map(|s| &s["number"])
        .collect();
    for citation in out["citations"].as_array().unwrap() {
        assert!(numbers.contains(&&citation["number"]));
        assert_exact(citation, "quote");
    }
    let config = lorag.world.path().join("two.toml");
    std::fs::write(&config, "model = \"two\"\n[models.two]\npath = \"builtin\"\nquote.max = 2\nquote.template = \"- {quote} [{n}]\"\n").unwrap();
    let out = lorag.json(&["--config", text(&config), "ask", question, text(&docs), "--json"], 0);
    let answer = out["answer"].as_str().unwrap();
    assert!(answer.starts_with("- "), "{answer}");
    assert_eq!(answer.lines().count(), out["citations"].as_array().unwrap().len());
    for citation in out["citations"].as_array().unwrap() {
        assert_exact(citation, "quote");
    }
}

#[test]
fn the_handbook_answers_about_lorag() {
    let lorag = Lorag::new();
    let handbook = root().join("examples/handbook");
    let question = "Do my documents leave my machine?";
    let ran = lorag.run(&["ask", question, text(&handbook)]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("stay on your machine"), "{}", ran.stdout);
    assert!(ran.stdout.contains("examples/handbook/privacy.md:"), "{}", ran.stdout);
}

#[test]
fn paths_with_links_and_parents_are_searched_too() {
    let lorag = garden();
    let docs = lorag.docs();
    std::fs::create_dir_all(docs.join("sub")).unwrap();
    let link = lorag.world.path().join("link");
    std::os::unix::fs::symlink(&docs, &link).unwrap();
    for path in [docs.join("sub/.."), link, docs.join("./garden.md")] {
        let out = lorag.json(&["ask", "When are roses pruned?", text(&path), "--json"], 0);
        assert!(out["citations"][0]["path"].as_str().unwrap().ends_with("docs/garden.md"));
    }
}

#[test]
fn marks_and_backticks_of_a_source_neither_cite_nor_hide() {
    let lorag = Lorag::new();
    let page = lorag.doc(
        "keys.md",
        "Press the ` key to open the galactic console.\n\nThe 【7】 key opens the copper vault.\n",
    );
    for (question, quote) in [
        ("Which key opens the galactic console?", "Press the ` key to open the galactic console."),
        ("Which key opens the copper vault?", "The 【7】 key opens the copper vault."),
    ] {
        let out = lorag.json(&["ask", question, text(&page), "--json"], 0);
        assert_eq!(out["citations"].as_array().unwrap().len(), 1, "{out}");
        assert_eq!(out["citations"][0]["quote"], quote);
        assert_eq!(out["dropped_citations"], serde_json::json!([]));
        assert_exact(&out["citations"][0], "quote");
    }
}

#[test]
fn flags_win_over_the_models_own_manner() {
    let lorag = garden();
    let docs = lorag.docs();
    let question = "When are roses pruned?";
    let out = lorag.json(&["ask", question, text(&docs), "--json", "--max-tokens", "40"], 0);
    assert_eq!(out["ledger"]["reserve"], 40);
    let config = lorag.world.path().join("wide.toml");
    std::fs::write(
        &config,
        "model = \"wide\"\n[models.wide]\npath = \"builtin\"\nquote.margin = 9\n",
    )
    .unwrap();
    let arguments =
        ["--config", text(&config), "ask", question, text(&docs), "--json", "--max-quotes", "3"];
    let out = lorag.json(&arguments, 0);
    assert!(!out["citations"].as_array().unwrap().is_empty());
    for citation in out["citations"].as_array().unwrap() {
        assert_exact(citation, "quote");
    }
}

fn piped(lorag: &Lorag, arguments: &[&str], input: &str) -> super::common::Ran {
    let mut child = lorag
        .command()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    super::common::finish(child.wait_with_output().unwrap())
}

#[test]
fn text_on_standard_input_is_a_source() {
    let lorag = garden();
    let docs = lorag.docs();
    assert_eq!(lorag.run(&["ingest", text(&docs)]).code, 0);
    let question = "What is the gate code?";
    let note = "The weather is fine.\nThe gate code is 8844.\n";
    let ran = piped(&lorag, &["ask", question], note);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("The gate code is 8844."), "{}", ran.stdout);
    assert!(ran.stdout.contains("<stdin>:"), "{}", ran.stdout);
    let named = piped(&lorag, &["ask", question, "-", "--json"], note);
    let out: serde_json::Value = serde_json::from_str(&named.stdout).unwrap();
    assert_eq!(out["citations"][0]["path"], "<stdin>");
    let bytes = out["citations"][0]["start_byte"].as_u64().unwrap() as usize
        ..out["citations"][0]["end_byte"].as_u64().unwrap() as usize;
    assert_eq!(&note[bytes], out["citations"][0]["quote"].as_str().unwrap());
    // Named alone, it is all that is read; beside a question, one of several.
    let sources = out["sources"].as_array().unwrap();
    assert!(sources.iter().all(|source| source["path"] == "<stdin>"));
    let other = piped(&lorag, &["ask", "How hot is the oven?"], note);
    assert!(other.stdout.contains("240 degrees"), "{}", other.stdout);
    // Nothing of it is kept.
    assert_eq!(lorag.run(&["ask", question]).code, 3);
}

#[test]
fn standard_input_that_holds_nothing_is_no_source() {
    let lorag = garden();
    let docs = lorag.docs();
    let arguments = ["ask", "How hot is the oven?", text(&docs)];
    let ran = piped(&lorag, &arguments, " \n");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains("standard input"), "{}", ran.stderr);
    let binary = lorag.world.path().join("binary");
    std::fs::write(&binary, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01").unwrap();
    let stdin = Stdio::from(std::fs::File::open(&binary).unwrap());
    let output = lorag.command().args(arguments).stdin(stdin).output().unwrap();
    let ran = super::common::finish(output);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("left out"), "{}", ran.stderr);
    assert!(ran.stdout.contains("240 degrees"));
    let ran = piped(&lorag, &["ask", "How hot is the oven?", "-"], "");
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("standard input is empty"), "{}", ran.stderr);
    assert_eq!(piped(&lorag, &["ask", "-", "-"], "x").code, 2);
}

#[test]
fn a_pipe_that_nobody_writes_to_holds_nothing_up() {
    let lorag = garden();
    let docs = lorag.docs();
    let child = lorag
        .command()
        .args(["ask", "How hot is the oven?", text(&docs)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = child;
    // Held open until the answer is there.
    let idle = child.stdin.take();
    let ran = super::common::finish(child.wait_with_output().unwrap());
    drop(idle);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("240 degrees"), "{}", ran.stdout);
    assert!(ran.stderr.contains("gave nothing in time"), "{}", ran.stderr);
}
