//! Files of safetensors, read one tensor at a time and written at once.

use candle_core::{CpuStorage, DType, Device, Storage, Tensor};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Error, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Most bytes of a header.
const LONGEST: u64 = 64 << 20;

/// Where a tensor lies in its file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As the file names it: `F32`, `BF16` and so on.
    pub kind: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    start: u64,
    bytes: usize,
}

/// An open file.
pub struct Tensors {
    file: File,
    /// Its tensors by name.
    pub entries: BTreeMap<String, Entry>,
    /// The header's text entries.
    pub metadata: BTreeMap<String, String>,
}

fn damaged(reason: &str) -> Error {
    Error::new(ErrorKind::InvalidData, reason.to_owned())
}

impl Tensors {
    /// Reads the header.
    ///
    /// # Errors
    /// Where the file can't be read or its header doesn't fit it.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let size = file.metadata()?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST || length + 8 > size {
            return Err(damaged("its header is longer than the file"));
        }
        let mut header = vec![0; usize::try_from(length).map_err(|_| damaged("too long"))?];
        file.read_exact(&mut header)?;
        let header: serde_json::Value = serde_json::from_slice(&header)?;
        let header = header.as_object().ok_or_else(|| damaged("its header is no object"))?;
        let mut out = Self { file, entries: BTreeMap::new(), metadata: BTreeMap::new() };
        for (name, value) in header {
            if name == "__metadata__" {
                let entries = value.as_object().into_iter().flatten();
                out.metadata = entries
                    .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                    .collect();
                continue;
            }
            let numbers = |key: &str| -> Option<Vec<u64>> {
                value[key].as_array()?.iter().map(serde_json::Value::as_u64).collect()
            };
            let entry = || -> Option<Entry> {
                let &[start, end] = numbers("data_offsets")?.as_slice() else { return None };
                let start = start.checked_add(length + 8)?;
                let end = end.checked_add(length + 8)?;
                let bytes = usize::try_from(end.checked_sub(start)?).ok()?;
                let shape: Vec<usize> = numbers("shape")?.iter().map(|n| *n as usize).collect();
                let kind = value["dtype"].as_str()?.to_owned();
                let count = shape.iter().try_fold(1usize, |all, n| all.checked_mul(*n))?;
                let fits = width(&kind).is_none_or(|width| count.checked_mul(width) == Some(bytes));
                (end <= size && fits).then_some(Entry { kind, shape, start, bytes })
            };
            let entry = entry().ok_or_else(|| damaged("a tensor lies outside of the file"))?;
            out.entries.insert(name.clone(), entry);
        }
        Ok(out)
    }

    /// The bytes of a tensor.
    ///
    /// # Errors
    /// Where there is none of the name, or it can't be read.
    pub fn bytes(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let entry = self.entries.get(name).ok_or_else(|| damaged(&format!("it has no {name}")))?;
        let mut out = vec![0; entry.bytes];
        self.file.seek(SeekFrom::Start(entry.start))?;
        self.file.read_exact(&mut out)?;
        Ok(out)
    }

    /// The numbers of an F32 or F16 tensor.
    ///
    /// # Errors
    /// As [`Self::bytes`], and for other types.
    pub fn numbers(&mut self, name: &str) -> io::Result<Vec<f32>> {
        let tensor = self.tensor(name, &Device::Cpu)?.to_dtype(DType::F32);
        let tensor = tensor.and_then(|tensor| tensor.flatten_all()?.to_vec1());
        tensor.map_err(|error| damaged(&error.to_string()))
    }

    /// A tensor as it is in the file.
    ///
    /// # Errors
    /// As [`Self::bytes`], and for types other than F32, F16 and BF16.
    pub fn tensor(&mut self, name: &str, device: &Device) -> io::Result<Tensor> {
        let bytes = self.bytes(name)?;
        let Some(entry) = self.entries.get(name) else { return Err(damaged(name)) };
        let kind = match entry.kind.as_str() {
            "F32" => DType::F32,
            "F16" => DType::F16,
            "BF16" => DType::BF16,
            other => {
                let reason = format!("{name} is of type {other}, not of F32, F16 or BF16");
                return Err(damaged(&reason));
            }
        };
        let made = Tensor::from_raw_buffer(&bytes, kind, &entry.shape, device);
        made.map_err(|error| damaged(&error.to_string()))
    }
}

fn width(kind: &str) -> Option<usize> {
    match kind {
        "F32" => Some(4),
        "F16" | "BF16" => Some(2),
        _ => None,
    }
}

/// A tensor to write.
pub struct Numbers<'a> {
    /// Its name.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub values: &'a [f32],
}

/// Writes a file under another name, syncs it and puts it in its place, so
/// that there is always a whole one.
///
/// # Errors
/// What the system says.
pub fn write(
    path: &Path,
    tensors: &[Numbers<'_>],
    metadata: &BTreeMap<String, String>,
    half: bool,
) -> io::Result<()> {
    let width = if half { 2 } else { 4 };
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".to_owned(), serde_json::json!(metadata));
    let mut end = 0;
    for tensor in tensors {
        let start = end;
        end += tensor.values.len() * width;
        let kind = if half { "F16" } else { "F32" };
        let entry =
            serde_json::json!({"dtype": kind, "shape": tensor.shape, "data_offsets": [start, end]});
        header.insert(tensor.name.clone(), entry);
    }
    let mut header = serde_json::to_vec(&header)?;
    // Tensors begin at a multiple of eight.
    header.resize(header.len().next_multiple_of(8), b' ');
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = io::BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(&header)?;
    for tensor in tensors {
        if half {
            file.write_all(&halves(tensor.values)?)?;
            continue;
        }
        for value in tensor.values {
            file.write_all(&value.to_le_bytes())?;
        }
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The bytes of numbers as F16.
fn halves(values: &[f32]) -> io::Result<Vec<u8>> {
    let made = Tensor::new(values, &Device::Cpu).and_then(|all| all.to_dtype(DType::F16));
    let made = made.map_err(|error| damaged(&error.to_string()))?;
    match &*made.storage_and_layout().0 {
        Storage::Cpu(CpuStorage::F16(all)) => {
            Ok(all.iter().flat_map(|x| x.to_le_bytes()).collect())
        }
        _ => Err(damaged("no F16")),
    }
}
