//! A question to confirm.

use super::layer::{Accept, Layered, Moved};
use super::task::Task;
use crate::app::keymap::Layer;
use crate::app::scroll::ScrollBy;

/// Asks whether to go on: Enter does, Esc doesn't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    /// The question.
    pub question: String,
    /// The session that is deleted on Enter.
    pub delete_session: String,
}

impl Layered for Confirm {
    fn layer(&self) -> Layer {
        Layer::Picker
    }

    fn moves(&mut self, _by: ScrollBy) -> Moved {
        Moved::Not
    }

    fn accept(&mut self) -> Accept {
        Accept::Do(Task::DeleteSession(self.delete_session.clone()))
    }
}
