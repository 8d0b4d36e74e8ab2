//! What is made: the setup itself, a model, and what can go wrong.

use crate::builtin;
use crate::config::{self, Loaded, Manifest, Manner, Paths};
use crate::engine::Engine;
use crate::engine::mistral::Tuning;
use crate::engine::residents::{Alive, Footprint, Weighs};
use crate::knowledge::embed;
use std::path::Path;

/// Settings and folders of this run.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Settings with their origins.
    pub loaded: Loaded,
    /// Folders.
    pub paths: Paths,
}

/// A model that is ready, with its manner.
pub struct Model {
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// How to talk to it.
    pub manner: Manner,
    /// What is to be said of how it was made, if anything.
    pub note: Option<String>,
}

impl Weighs for Model {
    fn footprint(&self) -> Footprint {
        self.engine.footprint()
    }

    fn alive(&self) -> Alive {
        self.engine.alive()
    }
}

/// What can go wrong while the parts are made.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SetupError {
    /// Whether the user asked for something that can't be, so that the exit
    /// code is that of wrong usage.
    pub usage: bool,
    /// What, and what to do.
    pub message: String,
}

impl SetupError {
    pub(super) fn usage(message: impl std::fmt::Display) -> Self {
        Self { usage: true, message: message.to_string() }
    }
}

/// Errors that say enough by themselves.
macro_rules! failures {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for SetupError {
            fn from(error: $error) -> Self {
                Self { usage: false, message: error.to_string() }
            }
        }
    )*};
}

failures!(
    std::io::Error,
    tokio::task::JoinError,
    builtin::UnpackError,
    crate::engine::EngineError,
    embed::EmbedError,
    crate::hub::HubError,
    crate::hub::PypiError,
);

impl From<config::ConfigError> for SetupError {
    fn from(error: config::ConfigError) -> Self {
        Self::usage(error)
    }
}

/// What a load has to merge, and how the adapters want to be talked to.
pub(super) struct Tuned {
    pub tuning: Tuning,
    pub manifests: Vec<Manifest>,
}

/// The manifest beside a model's weights; an empty one where there is none.
pub(super) fn read_manifest(path: &Path) -> Result<Manifest, SetupError> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let file = folder.join("lorag.toml");
    match config::bounded::read_text(&file, config::bounded::SMALL) {
        Ok(text) => config::parse_manifest(&file, &text).map_err(SetupError::usage),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Manifest::default()),
        Err(error) => Err(SetupError::usage(format!("cannot read {}: {error}", file.display()))),
    }
}
