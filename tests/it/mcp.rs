//! `lorag mcp`: the protocol spoken with the real program, and by the official
//! Python client where that is installed.

mod client;

use super::common::{Lorag, assert_exact, root, text};
use client::Client;
use serde_json::{Value, json};
use std::process::{Command, Stdio};

/// Three files in two collections, indexed.
fn world() -> Lorag {
    let lorag = Lorag::new();
    let oven = lorag.doc("guide/oven.md", "# Oven\n\nThe oven bakes bread at 220 degrees.\n");
    let lines: String =
        (1..=60).map(|n| format!("Step {n} turns the dial {n} times.\n\n")).collect();
    let steps = lorag.doc("guide/steps.txt", lines);
    let legal = lorag.doc("legal/it's 1.md", "The contract ends on the last day of May.\n");
    assert_eq!(lorag.run(&["ingest", text(&oven), text(&steps)]).code, 0);
    assert_eq!(lorag.run(&["ingest", text(&legal), "--collection", "legal"]).code, 0);
    lorag
}

#[test]
fn a_client_lists_searches_and_reads() {
    let lorag = world();
    let mut client = Client::start(&lorag, &[]);
    let hello = client.initialize("2025-06-18");
    assert_eq!(hello["protocolVersion"], "2025-06-18");
    assert_eq!(hello["serverInfo"]["name"], "lorag");
    let tools = client.result("tools/list", json!({}));
    assert_eq!(tools["tools"].as_array().unwrap().len(), 4);

    let found = client.call("search", json!({ "query": "How hot is the oven?", "limit": 2 }));
    let hit = &found["hits"][0];
    assert!(hit["path"].as_str().unwrap().ends_with("oven.md"), "{found}");
    assert!(found["hits"].as_array().unwrap().len() <= 2);
    assert_eq!(hit["stale"], false);
    assert_exact(hit, "text");
    let oven = hit["path"].clone();

    let one = client.call("read_passage", json!({ "id": hit["id"] }));
    assert_eq!(one["passages"][0]["text"], hit["text"]);
    assert_eq!(one["passages"][0]["hash"], hit["hash"]);
    let steps = oven.as_str().unwrap().replace("oven.md", "steps.txt");
    let part = client.call("read_passage", json!({ "path": steps, "lines": "9-11" }));
    let passages = part["passages"].as_array().unwrap();
    assert!(!passages.is_empty());
    for passage in passages {
        let lines = [passage["start_line"].as_u64(), passage["end_line"].as_u64()];
        assert!(lines[0] <= Some(11) && lines[1] >= Some(9), "{passage}");
        assert_exact(passage, "text");
    }
    std::fs::write(oven.as_str().unwrap(), "Another text of another length.\n").unwrap();
    let changed = client.call("read_passage", json!({ "path": oven }));
    assert_eq!(changed["passages"][0]["stale"], true);

    let sources = client.call("list_sources", json!({ "limit": 1 }));
    assert_eq!(sources["collections"][1], json!({ "name": "legal", "files": 1, "passages": 1 }));
    assert_eq!(sources["files"].as_array().unwrap().len(), 1);
    let next = json!({ "limit": 9, "cursor": sources["next_cursor"] });
    let rest = client.call("list_sources", next);
    assert_eq!(rest["files"].as_array().unwrap().len(), 2);
    assert!(rest["next_cursor"].is_null());
    let legal = client.call("list_sources", json!({ "collection": "legal" }));
    assert_eq!(legal["files"].as_array().unwrap().len(), 1);
    assert_eq!(client.end(), Some(0));
}

#[test]
fn passages_are_resources_page_by_page() {
    let lorag = Lorag::new();
    for n in 0..130 {
        lorag.doc(&format!("{n:03}.md"), format!("Note {n} is about number {n}.\n"));
    }
    assert_eq!(lorag.run(&["ingest", text(&lorag.docs())]).code, 0);
    let mut client = Client::start(&lorag, &[]);
    client.initialize("2024-11-05");
    let first = client.result("resources/list", json!({}));
    let second = client.result("resources/list", json!({ "cursor": first["nextCursor"] }));
    assert!(second["nextCursor"].is_null(), "{second}");
    let mut names = Vec::new();
    for page in [&first, &second] {
        names.extend(page["resources"].as_array().unwrap().iter().map(|one| one["name"].clone()));
    }
    let expected: Vec<Value> = (0..130).map(|n| json!(format!("{n:03}.md:1"))).collect();
    assert_eq!(names, expected);
    let uri = &second["resources"][29]["uri"];
    let read = client.result("resources/read", json!({ "uri": uri }));
    assert_eq!(read["contents"][0]["text"], "Note 129 is about number 129.");
    let templates = client.result("resources/templates/list", json!({}));
    assert_eq!(templates["resourceTemplates"].as_array().unwrap().len(), 2);
    let files = client.call_text("list_sources", json!({ "limit": 1 }));
    let files: Value = serde_json::from_str(&files).unwrap();
    let read = client.result("resources/read", json!({ "uri": files["files"][0]["uri"] }));
    assert_eq!(read["contents"][0]["_meta"]["lorag/passage"]["start_line"], 1);
    for uri in ["lorag://passage/none", "lorag://file/default//etc/passwd", "file:///etc/passwd"] {
        let refused = client.request("resources/read", json!({ "uri": uri }));
        assert_eq!(refused["error"]["code"], -32002, "{refused}");
    }
}

