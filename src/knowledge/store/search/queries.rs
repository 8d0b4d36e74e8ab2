//! The queries of the two legs, each for row ids and distances or scores only.

use crate::knowledge::analysis::FullText;
use crate::knowledge::store::maintain::old_full_text_parameters;
use crate::knowledge::store::read::batches_of;
use crate::knowledge::store::schema::column;
use arrow::array::RecordBatch;
use futures::TryStreamExt;
use lancedb::index::scalar::{BooleanQuery, FtsQuery, FullTextSearchQuery, MatchQuery, Occur};
use lancedb::query::{ExecutableQuery, QueryBase, Select};
use lancedb::{DistanceType, Table};
use std::time::{Duration, Instant};

/// Vectors that are compared in one piece: large enough that the pieces cost
/// nothing, small enough that two cores share the work.
const VECTOR_ROWS: u32 = 4096;

/// Characters of a question that full text looks at. More would only be
/// pasted text, which makes the search slow and no better.
const MOST_CHARACTERS: usize = 4096;

/// Partitions that a vector index searches.
const PROBES: usize = 32;

/// A vector index compares compressed vectors; this many times the candidates
/// are compared again exactly.
const REFINE: u32 = 10;

pub(super) async fn vector_leg(
    table: &Table,
    vector: &[f32],
    condition: Option<String>,
    candidates: usize,
    indexed: bool,
) -> Result<Vec<RecordBatch>, lancedb::Error> {
    let mut query = table
        .query()
        .nearest_to(vector)?
        .column(column::VECTOR)
        .select(Select::columns(&[column::ROW_ID, column::DISTANCE]))
        .limit(candidates);
    query = if indexed {
        query.distance_type(DistanceType::Cosine).nprobes(PROBES)?.refine_factor(REFINE)
    } else {
        query.distance_type(DistanceType::Dot).bypass_vector_index()
    };
    if let Some(sql) = condition {
        query = query.only_if(sql);
    }
    query.execute_with_options(batches_of(VECTOR_ROWS)).await?.try_collect().await
}

pub(super) async fn full_text_leg(
    table: Table,
    words: FtsQuery,
    condition: Option<String>,
    candidates: usize,
) -> Result<(Vec<RecordBatch>, Duration), lancedb::Error> {
    let started = Instant::now();
    let mut query = table
        .query()
        .full_text_search(FullTextSearchQuery::new_query(words))
        .select(Select::columns(&[column::ROW_ID, column::SCORE]))
        .limit(candidates);
    if let Some(sql) = condition {
        query = query.only_if(sql);
    }
    let batches = query.execute().await?.try_collect().await?;
    Ok((batches, started.elapsed()))
}

/// The query of a question's terms; `None` if there is nothing to look for.
/// Tables of format 1 are asked with the question as it was asked.
pub(super) fn full_text_query(text: &FullText, old: bool) -> Option<FtsQuery> {
    if old {
        let words = searchable(&text.asked)?;
        let query = MatchQuery::new(words).with_column(Some(column::SEARCH_TEXT.to_owned()));
        return Some(query.into());
    }
    let one = |(terms, weight): &(String, f32)| -> FtsQuery {
        MatchQuery::new(terms.clone())
            .with_column(Some(column::TERMS.to_owned()))
            .with_boost(*weight)
            .into()
    };
    match text.groups.as_slice() {
        [] => None,
        [(terms, _)] => Some(one(&(terms.clone(), 1.0))),
        groups => Some(BooleanQuery::new(groups.iter().map(|g| (Occur::Should, one(g)))).into()),
    }
}

/// The text that full text of format 1 can look for; `None` if no word is left
/// once stop words and signs are gone.
fn searchable(text: &str) -> Option<String> {
    let text: String = text.chars().take(MOST_CHARACTERS).collect();
    match lancedb::tokenize(&text, &old_full_text_parameters()) {
        Ok(words) => (!words.is_empty()).then_some(text),
        Err(error) => {
            tracing::debug!("cannot split a question into words: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_nothing_to_look_for() {
        for text in ["", "   ", "\"'(){}[]", "🦀", "&& || !"] {
            assert!(full_text_query(&FullText::of(text), false).is_none(), "{text:?}");
            assert!(full_text_query(&FullText::of(text), true).is_none(), "{text:?}");
        }
        for text in ["the of", "a:b AND (", "the handbook"] {
            assert!(full_text_query(&FullText::of(text), false).is_some(), "{text:?}");
        }
        assert!(full_text_query(&FullText::of("the of"), true).is_none());
    }

    #[test]
    fn a_long_question_is_cut_between_characters() {
        let cut = searchable(&"wörter ".repeat(10_000)).unwrap();
        assert_eq!(cut.chars().count(), MOST_CHARACTERS);
    }
}
