//! `lorag kb`: looking after the knowledge base.

mod anew;
mod base;
mod repair;

use super::args::KbCommand;
use super::context::Context;
use super::forget::sessions as delete_sessions;
use super::ingest::plural;
use super::terminal::errln;
use super::terminal::outln;
use super::terminal::{Line, Paint, visible};
use super::{Failure, code};
use crate::config::bounded;
use crate::knowledge::seen::SeenFiles;
use crate::knowledge::store::{FileRecord, Location};
use crate::knowledge::walk::rooted;
use anew::reembed;
use base::{lock, open};
use indicatif::HumanBytes;
use serde_json::json;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// Runs the command.
pub async fn run(context: &Context, command: KbCommand) -> Result<u8, Failure> {
    match command {
        KbCommand::List { collection, json } => list(context, collection.as_deref(), json).await,
        KbCommand::Remove { paths, collection, with_sessions } => {
            remove(context, &paths, collection.as_deref(), with_sessions).await
        }
        KbCommand::Stats { json } => stats(context, json).await,
        KbCommand::Vacuum => vacuum(context).await,
        KbCommand::Repair => repair::repair(context).await,
        KbCommand::Reembed { drop_missing, .. } => reembed(context, drop_missing).await,
    }
}

async fn list(context: &Context, collection: Option<&str>, as_json: bool) -> Result<u8, Failure> {
    let mut files = match open(context).await? {
        Some(store) => store.files().await?,
        None => Vec::new(),
    };
    files.retain(|f| collection.is_none_or(|c| c == f.collection));
    files.sort_by(|a, b| (&a.collection, &a.path).cmp(&(&b.collection, &b.path)));
    if as_json {
        let list: Vec<serde_json::Value> = files.iter().map(file_json).collect();
        outln!("{}", json!({ "files": list }))?;
        return Ok(code::DONE);
    }
    let paint = Paint::stdout();
    let mut last = None;
    for file in &files {
        if last != Some(&file.collection) {
            outln!("{}", paint.bold(&Line::of(&file.collection)))?;
            last = Some(&file.collection);
        }
        let note = if stale(file) { paint.cite("  changed since") } else { String::new() };
        outln!(
            "  {:>5} chunks  {:>10}  {}{note}",
            file.chunks,
            HumanBytes(file.size).to_string(),
            Line::of(&file.path)
        )?;
    }
    Ok(code::DONE)
}

/// Whether a file is gone or holds something else than when it was indexed.
fn stale(file: &FileRecord) -> bool {
    let Ok(metadata) = std::fs::metadata(&file.path) else { return true };
    let known = UNIX_EPOCH + Duration::from_millis(u64::try_from(file.modified).unwrap_or(0));
    let newer = metadata.modified().is_ok_and(|now| {
        now.duration_since(known).is_ok_and(|newer| newer > Duration::from_millis(1))
    });
    let other = metadata.len() != file.size;
    // A newer date alone may be that of a copy or of `touch`.
    other
        || newer
            && bounded::read(&file.path, bounded::LARGE).map_or(true, |bytes| !file.is_of(&bytes))
}

fn file_json(file: &FileRecord) -> serde_json::Value {
    json!({
        "path": file.path,
        "collection": file.collection,
        "chunks": file.chunks,
        "size": file.size,
        "hash": file.hash,
        "modified_ms": file.modified,
        "stale": stale(file),
    })
}

