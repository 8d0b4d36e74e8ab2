//! Committing: starts the worker threads, and writes what they make in
//! batches.

use super::report::may_exist;
use super::work::{Outcome, Work};
use super::{IngestEvent, IngestReport};
use crate::knowledge::KnowledgeError;
use crate::knowledge::analysis::TermStats;
use crate::knowledge::parse::Skip;
use crate::knowledge::seen::SeenFile;
use crate::knowledge::store::{FileRecord, FileRows, Store};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc;

/// Chunks in one commit: every commit adds a version of the table, and holds
/// its rows in memory.
const BATCH_CHUNKS: usize = 4096;
/// Parsed files that wait for a commit.
const QUEUE_FILES: usize = 64;

/// What is new, for those who come after the commits.
#[derive(Default)]
pub(super) struct New {
    /// Hash and path of each file that was indexed.
    pub(super) hashes: Vec<(String, String)>,
    /// The files that were read, with what to note of their looks.
    pub(super) seen: Vec<(String, Option<SeenFile>)>,
}

/// Runs the workers and commits what they make. Also where something fails in
/// between, everything that was made until then is committed.
pub(super) async fn commit_all(
    store: &Store,
    work: Work,
    known: &HashMap<String, FileRecord>,
    report: &mut IngestReport,
    stats: &mut TermStats,
    on_event: &(dyn Fn(IngestEvent) + Send + Sync),
) -> Result<New, KnowledgeError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (collection, total) = (work.collection.clone(), work.files.len());
    let cancel = work.cancel.clone();
    let (sender, mut done) = mpsc::channel(QUEUE_FILES);
    let mut failed = None;
    for started in 0..threads.min(total) {
        match work.clone().spawn(sender.clone()) {
            Ok(()) => {}
            // One thread does it all where a system gives no more.
            Err(_) if started > 0 => break,
            Err(error) => failed = Some(error),
        }
    }
    drop((sender, work));
    let mut new = New::default();
    let mut batch = Batch::default();
    let mut unusable = Vec::new();
    let mut poorly_known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unread: Vec<String> = Vec::new();
    let mut files = 0;
    while let Some(file) = done.recv().await {
        files += 1;
        report.read += usize::from(file.read);
        let path = file.path;
        match file.outcome {
            Outcome::Unchanged => report.unchanged += 1,
            Outcome::Failed(error) => {
                failed = Some(error.into());
                break;
            }
            Outcome::Skipped(reason) => {
                // It was indexed before, and what it holds now can't be.
                let keep = matches!(reason, Skip::Unreadable(_)) && may_exist(Path::new(&path));
                if !keep && known.contains_key(&path) {
                    unusable.push((collection.clone(), path.clone()));
                    report.removed.push(path.clone());
                }
                report.skipped.push((PathBuf::from(&path), reason));
            }
            Outcome::Rows(rows) => {
                report.indexed += 1;
                report.chunks += rows.file.chunks.len();
                stats.merge(rows.counts);
                if let Some(language) = rows.poorly_known {
                    *poorly_known.entry(language).or_default() += 1;
                }
                if !rows.notes.is_empty() {
                    unread.push(format!("{path}: {}.", rows.notes.join("; ")));
                }
                new.hashes.push((rows.file.record.hash.clone(), path.clone()));
                batch.push(rows.file);
                if batch.chunks >= BATCH_CHUNKS {
                    batch.commit(store).await?;
                }
            }
        }
        if file.read {
            new.seen.push((path, file.seen));
        }
        on_event(IngestEvent::File { files, chunks: report.chunks });
    }
    batch.commit(store).await?;
    store.remove(&unusable).await?;
    report.notes.extend(in_part(unread));
    report.notes.extend(poorly_known.iter().map(|(language, files)| note(language, *files)));
    match failed {
        Some(error) => Err(error),
        None if !cancel.is_cancelled() && files < total => {
            Err(KnowledgeError::Internal("a worker thread ended early".to_owned()))
        }
        None => Ok(new),
    }
}

/// Files that are named where they could be read only in part.
const NAMED_FILES: usize = 12;

/// What to say of files that could be read only in part.
fn in_part(mut unread: Vec<String>) -> Vec<String> {
    unread.sort();
    let more = unread.len().saturating_sub(NAMED_FILES);
    unread.truncate(NAMED_FILES);
    if more > 0 {
        unread.push(format!("{more} more files could be read only in part."));
    }
    unread
}

/// What to say of files in a language that the embedder knows too little of.
fn note(language: &str, files: usize) -> String {
    let count = if files == 1 { "1 file is".to_owned() } else { format!("{files} files are") };
    format!(
        "{count} in a language ({language}) whose words the embedder hardly knows: they are found \
         by their words, not by their meaning. For more, set `embedder` to a multilingual model \
         and run: lorag kb reembed"
    )
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
