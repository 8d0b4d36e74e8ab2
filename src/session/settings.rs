//! How the questions of a session are asked.

use crate::config::QuoteMode;
use crate::domain::{Mode, Strategy};

/// How the questions of a session are asked, so that it goes on in the same
/// way. What is missing, as in files of before, stays as the settings say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionSettings {
    /// The mode.
    pub mode: Option<Mode>,
    /// The model, by the name it was asked for.
    pub model: Option<String>,
    /// The adapters; `none` for the plain model.
    pub adapter: Option<String>,
    /// The collection; empty for all of them.
    pub collection: Option<String>,
    /// Whether answers are limited to sentences of the sources.
    pub quote: Option<QuoteMode>,
    /// How sources are read.
    pub strategy: Option<Strategy>,
}
