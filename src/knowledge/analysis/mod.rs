//! Text analysis: which terms a text is found, scored and checked by.
//!
//! The same analysis serves passages and questions. A text is split into words
//! (`split`); each word becomes one or more terms (`forms`): the word with
//! case and accents folded (`fold`), its stem in the language of its document
//! (`language`), the parts of an identifier, overlapping pairs of characters
//! in scripts without spaces, a Korean noun without its particle. Nothing is a
//! stop word and no word is too long; weights tell what counts ([`TermStats`]).
//!
//! A question ([`Query`]) keeps together which terms came from which of its
//! words, so that a word that is found by two of its forms counts once. Its
//! words are compared with the compounds that the collection holds, so that
//! `Urlaub` finds `Urlaubsantrag` without a dictionary.

mod fold;
mod forms;
mod language;
mod query;
mod split;
mod stats;
#[cfg(test)]
mod tests;

pub use forms::{Analyzer, Terms};
pub use language::{detect, is_common};
pub use query::{FullText, Query, QueryWord};
pub use stats::TermStats;

/// The prepared terms of a text, separated by spaces: what full text indexes.
#[must_use]
pub fn prepared(text: &str, language: &str) -> String {
    Analyzer::new(language).prepared(text)
}
