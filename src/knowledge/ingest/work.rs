//! The work on one file: read, hash, parse, chunk and embed, on threads that
//! share a list of files.
//!
//! A file that makes a part of lorag panic is skipped by name, since it would
//! do so at every try and keep all others out, and so is one that ends the
//! process that parses it. Where files are parsed in this process, a stack that
//! is too small for a deeply nested one ends everything; so the threads have a
//! large one, of which only what is used takes memory.

use super::Cancel;
use crate::config::bounded;
use crate::domain::Chunk;
use crate::knowledge::KnowledgeError;
use crate::knowledge::analysis::{Analyzer, TermStats, detect};
use crate::knowledge::chunk::{Sizes, chunk};
use crate::knowledge::embed::{EmbedError, Embedder};
use crate::knowledge::parse::{Document, Format, Skip, generated};
use crate::knowledge::seen::{SeenFile, SeenFiles, SeenSkip};
use crate::knowledge::store::{FileRecord, FileRows};
use crate::knowledge::walk::FoundFile;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;
use tokio::sync::mpsc;

/// Stack of a worker thread, in bytes.
const STACK_BYTES: usize = 64 << 20;

/// Passages that are embedded at once: their texts are copied for it.
const EMBED_BATCH: usize = 256;

/// Makes a document of a file.
pub(super) type Parse = fn(&Path, &[u8]) -> Result<Document, Skip>;

/// What the worker threads share.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) parse: Parse,
    pub(super) files: Arc<Vec<FoundFile>>,
    pub(super) known: Arc<HashMap<String, FileRecord>>,
    pub(super) seen: Arc<SeenFiles>,
    pub(super) verify: bool,
    /// A moment before the files were found.
    pub(super) start: SystemTime,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) sizes: Sizes,
    pub(super) collection: String,
    /// Most bytes of a file.
    pub(super) most_bytes: u64,
    /// Whether generated files are read, too.
    pub(super) generated: bool,
    /// What the user named: a file among it is read whatever it holds.
    pub(super) named: Arc<HashSet<PathBuf>>,
    pub(super) cancel: Cancel,
    pub(super) next: Arc<AtomicUsize>,
}

/// A file that is done.
pub(super) struct Done {
    pub(super) path: String,
    /// What to note of its looks, if anything.
    pub(super) seen: Option<SeenFile>,
    /// Whether it was read.
    pub(super) read: bool,
    pub(super) outcome: Outcome,
}

/// What became of a file.
pub(super) enum Outcome {
    Unchanged,
    Rows(Box<Rows>),
    Skipped(Skip),
    Failed(EmbedError),
}

/// A file's rows, and what was found out about its words.
pub(super) struct Rows {
    pub(super) file: FileRows,
    /// Its terms, passage by passage.
    pub(super) counts: TermStats,
    /// Its language, where the embedder knows too few of its words.
    pub(super) poorly_known: Option<&'static str>,
    /// What of it could not be read.
    pub(super) notes: Vec<String>,
}

/// Share of a text's words that an embedder may not know before its vectors say
/// little.
const MOST_UNKNOWN: f32 = 0.4;

/// A thread's analyzers by language: what they know of words serves every file.
type Analyzers = HashMap<&'static str, Analyzer<'static>>;

impl Work {
    /// Starts a thread that works on files until none is left.
    pub(super) fn spawn(self, out: mpsc::Sender<Done>) -> Result<(), KnowledgeError> {
        std::thread::Builder::new()
            .name("lorag-ingest".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || self.run(&out))
            .map_err(|error| KnowledgeError::Internal(error.to_string()))?;
        Ok(())
    }

