//! Answers as they go out, whole or as events. A client that does not read is
//! not waited for.

use serde_json::Value;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// How long a client may take to read what was sent.
pub(in crate::serve) const SLOW: Duration = Duration::from_secs(30);

/// What a client gets.
pub(in crate::serve) struct Writing<W> {
    /// Its side of the connection.
    pub output: W,
    /// How long the client may take to read what was sent.
    pub slow: Duration,
}

impl<W: AsyncWrite + Unpin> Writing<W> {
    /// Sends bytes.
    ///
    /// # Errors
    /// The client is gone, or reads too slowly.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sending = async {
            self.output.write_all(bytes).await?;
            self.output.flush().await
        };
        timeout(self.slow, sending).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Sends an event of a stream that [`events`] has begun.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn event(&mut self, data: &str) -> io::Result<()> {
        let event = format!("data: {data}\n\n");
        self.send(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).await
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn end(&mut self) -> io::Result<()> {
        self.send(b"0\r\n\r\n").await
    }
}

/// A whole answer.
pub(in crate::serve) fn json(status: u16, body: &Value, keeps: bool) -> Vec<u8> {
    let body = body.to_string();
    let length = format!("Content-Length: {}", body.len());
    let mut out = head(status, "application/json", &length, keeps);
    out.push_str(&body);
    out.into_bytes()
}

/// The head of a stream of events.
pub(in crate::serve) fn events(keeps: bool) -> Vec<u8> {
    head(200, "text/event-stream", "Transfer-Encoding: chunked", keeps).into_bytes()
}

fn head(status: u16, kind: &str, length: &str, keeps: bool) -> String {
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    let connection = if keeps { "keep-alive" } else { "close" };
    let again = if matches!(status, 429 | 503) { "Retry-After: 1\r\n" } else { "" };
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\n{length}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{again}Connection: {connection}\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_that_does_not_read_is_left() {
        let (_client, server) = tokio::io::duplex(16);
        let mut writing = Writing { output: server, slow: Duration::from_millis(20) };
        writing.send(b"few").await.unwrap();
        let error = writing.send(&[b'x'; 100]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn answers_say_their_length() {
        let text = String::from_utf8(json(429, &serde_json::json!({ "a": "ä" }), false)).unwrap();
        assert!(text.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
        assert!(text.contains("Content-Length: 10\r\n") && text.contains("Retry-After: 1\r\n"));
        assert!(text.contains("Connection: close\r\n") && text.ends_with("\r\n\r\n{\"a\":\"ä\"}"));
        let mut writing = Writing { output: Vec::new(), slow: SLOW };
        writing.event("ä").await.unwrap();
        writing.end().await.unwrap();
        assert_eq!(writing.output, "a\r\ndata: ä\n\n\r\n0\r\n\r\n".as_bytes());
    }
}
