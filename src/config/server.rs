//! `[servers.NAME]`: servers that run models, and how they are reached.
//!
//! No key is ever part of the settings, only the place it is read from. An
//! address may hold a user with a password; it is shown without them.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;

/// What a server speaks beside the chat interface that all of them share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerKind {
    /// Whatever it turns out to be.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// vLLM.
    #[serde(rename = "vllm")]
    Vllm,
    /// SGLang.
    #[serde(rename = "sglang")]
    Sglang,
    /// llama.cpp's server.
    #[serde(rename = "llama.cpp")]
    LlamaCpp,
    /// LoRAX.
    #[serde(rename = "lorax")]
    Lorax,
    /// Ollama.
    #[serde(rename = "ollama")]
    Ollama,
    /// mistral.rs.
    #[serde(rename = "mistral.rs")]
    MistralRs,
    /// Any other that speaks OpenAI's chat interface.
    #[serde(rename = "openai")]
    OpenAi,
}

impl ServerKind {
    /// Its name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "unknown",
            Self::Vllm => "vLLM",
            Self::Sglang => "SGLang",
            Self::LlamaCpp => "llama.cpp",
            Self::Lorax => "LoRAX",
            Self::Ollama => "Ollama",
            Self::MistralRs => "mistral.rs",
            Self::OpenAi => "OpenAI-compatible",
        }
    }
}

/// The words of `kind`, as they are written.
pub(super) const KINDS: &[&str] =
    &["auto", "vllm", "sglang", "llama.cpp", "lorax", "ollama", "mistral.rs", "openai"];

/// One server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerEntry {
    /// Its address.
    pub url: ServerUrl,
    /// What it is.
    pub kind: ServerKind,
    /// The variable of the environment that holds its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// The file that holds its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// Tokens of prompt and answer together; as the server says where empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// How long a connection may take, in seconds.
    pub connect_s: u64,
    /// How long the first token may take, in seconds.
    pub first_token_s: u64,
    /// How long the next token may take, in seconds.
    pub idle_s: u64,
}

impl Default for ServerEntry {
    fn default() -> Self {
        Self {
            url: ServerUrl::default(),
            kind: ServerKind::Auto,
            key_env: None,
            key_file: None,
            window: None,
            connect_s: 10,
            first_token_s: 300,
            idle_s: 60,
        }
    }
}

/// The address of a server. What shows it leaves a user and a password out.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// Checks an address. The error completes "expected an address: …" and
    /// shows no password.
    ///
    /// # Errors
    /// Where it is none of http or https, or has parts that no server needs.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("{:?} {why}", redacted(text)));
        let Some((scheme, rest)) = text.split_once("://") else {
            return wrong("does not begin with http:// or https://");
        };
        if !matches!(scheme, "http" | "https") {
            return wrong("does not begin with http:// or https://");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return wrong("has a space, a backslash or a control character in it");
        }
        if rest.contains(['?', '#']) {
            return Err(
                "it has a ? or # in it; a key belongs into a variable (key_env) or a file (key_file)"
                    .to_owned(),
            );
        }
        let authority = rest.split('/').next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        if host.is_empty() || host.starts_with(':') {
            return wrong("names no host");
        }
        if rest[authority.len()..].contains('@') {
            return wrong("has an @ behind its host; write / and @ of a password as %2F and %40");
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }

    /// The whole address, with whatever it holds. Never to be shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// User and password of the address, if it holds them.
    #[must_use]
    pub fn has_user(&self) -> bool {
        redacted(&self.0) != self.0
    }
}

/// A text that is meant to be an address, without user and password.
fn redacted(text: &str) -> String {
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(s, rest)| (s, rest));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password may hold such a mark against the rules.
    let end = if rest[..end].contains('@') { end } else { rest.len() };
    match rest[..end].rfind('@') {
        Some(at) if scheme.is_empty() => format!("…{}", &rest[at..]),
        Some(at) => format!("{scheme}://…{}", &rest[at..]),
        None => text.to_owned(),
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(&self.0))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", redacted(&self.0))
    }
}

impl Serialize for ServerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_user_and_password() {
        let shown = |text: &str| ServerUrl::parse(text).unwrap().to_string();
        assert_eq!(shown("http://localhost:8000/"), "http://localhost:8000");
        assert_eq!(shown("https://me:secret@host/v1"), "https://…@host/v1");
        assert_eq!(shown("https://a@b:secret@host"), "https://…@host");
        let url = ServerUrl::parse("https://me:secret@host/v1").unwrap();
        assert!(!format!("{url:?}").contains("secret") && url.has_user());
        assert_eq!(serde_json::to_value(&url).unwrap(), "https://…@host/v1");
        assert_eq!(url.expose(), "https://me:secret@host/v1");
    }

    #[test]
    fn what_is_no_address_is_told_without_its_password() {
        for text in [
            "localhost:8000",
            "ftp://me:secret@host",
            "me:secret@host",
            "http://me:secret@",
            "http://me:secret@host /x",
            "http://me:sec/secret@host x",
            "http://:8000",
            "https://host/v1?key=secret",
            "https://host/v1#secret",
        ] {
            let error = ServerUrl::parse(text).unwrap_err();
            assert!(!error.contains("secret"), "{text}: {error}");
        }
    }
}
