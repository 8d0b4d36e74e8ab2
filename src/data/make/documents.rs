//! Questions from documents, each looked up again.

use super::asked::{Asked, Golden, document_name};
use super::maker::{AT_ONCE, Looked, MakeError, Maker, OnProgress, Report};
use crate::data::filter::{Reason, by_words, is_answer};
use crate::data::question::{Statement, questions};
use crate::data::row::Row;
use crate::data::split::folded;
use crate::data::writer::Writer;
use crate::domain::{Chunk, UnitKind};
use crate::knowledge::rank::dot;
use crate::knowledge::search::KnowledgeBase;
use crate::knowledge::sentences::{one_line, unquoted_lines};
use futures::StreamExt;
use std::collections::HashSet;

/// Files whose passages are read at once.
const FILES_AT_ONCE: usize = 64;

/// First hits among which a passage has to be.
const FIRST: usize = 3;

/// From this cosine on two questions are nearly the same.
const NEAR: f32 = 0.9;

/// Who writes the questions.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// Rules.
    Rules,
    /// A model.
    Model(&'a Writer<'a>),
    /// Rules, and a model where none fits.
    Both(&'a Writer<'a>),
}

/// A statement of a passage, with the questions to it.
struct Stated {
    chunk: usize,
    text: String,
    section: String,
    questions: Vec<String>,
}

/// Makes rows from the documents that the search is limited to.
///
/// # Errors
/// Where the knowledge base, the embedder or the model fails.
pub async fn from_documents(
    maker: &Maker<'_>,
    by: By<'_>,
    on_progress: &mut OnProgress<'_>,
) -> Result<(Vec<Row>, Report), MakeError> {
    let base = maker.library.base().await?.ok_or(MakeError::NothingIndexed)?;
    let (chunks, files) = passages(maker, &base).await?;
    if chunks.is_empty() {
        return Err(MakeError::NothingIndexed);
    }
    let mut report = Report { read: files, ..Report::default() };
    let mut stated = statements(&chunks, by);
    let mut chance = fastrand::Rng::with_seed(maker.seed);
    if maker.most.is_some() || !matches!(by, By::Rules) {
        // Of all documents alike, however many are wanted.
        chance.shuffle(&mut stated);
    }
    let mut seen = HashSet::new();
    let mut rows: Vec<(usize, Row)> = Vec::new();
    let mut vectors: Vec<(Vec<f32>, HashSet<String>)> = Vec::new();
    let count = stated.len();
    for (done, part) in stated.chunks(AT_ONCE).enumerate() {
        if maker.most.is_some_and(|most| report.kept >= most) {
            break;
        }
        on_progress((done * AT_ONCE).min(count), count);
        let mut asked: Vec<(usize, Asked)> = Vec::new();
        for statement in part {
            let (written, by_rule) = match by {
                By::Model(writer) => (written(writer, statement).await, false),
                By::Both(writer) if statement.questions.is_empty() => {
                    (written(writer, statement).await, false)
                }
                By::Rules | By::Both(_) => (statement.questions.clone(), true),
            };
            for question in written {
                let reason = by_words(&question, &statement.text, by_rule)
                    .or_else(|| (!seen.insert(folded(&question))).then_some(Reason::Double));
                if let Some(reason) = reason {
                    report.asked += 1;
                    report.dropped.add(reason);
                } else if let Some(chunk) = chunks.get(statement.chunk) {
                    asked.push((statement.chunk, of(question, statement, chunk, maker)));
                }
            }
        }
        let searches: Vec<_> =
            asked.iter().map(|(_, asked)| maker.search(&asked.question)).collect();
        let looked: Vec<_> = futures::stream::iter(searches).buffered(AT_ONCE).collect().await;
        for ((at, asked), looked) in asked.iter().zip(looked) {
            if maker.most.is_some_and(|most| report.kept >= most) {
                break;
            }
            let looked = looked?;
            report.asked += 1;
            if let Some(reason) = not_again(asked, &looked) {
                report.dropped.add(reason);
                continue;
            }
            let vector = base.embed(&asked.question).await.map_err(MakeError::Embed)?;
            let named = names(&asked.question);
            if vectors.iter().any(|(other, its)| *its == named && dot(other, &vector) > NEAR) {
                report.dropped.add(Reason::Double);
                continue;
            }
            match maker.rows(asked, &looked, report.refusal_due()).await? {
                Ok(made) => {
                    vectors.push((vector, named));
                    report.kept += 1;
                    report.refusals += usize::from(made.refused);
                    rows.extend(made.rows.into_iter().map(|row| (*at, row)));
                }
                Err(reason) => report.dropped.add(reason),
            }
        }
    }
    on_progress(count, count);
    // Stable, so that the forms of a question stay together.
    rows.sort_by_key(|(at, _)| *at);
    Ok((rows.into_iter().map(|(_, row)| row).collect(), report))
}

