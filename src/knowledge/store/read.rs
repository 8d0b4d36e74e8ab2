//! What the knowledge base holds: files, collections, counts.

use super::open::blocking;
use super::rows::{FileRecord, typed};
use super::schema::column;
use super::{Store, StoreError};
use crate::knowledge::analysis::prepared;
use arrow::array::{Array, Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array};
use futures::TryStreamExt;
use lancedb::Table;
use lancedb::index::IndexType;
use lancedb::query::{ExecutableQuery, QueryBase, QueryExecutionOptions, Select};
use std::collections::BTreeMap;

/// Rows of a scan that come in one piece.
const SCAN_ROWS: u32 = 8192;

/// A collection and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionStats {
    /// Its name.
    pub name: String,
    /// Its indexed files.
    pub files: usize,
    /// Its chunks.
    pub chunks: usize,
}

/// Counts of a knowledge base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Indexed files.
    pub files: usize,
    /// Chunks.
    pub chunks: usize,
    /// Each collection, by name.
    pub collections: Vec<CollectionStats>,
    /// All files in its folder, in bytes.
    pub bytes_on_disk: u64,
    /// Versions that are kept.
    pub versions: usize,
    /// Chunks in the full-text index.
    pub full_text_indexed: u64,
    /// Chunks that a full-text search has to scan.
    pub full_text_unindexed: u64,
    /// Id of the embedder that made its vectors.
    pub embedder: String,
    /// Length of its vectors.
    pub dimension: usize,
    /// Format of the table.
    pub schema: u32,
}

/// A file of the table, and how many of its rows are there.
struct Scanned {
    /// From the row of its first chunk.
    record: Option<FileRecord>,
    rows: usize,
}

impl Scanned {
    fn is_complete(&self) -> bool {
        self.record.as_ref().is_some_and(|record| record.chunks as usize == self.rows)
    }
}

impl Store {
    /// The files whose chunks are all there, by collection and path. Takes up
    /// what other processes wrote.
    ///
    /// # Errors
    /// Errors of reading.
    pub async fn files(&self) -> Result<Vec<FileRecord>, StoreError> {
        self.refresh("read").await?;
        let files = self.scan_files().await?;
        Ok(files
            .into_values()
            .filter(Scanned::is_complete)
            .filter_map(|scanned| scanned.record)
            .collect())
    }

