//! Counts and times of one generation.

use super::{Ask, resident_bytes};
use crate::domain::{FinishReason, GenerationStats, millis};
use crate::engine::End;
use std::time::{Duration, Instant};

/// Counts tokens and times of the generation.
pub(super) struct Meter {
    started: Instant,
    first: Option<Duration>,
    /// Tokens so far, of thought or answer.
    pub tokens: usize,
    /// Tokens of thought so far.
    pub thoughts: usize,
    end: Option<End>,
}

impl Meter {
    /// For a question that was asked at `started`.
    pub(super) fn new(started: Instant) -> Self {
        Self { started, first: None, tokens: 0, thoughts: 0, end: None }
    }

    /// One more token.
    pub(super) fn token(&mut self, thought: bool) {
        self.first.get_or_insert_with(|| self.started.elapsed());
        self.tokens += 1;
        self.thoughts += usize::from(thought);
    }

    /// The engine's own numbers.
    pub(super) fn end(&mut self, end: End) {
        self.end = Some(end);
    }

    /// All of it, for a prompt of so many tokens.
    pub(super) fn stats(
        &self,
        ask: &Ask<'_>,
        prompt: usize,
        reason: FinishReason,
    ) -> GenerationStats {
        let total = self.started.elapsed();
        let first = self.first.unwrap_or(total);
        let info = ask.engine.info();
        // A server knows better than what was counted before it was asked.
        let counted = self.end.filter(|_| info.remote);
        let prompt = counted.map_or(prompt, |end| end.prompt_tokens);
        let estimated = counted.map_or(info.estimated, |end| end.estimated);
        let decoded = self.end.map_or(self.tokens, |e| e.completion_tokens.max(self.tokens));
        let prompt_s = self.end.map(|e| e.prompt_s).filter(|s| *s > 0.0);
        let reused = self.end.map_or(0, |e| e.reused_tokens);
        let decode_s = total.saturating_sub(first).as_secs_f64();
        let rate = |count: usize, seconds: f64| {
            if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
        };
        let generated = reason != FinishReason::NotGenerated && decoded > 0;
        GenerationStats {
            prompt_tokens: prompt,
            estimated,
            reused_tokens: reused,
            completion_tokens: decoded,
            reasoning_tokens: self.thoughts,
            time_to_first_token_ms: millis(first),
            prompt_tokens_per_s: if generated {
                rate(prompt.saturating_sub(reused), prompt_s.unwrap_or(first.as_secs_f64()))
            } else {
                0.0
            },
            decode_tokens_per_s: rate(decoded.saturating_sub(1), decode_s),
            total_ms: millis(total),
            finish_reason: reason,
            model: info.name.clone(),
            quantization: info.quantization.clone(),
            device: info.device.clone(),
            engine: info.engine.clone(),
            resident_bytes: resident_bytes(),
        }
    }
}