    fn run(&self, out: &mpsc::Sender<Done>) {
        let mut analyzers = Analyzers::new();
        while let Some(file) = self.files.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.cancel.is_cancelled()
                || out.blocking_send(self.file(file, &mut analyzers)).is_err()
            {
                return;
            }
        }
    }

    fn file(&self, file: &FoundFile, analyzers: &mut Analyzers) -> Done {
        let path = file.path.to_string_lossy().into_owned();
        let chunker = self.chunker(&file.path);
        if !self.verify
            && let Some(outcome) = self.as_before(file, &path, &chunker)
        {
            return Done { path, seen: None, read: false, outcome };
        }
        let bytes = match bounded::read(&file.path, self.most_bytes) {
            Ok(bytes) => bytes,
            Err(error) => {
                let outcome = Outcome::Skipped(Skip::Unreadable(error.to_string()));
                return Done { path, seen: None, read: true, outcome };
            }
        };
        let hash = blake3::hash(&bytes).to_hex().to_string();
        let same = || self.known.get(&path).is_some_and(|k| k.hash == hash && k.chunker == chunker);
        let unwanted =
            if self.wants_generated(file) { None } else { generated(&file.path, &bytes) };
        // It ended its reader before, under whatever name.
        let unwanted = unwanted.or_else(|| self.seen.ended(&hash).filter(|_| !self.verify));
        let outcome = match unwanted {
            Some(skip) => Outcome::Skipped(skip),
            None if same() => Outcome::Unchanged,
            None => {
                self.rows(file, &path, &bytes, &hash, analyzers).unwrap_or_else(Outcome::Skipped)
            }
        };
        let skip = match &outcome {
            Outcome::Skipped(skip) => SeenSkip::of(skip).map(Some),
            Outcome::Unchanged | Outcome::Rows(_) => Some(None),
            Outcome::Failed(_) => None,
        };
        // It may have been written to since it was found.
        let seen = skip
            .filter(|_| file.size == bytes.len() as u64)
            .map(|skip| SeenFile::new(file, self.start, &hash, &chunker, skip));
        Done { path, seen, read: true, outcome }
    }

    /// How a file is read and cut: files of formats that were read otherwise
    /// before are read again.
    fn chunker(&self, path: &Path) -> String {
        format!("{}{}", self.sizes.signature(), Format::of(path).revision())
    }

    /// Whether a file is read even if a program wrote it for programs.
    fn wants_generated(&self, file: &FoundFile) -> bool {
        self.generated || self.named.contains(&file.path)
    }

    /// What is known of a file that looks as it did when it was read.
    fn as_before(&self, file: &FoundFile, path: &str, chunker: &str) -> Option<Outcome> {
        let seen = self.seen.get(path).filter(|seen| seen.is_of(file))?;
        if seen.chunker != chunker {
            return None;
        }
        match (&seen.skip, self.known.get(path)) {
            (Some(skip), _) => {
                skip.holds(self.wants_generated(file)).then(|| Outcome::Skipped(skip.into()))
            }
            (None, Some(known)) if known.hash == seen.hash && known.chunker == chunker => {
                Some(Outcome::Unchanged)
            }
            _ => None,
        }
    }

    fn rows(
        &self,
        file: &FoundFile,
        path: &str,
        bytes: &[u8],
        hash: &str,
        analyzers: &mut Analyzers,
    ) -> Result<Outcome, Skip> {
        let (chunks, language, notes) = guarded(|| self.chunks(file, path, bytes, hash))??;
        if chunks.is_empty() {
            return Err(Skip::Empty);
        }
        let vectors = match guarded(|| self.vectors(&chunks)) {
            Ok(Ok(vectors)) => vectors,
            Ok(Err(error)) => return Ok(Outcome::Failed(error)),
            Err(broken) => {
                // Is it the file, or the embedder?
                let plain = ["A plain sentence.".to_owned()];
                let works = guarded(|| self.embedder.embed_passages(&plain));
                if matches!(works, Ok(Ok(_))) {
                    return Err(broken);
                }
                let why = match broken {
                    Skip::Broken(why) => why,
                    other => other.to_string(),
                };
                return Ok(Outcome::Failed(EmbedError::Failed(why)));
            }
        };
        let record = FileRecord {
            collection: self.collection.clone(),
            path: path.to_owned(),
            hash: hash.to_owned(),
            chunker: self.chunker(&file.path),
            modified: file.modified_ms,
            size: bytes.len() as u64,
            chunks: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
        };
        let (terms, counts) = guarded(|| {
            let analyzer = analyzers.entry(language).or_insert_with(|| Analyzer::new(language));
            let mut counts = TermStats::default();
            let terms: Vec<String> =
                chunks.iter().map(|chunk| analyzer.prepared(&chunk.search_text())).collect();
            terms.iter().for_each(|terms| counts.add_prepared(terms, language));
            (terms, counts)
        })?;
        let unknown = match language {
            "" | "en" => 0.0,
            _ => chunks.first().map_or(0.0, |chunk| self.embedder.unknown_words(&chunk.text)),
        };
        let chunks = chunks.into_iter().zip(vectors).collect();
        Ok(Outcome::Rows(Box::new(Rows {
            file: FileRows { record, chunks, terms },
            counts,
            poorly_known: (unknown > MOST_UNKNOWN).then_some(language),
            notes,
        })))
    }

    /// The vectors of passages, a batch after the other.
    fn vectors(&self, chunks: &[Chunk]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(chunks.len());
        for batch in chunks.chunks(EMBED_BATCH) {
            let texts: Vec<String> = batch.iter().map(Chunk::search_text).collect();
            vectors.extend(self.embedder.embed_passages(&texts)?);
        }
        Ok(vectors)
    }

    fn chunks(
        &self,
        file: &FoundFile,
        path: &str,
        bytes: &[u8],
        hash: &str,
    ) -> Result<(Vec<Chunk>, &'static str, Vec<String>), Skip> {
        let document = (self.parse)(&file.path, bytes)?;
        let language = match document.format {
            // Its words are those of a programming language.
            Format::Code => "",
            _ => detect(&document.text),
        };
        let count = |text: &str| self.embedder.count(text);
        let chunks = chunk(&document, bytes, self.sizes, &count)
            .into_iter()
            .enumerate()
            .map(|(index, piece)| {
                let mut id = blake3::Hasher::new();
                for part in [self.collection.as_str(), path, &piece.text] {
                    id.update(part.as_bytes()).update(&[0]);
                }
                id.update(&piece.bytes.start.to_le_bytes());
                let id = id.finalize().to_hex();
                let file_bytes = bytes.get(piece.bytes.start..piece.bytes.end);
                let rendered =
                    piece.offsets.is_extracted() || file_bytes != Some(piece.text.as_bytes());
                Chunk {
                    id: id.as_str().chars().take(32).collect(),
                    path: path.to_owned(),
                    collection: self.collection.clone(),
                    heading: piece.heading,
                    bytes: piece.bytes,
                    lines: piece.lines,
                    text: piece.text,
                    offsets: piece.offsets,
                    rendered,
                    index: u32::try_from(index).unwrap_or(u32::MAX),
                    file_hash: hash.to_owned(),
                    modified: file.modified_ms,
                    units: piece.units,
                    language: language.to_owned(),
                }
            })
            .collect();
        Ok((chunks, language, document.notes))
    }
}

/// Makes a panic the reason to skip a file.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Skip> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| Skip::of_panic(payload.as_ref()))
}
