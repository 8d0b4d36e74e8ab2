//! Counts and times of a search and of an answer.

use std::time::Duration;

/// Milliseconds with fractions, for people and JSON.
#[must_use]
pub fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

/// Where the time of a search went, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SearchTimings {
    /// Embedding the question.
    pub embed_ms: f64,
    /// The vector leg.
    pub vector_ms: f64,
    /// The full-text leg, which runs beside the vector leg.
    pub full_text_ms: f64,
    /// Fusing both and fetching the passages.
    pub fuse_ms: f64,
    /// All of it.
    pub total_ms: f64,
}

/// Tokens of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTokens {
    /// The source's number.
    pub number: usize,
    /// Its tokens.
    pub tokens: usize,
    /// Whether it is in the prompt.
    pub used: bool,
}

/// Where the model's window went, in tokens of its own tokenizer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The window: prompt and answer together.
    pub window: usize,
    /// The system text, with the examples behind it.
    pub system: usize,
    /// Earlier turns.
    pub history: usize,
    /// The question, as often as it stands in the prompt.
    pub question: usize,
    /// Each source, used or left out.
    pub sources: Vec<SourceTokens>,
    /// What the chat template puts around the texts.
    pub template: usize,
    /// Kept free for the answer.
    pub reserve: usize,
    /// The whole prompt as the model gets it.
    pub prompt: usize,
    /// Whether the counts are estimates, since no tokenizer was at hand.
    pub estimated: bool,
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// The model ended its answer.
    Stop,
    /// The limit of tokens was reached.
    Length,
    /// What remained was certain (one alternative of the grammar left), so it
    /// was printed without decoding it.
    Determined,
    /// The answer repeated itself, so it was ended there.
    Repeated,
    /// Cancelled by the user.
    Cancelled,
    /// Nothing was generated: there was nothing to answer from.
    NotGenerated,
}

/// How an answer was generated.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerationStats {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Whether these are an estimate.
    pub estimated: bool,
    /// Of these, tokens that an earlier prompt had brought into the cache and
    /// that were not read again.
    pub reused_tokens: usize,
    /// Tokens decoded, shown or not.
    pub completion_tokens: usize,
    /// Of these, tokens of thought.
    pub reasoning_tokens: usize,
    /// From the request to the first text, in milliseconds.
    pub time_to_first_token_ms: f64,
    /// Prompt tokens per second.
    pub prompt_tokens_per_s: f64,
    /// Decoded tokens per second, after the first.
    pub decode_tokens_per_s: f64,
    /// All of it, in milliseconds.
    pub total_ms: f64,
    /// Why it ended.
    pub finish_reason: FinishReason,
    /// Name of the model.
    pub model: String,
    /// How its weights are quantized, `none` if not.
    pub quantization: String,
    /// Where it runs, `cpu`, `cuda:0` or `metal`.
    pub device: String,
    /// The engine that ran it, and why; empty in records of earlier versions.
    pub engine: String,
    /// Resident memory of the process after the answer, in bytes.
    pub resident_bytes: u64,
}
