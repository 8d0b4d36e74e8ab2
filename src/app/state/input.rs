//! The input: the text being written, its history and its completions.

use super::Draft;
use crate::domain::TurnId;
use crate::editor::Editor;
use std::collections::BTreeMap;

/// Commands that the text in the input could become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// What the input would hold, with a text on what it does.
    pub candidates: Vec<(String, String)>,
    /// The candidate that Tab takes.
    pub selected: usize,
}

/// The input.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The text, its cursor and its undo history.
    pub editor: Editor,
    /// Earlier questions, oldest first.
    pub history: Vec<String>,
    /// Earlier commands, oldest first.
    pub commands: Vec<String>,
    /// Whether the user goes through the commands instead of the questions.
    pub in_commands: bool,
    /// What the user made of recalled texts, by their place, until one is sent.
    pub edits: BTreeMap<usize, String>,
    /// Where in the history the user stands; `None` at the text being written.
    pub place: Option<usize>,
    /// What was being written before the user went into the history.
    pub draft: String,
    /// Completions of the command being written.
    pub completion: Option<Completion>,
    /// The draft as it was kept last.
    pub kept: Draft,
    /// The question that is edited: the next one becomes its sibling.
    pub editing: Option<TurnId>,
}

impl Input {
    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.editor.is_empty()
    }
}
