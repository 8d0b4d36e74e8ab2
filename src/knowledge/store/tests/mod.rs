//! The store as a whole, on real LanceDB tables in temporary folders.

mod elsewhere;
mod files;
mod old;
mod searching;
mod upkeep;

use super::{FileRecord, FileRows, Legs, RowKey, Store};
use crate::domain::{ByteRange, Chunk, LineRange, OffsetMap};
use crate::knowledge::analysis::FullText;
use tempfile::TempDir;

const EMBEDDER: &str = "builtin-test";
const DIMENSION: usize = 4;

/// A file with these passages; the vector of passage n points along axis n.
pub(super) fn file(collection: &str, path: &str, texts: &[&str]) -> FileRows {
    let mut start = 0;
    let chunks = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let bytes = ByteRange::new(start, start + text.len());
            start = bytes.end;
            let mut vector = vec![0.0; DIMENSION];
            vector[index % DIMENSION] = 1.0;
            let chunk = Chunk {
                id: format!("{collection}:{path}:{index}:{text}"),
                path: path.to_owned(),
                collection: collection.to_owned(),
                heading: Vec::new(),
                bytes,
                lines: LineRange { start: 1, end: 2 },
                text: (*text).to_owned(),
                offsets: OffsetMap::verbatim(bytes.start, text.len()),
                rendered: false,
                index: u32::try_from(index).unwrap(),
                file_hash: "cafe".to_owned(),
                modified: 7,
                units: Vec::new(),
                language: String::new(),
            };
            (chunk, vector)
        })
        .collect();
    FileRows {
        record: FileRecord {
            collection: collection.to_owned(),
            path: path.to_owned(),
            hash: "cafe".to_owned(),
            chunker: "v1:256:32".to_owned(),
            modified: 7,
            size: 100,
            chunks: u32::try_from(texts.len()).unwrap(),
        },
        chunks,
        terms: Vec::new(),
    }
}

async fn open(temp: &TempDir) -> Store {
    Store::open_or_create(&temp.path().join("kb"), EMBEDDER, DIMENSION).await.unwrap()
}

async fn open_with(temp: &TempDir, files: Vec<FileRows>) -> Store {
    let store = open(temp).await;
    store.replace(files).await.unwrap();
    store
}

fn handbook() -> Vec<FileRows> {
    vec![
        file(
            "main",
            "/docs/it's/install.md",
            &["Install the program first", "Then it is installed"],
        ),
        file("main", "/docs2/usage.md", &["Asking a question"]),
        file("o'ther", "/docs/notes.txt", &["Some notes on installing"]),
    ]
}

fn asked(text: &str) -> FullText {
    FullText::of(text)
}

async fn paths(store: &Store) -> Vec<String> {
    let files = store.files().await.unwrap();
    files.into_iter().map(|file| file.path).collect()
}

async fn texts(legs: &Legs, leg: &[(RowKey, f32)]) -> Vec<String> {
    let keys: Vec<RowKey> = leg.iter().map(|(key, _)| *key).collect();
    let chunks = legs.fetch(&keys).await.unwrap();
    assert_eq!(chunks.len(), keys.len());
    chunks.into_iter().map(|chunk| chunk.text).collect()
}
