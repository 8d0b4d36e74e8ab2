//! The errors of adapters.

use super::super::EngineError;
use std::path::Path;

/// The error of an adapter that can't be used.
pub(super) fn refused(path: &Path, reason: impl Into<String>) -> EngineError {
    EngineError::Load { path: path.to_owned(), reason: reason.into() }
}

/// The error of a file that can't be read.
pub(super) fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> EngineError {
    refused(path, format!("it cannot be read: {error}"))
}
