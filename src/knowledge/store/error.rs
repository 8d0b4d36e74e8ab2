//! What can go wrong with the knowledge base.
//!
//! Lance reports a full disk as an error deep in a chain of others, so errors
//! of the database are told apart by the text of their whole chain.

use crate::domain::{Line, causes};
use std::error::Error;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What to write for `embedder` to get the embedder with this id: an id is the
/// model's name with a hash behind it.
fn setting(id: &str) -> &str {
    if id.starts_with("builtin-") {
        return "builtin";
    }
    id.rsplit_once('-').map_or(id, |(name, _)| name)
}

/// What can go wrong with the knowledge base.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another embedder made it.
    #[error(
        "the knowledge base was made with the embedder `{found}`, and now `{wanted}` is set; \
         either set `embedder = \"{}\"` in config.toml, or run `lorag kb reembed` to embed \
         all its files again with `{wanted}`",
        setting(found)
    )]
    OtherEmbedder {
        /// Id of the embedder that made it.
        found: String,
        /// Id of the embedder that is set.
        wanted: String,
    },
    /// The same embedder made it, with vectors of another length.
    #[error(
        "the knowledge base holds vectors of length {found}, and the embedder `{embedder}` gives \
         vectors of length {wanted}; run `lorag kb reembed` to embed all its files again"
    )]
    OtherDimension {
        /// Id of the embedder.
        embedder: String,
        /// Length of the vectors in the knowledge base.
        found: usize,
        /// Length of the vectors that the embedder gives.
        wanted: usize,
    },
    /// A newer lorag made it.
    #[error(
        "the knowledge base in {dir} has format {found}, and this lorag knows formats up to \
         {known}; use a newer lorag, or another folder with --data-dir"
    )]
    NewerSchema {
        /// Its folder.
        dir: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that this program knows.
        known: u32,
    },
    /// Something in it can't be right.
    #[error(
        "the knowledge base in {dir} is damaged: {reason}; move that folder away and run \
         `lorag ingest` again"
    )]
    Damaged {
        /// Its folder.
        dir: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// One of its files is not what it was.
    #[error("the knowledge base is damaged: {} {what}. Run: lorag kb repair", Line::of_path(file))]
    DamagedFile {
        /// The file.
        file: PathBuf,
        /// What happened to it, as a verb phrase.
        what: &'static str,
    },
    /// The disk is full.
    #[error(
        "cannot {action} the knowledge base in {dir}: no space left on the disk; free some space \
         and run the command again. What was indexed before is kept"
    )]
    DiskFull {
        /// What was tried.
        action: &'static str,
        /// Its folder.
        dir: PathBuf,
    },
    /// The folder may not be read or written.
    #[error(
        "cannot {action} the knowledge base in {dir}: {reason}; give yourself access to that \
         folder, or choose another one with --data-dir"
    )]
    NoAccess {
        /// What was tried.
        action: &'static str,
        /// Its folder.
        dir: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// Another error of the file system.
    #[error("cannot {action} the knowledge base in {dir}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Its folder.
        dir: PathBuf,
        /// The error.
        source: std::io::Error,
    },
    /// Another error of the database.
    #[error(
        "cannot {action} the knowledge base in {dir}: {}. `lorag doctor` names a damaged file, and \
         `lorag kb repair` mends it",
        plain(&source.to_string())
    )]
    Database {
        /// What was tried.
        action: &'static str,
        /// Its folder.
        dir: PathBuf,
        /// The error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Rows that can't be stored, or a question that can't be asked.
    #[error("{0}")]
    Invalid(String),
    /// The database wrote less than it was given.
    #[error(
        "the database was given {sent} chunks and reported {written} written; run `lorag ingest` \
         again, and report this as a bug if it happens again"
    )]
    IncompleteWrite {
        /// Chunks given to it.
        sent: u64,
        /// Chunks that it reported as written.
        written: u64,
    },
    /// A glob that isn't one.
    #[error("`{glob}` is not a valid path pattern: {reason}")]
    Glob {
        /// The pattern.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl StoreError {
    /// From an error of the file system.
    pub(in crate::knowledge) fn io(
        action: &'static str,
        dir: &Path,
        source: std::io::Error,
    ) -> Self {
        let dir = dir.to_owned();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { action, dir },
            ErrorKind::ReadOnlyFilesystem => Self::NoAccess { action, dir, reason: READ_ONLY },
            ErrorKind::PermissionDenied => Self::NoAccess { action, dir, reason: DENIED },
            _ => Self::Io { action, dir, source },
        }
    }

    /// From an error of the database.
    pub(super) fn database(action: &'static str, dir: &Path, source: lancedb::Error) -> Self {
        let text = chain(&source).to_lowercase();
        let has = |needles: &[&str]| needles.iter().any(|needle| text.contains(needle));
        let dir = dir.to_owned();
        if has(&["no space left on device", "os error 28)", "os error 122)"]) {
            return Self::DiskFull { action, dir };
        }
        if has(&["read-only file system", "os error 30)"]) {
            return Self::NoAccess { action, dir, reason: READ_ONLY };
        }
        if has(&["permission denied", "os error 13)"]) {
            return Self::NoAccess { action, dir, reason: DENIED };
        }
        Self::Database { action, dir, source: Box::new(source) }
    }

    /// From an error of Arrow, which only bad rows can cause.
    pub(super) fn arrow(error: &arrow::error::ArrowError) -> Self {
        Self::Invalid(format!("cannot make rows for the database: {error}"))
    }
}

