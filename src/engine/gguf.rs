//! The header of a GGUF file, read with care.
//!
//! The reader that candle has trusts every length in the file, and a damaged
//! one can make it ask for more memory than there is; this one compares each
//! length with what is left of the file.

use super::EngineError;
use crate::config::plausible;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Most bytes of a header; that of a model with 262 thousand tokens has 15 MB.
const LONGEST: u64 = 64 << 20;

/// A metadata value, as far as it is of use here.
enum Value {
    Number(u64),
    Text(String),
    Texts(Vec<String>),
    Other,
}

/// The header as it stands in the file.
#[derive(Default)]
pub(super) struct Raw {
    metadata: HashMap<String, Value>,
    /// Bytes that each type of tensor takes.
    types: BTreeMap<&'static str, u64>,
    /// The first tensor of a type that candle can't read, with its type.
    pub foreign: Option<(String, &'static str)>,
    /// Where the last tensor ends in the file.
    pub data_end: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Elements of all tensors together.
    pub parameters: u64,
    /// Numbers that stand for a token, by the shape of the embeddings.
    width: Option<u64>,
    /// Layers that there are tensors of.
    layers: u64,
}

/// Reads the header of the file at `path`.
///
/// # Errors
/// [`EngineError::Load`] with what is wrong with it, also where it is shorter
/// than its header says.
pub(super) fn open(path: &Path) -> Result<Raw, EngineError> {
    let failed = |reason: String| EngineError::Load { path: path.to_owned(), reason };
    let unreadable = |error: std::io::Error| failed(format!("it cannot be read: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let raw = read(file, bytes).map_err(failed)?;
    raw.plausible().map_err(failed)?;
    if raw.data_end > bytes {
        let expected = raw.data_end;
        return Err(failed(format!(
            "it ends after {bytes} of {expected} bytes, so it was not fetched to its end"
        )));
    }
    Ok(Raw { bytes, ..raw })
}

/// Reads the header of a file of `length` bytes.
///
/// # Errors
/// What is wrong with the file, as half a sentence about it.
fn read(file: File, length: u64) -> Result<Raw, String> {
    Reader { inner: BufReader::new(file), left: length.min(LONGEST), wide: true }.header()
}

impl Raw {
    /// A text of the metadata.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// An unsigned number of the metadata.
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.metadata.get(key) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A number of the architecture's own metadata, such as `block_count`.
    pub fn own(&self, key: &str) -> Option<u64> {
        let architecture = self.text("general.architecture")?;
        self.number(&format!("{architecture}.{key}"))
    }

    /// Whether the architecture's own numbers can be those of a model.
    fn plausible(&self) -> Result<(), String> {
        let Some(architecture) = self.text("general.architecture") else { return Ok(()) };
        for (key, value) in &self.metadata {
            if let Value::Number(value) = value
                && let Some(name) = key.strip_prefix(architecture)
                && let Some(name) = name.strip_prefix('.')
            {
                plausible::number(name, *value)?;
            }
        }
        // The tensors of a model in parts lie elsewhere.
        if self.number("split.count").is_some_and(|parts| parts > 1) {
            return Ok(());
        }
        let wrong = |name: &str, said: u64, found: u64| {
            format!("it is damaged: its {name} is {said}, but its tensors have {found}")
        };
        match (self.own("embedding_length"), self.width) {
            (Some(said), Some(found)) if said != found => {
                Err(wrong("embedding_length", said, found))
            }
            _ => match self.own("block_count") {
                Some(said) if self.layers > 0 && said > self.layers => {
                    Err(wrong("block_count", said, self.layers))
                }
                _ => Ok(()),
            },
        }
    }

    /// A token of the vocabulary, as it is written there.
    pub fn token(&self, id: u64) -> Option<String> {
        match self.metadata.get("tokenizer.ggml.tokens") {
            Some(Value::Texts(tokens)) => tokens.get(usize::try_from(id).ok()?).cloned(),
            _ => None,
        }
    }

    /// The name under which the file was made, or the type that most of its
    /// bytes have.
    pub fn quantization(&self) -> String {
        let named = self.number("general.file_type").and_then(file_type);
        let most = || self.types.iter().max_by_key(|(_, bytes)| **bytes).map(|(name, _)| *name);
        named.or_else(most).unwrap_or("gguf").to_owned()
    }
}

fn file_type(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "f32",
        1 => "f16",
        2 => "q4_0",
        3 => "q4_1",
        7 => "q8_0",
        8 => "q5_0",
        9 => "q5_1",
        10 => "q2_k",
        11 => "q3_k_s",
        12 => "q3_k_m",
        13 => "q3_k_l",
        14 => "q4_k_s",
        15 => "q4_k_m",
        16 => "q5_k_s",
        17 => "q5_k_m",
        18 => "q6_k",
        32 => "bf16",
        _ => return None,
    })
}

/// A type of tensors.
struct TensorType {
    name: &'static str,
    /// Elements of one block.
    block: u64,
    /// Bytes of one block.
    bytes: u64,
    /// Whether candle reads it.
    plain: bool,
}

/// The types that llama.cpp knows, by their numbers.
fn tensor_type(number: u32) -> Option<TensorType> {
    let (name, block, bytes, plain) = match number {
        0 => ("f32", 1, 4, true),
        1 => ("f16", 1, 2, true),
        2 => ("q4_0", 32, 18, true),
        3 => ("q4_1", 32, 20, true),
        6 => ("q5_0", 32, 22, true),
        7 => ("q5_1", 32, 24, true),
        8 => ("q8_0", 32, 34, true),
        9 => ("q8_1", 32, 36, true),
        10 => ("q2_k", 256, 84, true),
        11 => ("q3_k", 256, 110, true),
        12 => ("q4_k", 256, 144, true),
        13 => ("q5_k", 256, 176, true),
        14 => ("q6_k", 256, 210, true),
        15 => ("q8_k", 256, 292, true),
        16 => ("iq2_xxs", 256, 66, false),
        17 => ("iq2_xs", 256, 74, false),
        18 => ("iq3_xxs", 256, 98, false),
        19 => ("iq1_s", 256, 50, false),
        20 => ("iq4_nl", 32, 18, false),
        21 => ("iq3_s", 256, 110, false),
        22 => ("iq2_s", 256, 82, false),
        23 => ("iq4_xs", 256, 136, false),
        29 => ("iq1_m", 256, 56, false),
        30 => ("bf16", 1, 2, true),
        34 => ("tq1_0", 256, 54, false),
        35 => ("tq2_0", 256, 66, false),
        39 => ("mxfp4", 32, 17, false),
        _ => return None,
    };
    Some(TensorType { name, block, bytes, plain })
}

struct Reader {
    inner: BufReader<File>,
    left: u64,
    /// Lengths have eight bytes, since version 2 of the format.
    wide: bool,
}

impl Reader {
    fn header(&mut self) -> Result<Raw, String> {
        let length = self.left;
        if self.array::<4>()? != *b"GGUF" {
            return Err("it does not start as a GGUF file does".to_owned());
        }
        let version = self.u32()?;
        if !(1..=3).contains(&version) {
            return Err(format!("version {version} of GGUF is unknown to the engine"));
        }
        self.wide = version > 1;
        let tensors = self.length()?;
        let pairs = self.length()?;
        let mut raw = Raw::default();
        for _ in 0..pairs {
            let key = self.string()?;
            let kind = self.u32()?;
            let value = self.value(kind, key == "tokenizer.ggml.tokens", 0)?;
            raw.metadata.insert(key, value);
        }
        let mut last = 0_u64;
        for _ in 0..tensors {
            let name = self.string()?;
            let mut elements = 1_u64;
            if let Some(layer) = layer(&name) {
                raw.layers = raw.layers.max(layer.saturating_add(1));
            }
            for dimension in 0..self.u32()? {
                let side = self.length()?;
                if dimension == 0 && name == "token_embd.weight" {
                    raw.width = Some(side);
                }
                elements = elements
                    .checked_mul(side)
                    .ok_or_else(|| format!("it is damaged: the size of `{name}` is wrong"))?;
            }
            let number = self.u32()?;
            let offset = u64::from_le_bytes(self.array()?);
            let Some(TensorType { name: kind, block, bytes, plain }) = tensor_type(number) else {
                return Err(format!(
                    "the type of its tensor `{name}` is unknown (number {number}): take a file such as Q4_K_M, Q6_K or Q8_0"
                ));
            };
            if !plain && raw.foreign.is_none() {
                raw.foreign = Some((name, kind));
            }
            raw.parameters = raw.parameters.saturating_add(elements);
            let taken = (elements / block).saturating_mul(bytes);
            let sum = raw.types.entry(kind).or_default();
            *sum = sum.saturating_add(taken);
            last = last.max(offset.saturating_add(taken));
        }
        let alignment = raw.number("general.alignment").filter(|a| *a > 0).unwrap_or(32);
        let start = (length - self.left).div_ceil(alignment).saturating_mul(alignment);
        raw.data_end = start.saturating_add(last);
        Ok(raw)
    }

