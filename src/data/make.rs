//! Making rows: a question, what a search finds for it, and the answer.
//!
//! What goes into a row is found by the same steps as an answer's sources
//! ([`crate::answer::retrieve`], [`crate::answer::read`]), so a row holds what
//! the model will be sent. `documents` makes the questions from statements,
//! `set` takes them from an evaluation; `sources` puts the passage that answers
//! among the others, or takes it out.

mod asked;
mod documents;
mod maker;
mod set;
mod sources;
#[cfg(test)]
mod tests;

pub use documents::{By, from_documents};
pub use maker::{MakeError, Maker, OnProgress, Report};
pub use set::from_set;
