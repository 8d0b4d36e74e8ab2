//! A running answer: what the server sends becomes events.

use super::super::text::Texts;
use super::super::{End, EngineError, EngineEvent, EventStream, Message};
use super::chunk::{self, Piece, Usage};
use super::client::Asker;
use super::estimate::Estimate;
use super::sse::Events;
use futures::stream::{self, StreamExt};
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long counts are waited for behind the end of an answer.
const AFTER_END: Duration = Duration::from_secs(3);

/// Bytes of text that a token may have, far beyond what any has on average.
const BYTES_PER_TOKEN: usize = 64;

/// Bytes of text that are always allowed.
const ALWAYS: usize = 64 << 10;

/// Bytes that arrive for one answer, at most: a piece of a few letters takes
/// some hundred bytes, with the odds of tokens some thousand.
const BYTES: usize = 256 << 20;

/// Bytes of an answer in one piece, at most.
const WHOLE: usize = 16 << 20;

/// What ends a stream.
const DONE: &str = "[DONE]";

/// What is asked.
pub(super) struct Order {
    pub asker: Asker,
    pub body: Value,
    pub messages: Vec<Message>,
    /// Tokens of the prompt as they were counted before.
    pub prompt_tokens: usize,
    /// Most tokens to decode.
    pub limit: usize,
    pub grammar: bool,
    pub likelihood: bool,
    pub estimate: Arc<Estimate>,
    /// Whether `prompt_tokens` is an estimate.
    pub estimated: bool,
}

