//! From a question to an answer: the one way there is, whoever asks.
//!
//! [`retrieve`] finds what may be read, and [`answer`] has a model answer from
//! it. They are two steps so that a model can load while passages are searched,
//! and so that several models can answer from the same passages. Commands, the
//! chat, comparisons, evaluations and measurements add only how they show it.

use super::aside::aside;
use super::reduce::{budget, fit, reduced};
use super::speed::Speeds;
use super::{AnswerError, Ask, AskEvent, followup, run};
use crate::config::{Generation, Manner, Order};
use crate::domain::{Answer, Earlier, Hit, LeftOut, Mode, SearchTimings, Source, Strategy};
use crate::engine::{Engine, Message};
use crate::knowledge::KnowledgeError;
use crate::knowledge::beside::Beside;
use crate::knowledge::embed::{EmbedError, Embedder};
use crate::knowledge::evidence::{Evidence, EvidenceOptions, gather};
use crate::knowledge::library::Library;
use crate::knowledge::search::{Found, KnowledgeBase, SearchOptions, embed_query};
use std::sync::Arc;

/// So many passages of a text are read beside those that were given.
const BESIDE_HITS: usize = 8;

/// A question, with all that decides what is read to answer it.
#[derive(Clone)]
pub struct Question {
    /// The question.
    pub text: String,
    /// The questions before it, oldest first: it may lean on them.
    pub before: Vec<Earlier>,
    /// Earlier turns, oldest first.
    pub history: Vec<Message>,
    /// The passages to read.
    pub passages: Passages,
    /// The answer to go on with.
    pub continued: Option<Continued>,
    /// Text to read beside the passages, which is in no knowledge base.
    pub beside: Option<Arc<Beside>>,
}

impl Question {
    /// A question that stands alone.
    #[must_use]
    pub fn new(text: impl Into<String>, passages: Passages) -> Self {
        Self {
            text: text.into(),
            before: Vec::new(),
            history: Vec::new(),
            passages,
            continued: None,
            beside: None,
        }
    }
}

/// Which passages a question is answered from.
#[derive(Clone, Debug)]
pub enum Passages {
    /// None: the mode reads no sources.
    None,
    /// Those that a search finds.
    Search(SearchOptions),
    /// These and no others.
    Exactly {
        /// What the model may read, best first.
        hits: Vec<Hit>,
        /// What is shown as left out, with the reason.
        excluded: Vec<(Hit, LeftOut)>,
    },
}

/// An answer that was cut.
#[derive(Clone, Debug, PartialEq)]
pub struct Continued {
    /// Its text so far.
    pub text: String,
    /// Its sources, as they were numbered.
    pub sources: Vec<Source>,
}

/// Who answers, and how.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The model.
    pub engine: &'a dyn Engine,
    /// How to talk to it, the profile of the collection included.
    pub manner: &'a Manner,
    /// The user's settings.
    pub settings: &'a Generation,
    /// The mode.
    pub mode: Mode,
    /// How the sources are read.
    pub strategy: Strategy,
    /// The adapters of the engine, as they are spelled, for the record.
    pub adapter: Option<&'a str>,
    /// Where the speed of models is noted, which decides how much a slow one
    /// gets to read. Without it the same question gives the same prompt always.
    pub speeds: Option<Speeds<'a>>,
}

/// What was found, with what is needed to make evidence of it.
#[derive(Default)]
pub struct Retrieved {
    /// The passages with the times of their search.
    pub found: Found,
    /// What was searched; the last is what the evidence is chosen by.
    pub searched: Vec<String>,
    excluded: Vec<(Hit, LeftOut)>,
    base: Option<Arc<KnowledgeBase>>,
    embedder: Option<Arc<dyn Embedder>>,
}

impl Retrieved {
    /// Whether there is a knowledge base at all.
    #[must_use]
    pub fn indexed(&self) -> bool {
        self.base.is_some()
    }

    /// The question in the form that stands alone.
    fn asked(&self) -> &str {
        self.searched.last().map_or("", String::as_str)
    }

