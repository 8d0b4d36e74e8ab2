//! The Model Context Protocol over standard input and output: editors and
//! agents search, read and ask as tools, and read passages as resources.
//!
//! `frame` reads lines, `rpc` reads JSON-RPC 2.0, `session` keeps the
//! conversation (handshake, cancelling, progress), `arguments` checks what
//! callers give, `tools` and `resources` do the work, `uri` names passages.
//!
//! The protocol is spoken by hand: the official SDK would switch on a feature
//! of serde, and with that build everything that depends on it anew.

mod arguments;
mod cursor;
mod frame;
mod progress;
mod resources;
mod rpc;
mod session;
mod sources;
mod tools;
mod uri;

pub use session::run;
