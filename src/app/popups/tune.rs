//! An adapter being trained: its curves, its rate, and what it says so far. What
//! is shown lies in the state, since training goes on where this is closed.

use super::layer::{Accept, Layered};
use super::task::Task;
use crate::app::keymap::Layer;

/// The layer of training.
#[derive(Clone, Debug, Default)]
pub struct Tune {
    /// The topmost row of the answers.
    pub scroll: usize,
}

impl Layered for Tune {
    fn layer(&self) -> Layer {
        Layer::Tune
    }

    fn scrolled(&mut self, line: usize, _row: usize) {
        self.scroll = line;
    }

    fn accept(&mut self) -> Accept {
        Accept::Try(Task::Training)
    }
}
