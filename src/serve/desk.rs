//! What all connections share, and who is let in.

use super::http::{Head, Refusal};
use super::turns::Turns;
use crate::engine::ModelInfo;
use crate::host::Host;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What all connections share.
pub(super) struct Desk {
    /// The parts that answer.
    pub host: Arc<Host>,
    /// The name of the model that clients ask for.
    pub model: String,
    /// The model as it was loaded.
    pub info: ModelInfo,
    /// Whose question is next.
    pub turns: Arc<Turns>,
    /// When it began, in seconds since 1970.
    pub since: u64,
    /// The hash of the key that clients must have.
    key: Option<blake3::Hash>,
    /// Whether requests must name this machine as their host.
    strict: bool,
    answered: AtomicU64,
}

impl Desk {
    /// For this model. `strict` where only programs of this machine may ask.
    pub(super) fn new(host: Arc<Host>, info: ModelInfo, key: Option<&str>, strict: bool) -> Self {
        Self {
            model: host.setup().loaded.settings.model.0.clone(),
            host,
            info,
            turns: Turns::new(),
            since: now(),
            key: key.map(|key| blake3::hash(key.as_bytes())),
            strict,
            answered: AtomicU64::new(0),
        }
    }

    /// Lets a request in.
    ///
    /// # Errors
    /// It has the wrong key, or a page of the web made it.
    pub(super) fn admit(&self, head: &Head) -> Result<(), Refusal> {
        // A page can have its own name lead here, but not give it another.
        let local = |host: &str| matches!(host, "localhost" | "::1") || host.starts_with("127.");
        if self.strict && head.host.as_deref().is_some_and(|host| !local(host)) {
            return Err(Refusal::new(403, "ask for 127.0.0.1 or localhost, not by another name"));
        }
        if head.path == "/health" {
            return Ok(());
        }
        let given = || head.key.as_ref().map(|key| blake3::hash(key.as_bytes()));
        // Hashes compare in constant time.
        if self.key.is_some() && self.key != given() {
            return Err(Refusal::new(
                401,
                "the key is missing or wrong: Authorization: Bearer KEY",
            ));
        }
        // Other kinds could be sent by any page without being asked.
        if head.method == "POST" && !head.json {
            return Err(Refusal::new(415, "send JSON, with Content-Type: application/json"));
        }
        Ok(())
    }

    /// A name for the next answer.
    pub(super) fn name(&self) -> String {
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        format!("chatcmpl-{:x}-{number:x}", self.since)
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
