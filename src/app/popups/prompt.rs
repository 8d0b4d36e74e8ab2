//! A line of text that is asked for.

use super::layer::{Accept, Layered, Moved};
use super::task::Task;
use crate::app::effect::TuneFrom;
use crate::app::keymap::Layer;
use crate::app::scroll::ScrollBy;
use crate::editor::{Edit, Editor};
use std::path::PathBuf;

/// What a line of text is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptFor {
    /// The title of this session.
    Title,
    /// Where to save the copied text.
    SaveCopied,
    /// The file to train on.
    TuneFile,
}

/// Asks for a line of text.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// What for.
    pub purpose: PromptFor,
    /// Title of the popup.
    pub title: String,
    /// What is typed.
    pub editor: Editor,
    /// Whether all of the text is selected, so that typing replaces it.
    pub selected: bool,
    /// Whether what was typed is being tried.
    pub waiting: bool,
}

impl Prompt {
    /// Asks for a text, with one that may do.
    #[must_use]
    pub fn new(purpose: PromptFor, title: &str, text: &str) -> Self {
        let editor = Editor::new(text);
        let selected = !text.is_empty();
        Self { purpose, title: title.to_owned(), editor, selected, waiting: false }
    }

    /// Types text, in place of what is selected.
    fn type_in(&mut self, text: &str) {
        if std::mem::take(&mut self.selected) {
            self.editor.set("");
        }
        self.editor.insert(text);
    }

    /// Edits the text; what deletes takes all of what is selected.
    fn change(&mut self, edit: Edit) {
        let selected = std::mem::take(&mut self.selected);
        let deletes = matches!(edit, Edit::DeleteLeft | Edit::DeleteRight);
        if selected && deletes {
            self.editor.set("");
        } else {
            self.editor.edit(edit);
        }
    }
}

impl Layered for Prompt {
    fn layer(&self) -> Layer {
        Layer::Picker
    }

    fn insert(&mut self, text: &str) -> bool {
        self.type_in(text);
        true
    }

    fn edit(&mut self, edit: Edit) -> bool {
        self.change(edit);
        true
    }

    fn moves(&mut self, _by: ScrollBy) -> Moved {
        Moved::Not
    }

    fn accept(&mut self) -> Accept {
        let text = self.editor.text();
        let text = text.trim();
        if text.is_empty() || self.waiting {
            return Accept::Stay;
        }
        match self.purpose {
            PromptFor::Title => Accept::Do(Task::Title(text.to_owned())),
            PromptFor::TuneFile => Accept::Do(Task::TuneFrom(TuneFrom::File(text.into()))),
            PromptFor::SaveCopied => {
                // It stays until the file is there: a path can be wrong.
                (self.waiting, self.selected) = (true, false);
                Accept::Try(Task::SaveCopied(PathBuf::from(text)))
            }
        }
    }
}
