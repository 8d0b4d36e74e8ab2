//! Products of small matrices within one task, for the heads of attention,
//! which are too small to divide among threads.

use super::cpu::fma;

/// Columns of a tile; the widths of `b` and `c` are multiples of it.
pub const TILE: usize = 16;

/// Rows of a tile: with two registers of eight lanes each they fill the file.
const HEIGHT: usize = 6;

/// `width` rounded up to whole tiles.
pub fn padded(width: usize) -> usize {
    width.div_ceil(TILE) * TILE
}

/// A matrix that is only read: `data[row * down + column * right]`.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    /// Its numbers.
    pub data: &'a [f32],
    /// From a row to the next.
    pub down: usize,
    /// From a column to the next.
    pub right: usize,
}

/// `c += a * b`, with `a` of `rows` by `depth`, `b` and `c` of `columns` (a
/// multiple of [`TILE`]) with `b_step` and `c_step` from row to row.
#[inline(always)]
pub fn accumulate<const FUSED: bool>(
    (c, c_step): (&mut [f32], usize),
    a: Left<'_>,
    (b, b_step): (&[f32], usize),
    (rows, depth, columns): (usize, usize, usize),
) {
    for column in (0..columns).step_by(TILE) {
        let mut row = 0;
        while row < rows {
            let height = HEIGHT.min(rows - row);
            let c = (&mut c[row * c_step + column..], c_step);
            let a = Left { data: &a.data[row * a.down..], ..a };
            let b = (&b[column..], b_step);
            match height {
                6 => tile::<FUSED, 6>(c, a, b, depth),
                5 => tile::<FUSED, 5>(c, a, b, depth),
                4 => tile::<FUSED, 4>(c, a, b, depth),
                3 => tile::<FUSED, 3>(c, a, b, depth),
                2 => tile::<FUSED, 2>(c, a, b, depth),
                _ => tile::<FUSED, 1>(c, a, b, depth),
            }
            row += height;
        }
    }
}

#[inline(always)]
fn tile<const FUSED: bool, const ROWS: usize>(
    (c, c_step): (&mut [f32], usize),
    a: Left<'_>,
    (b, b_step): (&[f32], usize),
    depth: usize,
) {
    let mut sums = [[0.0f32; TILE]; ROWS];
    for k in 0..depth {
        let Some(b) = b[k * b_step..].first_chunk::<TILE>() else { return };
        for (row, sums) in sums.iter_mut().enumerate() {
            let a = a.data[row * a.down + k * a.right];
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = fma::<FUSED>(a, *b, *sum);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (c, sum) in c[row * c_step..].iter_mut().zip(sums) {
            *c += sum;
        }
    }
}