    /// Counts what it holds. Takes up what other processes wrote.
    ///
    /// # Errors
    /// Errors of reading.
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        self.refresh("read").await?;
        let mut collections: Vec<CollectionStats> = Vec::new();
        for ((name, _), scanned) in self.scan_files().await? {
            // The files come sorted by collection.
            if collections.last().is_none_or(|last| last.name != name) {
                collections.push(CollectionStats { name, files: 0, chunks: 0 });
            }
            if let Some(last) = collections.last_mut() {
                last.files += usize::from(scanned.is_complete());
                last.chunks += scanned.rows;
            }
        }
        let chunks: usize = collections.iter().map(|entry| entry.chunks).sum();
        let failed = |error| StoreError::database("read", &self.dir, error);
        let indexes = self.table.list_indices().await.map_err(failed)?;
        let full_text = indexes.iter().find(|index| index.index_type == IndexType::FTS);
        let unindexed = full_text.map_or(Some(chunks as u64), |index| index.num_unindexed_rows);
        let versions = self.table.list_versions().await.map_err(failed)?.len();
        Ok(Stats {
            files: collections.iter().map(|entry| entry.files).sum(),
            chunks,
            collections,
            bytes_on_disk: self.bytes_on_disk().await?,
            versions,
            full_text_indexed: full_text
                .and_then(|index| index.num_indexed_rows)
                .unwrap_or_default(),
            full_text_unindexed: unindexed.unwrap_or_default(),
            embedder: self.identity.embedder.clone(),
            dimension: self.identity.dimension,
            schema: self.identity.format,
        })
    }

    /// Gives the prepared terms and the language of every chunk to `each`, in
    /// no particular order.
    ///
    /// # Errors
    /// Errors of reading.
    pub async fn each_terms(
        &self,
        each: &mut (dyn FnMut(&str, &str) + Send),
    ) -> Result<(), StoreError> {
        let failed = |error| StoreError::database("read", &self.dir, error);
        let mut batches = self
            .table
            .query()
            .select(if self.is_old() {
                Select::columns(&[column::SEARCH_TEXT])
            } else {
                Select::columns(&[column::TERMS, column::LANGUAGE])
            })
            .execute_with_options(batches_of(SCAN_ROWS))
            .await
            .map_err(failed)?;
        while let Some(batch) = batches.try_next().await.map_err(failed)? {
            if self.is_old() {
                let texts = typed::<StringArray>(&batch, column::SEARCH_TEXT, &self.dir)?;
                (0..texts.len()).for_each(|row| each(&prepared(texts.value(row), ""), ""));
                continue;
            }
            let terms = typed::<StringArray>(&batch, column::TERMS, &self.dir)?;
            let languages = typed::<StringArray>(&batch, column::LANGUAGE, &self.dir)?;
            (0..terms.len()).for_each(|row| each(terms.value(row), languages.value(row)));
        }
        Ok(())
    }

    /// All files in its folder, in bytes.
    pub(super) async fn bytes_on_disk(&self) -> Result<u64, StoreError> {
        blocking("measure", &self.location, |place| Ok(place.size())).await
    }

    /// The paths of all files in `table`, sorted, none twice.
    pub(super) async fn scan_paths(&self, table: &Table) -> Result<Vec<String>, StoreError> {
        let mut paths = Vec::new();
        for batch in self.scan(table, &[column::SOURCE_PATH]).await? {
            let column = typed::<StringArray>(&batch, column::SOURCE_PATH, &self.dir)?;
            for row in 0..batch.num_rows() {
                let path = column.value(row);
                // The rows of a file lie together, so this keeps the list short.
                if paths.last().is_none_or(|last: &String| last != path) {
                    paths.push(path.to_owned());
                }
            }
        }
        paths.sort_unstable();
        paths.dedup();
        Ok(paths)
    }

    /// Every file, by collection and path, in one scan of narrow columns.
    async fn scan_files(&self) -> Result<BTreeMap<(String, String), Scanned>, StoreError> {
        let columns = [
            column::COLLECTION,
            column::SOURCE_PATH,
            column::FILE_HASH,
            column::FILE_SIZE,
            column::CHUNKER,
            column::MODIFIED,
            column::CHUNK_INDEX,
            column::CHUNK_COUNT,
        ];
        let mut files = BTreeMap::new();
        for batch in self.scan(&self.table, &columns).await? {
            let strings = |name| typed::<StringArray>(&batch, name, &self.dir);
            let collections = strings(column::COLLECTION)?;
            let paths = strings(column::SOURCE_PATH)?;
            let hashes = strings(column::FILE_HASH)?;
            let chunkers = strings(column::CHUNKER)?;
            let sizes = typed::<UInt64Array>(&batch, column::FILE_SIZE, &self.dir)?;
            let modified = typed::<Int64Array>(&batch, column::MODIFIED, &self.dir)?;
            let indexes = typed::<UInt32Array>(&batch, column::CHUNK_INDEX, &self.dir)?;
            let counts = typed::<UInt32Array>(&batch, column::CHUNK_COUNT, &self.dir)?;
            for row in 0..batch.num_rows() {
                let key = (collections.value(row).to_owned(), paths.value(row).to_owned());
                let scanned = files.entry(key).or_insert(Scanned { record: None, rows: 0 });
                scanned.rows += 1;
                if indexes.value(row) == 0 {
                    scanned.record = Some(FileRecord {
                        collection: collections.value(row).to_owned(),
                        path: paths.value(row).to_owned(),
                        hash: hashes.value(row).to_owned(),
                        chunker: chunkers.value(row).to_owned(),
                        modified: modified.value(row),
                        size: sizes.value(row),
                        chunks: counts.value(row),
                    });
                }
            }
        }
        Ok(files)
    }

    async fn scan(&self, table: &Table, columns: &[&str]) -> Result<Vec<RecordBatch>, StoreError> {
        let failed = |error| StoreError::database("read", &self.dir, error);
        table
            .query()
            .select(Select::columns(columns))
            .execute_with_options(batches_of(SCAN_ROWS))
            .await
            .map_err(failed)?
            .try_collect()
            .await
            .map_err(failed)
    }
}

/// Options of a query that gives up to `rows` rows in one piece.
pub(super) fn batches_of(rows: u32) -> QueryExecutionOptions {
    let mut options = QueryExecutionOptions::default();
    options.max_batch_length = rows;
    options
}
