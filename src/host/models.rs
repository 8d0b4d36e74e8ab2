//! The configured model with the adapters that were asked for, as long as
//! there is room.

use super::HostError;
use crate::domain::Stack;
use crate::engine::residents::{Residents, default_budget};
use crate::setup::{Model, Setup};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether memory has become free.
const GLANCE: Duration = Duration::from_millis(10);

/// How long a load waits for the memory of what left before it.
const GLANCES: usize = 1_000;

/// Loaded variants of the configured model; nobody asks for two at once.
#[derive(Default)]
pub(super) struct Models {
    loaded: Mutex<Option<Residents<Model>>>,
}

impl Models {
    fn loaded(&self) -> MutexGuard<'_, Option<Residents<Model>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the model with these adapters is loaded.
    pub(super) fn holds(&self, stack: &Stack) -> bool {
        self.loaded().as_ref().is_some_and(|all| all.footprint(&stack.to_string()).is_some())
    }

    /// Lets all of them go.
    pub(super) fn forget(&self) {
        *self.loaded() = None;
    }

    /// The model with these adapters; loaded where it isn't, after others have
    /// left for it where memory is short.
    ///
    /// # Errors
    /// Where there is no such adapter, or it can't be loaded.
    pub(super) async fn obtain(
        &self,
        setup: &Setup,
        stack: &Stack,
        unwanted: &CancellationToken,
    ) -> Result<Arc<Model>, HostError> {
        let (name, key) = (setup.loaded.settings.model.0.clone(), stack.to_string());
        if let Some(found) = self.loaded().as_mut().and_then(|all| all.get(&key)) {
            return Ok(found);
        }
        let (weighing, of) = (setup.clone(), (name.clone(), stack.clone()));
        let weighing = tokio::task::spawn_blocking(move || weighing.weigh(&of.0, &of.1));
        let needed = weighing.await.map_err(crate::setup::SetupError::from)??;
        self.loaded().get_or_insert_with(|| Residents::new(budget(setup))).make_room(needed, &[]);
        for _ in 0..GLANCES {
            let lacking = self.loaded().as_mut().and_then(|all| all.lacking(needed));
            if lacking.is_none() {
                break;
            }
            tokio::time::sleep(GLANCE).await;
        }
        let model = Arc::new(setup.variant_unless(&name, stack, unwanted).await?);
        if let Some(note) = &model.note {
            tracing::info!("{note}");
        }
        if let Some(all) = self.loaded().as_mut() {
            all.insert(&key, Arc::clone(&model));
        }
        Ok(model)
    }
}

/// Bytes that loaded models may take together.
fn budget(setup: &Setup) -> u64 {
    setup.loaded.settings.adapters.memory_bytes.unwrap_or_else(|| {
        let mut system = sysinfo::System::new();
        system.refresh_memory();
        default_budget(system.total_memory(), system.available_memory())
    })
}
