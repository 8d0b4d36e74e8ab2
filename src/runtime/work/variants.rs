//! Models with their adapters: loaded in the background, and kept within a
//! budget of memory so that switching back is instant.

use super::loaded::Variant;
use super::loads::{Loader, Stage};
use super::shared::Shared;
use crate::app::event::Event;
use crate::app::state::AdapterCard;
use crate::domain::{NONE, Stack};
use crate::engine::residents::Footprint;
use crate::setup::{Model, Setup};
use crate::training::{self, Record};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

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
    let stack: Stack = adapter.unwrap_or(NONE).parse()?;
    let loader =
        Arc::new(SetupLoader { setup: shared.setup.clone(), name: name.to_owned(), stack });
    let answers = || {
        let current = shared.model.borrow();
        current.as_ref().map(|current| self::key(&current.name, current.adapter.as_deref()))
    };
    let on_stage = |stage| {
        match stage {
        Stage::Queued => {
            shared.say(true, "The load before this one still ends; then this one begins.");
        }
        Stage::ForMemory(bytes) => shared.say(
            true,
            format!(
                "Waiting for {} MB of memory: an answer is still being written with the model that leaves.",
                bytes.div_ceil(1_000_000)
            ),
        ),
        Stage::Loading => {}
    }
    };
    let (model, resident) = shared.variants.obtain(&key, loader, &answers, &on_stage).await?;
    if !resident && let Some(note) = &model.note {
        shared.say(true, note.clone());
    }
    let (name, adapter) = (name.to_owned(), adapter.map(str::to_owned));
    Ok((Arc::new(Variant { name, adapter, model }), resident))
}

/// Loads what the settings name.
struct SetupLoader {
    setup: Setup,
    name: String,
    stack: Stack,
}

impl Loader<Model> for SetupLoader {
    fn weigh(&self) -> Result<Footprint, String> {
        self.setup.weigh(&self.name, &self.stack).map_err(|error| error.message)
    }

    fn load(
        self: Arc<Self>,
        unwanted: CancellationToken,
    ) -> BoxFuture<'static, Result<Model, String>> {
        async move {
            let loading = self.setup.variant_unless(&self.name, &self.stack, &unwanted);
            let mut model = loading.await.map_err(|error| error.message)?;
            let changed = training::changed(&self.setup, &self.name, &self.stack, &model);
            let notes: Vec<String> = model.note.take().into_iter().chain(changed).collect();
            model.note = (!notes.is_empty()).then(|| notes.join(". "));
            Ok(model)
        }
        .boxed()
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
        let loaded = shared.variants.footprint(&key);
        // A variant takes about as long as the plain model.
        let took = shared.variants.took(&key);
        let took = took.or_else(|| shared.variants.took(&self::key(name, None)));
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
    if let Some(place) = setup.server_place(name) {
        let names = setup.server_adapters(name).unwrap_or_default();
        let origin = format!("server {}", place.server);
        cards.extend(names.iter().map(|a| card(Some(a), String::new(), &origin, Ok(()))));
        return cards;
    }
    for place in setup.adapters() {
        let fits = match &base {
            Ok(base) => setup.outline(&place, base).map(drop).map_err(|e| e.message),
            Err(error) => Err(error.message.clone()),
        };
        let known = Record::of(&place.folder).map(|record| record.text());
        let about = known.or_else(|| place.manifest.about.clone()).unwrap_or_default();
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
