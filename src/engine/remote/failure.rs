//! Why a request failed, and whether it may be made again.

use super::super::EngineError;
use super::access::Access;
use super::cause::cause;
use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::time::Duration;

/// Longest wait that a server may ask for before lorag gives up.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A request that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: EngineError,
    pub again: Again,
    /// The status, where there was an answer.
    pub status: Option<StatusCode>,
}

/// Whether a request may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    /// After a while that grows.
    Soon,
    /// After this time, which the server asks for.
    After(Duration),
}

impl Failure {
    pub fn never(error: EngineError) -> Self {
        Self { error, again: Again::Never, status: None }
    }

    /// The server can't be reached, or the connection broke.
    pub fn of_transport(access: &Access, error: &reqwest::Error) -> Self {
        let (title, name) = (access.title(), &access.name);
        let text = access.clean(&cause(error));
        let again = if error.is_connect() { Again::Soon } else { Again::Never };
        let message = if error.is_timeout() && error.is_connect() {
            format!("{title} can't be reached in time. Is servers.{name}.url right?")
        } else if error.is_timeout() {
            format!("{title} does not answer in time")
        } else if error.is_connect() {
            format!(
                "{title} can't be reached: {text}. Is it running, and is servers.{name}.url right?"
            )
        } else {
            format!("{title} broke the connection: {text}")
        };
        Self { error: EngineError::Server(message), again, status: None }
    }

    /// The server refused.
    pub fn of_status(
        access: &Access,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Self {
        let (title, name) = (access.title(), &access.name);
        let said = said(access, body);
        let because = if said.is_empty() { String::new() } else { format!(": {said}") };
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut again = Again::Never;
        let message = match (status.as_u16(), access.key_place()) {
            (401 | 403, Some(place)) => format!(
                "{title} does not accept the key of {place} (status {status}){because}. Put the right key there"
            ),
            (401 | 403, None) => format!(
                "{title} wants a key (status {status}){because}. Name the variable that holds it as servers.{name}.key_env, or a file as servers.{name}.key_file"
            ),
            (300..=399, _) => {
                let to = header("location").map(|to| access.clean(&host_of(to)));
                format!(
                    "{title} points to another address ({}), which is not followed, so that no key goes astray. Write it into servers.{name}.url where it is right",
                    to.unwrap_or_default()
                )
            }
            (404, _) => format!(
                "{title} knows no such model or path{because}. `lorag models list` lists its models; servers.{name}.url is its address without /chat/completions"
            ),
            (429, _) => {
                let wait = header("retry-after").and_then(|text| retry_after(text, Utc::now()));
                again = match wait {
                    Some(wait) if wait > LONGEST_WAIT => Again::Never,
                    Some(wait) => Again::After(wait),
                    None => Again::Soon,
                };
                let when = match wait {
                    Some(wait) => format!("in {} s", wait.as_secs().max(1)),
                    None => "later".to_owned(),
                };
                format!(
                    "{title} takes no more requests now (status 429){because}. Ask again {when}"
                )
            }
            (500..=599, _) => {
                if matches!(status.as_u16(), 502..=504) {
                    let wait = header("retry-after").and_then(|text| retry_after(text, Utc::now()));
                    again =
                        wait.filter(|wait| *wait <= LONGEST_WAIT).map_or(Again::Soon, Again::After);
                }
                format!("{title} failed (status {status}){because}. Its own log says more")
            }
            (413, _) => {
                format!("{title} finds the request too large{because}. Ask with fewer sources")
            }
            _ if is_too_long(&said) => format!(
                "the prompt is too long for {title}{because}. Ask with fewer sources, or set servers.{name}.window to what it holds"
            ),
            _ => format!("{title} refused the request (status {status}){because}"),
        };
        Self { error: EngineError::Server(message), again, status: Some(status) }
    }
}

/// Whether a server complains about the length of the prompt.
fn is_too_long(said: &str) -> bool {
    let said = said.to_lowercase();
    [
        "context length",
        "context size",
        "context window",
        "maximum context",
        "too long",
        "max_model_len",
    ]
    .iter()
    .any(|words| said.contains(words))
}

/// What the body of an error says, on one line.
pub(super) fn said(access: &Access, body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(value) => message_of(&value),
        // A page for people says nothing here.
        Err(_) if body.trim_ascii_start().starts_with(b"<") => None,
        Err(_) => Some(String::from_utf8_lossy(body).into_owned()),
    };
    access.clean(text.unwrap_or_default().trim_end_matches('.'))
}

/// The message of an error as the servers write it: `error.message`, `error`,
/// `message` or `detail`.
pub(super) fn message_of(value: &Value) -> Option<String> {
    let places = ["/error/message", "/error", "/message", "/detail", "/detail/0/msg"];
    let text = places.iter().find_map(|place| value.pointer(place).and_then(Value::as_str));
    text.map(str::to_owned)
}

/// Seconds or a date.
fn retry_after(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    Some((until.to_utc() - now).to_std().unwrap_or_default())
}

/// Scheme and host of an address; the path may hold anything.
fn host_of(address: &str) -> String {
    match reqwest::Url::parse(address) {
        Ok(url) => format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()),
        Err(_) => "another path".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_seconds_or_dates() {
        let now = DateTime::parse_from_rfc2822("Sat, 28 Nov 2026 12:00:00 GMT").unwrap().to_utc();
        let wait = |text: &str| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait(" 0.5 "), Some(0));
        assert_eq!(wait("Sat, 28 Nov 2026 12:00:30 GMT"), Some(30));
        assert_eq!(wait("Sat, 28 Nov 2026 11:00:00 GMT"), Some(0));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
        assert_eq!(wait("1e300"), None);
    }

    #[test]
    fn messages_are_found_where_servers_put_them() {
        for body in [
            r#"{"error":{"message":"no"}}"#,
            r#"{"error":"no"}"#,
            r#"{"object":"error","message":"no"}"#,
            r#"{"detail":"no"}"#,
            r#"{"detail":[{"msg":"no"}]}"#,
        ] {
            assert_eq!(message_of(&serde_json::from_str(body).unwrap()).as_deref(), Some("no"));
        }
        assert_eq!(message_of(&serde_json::json!([1])), None);
    }
}
