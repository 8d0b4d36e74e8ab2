//! One head of attention in one sequence.

use super::cpu::{Rows, exp, most, sum};
use super::heads::Heads;
use super::product::{Left, accumulate, padded};
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Queries whose scores are kept at once.
const BLOCK: usize = 48;

/// The output and the logarithms of the sums of exponentials.
pub struct Forward<'a>(pub &'a Head);

impl WithSimd for Forward<'_> {
    type Output = (Vec<f32>, Vec<f32>);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        self.0.forward(simd)
    }
}

/// The gradients of queries, keys and values.
pub struct Backward<'a>(pub &'a Head, pub &'a Given<'a>);

impl WithSimd for Backward<'_> {
    type Output = [Vec<f32>; 3];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        self.0.backward(simd, self.1)
    }
}

/// What the gradient is computed from besides queries, keys and values.
pub struct Given<'a> {
    /// What attention gave.
    pub output: &'a Rows<'a>,
    /// The gradient of that.
    pub dy: &'a Rows<'a>,
    /// Logarithms of the sums of exponentials.
    pub sums: &'a Rows<'a>,
    /// The sequence.
    pub span: &'a Range<usize>,
    /// The head.
    pub index: usize,
}

/// One head of one sequence, its numbers laid out for [`accumulate`].
pub struct Head {
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
    /// Copied out of the rows.
    pub fn of(rows: &Rows<'_>, heads: &Heads<'_>, span: &Range<usize>, index: usize) -> Self {
        let (size, step) = (heads.size, padded(heads.size));
        let key = heads.queries + index / (heads.queries / heads.keys);
        let part = |head: usize| copied(rows, span, head * size..(head + 1) * size, step);
        let (queries, keys, values) = (part(index), part(key), part(key + heads.keys));
        let scale = 1.0 / (size as f32).sqrt();
        Self { length: span.len(), size, scale, queries, keys, values, step }
    }

    /// The scores of the queries of `block` with all keys up to its end.
    #[inline(always)]
    fn scores<S: Simd>(&self, simd: S, scores: &mut [f32], turned: &[f32], block: &Range<usize>) {
        let width = padded(self.length);
        scores.fill(0.0);
        let left = Left::Rows(&self.queries[block.start * self.step..], self.step);
        let shape = (block.len(), self.size, padded(block.end));
        accumulate(simd, (scores, width), left, (turned, width), shape);
    }

    #[inline(always)]
    fn forward<S: Simd>(&self, simd: S) -> (Vec<f32>, Vec<f32>) {
        let (width, step) = (padded(self.length), self.step);
        let turned = transposed(&self.keys, step, self.size, width);
        let mut scores = vec![0.0; BLOCK * width];
        let mut out = vec![0.0; self.length * step];
        let mut sums = vec![0.0; self.length];
        for start in (0..self.length).step_by(BLOCK) {
            let block = start..(start + BLOCK).min(self.length);
            self.scores(simd, &mut scores, &turned, &block);
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
            let left = Left::Rows(&scores, width);
            let shape = (block.len(), block.end, step);
            accumulate(simd, (&mut out[start * step..], step), left, (&self.values, step), shape);
        }
        (out, sums)
    }

    /// The gradients of queries, keys and values.
    #[inline(always)]
    fn backward<S: Simd>(&self, simd: S, given: &Given<'_>) -> [Vec<f32>; 3] {
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
            self.scores(simd, &mut weights, &keys, &block);
            slopes.fill(0.0);
            let left = Left::Rows(&dy[start * step..], step);
            let shape = (count, size, padded(end));
            accumulate(simd, (&mut slopes, width), left, (&values, width), shape);
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
            let down = Left::Rows(&slopes, width);
            let shape = (count, end, step);
            let d = (&mut d_queries[start * step..], step);
            accumulate(simd, d, down, (&self.keys, step), shape);
            let across = Left::Columns(&slopes, width);
            let queries = (&self.queries[start * step..], step);
            accumulate(simd, (&mut d_keys, step), across, queries, (end, count, step));
            let across = Left::Columns(&weights, width);
            let dy = (&dy[start * step..], step);
            accumulate(simd, (&mut d_values, step), across, dy, (end, count, step));
        }
        [d_queries, d_keys, d_values]
    }
}
