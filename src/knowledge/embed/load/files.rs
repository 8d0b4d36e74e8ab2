//! What every kind of embedder needs from a model's folder: its files, its
//! name, a hash of its weights, and the words it wants before a text.

use super::super::EmbedError;
use crate::config::{bounded, plausible};
use crate::domain::{cached_model, panic_text};
use serde_json::Value;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Hexadecimal digits of a hash in an embedder's id.
const HASH_DIGITS: usize = 8;

/// Files up to this size are hashed whole, in bytes.
const HASHED_WHOLE: u64 = 64 << 20;

/// Number and size in bytes of the samples that stand for a larger file.
const SAMPLES: u64 = 64;
const SAMPLE: u64 = 64 << 10;

/// Lines of a README in which its model is named.
const README_LINES: usize = 2_000;

/// An error of loading, with the file or folder that it is about.
pub fn load_error(path: &Path, reason: impl Into<String>) -> EmbedError {
    EmbedError::Load { path: path.to_path_buf(), reason: reason.into() }
}

/// Reads a file of a model.
///
/// # Errors
/// Where it is missing or unreadable.
pub fn read(folder: &Path, name: &str) -> Result<Vec<u8>, EmbedError> {
    bounded::read(folder.join(name), bounded::LARGE.saturating_mul(4)).map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::NotFound => format!("{name} is missing"),
            _ => format!("{name} cannot be read: {error}"),
        };
        load_error(folder, reason)
    })
}

/// Reads a JSON file of a model; `None` where there is none.
///
/// # Errors
/// Where it is unreadable or not JSON.
pub fn read_json(folder: &Path, name: &str) -> Result<Option<Value>, EmbedError> {
    if !folder.join(name).exists() {
        return Ok(None);
    }
    let bytes = read(folder, name)?;
    let value = serde_json::from_slice(&bytes)
        .map_err(|error| load_error(folder, format!("{name} is not valid JSON: {error}")))?;
    plausible::config(&value).map_err(|reason| load_error(folder, format!("{name}: {reason}")))?;
    Ok(Some(value))
}

/// A model's name: `org/name` for a snapshot in a Hugging Face cache, else the
/// name of its folder.
pub fn model_name(folder: &Path) -> String {
    let full = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    hub_name(folder)
        .or_else(|| hub_name(&full))
        .or_else(|| full.file_name().map(|name| name.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "embedder".to_owned())
}

/// `org/name` from `…/models--org--name/snapshots/…`.
fn hub_name(path: &Path) -> Option<String> {
    let parts: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
    parts.windows(2).rev().find_map(|pair| match pair {
        [repository, "snapshots"] => cached_model(repository),
        _ => None,
    })
}

/// First digits of the hash of some contents, each told apart by its length.
pub fn short_hash(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    digits(&hasher)
}

/// Like [`short_hash`] for files that may have many gigabytes: of those above
/// 64 MiB the length and samples spread over the whole file are hashed, which
/// tells two sets of weights apart and doesn't take seconds at every start.
///
/// # Errors
/// Where a file can't be read.
pub fn short_hash_of_files(folder: &Path, names: &[String]) -> Result<String, EmbedError> {
    let mut hasher = blake3::Hasher::new();
    for name in names {
        hash_file(&folder.join(name), &mut hasher)
            .map_err(|error| load_error(folder, format!("{name} cannot be read: {error}")))?;
    }
    Ok(digits(&hasher))
}

fn hash_file(path: &Path, hasher: &mut blake3::Hasher) -> io::Result<()> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    hasher.update(&length.to_le_bytes());
    if length <= HASHED_WHOLE {
        hasher.update_reader(file)?;
        return Ok(());
    }
    let stride = (length - SAMPLE) / (SAMPLES - 1);
    for sample in 0..SAMPLES {
        file.seek(SeekFrom::Start(sample * stride))?;
        hasher.update_reader(file.by_ref().take(SAMPLE))?;
    }
    Ok(())
}

fn digits(hasher: &blake3::Hasher) -> String {
    hasher.finalize().to_hex().chars().take(HASH_DIGITS).collect()
}

/// What a model wants to read before a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefixes {
    /// Before a question.
    pub query: String,
    /// Before a passage.
    pub passage: String,
}

impl Prefixes {
    /// Prefixes from their words.
    pub fn new(query: &str, passage: &str) -> Self {
        Self { query: query.to_owned(), passage: passage.to_owned() }
    }

    /// The prefixes that the model's own files declare
    /// (`config_sentence_transformers.json`), if they do.
    ///
    /// # Errors
    /// Where that file is damaged.
    pub fn declared(folder: &Path) -> Result<Option<Self>, EmbedError> {
        let config = read_json(folder, "config_sentence_transformers.json")?;
        let prompt = |names: &[&str]| {
            let prompts = config.as_ref()?.get("prompts")?;
            let prompt = names.iter().find_map(|name| prompts.get(name)?.as_str())?;
            Some(prompt.to_owned())
        };
        let declared = Self {
            query: prompt(&["query"]).unwrap_or_default(),
            passage: prompt(&["passage", "document"]).unwrap_or_default(),
        };
        // Tools that save a model again write both names with empty prompts.
        Ok((declared != Self::default()).then_some(declared))
    }

    /// The prefixes of the families that don't declare theirs: E5 and BGE, by
    /// the model's name, its ancestor's name in `config.json`, or its README.
    pub fn by_name(folder: &Path, name: &str, config: &Value) -> Self {
        let ancestor = config.get("_name_or_path").and_then(Value::as_str).unwrap_or("");
        let readme = readme_names(folder);
        [name, ancestor, &readme].into_iter().find_map(Self::of_family).unwrap_or_default()
    }

