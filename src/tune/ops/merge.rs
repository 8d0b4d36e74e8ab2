//! Frozen weights with the adapter's change added: `W + scale * B * A`. One
//! product with the sum costs less than two beside each other, and the
//! gradient of the input comes from it in one product as well.

use super::cpu::{fma, vectorised};
use candle_core::Result;
use rayon::prelude::*;

/// The change of one projection.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// `rank` rows of as many numbers as the weight has columns.
    pub a: &'a [f32],
    /// As many rows as the weight has, of `rank` numbers.
    pub b: &'a [f32],
    /// Width of the bottleneck.
    pub rank: usize,
    /// What the product is multiplied by: alpha / rank.
    pub scale: f32,
}

/// Rows of one task.
pub const ROWS: usize = 32;

/// Fills `out`, rows of `columns`: `fill` writes the frozen rows from the
/// given first one on, and the change is added.
///
/// # Errors
/// What `fill` says.
pub fn rows(
    out: &mut [f32],
    columns: usize,
    change: Option<Change<'_>>,
    fill: impl Fn(usize, &mut [f32]) -> Result<()> + Sync,
) -> Result<()> {
    out.par_chunks_mut(ROWS * columns).enumerate().try_for_each(|(task, out)| {
        fill(task * ROWS, out)?;
        if let Some(change) = change {
            vectorised(
                #[inline(always)]
                |fused| {
                    if fused {
                        add::<true>(out, columns, task * ROWS, change);
                    } else {
                        add::<false>(out, columns, task * ROWS, change);
                    }
                },
            );
        }
        Ok(())
    })
}

#[inline(always)]
fn add<const FUSED: bool>(out: &mut [f32], columns: usize, first: usize, change: Change<'_>) {
    for (row, out) in out.chunks_mut(columns).enumerate() {
        let b = &change.b[(first + row) * change.rank..][..change.rank];
        // Four rows of A at a time, so that `out` is read and written less often.
        for (b, a) in b.chunks(4).zip(change.a.chunks(4 * columns)) {
            if let (&[p, q, r, s], true) = (b, a.len() == 4 * columns) {
                let [p, q, r, s] = [p, q, r, s].map(|b| b * change.scale);
                let (a, rest) = a.split_at(columns);
                let (c, rest) = rest.split_at(columns);
                let (d, e) = rest.split_at(columns);
                for ((((out, a), c), d), e) in out.iter_mut().zip(a).zip(c).zip(d).zip(e) {
                    let near = fma::<FUSED>(p, *a, fma::<FUSED>(q, *c, *out));
                    *out = fma::<FUSED>(r, *d, fma::<FUSED>(s, *e, near));
                }
                continue;
            }
            for (b, a) in b.iter().zip(a.chunks(columns)) {
                let b = b * change.scale;
                for (out, a) in out.iter_mut().zip(a) {
                    *out = fma::<FUSED>(b, *a, *out);
                }
            }
        }
    }
}
