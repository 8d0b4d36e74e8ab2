//! Indexing behind the screen, told with at most ten events a second.

use super::shared::{COLLECTION, Shared};
use super::{collections, shown};
use crate::app::News;
use crate::app::event::{Event, KnowledgeEvent};
use crate::app::state::Collection;
use crate::knowledge::ingest::{Cancel, IngestEvent, IngestReport, ingest};
use crate::knowledge::store::{FileRecord, Store};
use crate::knowledge::walk::rooted;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Shortest time between two words on the progress.
const EVERY: Duration = Duration::from_millis(100);

/// Indexes the documents; without any, only looks what there is.
pub async fn run(shared: &Shared, roots: &[PathBuf], cancel: &Cancel) {
    let tell = |event| shared.tell(Event::Job { request: 0, news: News::Index(event) });
    let mut summary = String::new();
    let mut skipped = Vec::new();
    if !roots.is_empty() {
        tell(KnowledgeEvent::Walking);
        match index(shared, roots, cancel).await {
            Ok(report) => {
                summary = said(&report);
                let names = report.skipped.iter();
                skipped = names.map(|(path, why)| (shown(path), why.to_string())).collect();
            }
            Err(message) => {
                tell_held(shared, roots).await;
                tell(KnowledgeEvent::Failed(message));
                return;
            }
        }
    }
    if let Some(error) = tell_held(shared, roots).await {
        tell(KnowledgeEvent::Failed(error));
        return;
    }
    collections::tell(shared).await;
    let store = Store::open_any(&shared.setup.paths.knowledge).await;
    if let Some(note) = store.ok().flatten().and_then(|store| store.old_note()) {
        summary = format!("{summary} {note}").trim_start().to_owned();
    }
    tell(KnowledgeEvent::Ready { summary, skipped });
}

async fn index(
    shared: &Shared,
    roots: &[PathBuf],
    cancel: &Cancel,
) -> Result<IngestReport, String> {
    let embedder = shared.embedder().await.map_err(|error| error.message)?;
    let collection = shared.collection();
    let options = shared.setup.ingest_options(collection.as_deref().unwrap_or(COLLECTION));
    let total = Mutex::new((0usize, Instant::now()));
    let on_event = |event: IngestEvent| {
        let Ok(mut total) = total.lock() else { return };
        let event = match event {
            IngestEvent::Waiting => KnowledgeEvent::Waiting,
            IngestEvent::Start { files } => {
                total.0 = files;
                KnowledgeEvent::Progress { files: 0, total: files, chunks: 0 }
            }
            IngestEvent::File { files, chunks } => {
                if total.1.elapsed() < EVERY {
                    return;
                }
                total.1 = Instant::now();
                KnowledgeEvent::Progress { files, total: total.0, chunks }
            }
            IngestEvent::Maintaining => KnowledgeEvent::Maintaining,
        };
        shared.tell(Event::Job { request: 0, news: News::Index(event) });
    };
    let folder = &shared.setup.paths.knowledge;
    ingest(folder, embedder, roots, &options, cancel, &on_event)
        .await
        .map_err(|error| error.to_string())
}

/// One line about what changed; nothing where nothing did.
fn said(report: &IngestReport) -> String {
    let mut parts = Vec::new();
    let files =
        |count: usize| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
    if report.cancelled {
        parts.push("Indexing was stopped; /index goes on.".to_owned());
    }
    if report.indexed > 0 {
        let seconds = report.duration.as_secs_f64();
        parts.push(format!(
            "Indexed {} ({} chunks) in {seconds:.1} s.",
            files(report.indexed),
            report.chunks
        ));
    }
    if !report.removed.is_empty() {
        let moved = report.moved.len();
        let gone = report.removed.len().saturating_sub(moved);
        if moved > 0 {
            let verb = if moved == 1 { "was" } else { "were" };
            parts.push(format!("{} {verb} found at a new place.", files(moved)));
        }
        if gone > 0 {
            let verb = if gone == 1 { "that is gone was" } else { "that are gone were" };
            parts.push(format!("{} {verb} taken out.", files(gone)));
        }
    }
    parts.extend(report.notes.iter().cloned());
    if let Some(recovered) = &report.recovered {
        parts.push(recovered.clone());
    }
    parts.join(" ")
}

/// Tells what is held within the documents; gives back what went wrong.
async fn tell_held(shared: &Shared, roots: &[PathBuf]) -> Option<String> {
    let store = match Store::open_any(&shared.setup.paths.knowledge).await {
        Ok(store) => store,
        Err(error) => return Some(error.to_string()),
    };
    let files = match &store {
        Some(store) => match store.files().await {
            Ok(files) => files,
            Err(error) => return Some(error.to_string()),
        },
        None => Vec::new(),
    };
    let roots: Vec<PathBuf> = roots.iter().map(|root| rooted(root)).collect();
    let within = |file: &FileRecord| {
        let path = Path::new(&file.path);
        roots.is_empty() || roots.iter().any(|root| path.starts_with(root))
    };
    // The same file may be in several collections, and only one is searched.
    let searched = shared.searched();
    let mut collections: Vec<Collection> = Vec::new();
    for file in files.iter().filter(|file| within(file)) {
        let chunks = file.chunks as usize;
        match collections.iter_mut().find(|c| c.name == file.collection) {
            Some(collection) => {
                collection.files += 1;
                collection.chunks += chunks;
            }
            None => {
                collections.push(Collection { name: file.collection.clone(), files: 1, chunks })
            }
        }
    }
    let in_it =
        || collections.iter().filter(|c| searched.as_ref().is_none_or(|name| *name == c.name));
    let event = KnowledgeEvent::Holds {
        files: in_it().map(|c| c.files).sum(),
        chunks: in_it().map(|c| c.chunks).sum(),
        collections: collections.clone(),
    };
    shared.tell(Event::Job { request: 0, news: News::Index(event) });
    None
}
