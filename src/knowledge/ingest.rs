//! Indexing: files in, rows out, resumable at any point.
//!
//! Worker threads read, hash, parse, chunk and embed; one task commits their
//! rows in batches. All chunks of a file go into the same commit, so that a
//! file is indexed whole or not at all, whenever the process dies. A file that
//! looks as it did when it was read is not read again, and one whose hash and
//! chunker are unchanged is not indexed again; a file that is gone is taken
//! out. A file that makes a parser fail is skipped with that reason.

mod commit;
mod leaving;
mod report;
#[cfg(test)]
mod tests;
mod work;

pub use report::{Cancel, IngestEvent, IngestReport};

use super::analysis::TermStats;
use super::chunk::Sizes;
use super::embed::Embedder;
use super::parse::apart::{end_workers, parse_apart};
use super::presence;
use super::seen::{SeenFile, SeenFiles};
use super::store::{FileRecord, Location, Store, WriterLock};
use super::walk::{Found, FoundFile, WalkOptions, rooted, walk};
use super::{KnowledgeError, TERMS_FILE};
use commit::commit_all;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant, SystemTime};
use work::{Parse, Work};

/// What to index, and how.
#[derive(Clone, Debug)]
pub struct IngestOptions {
    /// Which files are read.
    pub walk: WalkOptions,
    /// Sizes of the chunks.
    pub sizes: Sizes,
    /// The collection they belong to.
    pub collection: String,
    /// Folders that are never read: lorag's own, which may lie below a root.
    pub exclude: Vec<PathBuf>,
    /// Whether every file is read and hashed, also those that look unchanged.
    pub verify: bool,
    /// Whether generated files are read, too. One that is itself a root is.
    pub generated: bool,
}

/// Indexes `roots` into the knowledge base in a place, making it if absent.
///
/// # Errors
/// Where a root can't be read, or the embedder or the store fails. What was
/// committed until then stays; running it again goes on from there.
pub async fn ingest(
    place: impl Into<Location>,
    embedder: Arc<dyn Embedder>,
    roots: &[PathBuf],
    options: &IngestOptions,
    cancel: &Cancel,
    on_event: &(dyn Fn(IngestEvent) + Send + Sync),
) -> Result<IngestReport, KnowledgeError> {
    let place = place.into();
    let done = ingest_with(parse_apart, &place, embedder, roots, options, cancel, on_event).await;
    end_workers();
    done
}

/// [`ingest`], with a parser of the caller's.
async fn ingest_with(
    parse: Parse,
    place: &Location,
    embedder: Arc<dyn Embedder>,
    roots: &[PathBuf],
    options: &IngestOptions,
    cancel: &Cancel,
    on_event: &(dyn Fn(IngestEvent) + Send + Sync),
) -> Result<IngestReport, KnowledgeError> {
    let (started, start) = (Instant::now(), SystemTime::now());
    let mut report = IngestReport::default();
    let walked = {
        let (roots, walk_options) = (roots.to_vec(), options.walk);
        blocking(move || walk(&roots, &walk_options)).await??
    };
    let Some(_lock) = lock(place, cancel, on_event).await? else {
        report.cancelled = true;
        return Ok(report);
    };
    let store = Store::open_or_create(place, embedder.id(), embedder.dimension()).await?;
    report.recovered = store.recovered().map(ToOwned::to_owned);
    let all = store.files().await?;
    let mut held: HashSet<String> = all.iter().map(|f| f.path.clone()).collect();
    let known: HashMap<String, FileRecord> = all
        .into_iter()
        .filter(|f| f.collection == options.collection)
        .map(|f| (f.path.clone(), f))
        .collect();
    let seen = {
        let place = place.clone();
        Arc::new(blocking(move || SeenFiles::load(&place)).await?)
    };
    let mut files = Vec::new();
    let exclude: Vec<PathBuf> = options.exclude.iter().map(|path| rooted(path)).collect();
    for found in walked {
        if exclude.iter().any(|own| found.path().starts_with(own)) {
            continue;
        }
        match found {
            Found::File(file) => files.push(file),
            Found::Skipped { path, reason } => report.skipped.push((path, reason)),
        }
    }
    on_event(IngestEvent::Start { files: files.len() });
    let missing = leaving::missing(&known, &files, &report.skipped, roots);

    let known = Arc::new(known);
    let mut stats = TermStats::default();
    let work = Work {
        parse,
        files: Arc::new(files),
        known: Arc::clone(&known),
        seen: Arc::clone(&seen),
        verify: options.verify,
        start,
        embedder,
        sizes: options.sizes,
        collection: options.collection.clone(),
        most_bytes: options.walk.max_file_bytes,
        generated: options.generated,
        named: Arc::new(roots.iter().map(|root| rooted(root)).collect()),
        cancel: cancel.clone(),
        next: Arc::new(AtomicUsize::new(0)),
    };
    let files = Arc::clone(&work.files);
    let new = commit_all(&store, work, &known, &mut report, &mut stats, on_event).await?;
    report.cancelled = cancel.is_cancelled();
    if !report.cancelled {
        let leaving = leaving::leaving(&known, &files, missing, &new.hashes, &seen).await;
        let keys: Vec<(String, String)> =
            leaving.gone.iter().map(|path| (options.collection.clone(), path.clone())).collect();
        if !keys.is_empty() {
            store.remove(&keys).await?;
        }
        report.removed.extend(leaving.gone);
        report.moved = leaving.moved;
    }
    held.extend(new.hashes.into_iter().map(|(_, path)| path));
    let removed: HashSet<String> = report.removed.iter().cloned().collect();
    let look = Look { held, removed, files, roots: roots.iter().map(|r| rooted(r)).collect() };
    remember(place, seen, new.seen, look).await?;
    let changed = report.indexed > 0 || !report.removed.is_empty();
    if changed {
        on_event(IngestEvent::Maintaining);
    }
    // Also without a change: the last run may have been killed before this.
    let rows = store.maintain().await?.chunks as u64;
    update_terms(&store, stats, rows).await?;
    report.skipped.sort_by(|a, b| a.0.cmp(&b.0));
    report.removed.sort();
    report.duration = started.elapsed();
    Ok(report)
}

