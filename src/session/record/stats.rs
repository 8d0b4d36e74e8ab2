//! Counts and times of a turn as files hold them.

use super::kinds::FinishRecord;
use super::parts::{double, records, values};
use crate::domain::{GenerationStats, Ledger, SearchTimings, SourceTokens};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// [`SearchTimings`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct TimingsRecord {
    embed_ms: f64,
    vector_ms: f64,
    full_text_ms: f64,
    fuse_ms: f64,
    total_ms: f64,
}

impl From<&SearchTimings> for TimingsRecord {
    fn from(timings: &SearchTimings) -> Self {
        let SearchTimings { embed_ms, vector_ms, full_text_ms, fuse_ms, total_ms } = *timings;
        Self {
            embed_ms: double(embed_ms),
            vector_ms: double(vector_ms),
            full_text_ms: double(full_text_ms),
            fuse_ms: double(fuse_ms),
            total_ms: double(total_ms),
        }
    }
}

impl From<TimingsRecord> for SearchTimings {
    fn from(record: TimingsRecord) -> Self {
        let TimingsRecord { embed_ms, vector_ms, full_text_ms, fuse_ms, total_ms } = record;
        Self { embed_ms, vector_ms, full_text_ms, fuse_ms, total_ms }
    }
}

/// [`SourceTokens`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct TokensRecord {
    number: usize,
    tokens: usize,
    used: bool,
}

impl From<&SourceTokens> for TokensRecord {
    fn from(&SourceTokens { number, tokens, used }: &SourceTokens) -> Self {
        Self { number, tokens, used }
    }
}

impl From<TokensRecord> for SourceTokens {
    fn from(TokensRecord { number, tokens, used }: TokensRecord) -> Self {
        Self { number, tokens, used }
    }
}

/// [`Ledger`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct LedgerRecord {
    window: usize,
    system: usize,
    history: usize,
    question: usize,
    sources: Vec<TokensRecord>,
    template: usize,
    reserve: usize,
    prompt: usize,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    estimated: bool,
}

impl From<&Ledger> for LedgerRecord {
    fn from(ledger: &Ledger) -> Self {
        let &Ledger {
            window,
            system,
            history,
            question,
            ref sources,
            template,
            reserve,
            prompt,
            estimated,
        } = ledger;
        let sources = records(sources);
        Self { window, system, history, question, sources, template, reserve, prompt, estimated }
    }
}

impl From<LedgerRecord> for Ledger {
    fn from(record: LedgerRecord) -> Self {
        Self {
            window: record.window,
            system: record.system,
            history: record.history,
            question: record.question,
            sources: values(record.sources),
            template: record.template,
            reserve: record.reserve,
            prompt: record.prompt,
            estimated: record.estimated,
        }
    }
}

/// [`GenerationStats`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct GenerationRecord<'a> {
    prompt_tokens: usize,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    estimated: bool,
    reused_tokens: usize,
    completion_tokens: usize,
    reasoning_tokens: usize,
    time_to_first_token_ms: f64,
    prompt_tokens_per_s: f64,
    decode_tokens_per_s: f64,
    total_ms: f64,
    finish_reason: FinishRecord,
    model: Cow<'a, str>,
    quantization: Cow<'a, str>,
    device: Cow<'a, str>,
    engine: Cow<'a, str>,
    resident_bytes: u64,
}

impl<'a> From<&'a GenerationStats> for GenerationRecord<'a> {
    fn from(stats: &'a GenerationStats) -> Self {
        let &GenerationStats {
            prompt_tokens,
            estimated,
            reused_tokens,
            completion_tokens,
            reasoning_tokens,
            time_to_first_token_ms,
            prompt_tokens_per_s,
            decode_tokens_per_s,
            total_ms,
            finish_reason,
            ref model,
            ref quantization,
            ref device,
            ref engine,
            resident_bytes,
        } = stats;
        Self {
            prompt_tokens,
            estimated,
            reused_tokens,
            completion_tokens,
            reasoning_tokens,
            time_to_first_token_ms: double(time_to_first_token_ms),
            prompt_tokens_per_s: double(prompt_tokens_per_s),
            decode_tokens_per_s: double(decode_tokens_per_s),
            total_ms: double(total_ms),
            finish_reason: finish_reason.into(),
            model: model.into(),
            quantization: quantization.into(),
            device: device.into(),
            engine: engine.into(),
            resident_bytes,
        }
    }
}

impl From<GenerationRecord<'_>> for GenerationStats {
    fn from(record: GenerationRecord<'_>) -> Self {
        Self {
            prompt_tokens: record.prompt_tokens,
            estimated: record.estimated,
            reused_tokens: record.reused_tokens,
            completion_tokens: record.completion_tokens,
            reasoning_tokens: record.reasoning_tokens,
            time_to_first_token_ms: record.time_to_first_token_ms,
            prompt_tokens_per_s: record.prompt_tokens_per_s,
            decode_tokens_per_s: record.decode_tokens_per_s,
            total_ms: record.total_ms,
            finish_reason: record.finish_reason.into(),
            model: record.model.into_owned(),
            quantization: record.quantization.into_owned(),
            device: record.device.into_owned(),
            engine: record.engine.into_owned(),
            resident_bytes: record.resident_bytes,
        }
    }
}
