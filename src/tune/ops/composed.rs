//! The same operations made of candle's, for GPUs. They run on the CPU too,
//! where the fused loops are held against them.

use super::heads::{Angles, Heads};
use candle_core::{D, DType, Result, Tensor};
use std::ops::Range;

/// One over the root of the mean square of each row.
fn reciprocal(x: &Tensor, epsilon: f64) -> Result<Tensor> {
    (x.sqr()?.mean_keepdim(D::Minus1)? + epsilon)?.sqrt()?.recip()
}

/// Root mean square norm over the last dimension.
///
/// # Errors
/// Shapes that don't fit; so for all of this file.
pub fn norm(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    x.broadcast_mul(&reciprocal(x, epsilon)?)?.broadcast_mul(weight)
}

/// The gradient of [`norm`]'s `x`.
pub fn norm_backward(x: &Tensor, weight: &Tensor, epsilon: f64, dy: &Tensor) -> Result<Tensor> {
    let r = reciprocal(x, epsilon)?;
    let normed = x.broadcast_mul(&r)?;
    let weighted = dy.broadcast_mul(weight)?;
    let along = (&weighted * &normed)?.mean_keepdim(D::Minus1)?;
    (weighted - normed.broadcast_mul(&along)?)?.broadcast_mul(&r)
}

/// `silu(gate) * up` of rows that hold both.
pub fn swiglu(both: &Tensor) -> Result<Tensor> {
    let inner = both.dim(1)? / 2;
    both.narrow(1, 0, inner)?.silu()? * both.narrow(1, inner, inner)?
}

/// The gradient of [`swiglu`]'s input.
pub fn swiglu_backward(both: &Tensor, dy: &Tensor) -> Result<Tensor> {
    let inner = both.dim(1)? / 2;
    let (gate, up) = (both.narrow(1, 0, inner)?, both.narrow(1, inner, inner)?);
    let sigmoid = (gate.neg()?.exp()? + 1.0)?.recip()?;
    let slope = (((1.0 - &sigmoid)? * &gate)? + 1.0)?;
    let d_gate = (((dy * up)? * &sigmoid)? * slope)?;
    let d_up = ((dy * gate)? * sigmoid)?;
    Tensor::cat(&[d_gate, d_up], 1)
}

/// Each head of some columns: rows by heads by size.
fn split(x: &Tensor, start: usize, heads: usize, size: usize) -> Result<Tensor> {
    let rows = x.dim(0)?;
    x.narrow(1, start, heads * size)?.contiguous()?.reshape((rows, heads, size))
}

fn joined(x: &Tensor) -> Result<Tensor> {
    let (rows, heads, size) = x.dims3()?;
    x.contiguous()?.reshape((rows, heads * size))
}

/// Halves rotated against each other, forwards or (`direction` -1) back.
fn rotate(x: &Tensor, angles: &Angles, direction: f64) -> Result<Tensor> {
    let half = x.dim(2)? / 2;
    let (cos, sin) = (angles.cos.unsqueeze(1)?, (angles.sin.unsqueeze(1)? * direction)?);
    let (low, high) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
    let first = (low.broadcast_mul(&cos)? - high.broadcast_mul(&sin)?)?;
    let second = (high.broadcast_mul(&cos)? + low.broadcast_mul(&sin)?)?;
    Tensor::cat(&[first, second], 2)
}

/// See [`super::rotary::forward`].
pub fn rotary(raw: &Tensor, heads: &Heads<'_>, angles: &Angles) -> Result<Tensor> {
    let (size, queries, keys) = (heads.size, heads.queries, heads.keys);
    let mut q = split(raw, 0, queries, size)?;
    let mut k = split(raw, queries * size, keys, size)?;
    if let Some(norms) = &heads.norms {
        q = norm(&q, norms.query, norms.epsilon)?;
        k = norm(&k, norms.key, norms.epsilon)?;
    }
    let v = raw.narrow(1, (queries + keys) * size, keys * size)?;
    let turned = [joined(&rotate(&q, angles, 1.0)?)?, joined(&rotate(&k, angles, 1.0)?)?, v];
    Tensor::cat(&turned, 1)
}

/// See [`super::rotary::backward`].
pub fn rotary_backward(
    raw: &Tensor,
    heads: &Heads<'_>,
    angles: &Angles,
    dy: &Tensor,
) -> Result<Tensor> {
    let (size, queries, keys) = (heads.size, heads.queries, heads.keys);
    let mut q = rotate(&split(dy, 0, queries, size)?, angles, -1.0)?;
    let mut k = rotate(&split(dy, queries * size, keys, size)?, angles, -1.0)?;
    if let Some(norms) = &heads.norms {
        let (raw_q, raw_k) =
            (split(raw, 0, queries, size)?, split(raw, queries * size, keys, size)?);
        q = norm_backward(&raw_q, norms.query, norms.epsilon, &q)?;
        k = norm_backward(&raw_k, norms.key, norms.epsilon, &k)?;
    }
    let v = dy.narrow(1, (queries + keys) * size, keys * size)?;
    Tensor::cat(&[joined(&q)?, joined(&k)?, v], 1)
}

