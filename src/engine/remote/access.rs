//! A server as it is configured: its address, its key, its time limits.

use super::super::EngineError;
use super::cause::cause;
use super::key::{Key, bearer, read_key, user};
use crate::config::{ServerEntry, ServerKind};
use reqwest::header::AUTHORIZATION;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use std::fmt;
use std::time::Duration;

/// How long a connection is kept that nobody uses.
const POOLED: Duration = Duration::from_secs(3);

/// How a server is reached.
#[derive(Clone)]
pub struct Access {
    /// Its name in the settings.
    pub name: String,
    /// What it is said to be.
    pub kind: ServerKind,
    /// Tokens of prompt and answer together, where the settings say.
    pub window: Option<usize>,
    /// What stands before `/tokenize`, `/props` and so on.
    pub(super) root: String,
    /// What stands before `/chat/completions`.
    pub(super) api: String,
    pub(super) waits: Waits,
    shown: String,
    host: String,
    secure: bool,
    loopback: bool,
    key: Option<Key>,
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub connect: Duration,
    pub first_token: Duration,
    pub idle: Duration,
    /// Before a request is made again, the first time.
    pub pause: Duration,
}

impl Access {
    /// A server of the settings. `variable` gives the values of environment
    /// variables.
    ///
    /// # Errors
    /// Where its address can't be used, or its key not be read.
    pub fn new(
        name: &str,
        entry: &ServerEntry,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, EngineError> {
        let failed =
            |why: String| EngineError::Server(format!("the server {name} ({}) {why}", entry.url));
        let mut url = Url::parse(entry.url.expose()).map_err(|error| {
            failed(format!("has no usable address: {error}. Mend servers.{name}.url"))
        })?;
        let user = user(&url);
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let key = match (&entry.key_env, &entry.key_file, user) {
            (Some(variable_name), ..) => {
                let value = variable(variable_name).unwrap_or_default();
                let place = format!("the variable {variable_name}");
                Some(bearer(&value, place).map_err(|why| {
                    failed(format!("wants the key of the variable {variable_name}, which {why}. Set it, or name another with servers.{name}.key_env"))
                })?)
            }
            (None, Some(file), _) => {
                let value = read_key(file).map_err(|error| {
                    failed(format!(
                        "wants the key of the file {}: {error}. Mend servers.{name}.key_file",
                        file.display()
                    ))
                })?;
                let place = format!("the file {}", file.display());
                Some(bearer(&value, place).map_err(|why| {
                    failed(format!("wants the key of the file {}, which {why}", file.display()))
                })?)
            }
            (None, None, user) => user,
        };
        let (root, api) = roots(&url);
        let host = url.host_str().unwrap_or("").to_owned();
        let bare = host.trim_matches(['[', ']']);
        let loopback = bare == "localhost"
            || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        Ok(Self {
            name: name.to_owned(),
            kind: entry.kind,
            window: entry.window,
            shown: root.clone(),
            root,
            api,
            waits: Waits {
                connect: Duration::from_secs(entry.connect_s),
                first_token: Duration::from_secs(entry.first_token_s),
                idle: Duration::from_secs(entry.idle_s),
                pause: Duration::from_millis(500),
            },
            host,
            secure: url.scheme() == "https",
            loopback,
            key,
        })
    }

    /// Its address, without user and password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shown
    }

    /// Its host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.loopback
    }

    /// Whether a key is sent.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// What is to be said of the way the key takes, if anything.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        (self.has_key() && !self.secure && !self.loopback).then(|| {
            format!(
                "The key of the server {} goes to {} over plain http, where others on the way can read it. Use an https address.",
                self.name, self.host
            )
        })
    }

    /// How messages begin.
    pub(super) fn title(&self) -> String {
        format!("the server {} ({})", self.name, self.shown)
    }

    /// Where the key comes from.
    pub(super) fn key_place(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.place.as_str())
    }

    /// A text of the server on one line, without the key, cut where it is long.
    pub(super) fn clean(&self, text: &str) -> String {
        const MOST: usize = 300;
        let mut text = text.to_owned();
        for secret in self.key.iter().flat_map(|key| &key.secrets) {
            text = text.replace(secret.as_str(), "…");
        }
        let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= MOST {
            return line;
        }
        let start: String = line.chars().take(MOST).collect();
        format!("{start}…")
    }

    /// A client with the key. Proxies are taken from the environment, but not
    /// for a server on this machine.
    pub(super) fn client(&self) -> Result<Client, EngineError> {
        let builder = || {
            let mut builder = Client::builder()
                .user_agent(concat!("lorag/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(self.waits.connect)
                // Servers close idle connections after five seconds and more.
                .pool_idle_timeout(POOLED)
                // The key must not go where a server points to.
                .redirect(Policy::none());
            if let Some(key) = &self.key {
                let headers = [(AUTHORIZATION, key.header.clone())].into_iter().collect();
                builder = builder.default_headers(headers);
            }
            builder
        };
        let built = if self.loopback {
            // A machine without CA certificates still reaches its own server.
            let built = builder().no_proxy().build();
            built.or_else(|_| builder().no_proxy().tls_certs_only([]).build())
        } else {
            builder().build()
        };
        built.map_err(|error| {
            EngineError::Server(format!("{} can't be asked: {}", self.title(), cause(&error)))
        })
    }

    /// Shorter waits, for tests.
    #[cfg(test)]
    pub(super) fn impatient(mut self, wait: Duration) -> Self {
        let pause = Duration::from_millis(1);
        self.waits = Waits { connect: wait, first_token: wait, idle: wait, pause };
        self
    }
}

/// The key stays out of logs.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("name", &self.name)
            .field("url", &self.shown)
            .field("kind", &self.kind)
            .field("key", &self.key.as_ref().map(|_| "…"))
            .finish_non_exhaustive()
    }
}

