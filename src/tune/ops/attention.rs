//! Causal attention of several sequences that lie one after the other in the
//! rows, each only to itself. Scores are kept for a block of queries at a time
//! and computed again for the gradient, so memory grows with the rows, not
//! with their square.

use super::composed;
use super::cpu::{Rows, View, each_row, exp, most, sum, vectorised};
use super::product::{Left, accumulate, padded};
use super::rotary::Heads;
use candle_core::{Result, Tensor};
use rayon::prelude::*;
use std::ops::Range;

/// Queries whose scores are kept at once.
const BLOCK: usize = 48;

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
    if !turned.device().is_cpu() {
        return composed::attention(turned, heads, spans);
    }
    let view = View::of(turned)?;
    let rows = view.rows()?;
    let tasks = tasks(heads, spans);
    let parts: Vec<(Vec<f32>, Vec<f32>)> = tasks
        .par_iter()
        .map(|(span, head)| {
            vectorised(
                #[inline(always)]
                |fused| {
                    let head = Head::of(&rows, heads, span, *head);
                    if fused { head.forward::<true>() } else { head.forward::<false>() }
                },
            )
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
    if !turned.device().is_cpu() {
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
            vectorised(
                #[inline(always)]
                |fused| {
                    let head = Head::of(&rows, heads, span, *index);
                    let given =
                        Given { output: &output, dy: &dy, sums: &sums, span, index: *index };
                    if fused {
                        head.backward::<true>(&given)
                    } else {
                        head.backward::<false>(&given)
                    }
                },
            )
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

/// What the gradient is computed from besides queries, keys and values.
struct Given<'a> {
    output: &'a Rows<'a>,
    dy: &'a Rows<'a>,
    sums: &'a Rows<'a>,
    span: &'a Range<usize>,
    index: usize,
}

/// One head of one sequence, its numbers laid out for [`accumulate`].
struct Head {
    length: usize,
    size: usize,
    scale: f32,
    /// Rows padded to `step`, as are those below.
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    step: usize,
}

/// Columns of rows, copied to rows padded to `step`.
fn copied(rows: &Rows<'_>, span: &Range<usize>, columns: Range<usize>, step: usize) -> Vec<f32> {
    let mut out = vec![0.0; span.len() * step];
    for (out, row) in out.chunks_mut(step).zip(span.clone()) {
        out[..columns.len()].copy_from_slice(&rows.row(row)[columns.clone()]);
    }
    out
}

/// Rows of `size` with `step` between, turned to `size` rows of `width`.
fn transposed(rows: &[f32], step: usize, size: usize, width: usize) -> Vec<f32> {
    let mut out = vec![0.0; size * width];
    for (column, row) in rows.chunks(step).enumerate() {
        for (index, x) in row[..size].iter().enumerate() {
            out[index * width + column] = *x;
        }
    }
    out
}

impl Head {
    fn of(rows: &Rows<'_>, heads: &Heads<'_>, span: &Range<usize>, index: usize) -> Self {
        let (size, step) = (heads.size, padded(heads.size));
        let key = heads.queries + index / (heads.queries / heads.keys);
        let part = |head: usize| copied(rows, span, head * size..(head + 1) * size, step);
        let (queries, keys, values) = (part(index), part(key), part(key + heads.keys));
        let scale = 1.0 / (size as f32).sqrt();
        Self { length: span.len(), size, scale, queries, keys, values, step }
    }

    /// The scores of the queries of `block` with all keys up to its end.
    #[inline(always)]
    fn scores<const FUSED: bool>(&self, scores: &mut [f32], turned: &[f32], block: &Range<usize>) {
        let width = padded(self.length);
        scores.fill(0.0);
        let left =
            Left { data: &self.queries[block.start * self.step..], down: self.step, right: 1 };
        let shape = (block.len(), self.size, padded(block.end));
        accumulate::<FUSED>((scores, width), left, (turned, width), shape);
    }

    #[inline(always)]
    fn forward<const FUSED: bool>(&self) -> (Vec<f32>, Vec<f32>) {
        let (width, step) = (padded(self.length), self.step);
        let turned = transposed(&self.keys, step, self.size, width);
        let mut scores = vec![0.0; BLOCK * width];
        let mut out = vec![0.0; self.length * step];
        let mut sums = vec![0.0; self.length];
        for start in (0..self.length).step_by(BLOCK) {
            let block = start..(start + BLOCK).min(self.length);
            self.scores::<FUSED>(&mut scores, &turned, &block);
            for (row, query) in block.clone().enumerate() {
                let row = &mut scores[row * width..][..padded(block.end)];
                let (seen, unseen) = row.split_at_mut(query + 1);
                unseen.fill(0.0);
                let most = most(seen);
                for x in seen.iter_mut() {
                    *x = exp((*x - most) * self.scale);
                }
                let total = sum(
                    seen,
                    seen,
                    #[inline(always)]
                    |x, _| x,
                );
                let share = 1.0 / total;
                for x in seen.iter_mut() {
                    *x *= share;
                }
                sums[query] = most * self.scale + total.ln();
            }
            let left = Left { data: &scores, down: width, right: 1 };
            let shape = (block.len(), block.end, step);
            accumulate::<FUSED>(
                (&mut out[start * step..], step),
                left,
                (&self.values, step),
                shape,
            );
        }
        (out, sums)
    }

    /// The gradients of queries, keys and values.
    #[inline(always)]
    fn backward<const FUSED: bool>(&self, given: &Given<'_>) -> [Vec<f32>; 3] {
        let (width, step, size) = (padded(self.length), self.step, self.size);
        let columns = given.index * size..(given.index + 1) * size;
        let dy = copied(given.dy, given.span, columns.clone(), step);
        let keys = transposed(&self.keys, step, size, width);
        let values = transposed(&self.values, step, size, width);
        let mut weights = vec![0.0; BLOCK * width];
        let mut slopes = vec![0.0; BLOCK * width];
        let [mut d_queries, mut d_keys, mut d_values] =
            [(); 3].map(|()| vec![0.0; self.length * step]);
        for start in (0..self.length).step_by(BLOCK) {
            let block = start..(start + BLOCK).min(self.length);
            let (count, end) = (block.len(), block.end);
            self.scores::<FUSED>(&mut weights, &keys, &block);
            slopes.fill(0.0);
            let left = Left { data: &dy[start * step..], down: step, right: 1 };
            let shape = (count, size, padded(end));
            accumulate::<FUSED>((&mut slopes, width), left, (&values, width), shape);
            for (row, query) in block.clone().enumerate() {
                let place = given.span.start + query;
                let log = given.sums.row(place)[given.index];
                let out = &given.output.row(place)[columns.clone()];
                let along = sum(
                    out,
                    &dy[query * step..][..size],
                    #[inline(always)]
                    |out, dy| out * dy,
                );
                let weights = &mut weights[row * width..][..padded(end)];
                let slopes = &mut slopes[row * width..][..padded(end)];
                for (weight, slope) in weights[..=query].iter_mut().zip(slopes[..=query].iter_mut())
                {
                    *weight = exp(*weight * self.scale - log);
                    *slope = *weight * (*slope - along) * self.scale;
                }
                weights[query + 1..].fill(0.0);
                slopes[query + 1..].fill(0.0);
            }
            let down = Left { data: &slopes, down: width, right: 1 };
            let shape = (count, end, step);
            let d = (&mut d_queries[start * step..], step);
            accumulate::<FUSED>(d, down, (&self.keys, step), shape);
            let across = Left { data: &slopes, down: 1, right: width };
            let queries = (&self.queries[start * step..], step);
            accumulate::<FUSED>((&mut d_keys, step), across, queries, (end, count, step));
            let across = Left { data: &weights, down: 1, right: width };
            let dy = (&dy[start * step..], step);
            accumulate::<FUSED>((&mut d_values, step), across, dy, (end, count, step));
        }
        [d_queries, d_keys, d_values]
    }
}
