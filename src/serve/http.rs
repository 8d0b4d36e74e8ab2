//! HTTP/1.1 as far as a JSON interface needs it: heads and bodies within
//! limits of size and time, answers whole or as events.
//!
//! Written by hand over `httparse`: the feature `server` of hyper would build
//! the knowledge base's and the models' crates anew.

mod head;
mod reading;
mod refusal;
mod writing;

pub(super) use head::Head;
pub(super) use reading::{Reading, Times};
pub(super) use refusal::Refusal;
pub(super) use writing::{SLOW, Writing, events, json};
