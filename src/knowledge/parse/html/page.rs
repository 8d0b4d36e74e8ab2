//! A page while it is read.

use super::open::Open;
use super::references::References;
use super::render::Renderer;
use super::tables::Capture;
use super::tags::Tag;
use crate::knowledge::parse::Block;
use crate::knowledge::parse::fragment::Fragment;
use std::collections::HashSet;

/// What isn't left out. Whether an element that would be left out is ever
/// closed shows only at the end; if it isn't, the page is read again with it.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The page's title, where no heading of level 1 says it.
    pub(super) keep_title: bool,
    /// Elements that are never closed, by the place of their tag.
    pub(super) keep: HashSet<usize>,
    /// Everything but programs.
    pub(super) keep_all: bool,
}

/// A page that was read once.
pub(super) struct Rendered {
    pub(super) shown: Fragment,
    pub(super) blocks: Vec<Block>,
    /// Whether there is a title that was left out.
    pub(super) lacks_title: bool,
    /// Elements that were left out and never closed.
    pub(super) unclosed: Vec<usize>,
}

/// A page while it is read.
pub(super) struct Page<'a> {
    pub(super) raw: &'a str,
    pub(super) plan: &'a Plan,
    pub(super) renderer: Renderer,
    /// What is rendered by itself around what `renderer` writes, outermost
    /// first.
    pub(super) captures: Vec<Capture>,
    pub(super) references: References,
    pub(super) open: Vec<Open>,
    /// How many open elements are left out.
    pub(super) skipping: usize,
    /// The start tag whose attributes are being read.
    pub(super) tag: Option<Tag>,
    /// Where the text since the last tag starts.
    pub(super) text_start: usize,
    /// Where that text ends, if there is any and nothing follows.
    pub(super) text_end: Option<usize>,
    pub(super) lacks_title: bool,
    pub(super) unclosed: Vec<usize>,
}
