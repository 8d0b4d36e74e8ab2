//! An element that is open.

use super::tags::Role;

/// An element that is open.
pub(super) struct Open {
    pub(super) name: Vec<u8>,
    pub(super) role: Role,
    /// Where its tag stands in the page.
    pub(super) at: usize,
    /// Whether it is left out with all that it holds.
    pub(super) is_skipped: bool,
    /// For lists and tables, whether an item or a row has begun.
    pub(super) has_items: bool,
    /// What was begun with it and ends with it.
    pub(super) begun: Begun,
}

/// What an element begins beside its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    Nothing,
    /// Text that is rendered by itself: a table, a cell, a caption.
    Capture,
    /// A list whose items stand below something.
    Context,
    /// A term that what follows stands below.
    Term,
}
