//! The one table: its columns, and what its schema's metadata records.

use super::StoreError;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Name of the table; its folder is this name with `.lance` behind it.
pub(super) const TABLE: &str = "chunks";

/// Format of the table that this program writes, and the newest it reads.
pub(super) const FORMAT: u32 = 2;

/// Format whose passages were split into words by LanceDB: English stems, no
/// small words, nothing of scripts without spaces.
pub(super) const OLD_FORMAT: u32 = 1;

const FORMAT_KEY: &str = "lorag.schema";
const EMBEDDER_KEY: &str = "lorag.embedder";
const DIMENSION_KEY: &str = "lorag.dimension";

/// Names of the columns.
pub(super) mod column {
    /// Id of the chunk, unique in the table.
    pub const CHUNK_ID: &str = "chunk_id";
    /// Collection of the file.
    pub const COLLECTION: &str = "collection";
    /// Absolute path of the file.
    pub const SOURCE_PATH: &str = "source_path";
    /// BLAKE3 of the file's bytes, in hexadecimal.
    pub const FILE_HASH: &str = "file_hash";
    /// Size of the file in bytes.
    pub const FILE_SIZE: &str = "file_size";
    /// How the file was cut, such as `v1:256:32`.
    pub const CHUNKER: &str = "chunker";
    /// Modification time of the file in milliseconds since 1970.
    pub const MODIFIED: &str = "modified";
    /// Which chunk of its file it is, from 0.
    pub const CHUNK_INDEX: &str = "chunk_index";
    /// How many chunks the file has.
    pub const CHUNK_COUNT: &str = "chunk_count";
    /// Headings above the chunk, a JSON array of strings.
    pub const HEADING: &str = "heading";
    /// First byte in the file.
    pub const START_BYTE: &str = "start_byte";
    /// One past the last byte in the file.
    pub const END_BYTE: &str = "end_byte";
    /// First line in the file, from 1.
    pub const START_LINE: &str = "start_line";
    /// Last line in the file.
    pub const END_LINE: &str = "end_line";
    /// Whether the text isn't literally the file's bytes.
    pub const RENDERED: &str = "rendered";
    /// The passage.
    pub const TEXT: &str = "text";
    /// Headings and passage: what full text indexed in format 1.
    pub const SEARCH_TEXT: &str = "search_text";
    /// The prepared terms of headings and passage, separated by spaces: what
    /// full text indexes.
    pub const TERMS: &str = "terms";
    /// The parts of the passage that are quoted by themselves, in a compact
    /// form; null where there are none.
    pub const UNITS: &str = "units";
    /// Language of the file, an ISO 639-1 code or empty.
    pub const LANGUAGE: &str = "language";
    /// The map from text to file; null where the text is verbatim.
    pub const OFFSETS: &str = "offsets";
    /// The vector, of length one or zero.
    pub const VECTOR: &str = "vector";
    /// Lance's own row id, valid within one version.
    pub const ROW_ID: &str = "_rowid";
    /// Distance of a vector search.
    pub const DISTANCE: &str = "_distance";
    /// Score of a full-text search.
    pub const SCORE: &str = "_score";
}

/// The item field of the vector column.
pub(super) fn vector_item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, true))
}

/// The length of vectors as Arrow wants it.
pub(super) fn vector_width(dimension: usize) -> Result<i32, StoreError> {
    i32::try_from(dimension).ok().filter(|width| *width > 0).ok_or_else(|| {
        StoreError::Invalid(format!(
            "vectors of length {dimension} can't be stored; choose another embedder"
        ))
    })
}

