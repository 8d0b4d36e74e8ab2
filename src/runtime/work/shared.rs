//! What all background work shares.

use super::loaded::{self, Variant, Variants};
use crate::app::Event;
use crate::knowledge::embed::Embedder;
use crate::knowledge::library::Library;
use crate::setup::{Setup, SetupError};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OnceCell, watch};

/// The collection that the chat indexes into.
pub(super) const COLLECTION: &str = "default";

/// How far the first indexing is, for answers that wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Indexing {
    pub(super) busy: bool,
}

/// Which collections are searched, as the user chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// Nothing was chosen.
    Nothing,
    /// All of them.
    Every,
    /// This one.
    One(String),
}

/// What all background work shares.
pub(super) struct Shared {
    pub(super) setup: Setup,
    pub(super) events: UnboundedSender<Event>,
    pub(super) embedder: OnceCell<Arc<dyn Embedder>>,
    /// The knowledge base, open across questions.
    pub(super) library: OnceCell<Library>,
    /// The model that answers, with its adapters.
    pub(super) model: watch::Sender<Option<Arc<Variant>>>,
    /// What is loaded.
    pub(super) variants: Variants,
    /// Whether a model is on its way.
    pub(super) loading: watch::Sender<bool>,
    pub(super) indexing: watch::Sender<Indexing>,
    /// The documents that are searched; everything where empty.
    pub(super) roots: Mutex<Vec<PathBuf>>,
    /// The collection that was chosen.
    pub(super) chosen: Mutex<Chosen>,
}

impl Shared {
    pub(super) fn new(
        setup: Setup,
        events: UnboundedSender<Event>,
        collection: Option<String>,
    ) -> Self {
        let variants = loaded::empty(&setup);
        Self {
            setup,
            variants,
            chosen: Mutex::new(collection.map_or(Chosen::Nothing, Chosen::One)),
            events,
            embedder: OnceCell::new(),
            library: OnceCell::new(),
            model: watch::Sender::new(None),
            loading: watch::Sender::new(true),
            indexing: watch::Sender::new(Indexing { busy: true }),
            roots: Mutex::new(Vec::new()),
        }
    }

    /// Tells the application; once it is gone, nobody listens.
    pub(super) fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    pub(super) fn say(&self, ok: bool, text: impl Into<String>) {
        self.tell(Event::Said { ok, text: text.into() });
    }

    pub(super) async fn embedder(&self) -> Result<Arc<dyn Embedder>, SetupError> {
        let load = || async {
            crate::knowledge::rank::configured().prepare();
            self.setup.embedder().await
        };
        self.embedder.get_or_try_init(load).await.cloned()
    }

    pub(super) async fn library(&self) -> Result<&Library, SetupError> {
        let open =
            || async { Ok(Library::new(&self.setup.paths.knowledge, self.embedder().await?)) };
        self.library.get_or_try_init(open).await
    }

    pub(super) fn roots(&self) -> Vec<PathBuf> {
        self.roots.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The collection that was chosen by its name.
    pub(super) fn collection(&self) -> Option<String> {
        match &*self.chosen.lock().unwrap_or_else(PoisonError::into_inner) {
            Chosen::One(name) => Some(name.clone()),
            Chosen::Nothing | Chosen::Every => None,
        }
    }

    /// The collection that is searched; all of them where `None`. Where none was
    /// chosen, documents that were named are searched in the one that they are
    /// indexed into.
    pub(super) fn searched(&self) -> Option<String> {
        let default = || (!self.roots().is_empty()).then(|| COLLECTION.to_owned());
        match &*self.chosen.lock().unwrap_or_else(PoisonError::into_inner) {
            Chosen::One(name) => Some(name.clone()),
            Chosen::Every => None,
            Chosen::Nothing => default(),
        }
    }

    /// Chooses a collection, or all of them.
    pub(super) fn set_collection(&self, name: Option<String>) {
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) =
            name.map_or(Chosen::Every, Chosen::One);
    }

    pub(super) fn set_roots(&self, roots: Vec<PathBuf>) {
        *self.roots.lock().unwrap_or_else(PoisonError::into_inner) = roots;
    }
}
