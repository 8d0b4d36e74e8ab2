//! Models that are loaded, each with the adapters it was made with.

use super::loads::Loads;
use crate::engine::residents::default_budget;
use crate::setup::{Model, Setup};
use std::sync::Arc;

/// A model with the adapters it was made with.
pub struct Variant {
    /// The name the model was asked for by.
    pub name: String,
    /// The adapters as they are spelled; `None` for the plain model.
    pub adapter: Option<String>,
    /// The model.
    pub model: Arc<Model>,
}

/// Loaded models with their adapters.
pub(super) type Variants = Loads<Model>;

/// Nothing loaded yet, within the memory that the settings or the machine give.
pub(super) fn empty(setup: &Setup) -> Variants {
    let budget = setup.loaded.settings.adapters.memory_bytes.unwrap_or_else(|| {
        let mut system = sysinfo::System::new();
        system.refresh_memory();
        default_budget(system.total_memory(), system.available_memory())
    });
    Loads::new(budget)
}
