//! Requests as they come, within limits of size and time.

use super::head::{self, Head, Length};
use super::refusal::Refusal;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Most bytes of a body.
pub(in crate::serve) const MOST_BODY: usize = 1 << 20;

/// How long a client is waited for.
#[derive(Clone, Copy, Debug)]
pub(in crate::serve) struct Times {
    /// For its next request.
    pub idle: Duration,
    /// For a head, from its first byte on.
    pub head: Duration,
    /// For a body.
    pub body: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { idle: seconds(60), head: seconds(10), body: seconds(30) }
    }
}

/// Most bytes that are read and thrown away of a request that was refused.
const MOST_LOST: usize = 4 * MOST_BODY;

/// Most bytes that are kept of requests that come before their turn.
const MOST_AHEAD: usize = 64 << 10;

/// What a client sends.
pub(in crate::serve) struct Reading<R> {
    input: R,
    /// What was received and not used yet.
    ahead: Vec<u8>,
    times: Times,
}

impl<R: AsyncRead + Unpin> Reading<R> {
    /// From this side of a connection.
    pub fn new(input: R, times: Times) -> Self {
        Self { input, ahead: Vec::new(), times }
    }

    async fn more(&mut self) -> io::Result<usize> {
        self.input.read_buf(&mut self.ahead).await
    }

    /// The next head; `None` where there is none any more.
    ///
    /// # Errors
    /// It is no head, or comes too slowly.
    pub async fn head(&mut self) -> Result<Option<Head>, Refusal> {
        let Times { idle, head: limit, .. } = self.times;
        if self.ahead.is_empty() && !matches!(timeout(idle, self.more()).await, Ok(Ok(1..))) {
            return Ok(None);
        }
        let reading = async {
            loop {
                // Some clients end a body with a line break too many.
                let blank = self.ahead.iter().take_while(|byte| b"\r\n".contains(byte)).count();
                self.ahead.drain(..blank);
                if let Some((head, used)) = head::parse(&self.ahead)? {
                    self.ahead.drain(..used);
                    return Ok(Some(head));
                }
                match self.more().await {
                    Ok(1..) => {}
                    Ok(0) | Err(_) => return Ok(None),
                }
            }
        };
        timeout(limit, reading).await.unwrap_or_else(|_| Err(slow()))
    }

