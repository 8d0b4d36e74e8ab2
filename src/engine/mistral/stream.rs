//! One generation: a request goes to the engine's thread, and what comes back
//! becomes events.
//!
//! **What one event is.** The engine sends a delta for each token it decodes,
//! so each [`EngineEvent::Text`] and [`EngineEvent::Thought`] stands for one
//! decoded token, and who drops a stream early counts the tokens decoded so
//! far by counting these events. Therefore a token without any text of its own
//! (a special token, a space at the very beginning, the tag around a thought)
//! still makes an event, with an empty text. There are two exceptions: a
//! character that takes several tokens comes in one event, and a token that
//! ends a thought and begins the answer makes two. The token that ends the
//! answer makes no event. [`EngineEvent::End`] has the exact numbers. A dropped
//! stream costs up to one token more, which is being decoded at that moment.
//!
//! **Cancelling.** Dropping the stream closes the channel, the engine's next
//! delta can't be sent, and it gives up this answer alone. While it reads the
//! prompt it can't be stopped.

use super::super::repetition::Control;
use super::super::{End, EngineError, EngineEvent, EventStream, Request};
use super::likelihood::Likelihood;
use super::restraint::Restraint;
use super::shared::Shared;
use super::template;
use crate::domain::causes;
use futures::stream::{self, StreamExt};
use mistralrs::{
    ChatCompletionChunkResponse, Constraint, CustomLogitsProcessor, NormalRequest, RequestMessage,
    Response, SamplingParams, Usage,
};
use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long a closed channel waits to learn whether the engine's thread is
/// gone: the thread drops the answer's channel a moment before its own.
const DEATH_THROES: Duration = Duration::from_millis(250);

/// Starts a generation when it is first polled.
pub(super) fn generate(shared: Arc<Shared>, request: Request) -> EventStream {
    stream::unfold(State::Asked(shared, Box::new(request)), |state| async move {
        match state {
            State::Asked(shared, request) => match start(shared, *request).await {
                Ok(running) => running.next().await,
                Err(error) => Some((Err(error), State::Over)),
            },
            State::Running(running) => running.next().await,
            State::Over => None,
        }
    })
    .boxed()
}

enum State {
    Asked(Arc<Shared>, Box<Request>),
    Running(Box<Running>),
    Over,
}

/// An event and what comes after it.
type Step = Option<(Result<EngineEvent, EngineError>, State)>;

/// A generation that the engine has got.
struct Running {
    shared: Arc<Shared>,
    responses: mpsc::Receiver<Response>,
    ready: VecDeque<EngineEvent>,
    /// Tokens of the prompt.
    prompt: usize,
    /// Most tokens to decode.
    limit: usize,
    /// Tokens that were heard of.
    decoded: usize,
    /// Whether the last token was a thought.
    in_thought: bool,
    /// Whether white space is dropped, because nothing of the answer came yet.
    /// Under a grammar every character counts.
    trim: bool,
    /// Measures how likely the answer is, where that is wanted.
    likelihood: Option<Arc<Likelihood>>,
}

async fn start(shared: Arc<Shared>, request: Request) -> Result<Box<Running>, EngineError> {
    let thinking = request.thinking && request.grammar.is_none();
    let prompt = {
        let guard = shared.pipeline.lock().await;
        template::render(&*guard, &request.messages, thinking)
    };
    let prompt = prompt.map_err(|error| template::refused(&error))?.tokens.len();
    let window = shared.window;
    // Generating past the window is an error of the engine, and an answer
    // without a limit may never end.
    let limit = request.max_tokens.min(window.saturating_sub(prompt));
    if prompt >= window {
        return Err(EngineError::TooLong { prompt, window });
    }
    // Room for every token, so that the engine never waits for the reader of
    // one stream: it would hold up all others, and whoever counts a prompt.
    let (response, responses) = mpsc::channel(limit + 16);
    let mut running = Running {
        responses,
        ready: VecDeque::new(),
        prompt,
        limit,
        decoded: 0,
        in_thought: thinking || shared.template_thinks,
        trim: request.grammar.is_none(),
        likelihood: request.likelihood.then(Arc::default),
        shared,
    };
    if limit == 0 {
        running.end(true, None);
        return Ok(Box::new(running));
    }
    let normal = NormalRequest {
        messages: RequestMessage::Chat {
            messages: template::chat(&request.messages),
            enable_thinking: Some(thinking),
            reasoning_effort: None,
        },
        sampling_params: sampling(&request, limit),
        response,
        return_logprobs: false,
        // Dropping the receiver of a request that isn't streamed makes the
        // engine panic.
        is_streaming: true,
        id: running.shared.engine.next_request_id(),
        constraint: request.grammar.map_or(Constraint::None, Constraint::Lark),
        suffix: None,
        tools: None,
        tool_choice: None,
        logits_processors: processors(running.likelihood.clone(), request.repetition),
        return_raw_logits: false,
        web_search_options: None,
        model_id: None,
        truncate_sequence: false,
    };
    let sent = running.shared.sender.send(mistralrs::Request::Normal(Box::new(normal))).await;
    sent.map_err(|_| Shared::crashed())?;
    Ok(Box::new(running))
}

/// What sees the logits of each step, in order.
fn processors(
    likelihood: Option<Arc<Likelihood>>,
    control: Control,
) -> Option<Vec<Arc<dyn CustomLogitsProcessor>>> {
    let mut out: Vec<Arc<dyn CustomLogitsProcessor>> = Vec::new();
    // The likelihood is that of the model alone, so it comes first.
    out.extend(likelihood.map(|likelihood| likelihood as Arc<dyn CustomLogitsProcessor>));
    if !control.is_off() {
        out.push(Arc::new(Restraint::new(control)));
    }
    (!out.is_empty()).then_some(out)
}

