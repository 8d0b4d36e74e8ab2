//! A knowledge base and models that stay loaded, for programs that ask again
//! and again: what `lorag mcp` and `lorag serve` have in common.
//!
//! Nothing is loaded before it is needed: the embedder with the first search,
//! a model with the first question to it. Questions are answered one after the
//! other, in the order in which they came.

mod error;
mod models;
mod plain;

pub use error::HostError;
pub use plain::Plain;

use crate::answer::{AskEvent, Passages, Question, Reader, Speeds, answer, retrieve};
use crate::domain::{Answer, Earlier, Mode, Stack, instead, visible};
use crate::engine::Message;
use crate::knowledge::embed::{EmbedError, Embedder};
use crate::knowledge::library::Library;
use crate::knowledge::search::{Found, KnowledgeBase};
use crate::knowledge::store::Filter;
use crate::setup::{Choice, Setup};
use models::Models;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

/// Why a search found nothing where nothing is indexed.
pub const EMPTY: &str = "the knowledge base is empty. Index a folder with: lorag ingest PATH";

/// A question, and what its asker wants other than the settings say.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The question.
    pub question: String,
    /// Earlier turns, oldest first.
    pub history: Vec<Message>,
    /// Answer from this collection only, in the way the config says for it.
    pub collection: Option<String>,
    /// Answer only from paths that match.
    pub glob: Option<String>,
    /// Whether sources are read; as the settings say where empty.
    pub reads: Option<bool>,
    /// The adapters; as the settings say where empty.
    pub stack: Option<Stack>,
    /// Most tokens of the answer, no more than the settings allow.
    pub max_tokens: Option<usize>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
}

