//! A hub on the loopback interface, for the tests of this module.

use sha2::Digest;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The commit that every model here has.
pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub range: Option<u64>,
    pub authorization: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Bytes of the body after which the connection ends.
    pub cut: Option<usize>,
    /// Whether the connection stays open after the last byte, until the
    /// client closes it.
    pub stall: bool,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), cut: None, stall: false }
    }
}

pub struct Server {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Serves until the process ends. The answer also gets to know how
    /// many requests for the same path came before.
    pub fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Self { url, requests }
    }

    /// Serves one model with these files, each with its name, its content
    /// and whether it lies in LFS; `tweak` may spoil the answers.
    pub fn hub(
        files: Vec<(&'static str, Vec<u8>, bool)>,
        tweak: impl Fn(&Request, usize, &mut Reply) + Send + Sync + 'static,
    ) -> Self {
        let listing = listing(&files);
        Self::start(move |request, before| {
            let file = files
                .iter()
                .find(|(name, ..)| request.path.ends_with(&format!("/resolve/{COMMIT}/{name}")));
            let mut reply = match (file, request.range) {
                _ if request.path.starts_with("/api/") => Reply::new(200, listing.as_bytes()),
                (None, _) => Reply::new(404, "no such file"),
                (Some((_, content, _)), None) => Reply::new(200, content.as_slice()),
                (Some((_, content, _)), Some(from)) => {
                    let from = usize::try_from(from).unwrap();
                    let mut part = Reply::new(206, &content[from..]);
                    let (last, size) = (content.len() - 1, content.len());
                    part.headers.push(("Content-Range", format!("bytes {from}-{last}/{size}")));
                    part
                }
            };
            tweak(request, before, &mut reply);
            reply
        })
    }

    /// The requests so far whose path ends so.
    pub fn requests(&self, end: &str) -> Vec<Request> {
        let all = self.requests.lock().unwrap();
        all.iter().filter(|request| request.path.ends_with(end)).cloned().collect()
    }
}

fn listing(files: &[(&'static str, Vec<u8>, bool)]) -> String {
    let siblings: Vec<_> = files
        .iter()
        .map(|(name, content, lfs)| {
            let size = content.len();
            let head = format!("blob {size}\0").into_bytes();
            let git = format!("{:x}", sha1::Sha1::digest([head, content.clone()].concat()));
            let sha256 = format!("{:x}", sha2::Sha256::digest(content));
            let mut file = serde_json::json!({ "rfilename": name, "size": size, "blobId": git });
            if *lfs {
                file["lfs"] =
                    serde_json::json!({ "sha256": sha256, "size": size, "pointerSize": 130 });
            }
            file
        })
        .collect();
    serde_json::json!({ "id": "org/name", "sha": COMMIT, "siblings": siblings }).to_string()
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Request>>,
    answer: &(impl Fn(&Request, usize) -> Reply + ?Sized),
) {
    let mut request = Request { path: String::new(), range: None, authorization: None };
    for line in BufReader::new(stream.try_clone().unwrap()).lines() {
        let Ok(line) = line else { return };
        if line.is_empty() {
            break;
        }
        if request.path.is_empty() {
            request.path = line.split(' ').nth(1).unwrap().to_owned();
        } else if let Some((name, value)) = line.split_once(": ") {
            match name.to_ascii_lowercase().as_str() {
                "range" => {
                    let from = value.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap();
                    request.range = Some(from.parse().unwrap());
                }
                "authorization" => request.authorization = Some(value.to_owned()),
                _ => {}
            }
        }
    }
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
    head += &format!("Content-Length: {}\r\n\r\n", reply.body.len());
    let body = &reply.body[..reply.cut.unwrap_or(reply.body.len())];
    let sent = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    if sent.is_ok() && reply.stall {
        let _ = stream.read(&mut [0]);
    }
}
