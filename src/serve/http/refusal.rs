//! Why a request is refused, as OpenAI's clients read it.

use serde_json::{Value, json};

/// A request that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::serve) struct Refusal {
    /// The status.
    pub status: u16,
    /// Why, and what to do.
    pub message: String,
}

impl Refusal {
    /// With this status.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// The body that says so.
    pub fn body(&self) -> Value {
        let kind = match self.status {
            401 | 403 => "authentication_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        json!({ "error": { "message": self.message, "type": kind, "code": self.status } })
    }
}
