//! What a search found, and how its passages are read.
//!
//! Row ids are valid within one version of the table only, so the legs keep
//! the snapshot that they came from.

use super::StoreError;
use super::key::RowKey;
use super::rows::{chunk_columns, to_chunks, typed, unit};
use super::schema::column;
use crate::domain::Chunk;
use arrow::array::{Array, FixedSizeListArray, Float32Array, RecordBatch, UInt64Array};
use futures::TryStreamExt;
use lancedb::Table;
use lancedb::query::{ExecutableQuery, Select};
use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

/// What the two legs of a search found, and the snapshot they searched.
#[derive(Debug)]
pub struct Legs {
    /// The nearest chunks with their cosine distance, 0 to 2, nearest first.
    pub vector: Vec<(RowKey, f32)>,
    /// The chunks that match best with their BM25 score, best first.
    pub full_text: Vec<(RowKey, f32)>,
    /// How long the vector leg took.
    pub vector_time: Duration,
    /// How long the full-text leg took, beside the vector leg.
    pub full_text_time: Duration,
    pub(super) snapshot: Option<Table>,
    pub(super) dir: PathBuf,
    /// Whether the table is of format 1.
    pub(super) old: bool,
}

impl Legs {
    /// The chunks of these keys, in their order. The keys must come from these
    /// legs.
    ///
    /// # Errors
    /// Errors of reading.
    pub async fn fetch(&self, keys: &[RowKey]) -> Result<Vec<Chunk>, StoreError> {
        let mut found = HashMap::with_capacity(keys.len());
        for batch in self.take(keys, chunk_columns(self.old)).await? {
            found.extend(to_chunks(&batch, &self.dir)?);
        }
        Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
    }

    /// The exact cosine distance of each key's chunk to a question's vector:
    /// what the vector leg would say about chunks that only the full-text leg
    /// found. The keys must come from these legs.
    ///
    /// # Errors
    /// Errors of reading.
    pub async fn distances(
        &self,
        vector: &[f32],
        keys: &[RowKey],
    ) -> Result<Vec<Option<f32>>, StoreError> {
        let Some(question) = unit(vector) else {
            return Ok(vec![None; keys.len()]);
        };
        let mut found = HashMap::with_capacity(keys.len());
        for batch in self.take(keys, &[column::ROW_ID, column::VECTOR]).await? {
            let ids = typed::<UInt64Array>(&batch, column::ROW_ID, &self.dir)?;
            let vectors = typed::<FixedSizeListArray>(&batch, column::VECTOR, &self.dir)?;
            for row in 0..batch.num_rows() {
                let values = vectors.value(row);
                if let Some(values) = values.as_any().downcast_ref::<Float32Array>() {
                    let dot: f32 = values.values().iter().zip(&question).map(|(a, b)| a * b).sum();
                    found.insert(RowKey(ids.value(row)), 1.0 - dot);
                }
            }
        }
        Ok(keys.iter().map(|key| found.get(key).copied()).collect())
    }

    async fn take(
        &self,
        keys: &[RowKey],
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let Some(snapshot) = self.snapshot.as_ref().filter(|_| !keys.is_empty()) else {
            return Ok(Vec::new());
        };
        let failed = |error| StoreError::database("read", &self.dir, error);
        snapshot
            .take_row_ids(keys.iter().map(|key| key.0).collect())
            .select(Select::columns(columns))
            .execute()
            .await
            .map_err(failed)?
            .try_collect()
            .await
            .map_err(failed)
    }
}
