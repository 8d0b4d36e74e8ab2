//! Who makes rows, and the rows of one question.

use super::asked::Asked;
use super::sources;
use crate::answer::{Passages, Question, Reader, Retrieved, read, retrieve};
use crate::data::filter::{Dropped, Reason};
use crate::data::row::{Form, Row};
use crate::domain::Hit;
use crate::engine::prompt::harmless;
use crate::knowledge::KnowledgeError;
use crate::knowledge::embed::EmbedError;
use crate::knowledge::evidence::Evidence;
use crate::knowledge::library::Library;
use crate::knowledge::search::SearchOptions;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

/// Questions that are looked up at once.
pub(super) const AT_ONCE: usize = 4;

/// Share of the questions that get sources without the answer.
const REFUSALS: f64 = 0.2;

/// With what and for whom rows are made.
pub struct Maker<'a> {
    /// The documents.
    pub library: &'a Library,
    /// How they are searched.
    pub search: SearchOptions,
    /// Who will read the rows.
    pub reader: Reader<'a>,
    /// What the documents were named by; their paths are told from there.
    pub roots: Vec<PathBuf>,
    /// Which forms every question gets.
    pub forms: Vec<Form>,
    /// Most questions.
    pub most: Option<usize>,
    /// Most tokens of a prompt and its target; no limit where `None`.
    pub longest: Option<usize>,
    /// Decides what is left to chance.
    pub seed: u64,
}

/// What was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Documents that were read, or questions of the set.
    pub read: usize,
    /// Questions that were looked at.
    pub asked: usize,
    /// Those that were dropped, by reason.
    pub dropped: Dropped,
    /// Those that became rows.
    pub kept: usize,
    /// Of these, the ones whose sources don't hold the answer.
    pub refusals: usize,
}

impl Report {
    /// Whether the next question is due to get sources without its answer, so
    /// that about a fifth of all do.
    pub(super) fn refusal_due(&self) -> bool {
        let due = (self.kept + 1) as f64 * REFUSALS;
        due as usize > self.refusals
    }
}

/// What goes wrong while rows are made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// The knowledge base or the embedder.
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
    /// The embedder.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The table.
    #[error(transparent)]
    Store(#[from] crate::knowledge::store::StoreError),
    /// There is nothing to make rows from.
    #[error("nothing is indexed below these paths, so there is nothing to ask about")]
    NothingIndexed,
}

/// Told how far it is: done, of how many.
pub type OnProgress<'a> = dyn FnMut(usize, usize) + Send + 'a;

/// What a search brought for a question.
pub(super) struct Looked {
    pub(super) retrieved: Arc<Retrieved>,
    pub(super) evidence: Evidence,
}

impl Maker<'_> {
    /// What the reader would get for a question.
    async fn look(&self, question: &str, passages: Passages) -> Result<Looked, MakeError> {
        let asked = Question::new(question, passages);
        let retrieved = Arc::new(retrieve(self.library, &asked).await?);
        let (_, evidence) = read(&asked, &retrieved, self.reader).await?;
        Ok(Looked { retrieved, evidence })
    }

    pub(super) async fn search(&self, question: &str) -> Result<Looked, MakeError> {
        self.look(question, Passages::Search(self.search.clone())).await
    }

    /// The same without these passages.
    async fn without(
        &self,
        question: &str,
        looked: &Looked,
        dropped: impl Fn(&Hit) -> bool,
    ) -> Result<Looked, MakeError> {
        let all = looked.retrieved.found.hits.iter();
        let hits = all.filter(|hit| !dropped(hit)).cloned().collect();
        self.look(question, Passages::Exactly { hits, excluded: Vec::new() }).await
    }

    /// What chance decides for a question, the same in every run.
    fn chance(&self, question: &str) -> fastrand::Rng {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.seed.to_le_bytes()).update(question.as_bytes());
        let hash = hasher.finalize();
        let bytes: [u8; 8] = hash.as_bytes().first_chunk().copied().unwrap_or_default();
        fastrand::Rng::with_seed(u64::from_le_bytes(bytes))
    }

    /// The rows of a question, in each of the forms; or why there are none. With
    /// `refuse` its sources don't hold the answer, if that can be.
    pub(super) async fn rows(
        &self,
        asked: &Asked,
        looked: &Looked,
        refuse: bool,
    ) -> Result<Made, MakeError> {
        let mut rows = Vec::new();
        let mut refused = false;
        for form in &self.forms {
            let row = match form {
                Form::Rag => {
                    let (row, refuses) = self.with_sources(asked, looked, refuse).await?;
                    refused = refuses;
                    row
                }
                Form::Alone => asked.golden.as_ref().map(|golden| Row {
                    answer: harmless(&asked.answer),
                    section: golden.chunk.heading_line(),
                    ..Row::default()
                }),
                Form::Given => None,
            };
            let Some(mut row) = row else { continue };
            // As the model reads it: marks of the documents are no citations.
            for source in &mut row.sources {
                source.text = harmless(&source.text);
            }
            let row = Row {
                id: Row::name(asked.document.as_deref(), &asked.question, *form),
                question: asked.question.clone(),
                answers: asked.references.clone(),
                document: asked.document.clone(),
                form: *form,
                answerable: asked.golden.is_some(),
                ..row
            };
            if self.is_long(&row) {
                return Ok(Err(Reason::Long));
            }
            rows.push(row);
        }
        Ok(Ok(Rows { rows, refused }))
    }

    /// The sources and the target of a row, and whether it refuses.
    async fn with_sources(
        &self,
        asked: &Asked,
        looked: &Looked,
        refuse: bool,
    ) -> Result<(Option<Row>, bool), MakeError> {
        let manner = self.reader.manner;
        let mut chance = self.chance(&asked.question);
        let refusal = |sources| {
            let answer = manner.no_answer.clone();
            (Some(Row { answer, sources, ..Row::default() }), true)
        };
        let Some(golden) = &asked.golden else {
            let sources = sources::others(&looked.evidence, None, &self.roots);
            return Ok(if sources.is_empty() { (None, false) } else { refusal(sources) });
        };
        if refuse {
            let dropped = |hit: &Hit| sources::answers(hit, golden, asked);
            let others = self.without(&asked.question, looked, dropped).await?;
            let sources = sources::others(&others.evidence, Some(asked), &self.roots);
            // Where others answer as well, saying that they don't would be wrong.
            let open = others.evidence.answers < sources::NO_ANSWER
                && !sources::speak_of(&sources, &asked.question);
            if open && !sources.is_empty() {
                return Ok(refusal(sources));
            }
        }
        let (sources, number) =
            sources::with_golden(&looked.evidence, golden, asked, &self.roots, &mut chance);
        let template = &manner.quote_template;
        let answer = template
            .replace("{n}", &number.to_string())
            .replace("{quote}", &harmless(&asked.answer));
        let section = golden.chunk.heading_line();
        Ok((Some(Row { answer, sources, section, ..Row::default() }), false))
    }

    fn is_long(&self, row: &Row) -> bool {
        let Some(longest) = self.longest else { return false };
        let engine = self.reader.engine;
        let messages = row.conversation(self.reader.manner);
        messages.iter().map(|message| engine.count(&message.text)).sum::<usize>() > longest
    }
}

/// The rows of a question, or why there are none.
pub(super) type Made = Result<Rows, Reason>;

pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) refused: bool,
}
