//! One decoder block, forward and backward.

use super::adapter::{Adapter, Pair};
use super::base::{Block, stacked};
use super::ops::cpu::View;
use super::ops::rotary::{Angles, Heads, Norms};
use super::ops::{add, attention, norm, rotary, swiglu, times};
use super::{Base, Target};
use candle_core::{Result, Tensor};
use std::ops::Range;

const QKV: [Target; 3] = [Target::Q, Target::K, Target::V];
const GATED: [Target; 2] = [Target::Gate, Target::Up];

/// What a block computed that its gradient needs.
pub struct Saved {
    /// What went in.
    pub input: Tensor,
    kept: Option<Kept>,
}

struct Kept {
    /// Queries, keys and values before norm and rotation.
    raw: Tensor,
    attended: Tensor,
    /// Logarithms of the sums of exponentials.
    sums: Tensor,
    /// The sum after attention.
    middle: Tensor,
    /// Gate and up part.
    both: Tensor,
}

impl Saved {
    /// Keeps only the input; the rest is computed again.
    pub fn forget(self) -> Self {
        Self { kept: None, ..self }
    }
}

/// Gradients of an adapter's pairs: of A and of B, in the order of the pairs.
pub struct Gradients(pub Vec<[Vec<f32>; 2]>);

impl Gradients {
    /// None yet.
    pub fn zero(adapter: &Adapter) -> Self {
        let zero = |pair: &Pair| [vec![0.0; pair.a.len()], vec![0.0; pair.b.len()]];
        Self(adapter.pairs.iter().map(zero).collect())
    }
}

/// Blocks for one batch of rows.
pub struct Blocks<'a> {
    /// The frozen model.
    pub base: &'a Base,
    /// The trained part; without, the plain model computes.
    pub adapter: Option<&'a Adapter>,
    /// Where each row lies.
    pub spans: &'a [Range<usize>],
    /// The rotations of each place.
    pub angles: &'a Angles,
}

