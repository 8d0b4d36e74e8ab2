//! A frozen base model: its weights as they are kept, and as one block needs
//! them.

mod folder;
mod gguf;
mod tensors;
mod weight;

pub(super) use tensors::{Numbers, Tensors, write as write_tensors};
pub(super) use weight::{Weight, stacked};

use super::{Fault, Shape};
use candle_core::{Device, Tensor};
use std::path::Path;

/// How the frozen weights are kept in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// [`Keep::Full`] where that leaves half of the free memory, else [`Keep::Packed`].
    #[default]
    Auto,
    /// As F32, which is fastest.
    Full,
    /// As in the file, turned to F32 one block at a time.
    Packed,
}

/// The frozen weights of one block.
pub(super) struct Block {
    /// In the order of [`super::Target::ALL`].
    pub weights: [Weight; 7],
    /// Added to queries, keys and values, side by side.
    pub bias: Option<Tensor>,
    /// Added to the attention's output.
    pub output_bias: Option<Tensor>,
    /// Of the norm before attention.
    pub first_norm: Tensor,
    /// Of the norm before the feed-forward part.
    pub second_norm: Tensor,
    /// Of the norms of queries and keys.
    pub head_norms: Option<(Tensor, Tensor)>,
}

/// A base model that can be trained upon.
pub struct Base {
    pub(super) shape: Shape,
    pub(super) device: Device,
    pub(super) blocks: Vec<Block>,
    /// The table of tokens.
    pub(super) table: Weight,
    /// The head, where it isn't the table.
    pub(super) head: Option<Weight>,
    pub(super) last_norm: Tensor,
    /// What each rotary frequency is divided by.
    pub(super) factors: Option<Vec<f32>>,
    hash: String,
}

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

    /// Sizes and kind.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// BLAKE3 of the weights' files, in hex: the same base has the same.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Bytes that the weights take.
    pub fn bytes(&self) -> u64 {
        let blocks = self.blocks.iter().flat_map(|b| b.weights.iter().map(Weight::bytes));
        blocks.chain([self.table.bytes()]).chain(self.head.iter().map(Weight::bytes)).sum()
    }
}

/// Whether to keep a model of `shape` as F32.
pub(super) fn full(keep: Keep, shape: &Shape) -> bool {
    match keep {
        Keep::Full => true,
        Keep::Packed => false,
        Keep::Auto => shape.parameters() * 4 < super::memory::free() / 2,
    }
}

/// BLAKE3 of some files, one after the other.
fn hash(paths: &[std::path::PathBuf]) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    for path in paths {
        hasher.update_reader(std::fs::File::open(path)?)?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}
