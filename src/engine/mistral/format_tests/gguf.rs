//! The reader as a GGUF file, named and laid out as llama.cpp does it for
//! Qwen3: matrices in Q8_0, norms in F32, no output matrix of its own since
//! the embedding serves as one.

use super::*;
use candle_core::quantized::gguf_file::{self, Value as Metadata};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use serde_json::Value;

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

fn quantized(tensor: &Tensor) -> QTensor {
    let kind = if tensor.rank() == 1 { GgmlDType::F32 } else { GgmlDType::Q8_0 };
    QTensor::quantize(tensor, kind).unwrap()
}

/// The content of the file.
fn content() -> Vec<u8> {
    let config = std::fs::read(reader().join("config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    let count = |key: &str| Metadata::U32(config[key].as_u64().unwrap().try_into().unwrap());
    let real = |key: &str| Metadata::F32(config[key].as_f64().unwrap() as f32);
    let metadata = [
        ("general.architecture", Metadata::String("qwen3".to_owned())),
        // llama.cpp's number for "mostly Q8_0".
        ("general.file_type", Metadata::U32(7)),
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
    let source = reader().join("model.safetensors");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_gguf_file_answers_as_the_safetensors_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reader-q8_0.gguf");
    std::fs::write(&file, content()).unwrap();
    copy(&["tokenizer.json", "tokenizer_config.json"], folder.path());
    assert_eq!(Place::detect(folder.path()).unwrap(), Place::Gguf(file));

    let engine = loaded(folder.path(), "auto").await;
    let plain = loaded(&reader(), "none").await;
    let info = engine.info();
    assert_eq!(info.quantization, "q8_0");
    assert_eq!(info.window, plain.info().window);
    assert_eq!(info.end_tokens, ["<|im_end|>"]);
    for (said, expected) in ask(&engine).await.iter().zip(&ask(&plain).await) {
        assert_eq!(first_words(&said.free), first_words(&expected.free));
        assert_eq!(said.quoted, expected.quoted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_gguf_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("damaged.gguf");
    let mut content = content();
    // Within the header, and within the weights.
    for length in [100, content.len() / 2] {
        std::fs::write(&file, &content[..length]).unwrap();
        let error = refusal(&file, "auto").await;
        assert!(error.contains(&file.display().to_string()), "{error}");
        assert!(error.contains("not fetched to its end"), "{length}: {error}");
    }
    content[..4].copy_from_slice(b"GGML");
    std::fs::write(&file, &content).unwrap();
    let error = refusal(&file, "auto").await;
    assert!(error.contains(&file.display().to_string()), "{error}");
    assert!(error.contains("does not start as a GGUF file"), "{error}");
}
