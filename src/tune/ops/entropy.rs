//! Cross entropy of the tokens that count, a few rows of logits at a time:
//! the vocabulary is a hundred times as wide as a row.

use super::cpu::{View, exp, most, sum, vectorised};
use super::{composed, fused, times};
use candle_core::{Result, Tensor};
use rayon::prelude::*;

/// Bytes of logits that are kept at once.
pub const KEPT: usize = 48 << 20;

/// The sum of the losses of `hidden`'s rows, and where `weight` is given
/// the gradient of `hidden` for that multiple of the sum.
///
/// # Errors
/// Shapes that don't fit.
pub fn loss(
    hidden: &Tensor,
    head: &Tensor,
    targets: &[u32],
    weight: Option<f64>,
) -> Result<(f64, Option<Tensor>)> {
    let vocabulary = head.dim(0)?;
    let rows = (KEPT / 4 / vocabulary).max(1);
    let mut total = 0.0;
    let mut gradients = Vec::new();
    for start in (0..targets.len()).step_by(rows) {
        let count = rows.min(targets.len() - start);
        let logits = times(&hidden.narrow(0, start, count)?, &head.t()?)?;
        let targets = &targets[start..start + count];
        let (sum, slope) = if fused(logits.device()) {
            one(&logits, targets, weight)?
        } else {
            composed::entropy(&logits, targets, weight)?
        };
        drop(logits);
        total += sum;
        if let Some(slope) = slope {
            gradients.push(times(&slope, head)?);
        }
    }
    let gradient = weight.is_some().then(|| Tensor::cat(&gradients, 0)).transpose()?;
    Ok((total, gradient))
}

/// The loss of some rows of logits, and its gradient by them.
fn one(logits: &Tensor, targets: &[u32], weight: Option<f64>) -> Result<(f64, Option<Tensor>)> {
    let view = View::of(logits)?;
    let rows = view.rows()?;
    let scale = weight.map(|weight| weight as f32);
    let mut out = vec![0.0; if scale.is_some() { rows.count * rows.width } else { 0 }];
    let mut losses = vec![0.0; rows.count];
    let width = rows.width;
    let parts = losses.par_iter_mut().enumerate();
    if let Some(scale) = scale {
        parts.zip(out.par_chunks_mut(width)).for_each(|((index, loss), out)| {
            vectorised(
                #[inline(always)]
                |_| *loss = row(rows.row(index), targets[index] as usize, Some((out, scale))),
            );
        });
    } else {
        parts.for_each(|(index, loss)| {
            vectorised(
                #[inline(always)]
                |_| *loss = row(rows.row(index), targets[index] as usize, None),
            );
        });
    }
    let slope = scale.map(|_| Tensor::from_vec(out, logits.shape(), logits.device()));
    Ok((losses.iter().sum(), slope.transpose()?))
}

/// The loss of one row of logits; `slope` gets a multiple of its gradient.
#[inline(always)]
fn row(logits: &[f32], target: usize, slope: Option<(&mut [f32], f32)>) -> f64 {
    let most = most(logits);
    let mut total = 0.0f64;
    // In pieces, so that the sum stays exact over a wide vocabulary.
    for piece in logits.chunks(4096) {
        total += f64::from(sum(
            piece,
            piece,
            #[inline(always)]
            |x, _| exp(x - most),
        ));
    }
    let log = f64::from(most) + total.ln();
    if let Some((out, scale)) = slope {
        let log = log as f32;
        for (out, x) in out.iter_mut().zip(logits) {
            *out = exp(x - log) * scale;
        }
        if let Some(out) = out.get_mut(target) {
            *out -= scale;
        }
    }
    log - f64::from(logits.get(target).copied().unwrap_or(f32::NAN))
}
