//! The model that an adapter is merged into: its linear layers with their
//! shapes, and the names it goes by.

use super::super::EngineError;
use super::super::format::safetensors::shapes as tensor_shapes;
use super::super::format::weights::{parts_of_gguf as gguf_files, weights as weight_files};
use super::config::is_embedding;
use super::fault::{refused, unreadable};
use crate::config::bounded;
use crate::domain::cached_model;
use candle_core::quantized::gguf_file::{Content, Value as Metadata};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Safetensors architectures for which a test holds the merged model against
/// PEFT's own.
const SAFETENSORS: &[&str] = &[
    "LlamaForCausalLM",
    "MistralForCausalLM",
    "Qwen2ForCausalLM",
    "Qwen3ForCausalLM",
    "Phi3ForCausalLM",
];

/// The same of GGUF.
const GGUF: &[&str] = &["llama", "qwen2", "qwen3", "phi3"];

/// A base model.
#[derive(Clone, Debug)]
pub struct Base {
    /// The folder or file.
    pub(super) path: PathBuf,
    /// Names it goes by.
    pub(super) names: Vec<String>,
    /// `[out, in]` of each linear layer, by module.
    pub(super) linears: BTreeMap<String, [usize; 2]>,
    /// What merging into a GGUF file has to know.
    pub(super) gguf: Option<Gguf>,
}

/// A GGUF base.
#[derive(Clone, Debug)]
pub(super) struct Gguf {
    /// What kind of model it is.
    pub architecture: String,
    /// Its tensors by the modules that adapters name.
    pub tensors: BTreeMap<String, String>,
    /// Whether rows of queries and keys are in llama.cpp's order, with the
    /// numbers of heads.
    pub permuted: Option<(usize, usize)>,
}

impl Base {
    /// A folder with safetensors.
    ///
    /// # Errors
    /// [`EngineError::Load`] where it is damaged, or of a kind that adapters are
    /// not merged into.
    pub fn of_folder(folder: &Path) -> Result<Self, EngineError> {
        let path = folder.join("config.json");
        let text = bounded::read_text(&path, bounded::MEDIUM)
            .map_err(|error| unreadable(&path, &error))?;
        let config: Value = serde_json::from_str(&text)
            .map_err(|error| refused(&path, format!("it is not valid JSON: {error}")))?;
        let architecture = config
            .get("architectures")
            .and_then(Value::as_array)
            .and_then(|list| list.first())
            .and_then(Value::as_str)
            .unwrap_or("unknown");
        if !SAFETENSORS.contains(&architecture) {
            let known = SAFETENSORS.join(", ");
            return Err(refused(
                &path,
                format!(
                    "adapters are merged into {known}, and it was not verified that they are merged rightly into `{architecture}`"
                ),
            ));
        }
        if config.get("quantization_config").is_some_and(|value| !value.is_null()) {
            return Err(refused(
                &path,
                "its weights are quantized in the files, and an adapter is merged into unquantized ones only: take the original model, which lorag quantizes after merging",
            ));
        }
        let mut linears = BTreeMap::new();
        for file in weight_files(folder)? {
            for (name, shape) in tensor_shapes(&file)? {
                if let (Some(module), [out, inner]) =
                    (name.strip_suffix(".weight"), shape.as_slice())
                    && !is_embedding(module)
                    && let (Ok(out), Ok(inner)) = (usize::try_from(*out), usize::try_from(*inner))
                {
                    linears.insert(module.to_owned(), [out, inner]);
                }
            }
        }
        let named = config.get("_name_or_path").and_then(Value::as_str).map(str::to_owned);
        let names = folder_names(folder).into_iter().chain(named).collect();
        Ok(Self { path: folder.to_owned(), names, linears, gguf: None })
    }

