//! Causal attention of several sequences that lie one after the other in the
//! rows, each only to itself. Scores are kept for a block of queries at a time
//! and computed again for the gradient, so memory grows with the rows, not
//! with their square.

use super::cpu::{View, each_row};
use super::head::{Backward, Forward, Given, Head};
use super::heads::Heads;
use super::product::padded;
use super::{composed, fused};
use candle_core::{Result, Tensor};
use rayon::prelude::*;
use std::ops::Range;

/// The output of the heads side by side, and for each row and head the
/// logarithm of the sum of exponentials, which [`backward`] needs.
///
/// # Errors
/// Shapes that don't fit.
pub fn forward(
    turned: &Tensor,
    heads: &Heads<'_>,
    spans: &[Range<usize>],
) -> Result<(Tensor, Tensor)> {
    if !fused(turned.device()) {
        return composed::attention(turned, heads, spans);
    }
    let view = View::of(turned)?;
    let rows = view.rows()?;
    let tasks = tasks(heads, spans);
    let parts: Vec<(Vec<f32>, Vec<f32>)> = tasks
        .par_iter()
        .map(|(span, index)| {
            let head = Head::of(&rows, heads, span, *index);
            pulp::Arch::new().dispatch(Forward(&head))
        })
        .collect();
    let outputs = heads.queries * heads.size;
    let (mut out, mut sums) =
        (vec![0.0; rows.count * outputs], vec![0.0; rows.count * heads.queries]);
    let step = padded(heads.size);
    let places = places(spans, rows.count);
    each_row(
        &mut out,
        outputs,
        #[inline(always)]
        |row, out| {
            let (sequence, index) = places[row];
            for (head, out) in out.chunks_mut(heads.size).enumerate() {
                let part = &parts[sequence * heads.queries + head].0;
                out.copy_from_slice(&part[index * step..index * step + heads.size]);
            }
        },
    );
    each_row(
        &mut sums,
        heads.queries,
        #[inline(always)]
        |row, out| {
            let (sequence, index) = places[row];
            for (head, out) in out.iter_mut().enumerate() {
                *out = parts[sequence * heads.queries + head].1[index];
            }
        },
    );
    let device = turned.device();
    Ok((
        Tensor::from_vec(out, (rows.count, outputs), device)?,
        Tensor::from_vec(sums, (rows.count, heads.queries), device)?,
    ))
}

/// The gradient of the rotated rows from that of the output, `dy`.
///
/// # Errors
/// Shapes that don't fit.
pub fn backward(
    turned: &Tensor,
    heads: &Heads<'_>,
    spans: &[Range<usize>],
    (output, sums): (&Tensor, &Tensor),
    dy: &Tensor,
) -> Result<Tensor> {
    if !fused(turned.device()) {
        return composed::attention_backward(turned, heads, spans, dy);
    }
    let (view, output_view) = (View::of(turned)?, View::of(output)?);
    let (sums_view, dy_view) = (View::of(sums)?, View::of(dy)?);
    let (rows, sums) = (view.rows()?, sums_view.rows()?);
    let (output, dy) = (output_view.rows()?, dy_view.rows()?);
    let tasks = tasks(heads, spans);
    let parts: Vec<[Vec<f32>; 3]> = tasks
        .par_iter()
        .map(|(span, index)| {
            let head = Head::of(&rows, heads, span, *index);
            let given = Given { output: &output, dy: &dy, sums: &sums, span, index: *index };
            pulp::Arch::new().dispatch(Backward(&head, &given))
        })
        .collect();
    let (size, step) = (heads.size, padded(heads.size));
    let group = heads.queries / heads.keys;
    let places = places(spans, rows.count);
    let mut out = vec![0.0; rows.count * rows.width];
    each_row(
        &mut out,
        rows.width,
        #[inline(always)]
        |row, out| {
            let (sequence, index) = places[row];
            let part = |head: usize, which: usize| {
                &parts[sequence * heads.queries + head][which][index * step..index * step + size]
            };
            for (head, out) in out.chunks_mut(size).enumerate() {
                if head < heads.queries {
                    out.copy_from_slice(part(head, 0));
                    continue;
                }
                // A head of keys or values gathers what its group of queries gives.
                let shared = head - heads.queries;
                let (which, shared) =
                    if shared < heads.keys { (1, shared) } else { (2, shared - heads.keys) };
                for query in shared * group..(shared + 1) * group {
                    for (out, d) in out.iter_mut().zip(part(query, which)) {
                        *out += d;
                    }
                }
            }
        },
    );
    Tensor::from_vec(out, turned.shape(), turned.device())
}

/// One for each sequence and head of queries.
fn tasks(heads: &Heads<'_>, spans: &[Range<usize>]) -> Vec<(Range<usize>, usize)> {
    spans.iter().flat_map(|s| (0..heads.queries).map(|h| (s.clone(), h))).collect()
}

/// The sequence of each row, and its index therein.
fn places(spans: &[Range<usize>], count: usize) -> Vec<(usize, usize)> {
    let mut out = vec![(0, 0); count];
    for (sequence, span) in spans.iter().enumerate() {
        for (index, place) in out[span.clone()].iter_mut().enumerate() {
            *place = (sequence, index);
        }
    }
    out
}
