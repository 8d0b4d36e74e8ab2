//! The input: the text being written, its history and its completions.

use crate::domain::TurnId;
use crate::editor::Editor;

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
    /// Earlier questions and commands, oldest first.
    pub history: Vec<String>,
    /// Where in the history the user stands; `None` at the text being written.
    pub place: Option<usize>,
    /// What was being written before the user went into the history.
    pub draft: String,
    /// Completions of the command being written.
    pub completion: Option<Completion>,
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
