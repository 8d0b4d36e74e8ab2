//! `lorag serve`: the real program, asked by many clients, good ones and bad.

mod client;

use super::common::{Lorag, text};
use client::{Server, events, user};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Eight files, each with a fact of its own.
fn world() -> Lorag {
    let lorag = Lorag::new();
    for (n, name) in NAMES.into_iter().enumerate() {
        let fact = format!("# {name}\n\nThe password of the {name} gate is {name}-{}.\n", 100 + n);
        lorag.doc(&format!("{name}.md"), fact);
    }
    assert_eq!(lorag.run(&["ingest", text(&lorag.docs())]).code, 0);
    lorag
}

const NAMES: [&str; 8] =
    ["copper", "willow", "harbour", "lantern", "meadow", "quarry", "thistle", "velvet"];

fn question(name: &str) -> Value {
    user(&format!("What is the password of the {name} gate?"))
}

#[test]
fn it_answers_in_openais_form_with_citations() {
    let lorag = world();
    let server = Server::start(&lorag, &[]);
    let (status, models) = server.get("/v1/models");
    assert_eq!(status, 200);
    let ids: Vec<&str> =
        models["data"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(ids[0], "builtin");
    assert!(ids.contains(&"builtin+bullets"), "{ids:?}");
    assert_eq!(server.get("/v1/models/builtin+bullets").1["parent"], "builtin");

    let (status, whole) = server.post("/v1/chat/completions", &question("willow"));
    assert_eq!(status, 200, "{whole}");
    let message = &whole["choices"][0]["message"];
    assert!(message["content"].as_str().unwrap().contains("willow-101"), "{whole}");
    let about = &message["lorag"];
    assert_eq!(about["answered"], true);
    assert!(about["citations"][0]["path"].as_str().unwrap().ends_with("willow.md"), "{about}");
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
    assert!(whole["usage"]["prompt_tokens"].as_u64() > Some(0));

    let mut asked = question("velvet");
    asked["stream"] = true.into();
    asked["stream_options"] = json!({ "include_usage": true });
    let (status, body) = server.send("POST", "/v1/chat/completions", &[], &asked.to_string());
    assert_eq!(status, 200);
    let (said, pieces) = events(&body);
    assert!(said.contains("velvet-107") && said.contains("[1]"), "{said}");
    let end = pieces.iter().find(|piece| piece["lorag"].is_object()).unwrap();
    assert_eq!(end["lorag"]["citations"][0]["support"]["check"], "exact");
    assert!(pieces.last().unwrap()["usage"]["completion_tokens"].is_u64());
    assert!(body.contains("data: [DONE]"));

    let input = json!({ "model": "any", "input": ["a gate", "a gate", "the sea"] });
    let (_, vectors) = server.post("/v1/embeddings", &input);
    let vectors = vectors["data"].as_array().unwrap();
    assert_eq!(vectors.len(), 3);
    assert_eq!(vectors[0]["embedding"], vectors[1]["embedding"]);
    assert_ne!(vectors[0]["embedding"], vectors[2]["embedding"]);

    for (change, expected) in [
        (json!({ "model": "other" }), 404),
        (json!({ "model": "builtin+nosuch" }), 400),
        (json!({ "lorag": { "collection": "nosuch" } }), 400),
        (json!({ "lorag": { "glob": "[" } }), 400),
        (json!({ "messages": [] }), 400),
        (json!({ "n": 3 }), 400),
    ] {
        let mut body = question("copper");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (status, refused) = server.post("/v1/chat/completions", &body);
        assert_eq!(status, expected, "{change}: {refused}");
        assert!(refused["error"]["message"].is_string(), "{refused}");
    }
    assert_eq!(server.post("/v1/chat/completions", &question("copper")).0, 200);
    assert_eq!(server.stop(), Some(0));
}

/// The share of requirement 3 that a test can wait for.
#[test]
fn eight_clients_get_their_own_answers_among_bad_ones() {
    let lorag = world();
    let server = Server::start(&lorag, &[]);
    // Slow ones: a head and a body that never end.
    let mut slow: Vec<TcpStream> = (0..20).map(|_| server.connect()).collect();
    for (n, stream) in slow.iter_mut().enumerate() {
        let half = match n % 3 {
            0 => "GET / HT",
            1 => {
                "POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
            }
            _ => "",
        };
        stream.write_all(half.as_bytes()).unwrap();
    }
    let rounds = 4;
    std::thread::scope(|scope| {
        for garbage in [
            "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
            format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(99_999)),
            "POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n".to_owned(),
            "POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(),
            "POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n[[[[[".to_owned(),
        ] {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..10 {
                    let mut stream = server.connect();
                    let _ = stream.write_all(garbage.as_bytes());
                    let _ = stream.shutdown(std::net::Shutdown::Write);
                    let mut said = String::new();
                    let _ = stream.read_to_string(&mut said);
                    assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
                }
            });
        }
        for (n, name) in NAMES.into_iter().enumerate() {
            let server = &server;
            scope.spawn(move || {
                for round in 0..rounds {
                    let mut asked = question(name);
                    let said = if round % 2 == 0 {
                        let (status, whole) = server.post("/v1/chat/completions", &asked);
                        assert_eq!(status, 200, "{whole}");
                        whole["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
                    } else {
                        asked["stream"] = true.into();
                        let body = asked.to_string();
                        events(&server.send("POST", "/v1/chat/completions", &[], &body).1).0
                    };
                    assert!(said.contains(&format!("{name}-{}", 100 + n)), "{name}: {said}");
                    for other in NAMES.into_iter().filter(|other| *other != name) {
                        assert!(!said.contains(other), "{name} got an answer of {other}: {said}");
                    }
                }
            });
        }
    });
    let (_, health) = server.get("/health");
    assert_eq!(health["waiting"], 0);
    drop(slow);
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn a_client_that_leaves_frees_its_place() {
    let lorag = Lorag::new();
    let server = Server::start(&lorag, &["--model", "scripted:20", "--mode", "base"]);
    let mut asked = user("Tell me all");
    asked["stream"] = true.into();
    // Each of these answers would take minutes.
    let first = server.begin("/base/v1/chat/completions", &asked);
    let second = server.begin("/v1/chat/completions", &asked);
    assert!(first.next_piece().is_some());
    // It waits once its search is done.
    let begun = Instant::now();
    while server.get("/health").1["waiting"] != 1 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not wait");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(first);
    let begun = Instant::now();
    assert!(second.next_piece().is_some(), "its turn never came");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    drop(second);
    let mut short = user("Tell me little");
    short["max_tokens"] = 3.into();
    let (status, whole) = server.post("/base/v1/chat/completions", &short);
    assert_eq!((status, &whole["choices"][0]["finish_reason"]), (200, &json!("length")));
    assert!(whole["choices"][0]["message"]["lorag"].is_null());
}

