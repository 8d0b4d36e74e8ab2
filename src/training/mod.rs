//! Training: rows of questions and answers become an adapter that lies among the
//! others, measured before and after on questions that were held out.
//!
//! [`train`] is the way in, for `lorag tune` and the chat. Rows come from
//! `data`, tokens from the model's engine, so that training reads what answering
//! sends; the steps are those of `tune`.

mod examples;
mod folder;
mod fresh;
mod judge;
mod order;
mod prepare;
pub mod record;
mod run;
mod samples;
mod steps;

pub use examples::form;
pub use fresh::changed;
pub use order::{Order, Rate, Tell, TrainError, Trained};
pub use prepare::work_folder;
pub use record::Record;
pub use run::{plan, train};
