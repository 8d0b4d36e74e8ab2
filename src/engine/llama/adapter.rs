//! Adapters in llama.cpp's form: a GGUF file of low-rank pairs, made once and
//! kept in the cache of merged weights.

use super::super::EngineError;
use super::super::adapter::{Combined, write_gguf};
use super::super::merged::{Cache, Label, MergedError};
use super::error::load_error;
use std::path::{Path, PathBuf};

/// The file of an entry.
const FILE: &str = "adapter.gguf";

/// The file of an adapter; a temporary one is gone when this is dropped.
pub(super) enum AdapterFile {
    Kept(PathBuf),
    Temporary(PathBuf, #[expect(dead_code, reason = "held for its drop")] tempfile::TempDir),
}

impl AdapterFile {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        match self {
            Self::Kept(path) | Self::Temporary(path, _) => path,
        }
    }
}

/// Finds or writes the file of an adapter for the model at `model`.
///
/// # Errors
/// Where it can't be written, or names modules that the model doesn't have.
pub(super) fn file(
    combined: &Combined,
    model: &Path,
    cache: Option<&Cache>,
) -> Result<AdapterFile, EngineError> {
    let failed = |error: MergedError| load_error(model, error.to_string());
    if let Some(cache) = cache {
        // How rows lie depends on the base, which its layout tells.
        let layout = combined.base().layout();
        let key = cache.key(&[], &combined.hash, &layout, "gguf-lora").map_err(failed)?;
        if let Some(entry) = cache.find(&key) {
            return Ok(AdapterFile::Kept(entry.folder.join(FILE)));
        }
        match cache.begin(&key, combined.bytes()) {
            Ok(draft) => {
                write_gguf(combined, &draft.folder().join(FILE))?;
                let label = Label {
                    base: combined.base().name(),
                    adapter: combined.name.clone(),
                    quantization: "as an adapter".to_owned(),
                    note: None,
                };
                let folder = draft.commit(label).map_err(failed)?;
                return Ok(AdapterFile::Kept(folder.join(FILE)));
            }
            // A cache that can't be written to is no reason not to answer.
            Err(error) => tracing::warn!(%error, "the adapter's file is not kept"),
        }
    }
    let folder = tempfile::Builder::new().prefix("lorag-adapter-").tempdir().map_err(|error| {
        load_error(model, format!("no temporary folder for its adapter can be made: {error}"))
    })?;
    let path = folder.path().join(FILE);
    write_gguf(combined, &path)?;
    Ok(AdapterFile::Temporary(path, folder))
}