/// What happens while a question is answered.
#[derive(Debug)]
pub enum Step<'a> {
    /// Its model is loaded, which was not there yet.
    Loading(&'a str),
    /// Passages are searched.
    Searching,
    /// The model answers.
    Event(AskEvent<'a>),
}

/// A knowledge base and models that stay loaded.
pub struct Host {
    setup: Setup,
    library: OnceCell<Arc<Library>>,
    models: Models,
    /// Collections that are known to be there.
    collections: Mutex<BTreeSet<String>>,
    /// Held by the question that is being answered.
    turn: tokio::sync::Mutex<()>,
}

impl Host {
    /// Nothing loaded yet.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            library: OnceCell::new(),
            models: Models::default(),
            collections: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// The settings it works by.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    async fn library(&self) -> Result<&Arc<Library>, HostError> {
        let make = async {
            let embedder = self.setup.embedder().await?;
            Ok::<_, HostError>(Arc::new(Library::new(&self.setup.paths.knowledge, embedder)))
        };
        self.library.get_or_try_init(|| make).await
    }

    /// The embedder of the knowledge base.
    ///
    /// # Errors
    /// Where it can't be loaded.
    pub async fn embedder(&self) -> Result<Arc<dyn Embedder>, HostError> {
        Ok(Arc::clone(self.library().await?.embedder()))
    }

    /// The vectors of texts, as passages are embedded.
    ///
    /// # Errors
    /// Where the embedder can't be loaded, or fails.
    pub async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, HostError> {
        let embedder = self.embedder().await?;
        let embedding = tokio::task::spawn_blocking(move || embedder.embed_passages(&texts));
        let vectors = embedding.await.map_err(|error| EmbedError::Failed(error.to_string()))??;
        Ok(vectors)
    }

    /// The knowledge base as it is on disk now; `None` where nothing is indexed.
    ///
    /// # Errors
    /// Where it can't be opened, or was made with another embedder.
    pub async fn base(&self) -> Result<Option<Arc<KnowledgeBase>>, HostError> {
        Ok(self.library().await?.base().await?)
    }

    /// Refuses a collection that is nowhere.
    ///
    /// # Errors
    /// There is no such collection, or the knowledge base can't be read.
    pub async fn check_collection(&self, name: Option<&str>) -> Result<(), HostError> {
        let Some(name) = name else { return Ok(()) };
        let known = || self.collections.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(name) {
            return Ok(());
        }
        let mut names: BTreeSet<String> =
            self.setup.loaded.settings.collections.keys().cloned().collect();
        if let Some(base) = self.base().await? {
            names.extend(base.store().files().await?.into_iter().map(|file| file.collection));
        }
        let there = names.contains(name);
        let near = instead(name, names.iter().map(String::as_str));
        *known() = names;
        match there {
            true => Ok(()),
            false => {
                Err(HostError::wrong(format!("there is no collection {}.{near}", visible(name))))
            }
        }
    }

    /// The best passages for a query.
    ///
    /// # Errors
    /// There is no such collection, or the search fails.
    pub async fn search(
        &self,
        query: &str,
        limit: Option<usize>,
        filter: Filter,
    ) -> Result<Found, HostError> {
        self.check_collection(filter.collection.as_deref()).await?;
        let Some(base) = self.base().await? else { return Ok(Found::default()) };
        let mut options = self.setup.search_options(filter);
        options.limit = limit.unwrap_or(options.limit);
        Ok(base.search(query, &options).await?)
    }

    /// In which mode and with which adapters a question is answered.
    fn choice(&self, wanted: &Wanted) -> Result<Choice, HostError> {
        let mut choice = self.setup.choice(wanted.collection.as_deref())?;
        if let Some(stack) = &wanted.stack {
            choice.mode = Mode::of(choice.mode.reads(), !stack.is_none());
            choice.stack = stack.clone();
        }
        if let Some(reads) = wanted.reads {
            choice.mode = Mode::of(reads, choice.mode.tuned());
        }
        Ok(choice)
    }

    /// Answers a question, when those before it are answered. `on_step` is told
    /// what happens, in order. Dropping the future cancels; a load that has
    /// begun ends at its next stage.
    ///
    /// # Errors
    /// There is no such collection or adapter, or a part fails.
    pub async fn ask(
        &self,
        wanted: &Wanted,
        on_step: &mut (dyn FnMut(Step<'_>) + Send),
    ) -> Result<Answer, HostError> {
        self.check_collection(wanted.collection.as_deref()).await?;
        let choice = self.choice(wanted)?;
        let _turn = self.turn.lock().await;
        let name = &self.setup.loaded.settings.model.0;
        if !self.models.holds(&choice.stack) {
            on_step(Step::Loading(name));
        }
        let unwanted = CancellationToken::new();
        let _given_up = unwanted.clone().drop_guard();
        let model = self.models.obtain(&self.setup, &choice.stack, &unwanted).await?;
        let settings = &self.setup.loaded.settings.generation;
        let speeds = Speeds::new(&self.setup.paths, settings);
        let reads = choice.mode.reads();
        let mut question = Question::new(wanted.question.clone(), Passages::None);
        question.history.clone_from(&wanted.history);
        if reads {
            speeds.probe(model.engine.as_ref(), &model.manner).await;
            on_step(Step::Searching);
            let filter = Filter {
                collection: wanted.collection.clone(),
                glob: wanted.glob.clone(),
                ..Filter::default()
            };
            question.passages = Passages::Search(self.setup.search_options(filter));
            question.before = earlier(&wanted.history);
        }
        let retrieved = Arc::new(retrieve(self.library().await?, &question).await?);
        let manner = self.setup.manner_in(wanted.collection.as_deref(), &model.manner);
        let mut manner = manner;
        let mut settings = settings.clone();
        if let Some(most) = wanted.max_tokens {
            let allowed = manner.reserve.unwrap_or(settings.max_tokens);
            settings.max_tokens = most.clamp(1, allowed);
            manner.reserve = manner.reserve.map(|_| settings.max_tokens);
        }
        if let Some(temperature) = wanted.temperature {
            (settings.temperature, manner.temperature) = (temperature, None);
        }
        if let Some(top_p) = wanted.top_p {
            (settings.top_p, manner.top_p) = (top_p, None);
        }
        let adapter = choice.stack.spelled();
        let reader = Reader {
            engine: model.engine.as_ref(),
            manner: &manner,
            settings: &settings,
            mode: choice.mode,
            strategy: choice.strategy,
            adapter: adapter.as_deref(),
            speeds: Some(speeds),
        };
        let mut on_event = |event: AskEvent<'_>| on_step(Step::Event(event));
        let answered = answer(&question, &retrieved, reader, &mut on_event).await;
        let answered = answered.map_err(HostError::from);
        if answered.as_ref().is_err_and(|error| error.crashed) {
            self.models.forget();
        }
        answered
    }
}

/// The questions of earlier turns: a question may lean on them.
fn earlier(history: &[Message]) -> Vec<Earlier> {
    let asked = history.iter().filter(|message| message.role == crate::engine::Role::User);
    asked.map(|message| Earlier { question: message.text.clone(), ..Earlier::default() }).collect()
}

#[cfg(test)]
mod tests;