#[test]
fn another_lorag_asks_it_as_its_server() {
    let served = Lorag::new();
    let server = Server::start(&served, &["--model", "scripted:200", "--mode", "base"]);
    let other = Lorag::new();
    let config = other.world.path().join("config.toml");
    let entry = format!("[servers.shared]\nurl = \"http://{}/base/v1\"\n", server.address);
    std::fs::write(&config, entry).unwrap();
    let arguments = ["--config", text(&config), "ask", "What is it?", "--mode", "base", "--json"];
    let model = ["--model", "shared/scripted:200", "--max-tokens", "12"];
    let ran = other.run(&[&arguments[..], &model[..]].concat());
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(!answer["answer"].as_str().unwrap().is_empty(), "{}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn who_may_ask_is_checked() {
    let lorag = Lorag::new().env("SERVE_KEY", "s3cret");
    for (arguments, says) in [
        (&["--listen", "0.0.0.0:0"][..], "--allow-remote"),
        (&["--listen", "0.0.0.0:0", "--allow-remote"][..], "--key-env"),
        (&["--listen", "[::]:0", "--key-env", "SERVE_KEY"][..], "--allow-remote"),
        (&["--key-env", "NO_SUCH"][..], "NO_SUCH"),
        (&["--listen", "nowhere"][..], "127.0.0.1:8642"),
    ] {
        let ran = lorag.run(&[&["serve"][..], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stdout.is_empty(), "{}", ran.stderr);
    }
    let model = ["--model", "scripted:200", "--mode", "base", "--key-env", "SERVE_KEY"];
    let server = Server::start(&lorag, &model);
    let mut asked = user("Hi");
    asked["max_tokens"] = 2.into();
    let body = asked.to_string();
    let status = |headers: &[&str]| server.send("POST", "/v1/chat/completions", headers, &body).0;
    assert_eq!(status(&[]), 401);
    assert_eq!(status(&["Authorization: Bearer s3cre"]), 401);
    assert_eq!(status(&["Authorization: Bearer s3cret"]), 200);
    assert_eq!(status(&["Authorization: Bearer s3cret", "Content-Type: text/plain"]), 415);
    assert_eq!(status(&["Authorization: Bearer s3cret", "Host: evil.example"]), 403);
    assert_eq!(server.send("GET", "/health", &[], "").0, 200);
    assert_eq!(server.send("GET", "/v1/nosuch", &["Authorization: Bearer s3cret"], "").0, 404);
    assert_eq!(server.send("DELETE", "/v1/models", &["Authorization: Bearer s3cret"], "").0, 405);
}

#[cfg(unix)]
#[test]
fn a_socket_is_private_and_goes_with_its_server() {
    use std::os::unix::fs::PermissionsExt;
    let lorag = Lorag::new();
    let path = lorag.world.path().join("lorag.sock");
    let listen = format!("unix:{}", text(&path));
    let model = ["--listen", &listen, "--model", "scripted:200", "--mode", "base"];
    let server = Server::start(&lorag, &model);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("scripted:200"), "{said}");
    let second = lorag.run(&[&["serve"][..], &model[..]].concat());
    assert_eq!(second.code, 1);
    assert!(second.stderr.contains("another server answers there"), "{}", second.stderr);
    assert_eq!(server.stop(), Some(0));
    assert!(!path.exists());
    std::fs::write(&path, "a file of the user").unwrap();
    assert_eq!(lorag.run(&[&["serve"][..], &model[..]].concat()).code, 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file of the user");
}
