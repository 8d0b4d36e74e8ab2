//! How the CPU's loops are written: rows divided among the threads of the
//! current pool, vector instructions chosen at run time, sums in lanes.

use candle_core::{Layout, Result, Storage, Tensor, bail};
use rayon::prelude::*;
use std::sync::RwLockReadGuard;

/// Elements that are summed side by side.
const LANES: usize = 16;

/// Elements that a task has at least: below, starting it costs more than it saves.
const LEAST: usize = 8192;

/// Does work with the widest vector instructions of this CPU. Only what is
/// inlined into it profits. The work is told whether products and sums are one
/// instruction, for [`fma`].
#[inline]
pub fn vectorised<T>(work: impl FnOnce(bool) -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    let fused = std::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    let fused = cfg!(target_arch = "aarch64");
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || work(fused),
    )
}

/// `a * b + c`, in one instruction where the CPU has it.
#[inline(always)]
pub fn fma<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// e to the power of `x` (Cephes' `expf`), off by less than 2e-7 of the result
/// between -87 and 88, where it stays beyond them.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to a whole number, which the lowest bits hold.
    const SHIFT: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let whole = shifted - SHIFT;
    let r = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut p = 1.987_569_2e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 5e-1;
    let p = p * r * r + r + 1.0;
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000))
}

/// The sum of `value` over the pairs of two slices of one length.
#[inline(always)]
pub fn sum(a: &[f32], b: &[f32], value: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (left, right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 =
        left.remainder().iter().zip(right.remainder()).map(|(x, y)| value(*x, *y)).sum();
    for (x, y) in left.zip(right) {
        for (lane, (x, y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane += value(*x, *y);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// The largest of some numbers.
#[inline(always)]
pub fn most(row: &[f32]) -> f32 {
    let mut lanes = [f32::MIN; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder().iter().fold(f32::MIN, |a, b| if a > *b { a } else { *b });
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = if *lane > *x { *lane } else { *x };
        }
    }
    lanes.iter().fold(rest, |a, b| if a > *b { a } else { *b })
}

/// Does `each` for every row of `out`, divided among the threads.
pub fn each_row(out: &mut [f32], width: usize, each: impl Fn(usize, &mut [f32]) + Sync) {
    let rows = LEAST.div_ceil(width.max(1));
    out.par_chunks_mut((rows * width).max(1)).enumerate().for_each(|(task, chunk)| {
        vectorised(
            #[inline(always)]
            |_| {
                for (row, out) in chunk.chunks_mut(width).enumerate() {
                    each(task * rows + row, out);
                }
            },
        );
    });
}

/// The same for two outputs of as many rows.
pub fn each_row_of_two(
    (first, width): (&mut [f32], usize),
    (second, other): (&mut [f32], usize),
    each: impl Fn(usize, &mut [f32], &mut [f32]) + Sync,
) {
    let rows = LEAST.div_ceil(width.max(1));
    let first = first.par_chunks_mut((rows * width).max(1));
    let second = second.par_chunks_mut((rows * other).max(1));
    first.zip(second).enumerate().for_each(|(task, (a, b))| {
        vectorised(
            #[inline(always)]
            |_| {
                let pairs = a.chunks_mut(width).zip(b.chunks_mut(other));
                for (row, (a, b)) in pairs.enumerate() {
                    each(task * rows + row, a, b);
                }
            },
        );
    });
}

/// A tensor's storage, held while its numbers are read.
pub struct View<'a>(RwLockReadGuard<'a, Storage>, &'a Layout);

impl<'a> View<'a> {
    /// Of a tensor on the CPU.
    ///
    /// # Errors
    /// Where it is elsewhere.
    pub fn of(tensor: &'a Tensor) -> Result<Self> {
        let (storage, layout) = tensor.storage_and_layout();
        match &*storage {
            Storage::Cpu(_) => Ok(Self(storage, layout)),
            _ => bail!("a loop of the CPU was given a tensor of another device"),
        }
    }

    /// The numbers as rows; a vector is one row.
    ///
    /// # Errors
    /// Where they are not F32 or not dense within rows.
    pub fn rows(&self) -> Result<Rows<'_>> {
        let Storage::Cpu(storage) = &*self.0 else { bail!("not on the CPU") };
        let all: &[f32] = storage.as_slice()?;
        let (count, width, step) = match (self.1.dims(), self.1.stride()) {
            (&[width], &[1]) => (1, width, width),
            (&[count, width], &[step, 1]) => (count, width, step),
            (dims, stride) => bail!("rows of shape {dims:?} with strides {stride:?}"),
        };
        let start = self.1.start_offset();
        let length = if count == 0 { 0 } else { (count - 1) * step + width };
        Ok(Rows { data: &all[start..start + length], count, width, step })
    }
}

/// Rows of a matrix, each dense.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// From the first to the last number.
    pub data: &'a [f32],
    /// How many.
    pub count: usize,
    /// Numbers of one.
    pub width: usize,
    /// From the start of one to the start of the next.
    pub step: usize,
}

impl<'a> Rows<'a> {
    /// One of them.
    #[inline(always)]
    pub fn row(&self, index: usize) -> &'a [f32] {
        &self.data[index * self.step..index * self.step + self.width]
    }
}
