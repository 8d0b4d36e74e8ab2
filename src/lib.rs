//! lorag answers questions from a folder of documents with a local model, and
//! leads every claim to the exact passage it came from.
//!
//! Data flows one way: a file becomes a document (`knowledge::parse`), chunks
//! (`knowledge::chunk`) and rows (`knowledge::store`); a question becomes hits
//! (`knowledge::search`), sources (`knowledge::evidence`), a prompt with its
//! token ledger (`engine::prompt`), a token stream (`engine::mistral`) and an
//! answer whose citations are spans of files (`answer`).
//!
//! On the screen data goes in a circle: `ui` draws `app::State`;
//! `app::update(State, Event) -> Vec<Effect>` is pure; `runtime` carries the
//! effects out and feeds events back.
//!
//! **Architecture invariants** (kept by `tests/it/architecture.rs`):
//! - `domain` imports nothing of this crate; everything may import `domain`
//!   and `config`.
//! - `engine` and `knowledge` don't know each other; `hub` and `builtin` know
//!   neither.
//! - llama.cpp types stay in `engine::llama`,
//! - mistral.rs types stay in `engine::mistral` and `knowledge::embed`,
//!   LanceDB and Arrow types in `knowledge::store`.
//! - `tune` trains adapters and knows nothing of this crate,
//! - `session` knows neither of them nor the terminal; `eval` measures answers
//!   and knows only `domain` and `config`; `data` makes training rows by the
//!   steps of an answer.
//! - `answer` joins knowledge and engine; `setup` makes the parts that the
//!   settings name.
//! - `tune` computes the steps of training and knows nothing of this crate;
//!   `data` makes and reads rows; `training` joins both with `setup`.
//! - `host` keeps the parts loaded for programs that ask again and again, and
//!   `json` writes what they are told; `mcp` offers both as tools, `serve` over
//!   HTTP.
//! - `app` does no IO and knows no terminal library; `ui` reads `app` and never
//!   changes it; only `runtime` touches the terminal while the screen is up,
//!   and only `cli` prints while it isn't.

pub mod answer;
pub mod app;
pub mod builtin;
pub mod cli;
pub mod config;
pub mod data;
pub mod domain;
pub mod editor;
pub mod engine;
pub mod eval;
pub mod host;
pub mod hub;
pub mod json;
pub mod knowledge;
pub mod mcp;
pub mod runtime;
pub mod serve;
pub mod session;
pub mod setup;
pub mod training;
pub mod tune;
pub mod ui;

/// For the program, its tests and its measurements alike.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
