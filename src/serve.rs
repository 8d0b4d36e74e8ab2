//! One loaded model and knowledge base for several clients, by OpenAI's
//! interface over HTTP: on a Unix socket or a port of this machine.
//!
//! `http` speaks HTTP/1.1, `listen` accepts connections, `connection` takes
//! requests from one, `desk` lets in who may ask, `routes` leads them, `chat`
//! reads what is asked, `answering` answers, and `turns` decides whose turn it
//! is.

mod address;
mod answering;
mod chat;
mod connection;
mod desk;
mod embeddings;
mod http;
mod listen;
mod models;
mod routes;
mod turns;

pub use address::Address;
pub use listen::{Options, ServeError, run};
