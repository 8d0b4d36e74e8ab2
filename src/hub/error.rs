//! What can go wrong with the hub, and what to do about it.

use super::{BadModelId, size_text};
use std::path::{Path, PathBuf};

/// What can go wrong with the hub. The texts are for people and say what to
/// do about it.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// What was given is no model id.
    #[error(transparent)]
    BadId(#[from] BadModelId),
    /// The address of the hub can't be used.
    #[error(
        "`{url}` is not an address of a hub: {reason}; set HF_ENDPOINT to an http or https address, or unset it"
    )]
    BadEndpoint {
        /// The address.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// The token holds characters that no token has.
    #[error(
        "the hub's token holds white space or control characters; set HF_TOKEN to a token from {page}"
    )]
    BadToken {
        /// Where tokens are made.
        page: String,
    },
    /// TLS could not be set up.
    #[error(
        "cannot set up encrypted connections: {0}; install the system's CA certificates (package ca-certificates)"
    )]
    Client(String),
    /// The network is off limits.
    #[error(
        "offline: {id} would have to be fetched from the hub; run again without --offline, `offline` in the config and HF_HUB_OFFLINE"
    )]
    Offline {
        /// The model.
        id: String,
    },
    /// No connection came about, or it broke.
    #[error("cannot reach {endpoint}: {reason}; check the network, HTTPS_PROXY and HF_ENDPOINT")]
    Unreachable {
        /// Address of the hub.
        endpoint: String,
        /// The last cause.
        reason: String,
    },
    /// The model is gated or private.
    #[error("{id} is gated or private: accept its licence at {page}, then {}", token_advice(*.with_token))]
    Denied {
        /// The model.
        id: String,
        /// Its page.
        page: String,
        /// Whether a token was sent.
        with_token: bool,
    },
    /// There is no such model, or none that may be seen.
    #[error("{endpoint} has no model {id}; check the spelling and the revision. If it is private, {}", token_advice(*.with_token))]
    UnknownModel {
        /// The model.
        id: String,
        /// Address of the hub.
        endpoint: String,
        /// Whether a token was sent.
        with_token: bool,
    },
    /// The model has no such branch, tag or commit.
    #[error("{id} has no revision `{revision}`; its page lists the branches and tags")]
    UnknownRevision {
        /// The model, without revision.
        id: String,
        /// The revision.
        revision: String,
    },
    /// The model has no such file.
    #[error("{id} has no file {file}")]
    UnknownFile {
        /// The model.
        id: String,
        /// The file, or the pattern that no file matches.
        file: String,
    },
    /// Too many requests.
    #[error("{endpoint} takes no more requests for now; try again {}, or set HF_TOKEN for a higher limit", after_text(*.wait_s))]
    RateLimited {
        /// Address of the hub.
        endpoint: String,
        /// Seconds to wait, where it says so.
        wait_s: Option<u64>,
    },
    /// The server failed, again and again.
    #[error(
        "{endpoint} answers with error {status}; try again later (https://status.huggingface.co)"
    )]
    Server {
        /// Address of the hub.
        endpoint: String,
        /// The HTTP status.
        status: u16,
    },
    /// The server answered in a way that makes no sense here.
    #[error(
        "{endpoint} gave an answer that lorag does not understand: {reason}; check HF_ENDPOINT"
    )]
    BadAnswer {
        /// Address of the hub.
        endpoint: String,
        /// What is odd.
        reason: String,
    },
    /// A file name that would lead out of the model's folder.
    #[error(
        "the hub names a file `{file}`, which would lie outside the model's folder; nothing was fetched"
    )]
    BadPath {
        /// The name.
        file: String,
    },
    /// The listing has no size or checksum for a file.
    #[error(
        "the hub gives no size and checksum for {file}, so that it cannot be verified; check HF_ENDPOINT"
    )]
    NoChecksum {
        /// The file.
        file: String,
    },
    /// The model has only GGUF files, of which one must be chosen.
    #[error("{id} has its weights as GGUF files only; name the one to fetch:{}", list(.files))]
    OnlyGguf {
        /// The model.
        id: String,
        /// Each file with its size in bytes.
        files: Vec<(String, u64)>,
    },
    /// The model has no weights that lorag fetches by itself.
    #[error("{id} has no safetensors weights at its top; name the files to fetch, of:{}", list(.files))]
    NoWeights {
        /// The model.
        id: String,
        /// Each file with its size in bytes.
        files: Vec<(String, u64)>,
    },
    /// What came is not what the hub promised.
    #[error(
        "{file} is damaged: its checksum is {found}, not {expected}. The bad file was deleted; pull again"
    )]
    Checksum {
        /// The file.
        file: String,
        /// The hub's checksum, in hexadecimal digits.
        expected: String,
        /// That of the bytes that came.
        found: String,
    },
    /// What came has another size than the hub promised.
    #[error("{file} has {found} bytes, and the hub announced {expected}; pull again")]
    WrongSize {
        /// The file.
        file: String,
        /// Bytes announced.
        expected: u64,
        /// Bytes offered or received.
        found: u64,
    },
    /// The connection broke too often.
    #[error("the connection broke at {} of {file} ({reason}); what came is kept, and the same command goes on from there", size_text(*.done))]
    Interrupted {
        /// The file.
        file: String,
        /// Bytes on disk.
        done: u64,
        /// The last cause.
        reason: String,
    },
    /// The files don't fit.
    #[error("not enough space at {path}: {} needed, {} free; free some, or set HF_HOME to a folder on another disk", size_text(*.needed), size_text(*.available))]
    NoSpace {
        /// The cache folder.
        path: PathBuf,
        /// Bytes still to come.
        needed: u64,
        /// Bytes free.
        available: u64,
    },
    /// The cache can't be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Cancelled by the user.
    #[error("cancelled; what came is kept, and the same command goes on from there")]
    Cancelled,
}

impl HubError {
    /// Makes an error of a failed file operation, for `map_err`.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }
}

fn token_advice(with_token: bool) -> &'static str {
    if with_token {
        "make sure that the account of your token has access"
    } else {
        "set HF_TOKEN to a token of an account that has access"
    }
}

fn after_text(wait_s: Option<u64>) -> String {
    wait_s.map_or_else(|| "later".to_owned(), |seconds| format!("in {seconds} s"))
}

fn list(files: &[(String, u64)]) -> String {
    let line = |(name, size): &(String, u64)| format!("\n  {name} ({})", size_text(*size));
    files.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        let error = HubError::OnlyGguf {
            id: "org/name".to_owned(),
            files: vec![("a.gguf".to_owned(), 1_000), ("b.gguf".to_owned(), 2_000_000)],
        };
        assert!(error.to_string().ends_with("\n  a.gguf (1.0 kB)\n  b.gguf (2.0 MB)"));
        let denied = |with_token| {
            let page = "https://huggingface.co/org/name".to_owned();
            HubError::Denied { id: "org/name".to_owned(), page, with_token }.to_string()
        };
        assert!(denied(false).contains("set HF_TOKEN"));
        assert!(!denied(true).contains("set HF_TOKEN"));
    }
}
