//! What a row of queries, keys and values is made of, and where it stands.

use candle_core::Tensor;

/// The norms of queries and keys, each over one head.
pub struct Norms<'a> {
    /// For queries.
    pub query: &'a Tensor,
    /// For keys.
    pub key: &'a Tensor,
    /// Added to the mean square.
    pub epsilon: f64,
}

/// What the rows hold: queries, keys and values, head by head.
pub struct Heads<'a> {
    /// Heads of queries.
    pub queries: usize,
    /// Heads of keys, and of values.
    pub keys: usize,
    /// Numbers of one head.
    pub size: usize,
    /// Where queries and keys are normed.
    pub norms: Option<Norms<'a>>,
}

/// Cosines and sines of each row's position: two tensors of rows by half a head.
pub struct Angles {
    /// Cosines.
    pub cos: Tensor,
    /// Sines.
    pub sin: Tensor,
}
