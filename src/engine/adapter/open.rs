//! An adapter that was read as a whole.

use super::super::EngineError;
use super::outline::Outline;
use super::pair::Pair;
use super::weights;
use std::collections::BTreeMap;
use std::path::Path;

/// An adapter that was read, and that holds nothing lorag can't apply.
#[derive(Clone, Debug)]
pub struct Adapter {
    pub(super) name: String,
    pub(super) outline: Outline,
    /// By module, such as `model.layers.0.self_attn.q_proj`.
    pub(super) pairs: BTreeMap<String, Pair>,
    pub(super) hash: String,
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