    /// The body of a request. A client that waits to be asked for it is asked
    /// by way of `output`.
    ///
    /// # Errors
    /// It is too long, cut, or comes too slowly.
    pub async fn body(
        &mut self,
        head: &Head,
        output: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Vec<u8>, Refusal> {
        if matches!(head.length, Length::Bytes(bytes) if bytes > MOST_BODY) {
            return Err(too_long());
        }
        let limit = self.times.body;
        let reading = async {
            if head.waits && self.ahead.is_empty() {
                let asked = output.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
                asked.map_err(|_| cut())?;
                output.flush().await.map_err(|_| cut())?;
            }
            match head.length {
                Length::Bytes(bytes) => self.take(bytes).await,
                Length::Chunked => self.chunks().await,
            }
        };
        timeout(limit, reading).await.unwrap_or_else(|_| Err(slow()))
    }

    /// So many bytes.
    async fn take(&mut self, bytes: usize) -> Result<Vec<u8>, Refusal> {
        while self.ahead.len() < bytes {
            if !matches!(self.more().await, Ok(1..)) {
                return Err(cut());
            }
        }
        Ok(self.ahead.drain(..bytes).collect())
    }

    async fn chunks(&mut self) -> Result<Vec<u8>, Refusal> {
        let mut body = Vec::new();
        loop {
            let line = self.line().await?;
            let digits = line.split(';').next().unwrap_or_default().trim();
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let size = usize::from_str_radix(digits, 16).ok().filter(|_| plain);
            let size =
                size.ok_or_else(|| Refusal::new(400, "a piece of the body has no length"))?;
            if size > MOST_BODY || body.len() + size > MOST_BODY {
                return Err(too_long());
            }
            if size == 0 {
                // Headers behind the body say nothing that is wanted.
                while !self.line().await?.is_empty() {}
                return Ok(body);
            }
            body.append(&mut self.take(size).await?);
            if !self.line().await?.is_empty() {
                return Err(Refusal::new(400, "a piece of the body is longer than it says"));
            }
        }
    }

    async fn line(&mut self) -> Result<String, Refusal> {
        loop {
            let end = self.ahead.iter().take(256).position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let line: Vec<u8> = self.ahead.drain(..=end).collect();
                let text = String::from_utf8_lossy(&line);
                return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.ahead.len() >= 256 {
                return Err(Refusal::new(400, "a line of the body is too long"));
            }
            if !matches!(self.more().await, Ok(1..)) {
                return Err(cut());
            }
        }
    }

    /// Reads on for a moment what belongs to a request that was refused: closed
    /// before it is read, a connection takes the answer with it.
    pub async fn lose(&mut self) {
        let reading = async {
            let mut lost = 0;
            while lost < MOST_LOST {
                self.ahead.clear();
                match self.more().await {
                    Ok(bytes @ 1..) => lost += bytes,
                    _ => return,
                }
            }
        };
        let _ = timeout(Duration::from_secs(1), reading).await;
    }

    /// Waits until the client is gone. What it sends meanwhile is kept.
    pub async fn gone(&mut self) {
        while self.ahead.len() < MOST_AHEAD {
            if !matches!(self.more().await, Ok(1..)) {
                return;
            }
        }
        std::future::pending().await
    }
}

fn slow() -> Refusal {
    Refusal::new(408, "the request came too slowly")
}

fn too_long() -> Refusal {
    Refusal::new(413, format!("a body may have {MOST_BODY} bytes"))
}

fn cut() -> Refusal {
    Refusal::new(400, "the body is shorter than it says")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const TIMES: Times = Times { idle: SHORT, head: SHORT, body: SHORT };

    async fn request(bytes: &[u8]) -> Result<(Head, Vec<u8>), Refusal> {
        let mut reading = Reading::new(bytes, Times::default());
        let head = reading.head().await?.unwrap();
        let body = reading.body(&head, &mut tokio::io::sink()).await?;
        Ok((head, body))
    }

    #[tokio::test]
    async fn bodies_are_read_whole_and_in_pieces() {
        let plain = b"\r\nPOST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nbodyGET ";
        assert_eq!(request(plain).await.unwrap().1, b"body");
        let pieces = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                       2;x=y\r\nbo\r\n2\r\ndy\r\n0\r\nA: b\r\n\r\n";
        assert_eq!(request(pieces).await.unwrap().1, b"body");
    }

    #[tokio::test]
    async fn other_bodies_are_refused() {
        for (body, status) in [
            ("Content-Length: 9\r\n\r\nbody", 400),
            ("Content-Length: 9999999\r\n\r\nbody", 413),
            ("Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            ("Transfer-Encoding: chunked\r\n\r\n+2\r\nbo\r\n", 400),
            ("Transfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n", 413),
            ("Transfer-Encoding: chunked\r\n\r\n1\r\nbody\r\n", 400),
            ("Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n", 400),
        ] {
            let text = format!("POST /a HTTP/1.1\r\n{body}");
            assert_eq!(request(text.as_bytes()).await.unwrap_err().status, status, "{body}");
        }
        let endless = format!(
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            format!("10000\r\n{}\r\n", "x".repeat(0x10000)).repeat(17)
        );
        assert_eq!(request(endless.as_bytes()).await.unwrap_err().status, 413);
    }

    #[tokio::test]
    async fn slow_clients_are_not_waited_for() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut reading = Reading::new(server, TIMES);
        assert_eq!(reading.head().await, Ok(None), "nobody sent anything");
        client.write_all(b"GET / HT").await.unwrap();
        assert_eq!(reading.head().await.unwrap_err().status, 408);
        let (mut client, server) = tokio::io::duplex(64);
        let mut reading = Reading::new(server, TIMES);
        client.write_all(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nbo").await.unwrap();
        let head = reading.head().await.unwrap().unwrap();
        let body = reading.body(&head, &mut tokio::io::sink()).await;
        assert_eq!(body.unwrap_err().status, 408);
    }

    #[tokio::test]
    async fn a_client_that_goes_is_noticed() {
        let (mut client, server) = tokio::io::duplex(64);
        let mut reading = Reading::new(server, TIMES);
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        timeout(SHORT, reading.gone()).await.unwrap_err();
        drop(client);
        timeout(Duration::from_secs(1), reading.gone()).await.unwrap();
        assert_eq!(reading.head().await.unwrap().unwrap().path, "/");
    }
}