    /// What a model with this manner may read of it. Takes as long as the
    /// embedder takes for every sentence of the passages.
    ///
    /// # Errors
    /// Where the embedder fails.
    pub fn evidence(&self, manner: &Manner) -> Result<Evidence, EmbedError> {
        // Nothing was searched: the mode reads no sources.
        let Some(embedder) = self.embedder.as_deref() else { return Ok(Evidence::default()) };
        let options =
            EvidenceOptions { sentences: manner.sentences, hits: manner.hits, order: manner.order };
        // A transcript holds its passages, so they can be asked about even
        // where the knowledge base is gone.
        let stats = self.base.as_ref().map(|base| base.term_stats()).unwrap_or_default();
        let (hits, vector) = (&self.found.hits, &self.found.query_vector);
        let mut evidence = gather(self.asked(), vector, hits, embedder, &stats, options)?;
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
        Ok(evidence)
    }
}

/// Finds what may be read to answer a question.
///
/// # Errors
/// Where the knowledge base or the embedder fails.
pub async fn retrieve(library: &Library, question: &Question) -> Result<Retrieved, KnowledgeError> {
    if matches!(question.passages, Passages::None) {
        return Ok(Retrieved::default());
    }
    let base = library.base().await?;
    let mut readings = followup::readings(&question.text, &question.before);
    let (found, excluded) = match (&question.passages, &base) {
        (Passages::Exactly { hits, excluded }, _) => {
            readings.truncate(1);
            let asked = readings.first().unwrap_or(&question.text);
            let query_vector = embed_query(library.embedder(), asked).await?;
            let timings = SearchTimings::default();
            (Found { hits: hits.clone(), query_vector, timings }, excluded.clone())
        }
        (Passages::Search(options), Some(base)) => {
            let found = search(base, &question.text, &mut readings, options).await?;
            (found, Vec::new())
        }
        _ => Default::default(),
    };
    let mut searched = vec![question.text.clone()];
    searched.append(&mut readings);
    let found = match &question.beside {
        Some(beside) => {
            let limit = match &question.passages {
                Passages::Search(options) => options.limit,
                _ => found.hits.len() + BESIDE_HITS,
            };
            let asked = searched.last().unwrap_or(&question.text).clone();
            join(library, base.clone(), Arc::clone(beside), asked, found, limit).await?
        }
        None => found,
    };
    let embedder = Some(Arc::clone(library.embedder()));
    Ok(Retrieved { found, searched, excluded, base, embedder })
}

/// Puts passages of a text beside those that were found.
async fn join(
    library: &Library,
    base: Option<Arc<KnowledgeBase>>,
    beside: Arc<Beside>,
    asked: String,
    mut found: Found,
    limit: usize,
) -> Result<Found, EmbedError> {
    let embedder = Arc::clone(library.embedder());
    let joining = tokio::task::spawn_blocking(move || {
        if found.query_vector.is_empty() {
            found.query_vector = embedder.embed_query(&asked)?;
        }
        let stats = base.map(|base| base.term_stats()).unwrap_or_default();
        beside.join(&asked, found, embedder.as_ref(), &stats, limit)
    });
    joining.await.map_err(|error| EmbedError::Failed(error.to_string()))?
}

/// Searches a question as it stands and in the form that stands alone. Of
/// several such readings the one that the passages support best stays.
async fn search(
    base: &Arc<KnowledgeBase>,
    question: &str,
    readings: &mut Vec<String>,
    options: &SearchOptions,
) -> Result<Found, KnowledgeError> {
    let alone = base.search(question, options).await?;
    let mut best: Option<(f32, Found, String)> = None;
    let several = readings.len() > 1;
    for reading in readings.drain(..) {
        let found = base.search(&reading, options).await?.joined(&alone, options.limit);
        let support = if several { support(base, &reading, &found).await? } else { 0.0 };
        if best.as_ref().is_none_or(|(most, ..)| support > *most) {
            best = Some((support, found, reading));
        }
    }
    Ok(match best {
        Some((_, found, reading)) => {
            readings.push(reading);
            found
        }
        None => alone,
    })
}