/// Asks, and follows the answer. Dropping the stream closes the connection.
pub(super) fn follow(order: Order) -> EventStream {
    let begin = async move {
        let until = Instant::now() + order.asker.access.waits.first_token;
        match order.asker.open(&order.body, until).await {
            Ok(response) => Answer::new(order, response, until).events(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    };
    stream::once(begin).flatten().boxed()
}

struct Answer {
    order: Order,
    response: Response,
    events: Events,
    /// The answer so far, where the server sends it in one piece.
    whole: Option<Vec<u8>>,
    texts: Texts,
    queue: VecDeque<Result<EngineEvent, EngineError>>,
    begun: Instant,
    /// When it must go on.
    until: Instant,
    first: Option<Instant>,
    pieces: usize,
    bytes: usize,
    text_bytes: usize,
    reason: Option<String>,
    usage: Option<Usage>,
    seconds: Option<(f64, f64)>,
    log_likelihood: Option<f64>,
    over: bool,
}

impl Answer {
    fn new(order: Order, response: Response, until: Instant) -> Self {
        let texts = Texts::new(false, order.grammar);
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let in_one = kind.is_some_and(|kind| kind.starts_with("application/json"));
        Self {
            whole: in_one.then(Vec::new),
            order,
            response,
            events: Events::default(),
            texts,
            queue: VecDeque::new(),
            begun: Instant::now(),
            until,
            first: None,
            pieces: 0,
            bytes: 0,
            text_bytes: 0,
            reason: None,
            usage: None,
            seconds: None,
            log_likelihood: None,
            over: false,
        }
    }

    fn events(self) -> EventStream {
        stream::unfold(self, |mut answer| async move {
            loop {
                if let Some(event) = answer.queue.pop_front() {
                    return Some((event, answer));
                }
                if answer.over {
                    return None;
                }
                answer.read().await;
            }
        })
        .boxed()
    }

    /// Reads what comes next.
    async fn read(&mut self) {
        let arrived = timeout_at(self.until, self.response.chunk()).await;
        let result = match arrived {
            // The counts did not come behind the end.
            Err(_) if self.reason.is_some() => self.end(),
            Err(_) => Err(self.silent()),
            Ok(Ok(Some(bytes))) => self.take(&bytes),
            Ok(Ok(None)) => self.closed(),
            Ok(Err(_)) if self.reason.is_some() => self.end(),
            Ok(Err(_)) => Err(self.cut()),
        };
        if let Err(error) = result {
            self.queue.push_back(Err(error));
            self.over = true;
        }
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        self.bytes += bytes.len();
        if self.bytes > BYTES {
            return Err(self.endless());
        }
        if let Some(whole) = &mut self.whole {
            whole.extend_from_slice(bytes);
            return if whole.len() > WHOLE { Err(self.endless()) } else { Ok(()) };
        }
        let events = self.events.feed(bytes).map_err(|_| self.endless())?;
        for data in events {
            if self.over {
                break;
            }
            self.event(&data)?;
        }
        Ok(())
    }

    /// The server closed the connection.
    fn closed(&mut self) -> Result<(), EngineError> {
        if let Some(whole) = self.whole.take() {
            self.event(&String::from_utf8_lossy(&whole))?;
            return self.end();
        }
        if let Some(data) = self.events.finish()
            && (data.trim() == DONE || chunk::read(&data).is_some())
        {
            self.event(&data)?;
        }
        match (self.over, self.reason.is_some()) {
            (true, _) => Ok(()),
            (false, true) => self.end(),
            (false, false) => Err(self.cut()),
        }
    }

    fn event(&mut self, data: &str) -> Result<(), EngineError> {
        let data = data.trim();
        if data == DONE {
            return self.end();
        }
        if data.is_empty() {
            return Ok(());
        }
        let Some(piece) = chunk::read(data) else {
            let access = &self.order.asker.access;
            return Err(EngineError::Server(format!(
                "{} sends something that is no answer: {}",
                access.title(),
                access.clean(data)
            )));
        };
        self.piece(piece)
    }

    fn piece(&mut self, piece: Piece) -> Result<(), EngineError> {
        let access = &self.order.asker.access;
        if let Some(error) = piece.error {
            return Err(EngineError::Server(format!(
                "{} failed in the middle of the answer: {}",
                access.title(),
                access.clean(&error)
            )));
        }
        let idle = access.waits.idle;
        if !piece.text.is_empty() || !piece.thought.is_empty() {
            self.first.get_or_insert_with(Instant::now);
            self.pieces += 1;
            self.text_bytes += piece.text.len() + piece.thought.len();
            self.until = Instant::now() + idle;
        }
        if self.text_bytes > ALWAYS + BYTES_PER_TOKEN * self.order.limit {
            return Err(self.endless());
        }
        if !piece.thought.is_empty() {
            self.queue.push_back(Ok(EngineEvent::Thought(piece.thought)));
        }
        if !piece.text.is_empty() {
            self.queue.extend(self.texts.push(piece.text.as_bytes()).into_iter().map(Ok));
        }
        self.usage = piece.usage.or(self.usage);
        self.seconds = piece.seconds.or(self.seconds);
        if let Some(more) = piece.log_likelihood {
            *self.log_likelihood.get_or_insert(0.0) += more;
        }
        if piece.reason.is_some() {
            self.reason = piece.reason;
            self.until = Instant::now() + idle.min(AFTER_END);
        }
        Ok(())
    }

    /// The answer is whole.
    fn end(&mut self) -> Result<(), EngineError> {
        if self.over {
            return Ok(());
        }
        if self.reason.is_none() && self.pieces == 0 {
            return Err(self.cut());
        }
        self.over = true;
        self.queue.extend(self.texts.finish().map(Ok));
        let now = Instant::now();
        let first = self.first.unwrap_or(now);
        let waited = (first - self.begun).as_secs_f64();
        let (prompt_s, decode_s) = self.seconds.unwrap_or((waited, (now - first).as_secs_f64()));
        if let Some(usage) = self.usage {
            self.order.estimate.learn(&self.order.messages, usage.prompt);
        }
        let usage = self.usage.unwrap_or(Usage {
            prompt: self.order.prompt_tokens,
            completion: self.pieces,
            reused: 0,
        });
        self.queue.push_back(Ok(EngineEvent::End(End {
            by_length: self.reason.as_deref() == Some("length"),
            prompt_tokens: usage.prompt,
            reused_tokens: usage.reused,
            completion_tokens: usage.completion.max(self.pieces),
            prompt_s,
            decode_s,
            log_likelihood: self.log_likelihood.filter(|_| self.order.likelihood),
            estimated: self.usage.is_none() && self.order.estimated,
        })));
        Ok(())
    }

    fn silent(&self) -> EngineError {
        if self.first.is_none() {
            return self.order.asker.late();
        }
        let access = &self.order.asker.access;
        EngineError::Server(format!(
            "{} went silent in the middle of the answer, for {} s. servers.{}.idle_s allows more time",
            access.title(),
            access.waits.idle.as_secs(),
            access.name
        ))
    }

    fn cut(&self) -> EngineError {
        let title = self.order.asker.access.title();
        EngineError::Server(if self.first.is_none() {
            format!("{title} closed the connection without an answer. Its own log says more")
        } else {
            format!("{title} closed the connection in the middle of the answer. Ask again")
        })
    }

    fn endless(&self) -> EngineError {
        let title = self.order.asker.access.title();
        EngineError::Server(format!(
            "{title} sends far more than was asked for, so it is not read on"
        ))
    }
}
