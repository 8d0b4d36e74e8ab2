//! `lorag models pull`, against a loopback server that speaks the hub's file
//! API, and the use of what it fetched.

use super::common::{Lorag, root, text};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Serves the folders of the built-in reader and of an adapter for it as
/// `tiny/reader` and `tiny/bullets`.
struct Hub {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Hub {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || serve(stream, &seen));
            }
        });
        Self { address, requests }
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut head = String::new();
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|n| n > 0) && line.trim() != "" {
            head.push_str(&line);
            line.clear();
        }
        if head.is_empty() {
            return;
        }
        let path = head.split(' ').nth(1).unwrap_or("").to_owned();
        seen.lock().unwrap().push(path.clone());
        let (status, body) = answer(&path);
        let is_head = head.starts_with("HEAD");
        let mut out =
            format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        if !is_head {
            out.extend(body);
        }
        if stream.write_all(&out).is_err() {
            return;
        }
    }
}

fn answer(path: &str) -> (&'static str, Vec<u8>) {
    let (id, folder) = if path.contains("tiny/bullets") {
        ("tiny/bullets", root().join("src/builtin/adapters/bullets"))
    } else {
        ("tiny/reader", root().join("src/builtin/reader"))
    };
    if path.starts_with(&format!("/api/models/{id}/revision/main")) {
        let mut siblings = Vec::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().path();
            let bytes = std::fs::read(&file).unwrap();
            let hash: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
            let size = bytes.len();
            siblings.push(serde_json::json!({
                "rfilename": file.file_name().unwrap().to_str().unwrap(),
                "size": size, "blobId": hash, "lfs": { "sha256": hash, "size": size },
            }));
        }
        let body = serde_json::json!({ "id": id, "sha": COMMIT, "siblings": siblings });
        return ("200 OK", body.to_string().into_bytes());
    }
    let prefix = format!("/{id}/resolve/{COMMIT}/");
    match path.strip_prefix(&prefix).map(|name| std::fs::read(folder.join(name))) {
        Some(Ok(bytes)) => ("200 OK", bytes),
        _ => ("404 Not Found", b"{\"error\":\"Repository not found\"}".to_vec()),
    }
}

#[test]
fn a_pulled_model_answers_without_the_network() {
    let hub = Hub::start();
    let lorag = Lorag::new().env("HF_ENDPOINT", &hub.address);
    let page = lorag.doc("a.md", "Apples are picked in September. They keep until March.\n");
    let ask = ["ask", "When are apples picked?", text(&page), "--model", "tiny/reader"];
    let ran = lorag.run(&ask);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("lorag models pull tiny/reader"), "{}", ran.stderr);
    assert!(hub.requests.lock().unwrap().is_empty(), "asking must not touch the network");

    let ran = lorag.run(&["models", "pull", "tiny/reader"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let snapshot = std::path::PathBuf::from(ran.stdout.trim());
    assert!(snapshot.ends_with(format!("models--tiny--reader/snapshots/{COMMIT}")), "{snapshot:?}");
    let pulled = std::fs::read(snapshot.join("model.safetensors")).unwrap();
    assert_eq!(pulled, std::fs::read(root().join("src/builtin/reader/model.safetensors")).unwrap());

    let before = hub.requests.lock().unwrap().len();
    let ran = lorag.run(&ask);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("Apples are picked in September."), "{}", ran.stdout);
    assert_eq!(hub.requests.lock().unwrap().len(), before, "the engine loads local files only");
    let list = lorag.json(&["models", "list", "--json"], 0);
    assert_eq!(list["cached"][0]["id"], "tiny/reader");
}

#[test]
fn a_pulled_adapter_answers_without_the_network() {
    let hub = Hub::start();
    let lorag = Lorag::new().env("HF_ENDPOINT", &hub.address);
    let page = lorag.doc("a.md", "Apples are picked in September. They keep until March.\n");
    let ran = lorag.run(&["adapters", "add", "tiny/bullets"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let before = hub.requests.lock().unwrap().len();
    assert!(before > 0);
    let ask =
        ["ask", "When are apples picked?", text(&page), "--adapter", "tiny/bullets", "--json"];
    let answer = lorag.json(&ask, 0);
    assert_eq!((&answer["mode"], &answer["adapter"]), (&"hybrid".into(), &"tiny/bullets".into()));
    assert!(answer["answer"].as_str().unwrap().starts_with("- Apples"), "{answer}");
    assert_eq!(hub.requests.lock().unwrap().len(), before, "it is used from the disk alone");
}

#[test]
fn an_unknown_model_and_offline_are_said() {
    let hub = Hub::start();
    let lorag = Lorag::new().env("HF_ENDPOINT", &hub.address);
    let ran = lorag.run(&["models", "pull", "tiny/absent"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("tiny/absent"), "{}", ran.stderr);
    let count = hub.requests.lock().unwrap().len();
    let ran = lorag.run(&["models", "pull", "tiny/reader", "--offline"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("offline"), "{}", ran.stderr);
    assert_eq!(hub.requests.lock().unwrap().len(), count);
}
