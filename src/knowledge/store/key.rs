//! Names of rows.

/// Names a chunk within one search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey(pub(super) u64);
