//! LoRA adapters in the form of PEFT: read, checked against a base model, and
//! combined into what is added to its weights.
//!
//! The inference engine reads three fields of an adapter's config and ignores
//! the others, so an adapter that needs them would be silently wrong there.
//! Here every field is either handled or refused: `config` decides, `weights`
//! reads the tensors, `check` holds them against the `base`, and `combine` makes
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
#[cfg(test)]
mod tests;
mod weights;

pub use base::Base;
pub use check::check;
pub use combine::Combined;
pub use config::adapters_inside;
pub use gguf::{MergeReport, merge_gguf};

use super::EngineError;
use candle_core::Tensor;
use config::Config;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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
    folder: PathBuf,
    config: Config,
    /// By module, such as `model.layers.0.self_attn.q_proj`.
    pairs: BTreeMap<String, Pair>,
    bytes: u64,
    hash: String,
}

impl Adapter {
    /// Reads a folder with `adapter_config.json` and
    /// `adapter_model.safetensors`.
    ///
    /// # Errors
    /// [`EngineError::Load`] where a file is missing or damaged, or where the
    /// adapter needs what lorag doesn't do, by name and with the reason.
    pub fn open(name: &str, folder: &Path) -> Result<Self, EngineError> {
        let (config, text) = config::read(folder)?;
        let (pairs, bytes, content) = weights::read(folder)?;
        for (module, pair) in &pairs {
            let rank = pair.a.dims()[0];
            let expected = config.rank(module);
            if rank != expected {
                return Err(refused(
                    folder,
                    format!(
                        "its file is damaged: the rank of {module} is {rank}, and adapter_config.json says {expected}"
                    ),
                ));
            }
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(text.as_bytes()).update(content.as_bytes());
        let hash = hasher.finalize().to_hex().to_string();
        let (name, folder) = (name.to_owned(), folder.to_owned());
        Ok(Self { name, folder, config, pairs, bytes, hash })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its largest rank.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.pairs.values().map(|pair| pair.a.dims()[0]).max().unwrap_or(0)
    }

    /// Size of its weights, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its trained numbers.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.pairs.values().map(|pair| pair.a.elem_count() + pair.b.elem_count()).sum()
    }

    /// The name of the model that it was trained on, as its config tells.
    #[must_use]
    pub fn base_model(&self) -> Option<&str> {
        self.config.base_model.as_deref().filter(|name| !name.trim().is_empty())
    }

    /// The kinds of modules that it changes, such as `q_proj`.
    #[must_use]
    pub fn module_kinds(&self) -> Vec<String> {
        let kinds: BTreeSet<&str> = self.pairs.keys().map(|module| kind(module)).collect();
        kinds.into_iter().map(str::to_owned).collect()
    }

    /// BLAKE3 of its config and its weights, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
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
