//! lorag answers questions from a folder of documents with a local model, and
//! leads every claim to the exact passage it came from.
//!
//! Data flows one way: a file becomes a document (`knowledge::parse`), chunks
//! (`knowledge::chunk`) and rows (`knowledge::store`); a question becomes hits
//! (`knowledge::search`), sources (`knowledge::evidence`), a prompt with its
//! token ledger (`engine::prompt`), a token stream (`engine::mistral`) and an
//! answer whose citations are spans of files (`answer`).
//!
//! **Architecture invariants** (kept by `tests/it/architecture.rs`):
//! - `domain` imports nothing of this crate; everything may import `domain`
//!   and `config`.
//! - `engine` and `knowledge` don't know each other; `hub` and `builtin` know
//!   neither.
//! - mistral.rs types stay in `engine::mistral` and `knowledge::embed`,
//!   LanceDB and Arrow types in `knowledge::store`.
//! - `answer` joins knowledge and engine; only `cli` prints.

pub mod answer;
pub mod builtin;
pub mod cli;
pub mod config;
pub mod domain;
pub mod engine;
pub mod hub;
pub mod knowledge;

/// For the program, its tests and its measurements alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
