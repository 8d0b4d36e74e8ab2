//! Embedders: texts become vectors.

mod bert;
pub(in crate::knowledge) mod load;
mod mistral;
mod static_model;

pub use load::{EmbedderSource, load};

/// Turns texts into vectors of length one.
///
/// Implementations are cheap to call from several threads at once.
pub trait Embedder: Send + Sync {
    /// Names the model and its weights: recorded in the knowledge base, which
    /// refuses to open with another. `builtin-…`, or the name with a hash of
    /// the weights.
    fn id(&self) -> &str;

    /// Length of its vectors.
    fn dimension(&self) -> usize;

    /// Tokens of `text`, by its own tokenizer, without special tokens.
    fn count(&self, text: &str) -> usize;

    /// The share of a text's words that it doesn't know, 0 to 1, judged by the
    /// first few: those that its tokenizer has no pieces for, or only shreds of.
    /// 0 where that can't be told.
    fn unknown_words(&self, text: &str) -> f32 {
        let _ = text;
        0.0
    }

    /// Vectors of passages, one each, L2-normalised. A text without any known
    /// token gives the zero vector.
    ///
    /// # Errors
    /// Where the model fails.
    fn embed_passages(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError>;

    /// The vector of a question, L2-normalised.
    ///
    /// # Errors
    /// Where the model fails.
    fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError>;

    /// Weight of the vector leg in fusion that was measured best for this
    /// kind of embedder, 0 to 1. README has the measurement.
    fn vector_weight(&self) -> f32;
}

/// What can go wrong with an embedder.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// A file of the model is missing, unreadable or damaged.
    #[error("cannot load the embedder from {path}: {reason}")]
    Load {
        /// The folder.
        path: std::path::PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The model failed.
    #[error("the embedder failed: {0}")]
    Failed(String),
}
