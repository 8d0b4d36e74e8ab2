//! What a popup does with what comes to it while it lies on top.
//!
//! A popup knows itself alone: what is to be done with the rest of the state
//! is a [`Task`], what is to be done outside an [`Effect`].

use super::task::Task;
use crate::app::effect::Effect;
use crate::app::keymap::Layer;
use crate::app::scroll::ScrollBy;
use crate::editor::Edit;

/// A popup.
pub trait Layered {
    /// The layer of bindings that holds while it is on top.
    fn layer(&self) -> Layer;

    /// Types text; says whether it takes any.
    fn insert(&mut self, _text: &str) -> bool {
        false
    }

    /// Edits its text; says whether it has any. It never has more than a line.
    fn edit(&mut self, _edit: Edit) -> bool {
        false
    }

    /// Its text changed.
    fn changed(&mut self) -> Option<Effect> {
        None
    }

    /// Begins to search in it; says whether that can be done.
    fn search(&mut self) -> bool {
        false
    }

    /// Moves its selection, or says that it is scrolled.
    fn moves(&mut self, _by: ScrollBy) -> Moved {
        Moved::Scrolls
    }

    /// Whether the wheel of the mouse scrolls it.
    fn takes_wheel(&self) -> bool {
        true
    }

    /// The screen found the position that a movement leads to.
    fn scrolled(&mut self, _line: usize, _row: usize) {}

    /// The theme that is shown while it is on top, where it has one to try.
    fn theme(&self) -> Option<&str> {
        None
    }

    /// Enter.
    fn accept(&mut self) -> Accept {
        Accept::Stay
    }

    /// Esc.
    fn close(&mut self) -> Close {
        Close::default()
    }

    /// Whether it shows something of the conversation, and goes with it.
    fn of_conversation(&self) -> bool {
        false
    }
}

/// What a movement did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Nothing: it has nothing to move.
    Not,
    /// It moved its selection.
    Itself,
    /// Where it leads, only the screen knows.
    Scrolls,
}

/// What follows from Enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accept {
    /// Nothing.
    Stay,
    /// It closes.
    Leave,
    /// It closes, and this is done.
    Do(Task),
    /// This is tried, and it stays until that has worked.
    Try(Task),
}

/// What follows from Esc.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Close {
    /// Whether it stays all the same, with less than before.
    pub stays: bool,
    /// What is to be done outside.
    pub effect: Option<Effect>,
    /// The theme to go back to.
    pub theme: Option<String>,
}
