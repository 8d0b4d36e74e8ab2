//! Why a model doesn't load.

use super::super::EngineError;
use std::path::Path;

/// The error of a model that can't be loaded because of `path`.
pub(super) fn load_error(path: &Path, reason: impl Into<String>) -> EngineError {
    EngineError::Load { path: path.to_owned(), reason: reason.into() }
}
