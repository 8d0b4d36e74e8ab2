//! Building a document whose text was taken out of its file: blocks with a
//! blank line between, each with its place, under a limit of size.

use super::{Block, BlockKind, Document, Format, Skip};
use crate::domain::{OffsetMap, Place};

/// Most text that is taken out of a file, in bytes.
pub(super) const MOST_TEXT: usize = 64 << 20;

/// A document as it is taken out of its file.
#[derive(Debug, Default)]
pub(super) struct Extract {
    text: String,
    blocks: Vec<Block>,
    marks: OffsetMap,
    notes: Vec<String>,
    place: Option<Place>,
    is_full: bool,
}

impl Extract {
    /// What is added from here on stands at `place`.
    pub(super) fn at(&mut self, place: Place) {
        self.place = Some(place);
    }

    /// Something that the user should know of the file, in a sentence.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Whether the limit is reached, so that there is no use in going on.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    /// A heading, from level 1 on.
    pub(super) fn heading(&mut self, level: u8, title: &str) {
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if !title.is_empty() {
            let kind = BlockKind::Heading { level, title: title.clone() };
            self.add(kind, &title, "");
        }
    }

    /// Running text; `context` is what it stands below, mostly nothing.
    pub(super) fn prose(&mut self, text: &str, context: &str) {
        self.add(BlockKind::Prose, text.trim(), context);
    }

    /// Lines that matter one by one.
    pub(super) fn verbatim(&mut self, text: &str) {
        self.add(BlockKind::Verbatim, text.trim_matches('\n').trim_end(), "");
    }

    /// A row of a table on one line.
    pub(super) fn row(&mut self, text: &str, context: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.add(BlockKind::Row, &text, context);
    }

    /// A block of its own kind.
    pub(super) fn add(&mut self, kind: BlockKind, text: &str, context: &str) {
        if text.is_empty() || self.is_full {
            return;
        }
        if self.text.len() + text.len() > MOST_TEXT {
            self.is_full = true;
            let limit = MOST_TEXT >> 20;
            self.notes.push(format!("its text is over {limit} MiB; what follows is left out"));
            return;
        }
        let rows = |kind: &BlockKind| *kind == BlockKind::Row;
        if let Some(last) = self.blocks.last() {
            let gap = if rows(&last.kind) && rows(&kind) { "\n" } else { "\n\n" };
            self.text.push_str(gap);
        }
        let start = self.text.len();
        if let Some(place) = &self.place {
            self.marks.mark(start, place.clone());
        }
        self.text.push_str(text);
        let (range, context) = (start..self.text.len(), context.to_owned());
        self.blocks.push(Block { kind, range, context });
    }

    /// The document.
    ///
    /// # Errors
    /// [`Skip::Empty`] without text, with the first note as the reason where
    /// there is one.
    pub(super) fn finish(self, format: Format) -> Result<Document, Skip> {
        if self.blocks.is_empty() {
            return Err(match self.notes.into_iter().next() {
                Some(note) => Skip::Unusable(note),
                None => Skip::Empty,
            });
        }
        let marks = self.marks.marks().to_vec();
        Ok(Document {
            format,
            offsets: OffsetMap::verbatim(0, self.text.len()).with_marks(marks),
            text: self.text,
            rendered: true,
            blocks: self.blocks,
            notes: self.notes,
        })
    }
}
