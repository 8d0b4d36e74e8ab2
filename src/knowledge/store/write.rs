//! Changes of the table, each in one commit, so that a kill at any moment
//! leaves the table as it was before or as it should be after.

use super::filter::{collection_sql, files_sql};
use super::rows::{FileRows, to_batch};
use super::schema::{column, table_schema};
use super::{Store, StoreError};
use arrow::array::{RecordBatch, RecordBatchIterator};
use arrow::error::ArrowError;
use std::collections::HashSet;

/// What a write changed, in chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Chunks that are new.
    pub inserted: u64,
    /// Chunks that were there already, with the same place and text.
    pub updated: u64,
    /// Chunks that are gone.
    pub deleted: u64,
}

/// Changes of the knowledge base. Only for the holder of the
/// [`WriterLock`](super::WriterLock).
impl Store {
    /// Puts these files into the knowledge base, in one commit: afterwards it
    /// holds exactly the given chunks of each, whatever it held before. A file
    /// without chunks is taken out.
    ///
    /// Where it holds none of the files yet this is a plain append, which is
    /// far cheaper. A few thousand chunks per call are a good size: each call
    /// adds a version and a file.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if a file comes twice, or its rows can't be
    /// stored; [`StoreError::DiskFull`] and other errors of writing, after
    /// which the knowledge base is as it was.
    pub async fn replace(&self, files: Vec<FileRows>) -> Result<Written, StoreError> {
        if files.is_empty() {
            return Ok(Written::default());
        }
        let keys = keys_of(&files)?;
        let schema =
            table_schema(self.identity.format, &self.identity.embedder, self.identity.dimension)?;
        let batch = to_batch(&schema, self.identity.dimension, &files)?;
        drop(files);
        self.refresh(ACTION).await?;
        let predicate = files_sql(&keys);
        let present = self.count_present(&predicate).await?;
        if batch.num_rows() == 0 {
            let deleted = if present == 0 { 0 } else { self.delete(&predicate).await? };
            return Ok(Written { deleted, ..Written::default() });
        }
        if present == 0 {
            return self.append(batch).await;
        }
        self.merge(batch, predicate).await
    }

    /// Takes files out, each named by collection and path, in one commit, and
    /// gives the number of chunks that are gone.
    ///
    /// # Errors
    /// Errors of writing, after which the knowledge base is as it was.
    pub async fn remove(&self, keys: &[(String, String)]) -> Result<u64, StoreError> {
        if keys.is_empty() {
            return Ok(0);
        }
        self.refresh(ACTION).await?;
        self.delete(&files_sql(keys)).await
    }

    /// Takes a whole collection out, in one commit, and gives the number of
    /// chunks that are gone.
    ///
    /// # Errors
    /// Errors of writing, after which the knowledge base is as it was.
    pub async fn remove_collection(&self, name: &str) -> Result<u64, StoreError> {
        self.refresh(ACTION).await?;
        self.delete(&collection_sql(name)).await
    }

    async fn append(&self, batch: RecordBatch) -> Result<Written, StoreError> {
        let inserted = batch.num_rows() as u64;
        // One stream makes one file, which is what a reader likes best.
        self.table
            .add(batch)
            .write_parallelism(1)
            .execute()
            .await
            .map_err(|error| self.failed(error))?;
        Ok(Written { inserted, ..Written::default() })
    }

    async fn merge(&self, batch: RecordBatch, predicate: String) -> Result<Written, StoreError> {
        let sent = batch.num_rows() as u64;
        let schema = batch.schema();
        let source = RecordBatchIterator::new(vec![Ok::<_, ArrowError>(batch)], schema);
        let mut merge = self.table.merge_insert(&[column::CHUNK_ID]);
        merge
            .when_matched_update_all(None)
            .when_not_matched_insert_all()
            .when_not_matched_by_source_delete(Some(predicate));
        let result = merge.execute(Box::new(source)).await.map_err(|error| self.failed(error))?;
        let written = result.num_inserted_rows + result.num_updated_rows;
        if written != sent {
            return Err(StoreError::IncompleteWrite { sent, written });
        }
        Ok(Written {
            inserted: result.num_inserted_rows,
            updated: result.num_updated_rows,
            deleted: result.num_deleted_rows,
        })
    }

    async fn delete(&self, predicate: &str) -> Result<u64, StoreError> {
        let result = self.table.delete(predicate).await.map_err(|error| self.failed(error))?;
        Ok(result.num_deleted_rows)
    }

    /// How many rows the files have now. Knowing that for an empty table
    /// costs nothing, and for others one scan of two narrow columns.
    async fn count_present(&self, predicate: &str) -> Result<usize, StoreError> {
        let failed = |error| self.failed(error);
        if self.table.count_rows(None).await.map_err(failed)? == 0 {
            return Ok(0);
        }
        self.table.count_rows(Some(predicate.to_owned())).await.map_err(failed)
    }

    fn failed(&self, error: lancedb::Error) -> StoreError {
        StoreError::database(ACTION, &self.dir, error)
    }
}

const ACTION: &str = "write to";

/// Collection and path of each file, none twice.
fn keys_of(files: &[FileRows]) -> Result<Vec<(String, String)>, StoreError> {
    let mut seen = HashSet::with_capacity(files.len());
    let mut keys = Vec::with_capacity(files.len());
    for file in files {
        let (collection, path) = (&file.record.collection, &file.record.path);
        if !seen.insert((collection, path)) {
            return Err(StoreError::Invalid(format!(
                "{path} comes twice in one write; this is a bug of lorag"
            )));
        }
        keys.push((collection.clone(), path.clone()));
    }
    Ok(keys)
}
