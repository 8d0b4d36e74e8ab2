//! Rows from the questions of an evaluation: question and reference are given,
//! the passage that answers is found by them.

use super::asked::{Asked, Golden};
use super::maker::{AT_ONCE, Looked, MakeError, Maker, OnProgress, Report};
use crate::data::filter::Reason;
use crate::data::row::Row;
use crate::data::split::folded;
use crate::domain::{Chunk, UnitKind};
use crate::eval::dataset::{Question, is_document};
use crate::knowledge::search::KnowledgeBase;
use crate::knowledge::sentences::{one_line, sentences, unquoted_lines};
use futures::StreamExt;
use std::collections::{HashMap, HashSet};

/// Most words of a target.
const LONGEST: usize = 80;

/// A sentence is a good part of a longer reference from this length on, in
/// bytes.
const PART: usize = 40;

/// Makes rows from questions with references. Their order is kept.
///
/// # Errors
/// Where the knowledge base or the embedder fails.
pub async fn from_set(
    maker: &Maker<'_>,
    questions: &[Question],
    on_progress: &mut OnProgress<'_>,
) -> Result<(Vec<Row>, Report), MakeError> {
    let base = maker.library.base().await?.ok_or(MakeError::NothingIndexed)?;
    let mut documents = Documents::of(&base).await?;
    let mut report = Report { read: questions.len(), ..Report::default() };
    let mut chosen: Vec<usize> = (0..questions.len()).collect();
    if let Some(most) = maker.most
        && most < chosen.len()
    {
        // Not only the first ones, which may all be of one document.
        fastrand::Rng::with_seed(maker.seed).shuffle(&mut chosen);
    }
    let mut rows: Vec<(usize, Row)> = Vec::new();
    let mut seen = HashSet::new();
    let mut done = 0;
    for part in chosen.chunks(AT_ONCE) {
        if maker.most.is_some_and(|most| report.kept >= most) {
            break;
        }
        on_progress(done, chosen.len());
        done += part.len();
        let mut open: Vec<(usize, &Question)> = Vec::new();
        for &at in part {
            let Some(question) = questions.get(at) else { continue };
            // The same question of another document is another one.
            let key = (folded(&question.question), question.path.clone());
            if seen.insert(key) {
                open.push((at, question));
            } else {
                report.asked += 1;
                report.dropped.add(Reason::Double);
            }
        }
        let searches: Vec<_> =
            open.iter().map(|(_, question)| maker.search(&question.question)).collect();
        let looked: Vec<_> = futures::stream::iter(searches).buffered(AT_ONCE).collect().await;
        for ((at, question), looked) in open.into_iter().zip(looked) {
            if maker.most.is_some_and(|most| report.kept >= most) {
                break;
            }
            let looked = looked?;
            report.asked += 1;
            let golden = if question.answerable {
                match golden(question, &looked, &mut documents, &base).await? {
                    Some(golden) => Some(golden),
                    None => {
                        report.dropped.add(Reason::NoPassage);
                        continue;
                    }
                }
            } else {
                None
            };
            let (golden, answer) = golden.unzip();
            let asked = Asked {
                question: question.question.trim().to_owned(),
                answer: answer.unwrap_or_default(),
                references: question.answers.clone(),
                golden,
                document: question.path.clone(),
            };
            match maker.rows(&asked, &looked, report.refusal_due()).await? {
                Ok(made) if made.rows.is_empty() => report.dropped.add(Reason::NoPassage),
                Ok(made) => {
                    report.kept += 1;
                    report.refusals += usize::from(made.refused);
                    rows.extend(made.rows.into_iter().map(|row| (at, row)));
                }
                Err(reason) => report.dropped.add(reason),
            }
        }
    }
    on_progress(chosen.len(), chosen.len());
    rows.sort_by_key(|(at, _)| *at);
    Ok((rows.into_iter().map(|(_, row)| row).collect(), report))
}

