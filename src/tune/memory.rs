//! How much memory a training needs, told before it starts.

use super::base::full;
use super::machine::free;
use super::ops::entropy::KEPT;
use super::{Checkpointing, Keep, Options, Shape};

/// Bytes that a training needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The frozen weights, and those of one block with the adapter's change.
    pub weights: u64,
    /// What blocks keep for the gradient, and what one computes with.
    pub activations: u64,
    /// Logits of some rows, their gradient, and the head where it is packed.
    pub logits: u64,
    /// The adapter, its gradients, both moments, the best one.
    pub adapter: u64,
}

impl Memory {
    /// All together.
    pub fn total(&self) -> u64 {
        self.weights + self.activations + self.logits + self.adapter
    }
}

/// What a training needs whose longest row has `longest` tokens.
pub fn memory_needed(shape: &Shape, keep: Keep, longest: usize, options: &Options) -> Memory {
    let (hidden, inner) = (shape.hidden as u64, shape.inner as u64);
    let (qkv, attention) = (shape.qkv() as u64, shape.output() as u64);
    let vocab = shape.vocab as u64;
    let full = full(keep, shape);
    // The largest stack of weights that is changed at once, and the next one.
    let stack = (2 * inner * hidden + inner.max(qkv) * hidden) * 4;
    let frozen = if full { shape.parameters() * 4 } else { shape.stored };
    let tokens = options.micro_tokens.max(longest) as u64;
    let lowest = options.lowest(shape) as u64;
    let layers = shape.layers as u64 - lowest;
    let kept = hidden * 2 + qkv + attention + shape.heads as u64 + 2 * inner;
    let per_layer = if checkpointing(shape, keep, longest, options) { hidden } else { kept };
    let working = kept + 3 * inner + 4 * hidden + 4 * qkv;
    let trained: u64 = options
        .targets
        .iter()
        .map(|target| target.dims(shape))
        .map(|(output, input)| (options.rank * (output + input)) as u64)
        .sum();
    let head = if full { 0 } else { vocab * hidden * 4 };
    Memory {
        weights: frozen + stack,
        activations: tokens * 4 * (layers * per_layer + working),
        logits: 2 * KEPT as u64 + head,
        adapter: layers * trained * 4 * 6,
    }
}

/// Whether blocks are computed again.
pub(super) fn checkpointing(shape: &Shape, keep: Keep, longest: usize, options: &Options) -> bool {
    match options.checkpointing {
        Checkpointing::On => true,
        Checkpointing::Off => false,
        Checkpointing::Auto => {
            let options = Options { checkpointing: Checkpointing::Off, ..options.clone() };
            memory_needed(shape, keep, longest, &options).activations > free() / 2
        }
    }
}
