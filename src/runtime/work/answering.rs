//! One answer: waits for what it needs, searches, and passes on what comes.

use super::loaded::Variant;
use super::shared::{Indexing, Shared};
use super::variants;
use crate::answer::{
    self, AskEvent, Continued, Passages, Question, Reader, Retrieved, Speeds, retrieve,
};
use crate::app::News;
use crate::app::effect::{AskRequest, EvidenceFrom};
use crate::app::event::{AnswerEvent, Event};
use crate::app::state::RequestId;
use crate::domain::{Answer, SearchTimings};
use crate::engine::{Message, Role};
use crate::knowledge::store::Filter;
use crate::knowledge::walk::rooted;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

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
        Self::new(shared, move |event| Event::Job { request, news: News::Answer(event) })
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

async fn asked(shared: &Arc<Shared>, ask: &AskRequest, teller: &Teller) -> Result<Answer, String> {
    let question = question(shared, ask);
    let retrieved = Arc::new(find(shared, &question, teller).await?);
    let variant = variant(shared, ask.adapter.as_deref(), teller).await?;
    answer(shared, ask, &question, &retrieved, &variant, teller).await
}

/// What the request asks, in the form that is answered.
pub(super) fn question(shared: &Shared, ask: &AskRequest) -> Question {
    let passages = match &ask.evidence {
        _ if !ask.mode.reads() => Passages::None,
        EvidenceFrom::Exactly { hits, excluded } => {
            Passages::Exactly { hits: hits.clone(), excluded: excluded.clone() }
        }
        EvidenceFrom::Search => {
            let roots = shared.roots();
            let filter = Filter {
                collection: shared.searched(),
                under: roots.iter().map(|r| rooted(r).to_string_lossy().into_owned()).collect(),
                glob: None,
            };
            Passages::Search(shared.setup.search_options(filter))
        }
    };
    let said = |role, text: &String| Message { role, text: text.clone() };
    let history = ask
        .history
        .iter()
        .flat_map(|(question, answer)| [said(Role::User, question), said(Role::Assistant, answer)]);
    let continued = ask.continued.as_ref().map(|continued| Continued {
        text: continued.text.clone(),
        sources: continued.sources.clone(),
    });
    Question {
        text: ask.question.clone(),
        before: ask.before.clone(),
        history: history.collect(),
        passages,
        continued,
        beside: None,
    }
}

/// Answers from what was found, with a variant that is loaded.
pub(super) async fn answer(
    shared: &Arc<Shared>,
    ask: &AskRequest,
    question: &Question,
    retrieved: &Arc<Retrieved>,
    variant: &Variant,
    teller: &Teller,
) -> Result<Answer, String> {
    let model = &variant.model;
    let collection = shared.collection();
    let mut settings = shared.setup.loaded.settings.generation.clone();
    settings.quote = ask.quote;
    let reader = Reader {
        engine: model.engine.as_ref(),
        manner: &shared.setup.manner_in(collection.as_deref(), &model.manner),
        settings: &settings,
        mode: ask.mode,
        strategy: ask.strategy,
        adapter: variant.adapter.as_deref(),
        speeds: Some(Speeds::new(&shared.setup.paths, &settings)),
    };
    let timings = retrieved.found.timings;
    let told = teller.clone();
    let mut on_event = move |event: AskEvent<'_>| pass_on(&told, timings, event);
    let answer = answer::answer(question, retrieved, reader, &mut on_event).await;
    answer.map_err(|error| error.to_string())
}

