//! Bases from both kinds of files, and those that are refused.

use super::*;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Tensor};

/// The llama fixture as llama.cpp converts it: the rows of queries and keys
/// interleaved, names and numbers in the header.
fn gguf(folder: &Path, kind: GgmlDType, more: &[(&str, Value)]) -> PathBuf {
    let source = fixtures("peft/llama/base/model.safetensors");
    let mut file = Tensors::open(&source).unwrap();
    let names: Vec<String> = file.entries.keys().cloned().collect();
    let mut tensors = Vec::new();
    for name in names {
        let mut tensor = file.tensor(&name, &Device::Cpu).unwrap();
        for (part, heads) in [("q_proj", 4), ("k_proj", 2)] {
            if name.contains(part) {
                let (rows, columns) = tensor.dims2().unwrap();
                let half = rows / heads / 2;
                let split = tensor.reshape((heads, 2, half, columns)).unwrap();
                let turned = split.transpose(1, 2).unwrap().contiguous().unwrap();
                tensor = turned.reshape((rows, columns)).unwrap();
            }
        }
        let kind = if tensor.dims().len() == 2 { kind } else { GgmlDType::F32 };
        let name = name
            .replace("model.embed_tokens", "token_embd")
            .replace("model.layers.", "blk.")
            .replace("self_attn.o_proj", "attn_output")
            .replace("self_attn.", "attn_")
            .replace("mlp.", "ffn_")
            .replace("_proj", "")
            .replace("input_layernorm", "attn_norm")
            .replace("post_attention_layernorm", "ffn_norm")
            .replace("model.norm", "output_norm")
            .replace("lm_head", "output");
        tensors.push((name, QTensor::quantize(&tensor, kind).unwrap()));
    }
    let text = |text: &str| Value::String(text.to_owned());
    let mut header = vec![
        ("general.architecture", text("llama")),
        ("llama.block_count", Value::U32(2)),
        ("llama.embedding_length", Value::U32(64)),
        ("llama.feed_forward_length", Value::U32(96)),
        ("llama.attention.head_count", Value::U32(4)),
        ("llama.attention.head_count_kv", Value::U32(2)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
        ("llama.rope.freq_base", Value::F32(10_000.0)),
        ("llama.rope.dimension_count", Value::U32(16)),
    ];
    header.extend(more.iter().cloned());
    let path = folder.join("model.gguf");
    let header: Vec<(&str, &Value)> = header.iter().map(|(key, value)| (*key, value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(n, t)| (n.as_str(), t)).collect();
    gguf_file::write(&mut std::fs::File::create(&path).unwrap(), &header, &tensors).unwrap();
    path
}

fn loss(base: &Base) -> (f64, Gradients) {
    gradients(&Model::new(base, 0, 64, 0), &adapter("llama", base), 64)
}

#[test]
fn a_gguf_file_is_the_same_model() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, theirs) = loss(&base("llama", Keep::Full));
    for keep in [Keep::Full, Keep::Packed] {
        let path = gguf(folder.path(), GgmlDType::F32, &[]);
        let opened = Base::open(&path, keep, &Device::Cpu).unwrap();
        let (found, ours) = loss(&opened);
        assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
        assert!(ours.0 == theirs.0, "other gradients");
    }
}

#[test]
fn quantized_weights_compute_the_same_packed_and_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = gguf(folder.path(), GgmlDType::Q8_0, &[]);
    let open = |keep| Base::open(&path, keep, &Device::Cpu).unwrap();
    let (full, packed) = (open(Keep::Full), open(Keep::Packed));
    assert!(packed.bytes() * 3 < full.bytes());
    assert_eq!(full.hash(), packed.hash());
    let ((full, a), (packed, b)) = (loss(&full), loss(&packed));
    assert_eq!(full, packed);
    assert!(a.0 == b.0, "other gradients");
    let (plain, _) = loss(&base("llama", Keep::Full));
    assert!(full != plain && (full - plain).abs() < 0.05 * plain, "{full} and {plain}");
}

