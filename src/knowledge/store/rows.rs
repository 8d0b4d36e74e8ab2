//! Chunks as rows of the table, and rows as chunks.

use super::StoreError;
use super::key::RowKey;
use super::schema::{column, vector_item, vector_width};
use super::units::{units_from_bytes, units_to_bytes};
use crate::domain::{ByteRange, Chunk, LineRange, OffsetMap};
use crate::knowledge::analysis::prepared;
use arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryBuilder, BooleanArray, FixedSizeListArray, Float32Array,
    Int64Array, RecordBatch, StringArray, UInt32Array, UInt64Array,
};
use arrow::datatypes::SchemaRef;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// A file as the knowledge base knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// The collection it belongs to.
    pub collection: String,
    /// Its absolute path.
    pub path: String,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub hash: String,
    /// How it was cut, such as `v1:256:32`.
    pub chunker: String,
    /// Its modification time when it was read, in milliseconds since 1970.
    pub modified: i64,
    /// Its size in bytes.
    pub size: u64,
    /// How many chunks it has. Ignored when it is written: the chunks are
    /// counted.
    pub chunks: u32,
}

impl FileRecord {
    /// Whether these are the bytes that were indexed.
    #[must_use]
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        self.hash == blake3::hash(bytes).to_hex().as_str()
    }
}

/// A file with all its chunks and their vectors, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRows {
    /// The file.
    pub record: FileRecord,
    /// Its chunks, each with its vector.
    pub chunks: Vec<(Chunk, Vec<f32>)>,
    /// The prepared terms of each chunk, as far as they are known already; the
    /// others are prepared when the file is written.
    pub terms: Vec<String>,
}

impl FileRows {
    /// The prepared terms of a chunk.
    fn prepared(&self, chunk: &Chunk) -> String {
        match self.terms.get(chunk.index as usize) {
            Some(terms) if self.terms.len() == self.chunks.len() => terms.clone(),
            _ => prepared(&chunk.search_text(), &chunk.language),
        }
    }
}

/// All rows of these files. What concerns the whole file comes from its
/// record.
pub(super) fn to_batch(
    schema: &SchemaRef,
    dimension: usize,
    files: &[FileRows],
) -> Result<RecordBatch, StoreError> {
    let count = files.iter().map(|file| file.chunks.len()).sum();
    let mut seen = HashSet::with_capacity(count);
    let mut vectors = Vec::with_capacity(count * dimension);
    let mut offsets = BinaryBuilder::new();
    for (_, chunk, vector) in rows(files) {
        if !seen.insert(chunk.id.as_str()) {
            return Err(StoreError::Invalid(format!(
                "two chunks of {} have the id {}; this is a bug of lorag",
                chunk.path, chunk.id
            )));
        }
        push_unit(&mut vectors, vector, dimension, &chunk.path)?;
        if is_verbatim(chunk) {
            offsets.append_null();
        } else {
            offsets.append_value(chunk.offsets.to_bytes());
        }
    }
    let mut headings = Vec::with_capacity(count);
    for (_, chunk, _) in rows(files) {
        headings.push(serde_json::to_string(&chunk.heading).map_err(|error| {
            StoreError::Invalid(format!("cannot store a heading of {}: {error}", chunk.path))
        })?);
    }
    let vectors = FixedSizeListArray::try_new(
        vector_item(),
        vector_width(dimension)?,
        Arc::new(Float32Array::from(vectors)),
        None,
    )
    .map_err(|error| StoreError::arrow(&error))?;

    let of_file = |value: fn(&FileRecord) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows(files).map(|(file, _, _)| value(&file.record))))
    };
    let whole = |value: fn(&Chunk) -> usize| -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(
            rows(files).map(|(_, chunk, _)| value(chunk) as u64),
        ))
    };
    let small = |value: fn(&FileRows, &Chunk) -> u32| -> ArrayRef {
        Arc::new(UInt32Array::from_iter_values(
            rows(files).map(|(file, chunk, _)| value(file, chunk)),
        ))
    };
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(rows(files).map(|(_, chunk, _)| chunk.id.as_str()))),
        of_file(|record| &record.collection),
        of_file(|record| &record.path),
        of_file(|record| &record.hash),
        Arc::new(UInt64Array::from_iter_values(rows(files).map(|(file, _, _)| file.record.size))),
        of_file(|record| &record.chunker),
        Arc::new(Int64Array::from_iter_values(
            rows(files).map(|(file, _, _)| file.record.modified),
        )),
        small(|_, chunk| chunk.index),
        small(|file, _| u32::try_from(file.chunks.len()).unwrap_or(u32::MAX)),
        Arc::new(StringArray::from_iter_values(headings)),
        whole(|chunk| chunk.bytes.start),
        whole(|chunk| chunk.bytes.end),
        small(|_, chunk| chunk.lines.start),
        small(|_, chunk| chunk.lines.end),
        Arc::new(BooleanArray::from_iter(rows(files).map(|(_, chunk, _)| Some(chunk.rendered)))),
        Arc::new(StringArray::from_iter_values(
            rows(files).map(|(_, chunk, _)| chunk.text.as_str()),
        )),
    ];
    if schema.column_with_name(column::TERMS).is_some() {
        let terms = rows(files).map(|(file, chunk, _)| file.prepared(chunk));
        columns.push(Arc::new(StringArray::from_iter_values(terms)));
        let units = rows(files).map(|(_, chunk, _)| units_to_bytes(&chunk.units));
        columns.push(Arc::new(BinaryArray::from_iter(units)));
        let languages = rows(files).map(|(_, chunk, _)| chunk.language.as_str());
        columns.push(Arc::new(StringArray::from_iter_values(languages)));
    } else {
        let texts = rows(files).map(|(_, chunk, _)| chunk.search_text());
        columns.push(Arc::new(StringArray::from_iter_values(texts)));
    }
    columns.push(Arc::new(offsets.finish()));
    columns.push(Arc::new(vectors));
    RecordBatch::try_new(schema.clone(), columns).map_err(|error| StoreError::arrow(&error))
}