    fn value(&mut self, kind: u32, keep: bool, depth: u32) -> Result<Value, String> {
        Ok(match kind {
            0 | 7 => Value::Number(u64::from(self.array::<1>()?[0])),
            2 => Value::Number(u64::from(u16::from_le_bytes(self.array()?))),
            4 => Value::Number(u64::from(self.u32()?)),
            10 => Value::Number(u64::from_le_bytes(self.array()?)),
            8 => Value::Text(self.string()?),
            9 => self.list(keep, depth)?,
            _ => {
                self.skip(width(kind)?)?;
                Value::Other
            }
        })
    }

    fn list(&mut self, keep: bool, depth: u32) -> Result<Value, String> {
        let kind = self.u32()?;
        let count = self.length()?;
        if kind == 8 {
            let mut texts = Vec::new();
            for _ in 0..count {
                if keep {
                    texts.push(self.string()?);
                } else {
                    let length = self.length()?;
                    self.skip(length)?;
                }
            }
            return Ok(if keep { Value::Texts(texts) } else { Value::Other });
        }
        if kind == 9 {
            // Lists of lists are allowed, but no file needs many levels.
            if depth > 4 {
                return Err("it is damaged: its metadata is nested too deep".to_owned());
            }
            for _ in 0..count {
                self.list(false, depth + 1)?;
            }
        } else {
            self.skip(width(kind)?.saturating_mul(count))?;
        }
        Ok(Value::Other)
    }

