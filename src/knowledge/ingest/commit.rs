//! Committing: starts the worker threads, and writes what they make in
//! batches.

use super::may_exist;
use super::work::{Done, Work};
use super::{IngestEvent, IngestReport};
use crate::knowledge::KnowledgeError;
use crate::knowledge::parse::Skip;
use crate::knowledge::store::{FileRecord, FileRows, Store};
use crate::knowledge::terms::TermStats;
use std::collections::HashMap;
use tokio::sync::mpsc;

/// Chunks in one commit: every commit adds a version of the table, and holds
/// its rows in memory.
const BATCH_CHUNKS: usize = 4096;
/// Parsed files that wait for a commit.
const QUEUE_FILES: usize = 64;

/// Runs the workers and commits what they make.
pub(super) async fn commit_all(
    store: &Store,
    work: Work,
    known: &HashMap<String, FileRecord>,
    report: &mut IngestReport,
    stats: &mut TermStats,
    on_event: &(dyn Fn(IngestEvent) + Send + Sync),
) -> Result<(), KnowledgeError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (sender, mut done) = mpsc::channel(QUEUE_FILES);
    for _ in 0..threads.min(work.files.len()) {
        let (work, sender) = (work.clone(), sender.clone());
        std::thread::Builder::new()
            .name("lorag-ingest".to_owned())
            .spawn(move || work.run(&sender))
            .map_err(|error| KnowledgeError::Internal(error.to_string()))?;
    }
    drop(sender);
    let mut batch = Batch::default();
    let mut unusable = Vec::new();
    let mut files = 0;
    while let Some(file) = done.recv().await {
        files += 1;
        match file {
            Done::Unchanged => report.unchanged += 1,
            Done::Failed(error) => return Err(error.into()),
            Done::Skipped(path, reason) => {
                // It was indexed before, and what it holds now can't be.
                let key = path.to_string_lossy().into_owned();
                let keep = matches!(reason, Skip::Unreadable(_)) && may_exist(&path);
                if !keep && known.contains_key(&key) {
                    unusable.push((work.collection.clone(), key.clone()));
                    report.removed.push(key);
                }
                report.skipped.push((path, reason));
            }
            Done::Rows(rows) => {
                report.indexed += 1;
                report.chunks += rows.chunks.len();
                for (chunk, _) in &rows.chunks {
                    stats.add(&chunk.text);
                }
                batch.push(*rows);
                if batch.chunks >= BATCH_CHUNKS {
                    batch.commit(store).await?;
                }
            }
        }
        on_event(IngestEvent::File { files, chunks: report.chunks });
    }
    if !work.cancel.is_cancelled() && files < work.files.len() {
        return Err(KnowledgeError::Internal("a worker thread ended early".to_owned()));
    }
    batch.commit(store).await?;
    store.remove(&unusable).await?;
    Ok(())
}

/// Files that wait for their commit.
#[derive(Default)]
struct Batch {
    files: Vec<FileRows>,
    chunks: usize,
}

impl Batch {
    fn push(&mut self, rows: FileRows) {
        self.chunks += rows.chunks.len();
        self.files.push(rows);
    }

    async fn commit(&mut self, store: &Store) -> Result<(), KnowledgeError> {
        self.chunks = 0;
        store.replace(std::mem::take(&mut self.files)).await?;
        Ok(())
    }
}