/// Queries, keys and values of one sequence, heads first; those of keys and
/// values repeated for each head of queries.
fn parts(turned: &Tensor, heads: &Heads<'_>, span: &Range<usize>) -> Result<[Tensor; 3]> {
    let rows = turned.narrow(0, span.start, span.len())?;
    let (size, queries, keys) = (heads.size, heads.queries, heads.keys);
    let group = queries / keys;
    let part = |start: usize, count: usize| -> Result<Tensor> {
        let x = split(&rows, start * size, count, size)?.transpose(0, 1)?.contiguous()?;
        if count == queries {
            return Ok(x);
        }
        let wide = x.unsqueeze(1)?.broadcast_as((count, group, span.len(), size))?;
        wide.contiguous()?.reshape((queries, span.len(), size))
    };
    Ok([part(0, queries)?, part(queries, keys)?, part(queries + keys, keys)?])
}

/// The weights that each query gives to the keys, and its sum of exponentials' logarithm.
fn weights(q: &Tensor, k: &Tensor) -> Result<(Tensor, Tensor)> {
    let (_, length, size) = q.dims3()?;
    let scores = (q.matmul(&k.t()?.contiguous()?)? / (size as f64).sqrt())?;
    let hidden: Vec<f32> = (0..length * length)
        .map(|i| if i % length > i / length { f32::NEG_INFINITY } else { 0.0 })
        .collect();
    let mask = Tensor::from_vec(hidden, (1, length, length), q.device())?;
    let scores = scores.broadcast_add(&mask)?;
    let most = scores.max_keepdim(2)?;
    let raised = scores.broadcast_sub(&most)?.exp()?;
    let sum = raised.sum_keepdim(2)?;
    Ok((raised.broadcast_div(&sum)?, (sum.log()? + most)?))
}

/// See [`super::attention::forward`].
pub fn attention(
    turned: &Tensor,
    heads: &Heads<'_>,
    spans: &[Range<usize>],
) -> Result<(Tensor, Tensor)> {
    let (mut outputs, mut sums) = (Vec::new(), Vec::new());
    for span in spans {
        let [q, k, v] = parts(turned, heads, span)?;
        let (weights, sum) = weights(&q, &k)?;
        outputs.push(joined(&weights.matmul(&v)?.transpose(0, 1)?)?);
        sums.push(sum.squeeze(2)?.t()?.contiguous()?);
    }
    Ok((Tensor::cat(&outputs, 0)?, Tensor::cat(&sums, 0)?))
}

/// See [`super::attention::backward`].
pub fn attention_backward(
    turned: &Tensor,
    heads: &Heads<'_>,
    spans: &[Range<usize>],
    dy: &Tensor,
) -> Result<Tensor> {
    let (size, queries, keys) = (heads.size, heads.queries, heads.keys);
    let mut out = Vec::new();
    for span in spans {
        let [q, k, v] = parts(turned, heads, span)?;
        let (weights, _) = weights(&q, &k)?;
        let dy = split(&dy.narrow(0, span.start, span.len())?, 0, queries, size)?;
        let dy = dy.transpose(0, 1)?.contiguous()?;
        let dv = weights.t()?.contiguous()?.matmul(&dy)?;
        let d_weights = dy.matmul(&v.t()?.contiguous()?)?;
        let along = (&d_weights * &weights)?.sum_keepdim(2)?;
        let slopes = (weights * d_weights.broadcast_sub(&along)?)?;
        let slopes = (slopes / (size as f64).sqrt())?;
        let dq = slopes.matmul(&k)?;
        let dk = slopes.t()?.contiguous()?.matmul(&q)?;
        let gathered = |d: Tensor| -> Result<Tensor> {
            let shape = (keys, queries / keys, span.len(), size);
            joined(&d.reshape(shape)?.sum(1)?.transpose(0, 1)?)
        };
        let row = [joined(&dq.transpose(0, 1)?)?, gathered(dk)?, gathered(dv)?];
        out.push(Tensor::cat(&row, 1)?);
    }
    Tensor::cat(&out, 0)
}

/// See [`super::entropy::loss`]: the loss of some rows of logits, and its
/// gradient by them.
pub fn entropy(
    logits: &Tensor,
    targets: &[u32],
    weight: Option<f64>,
) -> Result<(f64, Option<Tensor>)> {
    let (rows, vocabulary) = logits.dims2()?;
    let targets = Tensor::new(targets, logits.device())?.unsqueeze(1)?;
    let most = logits.max_keepdim(1)?;
    let raised = logits.broadcast_sub(&most)?.exp()?;
    let sum = raised.sum_keepdim(1)?;
    let chosen = logits.gather(&targets, 1)?;
    let losses = ((sum.log()? + most)? - chosen)?;
    let total = losses.to_dtype(DType::F32)?.sum_all()?.to_scalar::<f32>()?;
    let slope = weight.map(|weight| {
        let minus = Tensor::full(-1f32, (rows, 1), logits.device())?;
        let shares = raised.broadcast_div(&sum)?;
        let one_hot = Tensor::zeros((rows, vocabulary), DType::F32, logits.device())?;
        (shares + one_hot.scatter_add(&targets, &minus, 1)?)? * weight
    });
    Ok((f64::from(total), slope.transpose()?))
}
