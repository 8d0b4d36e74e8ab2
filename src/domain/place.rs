//! Numbered parts of documents that are no text files: pages of a PDF, slides,
//! rows of a sheet.

use std::sync::Arc;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PlaceKind {
    /// A page of a PDF.
    Page,
    /// A slide of a presentation.
    Slide,
    /// A cell of a notebook.
    Cell,
    /// A message of a mailbox.
    Message,
    /// A paragraph of a text document, tables and lists counted by theirs.
    Paragraph,
    /// A chapter of a book.
    Chapter,
    /// A row of a sheet.
    Row,
    /// A line of a file that is kept compressed.
    Line,
}

impl PlaceKind {
    /// All of them, each with its word and the number that files keep.
    const ALL: [(Self, &'static str, u8); 8] = [
        (Self::Page, "page", 0),
        (Self::Slide, "slide", 1),
        (Self::Cell, "cell", 2),
        (Self::Message, "message", 3),
        (Self::Paragraph, "paragraph", 4),
        (Self::Chapter, "chapter", 5),
        (Self::Row, "row", 6),
        (Self::Line, "line", 7),
    ];

    /// Its word, in JSON, too.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, word, _)| word)
    }

    /// The kind that a word names.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name, _)| *name == word).map(|(kind, ..)| *kind)
    }

    /// Its number in a knowledge base.
    #[must_use]
    pub(super) fn code(self) -> u8 {
        Self::ALL.iter().find(|(kind, ..)| *kind == self).map_or(0, |(_, _, code)| *code)
    }

    /// The kind of a number in a knowledge base.
    pub(super) fn of_code(code: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, _, known)| *known == code).map(|(kind, ..)| *kind)
    }
}

/// A numbered part of a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// What is counted.
    pub kind: PlaceKind,
    /// Its number, from 1.
    pub number: u32,
    /// Where it is counted: for a row the sheet and the column of its first
    /// cell, `Tanks!A`. Empty where the document is.
    pub within: Arc<str>,
}

impl Place {
    /// A part that is counted through the whole document.
    #[must_use]
    pub fn new(kind: PlaceKind, number: u32) -> Self {
        Self { kind, number, within: Arc::from("") }
    }

    /// A row of a sheet, from the column of its first cell on (`A`).
    #[must_use]
    pub fn row(sheet: &str, column: &str, number: u32) -> Self {
        Self { kind: PlaceKind::Row, number, within: format!("{sheet}!{column}").into() }
    }

    /// The sheet of a row, and the column of its first cell.
    #[must_use]
    pub fn cell(&self) -> Option<(&str, &str)> {
        self.within.rsplit_once('!')
    }

    /// Both ends of a range in words: `page 12`, `pages 12-13`, `Tanks!A12`,
    /// `Tanks!A12:A15`.
    #[must_use]
    pub fn range(&self, to: &Self) -> String {
        let Self { kind, number, within } = self;
        match (self.cell(), to.cell()) {
            (Some(_), _) if self == to => format!("{within}{number}"),
            (Some((sheet, _)), Some((other, column))) if sheet == other => {
                format!("{within}{number}:{column}{}", to.number)
            }
            (Some(_), _) => format!("{within}{number} to {}{}", to.within, to.number),
            (None, _) if to.number > *number => format!("{}s {number}-{}", kind.word(), to.number),
            (None, _) => format!("{} {number}", kind.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_their_programs_write_them() {
        let page = |number| Place::new(PlaceKind::Page, number);
        assert_eq!(page(12).range(&page(12)), "page 12");
        assert_eq!(page(12).range(&page(14)), "pages 12-14");
        let row = |sheet, number| Place::row(sheet, "A", number);
        assert_eq!(row("Tanks", 12).range(&row("Tanks", 12)), "Tanks!A12");
        assert_eq!(row("Tanks", 12).range(&row("Tanks", 15)), "Tanks!A12:A15");
        assert_eq!(row("Tanks", 12).range(&row("Costs", 2)), "Tanks!A12 to Costs!A2");
        assert_eq!(row("A!B", 1).cell(), Some(("A!B", "A")));
    }

    #[test]
    fn kinds_have_a_word_and_a_number_each() {
        for (kind, word, code) in PlaceKind::ALL {
            assert_eq!(PlaceKind::named(word), Some(kind));
            assert_eq!((kind.word(), kind.code()), (word, code));
            assert_eq!(PlaceKind::of_code(code), Some(kind));
        }
        assert_eq!((PlaceKind::named("pages"), PlaceKind::of_code(200)), (None, None));
    }
}
