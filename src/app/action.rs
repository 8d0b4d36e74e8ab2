//! What a key can be bound to and the command palette lists.
//!
//! The `snake_case` name of a variant is what a keymap file says; the texts
//! for people are in [`Action::about`].

use serde::{Deserialize, Serialize};

/// Declares the actions with the text that help and palette show.
macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $group:ident;)+) => {
        /// Something the user can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Action {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Action {
            /// Every action, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in a keymap file.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it does, in one line.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
            }

            /// The part of the help it stands in.
            #[must_use]
            pub fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)+ }
            }
        }
    };
}

/// A part of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Asking and answering.
    Chat,
    /// Moving about.
    Move,
    /// Sources and citations.
    Evidence,
    /// Sessions.
    Sessions,
    /// Panes, popups and the program.
    Screen,
    /// Editing the input.
    Edit,
}

impl Group {
    /// Its heading in the help.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Chat => "Ask and answer",
            Self::Move => "Move",
            Self::Evidence => "Sources and citations",
            Self::Sessions => "Sessions",
            Self::Screen => "Screen",
            Self::Edit => "Input",
        }
    }
}

actions! {
    /// Send the question
    Send = "send", Chat;
    /// Cancel what runs; on an empty input, twice: quit
    Cancel = "cancel", Chat;
    /// Answer the selected question again, with a new search
    Regenerate = "regenerate", Chat;
    /// Answer again with exactly the pinned sources, or all but the excluded
    AnswerAgain = "answer_again", Chat;
    /// Go on with an answer that was cut
    ContinueAnswer = "continue_answer", Chat;
    /// Edit the selected question and ask it as a new branch
    EditQuestion = "edit_question", Chat;
    /// Show what the model thought before its answer, or hide it
    ToggleThought = "toggle_thought", Chat;
    /// Show the prompt that the model was given
    ShowPrompt = "show_prompt", Chat;
    /// Show the next branch of the selected question
    NextBranch = "next_branch", Chat;
    /// Show the previous branch of the selected question
    PreviousBranch = "previous_branch", Chat;
    /// Mark the answer as a good one to learn from, or no longer
    MarkGood = "mark_good", Chat;
    /// Switch quote mode: as the model says, on, off
    ToggleQuote = "toggle_quote", Chat;
    /// Choose another model
    ChooseModel = "choose_model", Chat;
    /// Mark the selected model as a favourite, or no longer
    ToggleFavourite = "toggle_favourite", Chat;
    /// Next mode: base, rag, adapter, hybrid
    CycleMode = "cycle_mode", Chat;
    /// Choose a mode
    ChooseMode = "choose_mode", Chat;
    /// Choose an adapter
    ChooseAdapter = "choose_adapter", Chat;
    /// Answer with the next adapter
    NextAdapter = "next_adapter", Chat;
    /// Answer with the previous adapter
    PreviousAdapter = "previous_adapter", Chat;
    /// Answer with the plain model, the first in the list of adapters
    Adapter1 = "adapter1", Chat;
    /// Answer with the second in the list of adapters
    Adapter2 = "adapter2", Chat;
    /// Answer with the third in the list of adapters
    Adapter3 = "adapter3", Chat;
    /// Answer with the fourth in the list of adapters
    Adapter4 = "adapter4", Chat;
    /// Answer with the fifth in the list of adapters
    Adapter5 = "adapter5", Chat;
    /// Answer with the sixth in the list of adapters
    Adapter6 = "adapter6", Chat;
    /// Answer with the seventh in the list of adapters
    Adapter7 = "adapter7", Chat;
    /// Answer with the eighth in the list of adapters
    Adapter8 = "adapter8", Chat;
    /// Answer with the ninth in the list of adapters
    Adapter9 = "adapter9", Chat;
    /// Compare the four modes on the selected question
    Compare = "compare", Chat;
    /// Compare the adapters on the selected question
    CompareAdapters = "compare_adapters", Chat;
    /// Train an adapter, or show how far it is
    Tune = "tune", Chat;
    /// Read all sources in one prompt, or one by one
    ToggleStrategy = "toggle_strategy", Chat;
    /// Choose a collection
    ChooseCollection = "choose_collection", Chat;
    /// List what runs in the background, and what ran
    Jobs = "jobs", Chat;
    /// Stop indexing, or loading a model
    StopWork = "stop_work", Chat;

    /// Go to the next pane
    FocusNext = "focus_next", Move;
    /// Go to the previous pane
    FocusPrevious = "focus_previous", Move;
    /// Go to the input
    FocusInput = "focus_input", Move;
    /// Go to the input and begin a command
    StartCommand = "start_command", Move;
    /// Go to the conversation
    FocusConversation = "focus_conversation", Move;
    /// Go to the sources
    FocusSources = "focus_sources", Move;
    /// Go to the stats
    FocusStats = "focus_stats", Move;
    /// Up one line or row
    Up = "up", Move;
    /// Down one line or row
    Down = "down", Move;
    /// Up one page
    PageUp = "page_up", Move;
    /// Down one page
    PageDown = "page_down", Move;
    /// To the beginning
    Top = "top", Move;
    /// To the end
    Bottom = "bottom", Move;
    /// To the next column of a comparison
    NextColumn = "next_column", Move;
    /// To the previous column of a comparison
    PreviousColumn = "previous_column", Move;
    /// To the next question
    NextTurn = "next_turn", Move;
    /// To the previous question
    PreviousTurn = "previous_turn", Move;

    /// To the next citation
    NextCitation = "next_citation", Evidence;
    /// To the previous citation
    PreviousCitation = "previous_citation", Evidence;
    /// Open the selected source in its file
    Open = "open", Evidence;
    /// Open the selected source in $EDITOR
    OpenEditor = "open_editor", Evidence;
    /// Pin the selected source: the next answer uses pinned ones only
    Pin = "pin", Evidence;
    /// Exclude the selected source from the next answer
    Exclude = "exclude", Evidence;
    /// Copy the answer
    CopyAnswer = "copy_answer", Evidence;
    /// Copy the passage of the selected source
    CopyPassage = "copy_passage", Evidence;
    /// Copy the selected citation: the quote with file and lines
    CopyCitation = "copy_citation", Evidence;
    /// Copy a code block of the answer; again for the next one
    CopyCode = "copy_code", Evidence;
    /// Save the last copied text to a file
    SaveCopied = "save_copied", Evidence;

    /// List, search and resume sessions
    Sessions = "sessions", Sessions;
    /// Start a new session
    NewSession = "new_session", Sessions;
    /// Rename this session
    RenameSession = "rename_session", Sessions;
    /// Go on in a copy of this session
    ForkSession = "fork_session", Sessions;
    /// Delete the selected session
    DeleteSession = "delete_session", Sessions;
    /// Export the conversation as Markdown
    ExportMarkdown = "export_markdown", Sessions;
    /// Export the conversation as JSON
    ExportJson = "export_json", Sessions;
    /// Export the conversation with its sources as one HTML page
    ExportHtml = "export_html", Sessions;

    /// List every action
    CommandPalette = "command_palette", Screen;
    /// Explain the screen and its keys
    Help = "help", Screen;
    /// Choose a theme
    ChooseTheme = "choose_theme", Screen;
    /// Show or hide the sources
    ToggleSources = "toggle_sources", Screen;
    /// Show or hide the stats
    ToggleStats = "toggle_stats", Screen;
    /// Make the focused pane larger
    GrowPane = "grow_pane", Screen;
    /// Make the focused pane smaller
    ShrinkPane = "shrink_pane", Screen;
    /// Switch the mouse on or off
    ToggleMouse = "toggle_mouse", Screen;
    /// Close the popup, or go back to the input
    Close = "close", Screen;
    /// Choose the selected row
    Accept = "accept", Screen;
    /// Draw the screen anew
    Redraw = "redraw", Screen;
    /// Put lorag in the background
    Suspend = "suspend", Screen;
    /// Quit
    Quit = "quit", Screen;

    /// Break the line
    InsertNewline = "insert_newline", Edit;
    /// Complete a command, or go to the next pane
    Complete = "complete", Edit;
    /// The question before in the history
    HistoryPrevious = "history_previous", Edit;
    /// The question after in the history
    HistoryNext = "history_next", Edit;
    /// Left one character
    CursorLeft = "cursor_left", Edit;
    /// Right one character
    CursorRight = "cursor_right", Edit;
    /// Left one word
    WordLeft = "word_left", Edit;
    /// Right one word
    WordRight = "word_right", Edit;
    /// To the beginning of the line
    LineStart = "line_start", Edit;
    /// To the end of the line
    LineEnd = "line_end", Edit;
    /// Delete the character before the cursor
    DeleteLeft = "delete_left", Edit;
    /// Delete the character under the cursor
    DeleteRight = "delete_right", Edit;
    /// Delete the word before the cursor
    DeleteWordLeft = "delete_word_left", Edit;
    /// Delete the word behind the cursor
    DeleteWordRight = "delete_word_right", Edit;
    /// Delete to the beginning of the line
    DeleteLineStart = "delete_line_start", Edit;
    /// Delete to the end of the line
    DeleteLineEnd = "delete_line_end", Edit;
    /// Put back what was deleted last
    Yank = "yank", Edit;
    /// Undo
    Undo = "undo", Edit;
    /// Redo
    Redo = "redo", Edit;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_keymap_file_and_every_action_says_what_it_does() {
        for action in Action::ALL {
            let name = serde_json::to_value(action).unwrap();
            assert_eq!(name, action.name());
            assert!(action.about().len() > 3 && !action.about().ends_with('.'), "{action:?}");
        }
    }
}
