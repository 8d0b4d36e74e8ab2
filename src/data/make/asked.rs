//! A question with the passage that answers it.

use crate::domain::Chunk;
use std::path::{Path, PathBuf};

/// A question with the passage that answers it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The question.
    pub(super) question: String,
    /// The target without its citation.
    pub(super) answer: String,
    /// Answers that count as right.
    pub(super) references: Vec<String>,
    /// The passage; `None` where the documents don't answer.
    pub(super) golden: Option<Golden>,
    /// The end of the path of the document, for the row.
    pub(super) document: Option<String>,
}

/// The passage that answers.
#[derive(Clone, Debug)]
pub(super) struct Golden {
    /// The passage.
    pub(super) chunk: Chunk,
    /// Its sentences that answer, as they stand there, on one line.
    pub(super) sentences: Vec<String>,
}

/// The end of a document's path, from the folder above what it was named by.
pub(super) fn document_name(path: &str, roots: &[PathBuf]) -> String {
    let path = Path::new(path);
    let root =
        roots.iter().filter(|root| path.starts_with(root)).max_by_key(|r| r.components().count());
    let above = root.and_then(|root| root.parent());
    let short = above.and_then(|above| path.strip_prefix(above).ok());
    let short = short.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
    short.to_string_lossy().replace('\\', "/")
}