const READ_ONLY: &str = "its file system is read-only";
const DENIED: &str = "permission denied";

/// What the database says, on one line and without the places in its source.
fn plain(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !word.contains(".rs:"));
    let said: String = words.collect::<Vec<_>>().join(" ").chars().take(300).collect();
    Line::of(said.trim_end_matches([',', '.', ' '])).to_string()
}

/// The texts of an error and of all its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lance(message: &str) -> lancedb::Error {
        lancedb::Error::External { source: Box::new(std::io::Error::other(message.to_owned())) }
    }

    #[test]
    fn a_full_disk_is_found_in_the_chain() {
        let error = StoreError::database(
            "write",
            Path::new("/kb"),
            lance("LanceError(IO): No space left on device (os error 28)"),
        );
        assert!(matches!(error, StoreError::DiskFull { .. }));
        let text = error.to_string();
        assert!(text.contains("/kb") && text.contains("free some space"));
    }

    #[test]
    fn missing_access_is_found_in_the_chain() {
        for message in ["Read-only file system (os error 30)", "Permission denied (os error 13)"] {
            let error = StoreError::database("write", Path::new("/kb"), lance(message));
            assert!(matches!(error, StoreError::NoAccess { .. }), "{message}");
        }
        let error = StoreError::database("write", Path::new("/kb"), lance("os error 130)"));
        assert!(matches!(error, StoreError::Database { .. }));
    }

    #[test]
    fn a_message_names_no_source_and_says_what_to_do() {
        let said = "LanceError(IO): Not found: /kb/data/1.lance, /root/.cargo/registry/src/x/lance-io-1/src/local.rs:121:31";
        let text = StoreError::database("search", Path::new("/kb"), lance(said)).to_string();
        assert!(text.contains("Not found: /kb/data/1.lance. `lorag doctor`"), "{text}");
        assert!(text.contains("lorag kb repair") && !text.contains(".rs:"), "{text}");
    }

    #[test]
    fn errors_of_the_file_system_are_told_apart() {
        let io = |kind| StoreError::io("open", Path::new("/kb"), std::io::Error::from(kind));
        assert!(matches!(io(ErrorKind::StorageFull), StoreError::DiskFull { .. }));
        assert!(matches!(io(ErrorKind::ReadOnlyFilesystem), StoreError::NoAccess { .. }));
        assert!(matches!(io(ErrorKind::UnexpectedEof), StoreError::Io { .. }));
    }

    #[test]
    fn another_embedder_is_told_with_both_ways_out() {
        let text =
            StoreError::OtherEmbedder { found: "builtin-1".to_owned(), wanted: "bge-2".to_owned() }
                .to_string();
        assert!(text.contains("embedder = \"builtin\""));
        assert!(text.contains("lorag kb reembed"));
    }
}
