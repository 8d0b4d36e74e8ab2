//! What the hub says about a model, and how its answers are read.
//!
//! One request lists a commit's files with sizes and checksums. Requests that
//! may succeed later are made again, a bounded number of times.

use super::cache::{hub_home, path_variable};
use super::listing::parse;
use super::{HubError, ModelId, RemoteModel};
use crate::config::bounded;
use crate::domain::{causes, redacted};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, RANGE};
use reqwest::{Client, Response, StatusCode, Url};
use std::fmt;
use std::time::Duration;

/// Longest wait that a server may ask for before lorag gives up.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Most bytes of a list of files: one of 10,000 files has 3 MB.
const MOST_LISTED: usize = 64 << 20;

/// A hub: where it is and who asks.
#[derive(Clone)]
pub struct Endpoint {
    url: String,
    token: Option<String>,
    offline: bool,
    client: Client,
    pause: Duration,
}

/// The token stays out of logs.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.shown())
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("offline", &self.offline)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// A hub at this address, asked with this token. Proxies are taken from
    /// the environment, but not for a hub on this machine.
    ///
    /// # Errors
    /// Where the address or the token can't be used, or TLS not be set up.
    pub fn new(url: &str, token: Option<String>) -> Result<Self, HubError> {
        let url = url.trim().trim_end_matches('/').to_owned();
        let shown = redacted(&url).into_owned();
        let bad = |reason: String| HubError::BadEndpoint { url: shown.clone(), reason };
        let parsed = Url::parse(&url).map_err(|error| bad(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(bad(format!("the scheme is {}", parsed.scheme())));
        }
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        if token.as_ref().is_some_and(|token| !token.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(HubError::BadToken { page: format!("{shown}/settings/tokens") });
        }
        let client = client(is_loopback(&parsed))?;
        Ok(Self { url, token, offline: false, client, pause: Duration::from_millis(500) })
    }

    /// The hub that the environment names (`HF_ENDPOINT`, else
    /// huggingface.co), with the token of `HF_TOKEN`,
    /// `HUGGING_FACE_HUB_TOKEN` or the token file of the hub's tools.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Self, HubError> {
        let set = |name| get(name).filter(|value| !value.trim().is_empty());
        let url = set("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
        let token = set("HF_TOKEN").or_else(|| set("HUGGING_FACE_HUB_TOKEN")).or_else(|| {
            let file = path_variable(&get, "HF_TOKEN_PATH");
            let file = file.unwrap_or_else(|| hub_home(&get).join("token"));
            bounded::read_text(file, bounded::SMALL).ok()
        });
        Self::new(&url, token)
    }

    /// The same hub, with every request refused where `offline`; what was
    /// offline stays so.
    #[must_use]
    pub fn offline(mut self, offline: bool) -> Self {
        self.offline |= offline;
        self
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address as it is shown: a mirror's may hold a user with a password.
    #[must_use]
    pub fn shown(&self) -> String {
        redacted(&self.url).into_owned()
    }

    /// The commit that the id's revision means now, and its files.
    ///
    /// # Errors
    /// Where the hub can't be reached, refuses, or has no such model.
    pub async fn model(&self, id: &ModelId) -> Result<RemoteModel, HubError> {
        let revision = encode(id.revision()).replace('/', "%2F");
        let path = format!("api/models/{}/revision/{revision}?blobs=true", id.repository());
        let target = Target { id, url: format!("{}/{path}", self.url), file: None };
        let mut patience = self.patience(3);
        loop {
            match self.ask(&target).await {
                Ok(model) => return Ok(model),
                Err(failure) => tokio::time::sleep(patience.after(failure)?).await,
            }
        }
    }

    async fn ask(&self, target: &Target<'_>) -> Result<RemoteModel, Failure> {
        let response = self.get(target, 0).await?;
        let bad = |reason| HubError::BadAnswer { endpoint: self.shown(), reason };
        let mut body = Vec::new();
        let mut response = response;
        while let Some(part) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            if body.len() + part.len() > MOST_LISTED {
                let most = MOST_LISTED >> 20;
                return Err(bad(format!("its list of files holds more than {most} MB")).into());
            }
            body.extend_from_slice(&part);
        }
        Ok(parse(&body).map_err(bad)?)
    }

    /// A file at a commit.
    pub(super) fn file<'a>(&self, id: &'a ModelId, commit: &str, file: &'a str) -> Target<'a> {
        let url = format!("{}/{}/resolve/{commit}/{}", self.url, id.repository(), encode(file));
        Target { id, url, file: Some(file) }
    }

    /// One request, from byte `from` on. Success, or status 416 where a part
    /// was asked for.
    pub(super) async fn get(&self, target: &Target<'_>, from: u64) -> Result<Response, Failure> {
        if self.offline {
            return Err(HubError::Offline { id: target.id.to_string() }.into());
        }
        // A compressed answer would not have the bytes that a range counts.
        let mut request = self.client.get(&target.url).header(ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() || (status == StatusCode::RANGE_NOT_SATISFIABLE && from > 0) {
            return Ok(response);
        }
        Err(self.refused(target, status, response.headers()))
    }

    /// How often a request is made, `attempts` times at most in a row.
    pub(super) fn patience(&self, attempts: u32) -> Patience {
        Patience { attempts, left: attempts, first: self.pause, next: self.pause }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let error = HubError::Unreachable { endpoint: self.shown(), reason: cause(error) };
        Failure::Again { error, wait: None }
    }

    fn refused(&self, target: &Target<'_>, status: StatusCode, headers: &HeaderMap) -> Failure {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (id, endpoint) = (target.id.to_string(), self.shown());
        let repository = target.id.repository().to_owned();
        let with_token = self.token.is_some();
        let error = match (status.as_u16(), header("x-error-code"), target.file) {
            (_, Some("RevisionNotFound"), _) => {
                let revision = target.id.revision().to_owned();
                HubError::UnknownRevision { id: repository, revision }
            }
            (_, Some("EntryNotFound"), Some(file)) | (404, _, Some(file)) => {
                HubError::UnknownFile { id, file: file.to_owned() }
            }
            // To those who are not logged in, the hub says 401 of models that
            // don't exist.
            (_, Some("RepoNotFound"), _) | (404, _, None) => {
                HubError::UnknownModel { id, endpoint, with_token }
            }
            (401 | 403, ..) => {
                let page = format!("{endpoint}/{repository}");
                HubError::Denied { id, page, with_token }
            }
            (429, ..) => {
                let wait_s = header("retry-after").and_then(|s| s.trim().parse().ok());
                let error = HubError::RateLimited { endpoint, wait_s };
                let wait = wait_s.map(Duration::from_secs);
                return if wait.is_some_and(|wait| wait > LONGEST_WAIT) {
                    Failure::Final(error)
                } else {
                    Failure::Again { error, wait }
                };
            }
            (status @ (408 | 500..=599), ..) => {
                let error = HubError::Server { endpoint, status };
                return Failure::Again { error, wait: None };
            }
            _ => HubError::BadAnswer { endpoint, reason: format!("status {status}") },
        };
        Failure::Final(error)
    }

    /// Shorter waits between attempts, for tests.
    #[cfg(test)]
    pub(super) fn impatient(mut self) -> Self {
        self.pause = Duration::from_millis(1);
        self
    }
}

/// What is asked for.
pub(super) struct Target<'a> {
    id: &'a ModelId,
    url: String,
    /// The file, or `None` for the listing.
    file: Option<&'a str>,
}

