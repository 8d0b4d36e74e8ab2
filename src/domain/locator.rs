//! Where something stands in its document.
//!
//! Today every document is a text file. A page of a PDF, a range of cells, a
//! slide, a cell of a notebook, a message of a mailbox or a fragment of a web
//! page become kinds of [`Locator`] beside it: whoever shows a place, opens it
//! or writes it down asks the locator, and not for bytes and lines.

use super::{ByteRange, Chunk, LineRange, Sentence};

/// Where a passage or a sentence stands in its document.
///
/// Files on disk tell the kinds by their fields, so that those of a text file
/// are written as they always were.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Locator {
    /// Bytes and lines of a text file.
    Text {
        /// Lines of the file.
        lines: LineRange,
        /// Bytes of the file.
        bytes: ByteRange,
    },
}

impl Default for Locator {
    /// Nowhere: no byte of a text file.
    fn default() -> Self {
        Self::text(LineRange::default(), ByteRange::default())
    }
}

impl Locator {
    /// Bytes and lines of a text file.
    #[must_use]
    pub fn text(lines: LineRange, bytes: ByteRange) -> Self {
        Self::Text { lines, bytes }
    }

    /// The name of its kind in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
        }
    }

    /// The bytes of the file; `None` where the document isn't read by bytes.
    #[must_use]
    pub fn bytes(&self) -> Option<ByteRange> {
        match self {
            Self::Text { bytes, .. } => Some(*bytes),
        }
    }

    /// The lines of the file; `None` where the document has no lines.
    #[must_use]
    pub fn lines(&self) -> Option<LineRange> {
        match self {
            Self::Text { lines, .. } => Some(*lines),
        }
    }

    /// The line that an editor opens at, from 1: the first one where the
    /// document has no lines.
    #[must_use]
    pub fn editor_line(&self) -> u32 {
        self.lines().map_or(1, |lines| lines.start.max(1))
    }

    /// Whether `other` lies within it, where both are of one kind.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text { bytes, .. }, Self::Text { bytes: other, .. }) => bytes.contains(*other),
        }
    }

    /// The place behind the document's name, as people and editors write it:
    /// `guide/install.md:12-18`.
    #[must_use]
    pub fn within(&self, document: &str) -> String {
        match self {
            Self::Text { lines: LineRange { start, end }, .. } if end > start => {
                format!("{document}:{start}-{end}")
            }
            Self::Text { lines, .. } => format!("{document}:{}", lines.start),
        }
    }
}

impl Chunk {
    /// Where it stands in its document.
    #[must_use]
    pub fn locator(&self) -> Locator {
        Locator::text(self.lines, self.bytes)
    }
}

impl Sentence {
    /// Where it stands in its document.
    #[must_use]
    pub fn locator(&self) -> Locator {
        Locator::text(self.lines, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(start: u32, end: u32, bytes: (usize, usize)) -> Locator {
        Locator::text(LineRange { start, end }, ByteRange::new(bytes.0, bytes.1))
    }

    #[test]
    fn a_place_is_written_as_editors_read_it() {
        assert_eq!(text(3, 3, (0, 4)).within("a.md"), "a.md:3");
        assert_eq!(text(3, 9, (0, 4)).within("a.md"), "a.md:3-9");
        assert_eq!(text(3, 9, (0, 4)).editor_line(), 3);
        assert_eq!(Locator::default().editor_line(), 1);
    }

    #[test]
    fn a_sentence_lies_within_its_passage() {
        let passage = text(1, 9, (10, 90));
        assert!(passage.contains(&text(2, 2, (10, 20))));
        assert!(!passage.contains(&text(2, 2, (80, 91))));
    }
}
