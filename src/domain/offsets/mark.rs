//! Where a page, a slide or a row begins in a text.

use super::super::Place;

/// Where a numbered part of the document begins in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its first byte of text.
    pub text: usize,
    /// The part.
    pub place: Place,
}
