//! `lorag kb`: looking after the knowledge base.

use super::args::KbCommand;
use super::context::Context;
use super::ingest::index;
use super::terminal::outln;
use super::terminal::{Paint, visible};
use super::{Failure, code};
use crate::knowledge::store::{FileRecord, Store, WriterLock};
use indicatif::HumanBytes;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// Runs the command.
pub async fn run(context: &Context, command: KbCommand) -> Result<u8, Failure> {
    match command {
        KbCommand::List { collection, json } => list(context, collection.as_deref(), json).await,
        KbCommand::Remove { paths, collection } => {
            remove(context, &paths, collection.as_deref()).await
        }
        KbCommand::Stats { json } => stats(context, json).await,
        KbCommand::Vacuum => vacuum(context).await,
        KbCommand::Reembed { .. } => reembed(context).await,
    }
}

async fn open(context: &Context) -> Result<Option<Store>, Failure> {
    let store = Store::open_any(&context.paths.knowledge).await?;
    if store.is_none() {
        eprintln!("lorag: the knowledge base is empty. Index a folder with: lorag ingest PATH");
    }
    Ok(store)
}

/// The right to write, or an error that says who has it.
fn lock(context: &Context) -> Result<WriterLock, Failure> {
    WriterLock::acquire(&context.paths.knowledge)?.ok_or_else(|| {
        Failure::from("another lorag is writing to the knowledge base; try again when it is done")
    })
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
            outln!("{}", paint.bold(&visible(&file.collection)))?;
            last = Some(&file.collection);
        }
        let note = if stale(file) { paint.cite("  changed since") } else { String::new() };
        outln!(
            "  {:>5} chunks  {:>10}  {}{note}",
            file.chunks,
            HumanBytes(file.size).to_string(),
            visible(&file.path)
        )?;
    }
    Ok(code::DONE)
}

/// Whether a file is gone or was written since it was indexed.
fn stale(file: &FileRecord) -> bool {
    let modified = std::fs::metadata(&file.path).and_then(|m| m.modified()).ok();
    let known = UNIX_EPOCH + Duration::from_millis(u64::try_from(file.modified).unwrap_or(0));
    modified.is_none_or(|now| {
        now.duration_since(known).is_ok_and(|newer| newer > Duration::from_millis(1))
    })
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
) -> Result<u8, Failure> {
    if paths.is_empty() && collection.is_none() {
        return Err(Failure::usage(
            "say what to take out: paths, or --collection NAME for a whole collection",
        ));
    }
    let Some(store) = open(context).await? else { return Ok(code::DONE) };
    let _lock = lock(context)?;
    let roots = paths.iter().map(std::path::absolute).collect::<Result<Vec<PathBuf>, _>>()?;
    let keys: Vec<(String, String)> = store
        .files()
        .await?
        .into_iter()
        .filter(|f| collection.is_none_or(|c| c == f.collection))
        .filter(|f| roots.is_empty() || roots.iter().any(|r| Path::new(&f.path).starts_with(r)))
        .map(|f| (f.collection, f.path))
        .collect();
    if keys.is_empty() {
        return Err(Failure::usage("nothing to take out: no indexed file matches"));
    }
    store.remove(&keys).await?;
    outln!("Took out {} files. The files themselves are untouched.", keys.len())?;
    Ok(code::DONE)
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
                "embedder": stats.embedder,
                "dimension": stats.dimension,
            })
        )?;
        return Ok(code::DONE);
    }
    outln!("folder      {}", visible(&context.paths.knowledge.display().to_string()))?;
    outln!("files       {}", stats.files)?;
    outln!("chunks      {}", stats.chunks)?;
    outln!("on disk     {}", HumanBytes(stats.bytes_on_disk))?;
    outln!("embedder    {} ({} dimensions)", visible(&stats.embedder), stats.dimension)?;
    outln!("full text   {} rows not indexed yet", stats.full_text_unindexed)?;
    for collection in &stats.collections {
        let (files, chunks) = (collection.files, collection.chunks);
        outln!("collection  {}: {files} files, {chunks} chunks", visible(&collection.name))?;
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

/// Makes the table anew with the configured embedder. The old one is kept
/// until the new one is whole.
async fn reembed(context: &Context) -> Result<u8, Failure> {
    let Some(store) = open(context).await? else { return Ok(code::DONE) };
    let files = store.files().await?;
    drop(store);
    let new = crate::knowledge::search::reembed_folder(&context.paths.knowledge);
    let swapped = Context {
        loaded: context.loaded.clone(),
        paths: crate::config::Paths { knowledge: new.clone(), ..context.paths.clone() },
    };
    std::fs::create_dir_all(&new)?;
    let mut collections: Vec<&str> = files.iter().map(|f| f.collection.as_str()).collect();
    collections.sort_unstable();
    collections.dedup();
    let mut lost = 0;
    let mut indexed = 0;
    for collection in collections {
        let (there, gone): (Vec<&FileRecord>, Vec<&FileRecord>) = files
            .iter()
            .filter(|f| f.collection == collection)
            .partition(|f| Path::new(&f.path).exists());
        lost += gone.len();
        for file in gone {
            eprintln!("lorag: {} is gone and leaves the knowledge base", visible(&file.path));
        }
        let paths: Vec<PathBuf> = there.iter().map(|f| PathBuf::from(&f.path)).collect();
        if paths.is_empty() {
            continue;
        }
        let report = index(&swapped, &paths, collection).await?;
        if report.cancelled {
            std::fs::remove_dir_all(&new)?;
            return Err(Failure::interrupted());
        }
        indexed += report.indexed;
    }
    let _lock = lock(context)?;
    crate::knowledge::search::swap_in(&context.paths.knowledge, &new)?;
    outln!("Indexed {indexed} files anew; {lost} were gone.")?;
    Ok(code::DONE)
}
