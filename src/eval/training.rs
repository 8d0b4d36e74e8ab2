//! What an adapter cost before its first answer.

use serde::{Deserialize, Serialize};

/// What it took to train an adapter, and how fresh it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Rows it was trained on.
    pub rows: usize,
    /// Minutes that took.
    pub minutes: f64,
    /// Bytes of its weights.
    pub bytes: u64,
    /// Share of its rows whose documents changed since; `None` where they are
    /// not known here.
    pub stale: Option<f64>,
    /// Questions after which the time of training is earned back against `rag`
    /// (against `base` where that wasn't run); `None` where a question takes no
    /// less time.
    pub pays_off_after: Option<u64>,
}
