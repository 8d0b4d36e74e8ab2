//! What the check of a model's files says about each way they can be wrong.

use super::*;
use crate::engine::format::safetensors::tests::sample;
use tempfile::TempDir;

const CONFIG: &str = r#"{"architectures": ["Qwen3ForCausalLM"], "hidden_size": 256}"#;
const TOKENIZER: &str = r#"{"version": "1.0", "truncation": null,
    "added_tokens": [{"id": 2, "content": "</s>", "special": true}],
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}}"#;
const TEMPLATE: &str = r#"{"eos_token": "</s>", "chat_template": "{{ messages }}"}"#;

/// A folder whose files are all good.
fn model() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder, "config.json", CONFIG.as_bytes());
    put(&folder, "tokenizer.json", TOKENIZER.as_bytes());
    put(&folder, "tokenizer_config.json", TEMPLATE.as_bytes());
    put(&folder, "model.safetensors", &sample());
    folder
}

fn put(folder: &TempDir, name: &str, content: &[u8]) {
    std::fs::write(folder.path().join(name), content).unwrap();
}

fn remove(folder: &TempDir, name: &str) {
    std::fs::remove_file(folder.path().join(name)).unwrap();
}

fn reason(dir: &TempDir) -> String {
    folder(dir.path()).unwrap_err().to_string()
}

#[test]
fn a_good_folder_is_taken_and_an_adapter_in_it_is_not() {
    let dir = model();
    put(&dir, "adapter_model.safetensors", b"not even safetensors");
    let found = folder(dir.path()).unwrap();
    assert_eq!(found.weights, [dir.path().join("model.safetensors")]);
    assert_eq!(found.parameters, 6);
    assert_eq!(found.generation, None);
    assert_eq!(found.template.end.as_deref(), Some("</s>"));
}

#[test]
fn damaged_weights_are_named() {
    let dir = model();
    let mut content = sample();
    content[9] = 0xff;
    put(&dir, "model.safetensors", &content);
    let error = reason(&dir);
    assert!(error.contains("model.safetensors") && error.contains("damaged"), "{error}");
    let content = sample();
    put(&dir, "model.safetensors", &content[..content.len() - 4]);
    assert!(reason(&dir).contains("not fetched to its end"));
    remove(&dir, "model.safetensors");
    assert!(reason(&dir).contains("(*.safetensors) are missing"));
}

#[test]
fn a_missing_tokenizer_is_named() {
    let dir = model();
    remove(&dir, "tokenizer.json");
    assert!(reason(&dir).contains("tokenizer.json is missing"));
    put(&dir, "tokenizer.model", b"x");
    assert!(reason(&dir).contains("can't read tokenizer.model"));
}

#[test]
fn a_tokenizer_the_engine_would_panic_over_is_named() {
    let dir = model();
    put(&dir, "tokenizer.json", br#"{"added_tokens": [], "model": {"vocab": [["a", 0.5]]}}"#);
    let error = reason(&dir);
    assert!(error.contains("tokenizer.json") && error.contains("expected a map"), "{error}");
    let cut = TOKENIZER.replace("null", r#"{"max_length": 512}"#);
    put(&dir, "tokenizer.json", cut.as_bytes());
    assert!(reason(&dir).contains("after 512 tokens"));
    let without = TOKENIZER.replace("</s>", "<s>");
    put(&dir, "tokenizer.json", without.as_bytes());
    assert!(reason(&dir).contains("`</s>` is not in the vocabulary"));
}

#[test]
fn a_model_without_a_chat_template_is_told_so() {
    let dir = model();
    put(&dir, "tokenizer_config.json", b"{}");
    assert!(reason(&dir).contains("no chat template"));
    put(&dir, "tokenizer_config.json", b"{");
    assert!(reason(&dir).contains("tokenizer_config.json: it is not valid JSON"));
}

#[test]
fn damaged_settings_are_named() {
    let dir = model();
    put(&dir, "generation_config.json", b"{\"eos_token_id\": ");
    assert!(reason(&dir).contains("generation_config.json"));
    remove(&dir, "generation_config.json");
    let two = CONFIG.replace("[\"", "[\"LlamaForCausalLM\", \"");
    put(&dir, "config.json", two.as_bytes());
    assert!(reason(&dir).contains("several `architectures`"));
}

#[test]
fn split_weights_must_all_be_there() {
    let dir = model();
    remove(&dir, "model.safetensors");
    let index = br#"{"weight_map": {"x": "model-00001-of-00002.safetensors", "y": "model-00002-of-00002.safetensors"}}"#;
    put(&dir, "model.safetensors.index.json", index);
    put(&dir, "model-00001-of-00002.safetensors", &sample());
    let error = reason(&dir);
    assert!(error.contains("model-00002-of-00002.safetensors are missing"), "{error}");
    put(&dir, "model-00002-of-00002.safetensors", &sample());
    assert_eq!(folder(dir.path()).unwrap().parameters, 12);
    remove(&dir, "model.safetensors.index.json");
    assert_eq!(folder(dir.path()).unwrap().weights.len(), 2);
    put(&dir, "extra.safetensors", &sample());
    remove(&dir, "model-00001-of-00002.safetensors");
    remove(&dir, "model-00002-of-00002.safetensors");
    put(&dir, "other.safetensors", &sample());
    assert!(reason(&dir).contains("extra.safetensors, other.safetensors"));
}

#[test]
fn a_uqff_model_needs_its_residual_tensors_and_no_adapter() {
    let dir = model();
    let file = dir.path().join("q4k-0.uqff");
    put(&dir, "q4k-0.uqff", &sample());
    put(&dir, "q4k-1.uqff", &sample());
    put(&dir, "q8_0-0.uqff", &sample());
    assert!(uqff(&file).unwrap_err().to_string().contains("residual.safetensors is missing"));
    put(&dir, "residual.safetensors", &sample());
    let found = uqff(&file).unwrap();
    assert_eq!(found.weights, [file.clone(), dir.path().join("q4k-1.uqff")]);
    put(&dir, "adapter_model.safetensors", &sample());
    assert!(uqff(&file).unwrap_err().to_string().contains("move adapter_model.safetensors"));
}

#[test]
fn the_parts_of_a_gguf_file_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let names = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "other.gguf"];
    for name in names {
        put(&dir, name, b"GGUF");
    }
    let parts = parts_of_gguf(&dir.path().join(names[0])).unwrap();
    assert_eq!(parts, [dir.path().join(names[0]), dir.path().join(names[1])]);
    let single = dir.path().join("other.gguf");
    assert_eq!(parts_of_gguf(&single).unwrap(), [single]);
    remove(&dir, names[1]);
    let error = parts_of_gguf(&dir.path().join(names[0])).unwrap_err().to_string();
    assert!(error.contains("2 files, and 1 are there"), "{error}");
}
