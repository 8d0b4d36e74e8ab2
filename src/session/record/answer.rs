//! What an answer says and cites, as files hold it.

use super::kinds::SupportRecord;
use super::locator::LocatorRecord;
use super::parts::{RangeRecord, double};
use crate::domain::{Alternative, Citation, DroppedCitation};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// [`Citation`] in a file. Its locator is flat: lines and bytes for a text file,
/// a place for what has pages or the like. Without either it is of a kind that
/// only a newer lorag knows, which is refused and not misread.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CitationRecord<'a> {
    #[serde(default)]
    number: usize,
    #[serde(default)]
    path: Cow<'a, str>,
    #[serde(flatten)]
    locator: LocatorRecord<'a>,
    #[serde(default)]
    quote: Cow<'a, str>,
    #[serde(default)]
    rendered: bool,
    #[serde(default)]
    mark: RangeRecord<usize>,
    #[serde(default)]
    support: SupportRecord,
    #[serde(default)]
    answers: Option<f32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    found: bool,
}

impl<'a> From<&'a Citation> for CitationRecord<'a> {
    fn from(citation: &'a Citation) -> Self {
        let &Citation {
            number,
            ref path,
            ref locator,
            ref quote,
            rendered,
            mark,
            support,
            answers,
            found,
        } = citation;
        Self {
            number,
            path: path.into(),
            locator: locator.into(),
            quote: quote.into(),
            rendered,
            mark: mark.into(),
            support: support.into(),
            answers,
            found,
        }
    }
}

impl From<CitationRecord<'_>> for Citation {
    fn from(record: CitationRecord<'_>) -> Self {
        Self {
            number: record.number,
            path: record.path.into_owned(),
            locator: record.locator.into(),
            quote: record.quote.into_owned(),
            rendered: record.rendered,
            mark: record.mark.into(),
            support: record.support.into(),
            answers: record.answers,
            found: record.found,
        }
    }
}

/// [`DroppedCitation`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DroppedRecord {
    number: usize,
    at: usize,
}

impl From<&DroppedCitation> for DroppedRecord {
    fn from(&DroppedCitation { number, at }: &DroppedCitation) -> Self {
        Self { number, at }
    }
}

impl From<DroppedRecord> for DroppedCitation {
    fn from(DroppedRecord { number, at }: DroppedRecord) -> Self {
        Self { number, at }
    }
}

/// [`Alternative`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AlternativeRecord<'a> {
    number: usize,
    text: Cow<'a, str>,
    source: f64,
    log_likelihood: f64,
    share: f64,
}

impl<'a> From<&'a Alternative> for AlternativeRecord<'a> {
    fn from(alternative: &'a Alternative) -> Self {
        let &Alternative { number, ref text, source, log_likelihood, share } = alternative;
        Self {
            number,
            text: text.into(),
            source: double(source),
            log_likelihood: double(log_likelihood),
            share: double(share),
        }
    }
}

impl From<AlternativeRecord<'_>> for Alternative {
    fn from(record: AlternativeRecord<'_>) -> Self {
        let AlternativeRecord { number, text, source, log_likelihood, share } = record;
        Self { number, text: text.into_owned(), source, log_likelihood, share }
    }
}
