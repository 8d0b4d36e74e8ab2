//! A client of the protocol: one message a line.

use crate::common::Lorag;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running `lorag mcp`. Whatever it prints that is no message fails a test.
pub struct Client {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    last: u64,
    progress: Vec<String>,
    unasked: Vec<Value>,
}

impl Client {
    pub fn start(lorag: &Lorag, arguments: &[&str]) -> Self {
        let mut command = lorag.command();
        command.arg("mcp").args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (told, lines) = channel();
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).for_each(|line| drop(told.send(line)));
        });
        let input = child.stdin.take();
        Self { child, input, lines, last: 0, progress: Vec::new(), unasked: Vec::new() }
    }

    pub fn send_line(&mut self, line: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(line).unwrap();
        input.write_all(b"\n").unwrap();
        input.flush().unwrap();
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        self.send_line(message.to_string().as_bytes());
    }

    /// Sends a request that wants progress; gives its id.
    pub fn send(&mut self, method: &str, mut params: Value) -> u64 {
        self.last += 1;
        params["_meta"] = json!({ "progressToken": self.last });
        let message =
            json!({ "jsonrpc": "2.0", "id": self.last, "method": method, "params": params });
        self.send_line(message.to_string().as_bytes());
        self.last
    }

    pub fn next_message(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).unwrap();
        let message: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        message
    }

    fn take(&mut self, message: Value) {
        match message["method"].as_str() {
            Some("notifications/progress") => {
                let told = message["params"]["message"].as_str().unwrap();
                self.progress.push(told.to_owned());
            }
            _ => self.unasked.push(message),
        }
    }

    /// A request and its whole answer.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        loop {
            let message = self.next_message();
            if message["id"] == id {
                return message;
            }
            self.take(message);
        }
    }

    pub fn result(&mut self, method: &str, params: Value) -> Value {
        let answer = self.request(method, params);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    pub fn initialize(&mut self, version: &str) -> Value {
        let about = json!({ "name": "test", "version": "1" });
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": about });
        let hello = self.result("initialize", params);
        self.notify("notifications/initialized", json!({}));
        hello
    }

    /// What a tool gives, as a value; it stands in the text, too.
    pub fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        let result = self.result("tools/call", params);
        assert_eq!(result["isError"], false, "{tool}: {result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), result["structuredContent"]);
        result["structuredContent"].clone()
    }

    /// The text that a tool gives, whether it failed or not.
    pub fn call_text(&mut self, tool: &str, arguments: Value) -> String {
        let params = json!({ "name": tool, "arguments": arguments });
        let result = self.result("tools/call", params);
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// What was told of progress since it was asked for last.
    pub fn progress(&mut self) -> Vec<String> {
        std::mem::take(&mut self.progress)
    }

    pub fn wait_for_progress(&mut self, part: &str) {
        let until = Instant::now() + PATIENCE;
        while !self.progress.iter().any(|told| told.contains(part)) {
            assert!(Instant::now() < until, "no progress: {:?}", self.unasked);
            let message = self.next_message();
            self.take(message);
        }
    }

    /// Messages that nobody asked for.
    pub fn unasked(&self) -> &[Value] {
        &self.unasked
    }

    /// Closes its input and gives its exit code.
    pub fn end(&mut self) -> Option<i32> {
        drop(self.input.take());
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            let message = serde_json::from_str(&line).unwrap();
            self.take(message);
        }
        self.child.wait().unwrap().code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