/// Each chunk with its file and its vector. The length is known, which Arrow's
/// builders insist on.
fn rows(files: &[FileRows]) -> impl ExactSizeIterator<Item = (&FileRows, &Chunk, &[f32])> {
    let rows: Vec<_> = files
        .iter()
        .flat_map(|file| {
            file.chunks.iter().map(move |(chunk, vector)| (file, chunk, vector.as_slice()))
        })
        .collect();
    rows.into_iter()
}

fn is_verbatim(chunk: &Chunk) -> bool {
    chunk.offsets == OffsetMap::verbatim(chunk.bytes.start, chunk.text.len())
}

/// Adds a vector, scaled to length one; the zero vector stays as it is.
fn push_unit(
    out: &mut Vec<f32>,
    vector: &[f32],
    dimension: usize,
    path: &str,
) -> Result<(), StoreError> {
    if vector.len() != dimension {
        return Err(StoreError::Invalid(format!(
            "a vector of {path} has length {}, and the knowledge base holds vectors of length \
             {dimension}",
            vector.len()
        )));
    }
    let unit = unit(vector).ok_or_else(|| {
        StoreError::Invalid(format!(
            "the embedder gave a vector for {path} that holds no finite numbers"
        ))
    })?;
    out.extend(unit);
    Ok(())
}

/// The vector scaled to length one, the zero vector as it is; `None` if it
/// holds a number that isn't finite.
pub(super) fn unit(vector: &[f32]) -> Option<Vec<f32>> {
    let squared: f64 = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
    if !squared.is_finite() {
        return None;
    }
    let scale = if squared > 0.0 { 1.0 / squared.sqrt() } else { 1.0 };
    // Vectors of length one are kept to the last bit.
    if (scale - 1.0).abs() < 1e-6 {
        return Some(vector.to_vec());
    }
    Some(vector.iter().map(|x| (f64::from(*x) * scale) as f32).collect())
}

/// The columns that make a chunk.
const CHUNK_COLUMNS: [&str; 17] = [
    column::ROW_ID,
    column::CHUNK_ID,
    column::COLLECTION,
    column::SOURCE_PATH,
    column::FILE_HASH,
    column::MODIFIED,
    column::CHUNK_INDEX,
    column::HEADING,
    column::START_BYTE,
    column::END_BYTE,
    column::START_LINE,
    column::END_LINE,
    column::RENDERED,
    column::TEXT,
    column::OFFSETS,
    column::UNITS,
    column::LANGUAGE,
];