#[test]
fn an_answer_has_citations_and_the_model_is_loaded_for_the_first() {
    let lorag = world();
    let mut client = Client::start(&lorag, &[]);
    client.initialize("2025-11-25");
    client.call("search", json!({ "query": "bread" }));
    assert_eq!(client.progress(), ["searching"], "a search loads no model");
    let asked = json!({ "question": "At how many degrees does the oven bake bread?" });
    let answer = client.call("ask", asked.clone());
    assert_eq!(answer["answered"], true, "{answer}");
    let citation = &answer["citations"][0];
    assert!(citation["path"].as_str().unwrap().ends_with("oven.md"), "{answer}");
    assert_eq!((&citation["mark"], &citation["support"]["check"]), (&json!("✓"), &json!("exact")));
    assert!(answer["sources"].is_null() && answer["unsupported"] == json!([]), "{answer}");
    let passage = client.result("resources/read", json!({ "uri": citation["uri"] }));
    let quote = citation["quote"].as_str().unwrap();
    assert!(passage["contents"][0]["text"].as_str().unwrap().contains(quote));
    assert!(client.progress().iter().any(|told| told.starts_with("loading the model")));
    let legal = json!({ "question": "When does the contract end?", "collection": "legal" });
    let answer = client.call("ask", legal);
    assert!(answer["answer"].as_str().unwrap().contains("May"), "{answer}");
    let told = client.progress();
    assert!(told.iter().any(|told| told == "searching"), "{told:?}");
    assert!(!told.iter().any(|told| told.starts_with("loading")), "it was loaded twice");
    assert_eq!(client.end(), Some(0));
}

#[test]
fn hostile_arguments_are_refused_and_the_session_goes_on() {
    let lorag = world();
    let mut client = Client::start(&lorag, &[]);
    assert_eq!(client.request("tools/list", json!({}))["error"]["code"], -32600);
    assert_eq!(client.request("server/discover", json!({}))["error"]["code"], -32601);
    assert_eq!(client.request("initialize", json!({}))["error"]["code"], -32602);
    client.initialize("1999-01-01");
    let deep = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"params\":{}", "[".repeat(100_000));
    let long = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\"}}", "x".repeat(2 << 20));
    for (line, code) in [
        ("no json", -32700),
        ("\u{0}\u{1b}]0;title\u{7}", -32700),
        (deep.as_str(), -32700),
        (long.as_str(), -32700),
        ("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", -32600),
        ("{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", -32600),
    ] {
        client.send_line(line.as_bytes());
        let answer = client.next_message();
        assert_eq!(answer["error"]["code"], code, "{}: {answer}", &line[..line.len().min(60)]);
    }
    for (method, params, code) in [
        ("tools/call", json!({}), -32602),
        ("tools/call", json!({ "name": "shell", "arguments": {} }), -32602),
        ("tools/call", json!({ "name": "search", "arguments": [] }), -32602),
        ("resources/list", json!({ "cursor": "!" }), -32602),
        ("resources/read", json!({ "uri": 7 }), -32602),
        ("initialize", json!({ "protocolVersion": "2025-06-18" }), -32600),
        ("logging/setLevel", json!({}), -32601),
    ] {
        assert_eq!(client.request(method, params)["error"]["code"], code, "{method}");
    }
    let outside = lorag.world.path().join("secret.txt");
    std::fs::write(&outside, "The secret is 4711.").unwrap();
    for (tool, arguments, says) in [
        ("search", json!({}), "missing"),
        ("search", json!({ "query": 7 }), "must be text"),
        ("search", json!({ "query": "a\u{0}b" }), "control characters"),
        ("search", json!({ "query": "\u{1b}[2J" }), "control characters"),
        ("search", json!({ "query": "x".repeat(9000) }), "8000 characters"),
        ("search", json!({ "query": "a", "limit": 1_000_000 }), "from 1 to 50"),
        ("search", json!({ "query": "a", "limit": -1 }), "from 1 to 50"),
        ("search", json!({ "query": "a", "glob": "[" }), "["),
        ("search", json!({ "query": "a", "collection": "legla" }), "Did you mean legal?"),
        ("search", json!({ "query": "a", "run": "rm" }), "no argument \"run\""),
        ("ask", json!({ "question": "a", "collection": "' OR 1" }), "there is no collection"),
        ("read_passage", json!({}), "either"),
        ("read_passage", json!({ "path": "/etc/passwd" }), "is not indexed"),
        ("read_passage", json!({ "path": text(&outside) }), "is not indexed"),
        ("read_passage", json!({ "path": "../secret.txt" }), "is not indexed"),
        ("read_passage", json!({ "path": "/a' OR 'a' = 'a" }), "is not indexed"),
        ("read_passage", json!({ "path": "/a", "lines": "9-1" }), "12-18"),
        ("read_passage", json!({ "id": "' OR 1 = 1" }), "there is no passage"),
        ("list_sources", json!({ "cursor": "AAAA" }), "cursor"),
    ] {
        let shown = arguments.to_string();
        let refused = client.result("tools/call", json!({ "name": tool, "arguments": arguments }));
        assert_eq!(refused["isError"], true, "{shown}");
        let message = refused["content"][0]["text"].as_str().unwrap();
        assert!(message.contains(says) && !message.contains("4711"), "{shown}: {message}");
    }
    assert_eq!(client.request("ping", json!({}))["result"], json!({}));
    assert_eq!(client.end(), Some(0));
}

