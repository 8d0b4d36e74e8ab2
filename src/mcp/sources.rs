//! What is indexed: files, and passages by name.

use super::arguments::{Arguments, shown};
use super::cursor::{self, Cursor};
use super::uri;
use crate::domain::Chunk;
use crate::host::{EMPTY, Host, HostError};
use crate::json;
use crate::knowledge::presence::{Known, Presence, look};
use crate::knowledge::store::{FileRecord, Location, Store};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// How long it is looked whether files have changed.
const PATIENCE: Duration = Duration::from_millis(400);

/// Most characters of names and paths.
pub(super) const MOST_NAME: usize = 4096;

/// Files of a list where the caller does not say.
const FILES: usize = 100;
/// Most files of a list.
pub(super) const MOST_FILES: usize = 1000;

/// Most passages that are read at once.
pub(super) const MOST_PASSAGES: usize = 20;

/// Lists collections and files.
///
/// # Errors
/// The arguments are wrong, or the knowledge base can't be read.
pub(super) async fn list(host: &Host, given: &Map<String, Value>) -> Result<Value, HostError> {
    let mut given = Arguments::new(given);
    let collection = given.text("collection", MOST_NAME).map_err(HostError::wrong)?;
    let limit = given.number("limit", MOST_FILES).map_err(HostError::wrong)?.unwrap_or(FILES);
    let from = given.text("cursor", cursor::MOST).map_err(HostError::wrong)?;
    given.no_others().map_err(HostError::wrong)?;
    let from = match from.map(Cursor::read) {
        Some(None) => return Err(HostError::wrong("\"cursor\" is none that list_sources gave")),
        Some(Some(cursor)) => cursor,
        None => Cursor::default(),
    };
    host.check_collection(collection).await?;
    let Some(base) = host.base().await? else {
        return Ok(json!({ "collections": [], "files": [], "note": EMPTY }));
    };
    let mut files = base.store().files().await?;
    let mut collections: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    for file in &files {
        let (files, passages) = collections.entry(file.collection.clone()).or_default();
        *files += 1;
        *passages += u64::from(file.chunks);
    }
    let of = |(name, (files, passages)): (String, (usize, u64))| json!({ "name": name, "files": files, "passages": passages });
    let collections: Vec<Value> = collections.into_iter().map(of).collect();
    files.retain(|file| collection.is_none_or(|name| name == file.collection));
    files.retain(|file| place(file) >= from);
    let next = files.get(limit).map(|file| place(file).text());
    files.truncate(limit);
    let files: Vec<Value> = files.iter().map(file).collect();
    let mut out = json!({ "collections": collections, "files": files });
    if let Some(next) = next {
        out["next_cursor"] = next.into();
    }
    Ok(out)
}

fn place(file: &FileRecord) -> Cursor {
    Cursor { collection: file.collection.clone(), path: file.path.clone(), index: 0 }
}

fn file(file: &FileRecord) -> Value {
    json!({
        "path": file.path,
        "collection": file.collection,
        "uri": uri::file(&file.collection, &file.path),
        "passages": file.chunks,
        "size": file.size,
        "hash": file.hash,
        "modified_ms": file.modified,
    })
}

/// Reads passages: one by its id, or those of a file, or of lines of it. Only
/// what is indexed is read, never the file itself.
///
/// # Errors
/// The arguments are wrong, there is no such passage, or the knowledge base
/// can't be read.
pub(super) async fn read(host: &Host, given: &Map<String, Value>) -> Result<Value, HostError> {
    let mut given = Arguments::new(given);
    let id = given.text("id", MOST_NAME).map_err(HostError::wrong)?;
    let path = given.text("path", MOST_NAME).map_err(HostError::wrong)?;
    let lines = given.text("lines", 32).map_err(HostError::wrong)?;
    let collection = given.text("collection", MOST_NAME).map_err(HostError::wrong)?;
    given.no_others().map_err(HostError::wrong)?;
    let lines = lines.map(range).transpose().map_err(HostError::wrong)?;
    let base = host.base().await?.ok_or_else(|| HostError::wrong(EMPTY))?;
    let store = base.store();
    let mut also = Vec::new();
    let mut chunks = match (id, path) {
        (Some(id), None) if lines.is_none() && collection.is_none() => {
            let found = store.passage(id).await?;
            let none = || HostError::wrong(format!("there is no passage {}", shown(id)));
            vec![found.ok_or_else(none)?]
        }
        (None, Some(path)) => {
            host.check_collection(collection).await?;
            let (chunks, others) = of_file(store, path, collection).await?;
            also = others;
            match lines {
                Some(lines) => on_lines(path, chunks, lines)?,
                None => chunks,
            }
        }
        _ => return Err(HostError::wrong("give either \"id\", or \"path\" and perhaps \"lines\"")),
    };
    let more = chunks.len().saturating_sub(MOST_PASSAGES);
    chunks.truncate(MOST_PASSAGES);
    let stale = stale(store.location(), &chunks).await;
    let passages: Vec<Value> = chunks.iter().map(|chunk| passage(chunk, &stale)).collect();
    Ok(json!({ "passages": passages, "left_out": more, "also_in": also }))
}

