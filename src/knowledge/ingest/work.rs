//! The work on one file: read, hash, parse, chunk and embed, on threads that
//! share a list of files.

use super::Cancel;
use crate::domain::Chunk;
use crate::knowledge::chunk::{Sizes, chunk};
use crate::knowledge::embed::{EmbedError, Embedder};
use crate::knowledge::parse::{Skip, parse};
use crate::knowledge::store::{FileRecord, FileRows};
use crate::knowledge::walk::FoundFile;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// What the worker threads share.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) files: Arc<Vec<FoundFile>>,
    pub(super) known: Arc<HashMap<String, FileRecord>>,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) sizes: Sizes,
    pub(super) collection: String,
    pub(super) cancel: Cancel,
    pub(super) next: Arc<AtomicUsize>,
}

/// What became of one file.
pub(super) enum Done {
    Unchanged,
    Rows(Box<FileRows>),
    Skipped(PathBuf, Skip),
    Failed(EmbedError),
}

impl Work {
    /// Works on files until none is left; runs on a thread of its own.
    pub(super) fn run(&self, out: &mpsc::Sender<Done>) {
        while let Some(file) = self.files.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.cancel.is_cancelled() || out.blocking_send(self.file(file)).is_err() {
                return;
            }
        }
    }

    fn file(&self, file: &FoundFile) -> Done {
        let bytes = match std::fs::read(&file.path) {
            Ok(bytes) => bytes,
            Err(error) => {
                return Done::Skipped(file.path.clone(), Skip::Unreadable(error.to_string()));
            }
        };
        let path = file.path.to_string_lossy().into_owned();
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let chunker = self.sizes.signature();
        let same = self.known.get(&path).is_some_and(|k| k.hash == hash && k.chunker == chunker);
        if same {
            return Done::Unchanged;
        }
        let document = match parse(&file.path, &bytes) {
            Ok(document) => document,
            Err(skip) => return Done::Skipped(file.path.clone(), skip),
        };
        let count = |text: &str| self.embedder.count(text);
        let chunks: Vec<Chunk> = chunk(&document, &bytes, self.sizes, &count)
            .into_iter()
            .enumerate()
            .map(|(index, piece)| {
                let mut id = blake3::Hasher::new();
                for part in [&self.collection, &path, &piece.text] {
                    id.update(part.as_bytes()).update(&[0]);
                }
                id.update(&piece.bytes.start.to_le_bytes());
                let id = id.finalize().to_hex();
                let file_bytes = bytes.get(piece.bytes.start..piece.bytes.end);
                let rendered = file_bytes != Some(piece.text.as_bytes());
                Chunk {
                    id: id.as_str().chars().take(32).collect(),
                    path: path.clone(),
                    collection: self.collection.clone(),
                    heading: piece.heading,
                    bytes: piece.bytes,
                    lines: piece.lines,
                    text: piece.text,
                    offsets: piece.offsets,
                    rendered,
                    index: u32::try_from(index).unwrap_or(u32::MAX),
                    file_hash: hash.clone(),
                    modified: file.modified_ms,
                    units: Vec::new(),
                    language: String::new(),
                }
            })
            .collect();
        if chunks.is_empty() {
            return Done::Skipped(file.path.clone(), Skip::Empty);
        }
        let texts: Vec<String> = chunks.iter().map(Chunk::search_text).collect();
        let vectors = match self.embedder.embed_passages(&texts) {
            Ok(vectors) => vectors,
            Err(error) => return Done::Failed(error),
        };
        let record = FileRecord {
            collection: self.collection.clone(),
            path,
            hash,
            chunker,
            modified: file.modified_ms,
            size: bytes.len() as u64,
            chunks: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
        };
        Done::Rows(Box::new(FileRows { record, chunks: chunks.into_iter().zip(vectors).collect() }))
    }
}
