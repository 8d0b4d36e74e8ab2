//! One conversation with a client: handshake, requests side by side,
//! cancelling, the end.

use super::frame::{self, Frame, MOST_BYTES};
use super::progress::Progress;
use super::rpc::{self, INTERNAL, INVALID, Incoming, NO_METHOD, PARAMETERS, PARSE, RpcError};
use super::{resources, tools};
use crate::host::Host;
use futures::FutureExt;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Versions of the protocol that are spoken, newest first.
const VERSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// The first version whose results hold values beside text.
const STRUCTURED: &str = "2025-06-18";

/// Most requests that are worked on at once.
const MOST_RUNNING: usize = 32;

/// More requests than that.
const BUSY: i64 = -32000;

/// Messages that wait to be written; who reads too slowly makes lorag wait.
const WAITING: usize = 64;

/// How long requests may take that are under way when the input ends.
const LAST: Duration = Duration::from_secs(60);

/// What a model should know before it uses the tools.
const INSTRUCTIONS: &str = "lorag searches documents that its user has indexed on this machine. \
    Use `search` to find passages, `read_passage` to read around them, `list_sources` to see what \
    is indexed, and `ask` for an answer with citations. Cite path and lines. A passage that is \
    `stale` stands in a file that has changed since it was indexed.";

/// Requests that are worked on, by id.
type Running = Arc<Mutex<HashMap<String, CancellationToken>>>;

/// Speaks with a client until it closes its side, or no longer reads.
///
/// # Errors
/// Where the input can't be read.
pub async fn run(
    mut input: impl AsyncBufRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
    host: Arc<Host>,
) -> io::Result<()> {
    let (out, messages) = channel(WAITING);
    let writer = tokio::spawn(write(messages, output));
    let mut session =
        Session { host, out, version: None, running: Running::default(), tasks: JoinSet::new() };
    loop {
        let frame = tokio::select! {
            frame = frame::next(&mut input) => frame?,
            () = session.out.closed() => return Ok(()),
        };
        let told = match frame {
            Frame::Line(line) if line.iter().all(u8::is_ascii_whitespace) => true,
            Frame::Line(line) => session.take(rpc::read(&line)).await,
            Frame::TooLong => {
                let message = format!("a message may have {MOST_BYTES} bytes");
                session.answer(&Value::Null, Err(RpcError::new(PARSE, message))).await
            }
            Frame::End => break,
        };
        if !told {
            return Ok(());
        }
        while session.tasks.try_join_next().is_some() {}
    }
    let Session { out, mut tasks, .. } = session;
    drop(out);
    let last = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(LAST, last).await.is_err() {
        tracing::warn!("requests were under way when the client left; they are given up");
    }
    drop(tasks);
    let _ = writer.await;
    Ok(())
}

/// Writes messages, one a line, until there are no more or nobody reads.
async fn write(mut messages: Receiver<Value>, mut output: impl AsyncWrite + Unpin) {
    while let Some(message) = messages.recv().await {
        let line = format!("{message}\n");
        let written = async {
            output.write_all(line.as_bytes()).await?;
            output.flush().await
        };
        if let Err(error) = written.await {
            tracing::info!(%error, "the client reads no more");
            return;
        }
    }
}

struct Session {
    host: Arc<Host>,
    out: Sender<Value>,
    version: Option<&'static str>,
    running: Running,
    tasks: JoinSet<()>,
}