/// Temperature 0 asks for the likeliest token. The engine's own temperature 0
/// gives invalid tokens under a grammar; taking the best one of one does not.
fn sampling(request: &Request, limit: usize) -> SamplingParams {
    if request.temperature > 0.0 && !request.likelihood {
        SamplingParams {
            temperature: Some(request.temperature),
            top_p: (request.top_p > 0.0 && request.top_p < 1.0).then_some(request.top_p),
            min_p: (request.min_p > 0.0).then_some(request.min_p),
            max_len: Some(limit),
            ..SamplingParams::neutral()
        }
    } else {
        SamplingParams { max_len: Some(limit), ..SamplingParams::deterministic() }
    }
}

impl Running {
    async fn next(mut self: Box<Self>) -> Step {
        loop {
            if let Some(event) = self.ready.pop_front() {
                let over = matches!(event, EngineEvent::End(_));
                let state = if over { State::Over } else { State::Running(self) };
                return Some((Ok(event), state));
            }
            let error = match self.responses.recv().await {
                Some(Response::Chunk(chunk)) => {
                    self.take(chunk);
                    continue;
                }
                Some(Response::ValidationError(error)) => EngineError::Refused(chain(&*error)),
                Some(Response::InternalError(error)) => EngineError::Failed(chain(&*error)),
                Some(Response::ModelError(error, _)) => EngineError::Failed(error),
                Some(_) => {
                    tracing::debug!("the engine sent an answer of an unexpected kind");
                    continue;
                }
                None => {
                    if self.engine_is_gone().await {
                        Shared::crashed()
                    } else {
                        // An answer that ends within a character has no last
                        // delta; its last tokens, four at most, are unheard of.
                        let by_length = self.decoded + 4 >= self.limit;
                        self.end(by_length, None);
                        continue;
                    }
                }
            };
            return Some((Err(error), State::Over));
        }
    }

    fn take(&mut self, chunk: ChatCompletionChunkResponse) {
        let Some(choice) = chunk.choices.into_iter().next() else { return };
        self.decoded += 1;
        let thought = choice.delta.reasoning_content.unwrap_or_default();
        let mut text = choice.delta.content.unwrap_or_default();
        if self.trim {
            text = text.trim_start().to_owned();
            self.trim = text.is_empty();
        }
        let silent = thought.is_empty() && text.is_empty();
        if !thought.is_empty() {
            self.in_thought = true;
            self.ready.push_back(EngineEvent::Thought(thought));
        }
        if !text.is_empty() {
            self.in_thought = false;
            self.ready.push_back(EngineEvent::Text(text));
        }
        if let Some(reason) = choice.finish_reason {
            self.end(reason == "length", chunk.usage.as_ref());
        } else if silent {
            let kind = if self.in_thought { EngineEvent::Thought } else { EngineEvent::Text };
            self.ready.push_back(kind(String::new()));
        }
    }

    /// Ends the answer at the first reason to: the engine may go on after it.
    fn end(&mut self, by_length: bool, usage: Option<&Usage>) {
        self.responses.close();
        let count = |own: usize, theirs: Option<usize>| theirs.filter(|n| *n > 0).unwrap_or(own);
        let seconds = |value: Option<f32>| f64::from(value.unwrap_or(0.0)).max(0.0);
        self.ready.push_back(EngineEvent::End(End {
            by_length,
            reused_tokens: 0,
            prompt_tokens: count(self.prompt, usage.map(|usage| usage.prompt_tokens)),
            completion_tokens: count(self.decoded, usage.map(|usage| usage.completion_tokens)),
            prompt_s: seconds(usage.map(|usage| usage.total_prompt_time_sec)),
            decode_s: seconds(usage.map(|usage| usage.total_completion_time_sec)),
            log_likelihood: self.likelihood.as_deref().map(Likelihood::sum),
            estimated: false,
        }));
    }

    /// Whether the engine's thread has ended, which only a panic makes it do
    /// while a stream holds the engine.
    async fn engine_is_gone(&self) -> bool {
        let sender = &self.shared.sender;
        sender.is_closed() || tokio::time::timeout(DEATH_THROES, sender.closed()).await.is_ok()
    }
}

/// An error with its causes, each said once.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for said in causes(error).map(ToString::to_string) {
        if text.is_empty() {
            text = said;
        } else if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampling_is_greedy_at_zero_and_always_bounded() {
        let greedy = sampling(&Request::default(), 7);
        assert_eq!((greedy.top_k, greedy.temperature, greedy.max_len), (Some(1), None, Some(7)));
        let request = Request { temperature: 0.7, top_p: 0.9, ..Request::default() };
        let free = sampling(&request, 9);
        assert_eq!((free.top_k, free.temperature), (None, Some(0.7)));
        assert_eq!((free.top_p, free.max_len), (Some(0.9), Some(9)));
        let request = Request { likelihood: true, ..request };
        let measured = sampling(&request, 9);
        assert_eq!((measured.top_k, measured.temperature), (Some(1), None));
        let request = Request { temperature: 0.7, top_p: 1.0, ..Request::default() };
        assert_eq!(sampling(&request, 9).top_p, None);
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let inner = std::io::Error::other("no such layer");
        let outer = EngineError::Refused("the map".into());
        assert!(chain(&outer).contains("the map"));
        assert_eq!(chain(&inner), "no such layer");
    }
}
