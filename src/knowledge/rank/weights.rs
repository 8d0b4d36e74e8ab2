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
        let values = self.numbers(name)?;
        let found = values.len();
        (found == length)
            .then_some(values)
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
            let (found_rows, found_columns) = self.read(name, &mut values)?;
            if (found_rows, found_columns) != (rows, columns) {
                return Err(format!(
                    "{name} is {found_rows} by {found_columns}, not {rows} by {columns}"
                ));
            }
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
        Ok(Table::Floats { rows: self.numbers(name)?, width })
    }

    fn numbers(&self, name: &str) -> Result<Vec<f32>, String> {
        let mut values = Vec::new();
        self.read(name, &mut values)?;
        Ok(values)
    }

    /// Puts a tensor's numbers behind those of `values`, and gives its rows and
    /// columns.
    fn read(&self, name: &str, values: &mut Vec<f32>) -> Result<(usize, usize), String> {
        let view = self.file.get(name).map_err(|_| format!("{name} is missing"))?;
        let columns = view.shape().last().copied().unwrap_or(1);
        let count: usize = view.shape().iter().product();
        let rows = count / columns.max(1);
        values.reserve_exact(count);
        if self.has(&scale_of(name)) {
            let scales = self.vector(&scale_of(name), rows)?;
            for (row, scale) in view.data().chunks_exact(columns.max(1)).zip(scales) {
                values.extend(row.iter().map(|byte| f32::from(byte.cast_signed()) * scale));
            }
            return Ok((rows, columns));
        }
        let found = self
            .file
            .load(name, &Device::Cpu)
            .and_then(|tensor| tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1::<f32>())
            .map_err(|error| format!("{name}: {error}"))?;
        values.extend(found);
        Ok((rows, columns))
    }
}

fn scale_of(name: &str) -> String {
    format!("{name}.scale")
}