/// The passage that holds a reference, and the reference as a target: among what
/// was found, else in the document that the question names.
async fn golden(
    question: &Question,
    looked: &Looked,
    documents: &mut Documents,
    base: &KnowledgeBase,
) -> Result<Option<(Golden, String)>, MakeError> {
    let right = |path: &str| question.path.as_ref().is_none_or(|end| is_document(path, end));
    let hits = looked.retrieved.found.hits.iter().map(|hit| &hit.chunk);
    if let Some(found) = best(hits.filter(|chunk| right(&chunk.path)), &question.answers) {
        return Ok(Some(found));
    }
    let Some(end) = &question.path else { return Ok(None) };
    let chunks = documents.passages(end, base).await?;
    Ok(best(chunks.iter(), &question.answers))
}

/// Of passages the one that holds the most of a reference.
fn best<'a>(
    chunks: impl Iterator<Item = &'a Chunk>,
    references: &[String],
) -> Option<(Golden, String)> {
    let mut found: Option<(usize, Golden, String)> = None;
    for chunk in chunks {
        let text = one_line(&chunk.text);
        for reference in references {
            let reference = one_line(reference);
            let bare = reference.trim_end_matches('.');
            let words = reference.split_whitespace().count();
            if bare.is_empty() || words > LONGEST || !text.contains(bare) {
                continue;
            }
            let length = reference.len();
            if found.as_ref().is_some_and(|(most, ..)| *most >= length) {
                continue;
            }
            let sentences = holding(chunk, bare);
            if !sentences.is_empty() {
                let golden = Golden { chunk: chunk.clone(), sentences };
                found = Some((length, golden, reference.clone()));
            }
        }
    }
    found.map(|(_, golden, reference)| (golden, ended(reference)))
}

/// The sentences of a passage that hold a reference, or that a longer one holds.
fn holding(chunk: &Chunk, reference: &str) -> Vec<String> {
    let units: Vec<String> = if chunk.units.is_empty() {
        let ranges = sentences(&chunk.text).into_iter();
        ranges.filter_map(|range| chunk.text.get(range).map(one_line)).collect()
    } else {
        let raw = |unit: &crate::domain::Unit| {
            let raw = chunk.text.get(unit.within.start..unit.within.end)?;
            let prose = unit.kind == UnitKind::Sentence;
            Some(one_line(&if prose { unquoted_lines(raw) } else { raw.to_owned() }))
        };
        chunk.units.iter().filter_map(raw).collect()
    };
    if let Some(whole) = units.iter().find(|unit| unit.contains(reference)) {
        return vec![whole.clone()];
    }
    let part =
        |unit: &&String| unit.len() >= PART && reference.contains(unit.trim_end_matches('.'));
    units.iter().filter(part).cloned().collect()
}

/// A sentence with its mark at the end; a bare name or number as it is.
fn ended(reference: String) -> String {
    let capital = reference.chars().next().is_some_and(char::is_uppercase);
    let sentence = capital && reference.split_whitespace().count() > 5;
    let open = reference.ends_with(|c: char| c.is_alphanumeric());
    if sentence && open { format!("{reference}.") } else { reference }
}

/// The documents of the knowledge base, by the ends of their paths.
struct Documents {
    files: Vec<(String, String)>,
    read: HashMap<String, Vec<Chunk>>,
}

impl Documents {
    async fn of(base: &KnowledgeBase) -> Result<Self, MakeError> {
        let files = base.store().files().await?;
        let files = files.into_iter().map(|file| (file.collection, file.path)).collect();
        Ok(Self { files, read: HashMap::new() })
    }

    /// The passages of the document with this end of its path.
    async fn passages(&mut self, end: &str, base: &KnowledgeBase) -> Result<&[Chunk], MakeError> {
        if !self.read.contains_key(end) {
            let keys: Vec<(String, String)> =
                self.files.iter().filter(|(_, path)| is_document(path, end)).cloned().collect();
            let chunks = base.store().passages(&keys).await?;
            self.read.insert(end.to_owned(), chunks);
        }
        Ok(self.read.get(end).map(Vec::as_slice).unwrap_or_default())
    }
}