/// How probable it is that passages answer a reading of a question.
async fn support(
    base: &Arc<KnowledgeBase>,
    reading: &str,
    found: &Found,
) -> Result<f32, EmbedError> {
    let (base, reading, found) = (Arc::clone(base), reading.to_owned(), found.clone());
    let gathering = tokio::task::spawn_blocking(move || {
        let (stats, embedder) = (base.term_stats(), base.embedder().as_ref());
        let options = EvidenceOptions { sentences: 0, hits: 0, order: Order::Best };
        gather(&reading, &found.query_vector, &found.hits, embedder, &stats, options)
    });
    let gathered = gathering.await.map_err(|error| EmbedError::Failed(error.to_string()))?;
    Ok(gathered?.answers)
}

/// What a reader gets to read of what was found, and how it is talked to then:
/// a small window or a slow model make do with the best sentences.
///
/// # Errors
/// Where the embedder fails.
pub async fn read(
    question: &Question,
    retrieved: &Arc<Retrieved>,
    reader: Reader<'_>,
) -> Result<(Manner, Evidence), EmbedError> {
    let Reader { engine, settings, speeds, .. } = reader;
    let history = question.history.as_slice();
    let (budget, manner) = aside(|| {
        let asked = &question.text;
        let budget = budget(speeds, engine, reader.manner, settings, asked, history);
        (budget, reduced(reader.manner, engine, &retrieved.found.hits, budget))
    });
    if let Some(continued) = &question.continued {
        // A continued answer keeps its sources and their numbers.
        let sources = continued.sources.clone();
        return Ok((manner, Evidence { sources, answers: 1.0, ..Evidence::default() }));
    }
    let (retrieved, as_read) = (Arc::clone(retrieved), manner.clone());
    let gathering = tokio::task::spawn_blocking(move || retrieved.evidence(&as_read));
    let gathered = gathering.await.map_err(|error| EmbedError::Failed(error.to_string()))?;
    let mut evidence = gathered?;
    if let Some(budget) = budget {
        aside(|| fit(&mut evidence, engine, budget));
    }
    Ok((manner, evidence))
}

/// Answers a question from what was found. `on_event` is told what happens, in
/// order. Dropping the future cancels.
///
/// # Errors
/// Where the embedder or the model fails, or the model can't be held to quotes.
pub async fn answer(
    question: &Question,
    retrieved: &Arc<Retrieved>,
    reader: Reader<'_>,
    on_event: &mut (dyn FnMut(AskEvent<'_>) + Send),
) -> Result<Answer, AnswerError> {
    let Reader { engine, settings, mode, strategy, adapter, speeds, .. } = reader;
    let (manner, evidence) = read(question, retrieved, reader).await?;
    // Where the model sees no earlier turns, it has to be told what the question
    // leans on.
    let asked = match retrieved.asked() {
        asked if !manner.history && !asked.is_empty() => asked,
        _ => &question.text,
    };
    let ask = Ask {
        question: asked,
        history: &question.history,
        evidence,
        search: retrieved.found.timings,
        engine,
        manner: &manner,
        settings,
        mode,
        strategy,
        adapter,
        embedder: retrieved.embedder.as_deref(),
        continued: question.continued.as_ref().map(|continued| continued.text.as_str()),
    };
    let mut answer = run::answer(ask, on_event).await?;
    answer.question.clone_from(&question.text);
    answer.searched.clone_from(&retrieved.searched);
    let stats = &answer.generation;
    if let Some(speeds) = speeds.filter(|_| stats.completion_tokens > 0) {
        // What was in the cache already took no time.
        let read = stats.prompt_tokens.saturating_sub(stats.reused_tokens);
        speeds.remember(engine, read, stats.prompt_tokens_per_s);
    }
    Ok(answer)
}
