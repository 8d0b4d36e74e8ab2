//! A statement that questions are asked about.

/// A statement, and where it stands.
#[derive(Clone, Copy)]
pub struct Statement<'a> {
    /// Its text, on one line.
    pub text: &'a str,
    /// The headings above it, outermost first.
    pub headings: &'a [String],
    /// Whether it is the first one below its heading.
    pub first: bool,
    /// Whether it is a row of a table, its cells parted by ` · `.
    pub row: bool,
    /// Whether a word is written with a small letter in the documents, so that
    /// it is no name.
    pub common: &'a dyn Fn(&str) -> bool,
}