    /// A GGUF file.
    ///
    /// # Errors
    /// [`EngineError::Load`] where it is damaged, split, or of a kind that
    /// adapters are not merged into.
    pub fn of_gguf(file: &Path) -> Result<Self, EngineError> {
        if gguf_files(file)?.len() > 1 {
            return Err(refused(
                file,
                "it is split into several files, and an adapter is merged into a whole one: join it with llama-gguf-split --merge",
            ));
        }
        let content = content(file)?;
        let text = |key: &str| match content.metadata.get(key) {
            Some(Metadata::String(text)) => Some(text.clone()),
            _ => None,
        };
        let architecture = text("general.architecture").unwrap_or_default();
        if !GGUF.contains(&architecture.as_str()) {
            let known = GGUF.join(", ");
            return Err(refused(
                file,
                format!(
                    "adapters are merged into GGUF models of {known}, and this is {architecture:?}: take its safetensors version"
                ),
            ));
        }
        let number = |key: &str| {
            let value = content.metadata.get(&format!("{architecture}.{key}"))?;
            usize::try_from(value.to_u64().ok()?).ok()
        };
        let permuted = if architecture == "llama" {
            let heads = number("attention.head_count")
                .ok_or_else(|| refused(file, "it does not tell its number of heads"))?;
            Some((heads, number("attention.head_count_kv").unwrap_or(heads)))
        } else {
            None
        };
        let (mut linears, mut tensors) = (BTreeMap::new(), BTreeMap::new());
        for (name, info) in &content.tensor_infos {
            if let Some(module) = module_of(name, &architecture)
                && let [out, inner] = info.shape.dims()
            {
                linears.insert(module.clone(), [*out, *inner]);
                tensors.insert(module, name.clone());
            }
        }
        let mut names: Vec<String> =
            ["general.name", "general.basename"].iter().filter_map(|key| text(key)).collect();
        names.extend(file.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        names.extend(file.parent().map(folder_names).unwrap_or_default());
        let gguf = Some(Gguf { architecture, tensors, permuted });
        Ok(Self { path: file.to_owned(), names, linears, gguf })
    }

    /// With another name it goes by.
    #[must_use]
    pub fn with_name(mut self, name: String) -> Self {
        self.names.insert(0, name);
        self
    }

    /// Rows and columns of a linear layer.
    #[must_use]
    pub fn shape(&self, module: &str) -> Option<[usize; 2]> {
        self.linears.get(module).copied()
    }

    /// How the rows of its matrices lie, as far as an adapter has to know.
    #[must_use]
    pub fn layout(&self) -> String {
        match &self.gguf {
            Some(gguf) => format!("{} {:?}", gguf.architecture, gguf.permuted),
            None => "safetensors".to_owned(),
        }
    }

    /// The name to tell people.
    #[must_use]
    pub fn name(&self) -> String {
        self.names.first().cloned().unwrap_or_else(|| self.path.display().to_string())
    }
}

/// The header of a GGUF file that was found whole.
pub(super) fn content(file: &Path) -> Result<Content, EngineError> {
    let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
    Content::read(&mut BufReader::new(opened)).map_err(|error| unreadable(file, &error))
}

/// The names that a folder's place tells: its own, and that of the model whose
/// snapshot it is in the hub's cache.
fn folder_names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for part in folder.components().rev().take(3) {
        let part = part.as_os_str().to_string_lossy();
        names.extend(cached_model(&part));
    }
    names.extend(folder.file_name().map(|name| name.to_string_lossy().into_owned()));
    names
}

/// The module of a GGUF tensor, as the safetensors version names it.
fn module_of(tensor: &str, architecture: &str) -> Option<String> {
    let rest = tensor.strip_prefix("blk.")?.strip_suffix(".weight")?;
    let (layer, part) = rest.split_once('.')?;
    let fused = architecture == "phi3";
    let module = match part {
        "attn_q" => "self_attn.q_proj",
        "attn_k" => "self_attn.k_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_qkv" if fused => "self_attn.qkv_proj",
        "attn_output" => "self_attn.o_proj",
        "ffn_gate" => "mlp.gate_proj",
        "ffn_up" if fused => "mlp.gate_up_proj",
        "ffn_up" => "mlp.up_proj",
        "ffn_down" => "mlp.down_proj",
        _ => return None,
    };
    Some(format!("model.layers.{layer}.{module}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gguf_tensors_are_named_as_adapters_name_them() {
        let of = |tensor: &str, architecture: &str| module_of(tensor, architecture);
        assert_eq!(
            of("blk.3.attn_q.weight", "llama").as_deref(),
            Some("model.layers.3.self_attn.q_proj")
        );
        assert_eq!(
            of("blk.0.ffn_up.weight", "phi3").as_deref(),
            Some("model.layers.0.mlp.gate_up_proj")
        );
        assert_eq!(
            of("blk.0.ffn_up.weight", "qwen2").as_deref(),
            Some("model.layers.0.mlp.up_proj")
        );
        assert_eq!(of("blk.0.attn_q.bias", "qwen2"), None);
        assert_eq!(of("token_embd.weight", "llama"), None);
    }

    #[test]
    fn a_place_in_the_hubs_cache_tells_the_model() {
        let names = folder_names(Path::new("/c/models--Qwen--Qwen3-0.6B/snapshots/abc"));
        assert_eq!(names, ["Qwen/Qwen3-0.6B", "abc"]);
    }
}
