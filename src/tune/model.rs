//! The whole model over a batch: the loss of the tokens that count, and its
//! gradients by the adapter.

use super::adapter::Adapter;
use super::block::{Blocks, Gradients, Saved};
use super::ops::rotary::Angles;
use super::ops::{entropy, norm};
use super::rows::Packed;
use super::{Base, Fault};
use candle_core::Tensor;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// What stays the same over all batches of a training.
pub struct Model<'a> {
    /// The frozen model.
    pub base: &'a Base,
    /// Below it no layer has an adapter.
    pub lowest: usize,
    /// Whether blocks keep only their input.
    pub checkpointing: bool,
    /// Ends the computation between two blocks.
    pub halt: Option<&'a AtomicBool>,
    /// Cosines and sines by position.
    angles: (Vec<f32>, Vec<f32>),
    /// What the layers below `lowest` made of a row, kept while there is room.
    lower: Mutex<Lower>,
}

struct Lower {
    rows: HashMap<usize, Tensor>,
    room: u64,
}

impl<'a> Model<'a> {
    /// For rows of at most `longest` tokens; `room`: bytes for what lower
    /// layers made of the rows of one set of examples.
    pub fn new(base: &'a Base, lowest: usize, longest: usize, room: u64) -> Self {
        let lower = Mutex::new(Lower { rows: HashMap::new(), room });
        let angles = angles(base, longest);
        Self { base, lowest, checkpointing: false, halt: None, angles, lower }
    }

    fn halted(&self) -> Result<(), Fault> {
        let halted = self.halt.is_some_and(|halt| halt.load(Ordering::Relaxed));
        if halted { Err(Fault::Halted) } else { Ok(()) }
    }

    /// The rotations of each place of a batch.
    fn turns(&self, batch: &Packed) -> candle_core::Result<Angles> {
        let half = self.base.shape.head_dim / 2;
        let part = |all: &[f32]| {
            let rows = batch.spans.iter().flat_map(|span| &all[..span.len() * half]);
            let rows: Vec<f32> = rows.copied().collect();
            Tensor::from_vec(rows, (batch.tokens.len(), half), &self.base.device)
        };
        Ok(Angles { cos: part(&self.angles.0)?, sin: part(&self.angles.1)? })
    }

    /// What goes into the lowest trained layer.
    fn lower(&self, batch: &Packed, blocks: &Blocks<'_>) -> Result<Tensor, Fault> {
        let known = |lower: &Lower| -> Option<Vec<Tensor>> {
            batch.rows.iter().map(|row| lower.rows.get(row).cloned()).collect()
        };
        if self.lowest > 0 {
            let kept = self.lower.lock().ok().and_then(|lower| known(&lower));
            if let Some(kept) = kept {
                return Ok(Tensor::cat(&kept, 0)?);
            }
        }
        let mut x = self.base.table.chosen(&batch.tokens, &self.base.device)?;
        for layer in 0..self.lowest {
            self.halted()?;
            x = blocks.forward(layer, &x)?.0;
        }
        if self.lowest > 0
            && let Ok(mut lower) = self.lower.lock()
        {
            for (row, span) in batch.rows.iter().zip(&batch.spans) {
                let bytes = (span.len() * self.base.shape.hidden * 4) as u64;
                if lower.room >= bytes && !lower.rows.contains_key(row) {
                    lower.rows.insert(*row, x.narrow(0, span.start, span.len())?.copy()?);
                    lower.room -= bytes;
                }
            }
        }
        Ok(x)
    }

    /// The sum of the losses of a batch. `gradients` gets `weight` times its
    /// gradients.
    pub fn loss(
        &self,
        batch: &Packed,
        adapter: Option<&Adapter>,
        gradients: Option<(&mut Gradients, f64)>,
    ) -> Result<f64, Fault> {
        let (base, device) = (self.base, &self.base.device);
        let angles = self.turns(batch)?;
        let blocks = Blocks { base, adapter, spans: &batch.spans, angles: &angles };
        let mut x = self.lower(batch, &blocks)?;
        let mut saved: Vec<Saved> = Vec::new();
        for layer in self.lowest..base.shape.layers {
            self.halted()?;
            let (output, kept) = blocks.forward(layer, &x)?;
            if gradients.is_some() {
                saved.push(if self.checkpointing { kept.forget() } else { kept });
            }
            x = output;
        }
        // Head and loss, only where a token counts.
        let places = Tensor::new(batch.places.as_slice(), device)?;
        let chosen = x.index_select(&places, 0)?;
        let (rows, epsilon) = (x.dims().to_vec(), base.shape.epsilon);
        drop(x);
        let normed = norm::forward(&chosen, &base.last_norm, epsilon)?;
        let head = base.head.as_ref().unwrap_or(&base.table).whole(device)?;
        let weight = gradients.as_ref().map(|(_, weight)| *weight);
        let (loss, slope) = entropy::loss(&normed, &head, &batch.targets, weight)?;
        drop((head, normed));
        let (Some((gradients, _)), Some(slope)) = (gradients, slope) else { return Ok(loss) };
        let nothing = chosen.zeros_like()?;
        let slope = norm::backward(&chosen, &base.last_norm, epsilon, &slope, &nothing)?;
        let mut dy = Tensor::zeros(rows, slope.dtype(), device)?.index_add(&places, &slope, 0)?;
        for layer in (self.lowest..base.shape.layers).rev() {
            self.halted()?;
            let Some(kept) = saved.pop() else { break };
            let needed = layer > self.lowest;
            match blocks.backward(layer, kept, dy, gradients, needed)? {
                Some(slope) => dy = slope,
                None => break,
            }
        }
        Ok(loss)
    }
}

/// Cosines and sines of positions up to `longest`, half a head each.
fn angles(base: &Base, longest: usize) -> (Vec<f32>, Vec<f32>) {
    let shape = &base.shape;
    let half = shape.head_dim / 2;
    let mut speeds: Vec<f64> =
        (0..half).map(|i| shape.theta.powf(-(i as f64) / half as f64)).collect();
    if let Some(stretch) = shape.stretch {
        for speed in &mut speeds {
            let turns = stretch.context * *speed / std::f64::consts::TAU;
            if turns < stretch.low {
                *speed /= stretch.factor;
            } else if turns <= stretch.high {
                let part = (turns - stretch.low) / (stretch.high - stretch.low);
                *speed = *speed * part + *speed / stretch.factor * (1.0 - part);
            }
        }
    }
    if let Some(factors) = &base.factors {
        speeds.iter_mut().zip(factors).for_each(|(speed, factor)| *speed /= f64::from(*factor));
    }
    // As F32, since models were trained with angles of that precision.
    let speeds: Vec<f32> = speeds.into_iter().map(|speed| speed as f32).collect();
    let all = (0..longest).flat_map(|at| speeds.iter().map(move |speed| at as f32 * speed));
    let all: Vec<f32> = all.collect();
    (all.iter().map(|x| x.cos()).collect(), all.iter().map(|x| x.sin()).collect())
}
