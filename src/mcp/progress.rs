//! Progress, to clients that asked for it.

use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;

/// Least time between two reports of the same kind.
const EVERY: Duration = Duration::from_millis(250);

/// Tells a client how far its request is. A client that reads too slowly misses
/// some of it.
pub(super) struct Progress {
    token: Option<Value>,
    out: Sender<Value>,
    told: u64,
    last: Option<Instant>,
}

impl Progress {
    /// Of a request with these parameters.
    pub(super) fn of(params: &Map<String, Value>, out: Sender<Value>) -> Self {
        let token = params.get("_meta").and_then(|meta| meta.get("progressToken"));
        let token = token.filter(|token| token.is_string() || token.is_i64() || token.is_u64());
        Self { token: token.cloned(), out, told: 0, last: None }
    }

    /// A new stage has begun.
    pub(super) fn stage(&mut self, message: &str) {
        self.last = None;
        self.tell(message);
    }

    /// The stage goes on.
    pub(super) fn goes_on(&mut self, message: impl FnOnce() -> String) {
        if self.token.is_some() && self.last.is_none_or(|last| last.elapsed() >= EVERY) {
            self.last = Some(Instant::now());
            self.tell(&message());
        }
    }

    fn tell(&mut self, message: &str) {
        let Some(token) = &self.token else { return };
        self.told += 1;
        let params = json!({ "progressToken": token, "progress": self.told, "message": message });
        let method = "notifications/progress";
        let _ = self.out.try_send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_only_where_it_is_wanted() {
        let (out, mut told) = tokio::sync::mpsc::channel(8);
        let params = json!({ "_meta": { "progressToken": "p" } });
        let mut progress = Progress::of(params.as_object().unwrap(), out.clone());
        progress.stage("searching");
        progress.goes_on(|| "1 token".to_owned());
        progress.goes_on(|| "2 tokens".to_owned());
        let first = told.try_recv().unwrap();
        assert_eq!(first["params"]["message"], "searching");
        assert_eq!(told.try_recv().unwrap()["params"]["progress"], 2);
        assert!(told.try_recv().is_err(), "the second report of a stage came too early");
        for params in [json!({}), json!({ "_meta": { "progressToken": [1] } })] {
            Progress::of(params.as_object().unwrap(), out.clone()).stage("searching");
            assert!(told.try_recv().is_err());
        }
    }
}
