//! Names of models on the hub.

use std::fmt;
use std::str::FromStr;

/// Name of a model on the hub: `org/name` or `org/name@revision`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId {
    repository: String,
    revision: Option<String>,
}

/// A text that names no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a model id: {reason}; write it as org/name or org/name@revision")]
pub struct BadModelId {
    text: String,
    reason: &'static str,
}

impl ModelId {
    /// `org/name`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The branch, tag or commit; `main` where none was given.
    #[must_use]
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// Whether a revision was given.
    pub(super) fn has_revision(&self) -> bool {
        self.revision.is_some()
    }

    /// The same model at another revision.
    pub(super) fn at(&self, revision: &str) -> Self {
        let revision = (revision != "main").then(|| revision.to_owned());
        Self { repository: self.repository.clone(), revision }
    }
}

impl FromStr for ModelId {
    type Err = BadModelId;

    fn from_str(text: &str) -> Result<Self, BadModelId> {
        let bad = |reason| BadModelId { text: text.to_owned(), reason };
        let (repository, revision) =
            text.split_once('@').map_or((text, None), |(a, b)| (a, Some(b)));
        let Some((owner, name)) = repository.split_once('/') else {
            return Err(bad("it has no slash"));
        };
        for part in [owner, name] {
            part_reason(part).map_or(Ok(()), |reason| Err(bad(reason)))?;
        }
        if let Some(reason) = revision.and_then(revision_reason) {
            return Err(bad(reason));
        }
        Ok(Self { repository: repository.to_owned(), revision: revision.map(str::to_owned) })
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        self.revision.as_ref().map_or(Ok(()), |revision| write!(f, "@{revision}"))
    }
}

/// The hub's own rules for names. They keep `--` free as the separator of
/// the cache's folder names.
fn part_reason(part: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let edge = |c: char| matches!(c, '-' | '.');
    if part.is_empty() {
        Some("a part is empty")
    } else if part.contains('/') {
        Some("it has more than one slash")
    } else if !part.chars().all(allowed) {
        Some("a part holds other characters than letters, digits, `-`, `_` and `.`")
    } else if part.starts_with(edge) || part.ends_with(edge) {
        Some("a part begins or ends with `-` or `.`")
    } else if part.contains("--") || part.contains("..") {
        Some("a part holds `--` or `..`")
    } else if part.len() > 96 {
        Some("a part has more than 96 characters")
    } else {
        None
    }
}

fn revision_reason(revision: &str) -> Option<&'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '/');
    if revision.is_empty() {
        Some("the revision is empty")
    } else if !revision.chars().all(allowed) {
        Some("the revision holds characters that no branch, tag or commit has")
    } else if revision.split('/').any(|part| part.is_empty() || part.starts_with('.'))
        || revision.contains("..")
    {
        Some("the revision is no path of plain names")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ModelId {
        text.parse().unwrap()
    }

    #[test]
    fn ids_are_parsed_and_written_back() {
        for text in ["org/name", "Qwen/Qwen3-0.6B", "org/name@v1.0", "a/b@refs/pr/3"] {
            assert_eq!(id(text).to_string(), text);
        }
        assert_eq!(id("org/name@v2").repository(), "org/name");
        assert_eq!(id("org/name@v2").revision(), "v2");
        assert_eq!(id("org/name").revision(), "main");
    }

    #[test]
    fn bad_ids_are_refused() {
        for text in [
            "",
            "name",
            "org/",
            "/name",
            "a/b/c",
            "../name",
            "org/..",
            "org/.name",
            "org/na me",
            "org/a--b",
            "org\\x/name",
            "org/name@",
            "org/name@../x",
            "org/name@a//b",
            "org/name@a b",
            "/etc/passwd",
            "org/name@/etc",
            "org/name@a@b",
        ] {
            assert!(text.parse::<ModelId>().is_err(), "{text}");
        }
        let error = "org/na me".parse::<ModelId>().unwrap_err().to_string();
        assert!(error.starts_with("`org/na me` is not a model id: "), "{error}");
    }
}
