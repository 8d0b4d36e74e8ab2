//! Models that other programs keep on this machine: llama.cpp, Ollama and LM
//! Studio.
//!
//! Their folders belong to others, so they are read with care: to a depth and
//! a number of entries that no such folder needs, never along links to folders,
//! and regular files only. Nothing is written to them.

mod find;
mod folders;
mod keeper;
mod llama_cpp;
mod lm_studio;
mod ollama;
mod walk;

pub use find::{find_kept, list_kept};
pub use folders::Folders;
pub use keeper::{Keeper, Kept};
