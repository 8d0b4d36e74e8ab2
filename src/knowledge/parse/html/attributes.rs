//! Keeps the tokenizer from tags with thousands of attributes.
//!
//! It calls itself anew for each double-quoted attribute of a tag, so that a
//! small file of nothing but attributes would overflow the stack, which ends
//! the program. No page that anyone reads has tags with hundreds of them: from
//! then on double quotes are shown to the tokenizer as single ones, which it
//! reads without calling itself. The places of all bytes stay as they are.

use html5gum::Reader;
use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

/// Attributes of a tag that are read as they are. The stack of a thread has
/// room for about ten times as many.
const MOST_ATTRIBUTES: usize = 256;

/// How many attributes the tag has that is being read; shared between the
/// reader and the emitter.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes(Rc<Cell<usize>>);

impl Attributes {
    /// A tag begins.
    pub(super) fn clear(&self) {
        self.0.set(0);
    }

    /// An attribute begins.
    pub(super) fn count(&self) {
        self.0.set(self.0.get() + 1);
    }

    fn are_too_many(&self) -> bool {
        self.0.get() > MOST_ATTRIBUTES
    }
}

/// Gives a page to the tokenizer.
pub(super) struct Page<'a> {
    rest: &'a [u8],
    attributes: Attributes,
}

impl<'a> Page<'a> {
    pub(super) fn new(page: &'a str, attributes: Attributes) -> Self {
        Self { rest: page.as_bytes(), attributes }
    }
}

impl Reader for Page<'_> {
    type Error = Infallible;

    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        let Some((first, rest)) = self.rest.split_first() else { return Ok(None) };
        self.rest = rest;
        let is_replaced = *first == b'"' && self.attributes.are_too_many();
        Ok(Some(if is_replaced { b'\'' } else { *first }))
    }

    fn try_read_string(&mut self, wanted: &[u8], case_sensitive: bool) -> Result<bool, Infallible> {
        let Some((start, rest)) = self.rest.split_at_checked(wanted.len()) else {
            return Ok(false);
        };
        let is_it =
            if case_sensitive { start == wanted } else { start.eq_ignore_ascii_case(wanted) };
        if is_it {
            self.rest = rest;
        }
        Ok(is_it)
    }

    fn read_until<'b>(
        &'b mut self,
        needle: &[u8],
        buffer: &'b mut [u8; 4],
    ) -> Result<Option<&'b [u8]>, Infallible> {
        if self.attributes.are_too_many() {
            let Ok(byte) = self.read_byte();
            let Some(byte) = byte else { return Ok(None) };
            let [first, ..] = buffer;
            *first = byte;
            return Ok(buffer.get(..1));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let found = self.rest.iter().position(|byte| needle.contains(byte));
        let len = found.map_or(self.rest.len(), |at| at.max(1));
        let (read, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(Some(read))
    }
}
