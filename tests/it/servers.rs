//! Models on servers, through the real program, against a loopback server that
//! speaks as llama.cpp and as a plain one do.

use super::common::{Lorag, Ran, text};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const KEY: &str = "sk-7c1e-not-to-be-shown";

type Requests = Arc<Mutex<Vec<(String, String, Value)>>>;

/// A server: path, key and body of what it was asked.
struct Server {
    url: String,
    requests: Requests,
}

impl Server {
    fn start(answer: impl Fn(&str, &Value) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Requests::default();
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { url, requests }
    }

    /// The bodies that were sent to the chat interface.
    fn asked(&self) -> Vec<Value> {
        let requests = self.requests.lock().unwrap();
        let chats = requests.iter().filter(|(path, ..)| path == "/v1/chat/completions");
        chats.map(|(.., body)| body.clone()).collect()
    }
}

fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<(String, String, Value)>>,
    answer: &(impl Fn(&str, &Value) -> String + ?Sized),
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut path, mut key, mut length) = (String::new(), String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        match (path.is_empty(), line.split_once(": ")) {
            (true, _) => path = line.split(' ').nth(1)?.to_owned(),
            (_, Some((name, value))) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            (_, Some((name, value))) if name.eq_ignore_ascii_case("authorization") => {
                value.clone_into(&mut key);
            }
            _ if line.is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    seen.lock().unwrap().push((path.clone(), key, body.clone()));
    let answer = answer(&path, &body);
    stream.write_all(answer.as_bytes()).ok()
}

fn reply(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn json_reply(body: &Value) -> String {
    reply("200 OK", "application/json", &body.to_string())
}

fn missing() -> String {
    reply("404 Not Found", "application/json", "{\"error\":\"no such path\"}")
}

/// An answer in pieces of a few letters, with counts.
fn stream(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut body = String::from(": alive\n\n");
    for piece in letters.chunks(5) {
        let content: String = piece.iter().collect();
        let event = json!({ "choices": [{ "delta": { "content": content } }] });
        body += &format!("data: {event}\n\n");
    }
    let end = json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 77, "completion_tokens": 9 } });
    body += &format!("data: {end}\n\ndata: [DONE]\n\n");
    reply("200 OK", "text/event-stream", &body)
}

/// llama.cpp: under a grammar of quotes it chooses the second sentence.
fn llama() -> Server {
    Server::start(|path, body| match path {
        "/v1/models" => {
            json_reply(&json!({ "data": [{ "id": "/m/small.gguf", "owned_by": "llamacpp",
            "meta": { "n_params": 7_000_000_000_u64, "ftype": "Q4_1" } }] }))
        }
        "/props" => json_reply(&json!({ "default_generation_settings": { "n_ctx": 4096 } })),
        "/lora-adapters" => json_reply(&json!([{ "id": 0, "path": "/l/law.gguf", "scale": 1.0 }])),
        "/apply-template" => json_reply(&json!({ "prompt": body["messages"].to_string() })),
        "/tokenize" => {
            let words = body["content"].as_str().unwrap_or("").split_whitespace().count();
            json_reply(&json!({ "tokens": vec![1; words] }))
        }
        "/v1/chat/completions" => {
            let rules = body["grammar"].as_str().unwrap_or("");
            let second = rules.lines().find_map(|line| line.strip_prefix("quote-1 ::= "));
            match second {
                Some(quote) => stream(&serde_json::from_str::<String>(quote).unwrap()),
                None => stream("They keep until March [1]."),
            }
        }
        _ => missing(),
    })
}

/// One that takes no grammar.
fn plain(answer: &'static str) -> Server {
    Server::start(move |path, _| match path {
        "/v1/models" => json_reply(&json!({ "data": [{ "id": "org/name" }] })),
        "/v1/chat/completions" => stream(answer),
        _ => missing(),
    })
}

/// A world with these servers, `gpu` with a key.
fn world(gpu: &str, more: &str) -> Lorag {
    let lorag = Lorag::new();
    let file = lorag.world.path().join("config.toml");
    let config = format!("{more}\n[servers.gpu]\nurl = \"{gpu}/v1\"\nkey_env = \"MY_KEY\"\n");
    std::fs::write(&file, config).unwrap();
    lorag.env("MY_KEY", KEY).env("LORAG_CONFIG", text(&file))
}

fn page(lorag: &Lorag) -> String {
    let page = "Apples are picked in September. They keep until March in a cool cellar.\n";
    text(&lorag.doc("a.md", page)).to_owned()
}

/// What was printed holds no key, nor does any file that was written.
fn shows_no_key(lorag: &Lorag, ran: &Ran) {
    for said in [&ran.stdout, &ran.stderr] {
        assert!(!said.contains(KEY), "{said}");
    }
    let mut folders = vec![lorag.world.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let bytes = std::fs::read(entry.path()).unwrap();
                let found = bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes());
                assert!(!found, "the key is in {}", entry.path().display());
            }
        }
    }
}

