//! What is kept of one version of the table.

use std::sync::Arc;

/// What is known about one version of the table, so that a search needn't
/// look it up again.
#[derive(Debug, Default)]
pub(super) struct Cache {
    pub(super) indexes: Option<(u64, Indexes)>,
    pub(super) paths: Option<(u64, Arc<Vec<String>>)>,
    /// Making the index failed once, so searches scan instead.
    pub(super) gave_up: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Indexes {
    pub(super) full_text: bool,
    pub(super) vector: bool,
}
