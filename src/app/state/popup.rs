//! What may lie over the panes.

use super::compare::Compare;
use super::picker::Picker;
use super::request::RequestId;
use crate::domain::{ByteRange, Locator, TurnId};
use crate::editor::{Edit, Editor};
use std::ops::Range;
use std::sync::Arc;

/// A popup; the topmost one gets the keys.
#[derive(Clone, Debug)]
pub enum Popup {
    /// Explains the screen and its keys.
    Help(Help),
    /// A list to choose from.
    Picker(Picker),
    /// A file at a passage.
    Viewer(Box<Viewer>),
    /// Asks for a line of text.
    Prompt(Prompt),
    /// Asks whether to go on.
    Confirm(Confirm),
    /// Answers side by side.
    Compare(Box<Compare>),
}

/// The help.
#[derive(Clone, Debug, Default)]
pub struct Help {
    /// The topmost line.
    pub scroll: usize,
    /// Words that entries are searched for.
    pub query: Editor,
    /// Whether the words are being typed.
    pub typing: bool,
}

/// What a line of text is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptFor {
    /// The title of this session.
    Title,
    /// Where to save the copied text.
    SaveCopied,
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
    pub fn insert(&mut self, text: &str) {
        if std::mem::take(&mut self.selected) {
            self.editor.set("");
        }
        self.editor.insert(text);
    }

    /// Edits the text; what deletes takes all of what is selected.
    pub fn edit(&mut self, edit: Edit) {
        let selected = std::mem::take(&mut self.selected);
        let deletes = matches!(edit, Edit::DeleteLeft | Edit::DeleteRight);
        if selected && deletes {
            self.editor.set("");
        } else {
            self.editor.edit(edit);
        }
    }
}

/// Asks whether to go on: Enter does, Esc doesn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    /// The question.
    pub question: String,
    /// The session that is deleted on Enter.
    pub delete_session: String,
}

/// A piece of a line to mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Highlight {
    /// The line, from 0 in [`ViewerContent::lines`].
    pub line: usize,
    /// Bytes of that line.
    pub bytes: Range<usize>,
}

/// A file, or the part of a large one around a passage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewerContent {
    /// Its lines, without line ends.
    pub lines: Arc<Vec<String>>,
    /// Number of the first of them in the file, from 1.
    pub first_line: u32,
    /// Whether the file has more than these lines.
    pub cut: bool,
    /// The cited sentences.
    pub cited: Vec<Highlight>,
    /// Lines of the passage, from 0 in `lines`.
    pub passage: Range<usize>,
    /// Whether the file changed since it was indexed.
    pub stale: bool,
    /// Whether the file is gone, and this is the passage as it was indexed.
    pub gone: bool,
}

/// The viewer of a file.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// What was asked for it.
    pub request: RequestId,
    /// The turn that led here.
    pub turn: TurnId,
    /// The file.
    pub path: String,
    /// Where the passage stands in the file.
    pub locator: Locator,
    /// Bytes of the cited sentences in the file; of the passage where none is
    /// cited.
    pub ranges: Vec<ByteRange>,
    /// The file's text; `None` while it is read.
    pub content: Option<Result<ViewerContent, String>>,
    /// The topmost line, from 0 in the content, and which of its rows.
    pub scroll: (usize, usize),
    /// Whether it shows a text that is no file.
    pub text_only: bool,
}
