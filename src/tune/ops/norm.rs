//! Root mean square norm with frozen weights.

use super::cpu::{View, each_row, each_row_of_two, sum};
use super::{composed, fused};
use candle_core::{Result, Tensor};

/// One over the root of the mean square.
#[inline(always)]
pub(super) fn reciprocal(x: &[f32], epsilon: f32) -> f32 {
    1.0 / (sum(
        x,
        x,
        #[inline(always)]
        |a, b| a * b,
    ) / x.len() as f32
        + epsilon)
        .sqrt()
}

/// `x`, normed and scaled by `weight`.
#[inline(always)]
pub(super) fn forward_row(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
    let r = reciprocal(x, epsilon);
    for ((out, x), w) in out.iter_mut().zip(x).zip(weight) {
        *out = x * r * w;
    }
}

/// The sum of the products of three slices.
#[inline(always)]
fn sum3(a: &[f32], b: &[f32], c: &[f32]) -> f32 {
    let mut lanes = [0.0f32; 16];
    let (x, y, z) = (a.chunks_exact(16), b.chunks_exact(16), c.chunks_exact(16));
    let rest = x.remainder().iter().zip(y.remainder()).zip(z.remainder());
    let rest: f32 = rest.map(|((x, y), z)| x * y * z).sum();
    for ((x, y), z) in x.zip(y).zip(z) {
        for (lane, ((x, y), z)) in lanes.iter_mut().zip(x.iter().zip(y).zip(z)) {
            *lane += x * y * z;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// The gradient of `x` from that of the output, added to `out`.
#[inline(always)]
pub(super) fn backward_row(x: &[f32], weight: &[f32], epsilon: f32, dy: &[f32], out: &mut [f32]) {
    let r = reciprocal(x, epsilon);
    // The weighted gradient along x.
    let along = sum3(x, weight, dy) * r * r / x.len() as f32;
    for (((out, x), w), dy) in out.iter_mut().zip(x).zip(weight).zip(dy) {
        *out += r * (dy * w - x * along);
    }
}

/// The norm of each row of `x`.
///
/// # Errors
/// Shapes that don't fit.
pub fn forward(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    if !fused(x.device()) {
        return composed::norm(x, weight, epsilon);
    }
    let (x_view, weight_view) = (View::of(x)?, View::of(weight)?);
    let (rows, weight) = (x_view.rows()?, weight_view.rows()?.data);
    let mut out = vec![0.0; rows.count * rows.width];
    each_row(
        &mut out,
        rows.width,
        #[inline(always)]
        |row, out| {
            forward_row(rows.row(row), weight, epsilon as f32, out);
        },
    );
    Tensor::from_vec(out, x.shape(), x.device())
}

/// `x + delta`, and its norm.
///
/// # Errors
/// Shapes that don't fit.
pub fn add_forward(
    x: &Tensor,
    delta: &Tensor,
    weight: &Tensor,
    epsilon: f64,
) -> Result<(Tensor, Tensor)> {
    if !fused(x.device()) {
        let total = (x + delta)?;
        let normed = composed::norm(&total, weight, epsilon)?;
        return Ok((total, normed));
    }
    let (x_view, delta_view, weight_view) = (View::of(x)?, View::of(delta)?, View::of(weight)?);
    let (rows, delta, weight) = (x_view.rows()?, delta_view.rows()?, weight_view.rows()?.data);
    let width = rows.width;
    let (mut total, mut normed) = (vec![0.0; rows.count * width], vec![0.0; rows.count * width]);
    each_row_of_two(
        (&mut total, width),
        (&mut normed, width),
        #[inline(always)]
        |row, total, normed| {
            for ((total, a), b) in total.iter_mut().zip(rows.row(row)).zip(delta.row(row)) {
                *total = a + b;
            }
            forward_row(total, weight, epsilon as f32, normed);
        },
    );
    let device = x.device();
    Ok((Tensor::from_vec(total, x.shape(), device)?, Tensor::from_vec(normed, x.shape(), device)?))
}

/// The gradient of `x` from that of its norm, `dy`, plus `skip`, the gradient
/// that reaches `x` past the norm.
///
/// # Errors
/// Shapes that don't fit.
pub fn backward(
    x: &Tensor,
    weight: &Tensor,
    epsilon: f64,
    dy: &Tensor,
    skip: &Tensor,
) -> Result<Tensor> {
    if !fused(x.device()) {
        return composed::norm_backward(x, weight, epsilon, dy)? + skip;
    }
    let (x_view, weight_view) = (View::of(x)?, View::of(weight)?);
    let (dy_view, skip_view) = (View::of(dy)?, View::of(skip)?);
    let (rows, weight) = (x_view.rows()?, weight_view.rows()?.data);
    let (dy, skip) = (dy_view.rows()?, skip_view.rows()?);
    let mut out = vec![0.0; rows.count * rows.width];
    each_row(
        &mut out,
        rows.width,
        #[inline(always)]
        |row, out| {
            out.copy_from_slice(skip.row(row));
            backward_row(rows.row(row), weight, epsilon as f32, dy.row(row), out);
        },
    );
    Tensor::from_vec(out, x.shape(), x.device())
}
