//! A frozen base model: its weights as they are kept, and as one block needs
//! them.

mod folder;
mod gguf;
mod held;
mod tensors;
mod weight;

pub use held::{Base, Keep};
pub(super) use held::{Block, full};
pub(super) use tensors::{Numbers, Tensors, write as write_tensors};
pub(super) use weight::{Weight, stacked};

use super::Fault;
use candle_core::Device;
use std::path::Path;

impl Base {
    /// Reads the model in a folder of safetensors with `config.json`, or in a
    /// GGUF file.
    ///
    /// # Errors
    /// [`Fault::Base`] for files that can't be read or lack something,
    /// [`Fault::Unsupported`] for other kinds of models.
    pub fn open(path: &Path, keep: Keep, device: &Device) -> Result<Self, Fault> {
        if path.is_dir() {
            folder::open(path, keep, device)
        } else {
            gguf::open(path, keep, device)
        }
    }
}
