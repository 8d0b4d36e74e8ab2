//! A look at the header of a safetensors file, so that a damaged or half
//! fetched one is told by name before the engine maps it into memory.

use super::super::EngineError;
use super::{load_error, unreadable};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Largest header that the format allows, in bytes.
const MAX_HEADER: u64 = 100_000_000;

/// What a file of weights holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weights {
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// Elements of its tensors.
    pub parameters: u64,
}

#[derive(Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// Reads the header and compares it with the file's length.
pub(in crate::engine) fn check(path: &Path) -> Result<Weights, EngineError> {
    look(path).map(|(weights, _)| weights)
}

/// The names and shapes of the tensors of a whole file.
///
/// # Errors
/// Where it is damaged.
pub fn shapes(path: &Path) -> Result<Shapes, EngineError> {
    look(path).map(|(_, shapes)| shapes)
}

/// Tensors by name, with their shapes.
pub type Shapes = Vec<(String, Vec<u64>)>;

fn look(path: &Path) -> Result<(Weights, Shapes), EngineError> {
    let damaged = |reason: String| load_error(path, format!("it is damaged: {reason}"));
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let bytes = file.metadata().map_err(|error| unreadable(path, &error))?.len();
    let mut start = [0_u8; 8];
    if bytes < 8 {
        return Err(damaged(format!("it has {bytes} bytes only")));
    }
    file.read_exact(&mut start).map_err(|error| unreadable(path, &error))?;
    if &start == b"version " {
        return Err(load_error(
            path,
            "it is a Git LFS pointer, not the file itself: run `git lfs pull` in its folder",
        ));
    }
    let header = u64::from_le_bytes(start);
    if header > MAX_HEADER {
        return Err(damaged("it does not start as a safetensors file does".to_owned()));
    }
    if header > bytes - 8 {
        return Err(damaged(format!("it ends within its header, after {bytes} bytes")));
    }
    let mut json = Vec::new();
    file.take(header).read_to_end(&mut json).map_err(|error| unreadable(path, &error))?;
    let entries: Map<String, Value> = serde_json::from_slice(&json)
        .map_err(|error| damaged(format!("its header is no JSON: {error}")))?;
    let mut end = 0;
    let mut parameters: u64 = 0;
    let mut shapes = Vec::new();
    for (name, value) in entries {
        if name == "__metadata__" {
            continue;
        }
        let tensor: Tensor = serde_json::from_value(value)
            .map_err(|error| damaged(format!("its header describes `{name}` wrongly: {error}")))?;
        let elements = elements(&tensor)
            .ok_or_else(|| damaged(format!("the size of `{name}` in its header is wrong")))?;
        parameters = parameters.saturating_add(elements);
        end = end.max(tensor.data_offsets.1);
        shapes.push((name, tensor.shape));
    }
    let expected = end.saturating_add(8 + header);
    if expected > bytes {
        return Err(damaged(format!(
            "it ends after {bytes} of {expected} bytes, so it was not fetched to its end"
        )));
    }
    if expected < bytes {
        return Err(damaged(format!("it has {} bytes too many", bytes - expected)));
    }
    if parameters == 0 {
        return Err(damaged("it holds no tensor".to_owned()));
    }
    Ok((Weights { bytes, parameters }, shapes))
}

/// Elements of a tensor; `None` where they don't take the bytes it has.
fn elements(tensor: &Tensor) -> Option<u64> {
    let elements = tensor.shape.iter().try_fold(1_u64, |all, side| all.checked_mul(*side))?;
    let taken = tensor.data_offsets.1.checked_sub(tensor.data_offsets.0)?;
    let bits = match tensor.dtype.as_str() {
        "F64" | "I64" | "U64" | "C64" => 64,
        "F32" | "I32" | "U32" => 32,
        "F16" | "BF16" | "I16" | "U16" => 16,
        "F8_E4M3" | "F8_E5M2" | "F8_E8M0" | "I8" | "U8" | "BOOL" => 8,
        // A type younger than this table: the engine decides.
        _ => return Some(elements),
    };
    (elements.checked_mul(bits)? == taken.checked_mul(8)?).then_some(elements)
}

#[cfg(test)]
pub(in crate::engine) mod tests {
    use super::*;

    /// A file with one F32 tensor of `2 x 3`.
    pub(in crate::engine) fn sample() -> Vec<u8> {
        let header = br#"{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#;
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend_from_slice(header);
        file.extend_from_slice(&[0; 24]);
        file
    }

    fn reason(content: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        std::fs::write(&path, content).unwrap();
        let error = check(&path).unwrap_err().to_string();
        assert!(error.contains("model.safetensors"), "{error}");
        error
    }

    #[test]
    fn a_whole_file_is_measured() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let content = sample();
        std::fs::write(&path, &content).unwrap();
        let expected = Weights { bytes: content.len() as u64, parameters: 6 };
        assert_eq!(check(&path).unwrap(), expected);
    }

    #[test]
    fn a_truncated_file_says_how_much_is_missing() {
        let content = sample();
        let cut = content.len() - 5;
        let error = reason(&content[..cut]);
        assert!(error.contains(&format!("{cut} of {} bytes", content.len())), "{error}");
        assert!(reason(&content[..40]).contains("within its header"));
        assert!(reason(&content[..3]).contains("3 bytes only"));
    }

    #[test]
    fn a_corrupt_header_is_named() {
        let mut content = sample();
        content[9] = 0xff;
        assert!(reason(&content).contains("no JSON"));
        let mut content = sample();
        content[7] = 0xff;
        assert!(reason(&content).contains("does not start as"));
        let wrong = String::from_utf8(sample()).unwrap().replace("[2,3]", "[2,9]");
        assert!(reason(wrong.as_bytes()).contains("the size of `w`"));
        let mut content = sample();
        content.push(0);
        assert!(reason(&content).contains("1 bytes too many"));
    }

    #[test]
    fn a_git_lfs_pointer_is_told_as_such() {
        let error = reason(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n");
        assert!(error.contains("git lfs pull"), "{error}");
    }
}