/// A copy of a fixture's base, its config changed, its weights of a type and in two files.
fn altered(folder: &Path, family: &str, change: &[(&str, serde_json::Value)], kind: DType) {
    let source = fixtures(&format!("peft/{family}/base"));
    let text = std::fs::read_to_string(source.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (key, value) in change {
        config[*key] = value.clone();
    }
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let all = candle_core::safetensors::load(source.join("model.safetensors"), &Device::Cpu);
    let (mut first, mut second) =
        (std::collections::HashMap::new(), std::collections::HashMap::new());
    let mut map = serde_json::Map::new();
    for (name, tensor) in all.unwrap() {
        let tensor: Tensor = tensor.to_dtype(kind).unwrap();
        let (file, part) = match name.contains("layers.1") {
            true => ("model-00002-of-00002.safetensors", &mut second),
            false => ("model-00001-of-00002.safetensors", &mut first),
        };
        map.insert(name.clone(), file.into());
        part.insert(name, tensor);
    }
    for (part, number) in [(first, 1), (second, 2)] {
        let path = folder.join(format!("model-0000{number}-of-00002.safetensors"));
        candle_core::safetensors::save(&part, path).unwrap();
    }
    let index = serde_json::json!({"weight_map": map}).to_string();
    std::fs::write(folder.join("model.safetensors.index.json"), index).unwrap();
}

#[test]
fn several_files_and_half_precision() {
    let (expected, _) = loss(&base("llama", Keep::Full));
    for (kind, most) in [(DType::F32, 1e-9), (DType::F16, 1e-3), (DType::BF16, 1e-2)] {
        let folder = tempfile::tempdir().unwrap();
        altered(folder.path(), "llama", &[], kind);
        let open = |keep| Base::open(folder.path(), keep, &Device::Cpu).unwrap();
        let (packed, full) = (loss(&open(Keep::Packed)).0, loss(&open(Keep::Full)).0);
        assert_eq!(packed, full);
        assert!((packed - expected).abs() < most * expected, "{kind:?}: {packed}, {expected}");
    }
}

#[test]
fn other_models_are_refused_by_name() {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    for (key, value, said) in [
        ("model_type", json("\"phi3\""), "phi3 can't be trained here. Trained are llama, mistral"),
        ("rope_scaling", json("{\"rope_type\": \"yarn\", \"factor\": 4.0}"), "type yarn"),
        ("hidden_act", json("\"gelu\""), "activation gelu"),
        ("mlp_bias", json("true"), "mlp_bias"),
        ("head_dim", json("15"), "sizes don't fit"),
        ("num_hidden_layers", json("3"), "have no model.layers.2"),
        ("intermediate_size", json("95"), "has the shape"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        altered(folder.path(), "llama", &[(key, value)], DType::F32);
        let opened = Base::open(folder.path(), Keep::Auto, &Device::Cpu);
        let found = opened.err().map(|fault| fault.to_string()).unwrap_or_default();
        assert!(found.contains(said), "{key}: {found}");
    }
    let folder = tempfile::tempdir().unwrap();
    let yarn = Value::String("yarn".to_owned());
    let path = gguf(folder.path(), GgmlDType::F32, &[("llama.rope.scaling.type", yarn)]);
    let opened = Base::open(&path, Keep::Auto, &Device::Cpu);
    assert!(opened.err().is_some_and(|fault| fault.to_string().contains("type yarn")));
    std::fs::write(&path, b"GGUF").unwrap();
    let opened = Base::open(&path, Keep::Auto, &Device::Cpu);
    assert!(opened.err().is_some_and(|fault| fault.to_string().contains("no GGUF file")));
}

#[test]
fn rows_longer_than_the_window_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    altered(folder.path(), "mistral", &[("sliding_window", 12.into())], DType::F32);
    let base = Base::open(folder.path(), Keep::Full, &Device::Cpu).unwrap();
    let options = Options { epochs: 1, ..options() };
    let done = train(&base, &examples(), &[], &options, Run::default(), &mut |_| Go::Continue);
    let long = examples().iter().filter(|row| row.tokens.len() > 12).count();
    assert_eq!(done.unwrap().left_out, long);
}