    fn of_family(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
        if words.contains(&"e5") {
            Some(Self::new("query: ", "passage: "))
        } else if words.contains(&"bge") && words.contains(&"zh") {
            Some(Self::new("为这个句子生成表示以用于检索相关文章：", ""))
        } else if words.contains(&"bge") {
            Some(Self::new("Represent this sentence for searching relevant passages: ", ""))
        } else {
            None
        }
    }
}

/// The lines of a README that name its model: the title, and `name:` in the
/// list of results.
fn readme_names(folder: &Path) -> String {
    let readme = std::fs::read(folder.join("README.md")).unwrap_or_default();
    String::from_utf8_lossy(&readme)
        .lines()
        .take(README_LINES)
        .filter(|line| line.starts_with("# ") || line.starts_with("- name: "))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Runs `work` and turns a panic of a library into an error with its message.
///
/// # Errors
/// The message of the panic.
pub fn catching<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic_text(&*panic).unwrap_or_else(|| "no reason given".to_owned());
        format!("it crashed: {text}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_come_from_the_hub_or_the_folder() {
        let hub = Path::new("/c/hub/models--BAAI--bge-small-en-v1.5/snapshots/5c38");
        assert_eq!(model_name(hub), "BAAI/bge-small-en-v1.5");
        let sub = Path::new("/c/hub/models--org--a--b/snapshots/5c38/onnx");
        assert_eq!(model_name(sub), "org/a--b");
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("potion-base-8M");
        std::fs::create_dir(&model).unwrap();
        assert_eq!(model_name(&model), "potion-base-8M");
        assert_eq!(model_name(&model.join("..").join("potion-base-8M")), "potion-base-8M");
    }

    #[test]
    fn hashes_tell_contents_apart() {
        assert_eq!(short_hash(&[b"ab", b"c"]).len(), HASH_DIGITS);
        assert_ne!(short_hash(&[b"ab", b"c"]), short_hash(&[b"a", b"bc"]));
        let folder = tempfile::tempdir().unwrap();
        let names = ["w".to_owned()];
        let path = folder.path().join("w");
        std::fs::write(&path, b"one").unwrap();
        let one = short_hash_of_files(folder.path(), &names).unwrap();
        std::fs::write(&path, b"two").unwrap();
        assert_ne!(short_hash_of_files(folder.path(), &names).unwrap(), one);
        // A sparse file above the limit: only samples of it are read.
        let file = File::create(&path).unwrap();
        file.set_len(HASHED_WHOLE + 1).unwrap();
        let large = short_hash_of_files(folder.path(), &names).unwrap();
        file.set_len(HASHED_WHOLE + 2).unwrap();
        assert_ne!(short_hash_of_files(folder.path(), &names).unwrap(), large);
        assert!(short_hash_of_files(folder.path(), &["gone".to_owned()]).is_err());
    }

    #[test]
    fn families_are_known_by_name() {
        let nowhere = Path::new("/nowhere");
        let of = |name: &str, config: Value| Prefixes::by_name(nowhere, name, &config);
        assert_eq!(of("intfloat/e5-small-v2", json!({})).passage, "passage: ");
        assert_eq!(of("intfloat/e5-small-v2", json!({})).query, "query: ");
        assert!(of("bge-small-en-v1.5", json!({})).query.starts_with("Represent this sentence"));
        assert_eq!(of("bge-small-en-v1.5", json!({})).passage, "");
        assert!(of("BAAI/bge-small-zh", json!({})).query.starts_with('为'));
        assert_eq!(of("all-MiniLM-L6-v2", json!({})), Prefixes::default());
        let config = json!({"_name_or_path": "/cache/BAAI_bge-small-en/"});
        assert!(of("model", config).query.starts_with("Represent"));
    }

    #[test]
    fn a_readme_names_the_family() {
        let folder = tempfile::tempdir().unwrap();
        let readme = folder.path().join("README.md");
        std::fs::write(&readme, "---\nmodel-index:\n- name: e5-small-v2\n---\n").unwrap();
        let prefixes = Prefixes::by_name(folder.path(), "model", &Value::Null);
        assert_eq!(prefixes.query, "query: ");
        std::fs::write(&readme, "# My model\nBetter than e5 and bge.\n").unwrap();
        let prefixes = Prefixes::by_name(folder.path(), "model", &Value::Null);
        assert_eq!(prefixes, Prefixes::default());
    }

    #[test]
    fn declared_prefixes_are_read_unless_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Prefixes::declared(folder.path()).unwrap(), None);
        let path = folder.path().join("config_sentence_transformers.json");
        std::fs::write(&path, r#"{"prompts": {"query": "", "document": ""}}"#).unwrap();
        assert_eq!(Prefixes::declared(folder.path()).unwrap(), None);
        std::fs::write(&path, r#"{"prompts": {"query": "Q: ", "document": "D: "}}"#).unwrap();
        assert_eq!(Prefixes::declared(folder.path()).unwrap(), Some(Prefixes::new("Q: ", "D: ")));
        std::fs::write(&path, "{").unwrap();
        assert!(Prefixes::declared(folder.path()).is_err());
    }

    #[test]
    fn panics_become_messages() {
        assert_eq!(catching(|| 1), Ok(1));
        let crashed = catching(|| -> i32 { panic!("tensor {}", 3) });
        assert_eq!(crashed, Err("it crashed: tensor 3".to_owned()));
    }
}