impl Blocks<'_> {
    fn heads<'b>(&self, block: &'b Block) -> Heads<'b> {
        let shape = &self.base.shape;
        let epsilon = shape.epsilon;
        let norms = block.head_norms.as_ref();
        Heads {
            queries: shape.heads,
            keys: shape.kv_heads,
            size: shape.head_dim,
            norms: norms.map(|(query, key)| Norms { query, key, epsilon }),
        }
    }

    /// Some weights of a layer one below the other, with the adapter's change.
    fn weights(&self, layer: usize, targets: &[Target]) -> Result<Tensor> {
        let block = &self.base.blocks[layer];
        let change = |target| self.adapter.and_then(|adapter| adapter.change(layer, target));
        let parts: Vec<_> = targets
            .iter()
            .map(|target| (&block.weights[*target as usize], change(*target)))
            .collect();
        match parts.as_slice() {
            [(weight, None)] => weight.whole(&self.base.device),
            all => {
                let columns = targets.first().map_or(0, |t| t.dims(&self.base.shape).1);
                stacked(all, columns, &self.base.device)
            }
        }
    }

    fn attend(&self, layer: usize, input: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        let block = &self.base.blocks[layer];
        let normed = norm::forward(input, &block.first_norm, self.base.shape.epsilon)?;
        let mut raw = times(&normed, &self.weights(layer, &QKV)?.t()?)?;
        if let Some(bias) = &block.bias {
            raw = raw.broadcast_add(bias)?;
        }
        let heads = self.heads(block);
        let turned = rotary::forward(&raw, &heads, self.angles)?;
        let (attended, sums) = attention::forward(&turned, &heads, self.spans)?;
        Ok((raw, attended, sums))
    }

    /// The output for `input`, and what the gradient needs.
    pub fn forward(&self, layer: usize, input: &Tensor) -> Result<(Tensor, Saved)> {
        let block = &self.base.blocks[layer];
        let epsilon = self.base.shape.epsilon;
        let (raw, attended, sums) = self.attend(layer, input)?;
        let mut out = times(&attended, &self.weights(layer, &[Target::O])?.t()?)?;
        if let Some(bias) = &block.output_bias {
            out = out.broadcast_add(bias)?;
        }
        let (middle, normed) = norm::add_forward(input, &out, &block.second_norm, epsilon)?;
        drop(out);
        let both = times(&normed, &self.weights(layer, &GATED)?.t()?)?;
        drop(normed);
        let active = swiglu::forward(&both)?;
        let out = times(&active, &self.weights(layer, &[Target::Down])?.t()?)?;
        drop(active);
        let output = add(&middle, &out)?;
        let kept = Some(Kept { raw, attended, sums, middle, both });
        Ok((output, Saved { input: input.clone(), kept }))
    }

    /// Adds the gradients of a layer's pairs for `dy`, the gradient of its
    /// output, and returns that of its input, unless it isn't `needed`.
    pub fn backward(
        &self,
        layer: usize,
        saved: Saved,
        dy: Tensor,
        gradients: &mut Gradients,
        needed: bool,
    ) -> Result<Option<Tensor>> {
        let block = &self.base.blocks[layer];
        let (epsilon, inner) = (self.base.shape.epsilon, self.base.shape.inner);
        let Saved { input, kept } = saved;
        let kept = match kept {
            Some(kept) => kept,
            None => match self.forward(layer, &input)?.1.kept {
                Some(kept) => kept,
                None => candle_core::bail!("a block kept nothing"),
            },
        };
        let Kept { raw, attended, sums, middle, both } = kept;

        // The feed-forward part.
        let active = swiglu::forward(&both)?;
        self.pair(layer, Target::Down, &active, &dy, gradients)?;
        drop(active);
        let d_active = times(&dy, &self.weights(layer, &[Target::Down])?)?;
        let d_both = swiglu::backward(&both, &d_active)?;
        drop((both, d_active));
        let normed = norm::forward(&middle, &block.second_norm, epsilon)?;
        for (target, start) in [(Target::Gate, 0), (Target::Up, inner)] {
            self.pair(layer, target, &normed, &d_both.narrow(1, start, inner)?, gradients)?;
        }
        drop(normed);
        let d_normed = times(&d_both, &self.weights(layer, &GATED)?)?;
        drop(d_both);
        let dy = norm::backward(&middle, &block.second_norm, epsilon, &d_normed, &dy)?;
        drop((middle, d_normed));

        // Attention.
        self.pair(layer, Target::O, &attended, &dy, gradients)?;
        let d_attended = times(&dy, &self.weights(layer, &[Target::O])?)?;
        let heads = self.heads(block);
        let turned = rotary::forward(&raw, &heads, self.angles)?;
        let d_turned =
            attention::backward(&turned, &heads, self.spans, (&attended, &sums), &d_attended)?;
        drop((turned, attended, d_attended));
        let d_raw = rotary::backward(&raw, &heads, self.angles, &d_turned)?;
        drop((raw, d_turned));
        let normed = norm::forward(&input, &block.first_norm, epsilon)?;
        let mut start = 0;
        for target in QKV {
            let width = target.dims(&self.base.shape).0;
            self.pair(layer, target, &normed, &d_raw.narrow(1, start, width)?, gradients)?;
            start += width;
        }
        drop(normed);
        if !needed {
            return Ok(None);
        }
        let d_normed = times(&d_raw, &self.weights(layer, &QKV)?)?;
        norm::backward(&input, &block.first_norm, epsilon, &d_normed, &dy).map(Some)
    }

    /// Adds the gradients of one pair, for what went into its projection and
    /// the gradient of what came out.
    fn pair(
        &self,
        layer: usize,
        target: Target,
        x: &Tensor,
        dy: &Tensor,
        gradients: &mut Gradients,
    ) -> Result<()> {
        let Some(adapter) = self.adapter else { return Ok(()) };
        let Some(place) = adapter.place(layer, target) else { return Ok(()) };
        let (pair, rank) = (&adapter.pairs[place], adapter.rank);
        let device = &self.base.device;
        let a = Tensor::from_slice(&pair.a, (rank, pair.input), device)?;
        let b = Tensor::from_slice(&pair.b, (pair.output, rank), device)?;
        let narrow = times(x, &a.t()?)?;
        let d_b = times(&dy.t()?, &narrow)?;
        let d_narrow = times(dy, &b)?;
        let d_a = times(&d_narrow.t()?, x)?;
        let scale = adapter.scale() as f32;
        let [to_a, to_b] = &mut gradients.0[place];
        gather(to_a, &d_a, scale)?;
        gather(to_b, &d_b, scale)
    }
}

/// Adds a multiple of a dense tensor.
fn gather(out: &mut [f32], from: &Tensor, scale: f32) -> Result<()> {
    let from = from.to_device(&candle_core::Device::Cpu)?;
    let view = View::of(&from)?;
    for (out, x) in out.iter_mut().zip(view.rows()?.data) {
        *out += x * scale;
    }
    Ok(())
}
