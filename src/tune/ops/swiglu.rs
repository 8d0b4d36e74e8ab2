//! The gated activation of the feed-forward part: `silu(gate) * up`.

use super::cpu::{View, each_row, exp};
use super::{composed, fused};
use candle_core::{Result, Tensor};

/// From rows that hold the gate and then the up part.
///
/// # Errors
/// Shapes that don't fit.
pub fn forward(both: &Tensor) -> Result<Tensor> {
    if !fused(both.device()) {
        return composed::swiglu(both);
    }
    let view = View::of(both)?;
    let rows = view.rows()?;
    let inner = rows.width / 2;
    let mut out = vec![0.0; rows.count * inner];
    each_row(
        &mut out,
        inner,
        #[inline(always)]
        |row, out| {
            let (gate, up) = rows.row(row).split_at(inner);
            for ((out, g), u) in out.iter_mut().zip(gate).zip(up) {
                *out = g * u / (1.0 + exp(-g));
            }
        },
    );
    Tensor::from_vec(out, (rows.count, inner), both.device())
}

/// The gradient of both parts from that of the output.
///
/// # Errors
/// Shapes that don't fit.
pub fn backward(both: &Tensor, dy: &Tensor) -> Result<Tensor> {
    if !fused(both.device()) {
        return composed::swiglu_backward(both, dy);
    }
    let (view, dy_view) = (View::of(both)?, View::of(dy)?);
    let (rows, dy) = (view.rows()?, dy_view.rows()?);
    let inner = rows.width / 2;
    let mut out = vec![0.0; rows.count * rows.width];
    each_row(
        &mut out,
        rows.width,
        #[inline(always)]
        |row, out| {
            let (gate, up) = rows.row(row).split_at(inner);
            let (d_gate, d_up) = out.split_at_mut(inner);
            let parts = d_gate.iter_mut().zip(d_up).zip(gate.iter().zip(up)).zip(dy.row(row));
            for (((d_gate, d_up), (g, u)), dy) in parts {
                let sigmoid = 1.0 / (1.0 + exp(-g));
                *d_gate = dy * u * sigmoid * (1.0 + g * (1.0 - sigmoid));
                *d_up = dy * g * sigmoid;
            }
        },
    );
    Tensor::from_vec(out, both.shape(), both.device())
}
