//! What the items of lists stand below: the words that lead in a list, and the
//! term that a definition is of.

use std::fmt::Write;

/// Longest words of one list that its items carry, in bytes.
const LONGEST: usize = 200;

/// Longest words of all lists around an item, in bytes.
const LONGEST_OF_ALL: usize = 320;

/// Longest item that a list within it stands below as a whole, in bytes.
const LONGEST_ITEM: usize = 120;

/// Bytes of context that blocks may carry for each byte of the page: a page of
/// nothing but short items would carry many times its own length.
const MOST_GROWTH: usize = 4;

/// Bytes that any page may have in addition.
const FREE_GROWTH: usize = 64 << 10;

/// The lists that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Contexts {
    lists: Vec<List>,
    /// Bytes of context that may still be given out.
    room: usize,
}

#[derive(Debug, Default)]
struct List {
    said: String,
    /// Whether the last term has not been defined yet, so that another one
    /// means the same.
    in_terms: bool,
}

impl Contexts {
    /// For a page of `size` bytes.
    pub(super) fn new(size: usize) -> Self {
        Self { lists: Vec::new(), room: size.saturating_mul(MOST_GROWTH) + FREE_GROWTH }
    }

    /// For a part of the page that is written by itself, with all the room.
    pub(super) fn nested(&mut self) -> Self {
        Self { lists: Vec::new(), room: std::mem::take(&mut self.room) }
    }

    /// Takes the room back.
    pub(super) fn take_room(&mut self, nested: &mut Self) {
        self.room += std::mem::take(&mut nested.room);
    }

    /// A list begins behind the text `lead`, or in an item that says it.
    pub(super) fn begin_list(&mut self, lead: &str, is_inner: bool) {
        let lead = lead.trim();
        let said = if is_inner && lead.len() <= LONGEST_ITEM {
            lead
        } else if lead.ends_with([':', '：']) {
            last_sentence(lead)
        } else {
            ""
        };
        self.lists.push(List { said: shortened(said), in_terms: false });
    }

    pub(super) fn end_list(&mut self) {
        self.lists.pop();
    }

    /// A term begins: nothing stands below the one before it any more, unless
    /// both mean the same.
    pub(super) fn begin_term(&mut self) {
        if let Some(list) = self.lists.last_mut()
            && !list.in_terms
        {
            list.said.clear();
        }
    }

    pub(super) fn end_term(&mut self, term: &str) {
        let Some(list) = self.lists.last_mut() else { return };
        let term = shortened(term);
        if list.said.is_empty() {
            list.said = term;
        } else if list.said.len() + term.len() <= LONGEST {
            let _ = write!(list.said, " · {term}");
        }
        list.in_terms = true;
    }

    pub(super) fn end_terms(&mut self) {
        if let Some(list) = self.lists.last_mut() {
            list.in_terms = false;
        }
    }

    /// What text within all the lists stands below, and then below `title`; the
    /// innermost where it would be too long. Within a term that is nothing of
    /// its own list.
    pub(super) fn with(&mut self, title: &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let mut len = 0;
        let lists = self.lists.iter().rev().map(|list| list.said.as_str());
        for part in std::iter::once(title).chain(lists).filter(|part| !part.is_empty()) {
            len += part.len() + 5;
            if len > LONGEST_OF_ALL && !parts.is_empty() {
                break;
            }
            parts.push(part);
        }
        if parts.is_empty() || len > self.room {
            return String::new();
        }
        self.room -= len;
        parts.reverse();
        parts.join(" › ")
    }
}

/// One line, not too long.
fn shortened(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.len() <= LONGEST {
        return words;
    }
    let cut = words.floor_char_boundary(LONGEST);
    format!("{}…", words.get(..cut).unwrap_or_default().trim_end())
}

/// What stands behind the last sentence end within a text.
fn last_sentence(text: &str) -> &str {
    let cut = [". ", "! ", "? "]
        .iter()
        .filter_map(|end| text.rfind(end).map(|at| at + end.len()))
        .max()
        .unwrap_or(0);
    text.get(cut..).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_stand_below_their_lead_in() {
        let mut contexts = Contexts::new(1000);
        contexts.begin_list("Stop first. To restart the pump:", false);
        assert_eq!(contexts.with(""), "To restart the pump:");
        contexts.begin_list("Valves", true);
        assert_eq!(contexts.with("x"), "To restart the pump: › Valves › x");
        contexts.end_list();
        contexts.end_list();
        contexts.begin_list("This is a sentence.", false);
        assert_eq!(contexts.with(""), "");
    }

    #[test]
    fn terms_that_mean_the_same_stand_together() {
        let mut contexts = Contexts::new(1000);
        contexts.begin_list("", false);
        contexts.begin_term();
        contexts.end_term("bolt");
        contexts.begin_term();
        contexts.end_term("screw");
        contexts.end_terms();
        assert_eq!(contexts.with(""), "bolt · screw");
        contexts.begin_term();
        assert_eq!(contexts.with(""), "");
        contexts.end_term("nut");
        assert_eq!(contexts.with(""), "nut");
    }

    #[test]
    fn contexts_do_not_grow_without_end() {
        let mut contexts = Contexts::new(10);
        contexts.begin_list(&format!("{}:", "x".repeat(150)), false);
        let given: usize = (0..10_000).map(|_| contexts.with("").len()).sum();
        assert!(given > 1000 && given <= FREE_GROWTH + 40);
        let mut nested = contexts.nested();
        contexts.take_room(&mut nested);
    }
}
