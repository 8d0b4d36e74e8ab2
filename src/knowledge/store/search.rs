//! The two legs of a search, on one snapshot of the table.
//!
//! Each leg asks for row ids and distances or scores only, which needs no
//! reading of rows at all. The passages of the few winners are fetched
//! afterwards by row id, which is a read of some pages. Together that is faster
//! than legs that carry fifty passages each, of which most are thrown away.
//!
//! Without a vector index the vectors are compared by dot product. All stored
//! vectors have length one, or zero where a text has no known word; the
//! distance is then the cosine distance, and 1 for a zero vector. The cosine
//! of a zero vector would be no number, and sort before all others.

mod queries;

use super::cache::{Cache, Indexes};
use super::filter::{Filter, Scope};
use super::key::RowKey;
use super::legs::Legs;
use super::rows::{typed, unit};
use super::schema::column;
use super::{Store, StoreError, WriterLock};
use crate::knowledge::analysis::FullText;
use arrow::array::{Float32Array, RecordBatch, UInt64Array};
use lancedb::Table;
use lancedb::index::IndexType;
use lancedb::index::scalar::FtsQuery;
use queries::{full_text_leg, full_text_query, vector_leg};
use std::cmp::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

impl Store {
    /// Runs both legs, at the same time and on the same version of the table:
    /// the chunks nearest to `vector`, and those that match `text` best, up to
    /// `candidates` each. A leg without a question, or with one that holds
    /// nothing to look for, is empty.
    ///
    /// If the full-text index is missing, it is made first where this process
    /// may write; otherwise all texts are scanned, which is slower.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a vector of the wrong length,
    /// [`StoreError::Glob`] for a bad glob, and errors of reading.
    pub async fn search(
        &self,
        vector: Option<&[f32]>,
        text: Option<&FullText>,
        filter: &Filter,
        candidates: usize,
    ) -> Result<Legs, StoreError> {
        let vector = vector.map(|vector| self.question(vector)).transpose()?;
        let vector = vector.flatten();
        let text = text.and_then(|text| full_text_query(text, self.is_old()));
        let (vector, text) = (vector.as_deref(), text.as_ref());
        match self.search_once(vector, text, filter, candidates).await {
            // Another process may have cleaned up files of the version that
            // this one still held; the newest version has all of its files.
            Err(StoreError::Database { .. } | StoreError::Io { .. }) => {
                self.refresh("search").await?;
                self.search_once(vector, text, filter, candidates).await
            }
            result => result,
        }
    }

    async fn search_once(
        &self,
        vector: Option<&[f32]>,
        text: Option<&FtsQuery>,
        filter: &Filter,
        candidates: usize,
    ) -> Result<Legs, StoreError> {
        let mut legs = Legs {
            vector: Vec::new(),
            full_text: Vec::new(),
            vector_time: Duration::ZERO,
            full_text_time: Duration::ZERO,
            snapshot: None,
            dir: self.dir.clone(),
            old: self.is_old(),
        };
        if (vector.is_none() && text.is_none()) || candidates == 0 {
            return Ok(legs);
        }
        let failed = |error| StoreError::database("search", &self.dir, error);
        let mut snapshot = self.table.query_snapshot().await.map_err(failed)?;
        if snapshot.count_rows(None).await.map_err(failed)? == 0 {
            return Ok(legs);
        }
        let mut indexes = self.indexes(&snapshot).await?;
        if text.is_some() && !indexes.full_text && self.make_full_text_index().await {
            snapshot = self.table.query_snapshot().await.map_err(failed)?;
            indexes = self.indexes(&snapshot).await?;
        }
        let condition = match self.scope(&snapshot, filter).await? {
            Scope::Everything => None,
            Scope::Nothing => return Ok(legs),
            Scope::Where(sql) => Some(sql),
        };
        let full_text = text.map(|text| {
            let (snapshot, condition) = (snapshot.clone(), condition.clone());
            tokio::spawn(full_text_leg(snapshot, text.clone(), condition, candidates))
        });
        if let Some(vector) = vector {
            let started = Instant::now();
            let batches = vector_leg(&snapshot, vector, condition, candidates, indexes.vector)
                .await
                .map_err(failed)?;
            legs.vector = self.ranked(&batches, column::DISTANCE, f32::total_cmp)?;
            legs.vector_time = started.elapsed();
        }
        if let Some(task) = full_text {
            let (batches, time) = match task.await {
                Ok(result) => result.map_err(failed)?,
                Err(error) => {
                    return Err(StoreError::io("search", &self.dir, std::io::Error::other(error)));
                }
            };
            legs.full_text = self.ranked(&batches, column::SCORE, |a, b| b.total_cmp(a))?;
            legs.full_text_time = time;
        }
        legs.snapshot = Some(snapshot);
        Ok(legs)
    }