fn held(running: &Running) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Answers at once. Tells whether somebody still reads.
    async fn answer(&self, id: &Value, result: Result<Value, RpcError>) -> bool {
        self.out.send(rpc::response(id, result)).await.is_ok()
    }

    /// Does what a message says. Tells whether somebody still reads.
    async fn take(&mut self, message: Incoming) -> bool {
        match message {
            Incoming::Wrong { id, error } => self.answer(&id, Err(error)).await,
            Incoming::Response => true,
            Incoming::Notification { method, params } => {
                if method == "notifications/cancelled"
                    && let Some(id) = params.get("requestId")
                    && let Some(request) = held(&self.running).get(&id.to_string())
                {
                    request.cancel();
                }
                true
            }
            Incoming::Request { id, method, params } => match self.at_once(&method, &params) {
                Some(result) => self.answer(&id, result).await,
                None => match self.start(&id, method, params) {
                    Ok(()) => true,
                    Err(error) => self.answer(&id, Err(error)).await,
                },
            },
        }
    }

    /// The answer to what needs no work; `None` for the rest.
    fn at_once(
        &mut self,
        method: &str,
        params: &Map<String, Value>,
    ) -> Option<Result<Value, RpcError>> {
        let early = || Err(RpcError::new(INVALID, "send \"initialize\" first"));
        match method {
            "ping" => Some(Ok(json!({}))),
            "initialize" => Some(self.initialize(params)),
            "tools/list"
            | "resources/list"
            | "resources/templates/list"
            | "resources/read"
            | "tools/call"
                if self.version.is_none() =>
            {
                Some(early())
            }
            "tools/list" => Some(whole(params).map(|()| tools::list())),
            "resources/templates/list" => Some(whole(params).map(|()| resources::templates())),
            "tools/call" | "resources/list" | "resources/read" => None,
            _ => Some(Err(RpcError::new(NO_METHOD, "there is no such method"))),
        }
    }

    fn initialize(&mut self, params: &Map<String, Value>) -> Result<Value, RpcError> {
        if self.version.is_some() {
            return Err(RpcError::new(INVALID, "this session is initialized already"));
        }
        let Some(wanted) = params.get("protocolVersion").and_then(Value::as_str) else {
            return Err(RpcError::new(PARAMETERS, "\"protocolVersion\" must be text"));
        };
        let version = agreed(wanted);
        self.version = Some(version);
        Ok(json!({
            "protocolVersion": version,
            "capabilities": { "tools": {}, "resources": {} },
            "serverInfo": {
                "name": "lorag",
                "title": "lorag",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "instructions": INSTRUCTIONS,
        }))
    }

    /// Starts work on a request.
    fn start(
        &mut self,
        id: &Value,
        method: String,
        params: Map<String, Value>,
    ) -> Result<(), RpcError> {
        let (id, key) = (id.clone(), id.to_string());
        let stop = CancellationToken::new();
        let mut running = held(&self.running);
        if running.contains_key(&key) {
            return Err(RpcError::new(INVALID, "a request with this id is under way"));
        }
        if running.len() >= MOST_RUNNING {
            let message = format!("{MOST_RUNNING} requests are under way; wait for one of them");
            return Err(RpcError::new(BUSY, message));
        }
        running.insert(key.clone(), stop.clone());
        drop(running);
        let (host, out, running) =
            (Arc::clone(&self.host), self.out.clone(), Arc::clone(&self.running));
        let structured = self.version.is_some_and(|version| version >= STRUCTURED);
        self.tasks.spawn(async move {
            let work = work(&host, &method, &params, &out, structured);
            let work = AssertUnwindSafe(work).catch_unwind();
            let done = tokio::select! {
                biased;
                // Nobody waits for an answer that was cancelled.
                () = stop.cancelled() => None,
                done = work => Some(done),
            };
            held(&running).remove(&key);
            let Some(done) = done else { return };
            let crashed = || RpcError::new(INTERNAL, "this failed inside lorag; its log says more");
            let result = done.unwrap_or_else(|_| Err(crashed()));
            let _ = out.send(rpc::response(&id, result)).await;
        });
        Ok(())
    }
}

async fn work(
    host: &Host,
    method: &str,
    params: &Map<String, Value>,
    out: &Sender<Value>,
    structured: bool,
) -> Result<Value, RpcError> {
    match method {
        "resources/list" => resources::list(host, params).await,
        "resources/read" => resources::read(host, params).await,
        _ => {
            let mut progress = Progress::of(params, out.clone());
            tools::call(host, params, &mut progress, structured).await
        }
    }
}

/// The version that is spoken with a client that wants this one.
fn agreed(wanted: &str) -> &'static str {
    VERSIONS.into_iter().find(|version| *version == wanted).unwrap_or(VERSIONS[0])
}

/// Lists that come whole have no second page.
fn whole(params: &Map<String, Value>) -> Result<(), RpcError> {
    match params.get("cursor") {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(RpcError::new(PARAMETERS, "\"cursor\" is none that was given")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_client_where_it_is_spoken() {
        assert_eq!(agreed("2024-11-05"), "2024-11-05");
        assert_eq!(agreed("2025-06-18"), "2025-06-18");
        assert_eq!(agreed("2099-01-01"), "2025-11-25");
        assert!(VERSIONS.is_sorted_by(|a, b| a > b) && VERSIONS.contains(&STRUCTURED));
    }
}
