//! A loaded model: requests become jobs of the worker, and what it sends events.

use super::super::residents::{Alive, Footprint};
use super::super::sampling::Sampler;
use super::super::spelled::{MARK, Spelled, closing};
use super::super::text::Texts;
use super::super::{
    Engine, EngineError, EngineEvent, EventStream, Message, ModelInfo, Request, Role,
};
use super::decode::Job;
use super::ffi::{Adapter, Model, Token};
use super::grammar::Grammars;
use super::template::{Template, opens_thought};
use super::worker::{Worker, gone};
use futures::StreamExt;
use futures::stream;
use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A model that llama.cpp runs. The last one of a file to be dropped frees it.
pub struct LlamaEngine {
    pub(super) info: ModelInfo,
    pub(super) footprint: Footprint,
    /// The adapters, with the hash of what they hold.
    pub(super) adapter: Option<(String, Arc<Adapter>)>,
    pub(super) shared: Arc<Shared>,
}

/// What all variants of a file share.
pub(super) struct Shared {
    pub model: Arc<Model>,
    pub template: Template,
    pub grammars: OnceLock<Result<Grammars, String>>,
    pub worker: Worker,
    /// Most tokens of prompt and answer together.
    pub window: usize,
    /// Whether the chat template opens a thought by itself.
    pub template_thinks: bool,
    /// The tokens that end an answer.
    pub end_tokens: Vec<String>,
    /// How the weights are quantized.
    pub quantization: String,
    /// Numbers of the weights.
    pub parameters: u64,
}

impl Shared {
    /// The tokens of a prompt.
    fn tokens(&self, prompt: &str) -> Result<Vec<Token>, EngineError> {
        let mut tokens = self.model.tokenize(prompt, true).map_err(EngineError::Failed)?;
        // Some templates write the mark themselves.
        if self.model.adds_begin()
            && let Some(begin) = self.model.begin_token()
            && tokens.first() != Some(&begin)
        {
            tokens.insert(0, begin);
        }
        Ok(tokens)
    }

    fn grammars(&self) -> Result<&Grammars, EngineError> {
        let grammars = self.grammars.get_or_init(|| Grammars::new(&self.model));
        grammars.as_ref().map_err(|error| EngineError::Refused(format!("its vocabulary: {error}")))
    }

    /// Prepares a request for the worker.
    fn job(
        &self,
        request: Request,
        adapter: Option<(String, Arc<Adapter>)>,
    ) -> Result<(Job, UnboundedReceiver<Result<EngineEvent, EngineError>>), EngineError> {
        let thinking = request.thinking && request.grammar.is_none();
        let prompt = self.template.render(&request.messages, thinking)?;
        let opens = opens_thought(&prompt);
        let prompt = self.tokens(&prompt)?;
        if prompt.is_empty() {
            return Err(EngineError::Refused("its chat template makes an empty prompt".to_owned()));
        }
        if prompt.len() >= self.window {
            return Err(EngineError::TooLong { prompt: prompt.len(), window: self.window });
        }
        let limit = request.max_tokens.min(self.window - prompt.len());
        let greedy = request.likelihood || request.temperature <= 0.0;
        let temperature = if greedy { 0.0 } else { request.temperature };
        let grammar =
            request.grammar.as_deref().map(|lark| self.grammars()?.start(lark)).transpose()?;
        let (events, received) = unbounded_channel();
        let sampler = Sampler::new(temperature, request.top_p, request.min_p, fastrand::Rng::new());
        let texts = Texts::new(opens, grammar.is_some());
        let (control, likelihood) = (request.repetition, request.likelihood);
        Ok((
            Job { prompt, limit, adapter, grammar, sampler, control, likelihood, texts, events },
            received,
        ))
    }
}

impl LlamaEngine {
    /// The same, with why this engine runs it.
    #[must_use]
    pub fn because(mut self, why: &str) -> Self {
        self.info.engine = format!("{} ({why})", self.info.engine);
        self
    }
}

impl Engine for LlamaEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count(&self, text: &str) -> usize {
        match self.shared.model.tokenize(text, false) {
            Ok(tokens) => tokens.len(),
            Err(error) => {
                tracing::warn!(%error, "the tokenizer failed, its tokens are estimated");
                text.len().div_ceil(2)
            }
        }
    }

    /// Exact: the prompt is spelled and cut into tokens as for an answer.
    /// Thinking is taken to be off.
    fn count_prompt(&self, messages: &[Message]) -> Result<usize, EngineError> {
        let prompt = self.shared.template.render(messages, false)?;
        Ok(self.shared.tokens(&prompt)?.len())
    }

    fn spell(&self, messages: &[Message], answer: &str) -> Result<Spelled, EngineError> {
        let shared = &self.shared;
        let prompt = shared.tokens(&shared.template.render(messages, false)?)?;
        let mut written = shared.model.tokenize(answer, false).map_err(EngineError::Failed)?;
        let mark = Message { role: Role::Assistant, text: MARK.to_owned() };
        let over = [messages, &[mark]].concat();
        let over = shared.template.render_whole(&over)?;
        let end = closing(&over, &shared.end_tokens);
        let ends = |token: &Token| {
            shared.model.ends(*token)
                && end.is_none_or(|end| shared.model.text(*token).as_ref() == Some(end))
        };
        let end = (0..shared.model.tokens()).find(ends);
        written.extend(end);
        let plain = |tokens: Vec<Token>| tokens.into_iter().map(Token::cast_unsigned).collect();
        Ok(Spelled { prompt: plain(prompt), answer: plain(written) })
    }

    /// Each event before the last is one decoded token: see `text`.
    fn generate(&self, request: Request) -> EventStream {
        let shared = Arc::clone(&self.shared);
        let adapter = self.adapter.clone();
        let begin = async move {
            let kept = Arc::clone(&shared);
            let prepared = tokio::task::spawn_blocking(move || shared.job(request, adapter)).await;
            let prepared = prepared.unwrap_or_else(|error| {
                Err(EngineError::Crashed(format!("the request could not be prepared: {error}")))
            });
            let (job, received) = match prepared {
                Ok(prepared) => prepared,
                Err(error) => return stream::iter([Err(error)]).boxed(),
            };
            if kept.worker.send(job).is_err() {
                return stream::iter([Err(gone())]).boxed();
            }
            follow(received).boxed()
        };
        stream::once(begin).flatten().boxed()
    }

    fn footprint(&self) -> Footprint {
        self.footprint
    }

    /// Of a variant, its adapter; else the weights, which are gone once the
    /// last variant is.
    fn alive(&self) -> Alive {
        match &self.adapter {
            Some((_, adapter)) => watched(&Arc::downgrade(adapter)),
            None => watched(&Arc::downgrade(&self.shared.model)),
        }
    }
}

fn watched<T: Send + Sync + 'static>(value: &Weak<T>) -> Alive {
    let value = value.clone();
    Alive::new(move || value.strong_count() > 0)
}

/// What the worker sends. A worker that vanishes in the middle is an error.
fn follow(
    received: UnboundedReceiver<Result<EngineEvent, EngineError>>,
) -> impl futures::Stream<Item = Result<EngineEvent, EngineError>> + Send {
    stream::unfold(Some(received), |received| async move {
        let mut received = received?;
        let event = received.recv().await.unwrap_or_else(|| Err(gone()));
        let over = !matches!(event, Ok(EngineEvent::Text(_) | EngineEvent::Thought(_)));
        Some((event, (!over).then_some(received)))
    })
}

impl fmt::Debug for LlamaEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LlamaEngine").field("info", &self.info).finish_non_exhaustive()
    }
}
