//! llama.cpp behind [`Engine`](super::Engine): GGUF files on a CPU, several times faster than
//! mistral.rs reads and writes there. The only place of the crate that knows
//! llama.cpp's types.
//!
//! `engine` is the loaded model; `files` looks at a model before llama.cpp gets it, `load` loads it on a
//! thread of its own, `worker` is the thread that answers, `decode` one answer,
//! `slots` what the key-value cache holds, `grammar` and `text` what comes
//! between tokens and events, `adapter` turns adapters into llama.cpp's form,
//! `template` spells conversations, and `ffi` calls the library.
//!
//! A file is loaded once, whoever asks for it: a variant with adapters shares
//! the weights, the cache and the thread with the one without.

mod adapter;
mod decode;
mod engine;
mod error;
mod ffi;
mod files;
mod grammar;
mod load;
pub mod probe;
mod slots;
mod template;
#[cfg(test)]
mod tests;
mod worker;

pub use engine::LlamaEngine;
pub use files::runs;
pub use load::{footprint, load_unless};
