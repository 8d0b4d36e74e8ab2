//! Which request leads where.

use super::answering::{Answering, Form};
use super::chat;
use super::desk::Desk;
use super::http::{Head, Reading, Refusal, Writing, events, json};
use super::turns::Client;
use super::{embeddings, models};
use serde_json::json;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// A request that was read whole.
pub(super) struct Asked {
    /// Its head.
    pub head: Head,
    /// Its body.
    pub body: Vec<u8>,
    /// Whether another may follow on its connection.
    pub keeps: bool,
}

/// What a path stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Route<'a> {
    Health,
    Models,
    Model(&'a str),
    /// `true` for the model alone.
    Chat(bool),
    Embeddings,
}

/// The route of a path, with the method that it takes.
fn route(path: &str) -> Option<(&'static str, Route<'_>)> {
    if path == "/health" {
        return Some(("GET", Route::Health));
    }
    let (bare, rest) = match path.strip_prefix("/base/v1/") {
        Some(rest) => (true, rest),
        None => (false, path.strip_prefix("/v1/")?),
    };
    Some(match rest {
        "models" => ("GET", Route::Models),
        "chat/completions" => ("POST", Route::Chat(bare)),
        "embeddings" => ("POST", Route::Embeddings),
        _ => ("GET", Route::Model(rest.strip_prefix("models/").filter(|id| !id.is_empty())?)),
    })
}

/// Answers a request. Tells whether the client is still there.
pub(super) async fn answer<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    desk: &Arc<Desk>,
    client: Client,
    asked: &Asked,
    reading: &mut Reading<R>,
    writing: &mut Writing<W>,
) -> bool {
    let done = match route(&asked.head.path) {
        None => {
            Err(Refusal::new(404, "there is no such path; this is OpenAI's interface below /v1"))
        }
        Some((method, _)) if method != asked.head.method => {
            Err(Refusal::new(405, format!("this path takes {method}")))
        }
        Some((_, Route::Health)) => {
            Ok(json!({ "status": "ok", "model": desk.model, "waiting": desk.turns.waiting() }))
        }
        Some((_, Route::Models)) => Ok(models::list(desk).await),
        Some((_, Route::Model(name))) => models::one(desk, name).await,
        Some((_, Route::Embeddings)) => match embeddings::read(&asked.body) {
            Err(refusal) => Err(refusal),
            Ok(wanted) => {
                let giving = async {
                    let turn = desk.turns.wait(client).await;
                    let _turn = turn.map_err(|_| Refusal::new(429, "too many requests wait"))?;
                    embeddings::give(desk, wanted).await
                };
                tokio::select! {
                    given = giving => given,
                    () = reading.gone() => return false,
                }
            }
        },
        Some((_, Route::Chat(bare))) => match chat::read(&asked.body, &desk.model, bare) {
            Err(refusal) => Err(refusal),
            Ok(chat) => {
                let form = Form::new(desk, &chat);
                let stream = chat.stream;
                let answering = Answering::start(desk, client, chat.task);
                return match stream {
                    true => streamed(answering, &form, asked.keeps, reading, writing).await,
                    false => whole(answering, &form, asked.keeps, reading, writing).await,
                };
            }
        },
    };
    let answer = match done {
        Ok(value) => json(200, &value, asked.keeps),
        Err(refusal) => json(refusal.status, &refusal.body(), asked.keeps),
    };
    writing.send(&answer).await.is_ok()
}

async fn whole<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    mut answering: Answering,
    form: &Form,
    keeps: bool,
    reading: &mut Reading<R>,
    writing: &mut Writing<W>,
) -> bool {
    let done = tokio::select! {
        done = answering.done() => done,
        () = reading.gone() => return false,
    };
    let answer = match done {
        Ok(done) => json(200, &form.whole(&done), keeps),
        Err(refusal) => json(refusal.status, &refusal.body(), keeps),
    };
    writing.send(&answer).await.is_ok()
}

async fn streamed<R: AsyncRead + Unpin, W: AsyncWrite + Unpin>(
    mut answering: Answering,
    form: &Form,
    keeps: bool,
    reading: &mut Reading<R>,
    writing: &mut Writing<W>,
) -> bool {
    let mut begun = false;
    let sending = async {
        // What fails before the first piece still has a status.
        while let Some(piece) = answering.pieces.recv().await {
            if !begun {
                begun = true;
                writing.send(&events(keeps)).await?;
                writing.event(&form.first().to_string()).await?;
            }
            writing.event(&form.piece(&piece).to_string()).await?;
        }
        let done = match answering.done().await {
            Ok(done) => done,
            Err(refusal) if !begun => {
                return writing.send(&json(refusal.status, &refusal.body(), keeps)).await;
            }
            Err(refusal) => {
                writing.event(&refusal.body().to_string()).await?;
                return writing.end().await;
            }
        };
        if !begun {
            writing.send(&events(keeps)).await?;
            writing.event(&form.first().to_string()).await?;
        }
        for last in form.last(&done) {
            writing.event(&last.to_string()).await?;
        }
        writing.event("[DONE]").await?;
        writing.end().await
    };
    let sent = tokio::select! {
        sent = sending => sent,
        () = reading.gone() => return false,
    };
    sent.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_where_clients_look() {
        assert_eq!(route("/health"), Some(("GET", Route::Health)));
        assert_eq!(route("/v1/models"), Some(("GET", Route::Models)));
        assert_eq!(route("/v1/models/a/b+c"), Some(("GET", Route::Model("a/b+c"))));
        assert_eq!(route("/v1/chat/completions"), Some(("POST", Route::Chat(false))));
        assert_eq!(route("/base/v1/chat/completions"), Some(("POST", Route::Chat(true))));
        assert_eq!(route("/v1/embeddings"), Some(("POST", Route::Embeddings)));
        for path in ["", "/", "/v1", "/v1/", "/v1/models/", "/v1/completions", "/v1/../health"] {
            assert_eq!(route(path), None, "{path}");
        }
    }
}