/// The passages of an indexed file, of one collection, and the names of the
/// others that hold it, too.
pub(super) async fn of_file(
    store: &Store,
    path: &str,
    collection: Option<&str>,
) -> Result<(Vec<Chunk>, Vec<String>), HostError> {
    let mut chunks = store.passages_of(path).await?;
    chunks.retain(|chunk| collection.is_none_or(|name| name == chunk.collection));
    let Some(first) = chunks.first().map(|chunk| chunk.collection.clone()) else {
        return Err(HostError::wrong(format!(
            "{} is not indexed; list_sources names what is",
            shown(path)
        )));
    };
    let mut others: Vec<String> = chunks.iter().map(|chunk| chunk.collection.clone()).collect();
    others.dedup();
    others.retain(|name| *name != first);
    chunks.retain(|chunk| chunk.collection == first);
    Ok((chunks, others))
}

/// Lines as people write them, `12` or `12-18`.
fn range(text: &str) -> Result<(u32, u32), String> {
    let (start, end) = text.split_once('-').unwrap_or((text, text));
    match (start.trim().parse(), end.trim().parse()) {
        (Ok(start), Ok(end)) if (1..=end).contains(&start) => Ok((start, end)),
        _ => Err(format!("\"lines\" is \"12\" or \"12-18\", not {:?}", shown(text))),
    }
}

/// Those of the passages that lie on these lines.
fn on_lines(path: &str, chunks: Vec<Chunk>, lines: (u32, u32)) -> Result<Vec<Chunk>, HostError> {
    let last = chunks.iter().filter_map(|chunk| Some(chunk.locator().lines()?.end)).max();
    let Some(last) = last else {
        let path = shown(path);
        return Err(HostError::wrong(format!("{path} has no lines; leave \"lines\" out")));
    };
    let meets = |chunk: &Chunk| {
        chunk.locator().lines().is_some_and(|on| on.start <= lines.1 && on.end >= lines.0)
    };
    let found: Vec<Chunk> = chunks.into_iter().filter(meets).collect();
    match found.is_empty() {
        false => Ok(found),
        true => Err(HostError::wrong(format!(
            "no passage of {} stands on lines {}-{}; the last one ends on line {last}",
            shown(path),
            lines.0,
            lines.1
        ))),
    }
}

/// A passage in JSON, with its name.
pub(super) fn passage(chunk: &Chunk, stale: &HashMap<String, bool>) -> Value {
    let stale = stale.get(&chunk.path).copied().unwrap_or(true);
    let mut passage = json::passage(chunk, stale);
    passage["uri"] = uri::passage(&chunk.id).into();
    passage
}

/// Whether the files of passages have changed since they were indexed, are gone,
/// or can't be looked at, by path.
pub(super) async fn stale(place: &Location, chunks: &[Chunk]) -> HashMap<String, bool> {
    let mut files: Vec<Known> = Vec::new();
    for chunk in chunks {
        if files.iter().all(|known| known.path != chunk.path) {
            let (path, hash) = (chunk.path.clone(), chunk.file_hash.clone());
            files.push(Known { path, hash, modified: chunk.modified });
        }
    }
    let looked = look(place, files, PATIENCE).await;
    looked.into_iter().map(|(path, found)| (path, found != Presence::Same)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_people_write_them() {
        assert_eq!(range("12"), Ok((12, 12)));
        assert_eq!(range("12-18"), Ok((12, 18)));
        for text in ["0", "5-4", "-3", "3-", "a", "1-2-3", "99999999999", "1e3", "+"] {
            assert!(range(text).unwrap_err().contains("12-18"), "{text}");
        }
    }
}