/// The table's schema for one embedder, in a format of this program's or the
/// one before it.
pub(super) fn table_schema(
    format: u32,
    embedder: &str,
    dimension: usize,
) -> Result<SchemaRef, StoreError> {
    use column::*;
    let vector = DataType::FixedSizeList(vector_item(), vector_width(dimension)?);
    let mut fields = vec![
        Field::new(CHUNK_ID, DataType::Utf8, false),
        Field::new(COLLECTION, DataType::Utf8, false),
        Field::new(SOURCE_PATH, DataType::Utf8, false),
        Field::new(FILE_HASH, DataType::Utf8, false),
        Field::new(FILE_SIZE, DataType::UInt64, false),
        Field::new(CHUNKER, DataType::Utf8, false),
        Field::new(MODIFIED, DataType::Int64, false),
        Field::new(CHUNK_INDEX, DataType::UInt32, false),
        Field::new(CHUNK_COUNT, DataType::UInt32, false),
        Field::new(HEADING, DataType::Utf8, false),
        Field::new(START_BYTE, DataType::UInt64, false),
        Field::new(END_BYTE, DataType::UInt64, false),
        Field::new(START_LINE, DataType::UInt32, false),
        Field::new(END_LINE, DataType::UInt32, false),
        Field::new(RENDERED, DataType::Boolean, false),
        Field::new(TEXT, DataType::Utf8, false),
    ];
    if format == OLD_FORMAT {
        fields.push(Field::new(SEARCH_TEXT, DataType::Utf8, false));
    } else {
        // Read only when an index is made, so it may be packed tightly.
        fields.push(Field::new(TERMS, DataType::Utf8, false).with_metadata(packed()));
        fields.push(Field::new(UNITS, DataType::Binary, true));
        fields.push(Field::new(LANGUAGE, DataType::Utf8, false));
    }
    fields.push(Field::new(OFFSETS, DataType::Binary, true));
    fields.push(Field::new(VECTOR, vector, false));
    let metadata = HashMap::from([
        (FORMAT_KEY.to_owned(), format.to_string()),
        (EMBEDDER_KEY.to_owned(), embedder.to_owned()),
        (DIMENSION_KEY.to_owned(), dimension.to_string()),
    ]);
    Ok(Arc::new(Schema::new_with_metadata(fields, metadata)))
}

/// Has Lance pack a column with zstd.
fn packed() -> HashMap<String, String> {
    HashMap::from([("lance-encoding:compression".to_owned(), "zstd".to_owned())])
}

/// What the metadata of a table records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    /// Format of the table.
    pub(super) format: u32,
    /// Id of the embedder.
    pub(super) embedder: String,
    /// Length of the vectors.
    pub(super) dimension: usize,
}

impl Identity {
    /// Reads it from a table's schema.
    pub(super) fn read(schema: &Schema, dir: &Path) -> Result<Self, StoreError> {
        let damaged = |key: &str| StoreError::Damaged {
            dir: dir.to_owned(),
            reason: format!("its table has no usable record of `{key}`"),
        };
        let value = |key: &str| schema.metadata().get(key).ok_or_else(|| damaged(key));
        let format: u32 = value(FORMAT_KEY)?.parse().map_err(|_| damaged(FORMAT_KEY))?;
        if format > FORMAT {
            return Err(StoreError::NewerSchema {
                dir: dir.to_owned(),
                found: format,
                known: FORMAT,
            });
        }
        Ok(Self {
            format,
            embedder: value(EMBEDDER_KEY)?.clone(),
            dimension: value(DIMENSION_KEY)?.parse().map_err(|_| damaged(DIMENSION_KEY))?,
        })
    }

    /// Whether its passages were split into words by LanceDB, in the way of
    /// format 1.
    pub(super) fn is_old(&self) -> bool {
        self.format <= OLD_FORMAT
    }

    /// Refuses another embedder.
    pub(super) fn check(&self, embedder: &str, dimension: usize) -> Result<(), StoreError> {
        if self.embedder != embedder {
            return Err(StoreError::OtherEmbedder {
                found: self.embedder.clone(),
                wanted: embedder.to_owned(),
            });
        }
        if self.dimension != dimension {
            return Err(StoreError::OtherDimension {
                embedder: embedder.to_owned(),
                found: self.dimension,
                wanted: dimension,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(key: &str, value: &str) -> Schema {
        let schema = table_schema(FORMAT, "builtin", 4).unwrap();
        let mut metadata = schema.metadata().clone();
        metadata.insert(key.to_owned(), value.to_owned());
        schema.as_ref().clone().with_metadata(metadata)
    }

    #[test]
    fn metadata_gives_the_identity_back() {
        let schema = table_schema(FORMAT, "builtin", 4).unwrap();
        let identity = Identity::read(&schema, Path::new("/kb")).unwrap();
        assert_eq!(identity.embedder, "builtin");
        assert_eq!((identity.format, identity.dimension), (FORMAT, 4));
        assert!(identity.check("builtin", 4).is_ok());
        assert!(matches!(identity.check("other", 4), Err(StoreError::OtherEmbedder { .. })));
        assert!(matches!(identity.check("builtin", 8), Err(StoreError::OtherDimension { .. })));
    }

    #[test]
    fn a_newer_format_and_a_foreign_table_are_refused() {
        let newer = Identity::read(&with(FORMAT_KEY, "3"), Path::new("/kb"));
        assert!(matches!(newer, Err(StoreError::NewerSchema { found: 3, .. })));
        let foreign = Identity::read(&Schema::empty(), Path::new("/kb"));
        assert!(matches!(foreign, Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn a_vector_needs_a_length() {
        assert!(table_schema(FORMAT, "builtin", 0).is_err());
        assert!(table_schema(FORMAT, "builtin", usize::MAX).is_err());
    }
}
