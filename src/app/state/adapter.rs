//! Adapters and collections to choose from, and a load under way.

use super::request::RequestId;
use crate::domain::{Mode, NONE, short_name, short_stack};

/// An adapter that can be chosen; the first is the plain model, `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterCard {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Where it comes from.
    pub origin: String,
    /// Why it can't be used with this model, if so.
    pub fits: Result<(), String>,
    /// Whether its engine is loaded, so that switching is instant.
    pub resident: bool,
    /// What its engine takes or would take, in bytes.
    pub bytes: u64,
    /// How long loading it takes, as far as is known, in milliseconds.
    pub load_ms: Option<u64>,
}

impl AdapterCard {
    /// Whether it is the plain model.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.name == NONE
    }
}

/// A collection that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionCard {
    /// Its name.
    pub name: String,
    /// What it holds and how its questions are answered, in one line.
    pub about: String,
    /// Its files.
    pub files: usize,
}

/// A model on its way, with what holds once it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loading {
    /// The request.
    pub request: RequestId,
    /// The model.
    pub model: String,
    /// The adapters; `None` for the plain model.
    pub adapter: Option<String>,
    /// The mode from then on.
    pub mode: Mode,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
}

impl Loading {
    /// What is loaded, for people: the adapter where there is one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.adapter.as_deref().unwrap_or(&self.model)
    }

    /// The same without the folders of a path.
    #[must_use]
    pub fn short_name(&self) -> String {
        let plain = || short_name(&self.model).to_owned();
        self.adapter.as_deref().map_or_else(plain, short_stack)
    }
}
