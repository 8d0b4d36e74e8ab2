//! How the next question is asked, as a session keeps it; and what was typed
//! and not sent.

use crate::config::QuoteMode;
use crate::domain::{Mode, Strategy, TurnId};

/// How questions are asked. What is missing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asking {
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

/// What was given on the command line, and so wins over what a session kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The mode or an adapter.
    pub mode: bool,
    /// The model.
    pub model: bool,
    /// The collection.
    pub collection: bool,
    /// Quote mode.
    pub quote: bool,
    /// The strategy.
    pub strategy: bool,
}

/// How questions were asked before a collection brought its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The mode.
    pub mode: Mode,
    /// The adapters.
    pub adapter: Option<String>,
    /// The strategy.
    pub strategy: Strategy,
}

/// A text that was typed and not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// The turn whose question it is an edit of, if it is one.
    pub editing: Option<TurnId>,
}
