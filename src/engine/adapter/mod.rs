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
mod gguf;
mod outline;
#[cfg(test)]
mod tests;
mod weights;

pub use base::Base;
pub use check::check;
pub use combine::Combined;
pub use config::adapters_inside;
pub use gguf::{MergeReport, merge_gguf, write_gguf};
pub use outline::Outline;

use super::EngineError;
use candle_core::Tensor;
use std::collections::BTreeMap;
use std::path::Path;

/// The low-rank pair of one module.
#[derive(Clone, Debug)]
struct Pair {
    /// `[rank, in]`.
    a: Tensor,
    /// `[out, rank]`.
    b: Tensor,
}

/// An adapter that was read, and that holds nothing lorag can't apply.
#[derive(Clone, Debug)]
pub struct Adapter {
    name: String,
    outline: Outline,
    /// By module, such as `model.layers.0.self_attn.q_proj`.
    pairs: BTreeMap<String, Pair>,
    hash: String,
}

impl Adapter {
    /// Reads a folder with `adapter_config.json` and
    /// `adapter_model.safetensors`.
    ///
    /// # Errors
    /// As [`Outline::of`], and where its weights are no numbers.
    pub fn open(name: &str, folder: &Path) -> Result<Self, EngineError> {
        let outline = Outline::of(folder)?;
        let (pairs, content) = weights::read(folder)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(outline.text.as_bytes()).update(content.as_bytes());
        let hash = hasher.finalize().to_hex().to_string();
        Ok(Self { name: name.to_owned(), outline, pairs, hash })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// BLAKE3 of its config and its weights, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

impl std::ops::Deref for Adapter {
    type Target = Outline;

    fn deref(&self) -> &Outline {
        &self.outline
    }
}

/// The last part of a module's name.
fn kind(module: &str) -> &str {
    module.rsplit('.').next().unwrap_or(module)
}

/// The layer that a module belongs to.
fn layer(module: &str) -> Option<usize> {
    let (_, rest) = module.split_once(".layers.")?;
    rest.split('.').next()?.parse().ok()
}

/// The error of an adapter that can't be used.
fn refused(path: &Path, reason: impl Into<String>) -> EngineError {
    EngineError::Load { path: path.to_owned(), reason: reason.into() }
}

/// The error of a file that can't be read.
fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> EngineError {
    refused(path, format!("it cannot be read: {error}"))
}
