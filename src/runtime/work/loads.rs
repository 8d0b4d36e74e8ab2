//! The one owner of model loads.
//!
//! A load runs in a task of its own, which holds the turn and the memory that
//! the load takes until it has really ended: the inference engine can't be
//! stopped in the middle of a file. Who asked for it only waits for it. When
//! they don't wait any more, because something else is wanted, the load is told
//! so between its stages and ends there; what was loaded all the same stays,
//! where there is room for it. So however quickly models are switched, there is
//! one load beyond the models that are resident, and the latest wish comes next.

use crate::engine::residents::{Footprint, Residents, Weighs};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether memory has become free.
const GLANCE: Duration = Duration::from_millis(10);

/// How long a load waits for the memory of what left before it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes one model.
pub(super) trait Loader<T>: Send + Sync + 'static {
    /// How much memory it will take. May read headers of files.
    fn weigh(&self) -> Result<Footprint, String>;

    /// Loads it. `unwanted` is looked at between stages: once it is cancelled,
    /// the load ends with an error.
    fn load(self: Arc<Self>, unwanted: CancellationToken) -> BoxFuture<'static, Result<T, String>>;
}

/// What a load that was asked for is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It waits for the end of a load before it.
    Queued,
    /// It waits until this many bytes are free.
    ForMemory(u64),
    /// It loads.
    Loading,
}

/// Loaded models, and the one that is being loaded.
pub(super) struct Loads<T> {
    shared: Arc<Shared<T>>,
    patience: Duration,
}

struct Shared<T> {
    residents: Mutex<Residents<T>>,
    /// How long each took to load when it was loaded last.
    took: Mutex<HashMap<String, Duration>>,
    /// One load at a time: two would take each other's memory and time.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl<T: Weighs + Send + Sync + 'static> Loads<T> {
    /// Nothing loaded, with a budget in bytes.
    pub(super) fn new(budget: u64) -> Self {
        let shared = Shared {
            residents: Mutex::new(Residents::new(budget)),
            took: Mutex::default(),
            turn: Arc::default(),
        };
        Self { shared: Arc::new(shared), patience: PATIENCE }
    }

    /// What a loaded model takes; `None` where it isn't loaded.
    pub(super) fn footprint(&self, key: &str) -> Option<Footprint> {
        self.shared.residents().footprint(key)
    }

    /// How long a model took when it was loaded last.
    pub(super) fn took(&self, key: &str) -> Option<Duration> {
        self.shared.took.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    /// A model, and whether it was loaded already. One that wasn't is loaded
    /// beside those that are; the least recently used ones leave first where
    /// the memory is too small, but never the one that `answers`, which is asked
    /// for when it is time. Dropping the future gives the load up.
    pub(super) async fn obtain(
        &self,
        key: &str,
        loader: Arc<dyn Loader<T>>,
        answers: &(dyn Fn() -> Option<String> + Send + Sync),
        on_stage: &(dyn Fn(Stage) + Send + Sync),
    ) -> Result<(Arc<T>, bool), String> {
        if let Some(found) = self.shared.residents().get(key) {
            return Ok((found, true));
        }
        let turn = match Arc::clone(&self.shared.turn).try_lock_owned() {
            Ok(turn) => turn,
            Err(_) => {
                on_stage(Stage::Queued);
                Arc::clone(&self.shared.turn).lock_owned().await
            }
        };
        // It may have been the very load that was waited for.
        if let Some(found) = self.shared.residents().get(key) {
            return Ok((found, true));
        }
        let weighing = Arc::clone(&loader);
        let needed = tokio::task::spawn_blocking(move || weighing.weigh()).await;
        let needed = needed.map_err(|_| CRASHED.to_owned())??;
        self.make_room(needed, answers, on_stage).await?;
        on_stage(Stage::Loading);
        let unwanted = CancellationToken::new();
        // Cancels it where this future is dropped before the load has ended.
        let _given_up = unwanted.clone().drop_guard();
        let load = self.start(key, loader, needed, turn, unwanted);
        let loaded = load.await.unwrap_or_else(|_| Err(CRASHED.to_owned()));
        loaded.map(|model| (model, false))
    }

    /// Starts a load in a task that goes on until the load has ended.
    fn start(
        &self,
        key: &str,
        loader: Arc<dyn Loader<T>>,
        needed: Footprint,
        turn: OwnedMutexGuard<()>,
        unwanted: CancellationToken,
    ) -> tokio::task::JoinHandle<Result<Arc<T>, String>> {
        let (shared, key) = (Arc::clone(&self.shared), key.to_owned());
        let reserved = Reserved::new(&shared, needed);
        tokio::spawn(async move {
            let started = Instant::now();
            let loading = AssertUnwindSafe(async { loader.load(unwanted.clone()).await });
            let loaded = loading.catch_unwind().await.unwrap_or_else(|_| Err(CRASHED.to_owned()));
            // What it took while it loaded is free now; what it takes from here
            // on is counted by the entry.
            drop(reserved);
            let model = loaded.map(Arc::new);
            if let Ok(model) = &model {
                let took = started.elapsed();
                shared
                    .took
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(key.clone(), took);
                let mut residents = shared.residents();
                // Nobody waits for it: it may stay, but not at another's cost.
                if unwanted.is_cancelled() && !residents.has_room(model.footprint()) {
                    residents.leave(model);
                } else {
                    residents.insert(&key, Arc::clone(model));
                }
            }
            drop(turn);
            model
        })
    }

    /// Lets models go until there is room, and waits until their memory is
    /// really free: an answer that is being written may still hold one.
    async fn make_room(
        &self,
        needed: Footprint,
        answers: &(dyn Fn() -> Option<String> + Send + Sync),
        on_stage: &(dyn Fn(Stage) + Send + Sync),
    ) -> Result<(), String> {
        let answering = answers();
        let keep: Vec<&str> = answering.iter().map(String::as_str).collect();
        let plan = self.shared.residents().make_room(needed, &keep);
        for evicted in &plan.evict {
            tracing::info!(model = %evicted.replace('\n', " + "), "leaves to make room");
        }
        if let Some(over) = plan.over {
            tracing::warn!(over, "the models together take more memory than they were given");
        }
        let until = Instant::now() + self.patience;
        let mut told = false;
        loop {
            let lacking = self.shared.residents().lacking(needed);
            let Some(lacking) = lacking else { return Ok(()) };
            if !told {
                on_stage(Stage::ForMemory(lacking));
                told = true;
            }
            if Instant::now() >= until {
                return Err(format!(
                    "it needs {} MB that a model before it still holds, because an answer is being written with it. Cancel that answer or wait for its end, then choose the model again",
                    lacking.div_ceil(1_000_000)
                ));
            }
            tokio::time::sleep(GLANCE).await;
        }
    }
}

const CRASHED: &str = "loading it crashed; the log says more";

impl<T> Shared<T> {
    fn residents(&self) -> MutexGuard<'_, Residents<T>> {
        self.residents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory that a load takes, until it is dropped.
struct Reserved<T: Weighs> {
    shared: Arc<Shared<T>>,
    bytes: u64,
}

impl<T: Weighs> Reserved<T> {
    fn new(shared: &Arc<Shared<T>>, needed: Footprint) -> Self {
        let bytes = needed.total().saturating_add(needed.peak);
        shared.residents().reserve(bytes);
        Self { shared: Arc::clone(shared), bytes }
    }
}

impl<T: Weighs> Drop for Reserved<T> {
    fn drop(&mut self) {
        self.shared.residents().release(self.bytes);
    }
}

#[cfg(test)]
mod tests;
