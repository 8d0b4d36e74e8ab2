//! What of the hits is read.

use crate::config::Order;

/// What of the hits the prompt holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceOptions {
    /// Best sentences of all hits together; whole passages where 0.
    pub sentences: usize,
    /// Best hits that sentences are taken from.
    pub hits: usize,
    /// Order of sources, and of the sentences within one.
    pub order: Order,
}