async fn remove(
    context: &Context,
    paths: &[PathBuf],
    collection: Option<&str>,
    with_sessions: bool,
) -> Result<u8, Failure> {
    if paths.is_empty() && collection.is_none() {
        return Err(Failure::usage(
            "say what to take out: paths, or --collection NAME for a whole collection",
        ));
    }
    let roots: Vec<PathBuf> = paths.iter().map(|path| rooted(path)).collect();
    let store = match open(context).await? {
        Some(store) => store,
        // They may have been taken out before.
        None if with_sessions => {
            delete_sessions(context, &HashSet::new(), &roots)?;
            return Ok(code::DONE);
        }
        None => return Ok(code::DONE),
    };
    let _lock = lock(context)?;
    let keys: Vec<(String, String)> = store
        .files()
        .await?
        .into_iter()
        .filter(|f| collection.is_none_or(|c| c == f.collection))
        .filter(|f| roots.is_empty() || roots.iter().any(|r| Path::new(&f.path).starts_with(r)))
        .map(|f| (f.collection, f.path))
        .collect();
    if keys.is_empty() && !with_sessions {
        return Err(Failure::usage("nothing to take out: no indexed file matches"));
    }
    if !keys.is_empty() {
        store.remove(&keys).await?;
        store.note().await;
        forget(store.location(), &keys);
        let (files, are) = match keys.len() {
            1 => ("file itself", "is"),
            _ => ("files themselves", "are"),
        };
        outln!("Took out {}. The {files} {are} untouched.", plural(keys.len(), "file"))?;
    }
    if with_sessions {
        // Versions of before hold the text as well.
        store.vacuum().await?;
        let files: HashSet<String> = keys.iter().map(|(_, path)| path.clone()).collect();
        let deleted = delete_sessions(context, &files, &roots)?;
        if keys.is_empty() && deleted == 0 {
            return Err(Failure::usage(
                "nothing to take out: no indexed file and no session matches",
            ));
        }
    }
    Ok(code::DONE)
}

/// Nothing that was taken out stays noted.
fn forget(place: &Location, keys: &[(String, String)]) {
    let mut seen = SeenFiles::load(place);
    keys.iter().for_each(|(_, path)| seen.forget(path));
    if let Err(error) = seen.save(place) {
        let at = place.name().display().to_string();
        errln!("lorag: cannot change the list of files in {}: {error}", visible(&at));
    }
}

async fn stats(context: &Context, as_json: bool) -> Result<u8, Failure> {
    let Some(store) = open(context).await? else {
        if as_json {
            outln!("{}", json!({ "files": 0, "chunks": 0, "collections": [] }))?;
        }
        return Ok(code::DONE);
    };
    let stats = store.stats().await?;
    if as_json {
        let collections: Vec<serde_json::Value> = stats
            .collections
            .iter()
            .map(|c| json!({ "name": c.name, "files": c.files, "chunks": c.chunks }))
            .collect();
        outln!(
            "{}",
            json!({
                "folder": context.paths.knowledge,
                "files": stats.files,
                "chunks": stats.chunks,
                "collections": collections,
                "bytes_on_disk": stats.bytes_on_disk,
                "versions": stats.versions,
                "full_text_unindexed_rows": stats.full_text_unindexed,
                "analysis": if store.is_old() { "old" } else { "current" },
                "embedder": stats.embedder,
                "dimension": stats.dimension,
            })
        )?;
        return Ok(code::DONE);
    }
    outln!("folder      {}", Line::of_path(&context.paths.knowledge))?;
    outln!("files       {}", stats.files)?;
    outln!("chunks      {}", stats.chunks)?;
    outln!("on disk     {}", HumanBytes(stats.bytes_on_disk))?;
    outln!("embedder    {} ({} dimensions)", Line::of(&stats.embedder), stats.dimension)?;
    if let Some(note) = store.old_note() {
        outln!("analysis    {note}")?;
    }
    outln!("full text   {} rows not indexed yet", stats.full_text_unindexed)?;
    for collection in &stats.collections {
        let (files, chunks) = (collection.files, collection.chunks);
        let (files, chunks) = (plural(files, "file"), plural(chunks, "chunk"));
        outln!("collection  {}: {files}, {chunks}", Line::of(&collection.name))?;
    }
    Ok(code::DONE)
}

async fn vacuum(context: &Context) -> Result<u8, Failure> {
    let Some(store) = open(context).await? else { return Ok(code::DONE) };
    let _lock = lock(context)?;
    let done = store.vacuum().await?;
    outln!("{} before, {} after.", HumanBytes(done.bytes_before), HumanBytes(done.bytes_after))?;
    Ok(code::DONE)
}
