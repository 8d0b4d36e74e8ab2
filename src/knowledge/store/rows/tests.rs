//! Chunks to rows and back, and rows that are refused.

use super::super::schema::{FORMAT, OLD_FORMAT, table_schema};
use super::super::tests::file;
use super::*;
use crate::domain::{Unit, UnitKind};

/// What a query gives back: the same batch with row ids.
fn with_row_ids(batch: &RecordBatch) -> RecordBatch {
    let ids: ArrayRef = Arc::new(UInt64Array::from_iter_values(0..batch.num_rows() as u64));
    let mut columns = vec![(column::ROW_ID.to_owned(), ids, false)];
    for (field, values) in batch.schema().fields().iter().zip(batch.columns()) {
        columns.push((field.name().clone(), values.clone(), field.is_nullable()));
    }
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

#[test]
fn chunks_come_back_as_they_were() {
    let mut rows = file("main", "/it's/a.md", &["first", "second passage"]);
    let (chunk, _) = &mut rows.chunks[1];
    chunk.heading = vec!["Guide \"one\"".to_owned(), "Install › now".to_owned()];
    chunk.rendered = true;
    chunk.offsets = OffsetMap::default();
    chunk.offsets.push(7, 14, 1, 2);
    chunk.language = "de".to_owned();
    chunk.units = vec![Unit {
        kind: UnitKind::Row,
        within: ByteRange::new(0, 6),
        context: "Tanks".to_owned(),
    }];
    let schema = table_schema(FORMAT, "builtin", 4).unwrap();
    let batch = to_batch(&schema, 4, std::slice::from_ref(&rows)).unwrap();
    assert_eq!(batch.num_rows(), 2);
    let back = to_chunks(&with_row_ids(&batch), Path::new("/kb")).unwrap();
    let chunks: Vec<Chunk> = back.into_iter().map(|(_, chunk)| chunk).collect();
    let sent: Vec<Chunk> = rows.chunks.into_iter().map(|(chunk, _)| chunk).collect();
    assert_eq!(chunks, sent);
}

#[test]
fn a_table_of_the_format_before_takes_and_gives_chunks_without_units() {
    let rows = file("main", "/a.md", &["first"]);
    let schema = table_schema(OLD_FORMAT, "builtin", 4).unwrap();
    assert!(schema.column_with_name(column::SEARCH_TEXT).is_some());
    let batch = to_batch(&schema, 4, std::slice::from_ref(&rows)).unwrap();
    let back = to_chunks(&with_row_ids(&batch), Path::new("/kb")).unwrap();
    assert_eq!(back[0].1, rows.chunks[0].0);
    assert!(!chunk_columns(true).contains(&column::UNITS));
    assert!(chunk_columns(false).contains(&column::LANGUAGE));
}

#[test]
fn offsets_are_stored_only_where_the_text_is_not_verbatim() {
    let rows = file("main", "/a.md", &["first"]);
    let schema = table_schema(FORMAT, "builtin", 4).unwrap();
    let batch = to_batch(&schema, 4, &[rows]).unwrap();
    assert_eq!(batch.column_by_name(column::OFFSETS).unwrap().null_count(), 1);
}

#[test]
fn bad_rows_are_refused() {
    let schema = table_schema(FORMAT, "builtin", 4).unwrap();
    let mut short = file("main", "/a.md", &["first"]);
    short.chunks[0].1.pop();
    assert!(to_batch(&schema, 4, &[short]).is_err());
    let mut wild = file("main", "/a.md", &["first"]);
    wild.chunks[0].1[0] = f32::NAN;
    assert!(to_batch(&schema, 4, &[wild]).is_err());
    let twice = file("main", "/a.md", &["first"]);
    assert!(to_batch(&schema, 4, &[twice.clone(), twice]).is_err());
}

#[test]
fn vectors_are_scaled_to_length_one() {
    assert_eq!(unit(&[3.0, 4.0]), Some(vec![0.6, 0.8]));
    assert_eq!(unit(&[0.0, 0.0]), Some(vec![0.0, 0.0]));
    assert_eq!(unit(&[f32::INFINITY, 0.0]), None);
}
