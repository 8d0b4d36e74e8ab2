//! What a model's files are, whoever runs it: which belong together, and what
//! the headers of safetensors files say.

pub mod safetensors;
pub mod weights;

use super::EngineError;
use std::path::Path;

/// The error of a model that can't be loaded because of `path`.
pub(super) fn load_error(path: &Path, reason: impl Into<String>) -> EngineError {
    EngineError::Load { path: path.to_owned(), reason: reason.into() }
}

/// The error of a file or folder that can't be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> EngineError {
    load_error(path, format!("it cannot be read: {error}"))
}
