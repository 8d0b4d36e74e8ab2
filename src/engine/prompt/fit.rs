//! What of the sources and of the conversation goes into the window.
//!
//! Sources come before earlier turns: the oldest turns go first, then the
//! lowest-ranked sources. Each part is counted once, and of the turns only so
//! many, newest first, as there is room for: a conversation of a thousand turns
//! costs no more than one that fills the window. The sums decide what to try;
//! the whole prompt, counted as the model gets it, decides.

use crate::domain::{LeftOut, Source};
use crate::engine::{Engine, EngineError, Message};

/// A prompt with its tokens.
pub(super) struct Rendered {
    pub messages: Vec<Message>,
    pub tokens: usize,
}

/// What fits.
pub(super) struct Fitted {
    pub rendered: Rendered,
    /// Tokens of the turns in it.
    pub history: usize,
}

/// A conversation of fewer bytes for each token of room is tried whole at once.
const BYTES_PER_TOKEN: usize = 4;

/// Question and answer.
const TURN: usize = 2;

/// Renders a prompt of these turns and sources.
type Render<'a> = dyn Fn(&[Message], &[Source]) -> Result<Rendered, EngineError> + 'a;

/// Fits sources and history, oldest turn first, into `room` tokens. What must
/// leave is marked in `sources`.
pub(super) fn fit(
    engine: &dyn Engine,
    room: usize,
    history: &[Message],
    sources: &mut [Source],
    render: &Render<'_>,
) -> Result<Fitted, EngineError> {
    let count = |turn: &[Message]| turn.iter().map(|m| engine.count(&m.text)).sum::<usize>();
    let bytes: usize = history.iter().map(|message| message.text.len()).sum();
    if !history.is_empty() && bytes / BYTES_PER_TOKEN <= room {
        let rendered = render(history, sources)?;
        if rendered.tokens <= room {
            return Ok(Fitted { rendered, history: count(history) });
        }
    }
    let alone = fit_sources(room, sources, render)?;
    let mut spare = room.saturating_sub(alone.tokens);
    // Tokens of the turns that go in, newest first, and what the template puts
    // around one.
    let (mut counts, mut around) = (Vec::new(), None);
    for turn in turns(history).rev() {
        let tokens = count(turn);
        if tokens > spare {
            break;
        }
        let around = match around {
            Some(around) => around,
            None => {
                let with = render(turn, sources)?.tokens;
                *around.insert(with.saturating_sub(alone.tokens).saturating_sub(tokens))
            }
        };
        if tokens + around > spare {
            break;
        }
        spare -= tokens + around;
        counts.push(tokens);
    }
    let around = around.unwrap_or_default();
    while !counts.is_empty() {
        let messages = TURN * counts.len();
        // The oldest turn may hold one message only.
        let rendered = render(&history[history.len().saturating_sub(messages)..], sources)?;
        if rendered.tokens <= room {
            return Ok(Fitted { rendered, history: counts.iter().sum() });
        }
        // Together the parts take more than apart: as many turns leave as make
        // up for it.
        let mut over = rendered.tokens - room;
        while over > 0
            && let Some(tokens) = counts.pop()
        {
            over = over.saturating_sub((tokens + around).max(1));
        }
    }
    Ok(Fitted { rendered: alone, history: 0 })
}

/// Turns, oldest first; the oldest may lack its question.
fn turns(history: &[Message]) -> impl DoubleEndedIterator<Item = &[Message]> {
    let (first, rest) = history.split_at(history.len() % TURN);
    std::iter::once(first).filter(|turn| !turn.is_empty()).chain(rest.chunks(TURN))
}

/// The prompt without earlier turns, with as many sources as there is room for.
fn fit_sources(
    room: usize,
    sources: &mut [Source],
    render: &Render<'_>,
) -> Result<Rendered, EngineError> {
    loop {
        let rendered = render(&[], sources)?;
        if rendered.tokens <= room {
            return Ok(rendered);
        }
        let mut over = rendered.tokens - room;
        let mut left = false;
        while over > 0
            && let Some(source) = lowest(sources)
        {
            source.left_out = Some(LeftOut::NoRoom);
            over = over.saturating_sub(source.tokens.max(1));
            left = true;
        }
        if !left {
            return Err(EngineError::TooLong { prompt: rendered.tokens, window: room });
        }
    }
}

/// The used source that ranks lowest; the last one is given up too, since a
/// source is never cut.
fn lowest(sources: &mut [Source]) -> Option<&mut Source> {
    sources.iter_mut().filter(|s| s.used()).max_by_key(|s| s.hit.rank)
}

#[cfg(test)]
mod tests {
    use super::super::build;
    use crate::config::Manner;
    use crate::engine::scripted::ScriptedEngine;
    use crate::engine::{Engine, EngineError, EventStream, Message, ModelInfo, Request, Role};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Counts the bytes it is asked to count.
    struct Counting {
        engine: ScriptedEngine,
        bytes: AtomicUsize,
    }

    impl Engine for Counting {
        fn info(&self) -> &ModelInfo {
            self.engine.info()
        }

        fn count(&self, text: &str) -> usize {
            self.bytes.fetch_add(text.len(), Ordering::Relaxed);
            self.engine.count(text)
        }

        fn count_prompt(&self, messages: &[Message]) -> Result<usize, EngineError> {
            let bytes: usize = messages.iter().map(|m| m.text.len()).sum();
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            self.engine.count_prompt(messages)
        }

        fn generate(&self, request: Request) -> EventStream {
            self.engine.generate(request)
        }
    }

    fn history(turns: usize) -> Vec<Message> {
        let message =
            |role, n: usize| Message { role, text: format!("{n} {}", "word ".repeat(19)) };
        (0..turns).flat_map(|n| [message(Role::User, n), message(Role::Assistant, n)]).collect()
    }

    /// How many turns are in the prompt, how much was counted, and whether it
    /// fits.
    fn fitted(turns: usize, window: usize) -> (usize, usize) {
        let engine = ScriptedEngine::new(Vec::<String>::new()).with_window(window);
        let engine = Counting { engine, bytes: AtomicUsize::new(0) };
        let manner = Manner { system_alone: "Answer.".into(), ..Manner::default() };
        let prompt = build(&engine, &manner, "Why?", &history(turns), &mut [], 50).unwrap();
        assert!(prompt.ledger.prompt + 50 <= window);
        // The newest turns go in, in their order.
        let kept = (prompt.messages.len() - 2) / 2;
        let first = prompt.messages[1].text.split(' ').next().unwrap();
        if kept > 0 {
            assert_eq!(first, (turns - kept).to_string());
        }
        assert_eq!(prompt.ledger.history, kept * 40);
        (kept, engine.bytes.into_inner())
    }

    /// Finding 5.
    #[test]
    fn a_thousand_turns_cost_no_more_than_twenty() {
        let (few, cost) = fitted(20, 500);
        let (many, more) = fitted(1000, 500);
        assert_eq!((few, many), (9, 9), "46 tokens each with the template");
        assert!(more <= cost + cost / 10, "{cost} bytes counted for 20 turns, {more} for 1,000");
    }

    #[test]
    fn the_cost_grows_with_the_window_and_not_faster() {
        let (kept, cost) = fitted(2000, 20_000);
        let (twice, more) = fitted(2000, 40_000);
        assert!(kept > 400 && twice > 2 * kept - 5, "{kept} {twice}");
        assert!(more <= cost * 5 / 2, "{cost} {more}");
    }
}
