//! What an adapter adds to a module.

use candle_core::Tensor;

/// The low-rank pair of one module.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// `[rank, in]`.
    pub(super) a: Tensor,
    /// `[out, rank]`.
    pub(super) b: Tensor,
}
