//! Passages by name: what a program reads that knows which it wants.

use super::filter::{chunk_sql, file_sql, files_sql};
use super::read::batches_of;
use super::rows::{chunk_columns, to_chunks};
use super::{Store, StoreError};
use crate::domain::Chunk;
use futures::TryStreamExt;
use lancedb::query::{ExecutableQuery, QueryBase, Select};

/// Rows that come in one piece.
const ROWS: u32 = 1024;

impl Store {
    /// The passage with this id.
    ///
    /// # Errors
    /// Errors of reading.
    pub async fn passage(&self, id: &str) -> Result<Option<Chunk>, StoreError> {
        Ok(self.passages_where(chunk_sql(id)).await?.pop())
    }

    /// All passages of these files, each named by collection and path, in that
    /// order and the order of the file.
    ///
    /// # Errors
    /// Errors of reading.
    pub async fn passages(&self, files: &[(String, String)]) -> Result<Vec<Chunk>, StoreError> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        self.passages_where(files_sql(files)).await
    }

    /// All passages of the file at this path, in every collection that holds it:
    /// by collection and the order of the file.
    ///
    /// # Errors
    /// Errors of reading.
    pub async fn passages_of(&self, path: &str) -> Result<Vec<Chunk>, StoreError> {
        self.passages_where(file_sql(path)).await
    }

    async fn passages_where(&self, condition: String) -> Result<Vec<Chunk>, StoreError> {
        let failed = |error| StoreError::database("read", &self.dir, error);
        let mut batches = self
            .table
            .query()
            .select(Select::columns(chunk_columns(self.is_old())))
            .only_if(condition)
            .execute_with_options(batches_of(ROWS))
            .await
            .map_err(failed)?;
        let mut chunks = Vec::new();
        while let Some(batch) = batches.try_next().await.map_err(failed)? {
            chunks.extend(to_chunks(&batch, &self.dir)?.into_iter().map(|(_, chunk)| chunk));
        }
        chunks.sort_by(|a, b| {
            (&a.collection, &a.path, a.index).cmp(&(&b.collection, &b.path, b.index))
        });
        Ok(chunks)
    }
}
