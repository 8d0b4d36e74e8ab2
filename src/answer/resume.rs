//! The prompt that has a model go on with an answer that was cut.
//!
//! The engine can't begin a model's message for it, so the conversation says
//! it: the cut answer as the model's message, and the request to go on.

use super::Ask;
use crate::domain::Source;
use crate::engine::prompt::{self, Prompt};
use crate::engine::{EngineError, Message, Role};

/// What the model is asked behind its cut answer.
pub(super) const CONTINUE: &str = "Continue exactly where you stopped. Do not repeat anything, \
                                   and cite the sources as before.";

/// Most attempts to make room for the cut answer.
const ATTEMPTS: usize = 4;

/// The prompt for the question, its sources and the beginning of the answer.
/// The ledger counts the beginning and the request to go on as history.
///
/// # Errors
/// [`EngineError::TooLong`] where question and beginning don't fit.
pub(super) fn prompt(
    ask: &Ask<'_>,
    beginning: &str,
    sources: &mut [Source],
    reserve: usize,
) -> Result<Prompt, EngineError> {
    let engine = ask.engine;
    let tail = [
        Message { role: Role::Assistant, text: beginning.to_owned() },
        Message { role: Role::User, text: CONTINUE.to_owned() },
    ];
    let texts = engine.count(beginning) + engine.count(CONTINUE);
    let window = engine.info().window;
    let window = ask.manner.window.map_or(window, |own| own.min(window));
    let too_long =
        |prompt: usize| EngineError::TooLong { prompt, window: window.saturating_sub(reserve) };
    let (mut taken, mut whole) = (texts, 0);
    for _ in 0..ATTEMPTS {
        let kept = reserve + taken;
        let built = prompt::build(engine, ask.manner, ask.question, ask.history, sources, kept);
        let mut prompt = built.map_err(|error| match error {
            EngineError::TooLong { prompt, .. } => too_long(prompt + taken),
            other => other,
        })?;
        prompt.messages.extend_from_slice(&tail);
        whole = engine.count_prompt(&prompt.messages)?;
        // With what the chat template puts around the two messages.
        taken = whole.saturating_sub(prompt.ledger.prompt).max(taken);
        if whole + reserve <= window {
            let ledger = &mut prompt.ledger;
            ledger.history += texts;
            ledger.template += whole.saturating_sub(ledger.prompt + texts);
            ledger.reserve = reserve;
            ledger.prompt = whole;
            return Ok(prompt);
        }
    }
    Err(too_long(whole))
}