#[test]
fn a_request_that_is_cancelled_stops() {
    let lorag = world();
    let arguments = ["--model", "scripted:20", "--mode", "base"];
    let mut client = Client::start(&lorag, &arguments);
    client.initialize("2025-06-18");
    let question = json!({ "name": "ask", "arguments": { "question": "What?" } });
    // The answer would take minutes.
    let first = client.send("tools/call", question.clone());
    client.wait_for_progress("tokens");
    client.notify("notifications/cancelled", json!({ "requestId": first }));
    client.notify("notifications/cancelled", json!({ "requestId": "nobody" }));
    let _ = client.progress();
    let second = client.send("tools/call", question);
    // It comes to its turn because the first has left.
    client.wait_for_progress("tokens");
    assert_eq!(client.request("ping", json!({}))["result"], json!({}));
    client.notify("notifications/cancelled", json!({ "requestId": second }));
    let found = client.call("search", json!({ "query": "bread" }));
    assert!(!found["hits"].as_array().unwrap().is_empty());
    assert_eq!(client.end(), Some(0));
    assert!(client.unasked().is_empty(), "a cancelled request was answered");
}

#[test]
fn what_nobody_indexed_is_said() {
    let lorag = Lorag::new();
    let mut client = Client::start(&lorag, &[]);
    client.initialize("2025-06-18");
    let found = client.call("search", json!({ "query": "bread" }));
    assert!(found["hits"] == json!([]) && found["note"].as_str().unwrap().contains("ingest"));
    assert_eq!(client.result("resources/list", json!({})), json!({ "resources": [] }));
    let refused = client.call_text("read_passage", json!({ "path": "/a" }));
    assert!(refused.contains("lorag ingest PATH"), "{refused}");
}

#[test]
fn the_official_client_works_with_it() {
    let named = std::env::var_os("LORAG_TEST_PYTHON");
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let has = Command::new(&python)
        .args(["-c", "import mcp.client.client"])
        .stderr(Stdio::null())
        .status();
    if !has.is_ok_and(|status| status.success()) {
        assert!(named.is_none(), "LORAG_TEST_PYTHON has no package mcp 2");
        let note = "not run: python3 has no package mcp 2 (LORAG_TEST_PYTHON names another)\n";
        let _ = std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes());
        return;
    }
    let lorag = world();
    let ran = Command::new(&python)
        .arg(root().join("tests/it/mcp/client.py"))
        .arg(env!("CARGO_BIN_EXE_lorag"))
        .arg(lorag.data())
        .env("HOME", lorag.world.path().join("home"))
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{out}\n{err}");
    assert!(out.trim_end().ends_with("all held"), "{out}\n{err}");
}
