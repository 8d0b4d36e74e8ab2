//! Figures of the answer that is shown, as far as they are known.

use super::super::theme::Theme;
use super::format::{ABOUT, finish, milliseconds, rate, tenths, tokens};
use super::gauge::sparkline;
use crate::app::State;
use crate::app::state::{Entry, Phase, Running};
use crate::domain::GenerationStats;
use ratatui::text::Line;

/// Figures of an answer that is done or being made.
#[derive(Default)]
pub(super) struct Figures {
    /// From the question to the first token.
    pub(super) first_token: Option<String>,
    /// How fast the prompt was read.
    pub(super) prompt: Option<String>,
    /// How fast the answer is written.
    pub(super) decode: Option<String>,
    /// Tokens read and written.
    pub(super) tokens: Option<String>,
    /// Why it ended, or how far it is.
    pub(super) finish: Option<String>,
    /// All the time it took.
    pub(super) time: Option<String>,
}

impl Figures {
    /// Those of the shown answer.
    pub(super) fn of(state: &State) -> Self {
        let entry = state.current();
        let running = entry.and_then(|entry| state.running_turn(entry.turn.id));
        match (running, entry.and_then(|entry| entry.turn.generation.as_ref())) {
            (Some(running), _) if !running.keeping => Self::of_running(state, running, entry),
            (_, Some(stats)) => Self::of_done(stats),
            (_, None) => Self::default(),
        }
    }

    fn of_done(stats: &GenerationStats) -> Self {
        let generated = stats.completion_tokens > 0;
        Self {
            first_token: generated.then(|| milliseconds(stats.time_to_first_token_ms)),
            prompt: (stats.prompt_tokens_per_s > 0.0).then(|| rate(stats.prompt_tokens_per_s)),
            decode: (stats.decode_tokens_per_s > 0.0).then(|| rate(stats.decode_tokens_per_s)),
            tokens: Some(format!(
                "{}{}",
                if stats.estimated { ABOUT } else { "" },
                tokens(stats.prompt_tokens, stats.reused_tokens, stats.completion_tokens)
            )),
            finish: Some(finish(stats.finish_reason).to_owned()),
            time: Some(tenths(stats.total_ms as i64)),
        }
    }

    fn of_running(state: &State, running: &Running, entry: Option<&Entry>) -> Self {
        let phase = match entry.map(|entry| entry.phase).unwrap_or_default() {
            Phase::Done => "done",
            Phase::WaitingForModel | Phase::WaitingForIndex => "waiting",
            Phase::Searching => "searching",
            Phase::Reading => "reading",
            Phase::Writing => "writing",
        };
        let first = running.first_token_ms.map(|at| (at - running.since_ms).max(0) as f64);
        let prompt = entry.map_or(0, |entry| entry.turn.ledger.prompt);
        Self {
            first_token: first.map(milliseconds),
            prompt: None,
            decode: state.live.rates.back().map(|newest| rate(*newest)),
            tokens: (prompt + running.tokens > 0).then(|| tokens(prompt, 0, running.tokens)),
            finish: Some(phase.to_owned()),
            time: Some(tenths(state.now_ms - running.since_ms)),
        }
    }
}

/// How fast the shown answer was written over the last moments. The rates are
/// those of the last answer, so that there are none while another is shown.
pub(super) fn rates(state: &State, columns: usize, theme: &Theme) -> Line<'static> {
    let newest = state.conversation.entries().last().map(|entry| entry.turn.id);
    let shown = state.current().is_some_and(|entry| Some(entry.turn.id) == newest);
    let rates = state.live.rates.iter().take(if shown { usize::MAX } else { 0 });
    sparkline(rates, columns, theme)
}
