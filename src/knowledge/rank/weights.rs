//! A model's tensors by name: F32, half precision, or 8 bits by row as
//! `examples/reader/ranker_pack.py` writes them.

use super::kernels::Norm;
use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device, Tensor};

/// The tensors of a `model.safetensors`.
pub struct Weights<'a> {
    file: SliceSafetensors<'a>,
    names: Vec<String>,
}

/// A table of vectors that is looked up by row.
pub enum Table {
    /// As many bytes as numbers, and what each row is multiplied with.
    Bytes {
        /// The rows, one behind the other.
        rows: Vec<i8>,
        /// One for each row.
        scales: Vec<f32>,
        /// Length of a row.
        width: usize,
    },
    /// Plain numbers.
    Floats {
        /// The rows, one behind the other.
        rows: Vec<f32>,
        /// Length of a row.
        width: usize,
    },
}

impl Table {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes { scales, .. } => scales.len(),
            Self::Floats { rows, width } => rows.len() / width.max(&1),
        }
    }

    /// Adds a row to `out`, if there is that row.
    pub fn add_to(&self, row: usize, out: &mut [f32]) {
        match self {
            Self::Bytes { rows, scales, width } => {
                let found = rows.get(row * width..(row + 1) * width).zip(scales.get(row));
                if let Some((values, scale)) = found {
                    for (out, value) in out.iter_mut().zip(values) {
                        *out += f32::from(*value) * scale;
                    }
                }
            }
            Self::Floats { rows, width } => {
                let values = rows.get(row * width..(row + 1) * width).unwrap_or_default();
                for (out, value) in out.iter_mut().zip(values) {
                    *out += value;
                }
            }
        }
    }
}

/// Numbers with their shape.
struct Matrix {
    values: Vec<f32>,
    rows: usize,
    columns: usize,
}

impl<'a> Weights<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// Where it is damaged.
    pub fn new(bytes: &'a [u8]) -> Result<Self, String> {
        let file = SliceSafetensors::new(bytes)
            .map_err(|error| format!("model.safetensors is damaged: {error}"))?;
        let names = file.tensors().into_iter().map(|(name, _)| name).collect();
        Ok(Self { file, names })
    }

    /// Whether there is such a tensor.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// A vector of so many numbers.
    ///
    /// # Errors
    /// Where it is missing or has another length.
    pub fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, String> {
        let matrix = self.matrix(name)?;
        let found = matrix.values.len();
        (found == length)
            .then_some(matrix.values)
            .ok_or_else(|| format!("{name} has {found} numbers, not {length}"))
    }

    /// A layer norm, also under the names of older checkpoints.
    ///
    /// # Errors
    /// As [`Self::vector`].
    pub fn norm(&self, name: &str, width: usize, epsilon: f32) -> Result<Norm, String> {
        let either = |new: &str, old: &str| {
            let new = format!("{name}.{new}");
            if self.has(&new) { new } else { format!("{name}.{old}") }
        };
        Ok(Norm {
            weight: self.vector(&either("weight", "gamma"), width)?,
            bias: self.vector(&either("bias", "beta"), width)?,
            epsilon,
        })
    }

    /// Matrices of `columns` numbers a row, one below the other: the weights of
    /// linear layers that read the same.
    ///
    /// # Errors
    /// Where one is missing or has another shape.
    pub fn stacked(&self, names: &[String], rows: usize, columns: usize) -> Result<Tensor, String> {
        let mut values = Vec::with_capacity(names.len() * rows * columns);
        for name in names {
            let matrix = self.matrix(name)?;
            if (matrix.rows, matrix.columns) != (rows, columns) {
                return Err(format!(
                    "{name} is {} by {}, not {rows} by {columns}",
                    matrix.rows, matrix.columns
                ));
            }
            values.extend(matrix.values);
        }
        Tensor::from_vec(values, (names.len() * rows, columns), &Device::Cpu)
            .map_err(|error| error.to_string())
    }

    /// A table to look rows up in, in as few bytes as it is stored in.
    ///
    /// # Errors
    /// Where it is missing or its rows have another length.
    pub fn table(&self, name: &str, width: usize) -> Result<Table, String> {
        let view = self.file.get(name).map_err(|_| format!("{name} is missing"))?;
        if view.shape().len() != 2 || view.shape().last() != Some(&width) {
            return Err(format!("{name} has shape {:?}, not rows of {width}", view.shape()));
        }
        if self.has(&scale_of(name)) {
            let rows: Vec<i8> = view.data().iter().map(|byte| byte.cast_signed()).collect();
            let scales = self.vector(&scale_of(name), rows.len() / width)?;
            return Ok(Table::Bytes { rows, scales, width });
        }
        Ok(Table::Floats { rows: self.matrix(name)?.values, width })
    }

    fn matrix(&self, name: &str) -> Result<Matrix, String> {
        let view = self.file.get(name).map_err(|_| format!("{name} is missing"))?;
        let columns = view.shape().last().copied().unwrap_or(1);
        let count: usize = view.shape().iter().product();
        let rows = count / columns.max(1);
        if self.has(&scale_of(name)) {
            let scales = self.vector(&scale_of(name), rows)?;
            let mut values = Vec::with_capacity(count);
            for (row, scale) in view.data().chunks_exact(columns.max(1)).zip(scales) {
                values.extend(row.iter().map(|byte| f32::from(byte.cast_signed()) * scale));
            }
            return Ok(Matrix { values, rows, columns });
        }
        let values = self
            .file
            .load(name, &Device::Cpu)
            .and_then(|tensor| tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>())
            .map_err(|error| format!("{name}: {error}"))?;
        Ok(Matrix { values, rows, columns })
    }
}

fn scale_of(name: &str) -> String {
    format!("{name}.scale")
}
