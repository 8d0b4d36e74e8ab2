//! Models that a server runs: anything with OpenAI's chat interface, over HTTP.
//!
//! [`Access`] is a server as it is configured, with its key and its time limits;
//! [`probe`] asks what it is and which models and adapters it has; a
//! [`RemoteEngine`] answers with one of them. `reqwest` stays in here.
//!
//! A key goes to the host that is configured and nowhere else: redirects are
//! not followed, and whatever is shown or logged is cleaned of it.

mod access;
mod body;
mod cause;
mod chunk;
mod client;
mod count;
mod dialect;
mod engine;
mod estimate;
mod failure;
mod gbnf;
mod key;
#[cfg(test)]
mod loopback;
mod models;
mod probe;
mod select;
mod sse;
mod stream;
#[cfg(test)]
mod tests;

pub use access::Access;
pub use engine::RemoteEngine;
pub use models::{Found, ServerAdapter, ServerModel};
pub use probe::probe;
