//! A server of the program, and a client that knows little of HTTP.

use crate::common::Lorag;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running `lorag serve`.
pub struct Server {
    child: Child,
    /// Host and port; empty for a socket.
    pub address: String,
}

impl Server {
    pub fn start(lorag: &Lorag, arguments: &[&str]) -> Self {
        let mut command = lorag.command();
        command.arg("serve");
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let rest = line.trim().strip_prefix("http://").unwrap_or_default();
        let address = rest.trim_end_matches("/v1").to_owned();
        assert!(!line.is_empty(), "it ended: {:?}", child.wait());
        Self { child, address }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request; headers that are given stand in place of the usual.
    fn ask(&self, method: &str, path: &str, headers: &[&str], body: &str) -> TcpStream {
        let given = |name: &str| headers.iter().any(|header| header.starts_with(name));
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if !given("Host") {
            head.push_str(&format!("Host: {}\r\n", self.address));
        }
        if !given("Content-Type") {
            head.push_str("Content-Type: application/json\r\n");
        }
        for header in headers {
            head.push_str(&format!("{header}\r\n"));
        }
        let mut stream = self.connect();
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// A request, and the status and body of its answer.
    pub fn send(&self, method: &str, path: &str, headers: &[&str], body: &str) -> (u16, String) {
        let mut answer = String::new();
        self.ask(method, path, headers, body).read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.send("GET", path, &[], "");
        (status, serde_json::from_str(&body).unwrap())
    }

    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, body) = self.send("POST", path, &[], &body.to_string());
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Begins to read an answer piece by piece.
    pub fn begin(&self, path: &str, body: &Value) -> Pieces {
        let stream = self.ask("POST", path, &[], &body.to_string());
        let lines = BufReader::new(stream.try_clone().unwrap());
        let (told, pieces) = channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                if let Some(data) = line.strip_prefix("data: ") {
                    drop(told.send(data.to_owned()));
                }
            }
        });
        Pieces { stream, pieces }
    }

    /// Asks it to end, and gives its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(&id).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer that is read piece by piece. Dropping it leaves.
pub struct Pieces {
    stream: TcpStream,
    pieces: Receiver<String>,
}

impl Pieces {
    pub fn next_piece(&self) -> Option<String> {
        self.pieces.recv_timeout(PATIENCE).ok()
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

/// A question.
pub fn user(text: &str) -> Value {
    json!({ "messages": [{ "role": "user", "content": text }] })
}

/// The text of an answer in pieces, and its pieces.
pub fn events(body: &str) -> (String, Vec<Value>) {
    let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
    let pieces: Vec<Value> = data.filter_map(|data| serde_json::from_str(data).ok()).collect();
    let text = pieces.iter().filter_map(|piece| piece["choices"][0]["delta"]["content"].as_str());
    (text.collect(), pieces)
}
