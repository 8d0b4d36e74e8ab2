//! The head of a request.

use super::refusal::Refusal;

/// Most bytes of a head.
pub(super) const MOST_BYTES: usize = 16 << 10;

/// Most headers.
const MOST_HEADERS: usize = 64;

/// How the length of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// So many bytes.
    Bytes(usize),
    /// Piece by piece.
    Chunked,
}

/// A head that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::serve) struct Head {
    /// The method.
    pub method: String,
    /// The path, without a query.
    pub path: String,
    /// The host that was asked for, without a port.
    pub host: Option<String>,
    /// The key behind `Bearer`.
    pub key: Option<String>,
    /// Whether the body says that it is JSON.
    pub json: bool,
    /// Whether the connection stays open for another request.
    pub keeps: bool,
    /// Whether the client waits to be told to send its body.
    pub(super) waits: bool,
    pub(super) length: Length,
}

/// Reads a head from the beginning of what was received, with its length in
/// bytes; `None` where more has to come.
///
/// # Errors
/// It is no head, or one that is not taken.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let too_large = || Refusal::new(431, format!("a head may have {MOST_BYTES} bytes"));
    let used = match request.parse(bytes) {
        Ok(httparse::Status::Complete(used)) if used <= MOST_BYTES => used,
        Ok(httparse::Status::Partial) if bytes.len() <= MOST_BYTES => return Ok(None),
        Ok(_) => return Err(too_large()),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refusal::new(431, format!("a request may have {MOST_HEADERS} headers")));
        }
        Err(error) => return Err(Refusal::new(400, format!("this is no HTTP request: {error}"))),
    };
    let newer = request.version == Some(1);
    let mut head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        path: path(request.path.unwrap_or_default()).to_owned(),
        host: None,
        key: None,
        json: false,
        keeps: newer,
        waits: false,
        length: Length::Bytes(0),
    };
    let (mut length, mut chunked) = (None, false);
    for header in request.headers.iter() {
        let wrong = || Refusal::new(400, format!("the header {} is wrong", header.name));
        let value = std::str::from_utf8(header.value).map_err(|_| wrong())?.trim();
        match header.name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let digits = value.bytes().all(|byte| byte.is_ascii_digit());
                let bytes = value.parse().ok().filter(|_| digits && length.is_none());
                length = Some(bytes.ok_or_else(wrong)?);
            }
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") && newer && !chunked => {
                chunked = true;
            }
            "transfer-encoding" => return Err(wrong()),
            "host" if head.host.is_none() => head.host = Some(host(value).to_owned()),
            "host" => return Err(wrong()),
            "authorization" => {
                let key =
                    value.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
                head.key = key.map(|(_, key)| key.trim().to_owned());
            }
            "content-type" => {
                let kind = value.split(';').next().unwrap_or_default().trim();
                head.json = kind.eq_ignore_ascii_case("application/json");
            }
            "connection" => {
                let has =
                    |word: &str| value.split(',').any(|w| w.trim().eq_ignore_ascii_case(word));
                head.keeps = if newer { !has("close") } else { has("keep-alive") };
            }
            "expect" => head.waits = value.eq_ignore_ascii_case("100-continue"),
            _ => {}
        }
    }
    head.length = match (length, chunked) {
        // What one of two servers reads as a body, another reads as a request.
        (Some(_), true) => return Err(Refusal::new(400, "a body has one length")),
        (_, true) => Length::Chunked,
        (bytes, false) => Length::Bytes(bytes.unwrap_or(0)),
    };
    Ok(Some((head, used)))
}

/// The path of a target, without host and query.
fn path(target: &str) -> &str {
    let target = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    target.split(['?', '#']).next().unwrap_or(target)
}

/// A host without its port.
fn host(value: &str) -> &str {
    match value.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => value.split(':').next().unwrap_or(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Head {
        parse(text.as_bytes()).unwrap().unwrap().0
    }

    fn status(text: &str) -> u16 {
        parse(text.as_bytes()).unwrap_err().status
    }

    #[test]
    fn heads_are_read() {
        let text = "POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: [::1]:80\r\n\
                    Authorization: bearer  k1\r\nContent-Type: application/json; charset=utf-8\r\n\
                    Content-Length: 7\r\n\r\n{}";
        let (head, used) = parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!(&text[used..], "{}");
        assert_eq!((head.method.as_str(), head.path.as_str()), ("POST", "/v1/chat/completions"));
        assert_eq!((head.host.as_deref(), head.key.as_deref()), (Some("::1"), Some("k1")));
        assert!(head.json && head.keeps && head.length == Length::Bytes(7));
        assert!(!read("GET / HTTP/1.0\r\n\r\n").keeps);
        assert!(!read("GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n").keeps);
        assert_eq!(read("GET http://a:1/b?c HTTP/1.1\r\nHost: a:1\r\n\r\n").path, "/b");
        assert_eq!(parse(b"GET / HTTP/1.1\r\nHost: a\r\n").unwrap(), None);
    }

    #[test]
    fn other_heads_are_refused() {
        assert_eq!(status("garbage\u{0}\r\n\r\n"), 400);
        assert_eq!(status("GET / HTTP/2.0\r\n\r\n"), 400);
        assert_eq!(status(&format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(MOST_BYTES))), 431);
        assert_eq!(status(&"x".repeat(MOST_BYTES + 1)), 431);
        let many = "A: b\r\n".repeat(MOST_HEADERS + 1);
        assert_eq!(status(&format!("GET / HTTP/1.1\r\n{many}\r\n")), 431);
        for headers in [
            "Content-Length: 1\r\nContent-Length: 1",
            "Content-Length: +1",
            "Content-Length: -1",
            "Content-Length: 99999999999999999999999",
            "Content-Length: 1\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Host: a\r\nHost: b",
        ] {
            assert_eq!(status(&format!("POST / HTTP/1.1\r\n{headers}\r\n\r\n")), 400, "{headers}");
        }
        let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(status(old), 400);
    }
}