    fn string(&mut self) -> Result<String, String> {
        let length = self.length()?;
        self.claim(length)?;
        let mut bytes = Vec::new();
        self.inner.by_ref().take(length).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned())
    }

    fn length(&mut self) -> Result<u64, String> {
        if self.wide { Ok(u64::from_le_bytes(self.array()?)) } else { self.u32().map(u64::from) }
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    fn skip(&mut self, count: u64) -> Result<(), String> {
        self.claim(count)?;
        let count = i64::try_from(count).map_err(|error| error.to_string())?;
        self.inner.seek_relative(count).map_err(|error| error.to_string())
    }

    /// Takes `count` bytes off what is left.
    fn claim(&mut self, count: u64) -> Result<(), String> {
        self.left = self
            .left
            .checked_sub(count)
            .ok_or("it is damaged, or was not fetched to its end: it ends within its header")?;
        Ok(())
    }
}

/// The layer that a tensor belongs to, by its name.
fn layer(name: &str) -> Option<u64> {
    name.strip_prefix("blk.")?.split('.').next()?.parse().ok()
}

/// Bytes of a value of fixed length.
fn width(kind: u32) -> Result<u64, String> {
    match kind {
        0 | 1 | 7 => Ok(1),
        2 | 3 => Ok(2),
        4..=6 => Ok(4),
        10..=12 => Ok(8),
        _ => Err(format!("it is damaged: its metadata has a value of unknown type {kind}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fixtures::reader_gguf;
    use candle_core::quantized::GgmlDType;

    /// A file of which the number of this key is `value`.
    fn changed(key: &str, value: u32) -> Result<Raw, EngineError> {
        let mut bytes = reader_gguf(GgmlDType::F32, true);
        let key = format!("qwen3.{key}");
        let at = bytes.windows(key.len()).position(|part| part == key.as_bytes()).unwrap();
        let at = at + key.len() + 4;
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gguf");
        std::fs::write(&path, bytes).unwrap();
        open(&path)
    }

    #[test]
    fn numbers_that_no_model_has_are_refused() {
        assert!(changed("block_count", 2).is_ok());
        for key in ["block_count", "embedding_length", "context_length", "attention.head_count_kv"]
        {
            let error = changed(key, u32::MAX).err().unwrap().to_string();
            assert!(error.contains(key) && error.contains("4294967295"), "{error}");
        }
        assert!(changed("block_count", 0).is_err());
        for (key, value) in [("block_count", 500), ("embedding_length", 4096)] {
            let error = changed(key, value).err().unwrap().to_string();
            assert!(error.contains(key) && error.contains("its tensors have"), "{error}");
        }
    }

    #[test]
    fn sizes_that_overflow_are_no_panic() {
        let mut bytes = Vec::new();
        bytes.extend(b"GGUF");
        bytes.extend(3u32.to_le_bytes());
        bytes.extend(2u64.to_le_bytes());
        bytes.extend(0u64.to_le_bytes());
        for name in [b"a", b"b"] {
            bytes.extend(1u64.to_le_bytes());
            bytes.extend(name);
            bytes.extend(1u32.to_le_bytes());
            bytes.extend((1u64 << 63).to_le_bytes());
            bytes.extend(0u32.to_le_bytes());
            bytes.extend(0u64.to_le_bytes());
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.gguf");
        std::fs::write(&path, bytes).unwrap();
        let error = open(&path).err().unwrap().to_string();
        assert!(error.contains("it ends after"), "{error}");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn changed_headers_never_panic(
            changes in proptest::collection::vec((0usize..4000, proptest::num::u8::ANY), 1..8),
            cut in proptest::option::of(0usize..200_000),
        ) {
            static HEADER: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
            let header = HEADER.get_or_init(|| {
                let mut bytes = reader_gguf(GgmlDType::Q8_0, true);
                bytes.truncate(1 << 20);
                bytes
            });
            let mut bytes = header.clone();
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut);
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.gguf");
            std::fs::write(&path, bytes).unwrap();
            let _ = open(&path);
        }
    }
}
