//! The built-in reader as a GGUF file, named and laid out as llama.cpp does it
//! for Qwen3: matrices in Q8_0, norms in F32, no output matrix of its own since
//! the embedding serves as one.

use super::adapter::{Adapter, Base};
use candle_core::quantized::gguf_file::{self, Value as Metadata};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of the reader.
pub fn reader() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/builtin/reader"))
}

/// The name of a tensor in GGUF.
fn gguf_name(name: &str) -> String {
    let Some(rest) = name.strip_prefix("model.layers.") else {
        let name = match name {
            "model.embed_tokens.weight" => "token_embd.weight",
            "model.norm.weight" => "output_norm.weight",
            other => panic!("{other} has no place in GGUF"),
        };
        return name.to_owned();
    };
    let (layer, part) = rest.split_once('.').unwrap();
    let part = match part.strip_suffix(".weight").unwrap() {
        "input_layernorm" => "attn_norm",
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.o_proj" => "attn_output",
        "self_attn.q_norm" => "attn_q_norm",
        "self_attn.k_norm" => "attn_k_norm",
        "post_attention_layernorm" => "ffn_norm",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.up_proj" => "ffn_up",
        "mlp.down_proj" => "ffn_down",
        other => panic!("{other} has no place in GGUF"),
    };
    format!("blk.{layer}.{part}.weight")
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(reader().join(name)).unwrap()).unwrap()
}

/// The content of the file, with matrices of this type.
pub fn reader_gguf(matrices: GgmlDType, vocabulary: bool) -> Vec<u8> {
    let config = json("config.json");
    let count = |key: &str| Metadata::U32(config[key].as_u64().unwrap().try_into().unwrap());
    let real = |key: &str| Metadata::F32(config[key].as_f64().unwrap() as f32);
    // llama.cpp's numbers for "all F32" and "mostly Q8_0".
    let file_type = if matrices == GgmlDType::F32 { 0 } else { 7 };
    let mut metadata = vec![
        ("general.architecture", Metadata::String("qwen3".to_owned())),
        ("general.name", Metadata::String("lorag-reader".to_owned())),
        ("general.file_type", Metadata::U32(file_type)),
        ("qwen3.block_count", count("num_hidden_layers")),
        ("qwen3.context_length", count("max_position_embeddings")),
        ("qwen3.embedding_length", count("hidden_size")),
        ("qwen3.feed_forward_length", count("intermediate_size")),
        ("qwen3.attention.head_count", count("num_attention_heads")),
        ("qwen3.attention.head_count_kv", count("num_key_value_heads")),
        ("qwen3.attention.key_length", count("head_dim")),
        ("qwen3.attention.value_length", count("head_dim")),
        ("qwen3.attention.layer_norm_rms_epsilon", real("rms_norm_eps")),
        ("qwen3.rope.freq_base", real("rope_theta")),
    ];
    if vocabulary {
        metadata.extend(vocabulary_of_reader());
    }
    let source = reader().join("model.safetensors");
    let quantized = |tensor: &Tensor| {
        let kind = if tensor.rank() == 1 { GgmlDType::F32 } else { matrices };
        QTensor::quantize(tensor, kind).unwrap()
    };
    let tensors: Vec<(String, QTensor)> = candle_core::safetensors::load(source, &Device::Cpu)
        .unwrap()
        .iter()
        .map(|(name, tensor)| (gguf_name(name), quantized(tensor)))
        .collect();

    let metadata: Vec<(&str, &Metadata)> = metadata.iter().map(|(key, v)| (*key, v)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(n, t)| (n.as_str(), t)).collect();
    let mut file = std::io::Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    file.into_inner()
}

/// The reader's vocabulary; its pre-tokenizer is that of Qwen2.
fn vocabulary_of_reader() -> Vec<(&'static str, Metadata)> {
    let text = |text: &str| Metadata::String(text.to_owned());
    let tokenizer = json("tokenizer.json");
    let pieces = tokenizer["model"]["vocab"].as_object().unwrap();
    let special = tokenizer["added_tokens"].as_array().unwrap();
    let mut tokens = vec![String::new(); pieces.len()];
    let mut types = vec![1_u32; pieces.len()];
    for (piece, id) in pieces {
        tokens[usize::try_from(id.as_u64().unwrap()).unwrap()].clone_from(piece);
    }
    for token in special {
        let id = usize::try_from(token["id"].as_u64().unwrap()).unwrap();
        if id >= tokens.len() {
            tokens.resize(id + 1, String::new());
            types.resize(id + 1, 1);
        }
        token["content"].as_str().unwrap().clone_into(&mut tokens[id]);
        // A control token.
        types[id] = 3;
    }
    let merges = tokenizer["model"]["merges"].as_array().unwrap().iter().map(|pair| {
        let part = |at: usize| pair[at].as_str().unwrap();
        Metadata::String(format!("{} {}", part(0), part(1)))
    });
    let template = json("tokenizer_config.json");
    vec![
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("qwen2")),
        ("tokenizer.ggml.tokens", Metadata::Array(tokens.iter().map(|t| text(t)).collect())),
        (
            "tokenizer.ggml.token_type",
            Metadata::Array(types.into_iter().map(|kind| Metadata::I32(kind as i32)).collect()),
        ),
        ("tokenizer.ggml.merges", Metadata::Array(merges.collect())),
        ("tokenizer.ggml.eos_token_id", Metadata::U32(2)),
        ("tokenizer.ggml.padding_token_id", Metadata::U32(0)),
        ("tokenizer.ggml.add_bos_token", Metadata::Bool(false)),
        ("tokenizer.chat_template", text(template["chat_template"].as_str().unwrap())),
    ]
}

/// A PEFT adapter of random numbers on queries, keys and values: all layers, or
/// a model that has them under the names of Llama.
pub fn random_adapter(file: &Path, folder: &Path, seed: u64) -> Arc<Adapter> {
    let base = Base::of_gguf(file).unwrap();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut tensors = HashMap::new();
    for layer in 0.. {
        let mut found = false;
        for kind in ["q_proj", "k_proj", "v_proj"] {
            let module = format!("model.layers.{layer}.self_attn.{kind}");
            let Some([out, inner]) = base.shape(&module) else { continue };
            found = true;
            let mut matrix = |rows: usize, columns: usize| {
                let values = (0..rows * columns).map(|_| 0.5 * (random.f32() - 0.5)).collect();
                Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
            };
            for (half, tensor) in [("A", matrix(8, inner)), ("B", matrix(out, 8))] {
                tensors.insert(format!("base_model.model.{module}.lora_{half}.weight"), tensor);
            }
        }
        if !found {
            break;
        }
    }
    let config = r#"{"peft_type": "LORA", "r": 8, "lora_alpha": 8, "target_modules": ["q_proj", "k_proj", "v_proj"]}"#;
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("adapter_config.json"), config).unwrap();
    candle_core::safetensors::save(&tensors, folder.join("adapter_model.safetensors")).unwrap();
    Arc::new(Adapter::open("random", folder).unwrap())
}
