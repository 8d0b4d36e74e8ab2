//! A passage by itself, as tools give it to other programs.

use super::PlaceJson;
use crate::domain::Chunk;
use serde::Serialize;
use serde_json::{Value, json};

/// A passage that nobody searched for.
#[derive(Serialize)]
struct PassageJson<'a> {
    id: &'a str,
    path: &'a str,
    collection: &'a str,
    heading: String,
    #[serde(flatten)]
    place: PlaceJson,
    text: &'a str,
    rendered: bool,
    /// Which passage of its file it is, from 0.
    index: u32,
    /// BLAKE3 of the file's bytes as they were indexed.
    hash: &'a str,
    stale: bool,
}

/// A passage with its place, the hash of its file, and whether that has changed
/// since.
#[must_use]
pub fn passage(chunk: &Chunk, stale: bool) -> Value {
    json!(PassageJson {
        id: &chunk.id,
        path: &chunk.path,
        collection: &chunk.collection,
        heading: chunk.heading_line(),
        place: PlaceJson::from(&chunk.locator()),
        text: &chunk.text,
        rendered: chunk.rendered,
        index: chunk.index,
        hash: &chunk.file_hash,
        stale,
    })
}
