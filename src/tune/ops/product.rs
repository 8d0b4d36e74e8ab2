//! Products of small matrices within one task, for the heads of attention,
//! which are too small to divide among threads.

use pulp::Simd;

/// The widths of `b` and `c` are multiples of it, whatever registers there are.
pub const TILE: usize = 16;

/// Rows of a tile: with two registers each they fill the file.
const HEIGHT: usize = 6;

/// `width` rounded up to whole tiles.
pub fn padded(width: usize) -> usize {
    width.div_ceil(TILE) * TILE
}

/// How the left matrix lies.
#[derive(Clone, Copy)]
pub enum Left<'a> {
    /// Row by row, with so many numbers from one to the next.
    Rows(&'a [f32], usize),
    /// Column by column.
    Columns(&'a [f32], usize),
}

/// `c += a * b`, with `a` of `rows` by `depth`, `b` and `c` of `columns` (a
/// multiple of [`TILE`]) with `b_step` and `c_step` from row to row.
#[inline(always)]
pub fn accumulate<S: Simd>(
    simd: S,
    (c, c_step): (&mut [f32], usize),
    a: Left<'_>,
    (b, b_step): (&[f32], usize),
    (rows, depth, columns): (usize, usize, usize),
) {
    for column in (0..columns).step_by(2 * S::F32_LANES) {
        let mut row = 0;
        while row < rows {
            let height = HEIGHT.min(rows - row);
            let c = (&mut c[row * c_step + column..], c_step);
            let a = match a {
                Left::Rows(data, step) => Left::Rows(&data[row * step..], step),
                Left::Columns(data, step) => Left::Columns(&data[row..], step),
            };
            let b = (&b[column..], b_step);
            match height {
                6 => tile::<S, 6>(simd, c, a, b, depth),
                5 => tile::<S, 5>(simd, c, a, b, depth),
                4 => tile::<S, 4>(simd, c, a, b, depth),
                3 => tile::<S, 3>(simd, c, a, b, depth),
                2 => tile::<S, 2>(simd, c, a, b, depth),
                _ => tile::<S, 1>(simd, c, a, b, depth),
            }
            row += height;
        }
    }
}

/// Some rows of two registers.
#[inline(always)]
fn tile<S: Simd, const ROWS: usize>(
    simd: S,
    (c, c_step): (&mut [f32], usize),
    a: Left<'_>,
    (b, b_step): (&[f32], usize),
    depth: usize,
) {
    let mut sums = [[simd.splat_f32s(0.0); 2]; ROWS];
    let b = b.chunks(b_step).take(depth);
    match a {
        Left::Rows(data, step) => {
            let mut rows = [&data[..depth]; ROWS];
            for (row, slice) in rows.iter_mut().enumerate() {
                *slice = &data[row * step..][..depth];
            }
            for (k, b) in b.enumerate() {
                let (b, _) = S::as_simd_f32s(b);
                let (Some(low), Some(high)) = (b.first(), b.get(1)) else { return };
                for (sums, row) in sums.iter_mut().zip(rows) {
                    let a = simd.splat_f32s(row[k]);
                    sums[0] = simd.mul_add_e_f32s(a, *low, sums[0]);
                    sums[1] = simd.mul_add_e_f32s(a, *high, sums[1]);
                }
            }
        }
        Left::Columns(data, step) => {
            for (a, b) in data.chunks(step).zip(b) {
                let (b, _) = S::as_simd_f32s(b);
                let (Some(low), Some(high)) = (b.first(), b.get(1)) else { return };
                let Some(a) = a.first_chunk::<ROWS>() else { return };
                for (sums, a) in sums.iter_mut().zip(a) {
                    let a = simd.splat_f32s(*a);
                    sums[0] = simd.mul_add_e_f32s(a, *low, sums[0]);
                    sums[1] = simd.mul_add_e_f32s(a, *high, sums[1]);
                }
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let (c, _) = S::as_mut_simd_f32s(&mut c[row * c_step..]);
        for (c, sum) in c.iter_mut().zip(sums) {
            *c = simd.add_f32s(*c, *sum);
        }
    }
}
