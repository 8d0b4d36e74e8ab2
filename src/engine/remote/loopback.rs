//! A server on the loopback interface, for the tests of this module.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub struct Request {
    pub path: String,
    pub authorization: Option<String>,
    pub body: String,
}

impl Request {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What is sent: a head, then pieces with a pause before each.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub pieces: Vec<Vec<u8>>,
    pub pause: Duration,
    /// Repeats the last piece until the client has enough.
    pub endless: bool,
    /// Whether the connection stays open behind the last piece.
    pub stall: bool,
    /// Whether the end of the body is said, so that a client knows it is whole.
    pub whole: bool,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", "application/json".to_owned())],
            pieces: vec![body.into()],
            pause: Duration::ZERO,
            endless: false,
            stall: false,
            whole: true,
        }
    }

    /// Events with these data.
    pub fn events(data: &[&str]) -> Self {
        let pieces = data.iter().map(|data| format!("data: {data}\n\n").into_bytes()).collect();
        Self {
            headers: vec![("Content-Type", "text/event-stream".to_owned())],
            pieces,
            ..Self::new(200, "")
        }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    closed: Arc<Mutex<usize>>,
}

impl Server {
    /// Serves until the process ends. The answer also gets to know how many
    /// requests for the same path came before.
    pub fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (requests, closed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (log, gone, answer) = (Arc::clone(&requests), Arc::clone(&closed), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, gone, answer) =
                    (Arc::clone(&log), Arc::clone(&gone), Arc::clone(&answer));
                std::thread::spawn(move || {
                    if serve(stream, &log, &*answer).is_none() {
                        *gone.lock().unwrap() += 1;
                    }
                });
            }
        });
        Self { url, requests, closed }
    }

    /// The requests so far whose path ends so.
    pub fn requests(&self, end: &str) -> Vec<Request> {
        let all = self.requests.lock().unwrap();
        all.iter().filter(|request| request.path.ends_with(end)).cloned().collect()
    }

    /// How many answers the client did not hear to their end.
    pub fn closed(&self) -> usize {
        *self.closed.lock().unwrap()
    }
}

/// Nothing where the client closed the connection first.
fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Request>>,
    answer: &(impl Fn(&Request, usize) -> Reply + ?Sized),
) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut request, mut length) = (Request::default(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if request.path.is_empty() {
            request.path = line.split(' ').nth(1)?.to_owned();
        } else if let Some((name, value)) = line.split_once(": ") {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "authorization" => request.authorization = Some(value.to_owned()),
                _ => {}
            }
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.body = String::from_utf8(body).ok()?;
    let before = {
        let mut log = log.lock().unwrap();
        let before = log.iter().filter(|earlier| earlier.path == request.path).count();
        log.push(request.clone());
        before
    };
    let reply = answer(&request, before);
    let mut head = format!("HTTP/1.1 {} Status\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "Transfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    let mut chunk = |piece: &[u8]| {
        std::thread::sleep(reply.pause);
        let mut out = format!("{:x}\r\n", piece.len()).into_bytes();
        out.extend_from_slice(piece);
        out.extend_from_slice(b"\r\n");
        stream.write_all(&out).and_then(|()| stream.flush()).ok()
    };
    for piece in reply.pieces.iter().filter(|piece| !piece.is_empty()) {
        chunk(piece)?;
    }
    if reply.endless {
        loop {
            chunk(reply.pieces.last()?)?;
        }
    }
    if reply.stall {
        // Comes back when the client has closed the connection.
        let rest = stream.read(&mut [0]);
        return matches!(rest, Ok(n) if n > 0).then_some(());
    }
    if reply.whole {
        stream.write_all(b"0\r\n\r\n").ok()?;
    }
    Some(())
}
