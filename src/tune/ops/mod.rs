//! The operations of a decoder block, each with its derivative. candle's own
//! fused forms (norm, softmax, rope) silently have none, and its products
//! compute one for frozen weights as well; so the passes of [`super::block`]
//! call forward and backward themselves and no graph is built.
//!
//! On the CPU each is one fused loop on all threads; elsewhere
//! [`composed`] makes it of candle's operations.

pub mod attention;
pub mod composed;
pub mod cpu;
pub mod entropy;
pub mod head;
mod heads;
pub mod merge;
pub mod norm;
pub mod product;
pub mod rotary;
pub mod swiglu;

use candle_core::{Device, Result, Tensor};

#[cfg(test)]
thread_local! {
    /// Whether a test wants the way of GPUs on the CPU.
    pub static COMPOSED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether the fused loops are taken, which read the CPU's memory.
pub fn fused(device: &Device) -> bool {
    #[cfg(test)]
    if COMPOSED.get() {
        return false;
    }
    device.is_cpu()
}

/// `a` times `b`, both matrices, also views of columns and transposes.
///
/// # Errors
/// What candle says of shapes that don't fit.
pub fn times(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if fused(a.device()) { a.matmul(b) } else { dense(a)?.matmul(&dense(b)?) }
}

/// GPUs multiply dense matrices and transposes of such.
fn dense(x: &Tensor) -> Result<Tensor> {
    if x.is_contiguous() || x.t()?.is_contiguous() { Ok(x.clone()) } else { x.contiguous() }
}

/// The sum of two tensors of one shape.
///
/// # Errors
/// What candle says of shapes that don't fit.
pub fn add(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if !fused(a.device()) {
        return a + b;
    }
    let (left, right) = (cpu::View::of(a)?, cpu::View::of(b)?);
    let (x, y) = (left.rows()?, right.rows()?);
    let mut out = vec![0.0; x.count * x.width];
    cpu::each_row(
        &mut out,
        x.width,
        #[inline(always)]
        |row, out| {
            for ((out, a), b) in out.iter_mut().zip(x.row(row)).zip(y.row(row)) {
                *out = a + b;
            }
        },
    );
    Tensor::from_vec(out, a.shape(), a.device())
}
