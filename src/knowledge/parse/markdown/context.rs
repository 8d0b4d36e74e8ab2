//! What a block stands below beside its headings: the words that announce it.

use crate::knowledge::sentences::sentences;
use std::rc::Rc;

/// Most bytes of all that a block stands below.
const LONGEST: usize = 300;
/// Most bytes of a line that announces what follows it.
const LONGEST_LEAD: usize = 240;
/// Most bytes of an item's own words that its inner list stands below, where
/// they don't announce it with a colon.
const LONGEST_ITEM: usize = 120;

/// What the inner one of two levels stands below. The outer level's words go
/// where both are too long.
pub(super) fn join(outer: &Rc<str>, inner: &str) -> Rc<str> {
    if inner.is_empty() {
        outer.clone()
    } else if outer.is_empty() || outer.len() + inner.len() > LONGEST {
        Rc::from(inner)
    } else {
        Rc::from(format!("{outer} {inner}"))
    }
}

/// What of a paragraph announces the block behind it: its last sentence, where
/// that ends in a colon; of an item also all of it.
pub(super) fn lead_in(words: &str, is_item: bool) -> Rc<str> {
    let words = words.trim();
    let last = if words.ends_with([':', '：']) {
        let tail = words.get(words.floor_char_boundary(words.len().saturating_sub(600))..);
        let tail = tail.unwrap_or_default();
        sentences(tail).last().and_then(|last| tail.get(last.clone())).unwrap_or_default()
    } else if is_item && words.len() <= LONGEST_ITEM {
        words
    } else {
        ""
    };
    if last.len() > LONGEST_LEAD {
        return Rc::from("");
    }
    Rc::from(last.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_announces_and_an_items_words_do() {
        assert_eq!(&*lead_in("It is old. The pump\nneeds:", false), "The pump needs:");
        assert_eq!(&*lead_in("The pump runs.", false), "");
        assert_eq!(&*lead_in("Pump", true), "Pump");
        assert_eq!(&*lead_in(&"long ".repeat(60), true), "");
    }

    #[test]
    fn deep_levels_keep_the_inner_words() {
        let mut context: Rc<str> = Rc::from("");
        for _ in 0..100 {
            context = join(&context, "The pump needs:");
        }
        assert!(context.len() <= LONGEST && context.ends_with("needs:"));
    }
}
