//! Training data: questions with the sources and the answer that a model is to
//! learn, made from documents and evaluation sets, read, checked, split and
//! written for other trainers.
//!
//! A row keeps a question, its sources and its target. The prompt is made of it
//! by `engine::prompt` for the model that is trained, so what a model learns is
//! what it will be sent. Nothing here prints; that is `cli::data`.

pub mod check;
pub mod export;
pub mod file;
pub mod filter;
pub mod make;
mod mark;
mod parse;
pub mod question;
pub mod row;
pub mod sessions;
pub mod split;
pub mod stats;
pub mod writer;

pub use file::{DataError, read, write};
pub use row::{Form, Row, RowSource, Speaker, Turn};
pub use split::split;
