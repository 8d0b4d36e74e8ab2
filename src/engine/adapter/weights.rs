//! The tensors of an adapter.

use super::super::EngineError;
use super::super::format::safetensors::shapes as tensor_shapes;
use super::config::is_embedding;
use super::fault::{refused, unreadable};
use super::pair::Pair;
use candle_core::{DType, Device, Tensor, safetensors};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file's name.
pub(super) const FILE: &str = "adapter_model.safetensors";

/// What PEFT puts before the name of a module.
pub(super) const PREFIX: &str = "base_model.model.";

/// The shape of a module's low-rank pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub rank: usize,
    /// Columns of the module.
    pub inner: usize,
    /// Its rows.
    pub out: usize,
}

/// The shapes of the pairs, and the size of the file. Reads its header only.
pub(super) fn shapes(folder: &Path) -> Result<(BTreeMap<String, Shape>, u64), EngineError> {
    let path = locate(folder)?;
    let mut halves: BTreeMap<String, [Option<[usize; 2]>; 2]> = BTreeMap::new();
    for (name, dims) in tensor_shapes(&path)? {
        let (module, first) = half(&name).map_err(|reason| refused(&path, reason))?;
        let dims: Vec<usize> = dims.into_iter().filter_map(|dim| dim.try_into().ok()).collect();
        let &[rows, columns] = dims.as_slice() else {
            let reason =
                format!("its tensor {name} is no matrix: lorag applies LoRA to linear layers");
            return Err(refused(&path, reason));
        };
        halves.entry(module).or_default()[usize::from(!first)] = Some([rows, columns]);
    }
    let mut shapes = BTreeMap::new();
    for (module, pair) in halves {
        let [Some([rank, inner]), Some([out, other])] = pair else {
            return Err(refused(
                &path,
                format!("it is damaged: {module} has only one of lora_A and lora_B"),
            ));
        };
        if rank != other {
            return Err(refused(
                &path,
                format!("it is damaged: lora_A of {module} has the rank {rank}, lora_B {other}"),
            ));
        }
        shapes.insert(module, Shape { rank, inner, out });
    }
    if shapes.is_empty() {
        return Err(refused(&path, "it holds no lora_A and lora_B"));
    }
    let bytes = std::fs::metadata(&path).map_err(|error| unreadable(&path, &error))?.len();
    Ok((shapes, bytes))
}

/// Reads the pairs of a file whose header was found good, and its BLAKE3.
pub(super) fn read(folder: &Path) -> Result<(BTreeMap<String, Pair>, String), EngineError> {
    let path = locate(folder)?;
    let bytes = std::fs::read(&path).map_err(|error| unreadable(&path, &error))?;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let tensors = safetensors::load_buffer(&bytes, &Device::Cpu)
        .map_err(|error| unreadable(&path, &error))?;
    let mut halves: BTreeMap<String, (Option<Tensor>, Option<Tensor>)> = BTreeMap::new();
    for (name, tensor) in tensors {
        let (module, first) = half(&name).map_err(|reason| refused(&path, reason))?;
        let tensor = tensor
            .to_dtype(DType::F32)
            .and_then(|tensor| finite(&tensor).map(|fine| (tensor, fine)))
            .map_err(|error| unreadable(&path, &error))
            .and_then(|(tensor, fine)| match fine {
                true => Ok(tensor),
                false => Err(refused(
                    &path,
                    format!(
                        "its tensor {name} holds values that are no numbers, so its training failed"
                    ),
                )),
            })?;
        let pair = halves.entry(module).or_default();
        if first {
            pair.0 = Some(tensor);
        } else {
            pair.1 = Some(tensor);
        }
    }
    let mut pairs = BTreeMap::new();
    for (module, pair) in halves {
        let (Some(a), Some(b)) = pair else {
            // It was another file when its header was read.
            return Err(refused(&path, "it changed while it was read; try again"));
        };
        pairs.insert(module, Pair { a, b });
    }
    Ok((pairs, hash))
}

/// The file of the tensors.
fn locate(folder: &Path) -> Result<PathBuf, EngineError> {
    let path = folder.join(FILE);
    if path.is_file() {
        return Ok(path);
    }
    let pickled = ["adapter_model.bin", "adapter_model.pt"]
        .into_iter()
        .find(|name| folder.join(name).is_file());
    Err(refused(
        folder,
        match pickled {
            Some(name) => format!(
                "its weights are pickled ({name}), and unpickling runs the code in them: save it anew with PEFT's save_pretrained, which writes {FILE}"
            ),
            None => format!("{FILE} is missing"),
        },
    ))
}

/// The module that a tensor belongs to, and whether it is the first half.
fn half(name: &str) -> Result<(String, bool), String> {
    if name.contains("lora_embedding_") || name.contains("embed_tokens") {
        return Err(format!(
            "it changes the embeddings ({name}), which lorag does not apply: train it on linear layers only"
        ));
    }
    if name.contains("lora_magnitude_vector") {
        return Err("it is a DoRA adapter, whose magnitudes lorag does not apply: train it without use_dora".to_owned());
    }
    let ends = [
        (".lora_A.weight", true),
        (".lora_A.default.weight", true),
        (".lora_B.weight", false),
        (".lora_B.default.weight", false),
    ];
    let found = ends.iter().find_map(|(end, first)| Some((name.strip_suffix(end)?, *first)));
    let Some((module, first)) = found else {
        return Err(format!(
            "it holds {name}, which is neither lora_A nor lora_B of a linear layer, so lorag can't apply all of it"
        ));
    };
    let module = module.strip_prefix(PREFIX).unwrap_or(module);
    if is_embedding(module) {
        return Err(format!(
            "it changes {module}, which the engine leaves as it is: train it on the layers' own modules only"
        ));
    }
    Ok((module.to_owned(), first))
}

fn finite(tensor: &Tensor) -> candle_core::Result<bool> {
    let sum = tensor.abs()?.sum_all()?.to_scalar::<f32>()?;
    Ok(sum.is_finite())
}