/// The passages that the search is limited to, by document, and how many
/// documents there are.
async fn passages(
    maker: &Maker<'_>,
    base: &KnowledgeBase,
) -> Result<(Vec<Chunk>, usize), MakeError> {
    let filter = &maker.search.filter;
    let under = |path: &str| {
        let path = std::path::Path::new(path);
        filter.under.is_empty() || filter.under.iter().any(|folder| path.starts_with(folder))
    };
    let mut keys: Vec<(String, String)> = Vec::new();
    for file in base.store().files().await? {
        let collected = filter.collection.as_ref().is_none_or(|name| *name == file.collection);
        if collected && under(&file.path) {
            keys.push((file.collection, file.path));
        }
    }
    let mut chunks = Vec::new();
    for some in keys.chunks(FILES_AT_ONCE) {
        chunks.extend(base.store().passages(some).await?);
    }
    Ok((chunks, keys.len()))
}

/// The statements of passages that stand alone, each once, with the questions
/// that rules make.
fn statements(chunks: &[Chunk], by: By<'_>) -> Vec<Stated> {
    let known = common(chunks);
    let common = |word: &str| known.contains(word);
    let mut out = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut heading: Option<(&str, &[String])> = None;
    for (at, chunk) in chunks.iter().enumerate() {
        let above = (chunk.path.as_str(), chunk.heading.as_slice());
        // Where small sections share a passage, its heading is none of theirs.
        let joined = chunk.heading.last().is_some_and(|last| last.contains(" · "));
        let mut first = heading != Some(above) && !joined;
        heading = Some(above);
        for unit in &chunk.units {
            let Some(raw) = chunk.text.get(unit.within.start..unit.within.end) else { continue };
            let row = unit.kind == UnitKind::Row;
            let text = if row { one_line(raw) } else { one_line(&unquoted_lines(raw)) };
            let title = chunk.heading.iter().any(|h| h.trim() == text);
            if title || unit.kind == UnitKind::Code || !seen.insert(text.clone()) {
                continue;
            }
            let opens = std::mem::take(&mut first);
            if !is_answer(&text) {
                continue;
            }
            let own = unit.context.as_str();
            let headings: Vec<String> = match own.is_empty() || !joined {
                true => chunk.heading.clone(),
                false => vec![own.to_owned()],
            };
            let statement =
                Statement { text: &text, headings: &headings, first: opens, row, common: &common };
            let questions =
                if matches!(by, By::Model(_)) { Vec::new() } else { questions(&statement) };
            if questions.is_empty() && matches!(by, By::Rules) {
                continue;
            }
            out.push(Stated { chunk: at, text, section: headings.join(" › "), questions });
        }
    }
    out
}

/// Words that are written with a small letter within a sentence.
fn common(chunks: &[Chunk]) -> HashSet<String> {
    let words = chunks.iter().flat_map(|chunk| chunk.text.split_whitespace());
    words
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty() && word.chars().all(char::is_lowercase))
        .map(str::to_owned)
        .collect()
}

async fn written(writer: &Writer<'_>, statement: &Stated) -> Vec<String> {
    writer.question(&statement.section, &statement.text).await.into_iter().collect()
}

fn of(question: String, statement: &Stated, chunk: &Chunk, maker: &Maker<'_>) -> Asked {
    Asked {
        question,
        answer: statement.text.clone(),
        references: vec![statement.text.clone()],
        golden: Some(Golden { chunk: chunk.clone(), sentences: vec![statement.text.clone()] }),
        document: Some(document_name(&chunk.path, &maker.roots)),
    }
}

/// Why a question does not lead back to its answer, where it doesn't.
fn not_again(asked: &Asked, looked: &Looked) -> Option<Reason> {
    let golden = asked.golden.as_ref()?;
    let first = looked.retrieved.found.hits.iter().take(FIRST);
    let holds = |hit: &crate::domain::Hit| {
        hit.chunk.id == golden.chunk.id
            || (hit.chunk.path == golden.chunk.path
                && golden.sentences.iter().all(|s| one_line(&hit.chunk.text).contains(s.as_str())))
    };
    if !first.into_iter().any(holds) {
        return Some(Reason::NotFound);
    }
    let best = looked.evidence.signs.first().map(|signs| signs.text.as_str());
    let same = best.is_some_and(|best| golden.sentences.iter().any(|s| s == best));
    (!same).then_some(Reason::OtherSentence)
}

/// What a question names word for word: code and numbers. Questions that name
/// different things are different, however alike.
fn names(question: &str) -> HashSet<String> {
    let mut out: HashSet<String> =
        question.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let words = question.split_whitespace().skip(1);
    out.extend(
        words
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
            .filter(|word| word.chars().any(|c| c.is_uppercase() || c.is_ascii_digit()))
            .map(str::to_owned),
    );
    out
}
