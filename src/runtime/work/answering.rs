//! One answer: waits for what it needs, searches, and passes on what comes.

use super::variants::{self, Variant};
use super::{COLLECTION, Shared};
use crate::answer::{self, Ask, AskEvent, known_speed, reduced, remember_speed};
use crate::app::effect::{AskRequest, EvidenceFrom};
use crate::app::event::{AnswerEvent, Event};
use crate::app::state::RequestId;
use crate::domain::{Answer, Hit, LeftOut, SearchTimings, Source};
use crate::engine::{Message, Role};
use crate::knowledge::embed::Embedder;
use crate::knowledge::evidence::{Evidence, EvidenceOptions, gather};
use crate::knowledge::search::{Found, KnowledgeBase, follow_up};
use crate::knowledge::store::Filter;
use crate::knowledge::walk::rooted;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// How long a question waits for indexing that is nearly done, before it is
/// answered from what is there.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is told of an answer whose making panicked.
pub(super) const BROKEN: &str = "the answer stopped unexpectedly; the log says more. Ask again";

/// Answers a question, and tells how it goes. Dropping the future cancels.
pub async fn run(shared: Arc<Shared>, ask: AskRequest) {
    let teller = Teller::answer(&shared, ask.request);
    let asked = AssertUnwindSafe(asked(&shared, &ask, &teller)).catch_unwind();
    match asked.await.unwrap_or_else(|_| Err(BROKEN.to_owned())) {
        Ok(answer) => teller.tell(AnswerEvent::Done(Box::new(answer))),
        Err(message) => teller.tell(AnswerEvent::Failed(message)),
    }
}

/// Tells the application of one answer.
#[derive(Clone)]
pub(super) struct Teller {
    shared: Arc<Shared>,
    wrap: Arc<dyn Fn(AnswerEvent) -> Event + Send + Sync>,
}

impl Teller {
    /// For the answer to a question.
    fn answer(shared: &Arc<Shared>, request: RequestId) -> Self {
        Self::new(shared, move |event| Event::Answer { request, event })
    }

    /// For an answer whose events are told in this form.
    pub(super) fn new(
        shared: &Arc<Shared>,
        wrap: impl Fn(AnswerEvent) -> Event + Send + Sync + 'static,
    ) -> Self {
        Self { shared: Arc::clone(shared), wrap: Arc::new(wrap) }
    }

    pub(super) fn tell(&self, event: AnswerEvent) {
        self.shared.tell((self.wrap)(event));
    }
}

/// What a search gave, with what is needed to make evidence of it.
#[derive(Default)]
pub(super) struct Material {
    query: String,
    pub(super) found: Found,
    excluded: Vec<(Hit, LeftOut)>,
    base: Option<KnowledgeBase>,
    embedder: Option<Arc<dyn Embedder>>,
}

async fn asked(shared: &Arc<Shared>, ask: &AskRequest, teller: &Teller) -> Result<Answer, String> {
    let material =
        if ask.mode.reads() { find(shared, ask, teller).await? } else { Material::default() };
    let variant = variant(shared, ask.adapter.as_deref(), teller).await?;
    answer(shared, ask, Arc::new(material), &variant, teller).await
}

/// Answers from what was found, with a variant that is loaded.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    ask: &AskRequest,
    material: Arc<Material>,
    variant: &Variant,
    teller: &Teller,
) -> Result<Answer, String> {
    let model = &variant.model;
    let cache = &shared.setup.paths.cache;
    let engine = model.engine.as_ref();
    let speed = known_speed(cache, engine);
    let collection = shared.collection();
    let manner = shared.setup.manner_in(collection.as_deref(), &model.manner);
    let manner = reduced(&manner, engine, &material.found.hits, speed);
    let timings = material.found.timings;
    let (evidence, embedder) = {
        let manner = manner.clone();
        let continued = ask.continued.as_ref().map(|continued| continued.sources.clone());
        let gathered = tokio::task::spawn_blocking(move || material.evidence(&manner, continued));
        gathered.await.map_err(|error| error.to_string())??
    };
    let mut settings = shared.setup.loaded.settings.generation.clone();
    settings.quote = ask.quote;
    let history: Vec<Message> = ask
        .history
        .iter()
        .flat_map(|(question, answer)| {
            [(Role::User, question), (Role::Assistant, answer)]
                .map(|(role, text)| Message { role, text: text.clone() })
        })
        .collect();
    let told = teller.clone();
    let mut on_event = move |event: AskEvent<'_>| pass_on(&told, timings, event);
    let asked = Ask {
        question: &ask.question,
        history: &history,
        evidence,
        search: timings,
        engine,
        embedder: embedder.as_deref(),
        manner: &manner,
        settings: &settings,
        continued: ask.continued.as_ref().map(|continued| continued.text.as_str()),
        mode: ask.mode,
        strategy: ask.strategy,
        adapter: variant.adapter.as_deref(),
    };
    let answer = answer::answer(asked, &mut on_event).await.map_err(|error| error.to_string())?;
    let stats = &answer.generation;
    let read = if stats.completion_tokens > 0 { stats.prompt_tokens } else { 0 };
    remember_speed(cache, engine, read, stats.prompt_tokens_per_s);
    Ok(answer)
}

fn pass_on(teller: &Teller, search: SearchTimings, event: AskEvent<'_>) {
    teller.tell(match event {
        AskEvent::Sources(sources) => AnswerEvent::Sources { sources: sources.to_vec(), search },
        AskEvent::Prompt { ledger } => AnswerEvent::Prompt(ledger.clone()),
        AskEvent::Text(text) => AnswerEvent::Text(text.to_owned()),
        AskEvent::Thought(text) => AnswerEvent::Thought(text.to_owned()),
        AskEvent::Cite { number, mark } => AnswerEvent::Cite { number, mark },
        AskEvent::Citation(citation) => AnswerEvent::Checked(citation.clone()),
        AskEvent::Dropped(dropped) => AnswerEvent::Dropped(dropped),
        AskEvent::Tokens(tokens) => AnswerEvent::Tokens(tokens),
    });
}

