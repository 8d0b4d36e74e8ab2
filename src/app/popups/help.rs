//! The help.

use super::layer::{Accept, Close, Layered};
use crate::app::keymap::Layer;
use crate::editor::{Edit, Editor};

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

impl Layered for Help {
    /// Its keys are letters, so they rest while words are typed.
    fn layer(&self) -> Layer {
        if self.typing { Layer::Picker } else { Layer::Help }
    }

    fn insert(&mut self, text: &str) -> bool {
        if self.typing {
            self.query.insert(text);
            self.scroll = 0;
        }
        self.typing
    }

    fn edit(&mut self, edit: Edit) -> bool {
        if self.typing {
            self.query.edit(edit);
            self.scroll = 0;
        }
        self.typing
    }

    fn search(&mut self) -> bool {
        self.typing = true;
        true
    }

    fn scrolled(&mut self, line: usize, _row: usize) {
        self.scroll = line;
    }

    fn accept(&mut self) -> Accept {
        if std::mem::take(&mut self.typing) { Accept::Stay } else { Accept::Leave }
    }

    fn close(&mut self) -> Close {
        let searched = self.typing || !self.query.is_empty();
        if searched {
            *self = Self::default();
        }
        Close { stays: searched, ..Close::default() }
    }
}