/// The columns that make a chunk, of a table of this format or the one before.
pub(super) fn chunk_columns(old: bool) -> &'static [&'static str] {
    let (before, _) = CHUNK_COLUMNS.split_at(CHUNK_COLUMNS.len() - if old { 2 } else { 0 });
    before
}

/// The chunks of rows that hold the columns of [`chunk_columns`].
pub(super) fn to_chunks(
    batch: &RecordBatch,
    dir: &Path,
) -> Result<Vec<(RowKey, Chunk)>, StoreError> {
    let damaged = |reason: String| StoreError::Damaged { dir: dir.to_owned(), reason };
    let strings = |name| typed::<StringArray>(batch, name, dir);
    let wholes = |name| typed::<UInt64Array>(batch, name, dir);
    let smalls = |name| typed::<UInt32Array>(batch, name, dir);
    let keys = wholes(column::ROW_ID)?;
    let ids = strings(column::CHUNK_ID)?;
    let collections = strings(column::COLLECTION)?;
    let paths = strings(column::SOURCE_PATH)?;
    let hashes = strings(column::FILE_HASH)?;
    let modified = typed::<Int64Array>(batch, column::MODIFIED, dir)?;
    let indexes = smalls(column::CHUNK_INDEX)?;
    let headings = strings(column::HEADING)?;
    let start_bytes = wholes(column::START_BYTE)?;
    let end_bytes = wholes(column::END_BYTE)?;
    let start_lines = smalls(column::START_LINE)?;
    let end_lines = smalls(column::END_LINE)?;
    let rendered = typed::<BooleanArray>(batch, column::RENDERED, dir)?;
    let texts = strings(column::TEXT)?;
    let offsets = typed::<BinaryArray>(batch, column::OFFSETS, dir)?;
    // Tables of format 1 have neither.
    let units = typed::<BinaryArray>(batch, column::UNITS, dir).ok();
    let languages = strings(column::LANGUAGE).ok();

    let mut chunks = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let id = ids.value(row);
        let text = texts.value(row).to_owned();
        let bytes =
            ByteRange::new(to_usize(start_bytes.value(row)), to_usize(end_bytes.value(row)));
        let heading = serde_json::from_str(headings.value(row))
            .map_err(|error| damaged(format!("the heading of chunk {id} is no JSON: {error}")))?;
        let map = if offsets.is_null(row) {
            OffsetMap::verbatim(bytes.start, text.len())
        } else {
            OffsetMap::from_bytes(offsets.value(row))
                .ok_or_else(|| damaged(format!("the offsets of chunk {id} can't be read")))?
        };
        let chunk = Chunk {
            id: id.to_owned(),
            path: paths.value(row).to_owned(),
            collection: collections.value(row).to_owned(),
            heading,
            bytes,
            lines: LineRange { start: start_lines.value(row), end: end_lines.value(row) },
            text,
            offsets: map,
            rendered: rendered.value(row),
            index: indexes.value(row),
            file_hash: hashes.value(row).to_owned(),
            modified: modified.value(row),
            units: match units.filter(|units| !units.is_null(row)) {
                Some(units) => units_from_bytes(units.value(row))
                    .ok_or_else(|| damaged(format!("the units of chunk {id} can't be read")))?,
                None => Vec::new(),
            },
            language: languages.map(|all| all.value(row).to_owned()).unwrap_or_default(),
        };
        chunks.push((RowKey(keys.value(row)), chunk));
    }
    Ok(chunks)
}

/// A column of a batch, of the type that the schema gives it.
pub(super) fn typed<'a, T: Array + 'static>(
    batch: &'a RecordBatch,
    name: &str,
    dir: &Path,
) -> Result<&'a T, StoreError> {
    batch.column_by_name(name).and_then(|column| column.as_any().downcast_ref()).ok_or_else(|| {
        StoreError::Damaged {
            dir: dir.to_owned(),
            reason: format!("its table has no column `{name}` of the right type"),
        }
    })
}

/// Positions are stored as 64 bits; none that fits a file is lost.
fn to_usize(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
