//! LoRA training of a model on this machine: from rows of token ids to PEFT's
//! folder.
//!
//! There is no graph of operations. A decoder is a chain of equal blocks, so
//! `model` runs them forward, keeping what the gradient needs, and then
//! backward, with the derivatives of `ops`. Frozen weights get no gradient,
//! which saves a third of the work of candle's own; the adapter's change is
//! added to the weights of one block at a time, so that its product costs
//! nothing; and a base may stay quantized in memory.

mod adapter;
mod base;
mod block;
mod checkpoint;
mod fault;
mod machine;
mod memory;
mod model;
mod ops;
mod optimizer;
mod options;
mod probe;
mod report;
mod rows;
mod shape;
#[cfg(test)]
mod tests;
mod train;

pub use adapter::{Adapter, Pair, Precision};
pub use base::{Base, Keep};
pub use fault::Fault;
pub use machine::free as free_memory;
pub use memory::{Memory, memory_needed};
pub use options::{Checkpointing, Options, Target};
pub use probe::{Probe, held_out_loss, probe_rates};
pub use report::{End, Go, Outcome, Place, Point, Progress, Run};
pub use rows::Example;
pub use shape::{Family, Shape, Stretch};
pub use train::train;