/// A prompt for people: whose each message is, and what it says.
fn spelled(messages: &[Message]) -> String {
    let parts = messages.iter().map(|message| {
        let whose = match message.role {
            Role::System => "instructions",
            Role::User => "you",
            Role::Assistant => "model",
        };
        format!("── {whose} ──\n{}\n", message.text)
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn pass_on(teller: &Teller, search: SearchTimings, event: AskEvent<'_>) {
    teller.tell(match event {
        AskEvent::Sources(sources) => AnswerEvent::Sources { sources: sources.to_vec(), search },
        AskEvent::Prompt { ledger, messages } => {
            AnswerEvent::Prompt { ledger: ledger.clone(), text: spelled(messages).into() }
        }
        AskEvent::Text(text) => AnswerEvent::Text(text.to_owned()),
        AskEvent::Thought(text) => AnswerEvent::Thought(text.to_owned()),
        AskEvent::Cite { number, mark } => AnswerEvent::Cite { number, mark },
        AskEvent::Citation(citation) => AnswerEvent::Checked(citation.clone()),
        AskEvent::Dropped(dropped) => AnswerEvent::Dropped(dropped),
        AskEvent::Tokens(tokens) => AnswerEvent::Tokens(tokens),
    });
}

/// Finds what may be read.
pub(super) async fn find(
    shared: &Arc<Shared>,
    question: &Question,
    teller: &Teller,
) -> Result<Retrieved, String> {
    let searches = match &question.passages {
        Passages::None => return Ok(Retrieved::default()),
        Passages::Exactly { .. } => false,
        Passages::Search(_) => true,
    };
    let library = shared.library().await.map_err(|error| error.message)?;
    let search = || async {
        teller.tell(AnswerEvent::Searching);
        retrieve(library, question).await.map_err(|error| error.to_string())
    };
    if !searches {
        return search().await;
    }
    let waits = || teller.tell(AnswerEvent::WaitingForIndex);
    let found = |retrieved: &Retrieved| !retrieved.found.hits.is_empty();
    let retrieved =
        while_indexing(shared.indexing.subscribe(), PATIENCE, waits, search, found).await?;
    if !found(&retrieved) && !retrieved.indexed() {
        return Err(
            "nothing is indexed yet. Index documents with /index PATH, then ask again".to_owned()
        );
    }
    Ok(retrieved)
}

/// Searches while documents may be being indexed: waits a little for indexing
/// that is nearly done, and until something is found or all is indexed.
async fn while_indexing<T, F: Future<Output = Result<T, String>>>(
    mut indexing: watch::Receiver<Indexing>,
    patience: Duration,
    waits: impl Fn(),
    search: impl Fn() -> F,
    found: impl Fn(&T) -> bool,
) -> Result<T, String> {
    let mut busy = indexing.borrow().busy;
    loop {
        if busy {
            waits();
            // What is nearly done is waited for; else the answer comes from
            // what is there.
            let done = indexing.wait_for(|state| !state.busy);
            let _ = tokio::time::timeout(patience, done).await;
        }
        // Looked at before the search: indexing that ends while it runs may
        // bring what it did not see.
        busy = indexing.borrow().busy;
        let result = search().await?;
        if found(&result) || !busy {
            return Ok(result);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const SHORT: Duration = Duration::from_millis(1);

    /// Finding 10.
    #[tokio::test]
    async fn indexing_that_ends_during_a_search_has_it_made_again() {
        let indexing = watch::Sender::new(Indexing { busy: true });
        let (searches, waits) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let wait = || {
            // The first wait is given up while indexing still goes on.
            waits.fetch_add(1, Ordering::SeqCst);
        };
        let search = || async {
            let before = searches.fetch_add(1, Ordering::SeqCst);
            // The passages come too late for the first search.
            indexing.send_replace(Indexing { busy: false });
            Ok(if before == 0 { None } else { Some("passage") })
        };
        let found =
            while_indexing(indexing.subscribe(), SHORT, wait, search, Option::is_some).await;
        assert_eq!(found.unwrap(), Some("passage"));
        assert_eq!(searches.load(Ordering::SeqCst), 2);
        assert_eq!(waits.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn without_indexing_one_search_is_enough() {
        let indexing = watch::Sender::new(Indexing { busy: false });
        let search = || async { Ok(None::<&str>) };
        let found =
            while_indexing(indexing.subscribe(), SHORT, || {}, search, Option::is_some).await;
        assert_eq!(found.unwrap(), None);
    }
}
