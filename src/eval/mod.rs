//! Measuring answers on a set of questions: the dataset, the metrics, what the
//! numbers say, and how they are told. Nothing here asks a model or searches;
//! that is `cli::eval`.

pub mod advice;
pub mod bootstrap;
pub mod cost;
pub mod dataset;
pub mod gate;
pub mod html;
pub mod metrics;
pub mod resume;
pub mod row;
pub mod table;
pub mod training;
