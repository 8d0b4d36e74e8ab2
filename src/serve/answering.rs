//! Answers in OpenAI's form, whole or piece by piece.

use super::chat::{Chat, Task};
use super::desk::{Desk, now};
use super::http::Refusal;
use super::turns::Client;
use crate::answer::AskEvent;
use crate::domain::{Answer, FinishReason};
use crate::engine::{End, EngineEvent};
use crate::host::{HostError, Step};
use crate::json;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// To be shown.
    Text(String),
    /// To be shown apart.
    Thought(String),
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Done {
    text: String,
    thought: String,
    reason: &'static str,
    usage: Value,
    /// What lorag says of it beside.
    about: Option<Value>,
}

/// An answer under way. Dropping it cancels.
pub(super) struct Answering {
    /// Its pieces, until it ends.
    pub pieces: UnboundedReceiver<Piece>,
    work: JoinHandle<Result<Done, Refusal>>,
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Answering {
    /// Begins to answer, when it is the client's turn.
    pub(super) fn start(desk: &Arc<Desk>, client: Client, task: Task) -> Self {
        let (told, pieces) = unbounded_channel();
        let desk = Arc::clone(desk);
        let work = tokio::spawn(async move {
            let turn = desk.turns.wait(client).await;
            let _turn = turn.map_err(|_| {
                Refusal::new(429, "too many questions wait already; ask again in a moment")
            })?;
            match task {
                Task::Ask(wanted) => {
                    let mut on_step = |step: Step<'_>| tell(&told, step);
                    desk.host.ask(&wanted, &mut on_step).await.map(|answer| answered(&answer))
                }
                Task::Plain(plain) => {
                    let (mut text, mut thought) = (String::new(), String::new());
                    let mut on_event = |event: EngineEvent| {
                        let piece = match event {
                            EngineEvent::Text(piece) => {
                                text.push_str(&piece);
                                Piece::Text(piece)
                            }
                            EngineEvent::Thought(piece) => {
                                thought.push_str(&piece);
                                Piece::Thought(piece)
                            }
                            EngineEvent::End(_) => return,
                        };
                        let _ = told.send(piece);
                    };
                    let end = desk.host.generate(&plain, &mut on_event).await;
                    end.map(|end| written(text, thought, &end))
                }
            }
            .map_err(refusal)
        });
        Self { pieces, work }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It was refused, or failed.
    pub(super) async fn done(&mut self) -> Result<Done, Refusal> {
        match (&mut self.work).await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "an answer ended unexpectedly");
                Err(Refusal::new(500, "this failed inside lorag; its log says more"))
            }
        }
    }
}

fn tell(told: &UnboundedSender<Piece>, step: Step<'_>) {
    let piece = match step {
        Step::Event(AskEvent::Text(text)) => Piece::Text(text.to_owned()),
        Step::Event(AskEvent::Cite { number, .. }) => Piece::Text(format!("[{number}]")),
        Step::Event(AskEvent::Thought(text)) => Piece::Thought(text.to_owned()),
        _ => return,
    };
    // Whoever asked may be gone; the answer is given up then.
    let _ = told.send(piece);
}

fn refusal(error: HostError) -> Refusal {
    tracing::info!("a request failed: {error}");
    Refusal::new(if error.wrong { 400 } else { 500 }, error.message)
}

fn usage(prompt: usize, reused: usize, completion: usize) -> Value {
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": { "cached_tokens": reused },
    })
}

fn answered(answer: &Answer) -> Done {
    let stats = &answer.generation;
    Done {
        text: answer.text.clone(),
        thought: String::new(),
        reason: match stats.finish_reason {
            FinishReason::Length => "length",
            _ => "stop",
        },
        usage: usage(stats.prompt_tokens, stats.reused_tokens, stats.completion_tokens),
        about: Some(json::brief(answer)),
    }
}

