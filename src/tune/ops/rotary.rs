//! Rotary positions (halves of a head rotated against each other, as
//! Hugging Face's models have it), with the norm of queries and keys that
//! Qwen3 puts before.

pub use super::heads::{Angles, Heads, Norms};

use super::cpu::{View, each_row};
use super::{composed, fused, norm};
use candle_core::{Result, Tensor};

#[inline(always)]
fn rotate(x: &mut [f32], cos: &[f32], sin: &[f32], direction: f32) {
    let (low, high) = x.split_at_mut(cos.len());
    for ((a, b), (cos, sin)) in low.iter_mut().zip(high).zip(cos.iter().zip(sin)) {
        let sin = sin * direction;
        (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
    }
}

/// Queries and keys normed and rotated, values as they are.
///
/// # Errors
/// Shapes that don't fit.
pub fn forward(raw: &Tensor, heads: &Heads<'_>, angles: &Angles) -> Result<Tensor> {
    if !fused(raw.device()) {
        return composed::rotary(raw, heads, angles);
    }
    let (raw_view, cos_view, sin_view) =
        (View::of(raw)?, View::of(&angles.cos)?, View::of(&angles.sin)?);
    let (rows, cos, sin) = (raw_view.rows()?, cos_view.rows()?, sin_view.rows()?);
    let norms = heads.norms.as_ref();
    let views = norms.map(|n| Ok::<_, candle_core::Error>((View::of(n.query)?, View::of(n.key)?)));
    let views = views.transpose()?;
    let weights = views.as_ref().map(|(q, k)| Ok::<_, candle_core::Error>((q.rows()?, k.rows()?)));
    let weights = weights.transpose()?;
    let epsilon = norms.map_or(0.0, |n| n.epsilon as f32);
    let mut out = vec![0.0; rows.count * rows.width];
    each_row(
        &mut out,
        rows.width,
        #[inline(always)]
        |row, out| {
            let (raw, cos, sin) = (rows.row(row), cos.row(row), sin.row(row));
            for (head, (out, raw)) in
                out.chunks_mut(heads.size).zip(raw.chunks(heads.size)).enumerate()
            {
                match &weights {
                    Some((q, _)) if head < heads.queries => {
                        norm::forward_row(raw, q.data, epsilon, out);
                    }
                    Some((_, k)) if head < heads.queries + heads.keys => {
                        norm::forward_row(raw, k.data, epsilon, out);
                    }
                    _ => out.copy_from_slice(raw),
                }
                if head < heads.queries + heads.keys {
                    rotate(out, cos, sin, 1.0);
                }
            }
        },
    );
    Tensor::from_vec(out, raw.shape(), raw.device())
}

/// The gradient of `raw` from that of the output, `dy`.
///
/// # Errors
/// Shapes that don't fit.
pub fn backward(raw: &Tensor, heads: &Heads<'_>, angles: &Angles, dy: &Tensor) -> Result<Tensor> {
    if !fused(raw.device()) {
        return composed::rotary_backward(raw, heads, angles, dy);
    }
    let (raw_view, cos_view, sin_view) =
        (View::of(raw)?, View::of(&angles.cos)?, View::of(&angles.sin)?);
    let dy_view = View::of(dy)?;
    let (rows, cos, sin) = (raw_view.rows()?, cos_view.rows()?, sin_view.rows()?);
    let dy = dy_view.rows()?;
    let norms = heads.norms.as_ref();
    let views = norms.map(|n| Ok::<_, candle_core::Error>((View::of(n.query)?, View::of(n.key)?)));
    let views = views.transpose()?;
    let weights = views.as_ref().map(|(q, k)| Ok::<_, candle_core::Error>((q.rows()?, k.rows()?)));
    let weights = weights.transpose()?;
    let epsilon = norms.map_or(0.0, |n| n.epsilon as f32);
    let mut out = vec![0.0; rows.count * rows.width];
    each_row(
        &mut out,
        rows.width,
        #[inline(always)]
        |row, out| {
            let (raw, cos, sin) = (rows.row(row), cos.row(row), sin.row(row));
            out.copy_from_slice(dy.row(row));
            let turned = heads.queries + heads.keys;
            for (head, out) in out.chunks_mut(heads.size).enumerate().take(turned) {
                rotate(out, cos, sin, -1.0);
                if let Some((q, k)) = &weights {
                    let weight = if head < heads.queries { q.data } else { k.data };
                    let raw = &raw[head * heads.size..(head + 1) * heads.size];
                    let mut total = [0.0f32; 256];
                    let total = &mut total[..heads.size];
                    norm::backward_row(raw, weight, epsilon, out, total);
                    out.copy_from_slice(total);
                }
            }
        },
    );
    Tensor::from_vec(out, raw.shape(), raw.device())
}
