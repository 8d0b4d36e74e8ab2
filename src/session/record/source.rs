//! Sources of a turn as files hold them: passages, how they were found, what
//! of them was read.

use super::kinds::{LeftOutRecord, UnitKindRecord};
use super::locator::MarkRecord;
use super::parts::{RangeRecord, records, single, values};
use crate::domain::{Chunk, FullTextLeg, Hit, OffsetMap, Run, Sentence, Source, Unit, VectorLeg};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// [`Source`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct SourceRecord<'a> {
    number: usize,
    hit: HitRecord<'a>,
    sentences: Vec<SentenceRecord<'a>>,
    compressed: bool,
    tokens: usize,
    left_out: Option<LeftOutRecord>,
}

impl<'a> From<&'a Source> for SourceRecord<'a> {
    fn from(source: &'a Source) -> Self {
        let &Source { number, ref hit, ref sentences, compressed, tokens, left_out } = source;
        let (hit, sentences) = (hit.into(), records(sentences));
        Self { number, hit, sentences, compressed, tokens, left_out: left_out.map(Into::into) }
    }
}

impl From<SourceRecord<'_>> for Source {
    fn from(record: SourceRecord<'_>) -> Self {
        let SourceRecord { number, hit, sentences, compressed, tokens, left_out } = record;
        let (hit, sentences) = (hit.into(), values(sentences));
        Self { number, hit, sentences, compressed, tokens, left_out: left_out.map(Into::into) }
    }
}

/// [`Sentence`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct SentenceRecord<'a> {
    text: Cow<'a, str>,
    within: RangeRecord<usize>,
    bytes: RangeRecord<usize>,
    lines: RangeRecord<u32>,
    score: f32,
    answers: Option<f32>,
}

impl<'a> From<&'a Sentence> for SentenceRecord<'a> {
    fn from(sentence: &'a Sentence) -> Self {
        let &Sentence { ref text, within, bytes, lines, score, answers } = sentence;
        Self {
            text: text.into(),
            within: within.into(),
            bytes: bytes.into(),
            lines: lines.into(),
            score: single(score),
            answers,
        }
    }
}

impl From<SentenceRecord<'_>> for Sentence {
    fn from(record: SentenceRecord<'_>) -> Self {
        Self {
            text: record.text.into_owned(),
            within: record.within.into(),
            bytes: record.bytes.into(),
            lines: record.lines.into(),
            score: record.score,
            answers: record.answers,
        }
    }
}

/// [`Hit`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct HitRecord<'a> {
    chunk: ChunkRecord<'a>,
    rank: usize,
    score: f32,
    vector: Option<VectorRecord>,
    full_text: Option<FullTextRecord>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stale: bool,
}

impl<'a> From<&'a Hit> for HitRecord<'a> {
    fn from(hit: &'a Hit) -> Self {
        let &Hit { ref chunk, rank, score, vector, full_text, stale } = hit;
        Self {
            chunk: chunk.into(),
            rank,
            score: single(score),
            vector: vector
                .map(|VectorLeg { rank, distance }| (rank, single(distance)))
                .map(|(rank, distance)| VectorRecord { rank, distance }),
            full_text: full_text
                .map(|FullTextLeg { rank, score }| (rank, single(score)))
                .map(|(rank, score)| FullTextRecord { rank, score }),
            stale,
        }
    }
}

impl From<HitRecord<'_>> for Hit {
    fn from(record: HitRecord<'_>) -> Self {
        let HitRecord { chunk, rank, score, vector, full_text, stale } = record;
        Self {
            chunk: chunk.into(),
            rank,
            score,
            vector: vector.map(|VectorRecord { rank, distance }| VectorLeg { rank, distance }),
            full_text: full_text.map(|FullTextRecord { rank, score }| FullTextLeg { rank, score }),
            stale,
        }
    }
}

/// [`VectorLeg`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct VectorRecord {
    rank: usize,
    distance: f32,
}

/// [`FullTextLeg`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct FullTextRecord {
    rank: usize,
    score: f32,
}

/// [`Chunk`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ChunkRecord<'a> {
    id: Cow<'a, str>,
    path: Cow<'a, str>,
    collection: Cow<'a, str>,
    heading: Vec<Cow<'a, str>>,
    bytes: RangeRecord<usize>,
    lines: RangeRecord<u32>,
    text: Cow<'a, str>,
    offsets: Vec<RunRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<MarkRecord<'a>>,
    rendered: bool,
    index: u32,
    file_hash: Cow<'a, str>,
    modified: i64,
    units: Vec<UnitRecord<'a>>,
    language: Cow<'a, str>,
}

impl<'a> From<&'a Chunk> for ChunkRecord<'a> {
    fn from(chunk: &'a Chunk) -> Self {
        let &Chunk {
            ref id,
            ref path,
            ref collection,
            ref heading,
            bytes,
            lines,
            ref text,
            ref offsets,
            rendered,
            index,
            ref file_hash,
            modified,
            ref units,
            ref language,
        } = chunk;
        Self {
            id: id.into(),
            path: path.into(),
            collection: collection.into(),
            heading: records(heading),
            bytes: bytes.into(),
            lines: lines.into(),
            text: text.into(),
            offsets: records(offsets.runs()),
            places: records(offsets.marks()),
            rendered,
            index,
            file_hash: file_hash.into(),
            modified,
            units: records(units),
            language: language.into(),
        }
    }
}

impl From<ChunkRecord<'_>> for Chunk {
    fn from(record: ChunkRecord<'_>) -> Self {
        Self {
            id: record.id.into_owned(),
            path: record.path.into_owned(),
            collection: record.collection.into_owned(),
            heading: values(record.heading),
            bytes: record.bytes.into(),
            lines: record.lines.into(),
            text: record.text.into_owned(),
            offsets: OffsetMap::of(record.offsets.into_iter().map(Into::into))
                .with_marks(record.places.into_iter().map(Into::into)),
            rendered: record.rendered,
            index: record.index,
            file_hash: record.file_hash.into_owned(),
            modified: record.modified,
            units: values(record.units),
            language: record.language.into_owned(),
        }
    }
}

/// [`Run`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct RunRecord {
    text: usize,
    file: usize,
    count: usize,
    text_unit: usize,
    file_unit: usize,
}

impl From<&Run> for RunRecord {
    fn from(&Run { text, file, count, text_unit, file_unit }: &Run) -> Self {
        Self { text, file, count, text_unit, file_unit }
    }
}

impl From<RunRecord> for Run {
    fn from(RunRecord { text, file, count, text_unit, file_unit }: RunRecord) -> Self {
        Self { text, file, count, text_unit, file_unit }
    }
}

/// [`Unit`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct UnitRecord<'a> {
    kind: UnitKindRecord,
    within: RangeRecord<usize>,
    context: Cow<'a, str>,
}

impl<'a> From<&'a Unit> for UnitRecord<'a> {
    fn from(Unit { kind, within, context }: &'a Unit) -> Self {
        Self { kind: (*kind).into(), within: (*within).into(), context: context.into() }
    }
}

impl From<UnitRecord<'_>> for Unit {
    fn from(UnitRecord { kind, within, context }: UnitRecord<'_>) -> Self {
        Self { kind: kind.into(), within: within.into(), context: context.into_owned() }
    }
}