fn written(text: String, thought: String, end: &End) -> Done {
    let reason = if end.by_length { "length" } else { "stop" };
    let usage = usage(end.prompt_tokens, end.reused_tokens, end.completion_tokens);
    Done { text, thought, reason, usage, about: None }
}

/// How the answers to one request are written.
pub(super) struct Form {
    name: String,
    created: u64,
    model: String,
    usage: bool,
}

impl Form {
    /// Of the answer to this.
    pub(super) fn new(desk: &Desk, chat: &Chat) -> Self {
        Self { name: desk.name(), created: now(), model: chat.model.clone(), usage: chat.usage }
    }

    /// The whole answer.
    pub(super) fn whole(&self, done: &Done) -> Value {
        let mut message = json!({ "role": "assistant", "content": done.text });
        if !done.thought.is_empty() {
            message["reasoning_content"] = done.thought.clone().into();
        }
        if let Some(about) = &done.about {
            message["lorag"] = about.clone();
        }
        let choice = json!({ "index": 0, "message": message, "finish_reason": done.reason });
        let mut out = self.object("chat.completion", choice);
        out.insert("usage".to_owned(), done.usage.clone());
        Value::Object(out)
    }

    /// The first piece.
    pub(super) fn first(&self) -> Value {
        self.chunk(json!({ "role": "assistant", "content": "" }), None)
    }

    /// A piece.
    pub(super) fn piece(&self, piece: &Piece) -> Value {
        let delta = match piece {
            Piece::Text(text) => json!({ "content": text }),
            Piece::Thought(text) => json!({ "reasoning_content": text }),
        };
        self.chunk(delta, None)
    }

    /// The last pieces: the end, and the counts where they are wanted.
    pub(super) fn last(&self, done: &Done) -> Vec<Value> {
        let mut end = self.chunk(json!({}), Some(done.reason));
        if let Some(about) = &done.about {
            end["lorag"] = about.clone();
        }
        let mut out = vec![end];
        if self.usage {
            let mut counts = self.chunk(json!({}), None);
            counts["choices"] = json!([]);
            counts["usage"] = done.usage.clone();
            out.push(counts);
        }
        out
    }

    fn chunk(&self, delta: Value, reason: Option<&str>) -> Value {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": reason });
        Value::Object(self.object("chat.completion.chunk", choice))
    }

    fn object(&self, kind: &str, choice: Value) -> Map<String, Value> {
        let mut out = Map::new();
        let mut set = |name: &str, value: Value| drop(out.insert(name.to_owned(), value));
        set("id", self.name.clone().into());
        set("object", kind.into());
        set("created", self.created.into());
        set("model", self.model.clone().into());
        set("choices", json!([choice]));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_the_form_that_clients_read() {
        let form = Form { name: "c1".into(), created: 7, model: "m+a".into(), usage: true };
        let done = Done {
            text: "Hot. [1]".into(),
            thought: "Hm".into(),
            reason: "stop",
            usage: usage(9, 4, 3),
            about: Some(json!({ "answered": true })),
        };
        let whole = form.whole(&done);
        assert_eq!(whole["object"], "chat.completion");
        assert_eq!(whole["choices"][0]["message"]["content"], "Hot. [1]");
        assert_eq!(whole["choices"][0]["message"]["lorag"]["answered"], true);
        assert_eq!(whole["usage"]["total_tokens"], 12);
        let piece = form.piece(&Piece::Text("Hot".into()));
        assert_eq!(piece["choices"][0]["delta"], json!({ "content": "Hot" }));
        assert_eq!(piece["choices"][0]["finish_reason"], Value::Null);
        let last = form.last(&done);
        assert_eq!(last[0]["choices"][0]["finish_reason"], "stop");
        assert_eq!(last[0]["lorag"]["answered"], true);
        assert_eq!(
            (&last[1]["choices"], &last[1]["usage"]["prompt_tokens"]),
            (&json!([]), &json!(9))
        );
        let without = Form { usage: false, ..form };
        assert_eq!(without.last(&done).len(), 1);
    }
}
