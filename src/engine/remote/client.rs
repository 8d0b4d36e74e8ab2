//! Requests: what is asked of a server, and how much of its answer is read.

use super::super::EngineError;
use super::access::Access;
use super::failure::{Again, Failure};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// Most bytes of an answer that is read whole: lists of models are long.
const MOST: usize = 16 << 20;

/// Most bytes of what an error says.
const MOST_OF_ERROR: usize = 64 << 10;

/// How often a request is made, at most.
const ATTEMPTS: u32 = 4;

/// Asks one server.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub access: Access,
    client: Client,
}

impl Asker {
    pub fn new(access: &Access) -> Result<Self, EngineError> {
        Ok(Self { access: access.clone(), client: access.client()? })
    }

    /// Asks for a JSON value, within a time.
    pub async fn get(&self, url: &str, limit: Duration) -> Result<Value, Failure> {
        self.value(self.client.get(url), limit).await
    }

    /// Sends a JSON value and asks for one, within a time.
    pub async fn post(&self, url: &str, body: &Value, limit: Duration) -> Result<Value, Failure> {
        self.value(self.posting(url, body), limit).await
    }

    /// Begins an answer that comes in pieces. What may succeed later is asked
    /// again until `until`.
    pub async fn open(&self, body: &Value, until: Instant) -> Result<Response, EngineError> {
        let url = format!("{}/chat/completions", self.access.api);
        let mut pause = self.access.waits.pause;
        let mut attempt = 1;
        loop {
            let request = self.posting(&url, body).header(ACCEPT, "text/event-stream");
            let sent = timeout_at(until, self.send(request)).await;
            let failure = match sent {
                Err(_) => return Err(self.late()),
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(failure)) => failure,
            };
            let wait = match failure.again {
                Again::Never => return Err(failure.error),
                Again::Soon => pause.mul_f64(0.75 + 0.5 * fastrand::f64()),
                Again::After(wait) => wait,
            };
            if attempt >= ATTEMPTS || Instant::now() + wait >= until {
                return Err(failure.error);
            }
            tracing::info!(server = %self.access.name, attempt, "is asked again: {}", failure.error);
            tokio::time::sleep(wait).await;
            attempt += 1;
            pause *= 2;
        }
    }

    /// Nothing came in time.
    pub fn late(&self) -> EngineError {
        let (title, name) = (self.access.title(), &self.access.name);
        let seconds = self.access.waits.first_token.as_secs();
        EngineError::Server(format!(
            "{title} began no answer within {seconds} s. It may be loading the model or be busy; servers.{name}.first_token_s allows more time"
        ))
    }

    fn posting(&self, url: &str, body: &Value) -> RequestBuilder {
        self.client.post(url).header(CONTENT_TYPE, "application/json").body(body.to_string())
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let sent = request.send().await;
        let mut response =
            sent.map_err(|error| Failure::of_transport(&self.access, &error.without_url()))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        // What was read until it broke or grew too long is what it says.
        let mut body = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            body.extend_from_slice(&piece);
            if body.len() >= MOST_OF_ERROR {
                break;
            }
        }
        Err(Failure::of_status(&self.access, status, &headers, &body))
    }

    async fn value(&self, request: RequestBuilder, limit: Duration) -> Result<Value, Failure> {
        let asked = async {
            let response = self.send(request.header(ACCEPT, "application/json")).await?;
            let status = response.status();
            let body = self.body(response).await?;
            serde_json::from_slice(&body).map_err(|_| self.nonsense(status))
        };
        timeout(limit, asked).await.unwrap_or_else(|_| {
            let title = self.access.title();
            let message = format!("{title} does not answer within {} s", limit.as_secs().max(1));
            Err(Failure::never(EngineError::Server(message)))
        })
    }

    /// A whole body, where it is not too long.
    pub async fn body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            let piece = response.chunk().await;
            match piece.map_err(|e| Failure::of_transport(&self.access, &e.without_url()))? {
                None => return Ok(body),
                Some(piece) if body.len() + piece.len() > MOST => {
                    let message = format!(
                        "{} sends more than {} MB where a short answer belongs",
                        self.access.title(),
                        MOST >> 20
                    );
                    return Err(Failure::never(EngineError::Server(message)));
                }
                Some(piece) => body.extend_from_slice(&piece),
            }
        }
    }

    fn nonsense(&self, status: StatusCode) -> Failure {
        let (title, name) = (self.access.title(), &self.access.name);
        let message = format!(
            "{title} answers with something that is no JSON. Is servers.{name}.url the address of an inference server?"
        );
        Failure { status: Some(status), ..Failure::never(EngineError::Server(message)) }
    }
}