/// Searches, or takes the evidence the user chose.
pub(super) async fn find(
    shared: &Arc<Shared>,
    ask: &AskRequest,
    teller: &Teller,
) -> Result<Material, String> {
    let query = follow_up(&ask.question, ask.previous.as_deref());
    let embedder = shared.embedder().await.map_err(|error| error.message)?;
    let folder = shared.setup.paths.knowledge.clone();
    let open = || KnowledgeBase::open(&folder, Arc::clone(&embedder));
    if let EvidenceFrom::Exactly { hits, excluded } = &ask.evidence {
        teller.tell(AnswerEvent::Searching);
        let base = open().await.map_err(|error| error.to_string())?;
        let query_vector = embedder.embed_query(&query).map_err(|error| error.to_string())?;
        let found = Found { hits: hits.clone(), query_vector, timings: SearchTimings::default() };
        let (excluded, embedder) = (excluded.clone(), Some(embedder));
        return Ok(Material { query, found, excluded, base, embedder });
    }
    let mut indexing = shared.indexing.subscribe();
    if indexing.borrow().busy {
        teller.tell(AnswerEvent::WaitingForIndex);
        // What is nearly done is waited for; else the answer comes from what
        // is there.
        let done = indexing.wait_for(|state| !state.busy);
        let _ = tokio::time::timeout(PATIENCE, done).await;
    }
    let roots = shared.roots();
    let default = || (!roots.is_empty()).then(|| COLLECTION.to_owned());
    let filter = Filter {
        collection: shared.collection().or_else(default),
        under: roots.iter().map(|root| rooted(root).to_string_lossy().into_owned()).collect(),
        glob: None,
    };
    let options = shared.setup.search_options(filter);
    loop {
        let base = open().await.map_err(|error| error.to_string())?;
        let found = match &base {
            Some(base) => {
                teller.tell(AnswerEvent::Searching);
                base.search(&query, &options).await.map_err(|error| error.to_string())?
            }
            None => Found::default(),
        };
        let busy = indexing.borrow().busy;
        if found.hits.is_empty() && busy {
            teller.tell(AnswerEvent::WaitingForIndex);
            let done = indexing.wait_for(|state| !state.busy);
            let _ = tokio::time::timeout(PATIENCE, done).await;
            continue;
        }
        if found.hits.is_empty() && base.is_none() {
            return Err("nothing is indexed yet. Index documents with /index PATH, then ask again"
                .to_owned());
        }
        let embedder = Some(embedder);
        return Ok(Material { query, found, excluded: Vec::new(), base, embedder });
    }
}

/// The variant to answer with: the one that is loaded, unless other adapters
/// are asked for.
async fn variant(
    shared: &Arc<Shared>,
    adapter: Option<&str>,
    teller: &Teller,
) -> Result<Arc<Variant>, String> {
    let current = loaded(shared, teller).await?;
    if current.adapter.as_deref() == adapter {
        return Ok(current);
    }
    teller.tell(AnswerEvent::WaitingForModel);
    Ok(variants::obtain(shared, &current.name, adapter).await?.0)
}

/// Waits for the model, if one is on its way.
async fn loaded(shared: &Arc<Shared>, teller: &Teller) -> Result<Arc<Variant>, String> {
    let mut model = shared.model.subscribe();
    let mut loading = shared.loading.subscribe();
    let mut told = false;
    loop {
        if let Some(model) = model.borrow_and_update().clone() {
            return Ok(model);
        }
        if !*loading.borrow_and_update() {
            return Err("no model is loaded. Choose one with /model".to_owned());
        }
        if !told {
            teller.tell(AnswerEvent::WaitingForModel);
            told = true;
        }
        tokio::select! {
            changed = model.changed() => changed.map_err(|error| error.to_string())?,
            changed = loading.changed() => changed.map_err(|error| error.to_string())?,
        }
    }
}

type WithEmbedder = (Evidence, Option<Arc<dyn Embedder>>);

impl Material {
    /// What the model may read. A continued answer keeps its sources and their
    /// numbers.
    fn evidence(
        &self,
        manner: &crate::config::Manner,
        continued: Option<Vec<Source>>,
    ) -> Result<WithEmbedder, String> {
        if let Some(sources) = continued {
            return Ok((
                Evidence { sources, answers: 1.0, ..Evidence::default() },
                self.embedder.clone(),
            ));
        }
        // Nothing was searched: the mode reads no sources.
        let Some(embedder) = self.embedder.clone() else {
            return Ok((Evidence::default(), None));
        };
        let options =
            EvidenceOptions { sentences: manner.sentences, hits: manner.hits, order: manner.order };
        // A transcript holds its passages, so they can be asked about even
        // where the knowledge base is gone.
        let stats = self.base.as_ref().map(KnowledgeBase::term_stats).unwrap_or_default();
        let (hits, vector) = (&self.found.hits, &self.found.query_vector);
        let mut evidence = gather(&self.query, vector, hits, embedder.as_ref(), &stats, options)
            .map_err(|error| error.to_string())?;
        let behind = evidence.sources.len();
        let excluded = self.excluded.iter().enumerate();
        evidence.sources.extend(excluded.map(|(index, (hit, why))| Source {
            number: behind + index + 1,
            hit: hit.clone(),
            sentences: Vec::new(),
            compressed: false,
            tokens: 0,
            left_out: Some(*why),
        }));
        Ok((evidence, Some(embedder)))
    }
}