/// A failed attempt.
pub(super) enum Failure {
    /// Another attempt would fail as well.
    Final(HubError),
    /// Another attempt may succeed, after the time that the server asks for.
    Again {
        /// What to report if no attempt is left.
        error: HubError,
        /// How long the server wants to be left alone.
        wait: Option<Duration>,
    },
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        Self::Final(error)
    }
}

/// Counts attempts and doubles the wait after each.
pub(super) struct Patience {
    attempts: u32,
    left: u32,
    first: Duration,
    next: Duration,
}

impl Patience {
    /// How long to wait after this failure; the error where no attempt is
    /// left or none would help.
    pub(super) fn after(&mut self, failure: Failure) -> Result<Duration, HubError> {
        match failure {
            Failure::Final(error) => Err(error),
            Failure::Again { error, .. } if self.left <= 1 => Err(error),
            Failure::Again { error, wait } => {
                tracing::warn!("{error}; another attempt follows");
                self.left -= 1;
                let wait = wait.unwrap_or(self.next);
                self.next = (self.next * 2).min(LONGEST_WAIT);
                Ok(wait)
            }
        }
    }

    /// Starts over, since something was achieved.
    pub(super) fn reset(&mut self) {
        self.left = self.attempts;
        self.next = self.first;
    }
}

/// Percent-encodes a path for a URL.
fn encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// What lies at the bottom of an error: `dns error: …`, `Connection refused`.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
    if error.is_timeout() {
        "it does not answer in time".to_owned()
    } else if error.is_dns() {
        format!("its name cannot be resolved ({text})")
    } else {
        text
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("").trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn client(loopback: bool) -> Result<Client, HubError> {
    let builder = || {
        Client::builder()
            .user_agent(concat!("lorag/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(15))
            .read_timeout(Duration::from_secs(60))
    };
    let built = if loopback {
        // A machine without CA certificates still reaches its own mirror.
        let built = builder().no_proxy().build();
        built.or_else(|_| builder().no_proxy().tls_certs_only([]).build())
    } else {
        builder().build()
    };
    built.map_err(|error| HubError::Client(cause(&error)))
}

#[cfg(test)]
mod tests;
