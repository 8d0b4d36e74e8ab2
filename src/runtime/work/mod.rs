//! The background work behind the screen: indexing, loading, answering,
//! reading files, keeping sessions. Everything here runs on threads of lower
//! priority, so that a key press never waits for it.

mod answering;
mod collections;
mod comparing;
mod files;
mod indexing;
mod loads;
mod sessions;
mod variants;
mod viewing;
mod worker;

pub use files::remembered;
pub use sessions::Resume;
pub use worker::Worker;

use crate::app::Event;
use crate::domain::visible;
use crate::knowledge::embed::Embedder;
use crate::knowledge::library::Library;
use crate::setup::{Setup, SetupError};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OnceCell, watch};
use variants::{Variant, Variants};

/// The collection that the chat indexes into.
const COLLECTION: &str = "default";

/// How far the first indexing is, for answers that wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Indexing {
    busy: bool,
}

/// What all background work shares.
struct Shared {
    setup: Setup,
    events: UnboundedSender<Event>,
    embedder: OnceCell<Arc<dyn Embedder>>,
    /// The knowledge base, open across questions.
    library: OnceCell<Library>,
    /// The model that answers, with its adapters.
    model: watch::Sender<Option<Arc<Variant>>>,
    /// What is loaded.
    variants: Variants,
    /// Whether a model is on its way.
    loading: watch::Sender<bool>,
    indexing: watch::Sender<Indexing>,
    /// The documents that are searched; everything where empty.
    roots: Mutex<Vec<PathBuf>>,
    /// The collection that was chosen, if any.
    collection: Mutex<Option<String>>,
}

impl Shared {
    fn new(setup: Setup, events: UnboundedSender<Event>, collection: Option<String>) -> Self {
        let variants = variants::empty(&setup);
        Self {
            setup,
            variants,
            collection: Mutex::new(collection),
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
    fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    fn say(&self, ok: bool, text: impl Into<String>) {
        self.tell(Event::Said { ok, text: text.into() });
    }

    async fn embedder(&self) -> Result<Arc<dyn Embedder>, SetupError> {
        let load = || async {
            crate::knowledge::rank::configured().prepare();
            self.setup.embedder().await
        };
        self.embedder.get_or_try_init(load).await.cloned()
    }

    async fn library(&self) -> Result<&Library, SetupError> {
        let open =
            || async { Ok(Library::new(&self.setup.paths.knowledge, self.embedder().await?)) };
        self.library.get_or_try_init(open).await
    }

    fn roots(&self) -> Vec<PathBuf> {
        self.roots.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn collection(&self) -> Option<String> {
        self.collection.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_collection(&self, name: Option<String>) {
        *self.collection.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }

    fn set_roots(&self, roots: Vec<PathBuf>) {
        *self.roots.lock().unwrap_or_else(PoisonError::into_inner) = roots;
    }
}

/// `~/x` within the home folder, as shells read it.
fn expand(path: &std::path::Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => std::path::Path::new(&home).join(rest),
        _ => path.to_owned(),
    }
}

/// A path as people read it.
fn shown(path: &std::path::Path) -> String {
    visible(&path.display().to_string()).into_owned()
}
