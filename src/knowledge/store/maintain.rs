//! Keeps indexes and files in shape after an ingest.
//!
//! One step at a time, and only by the holder of the writer lock: a compaction
//! that meets another write is lost.

use super::backend::Indexed;
use super::open::blocking;
use super::schema::column;
use super::{Store, StoreError};
use lancedb::DistanceType;
use lancedb::index::scalar::{BTreeIndexBuilder, BitmapIndexBuilder, FtsIndexBuilder};
use lancedb::index::vector::IvfPqIndexBuilder;
use lancedb::index::{Index, IndexConfig, IndexType};
use lancedb::table::{CompactionOptions, Duration as Age, OptimizeAction, OptimizeOptions};
use std::sync::atomic::Ordering;

/// Files with few rows that are let be before they are joined.
const MOST_SMALL_FRAGMENTS: usize = 16;

/// Parts of an index that are let be before they are joined.
const MOST_SEGMENTS: u32 = 4;

/// One row in this many may be deleted before files are rewritten.
const DELETED_SHARE: usize = 5;

/// Below this many chunks, scanning two short columns beats an index.
const ROWS_FOR_SCALAR_INDEXES: usize = 100_000;

/// Below this many chunks, comparing every vector is fast, and exact.
const ROWS_FOR_VECTOR_INDEX: usize = 200_000;

/// Versions of the last minutes are kept, for searches that still use them.
const KEPT_MINUTES: i64 = 10;

/// Most memory that building the full-text index takes, in MiB; Lance's own
/// default is 2 GiB for each of its workers.
const FULL_TEXT_MEMORY_MB: u64 = 256;

const FULL_TEXT_INDEX: &str = "terms_idx";
const OLD_FULL_TEXT_INDEX: &str = "search_text_idx";
const PATH_INDEX: &str = "source_path_idx";
const COLLECTION_INDEX: &str = "collection_idx";
const VECTOR_INDEX: &str = "vector_idx";

const ACTION: &str = "maintain";

/// What maintenance did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Chunks in the knowledge base.
    pub chunks: usize,
    /// Files of rows that were joined or rewritten.
    pub compacted_files: usize,
    /// Indexes that were made.
    pub built_indexes: Vec<&'static str>,
    /// Versions that were removed.
    pub removed_versions: u64,
    /// Bytes that the removed versions freed.
    pub removed_bytes: u64,
}

/// What [`Store::vacuum`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vacuumed {
    /// Bytes on disk before.
    pub bytes_before: u64,
    /// Bytes on disk after.
    pub bytes_after: u64,
    /// The steps.
    pub maintained: Maintained,
}

/// How the prepared terms are told apart: by the spaces between them, and by
/// nothing else. Word positions are left out, since nothing here asks for
/// phrases.
fn full_text_parameters() -> FtsIndexBuilder {
    FtsIndexBuilder::default()
        .base_tokenizer("whitespace".to_owned())
        .max_token_length(None)
        .lower_case(false)
        .stem(false)
        .remove_stop_words(false)
        .ascii_folding(false)
        .with_position(false)
        .memory_limit_mb(FULL_TEXT_MEMORY_MB)
}

/// How format 1 split texts and questions into words: English stems, without
/// stop words.
pub(super) fn old_full_text_parameters() -> FtsIndexBuilder {
    FtsIndexBuilder::default().with_position(false).memory_limit_mb(FULL_TEXT_MEMORY_MB)
}

