//! Models with their adapters: loaded in the background, and kept within a
//! budget of memory so that switching back is instant.

use super::Shared;
use crate::app::event::Event;
use crate::app::state::AdapterCard;
use crate::domain::{NONE, Stack};
use crate::engine::residents::{Footprint, Residents, default_budget};
use crate::setup::{Model, Setup};
use futures::FutureExt;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often it is looked whether memory has become free.
const GLANCE: Duration = Duration::from_millis(10);

/// A model with the adapters it was made with.
pub struct Variant {
    /// The name the model was asked for by.
    pub name: String,
    /// The adapters as they are spelled; `None` for the plain model.
    pub adapter: Option<String>,
    /// The model.
    pub model: Arc<Model>,
}

/// What is loaded, and what is known of loading.
pub(super) struct Variants {
    residents: Mutex<Residents<Model>>,
    /// How long each took to load when it was loaded last.
    took: Mutex<HashMap<String, Duration>>,
    /// One load at a time: two would take each other's memory and time.
    turn: tokio::sync::Mutex<()>,
}

impl Variants {
    /// Nothing loaded yet.
    pub(super) fn new(setup: &Setup) -> Self {
        let budget = setup.loaded.settings.adapters.memory_bytes.unwrap_or_else(|| {
            let mut system = sysinfo::System::new();
            system.refresh_memory();
            default_budget(system.total_memory(), system.available_memory())
        });
        Self {
            residents: Mutex::new(Residents::new(budget)),
            took: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    fn residents(&self) -> MutexGuard<'_, Residents<Model>> {
        self.residents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn took(&self) -> MutexGuard<'_, HashMap<String, Duration>> {
        self.took.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names a variant among those that are loaded.
fn key(name: &str, adapter: Option<&str>) -> String {
    format!("{name}\n{}", adapter.unwrap_or(NONE))
}

/// A variant, and whether it was loaded already. One that wasn't is loaded
/// beside those that are; the least recently used ones leave first where the
/// memory is too small, but never the one that answers.
pub(super) async fn obtain(
    shared: &Shared,
    name: &str,
    adapter: Option<&str>,
) -> Result<(Arc<Variant>, bool), String> {
    let key = key(name, adapter);
    let found = |resident: bool| {
        let model = shared.variants.residents().get(&key)?;
        let (name, adapter) = (name.to_owned(), adapter.map(str::to_owned));
        Some((Arc::new(Variant { name, adapter, model }), resident))
    };
    if let Some(found) = found(true) {
        return Ok(found);
    }
    let _turn = shared.variants.turn.lock().await;
    if let Some(found) = found(true) {
        return Ok(found);
    }
    let stack: Stack = adapter.unwrap_or(NONE).parse()?;
    let weighed = {
        let (setup, name, stack) = (shared.setup.clone(), name.to_owned(), stack.clone());
        tokio::task::spawn_blocking(move || setup.weigh(&name, &stack)).await
    };
    let needed = weighed.map_err(|error| error.to_string())?.map_err(|error| error.message)?;
    make_room(shared, needed).await;
    let started = Instant::now();
    let loading = AssertUnwindSafe(shared.setup.variant(name, &stack)).catch_unwind().await;
    let model = match loading {
        Err(_) => return Err("loading it crashed; the log says more".to_owned()),
        Ok(loaded) => loaded.map_err(|error| error.message)?,
    };
    if let Some(note) = &model.note {
        shared.say(true, note.clone());
    }
    shared.variants.took().insert(key.clone(), started.elapsed());
    shared.variants.residents().insert(&key, Arc::new(model));
    found(false).ok_or_else(|| "it left again before it was used".to_owned())
}

/// Lets variants go until there is room, and waits until their memory is
/// really free: an answer that is being written may still hold one.
async fn make_room(shared: &Shared, needed: Footprint) {
    let answering = {
        let current = shared.model.borrow();
        current.as_ref().map(|current| key(&current.name, current.adapter.as_deref()))
    };
    let keep: Vec<&str> = answering.iter().map(String::as_str).collect();
    let plan = shared.variants.residents().make_room(needed, &keep);
    for evicted in &plan.evict {
        tracing::info!(variant = %evicted.replace('\n', " + "), "leaves to make room");
    }
    if let Some(over) = plan.over {
        tracing::warn!(over, "the models together take more memory than they were given");
    }
    while !shared.variants.residents().settled(needed) {
        tokio::time::sleep(GLANCE).await;
    }
}

/// Looks which adapters there are for a model, what each would take, and which
/// are loaded.
pub(super) fn cards(shared: &Shared, name: &str) -> Vec<AdapterCard> {
    let setup = &shared.setup;
    let base = setup.base(name);
    let plain = setup.weigh(name, &Stack::default()).unwrap_or_default();
    let card = |adapter: Option<&str>, about: String, origin: &str, fits| {
        let key = key(name, adapter);
        let loaded = shared.variants.residents().footprint(&key);
        let took = shared.variants.took();
        // A variant takes about as long as the plain model.
        let took = took.get(&key).or_else(|| took.get(&self::key(name, None))).copied();
        AdapterCard {
            name: adapter.unwrap_or(NONE).to_owned(),
            about,
            origin: origin.to_owned(),
            fits,
            resident: loaded.is_some(),
            bytes: loaded.unwrap_or(plain).total(),
            load_ms: took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        }
    };
    let mut cards = vec![card(None, "the model as it is".to_owned(), "", Ok(()))];
    for place in setup.adapters() {
        let fits = match &base {
            Ok(base) => setup.check_adapter(&place, base).map(drop).map_err(|e| e.message),
            Err(error) => Err(error.message.clone()),
        };
        let about = place.manifest.about.clone().unwrap_or_default();
        cards.push(card(Some(&place.name), about, place.origin.text(), fits));
    }
    cards
}

/// Tells the application which adapters there are.
pub(super) fn tell(shared: &Arc<Shared>, name: String) {
    let shared = Arc::clone(shared);
    tokio::task::spawn_blocking(move || {
        let cards = cards(&shared, &name);
        shared.tell(Event::Adapters(cards));
    });
}
