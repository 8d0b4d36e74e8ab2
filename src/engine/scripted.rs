//! An engine that says what it was told to: for tests of everything around an
//! engine, without weights and without a thread.
//!
//! A token is a word with the white space before it, both when counting and
//! when streaming, so that expected numbers can be read off a test.

use super::{End, Engine, EngineError, EngineEvent, EventStream, Message, ModelInfo, Request};
use futures::stream::{self, StreamExt};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tokens that the chat template is said to put around each message.
pub const MESSAGE_TOKENS: usize = 3;

/// Tokens that the chat template is said to end the prompt with.
pub const PROMPT_TOKENS: usize = 1;

/// One answer of the script.
#[derive(Debug, Default)]
pub struct Reply {
    thought: String,
    text: String,
    delay: Option<Duration>,
    failure: Option<EngineError>,
    likelihood: f64,
}

impl Reply {
    /// An answer with this text, a token for each word.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Thinks first. A request that doesn't allow it goes without.
    #[must_use]
    pub fn thinking(mut self, thought: impl Into<String>) -> Self {
        self.thought = thought.into();
        self
    }

    /// Waits this long before each token.
    #[must_use]
    pub fn slowly(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Is this likely, as a natural logarithm; certain where nothing is said.
    #[must_use]
    pub fn likely(mut self, log_likelihood: f64) -> Self {
        self.likelihood = log_likelihood;
        self
    }

    /// Fails behind the text instead of ending well.
    #[must_use]
    pub fn then_fail(mut self, error: EngineError) -> Self {
        self.failure = Some(error);
        self
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// An [`Engine`] that gives its replies in order, one for each request, and
/// fails once they are used up. Grammars are recorded and not obeyed.
pub struct ScriptedEngine {
    info: ModelInfo,
    replies: Mutex<VecDeque<Reply>>,
    /// Text and delay of the reply once the others are used up.
    last: Option<(String, Duration)>,
    requests: Mutex<Vec<Request>>,
    cancelled: Arc<AtomicUsize>,
}

impl ScriptedEngine {
    /// An engine with these replies and a window of 4,096 tokens.
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = impl Into<Reply>>) -> Self {
        Self {
            info: ModelInfo {
                name: "scripted".to_owned(),
                quantization: "none".to_owned(),
                device: "cpu".to_owned(),
                engine: "scripted".to_owned(),
                parameters: 0,
                window: 4096,
                template_thinks: false,
                end_tokens: vec!["</s>".to_owned()],
                remote: false,
                takes_grammar: true,
                estimated: false,
            },
            replies: Mutex::new(replies.into_iter().map(Into::into).collect()),
            last: None,
            requests: Mutex::new(Vec::new()),
            cancelled: Arc::default(),
        }
    }

    /// An engine that writes the same long Markdown, citing source 1 now and
    /// then, at this many tokens a second: to measure what stands around it.
    #[must_use]
    pub fn endless(tokens_per_s: u32) -> Self {
        let sentence = "The passage says how this works and what **follows** from it [1]. It takes \
                        a folder, reads each file once and keeps every place of the text. ";
        let paragraph =
            format!("{}\n\n- first, `one` thing\n- then another [1]\n\n", sentence.repeat(4));
        let mut engine = Self::new(Vec::<Reply>::new()).with_window(32_768);
        engine.info.name = format!("scripted at {tokens_per_s} tokens/s");
        let delay = Duration::from_secs(1) / tokens_per_s.max(1);
        engine.last = Some((paragraph.repeat(30), delay));
        engine
    }

    /// As if it were a language model with so many parameters, so that it is
    /// watched as one.
    #[must_use]
    pub fn with_parameters(mut self, parameters: u64) -> Self {
        self.info.parameters = parameters;
        self
    }

    /// With this window, in tokens.
    #[must_use]
    pub fn with_window(mut self, window: usize) -> Self {
        self.info.window = window;
        self
    }

    /// With this description of its model.
    #[must_use]
    pub fn with_info(mut self, info: ModelInfo) -> Self {
        self.info = info;
        self
    }

    /// The requests so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }

    /// How many streams were dropped before their end.
    #[must_use]
    pub fn cancelled(&self) -> usize {
        self.cancelled.load(Ordering::SeqCst)
    }
}

impl Engine for ScriptedEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    fn count_prompt(&self, messages: &[Message]) -> Result<usize, EngineError> {
        let texts: usize = messages.iter().map(|m| self.count(&m.text) + MESSAGE_TOKENS).sum();
        Ok(texts + PROMPT_TOKENS)
    }

    fn generate(&self, request: Request) -> EventStream {
        let last = || self.last.as_ref().map(|(text, delay)| Reply::text(text).slowly(*delay));
        let reply = lock(&self.replies).pop_front().or_else(last);
        lock(&self.requests).push(request.clone());
        let script = match (self.count_prompt(&request.messages), reply) {
            (Err(error), _) => Script::failing(error),
            (Ok(prompt), _) if prompt >= self.info.window => {
                Script::failing(EngineError::TooLong { prompt, window: self.info.window })
            }
            (Ok(_), None) => {
                Script::failing(EngineError::Failed("the script has no reply left".to_owned()))
            }
            (Ok(prompt), Some(reply)) => {
                let limit = request.max_tokens.min(self.info.window - prompt);
                let thinks = request.thinking && request.grammar.is_none();
                Script::of(reply, prompt, limit, thinks, request.likelihood)
            }
        };
        let script = Script { watch: Some(Watch(Arc::clone(&self.cancelled))), ..script };
        stream::unfold(script, |mut script| async move {
            let event = script.next().await?;
            Some((event, script))
        })
        .boxed()
    }
}

/// What is left of an answer.
struct Script {
    events: VecDeque<Result<EngineEvent, EngineError>>,
    delay: Option<Duration>,
    watch: Option<Watch>,
}

impl Script {
    fn failing(error: EngineError) -> Self {
        Self { events: VecDeque::from([Err(error)]), delay: None, watch: None }
    }