/// Maintenance. Only for the holder of the
/// [`WriterLock`](super::WriterLock).
impl Store {
    /// Does what an ingest leaves to do: joins small files, makes or extends
    /// the indexes, removes versions that nobody needs, and waits until all is
    /// on the disk. Cheap where there is nothing to do.
    ///
    /// # Errors
    /// Errors of writing. What was written before is kept.
    pub async fn maintain(&self) -> Result<Maintained, StoreError> {
        self.refresh(ACTION).await?;
        let stats = self.table.stats().await.map_err(|error| self.broke(error))?;
        let fragments = &stats.fragment_stats;
        let deleted = stats.num_deleted_rows.unwrap_or_default();
        let indexes = self.index_list().await?;
        // Without an index there is nothing to adapt, so joining is cheap.
        let first_time = !has(&indexes, self.full_text_index()) && fragments.num_fragments > 1;
        let worn = fragments.num_small_fragments >= MOST_SMALL_FRAGMENTS
            || deleted * DELETED_SHARE > stats.num_rows;
        let mut done = Maintained::default();
        if first_time || worn {
            done.compacted_files = self.compact(CompactionOptions::default()).await?;
        }
        self.index_all(&mut done, false).await?;
        self.prune(&mut done, Age::try_minutes(KEPT_MINUTES), false).await?;
        // Syncing waits for everything on that file system, other programs'
        // data too, so it is left out where nothing was written.
        let version = self.table.version().await.map_err(|error| self.broke(error))?;
        if self.synced_version.load(Ordering::Relaxed) != version {
            self.sync().await?;
            self.synced_version.store(version, Ordering::Relaxed);
        }
        self.note().await;
        Ok(done)
    }

    /// All steps of [`Self::maintain`], needed or not, and removes every
    /// version but the newest. A search that runs in another process at that
    /// moment starts over by itself.
    ///
    /// # Errors
    /// Errors of writing. What was written before is kept.
    pub async fn vacuum(&self) -> Result<Vacuumed, StoreError> {
        self.refresh(ACTION).await?;
        let bytes_before = self.bytes_on_disk().await?;
        let mut done = Maintained {
            compacted_files: self
                .compact(CompactionOptions {
                    materialize_deletions_threshold: 0.0,
                    ..CompactionOptions::default()
                })
                .await?,
            ..Maintained::default()
        };
        self.index_all(&mut done, true).await?;
        // The lock says that no write is under way, so files that no version
        // names are leftovers of killed processes.
        self.prune(&mut done, Some(Age::zero()), true).await?;
        blocking(ACTION, &self.location, |place| place.remove_leftovers()).await?;
        self.sync().await?;
        self.note().await;
        Ok(Vacuumed { bytes_before, bytes_after: self.bytes_on_disk().await?, maintained: done })
    }