    /// Row ids with their value, in the order of the values; rows that are
    /// equal come in an order that doesn't depend on chance.
    fn ranked(
        &self,
        batches: &[RecordBatch],
        value: &str,
        order: impl Fn(&f32, &f32) -> Ordering,
    ) -> Result<Vec<(RowKey, f32)>, StoreError> {
        let mut found = Vec::new();
        for batch in batches {
            let ids = typed::<UInt64Array>(batch, column::ROW_ID, &self.dir)?;
            let values = typed::<Float32Array>(batch, value, &self.dir)?;
            let pairs = ids.values().iter().zip(values.values());
            found.extend(
                pairs
                    .filter(|(_, value)| value.is_finite())
                    .map(|(id, value)| (RowKey(*id), *value)),
            );
        }
        found.sort_by(|a: &(RowKey, f32), b| order(&a.1, &b.1).then(a.0.cmp(&b.0)));
        Ok(found)
    }

    /// A question's vector at length one; `None` for the zero vector, which
    /// is equally far from everything.
    fn question(&self, vector: &[f32]) -> Result<Option<Vec<f32>>, StoreError> {
        if vector.len() != self.identity.dimension {
            return Err(StoreError::Invalid(format!(
                "the question's vector has length {}, and the knowledge base holds vectors of \
                 length {}; run `lorag kb reembed`",
                vector.len(),
                self.identity.dimension
            )));
        }
        Ok(unit(vector).filter(|vector| vector.iter().any(|x| *x != 0.0)))
    }

    async fn scope(&self, snapshot: &Table, filter: &Filter) -> Result<Scope, StoreError> {
        if !filter.needs_paths() {
            return filter.scope(&[]);
        }
        let version = self.version_of(snapshot).await?;
        let known = self.cache().paths.clone();
        let paths = match known {
            Some((of, paths)) if of == version => paths,
            _ => {
                let paths = Arc::new(self.scan_paths(snapshot).await?);
                self.cache().paths = Some((version, paths.clone()));
                paths
            }
        };
        filter.scope(&paths)
    }

    async fn indexes(&self, snapshot: &Table) -> Result<Indexes, StoreError> {
        let version = self.version_of(snapshot).await?;
        let known = self.cache().indexes;
        if let Some((of, indexes)) = known
            && of == version
        {
            return Ok(indexes);
        }
        let list = snapshot
            .list_indices()
            .await
            .map_err(|error| StoreError::database("search", &self.dir, error))?;
        let has = |wanted: IndexType| list.iter().any(|index| index.index_type == wanted);
        let indexes = Indexes { full_text: has(IndexType::FTS), vector: has(IndexType::IvfPq) };
        self.cache().indexes = Some((version, indexes));
        Ok(indexes)
    }

    async fn version_of(&self, snapshot: &Table) -> Result<u64, StoreError> {
        snapshot.version().await.map_err(|error| StoreError::database("search", &self.dir, error))
    }

    /// Makes the full-text index that an interrupted ingest left out. Gives
    /// whether there is one now; a failure is no reason not to search.
    async fn make_full_text_index(&self) -> bool {
        if self.cache().gave_up {
            return false;
        }
        match self.try_full_text_index().await {
            Ok(made) => made,
            Err(error) => {
                tracing::debug!("searching without a full-text index: {error}");
                self.cache().gave_up = true;
                false
            }
        }
    }

    async fn try_full_text_index(&self) -> Result<bool, StoreError> {
        let Some(_lock) = WriterLock::acquire(&self.location)? else {
            return Ok(false);
        };
        self.refresh("index").await?;
        self.ensure_full_text_index().await?;
        Ok(true)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        // What is cached is whole at any moment, even after a panic.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
