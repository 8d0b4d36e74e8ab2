//! A file at a passage.

use super::layer::Layered;
use crate::app::keymap::Layer;
use crate::app::state::RequestId;
use crate::domain::{ByteRange, Locator, TurnId};
use std::ops::Range;
use std::sync::Arc;

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

impl Layered for Viewer {
    fn layer(&self) -> Layer {
        Layer::Viewer
    }

    fn scrolled(&mut self, line: usize, row: usize) {
        self.scroll = (line, row);
    }

    fn of_conversation(&self) -> bool {
        true
    }
}