    /// Notes what the files are, so that one that is damaged later is found and
    /// named, and what is indexed, so that it can be made anew. The notes are an
    /// aid: where they can't be written, nothing is checked.
    pub async fn note(&self) {
        let noted = match self.files().await {
            Ok(files) => {
                let documents: Vec<Indexed> = files
                    .into_iter()
                    .map(|file| Indexed { collection: file.collection, path: file.path })
                    .collect();
                blocking("write", &self.location, move |place| place.note(&documents)).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = noted {
            tracing::warn!(%error, "cannot note what the files of the knowledge base are");
        }
    }

    /// Waits until everything written is on the disk. Lance itself never
    /// does, so without this a power loss may cost the last minutes.
    ///
    /// # Errors
    /// Errors of the file system.
    pub async fn sync(&self) -> Result<(), StoreError> {
        blocking("sync", &self.location, |place| place.sync()).await
    }

    /// Makes the full-text index if it is missing.
    pub(super) async fn ensure_full_text_index(&self) -> Result<bool, StoreError> {
        let name = self.full_text_index();
        if has(&self.index_list().await?, name) {
            return Ok(false);
        }
        let (on, parameters) = if self.is_old() {
            (column::SEARCH_TEXT, old_full_text_parameters())
        } else {
            (column::TERMS, full_text_parameters())
        };
        self.build(on, name, Index::FTS(parameters)).await?;
        Ok(true)
    }

    fn full_text_index(&self) -> &'static str {
        if self.is_old() { OLD_FULL_TEXT_INDEX } else { FULL_TEXT_INDEX }
    }

    /// Makes the indexes that are worth it and extends those that are there.
    async fn index_all(&self, done: &mut Maintained, join: bool) -> Result<(), StoreError> {
        done.chunks = self.table.count_rows(None).await.map_err(|error| self.broke(error))?;
        if done.chunks == 0 {
            return Ok(());
        }
        if self.ensure_full_text_index().await? {
            done.built_indexes.push(self.full_text_index());
        }
        let indexes = self.index_list().await?;
        for index in &indexes {
            let segments = index.num_segments.unwrap_or(1);
            let options = if segments >= MOST_SEGMENTS || (join && segments > 1) {
                OptimizeOptions::merge(segments as usize)
            } else {
                OptimizeOptions::append()
            };
            let options = options.index_names(vec![index.name.clone()]);
            self.table
                .optimize(OptimizeAction::Index(options))
                .await
                .map_err(|error| self.broke(error))?;
        }
        if done.chunks >= ROWS_FOR_SCALAR_INDEXES {
            let paths = Index::BTree(BTreeIndexBuilder::default());
            let collections = Index::Bitmap(BitmapIndexBuilder::default());
            for (name, on, index) in [
                (PATH_INDEX, column::SOURCE_PATH, paths),
                (COLLECTION_INDEX, column::COLLECTION, collections),
            ] {
                if !has(&indexes, name) {
                    self.build(on, name, index).await?;
                    done.built_indexes.push(name);
                }
            }
        }
        if done.chunks >= ROWS_FOR_VECTOR_INDEX && !has(&indexes, VECTOR_INDEX) {
            let mut index = IvfPqIndexBuilder::default().distance_type(DistanceType::Cosine);
            // Eight numbers per part; other lengths are left to Lance.
            let parts = self.identity.dimension / 8;
            if self.identity.dimension.is_multiple_of(8)
                && let Ok(parts) = u32::try_from(parts)
            {
                index = index.num_sub_vectors(parts);
            }
            self.build(column::VECTOR, VECTOR_INDEX, Index::IvfPq(index)).await?;
            done.built_indexes.push(VECTOR_INDEX);
        }
        Ok(())
    }

    async fn build(&self, on: &str, name: &str, index: Index) -> Result<(), StoreError> {
        self.table
            .create_index(&[on], index)
            .name(name.to_owned())
            .execute()
            .await
            .map_err(|error| self.broke(error))
    }

    async fn compact(&self, options: CompactionOptions) -> Result<usize, StoreError> {
        let stats = self
            .table
            .optimize(OptimizeAction::Compact { options, remap_options: None })
            .await
            .map_err(|error| self.broke(error))?;
        Ok(stats.compaction.map_or(0, |done| done.fragments_removed))
    }

    async fn prune(
        &self,
        done: &mut Maintained,
        older_than: Option<Age>,
        unnamed_files: bool,
    ) -> Result<(), StoreError> {
        let stats = self
            .table
            .optimize(OptimizeAction::Prune {
                older_than,
                delete_unverified: Some(unnamed_files),
                error_if_tagged_old_versions: Some(false),
            })
            .await
            .map_err(|error| self.broke(error))?;
        if let Some(removed) = stats.prune {
            done.removed_versions = removed.old_versions;
            done.removed_bytes = removed.bytes_removed;
        }
        Ok(())
    }

    async fn index_list(&self) -> Result<Vec<IndexConfig>, StoreError> {
        self.table.list_indices().await.map_err(|error| self.broke(error))
    }

    fn broke(&self, error: lancedb::Error) -> StoreError {
        StoreError::database(ACTION, &self.dir, error)
    }
}

fn has(indexes: &[IndexConfig], name: &str) -> bool {
    indexes.iter().any(|index| {
        // An index of an unknown kind is one that this version can't use.
        index.name == name && index.index_type != IndexType::Unknown
    })
}
