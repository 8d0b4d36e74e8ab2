//! LoRA adapters in the form of PEFT: read, checked against a base model, and
//! combined into what is added to its weights.
//!
//! The inference engine reads three fields of an adapter's config and ignores
//! the others, so an adapter that needs them would be silently wrong there.
//! Here every field is either handled or refused: `config` decides, `weights`
//! reads the tensors, `outline` only their headers, which `check` holds against
//! the `base`, and `combine` makes
//! one low-rank pair for each module of all that was asked for, scales included.
//! That pair is what safetensors models are given; `gguf` adds it to the weights
//! of a GGUF file.
//!
//! The method: Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models"
//! (2021); rsLoRA: Kalajdzievski, "A Rank Stabilization Scaling Factor for
//! Fine-Tuning with LoRA" (2023).

mod base;
mod check;
mod combine;
mod config;
mod fault;
mod gguf;
mod names;
mod open;
mod outline;
mod pair;
#[cfg(test)]
mod tests;
mod weights;

pub use base::Base;
pub use check::check;
pub use combine::Combined;
pub use config::adapters_inside;
pub use gguf::{MergeReport, merge_gguf, write_gguf};
pub use open::Adapter;
pub use outline::Outline;