/// Waits for the right to write; `None` where cancelled meanwhile.
async fn lock(
    place: &Location,
    cancel: &Cancel,
    on_event: &(dyn Fn(IngestEvent) + Send + Sync),
) -> Result<Option<WriterLock>, KnowledgeError> {
    let mut told = false;
    loop {
        if let Some(lock) = WriterLock::acquire(place)? {
            return Ok(Some(lock));
        }
        if cancel.is_cancelled() {
            return Ok(None);
        }
        if !told {
            on_event(IngestEvent::Waiting);
            told = true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What the list of files is brought up to date with.
struct Look {
    /// The files of all collections.
    held: HashSet<String>,
    removed: HashSet<String>,
    /// What was found.
    files: Arc<Vec<FoundFile>>,
    roots: Vec<PathBuf>,
}

/// Notes what the files look like, for the next start.
async fn remember(
    place: &Location,
    seen: Arc<SeenFiles>,
    new: Vec<(String, Option<SeenFile>)>,
    look: Look,
) -> Result<(), KnowledgeError> {
    let place = place.clone();
    blocking(move || {
        let Look { mut held, removed, files, roots } = look;
        let mut seen = Arc::unwrap_or_clone(seen);
        // What isn't in the table but was found was skipped.
        held.extend(files.iter().map(|file| file.path.to_string_lossy().into_owned()));
        seen.retain(|path| {
            let elsewhere = !roots.iter().any(|root| Path::new(path).starts_with(root));
            held.contains(path) || elsewhere && !removed.contains(path)
        });
        // The files of a folder come one after the other.
        let mut last: Option<(PathBuf, Option<u64>)> = None;
        for (path, file) in new {
            let parent = Path::new(&path).parent().unwrap_or(Path::new("/"));
            let device = match &last {
                Some((folder, device)) if folder == parent => *device,
                _ => std::fs::metadata(parent).ok().as_ref().and_then(presence::device),
            };
            last = Some((parent.to_owned(), device));
            match file {
                Some(file) => seen.insert(path, file.on(device)),
                None => seen.forget(&path),
            }
        }
        roots.into_iter().filter(|root| root.is_dir()).for_each(|root| seen.add_root(root));
        // The list is an aid: without it, every file is read.
        if let Err(error) = seen.save(&place) {
            let folder = place.name().display();
            tracing::warn!(%error, %folder, "cannot note what files look like");
        }
    })
    .await
}

/// Brings the term counts up to date. New passages are added; where the counts
/// then aren't those of about as many passages as the table has, because
/// others left or a run was killed, they are counted anew from the table.
async fn update_terms(store: &Store, added: TermStats, rows: u64) -> Result<(), KnowledgeError> {
    let place = store.location();
    let mut stats = place.read(TERMS_FILE).ok().and_then(TermStats::read).unwrap_or_default();
    if added.passages() == 0 && stats.passages() == rows {
        return Ok(());
    }
    stats.merge(added);
    if stats.passages().abs_diff(rows) * 50 > rows {
        stats = TermStats::default();
        store.each_terms(&mut |terms, language| stats.add_prepared(terms, language)).await?;
    }
    // The counts are an aid: without them every term weighs the same.
    if let Err(error) = place.replace(TERMS_FILE, &mut |out| stats.write(out)) {
        tracing::warn!(%error, folder = %place.name().display(), "cannot write the term counts");
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, KnowledgeError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| KnowledgeError::Internal(error.to_string()))
}
