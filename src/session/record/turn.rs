//! A turn as files hold it, in sessions and in exports.
//!
//! The records are the format: they are written and read field by field, so
//! that a turn may change in the program without changing a file. A field that
//! a file lacks has its default, and one that isn't known is passed over.

use super::answer::{AlternativeRecord, CitationRecord, DroppedRecord};
use super::kinds::{ModeRecord, StrategyRecord};
use super::parts::{RangeRecord, records, values};
use super::source::SourceRecord;
use super::stats::{GenerationRecord, LedgerRecord, TimingsRecord};
use crate::domain::{Outcome, Turn, TurnId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// [`Turn`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::session) struct TurnRecord<'a> {
    id: TurnId,
    parent: Option<TurnId>,
    asked_ms: i64,
    pub(in crate::session) question: Cow<'a, str>,
    text: Cow<'a, str>,
    thought: Cow<'a, str>,
    outcome: OutcomeRecord<'a>,
    mode: ModeRecord,
    strategy: StrategyRecord,
    model: Cow<'a, str>,
    alternatives: Vec<AlternativeRecord<'a>>,
    adapter: Option<Cow<'a, str>>,
    answers: Option<f32>,
    quoted: bool,
    citations: Vec<CitationRecord<'a>>,
    dropped: Vec<DroppedRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    uncited: Vec<RangeRecord<usize>>,
    sources: Vec<SourceRecord<'a>>,
    ledger: LedgerRecord,
    search: TimingsRecord,
    searched: Vec<Cow<'a, str>>,
    generation: Option<GenerationRecord<'a>>,
}

impl<'a> From<&'a Turn> for TurnRecord<'a> {
    fn from(turn: &'a Turn) -> Self {
        let &Turn {
            id,
            parent,
            asked_ms,
            ref question,
            ref text,
            ref thought,
            ref outcome,
            mode,
            strategy,
            ref model,
            ref alternatives,
            ref adapter,
            answers,
            quoted,
            ref citations,
            ref dropped,
            ref uncited,
            ref sources,
            ref ledger,
            ref search,
            ref searched,
            ref generation,
            // A record of its own says it.
            good: _,
        } = turn;
        Self {
            id,
            parent,
            asked_ms,
            question: question.into(),
            text: text.into(),
            thought: thought.into(),
            outcome: outcome.into(),
            mode: mode.into(),
            strategy: strategy.into(),
            model: model.into(),
            alternatives: records(alternatives),
            adapter: adapter.as_ref().map(Into::into),
            answers,
            quoted,
            citations: records(citations),
            dropped: records(dropped),
            uncited: uncited.iter().map(|range| (*range).into()).collect(),
            sources: records(sources),
            ledger: ledger.into(),
            search: search.into(),
            searched: records(searched),
            generation: generation.as_ref().map(Into::into),
        }
    }
}

impl From<TurnRecord<'_>> for Turn {
    fn from(record: TurnRecord<'_>) -> Self {
        Self {
            id: record.id,
            parent: record.parent,
            asked_ms: record.asked_ms,
            question: record.question.into_owned(),
            text: record.text.into_owned(),
            thought: record.thought.into_owned(),
            outcome: record.outcome.into(),
            mode: record.mode.into(),
            strategy: record.strategy.into(),
            model: record.model.into_owned(),
            alternatives: values(record.alternatives),
            adapter: record.adapter.map(Cow::into_owned),
            answers: record.answers,
            quoted: record.quoted,
            citations: values(record.citations),
            dropped: values(record.dropped),
            uncited: values(record.uncited),
            sources: values(record.sources),
            ledger: record.ledger.into(),
            search: record.search.into(),
            searched: values(record.searched),
            generation: record.generation.map(Into::into),
            good: false,
        }
    }
}

/// [`Outcome`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
enum OutcomeRecord<'a> {
    #[default]
    Pending,
    Answered,
    NotAnswered,
    Cut,
    Cancelled,
    Failed {
        message: Cow<'a, str>,
    },
}

impl<'a> From<&'a Outcome> for OutcomeRecord<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Pending => Self::Pending,
            Outcome::Answered => Self::Answered,
            Outcome::NotAnswered => Self::NotAnswered,
            Outcome::Cut => Self::Cut,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Failed { message } => Self::Failed { message: message.into() },
        }
    }
}

impl From<OutcomeRecord<'_>> for Outcome {
    fn from(record: OutcomeRecord<'_>) -> Self {
        match record {
            OutcomeRecord::Pending => Self::Pending,
            OutcomeRecord::Answered => Self::Answered,
            OutcomeRecord::NotAnswered => Self::NotAnswered,
            OutcomeRecord::Cut => Self::Cut,
            OutcomeRecord::Cancelled => Self::Cancelled,
            OutcomeRecord::Failed { message } => Self::Failed { message: message.into_owned() },
        }
    }
}