    fn of(reply: Reply, prompt: usize, limit: usize, thinks: bool, measured: bool) -> Self {
        let thoughts = if thinks { tokens(&reply.thought) } else { Vec::new() };
        let mut events: VecDeque<_> = thoughts.into_iter().map(EngineEvent::Thought).collect();
        events.extend(tokens(&reply.text).into_iter().map(EngineEvent::Text));
        let by_length = events.len() > limit;
        events.truncate(limit);
        let end = EngineEvent::End(End {
            reused_tokens: 0,
            by_length,
            prompt_tokens: prompt,
            completion_tokens: events.len(),
            prompt_s: 0.0,
            decode_s: 0.0,
            log_likelihood: measured.then_some(reply.likelihood),
            estimated: false,
        });
        let mut events: VecDeque<_> = events.into_iter().map(Ok).collect();
        events.push_back(match reply.failure {
            Some(error) if !by_length => Err(error),
            _ => Ok(end),
        });
        Self { events, delay: reply.delay, watch: None }
    }

    async fn next(&mut self) -> Option<Result<EngineEvent, EngineError>> {
        if let Some(delay) = self.delay
            && self.events.len() > 1
        {
            tokio::time::sleep(delay).await;
        }
        let event = self.events.pop_front();
        if self.events.is_empty()
            && let Some(watch) = self.watch.take()
        {
            watch.ended();
        }
        event
    }
}

/// Counts a cancelled answer when it is dropped.
struct Watch(Arc<AtomicUsize>);

impl Watch {
    /// The answer came to its end, so nothing is counted.
    fn ended(mut self) {
        self.0 = Arc::default();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A text in words, each with the white space before it; what is behind the
/// last one belongs to it.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for character in text.chars() {
        let space = character.is_whitespace();
        if (space && in_word) || tokens.is_empty() {
            tokens.push(String::new());
        }
        in_word = !space;
        if let Some(token) = tokens.last_mut() {
            token.push(character);
        }
    }
    if tokens.len() > 1
        && let Some(last) = tokens.pop_if(|last| last.trim().is_empty())
        && let Some(word) = tokens.last_mut()
    {
        word.push_str(&last);
    }
    tokens
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
