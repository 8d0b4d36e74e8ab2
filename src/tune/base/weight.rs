//! A frozen matrix as it is kept, and turned to F32 with the adapter's change
//! where a block needs it.

use crate::tune::ops::fused;
use crate::tune::ops::merge::{self, Change, ROWS};
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{CpuStorage, DType, Device, Result, Storage, Tensor, bail};
use std::borrow::Cow;

/// A matrix of rows by columns.
pub enum Weight {
    /// F32, F16 or BF16.
    Plain(Tensor),
    /// Quantized, [`ROWS`] rows at a time, so that threads share the work.
    Packed {
        /// The rows, in order.
        parts: Vec<QTensor>,
        /// Rows of all.
        rows: usize,
        /// Columns of all.
        columns: usize,
    },
}

impl Weight {
    /// From the bytes of a quantized matrix, whose rows are taken in the order
    /// that `source` says.
    pub fn packed(
        bytes: &[u8],
        kind: GgmlDType,
        (rows, columns): (usize, usize),
        source: impl Fn(usize) -> usize,
        device: &Device,
    ) -> Result<Self> {
        let step = columns / kind.block_size() * kind.type_size();
        if columns % kind.block_size() != 0 || bytes.len() != rows * step {
            bail!("{} bytes are no {rows} rows of {columns} {kind:?}", bytes.len());
        }
        let mut parts = Vec::with_capacity(rows.div_ceil(ROWS));
        for first in (0..rows).step_by(ROWS) {
            let count = ROWS.min(rows - first);
            let mut part = Vec::with_capacity(count * step);
            for row in first..first + count {
                let start = source(row) * step;
                part.extend_from_slice(&bytes[start..start + step]);
            }
            // Borrowed: of an owned one candle 0.10.2 reads the bytes after they are freed.
            let storage = QStorage::from_data(Cow::Borrowed(&part), device, kind)?;
            parts.push(QTensor::new(storage, (count, columns))?);
        }
        Ok(Self::Packed { parts, rows, columns })
    }

    /// The same as F32 in memory.
    pub fn full(self, device: &Device) -> Result<Self> {
        let (_, columns) = self.dims()?;
        Ok(Self::Plain(stacked(&[(&self, None)], columns, device)?))
    }

    /// Rows and columns.
    pub fn dims(&self) -> Result<(usize, usize)> {
        match self {
            Self::Plain(tensor) => tensor.dims2(),
            Self::Packed { rows, columns, .. } => Ok((*rows, *columns)),
        }
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Plain(tensor) => (tensor.elem_count() * tensor.dtype().size_in_bytes()) as u64,
            Self::Packed { parts, .. } => {
                parts.iter().map(|part| part.storage_size_in_bytes() as u64).sum()
            }
        }
    }

    /// The whole as F32.
    pub fn whole(&self, device: &Device) -> Result<Tensor> {
        match self {
            Self::Plain(tensor) if tensor.dtype() == DType::F32 => Ok(tensor.clone()),
            _ => stacked(&[(self, None)], self.dims()?.1, device),
        }
    }

    /// Some rows as F32, as an embedding takes them.
    pub fn chosen(&self, tokens: &[u32], device: &Device) -> Result<Tensor> {
        match self {
            Self::Plain(tensor) => {
                let tokens = Tensor::new(tokens, device)?;
                tensor.index_select(&tokens, 0)?.to_dtype(DType::F32)
            }
            Self::Packed { parts, columns, .. } => {
                let mut out = Vec::with_capacity(tokens.len());
                for token in tokens {
                    let token = *token as usize;
                    let Some(part) = parts.get(token / ROWS) else {
                        bail!("token {token} is not in the table");
                    };
                    // Only the bytes of this row.
                    let (kind, row) = (part.dtype(), token % ROWS);
                    let step = columns / kind.block_size() * kind.type_size();
                    let bytes = part.data()?;
                    let bytes = Cow::Borrowed(&bytes[row * step..(row + 1) * step]);
                    let row =
                        QTensor::new(QStorage::from_data(bytes, device, kind)?, (1, *columns))?;
                    out.push(row.dequantize(device)?);
                }
                Tensor::cat(&out, 0)
            }
        }
    }

    /// [`ROWS`] rows from `first` on.
    fn fill(&self, first: usize, out: &mut [f32]) -> Result<()> {
        match self {
            Self::Plain(tensor) => {
                let (storage, layout) = tensor.storage_and_layout();
                let Storage::Cpu(storage) = &*storage else { bail!("not on the CPU") };
                let (_, columns) = tensor.dims2()?;
                let start = layout.start_offset() + first * columns;
                let range = start..start + out.len();
                match storage {
                    CpuStorage::F32(all) => out.copy_from_slice(&all[range]),
                    CpuStorage::F16(all) => {
                        out.iter_mut().zip(&all[range]).for_each(|(out, x)| *out = x.to_f32());
                    }
                    CpuStorage::BF16(all) => {
                        out.iter_mut().zip(&all[range]).for_each(|(out, x)| *out = x.to_f32());
                    }
                    _ => bail!("weights of type {:?}", tensor.dtype()),
                }
            }
            Self::Packed { parts, .. } => {
                let Some(part) = parts.get(first / ROWS) else { bail!("no row {first}") };
                let whole = part.dequantize(&Device::Cpu)?;
                let (storage, _) = whole.storage_and_layout();
                let Storage::Cpu(storage) = &*storage else { bail!("not on the CPU") };
                out.copy_from_slice(&storage.as_slice::<f32>()?[..out.len()]);
            }
        }
        Ok(())
    }
}

/// Matrices one below the other as F32, each with the adapter's change added.
pub fn stacked(
    parts: &[(&Weight, Option<Change<'_>>)],
    columns: usize,
    device: &Device,
) -> Result<Tensor> {
    if !fused(device) {
        return composed(parts, device);
    }
    let counts: Vec<usize> =
        parts.iter().map(|(weight, _)| Ok(weight.dims()?.0)).collect::<Result<_>>()?;
    let total: usize = counts.iter().sum();
    let mut out = vec![0.0; total * columns];
    let mut rest = &mut out[..];
    for ((weight, change), count) in parts.iter().zip(counts) {
        let (part, after) = rest.split_at_mut(count * columns);
        merge::rows(part, columns, *change, |first, out| weight.fill(first, out))?;
        rest = after;
    }
    Tensor::from_vec(out, (total, columns), device)
}

fn composed(parts: &[(&Weight, Option<Change<'_>>)], device: &Device) -> Result<Tensor> {
    let mut out = Vec::new();
    for (weight, change) in parts {
        let whole = match weight {
            Weight::Plain(tensor) => tensor.to_dtype(DType::F32)?,
            Weight::Packed { parts, .. } => {
                let parts: Vec<Tensor> =
                    parts.iter().map(|part| part.dequantize(device)).collect::<Result<_>>()?;
                Tensor::cat(&parts, 0)?
            }
        };
        let (rows, columns) = whole.dims2()?;
        out.push(match change {
            Some(change) => {
                let a = Tensor::from_slice(change.a, (change.rank, columns), device)?;
                let b = Tensor::from_slice(change.b, (rows, change.rank), device)?;
                (whole + (b.matmul(&a)? * f64::from(change.scale))?)?
            }
            None => whole,
        });
    }
    Tensor::cat(&out, 0)
}
