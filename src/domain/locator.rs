//! Where something stands in its document.
//!
//! In a text file that is its lines; in a PDF, a sheet or a mailbox the page, the
//! row or the message. A fragment of a web page would be another kind of
//! [`Locator`]: whoever shows a place, opens it or writes it down asks the
//! locator, and not for bytes and lines.

use super::{ByteRange, Chunk, Line, LineRange, Place, Sentence};

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
    /// Pages, slides, rows or the like of a document whose text was taken out
    /// of it.
    Place {
        /// The first one.
        from: Place,
        /// The last one.
        to: Place,
        /// Lines of the text that was taken out.
        lines: LineRange,
        /// Bytes of the text that was taken out.
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
            Self::Place { from, .. } => from.kind.word(),
        }
    }

    /// The bytes of the file, or of the text that was taken out of it; `None`
    /// where the document isn't read by bytes.
    #[must_use]
    pub fn bytes(&self) -> Option<ByteRange> {
        match self {
            Self::Text { bytes, .. } | Self::Place { bytes, .. } => Some(*bytes),
        }
    }

    /// The lines of the file, or of the text that was taken out of it; `None`
    /// where the document has no lines.
    #[must_use]
    pub fn lines(&self) -> Option<LineRange> {
        match self {
            Self::Text { lines, .. } | Self::Place { lines, .. } => Some(*lines),
        }
    }

    /// The line that an editor opens at, from 1; `None` where the document is
    /// nothing for an editor.
    #[must_use]
    pub fn editor_line(&self) -> Option<u32> {
        match self {
            Self::Text { lines, .. } => Some(lines.start.max(1)),
            Self::Place { .. } => None,
        }
    }

    /// Whether `other` lies within it, where both are of one kind.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text { bytes, .. }, Self::Text { bytes: other, .. })
            | (Self::Place { bytes, .. }, Self::Place { bytes: other, .. }) => {
                bytes.contains(*other)
            }
            _ => false,
        }
    }

    /// The place behind the document's name, as people and editors write it:
    /// `guide/install.md:12-18`, `paper.pdf, page 12`.
    #[must_use]
    pub fn within(&self, document: &str) -> String {
        let document = Line::of(document);
        match self {
            Self::Text { lines: LineRange { start, end }, .. } if end > start => {
                format!("{document}:{start}-{end}")
            }
            Self::Text { lines, .. } => format!("{document}:{}", lines.start),
            Self::Place { from, to, .. } => format!("{document}, {}", from.range(to)),
        }
    }
}

impl Chunk {
    /// Where it stands in its document.
    #[must_use]
    pub fn locator(&self) -> Locator {
        self.located(ByteRange::new(0, self.text.len()), self.lines, self.bytes)
    }

    /// Where one of its sentences stands in its document.
    #[must_use]
    pub fn locate(&self, sentence: &Sentence) -> Locator {
        self.located(sentence.within, sentence.lines, sentence.bytes)
    }

    /// `within` is a range of the passage's text, which stands at the others.
    fn located(&self, within: ByteRange, lines: LineRange, bytes: ByteRange) -> Locator {
        let last = within.end.saturating_sub(1).max(within.start);
        match (self.offsets.place_at(within.start), self.offsets.place_at(last)) {
            (Some(from), Some(to)) => {
                Locator::Place { from: from.clone(), to: to.clone(), lines, bytes }
            }
            _ => Locator::text(lines, bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::PlaceKind;
    use super::*;

    fn text(start: u32, end: u32, bytes: (usize, usize)) -> Locator {
        Locator::text(LineRange { start, end }, ByteRange::new(bytes.0, bytes.1))
    }

    #[test]
    fn a_place_is_written_as_editors_read_it() {
        assert_eq!(text(3, 3, (0, 4)).within("a.md"), "a.md:3");
        assert_eq!(text(3, 9, (0, 4)).within("a.md"), "a.md:3-9");
        assert_eq!(text(3, 3, (0, 4)).within("a.md:1\n[2] b.md"), "a.md:1␊[2] b.md:3");
        assert_eq!(text(3, 9, (0, 4)).editor_line(), Some(3));
        assert_eq!(Locator::default().editor_line(), Some(1));
    }

    #[test]
    fn a_page_is_written_with_its_number_and_is_nothing_for_an_editor() {
        let page = |number| Place::new(PlaceKind::Page, number);
        let lines = LineRange { start: 3, end: 4 };
        let place = |from, to, bytes| Locator::Place { from, to, lines, bytes };
        let passage = place(page(12), page(13), ByteRange::new(10, 90));
        assert_eq!(passage.within("a.pdf"), "a.pdf, pages 12-13");
        assert_eq!((passage.kind(), passage.editor_line()), ("page", None));
        assert!(passage.contains(&place(page(12), page(12), ByteRange::new(10, 20))));
        assert!(!passage.contains(&text(3, 3, (10, 20))));
    }

    #[test]
    fn a_sentence_lies_within_its_passage() {
        let passage = text(1, 9, (10, 90));
        assert!(passage.contains(&text(2, 2, (10, 20))));
        assert!(!passage.contains(&text(2, 2, (80, 91))));
    }
}
