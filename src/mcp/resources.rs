//! Passages as resources: listed by file, read by name.

use super::cursor::Cursor;
use super::rpc::{INTERNAL, NO_RESOURCE, PARAMETERS, RpcError};
use super::sources::{of_file, passage, stale};
use super::uri::{self, Named};
use crate::domain::Chunk;
use crate::host::{Host, HostError};
use serde_json::{Map, Value, json};

/// Passages of a page.
const PAGE: usize = 100;

/// Most bytes of the passages of a file that are read at once.
const MOST_BYTES: usize = 256 << 10;

fn failed(error: HostError) -> RpcError {
    RpcError::new(if error.wrong { PARAMETERS } else { INTERNAL }, error.message)
}

/// A page of passages, file by file.
///
/// # Errors
/// The cursor is wrong, or the knowledge base can't be read.
pub(super) async fn list(host: &Host, params: &Map<String, Value>) -> Result<Value, RpcError> {
    let from = match params.get("cursor") {
        None | Some(Value::Null) => Cursor::default(),
        Some(cursor) => cursor
            .as_str()
            .and_then(Cursor::read)
            .ok_or_else(|| RpcError::new(PARAMETERS, "\"cursor\" is none that was given"))?,
    };
    let (chunks, next) = page(host, &from).await.map_err(failed)?;
    let resources: Vec<Value> = chunks.iter().map(resource).collect();
    let mut out = json!({ "resources": resources });
    if let Some(next) = next {
        out["nextCursor"] = next.text().into();
    }
    Ok(out)
}

async fn page(host: &Host, from: &Cursor) -> Result<(Vec<Chunk>, Option<Cursor>), HostError> {
    let Some(base) = host.base().await? else { return Ok((Vec::new(), None)) };
    let (mut wanted, mut passages) = (Vec::new(), 0);
    for file in base.store().files().await? {
        let at = Cursor { collection: file.collection, path: file.path, index: u32::MAX };
        if at < *from {
            continue;
        }
        if passages > PAGE {
            break;
        }
        let same = at.collection == from.collection && at.path == from.path;
        let before = if same { from.index.min(file.chunks) } else { 0 };
        passages += (file.chunks - before) as usize;
        wanted.push((at.collection, at.path));
    }
    let mut chunks = base.store().passages(&wanted).await?;
    let place = |chunk: &Chunk| Cursor {
        collection: chunk.collection.clone(),
        path: chunk.path.clone(),
        index: chunk.index,
    };
    chunks.retain(|chunk| place(chunk) >= *from);
    let next = chunks.get(PAGE).map(place);
    chunks.truncate(PAGE);
    Ok((chunks, next))
}

fn resource(chunk: &Chunk) -> Value {
    let name = chunk.path.rsplit(['/', '\\']).next().unwrap_or(&chunk.path);
    let heading = chunk.heading_line();
    let mut out = json!({
        "uri": uri::passage(&chunk.id),
        "name": chunk.locator().within(name),
        "description": format!("{} (collection {})", chunk.locator().within(&chunk.path), chunk.collection),
        "mimeType": "text/plain",
        "size": chunk.text.len(),
    });
    if !heading.is_empty() {
        out["title"] = heading.into();
    }
    out
}

/// How resources are named.
pub(super) fn templates() -> Value {
    let template = |uri: &str, name: &str, about: &str| json!({ "uriTemplate": uri, "name": name, "description": about, "mimeType": "text/plain" });
    json!({ "resourceTemplates": [
        template(uri::PASSAGE, "passage", "A passage, by the id that search gives"),
        template(uri::FILE, "file", "All passages of an indexed file, in order"),
    ] })
}

/// The passages that a name stands for.
///
/// # Errors
/// There are none, or the knowledge base can't be read.
pub(super) async fn read(host: &Host, params: &Map<String, Value>) -> Result<Value, RpcError> {
    let uri = params.get("uri").and_then(Value::as_str);
    let uri = uri.ok_or_else(|| RpcError::new(PARAMETERS, "\"uri\" must be text"))?;
    let none =
        || RpcError::new(NO_RESOURCE, "there is no such resource; resources/list names them");
    let named = uri::read(uri).ok_or_else(none)?;
    let base = host.base().await.map_err(failed)?.ok_or_else(none)?;
    let store = base.store();
    let chunks = match named {
        Named::Passage(id) => {
            let found = store.passage(&id).await;
            vec![found.map_err(|error| failed(error.into()))?.ok_or_else(none)?]
        }
        Named::File { collection, path } => {
            let found = of_file(store, &path, Some(&collection)).await;
            found.map_err(|error| if error.wrong { none() } else { failed(error) })?.0
        }
    };
    let stale = stale(store.location(), &chunks).await;
    let (mut contents, mut bytes) = (Vec::new(), 0);
    for (at, chunk) in chunks.iter().enumerate() {
        bytes += chunk.text.len();
        if at > 0 && bytes > MOST_BYTES {
            let left = chunks.len() - at;
            let text = format!("… {left} more passages; read_passage reads them by their lines");
            contents.push(json!({ "uri": uri, "mimeType": "text/plain", "text": text }));
            break;
        }
        let mut about = passage(chunk, &stale);
        if let Some(about) = about.as_object_mut() {
            about.remove("text");
        }
        contents.push(json!({
            "uri": uri::passage(&chunk.id),
            "mimeType": "text/plain",
            "text": chunk.text,
            "_meta": { "lorag/passage": about },
        }));
    }
    Ok(json!({ "contents": contents }))
}
