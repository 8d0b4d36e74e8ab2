//! Where a knowledge base lies.

use super::backend::Backend;
use super::local::LocalFolder;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a knowledge base lies: a folder, or whatever else a [`Backend`] makes
/// of it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Location(Arc<dyn Backend>);

impl Location {
    /// A place of any kind.
    #[must_use]
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self(backend)
    }

    /// The place beside it where the knowledge base is made anew.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self(self.0.anew())
    }
}

impl Deref for Location {
    type Target = dyn Backend;

    fn deref(&self) -> &Self::Target {
        self.0.as_ref()
    }
}

impl From<&Path> for Location {
    fn from(folder: &Path) -> Self {
        Self(Arc::new(LocalFolder::new(folder)))
    }
}

impl From<&PathBuf> for Location {
    fn from(folder: &PathBuf) -> Self {
        Self::from(folder.as_path())
    }
}

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}
