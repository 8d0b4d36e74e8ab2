//! The knowledge base: walk, parse, chunk, embed, store, search.
//!
//! A file on disk becomes a [`parse::Document`], its pieces become
//! [`crate::domain::Chunk`]s, and these rows of one LanceDB table.

pub mod analysis;
pub mod beside;
pub mod chunk;
pub mod embed;
pub mod evidence;
pub mod file_lines;
pub mod fuse;
pub mod ingest;
pub mod library;
pub mod parse;
pub mod presence;
pub mod rank;
pub mod search;
pub mod seen;
pub mod sentences;
pub mod store;
pub mod terms;
pub mod walk;

/// The file beside the table that holds the counts of [`analysis::TermStats`].
const TERMS_FILE: &str = "terms.tsv";

/// What can go wrong with the knowledge base.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// The table.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The embedder.
    #[error(transparent)]
    Embed(#[from] embed::EmbedError),
    /// A path that was given.
    #[error(transparent)]
    Walk(#[from] walk::WalkError),
    /// A part of lorag itself failed.
    #[error(
        "indexing stopped unexpectedly: {0}. Run the same command again: it goes on where it stopped"
    )]
    Internal(String),
}