/// What stands before the other paths and before those of the chat interface:
/// an address may end with the version of the interface or go without it.
fn roots(url: &Url) -> (String, String) {
    let whole = url.as_str().trim_end_matches('/');
    let origin = url.origin().ascii_serialization();
    let path = url.path().trim_end_matches('/');
    let version = path.split('/').position(|part| {
        part.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    match version {
        Some(at) => {
            let before: Vec<&str> = path.split('/').take(at).collect();
            (format!("{origin}{}", before.join("/")), whole.to_owned())
        }
        None => (whole.to_owned(), format!("{whole}/v1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServerUrl;

    fn entry(url: &str) -> ServerEntry {
        ServerEntry { url: ServerUrl::parse(url).unwrap(), ..ServerEntry::default() }
    }

    #[test]
    fn an_address_may_have_its_version() {
        let roots = |url: &str| {
            let access = Access::new("s", &entry(url), |_| None).unwrap();
            (access.root.clone(), access.api.clone())
        };
        let both = |root: &str, api: &str| (root.to_owned(), api.to_owned());
        assert_eq!(roots("http://h:8000"), both("http://h:8000", "http://h:8000/v1"));
        assert_eq!(roots("http://h:8000/v1/"), both("http://h:8000", "http://h:8000/v1"));
        assert_eq!(roots("https://h/api/v1"), both("https://h/api", "https://h/api/v1"));
        assert_eq!(roots("https://h/vllm"), both("https://h/vllm", "https://h/vllm/v1"));
        assert_eq!(roots("https://h/v1beta/openai"), both("https://h", "https://h/v1beta/openai"));
    }

    #[test]
    fn a_key_is_read_and_never_shown() {
        let mut entry = entry("http://example.org:8000");
        entry.key_env = Some("MY_KEY".to_owned());
        let missing = Access::new("gpu", &entry, |_| None).unwrap_err().to_string();
        assert!(missing.contains("the variable MY_KEY, which is not set"), "{missing}");
        let wrong = Access::new("gpu", &entry, |_| Some("sk secret".into())).unwrap_err();
        assert!(!wrong.to_string().contains("secret"), "{wrong}");
        let access = Access::new("gpu", &entry, |_| Some("sk-secret\n".into())).unwrap();
        assert!(!format!("{access:?} {:?}", access.client().unwrap()).contains("secret"));
        assert_eq!(access.clean("no\nsuch key sk-secret"), "no such key …");
        assert!(access.warning().unwrap().contains("plain http"));

        let folder = tempfile::tempdir().unwrap();
        entry.key_env = None;
        entry.key_file = Some(folder.path().join("key"));
        let missing = Access::new("gpu", &entry, |_| None).unwrap_err().to_string();
        assert!(missing.contains("servers.gpu.key_file"), "{missing}");
        std::fs::write(folder.path().join("key"), "sk-secret\n").unwrap();
        assert!(Access::new("gpu", &entry, |_| None).unwrap().has_key());
    }

    #[test]
    fn a_user_of_the_address_is_sent_and_not_shown() {
        let access = Access::new("s", &entry("https://me:p%40ssword@h/v1"), |_| None).unwrap();
        assert_eq!(access.url(), "https://h");
        assert_eq!(access.api, "https://h/v1");
        assert!(access.has_key() && access.warning().is_none());
        assert_eq!(access.clean("user me, p@ssword"), "user me, …");
        let local = Access::new("s", &entry("http://me:password@[::1]:80"), |_| None).unwrap();
        assert!(local.is_local() && local.warning().is_none());
    }
}
