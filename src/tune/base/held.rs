//! The weights of a base as they are held in memory.

use super::Weight;
use crate::tune::Shape;
use crate::tune::machine::free;
use candle_core::{Device, Tensor};

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
pub(in crate::tune) struct Block {
    /// In the order of [`crate::tune::Target::ALL`].
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
    pub(in crate::tune) shape: Shape,
    pub(in crate::tune) device: Device,
    pub(in crate::tune) blocks: Vec<Block>,
    /// The table of tokens.
    pub(in crate::tune) table: Weight,
    /// The head, where it isn't the table.
    pub(in crate::tune) head: Option<Weight>,
    pub(in crate::tune) last_norm: Tensor,
    /// What each rotary frequency is divided by.
    pub(in crate::tune) factors: Option<Vec<f32>>,
    pub(super) hash: String,
}

impl Base {
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
pub(in crate::tune) fn full(keep: Keep, shape: &Shape) -> bool {
    match keep {
        Keep::Full => true,
        Keep::Packed => false,
        Keep::Auto => shape.parameters() * 4 < free() / 2,
    }
}

/// BLAKE3 of some files, one after the other.
pub(super) fn hash(paths: &[std::path::PathBuf]) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    for path in paths {
        hasher.update_reader(std::fs::File::open(path)?)?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}
