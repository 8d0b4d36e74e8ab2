//! How the next question is asked, as a session keeps it; and what was typed
//! and not sent.

use super::State;
use crate::config::QuoteMode;
use crate::domain::{Mode, NONE, Strategy, TurnId};

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

impl State {
    /// How the next question is asked. A model that is on its way counts, since
    /// it is what the user wants.
    #[must_use]
    pub fn asking(&self) -> Asking {
        let (model, adapter, mode) = match (&self.model.loading, &self.model.loaded) {
            (Some(loading), _) => (loading.model.clone(), loading.adapter.clone(), loading.mode),
            (None, Some(card)) => (card.wanted.clone(), self.adapter.clone(), self.mode),
            (None, None) => (self.model.wanted.clone(), self.adapter.clone(), self.mode),
        };
        Asking {
            mode: Some(mode),
            model: Some(model),
            adapter: Some(adapter.unwrap_or_else(|| NONE.to_owned())),
            collection: Some(self.collection.clone().unwrap_or_default()),
            quote: Some(self.quote),
            strategy: Some(self.strategy),
        }
    }

    /// How questions are asked outside of a collection with its own way.
    #[must_use]
    pub fn here(&self) -> Outside {
        let loading = self.model.loading.as_ref();
        Outside {
            mode: loading.map_or(self.mode, |loading| loading.mode),
            adapter: loading
                .map_or_else(|| self.adapter.clone(), |loading| loading.adapter.clone()),
            strategy: self.strategy,
        }
    }

    /// What is typed and would be lost; a recalled question that nobody changed
    /// would not be.
    #[must_use]
    pub fn draft(&self) -> Draft {
        let input = &self.input;
        let text = input.editor.text();
        let recalled = input.place.and_then(|place| input.history.get(place));
        if recalled == Some(&text) {
            return Draft { text: input.draft.clone(), editing: None };
        }
        Draft { text, editing: input.editing }
    }
}