#[test]
fn a_model_of_a_server_answers() {
    let server = llama();
    let lorag = world(&server.url, "log = \"debug\"");
    let page = page(&lorag);
    let ask = ["ask", "How long do apples keep?", &page, "--model", "gpu/small", "--json"];
    let ran = lorag.run(&ask);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    shows_no_key(&lorag, &ran);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(answer["answer"], "They keep until March [1].");
    assert_eq!(answer["model"], "gpu/small");
    let generation = &answer["timings"]["generation"];
    assert_eq!(
        (&generation["prompt_tokens"], &generation["completion_tokens"]),
        (&json!(77), &json!(9))
    );
    assert!(generation.get("estimated").is_none() && answer["ledger"].get("estimated").is_none());
    let asked = &server.asked()[0];
    let last = asked["messages"].as_array().unwrap().last().unwrap();
    assert!(last["content"].as_str().unwrap().contains("cool cellar"), "{asked}");
    assert!(asked["grammar"].as_str().unwrap().starts_with("root ::= "), "{asked}");
    assert_eq!(asked["lora"], json!([{ "id": 0, "scale": 0.0 }]));
    let requests = server.requests.lock().unwrap();
    assert!(requests.iter().all(|(_, key, _)| *key == format!("Bearer {KEY}")));
}

#[test]
fn quotes_are_held_by_the_server_or_checked() {
    let server = llama();
    let lorag = world(&server.url, "generation.quote = \"on\"");
    let page = page(&lorag);
    let ask = |lorag: &Lorag| {
        lorag.run(&["ask", "How long do apples keep?", &page, "--model", "gpu", "--adapter", "law"])
    };
    let ran = ask(&lorag);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let asked = server.asked();
    let grammar = asked[0]["grammar"].as_str().unwrap();
    assert!(grammar.contains("quote-0 ::= \""), "{grammar}");
    let second = grammar.lines().find_map(|line| line.strip_prefix("quote-1 ::= ")).unwrap();
    let quote: String = serde_json::from_str(second).unwrap();
    assert!(ran.stdout.contains(quote.as_str()), "{} in {}", quote, ran.stdout);
    assert_eq!(asked[0]["lora"], json!([{ "id": 0, "scale": 1.0 }]));

    let free = plain("Until spring, I believe.");
    let ran = lorag.run(&["adapters", "list", "--model", "gpu"]);
    assert!(ran.stdout.contains("law  server gpu"), "{}", ran.stdout);
    let lorag = world(&free.url, "generation.quote = \"on\"");
    let page = self::page(&lorag);
    let ran = lorag.run(&["ask", "How long do apples keep?", &page, "--model", "gpu/org/name"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("no sentence of the sources"), "{}", ran.stderr);
    assert!(!ran.stdout.contains("spring"), "{}", ran.stdout);
    assert!(free.asked()[0].get("grammar").is_none());
}

#[test]
fn what_a_server_refuses_is_said() {
    let refuses = Server::start(|_, _| {
        let body = format!("{{\"error\":{{\"message\":\"Incorrect API key: {KEY}\"}}}}");
        reply("401 Unauthorized", "application/json", &body)
    });
    let lorag = world(&refuses.url, "");
    let page = page(&lorag);
    let ran = lorag.run(&["ask", "Why?", &page, "--model", "gpu/any"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("does not accept the key of the variable MY_KEY"),
        "{}",
        ran.stderr
    );
    shows_no_key(&lorag, &ran);
    let server = llama();
    let lorag = world(&server.url, "");
    let ran = lorag.run(&["ask", "Why?", &page, "--model", "gpu/large"]);
    assert!(ran.stderr.contains("has no model \"large\"; it has small"), "{}", ran.stderr);
    let ran = lorag.run(&["ask", "Why?", &page, "--model", "gpu", "--adapter", "tax"]);
    assert!(ran.stderr.contains("it has law"), "{}", ran.stderr);
    let far = "[servers.far]\nurl = \"http://192.0.2.1:9\"";
    let lorag = world(&server.url, far);
    let ran = lorag.run(&["ask", "Why?", &page, "--model", "far/x", "--offline"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("offline is set"), "{}", ran.stderr);
}

#[test]
fn servers_are_listed_and_checked() {
    let (server, other) = (llama(), plain("Yes."));
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let more = format!(
        "[servers.other]\nurl = \"http://me:{KEY}@{}\"\n[servers.gone]\nurl = \"http://{gone}\"\n",
        other.url.strip_prefix("http://").unwrap()
    );
    let lorag = world(&server.url, &more);
    let list = lorag.json(&["models", "list", "--json"], 0);
    assert_eq!(list["servers"], json!(["gpu/small", "other/org/name"]));
    let ran = lorag.run(&["models", "list"]);
    assert!(ran.stdout.contains("gpu/small") && ran.stdout.contains("gone"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(KEY), "{}", ran.stdout);

    let ran = lorag.run(&["doctor"]);
    assert_eq!(ran.code, 1, "one server is gone: {}", ran.stdout);
    assert!(!ran.stdout.contains(KEY) && !ran.stderr.contains(KEY), "{}", ran.stdout);
    let line = |part: &str| {
        let lines = ran.stdout.lines().find(|line| line.contains(part));
        lines.unwrap_or_else(|| panic!("no {part:?} in {}", ran.stdout)).to_owned()
    };
    assert!(line("gpu at http").contains("llama.cpp, key accepted, 1 model, 1 adapter"));
    assert!(line("answers, held by a grammar").contains("window 4096, counts tokens"));
    assert!(line("other at http").contains("OpenAI-compatible"));
    assert!(line("takes no grammar").contains("other/org/name"));
    assert!(line("server gone").contains("can't be reached"));

    let ran = lorag.run(&["config", "show"]);
    assert!(ran.stdout.contains("servers.gpu.key_env = \"MY_KEY\""), "{}", ran.stdout);
    assert!(ran.stdout.contains("servers.other.url = \"http://…@127.0.0.1"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(KEY), "{}", ran.stdout);
}
