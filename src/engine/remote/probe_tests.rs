//! Servers told apart by what their documentation says they answer.

use super::*;
use serde_json::json;

fn facts(entries: &[(&'static str, Value)]) -> Facts {
    entries.iter().cloned().collect()
}

fn found(entries: &[(&'static str, Value)]) -> Found {
    let facts = facts(entries);
    let kind = owner(&facts).unwrap_or_else(|| kind_of(&facts));
    read(kind, &facts)
}

fn names(model: &ServerModel) -> Vec<(&str, &str)> {
    model.adapters.iter().map(|a| (a.name.as_str(), a.model.as_str())).collect()
}

#[test]
fn vllm_lists_adapters_with_their_parent() {
    let models = json!({"object": "list", "data": [
        {"id": "org/base", "owned_by": "vllm", "root": "org/base", "parent": null, "max_model_len": 8192},
        {"id": "law", "owned_by": "vllm", "root": "/adapters/law", "parent": "org/base"},
    ]});
    let found = found(&[("models", models), ("version", json!({"version": "0.11.0"}))]);
    assert_eq!((found.kind, found.version.as_deref()), (ServerKind::Vllm, Some("0.11.0")));
    let [model] = found.models.as_slice() else { panic!("{found:?}") };
    assert_eq!((model.id.as_str(), model.window), ("org/base", Some(8192)));
    assert_eq!(names(model), [("law", "law")]);
}

#[test]
fn llama_cpp_counts_its_adapters() {
    let models = json!({"data": [{"id": "/m/Small.Q4_1.gguf", "aliases": ["small"],
        "owned_by": "llamacpp", "meta": {"n_ctx": 8192, "n_params": 134515008, "ftype": "Q4_1"}}]});
    let loras = json!([{"id": 0, "path": "/a/law.gguf", "scale": 1.0},
        {"id": 1, "path": "/b/law.gguf", "scale": 0.0}, {"id": 2, "path": "a+b*2.gguf"}]);
    let props = json!({"default_generation_settings": {"n_ctx": 4096}, "build_info": "b1"});
    let found = found(&[("models", models), ("lora-adapters", loras), ("props", props)]);
    let model = &found.models[0];
    assert_eq!(found.kind, ServerKind::LlamaCpp);
    assert_eq!(model.window, Some(4096), "of one slot");
    assert_eq!((model.parameters, model.quantization.as_deref()), (134_515_008, Some("Q4_1")));
    let numbers: Vec<(&str, Option<u64>)> =
        model.adapters.iter().map(|a| (a.name.as_str(), a.index)).collect();
    assert_eq!(numbers, [("law", Some(0)), ("law-1", Some(1)), ("a-b-2", Some(2))]);
}

#[test]
fn sglang_wants_the_base_before_the_adapter() {
    let models = json!({"data": [
        {"id": "org/base", "owned_by": "sglang", "max_model_len": 4096},
        {"id": "law", "owned_by": "sglang", "parent": "org/base"},
    ]});
    let found = found(&[("models", models), ("get_server_info", json!({"version": "0.5"}))]);
    assert_eq!(found.kind, ServerKind::Sglang);
    assert_eq!(names(&found.models[0]), [("law", "org/base:law")]);
    let older = json!({"data": [{"id": "org/base"}]});
    let info = json!({"model_path": "org/base", "context_length": 2048});
    let found = self::found(&[("models", older), ("get_server_info", info)]);
    assert_eq!((found.kind, found.models[0].window), (ServerKind::Sglang, Some(2048)));
}

#[test]
fn mistral_rs_writes_the_base_into_the_name() {
    let models = json!({"data": [
        {"id": "base", "owned_by": "local"},
        {"id": "base::law", "owned_by": "local", "parent": "base", "adapter_generation": 3},
    ]});
    let found = found(&[("models", models), ("v1/lora_adapters", json!({"data": []}))]);
    assert_eq!(found.kind, ServerKind::MistralRs);
    assert_eq!(names(&found.models[0]), [("law", "base::law")]);
}

#[test]
fn ollama_has_a_model_for_each_adapter() {
    let models = json!({"data": [{"id": "llama3:latest", "owned_by": "library"},
        {"id": "law:latest", "owned_by": "library"}]});
    let tags = json!({"models": [
        {"name": "llama3:latest", "details": {"parent_model": "", "parameter_size": "8.0B", "quantization_level": "Q4_0"}},
        {"name": "law:latest", "details": {"parent_model": "llama3"}},
    ]});
    let ps = json!({"models": [{"name": "law:latest", "context_length": 16384}]});
    let found = found(&[("models", models), ("api/tags", tags), ("api/ps", ps)]);
    assert_eq!(found.kind, ServerKind::Ollama);
    let [base, law] = found.models.as_slice() else { panic!("{found:?}") };
    assert_eq!((base.window, base.parameters), (Some(4096), 8_000_000_000));
    assert_eq!(names(base), [("law:latest", "law:latest")]);
    assert_eq!((law.window, law.adapters.len()), (Some(16384), 0));
}

#[test]
fn lorax_and_others_are_told_apart() {
    let info = json!({"model_id": "org/base", "max_total_tokens": 2048, "embedding_model": false});
    let found = found(&[("info", info)]);
    assert_eq!((found.kind, found.models[0].id.as_str()), (ServerKind::Lorax, "org/base"));
    assert_eq!(found.models[0].window, Some(2048));
    let models = json!({"data": [{"id": "gpt", "owned_by": "system"}]});
    let tgi = json!({"model_id": "org/base", "max_total_tokens": 2048});
    let found = self::found(&[("models", models.clone()), ("info", tgi)]);
    assert_eq!(found.kind, ServerKind::OpenAi);
    let routed = json!([{"id": "org/x", "context_length": 32768}, {"id": ""}, {"name": 1}, 7]);
    let found = self::found(&[("models", routed)]);
    assert_eq!((found.models.len(), found.models[0].window), (1, Some(32768)));
}

#[test]
fn nonsense_is_no_model() {
    for list in [json!(null), json!("x"), json!({"data": 7}), json!({"data": [null, {"id": 7}]})] {
        let found = found(&[("models", list)]);
        assert_eq!((found.kind, found.models.len()), (ServerKind::OpenAi, 0));
    }
    assert_eq!(spelled_number("7.6B"), Some(7_600_000_000));
    assert_eq!(spelled_number("135M"), Some(135_000_000));
    for text in ["", "B", "x", "-1B", "infB", "7€"] {
        assert_eq!(spelled_number(text), None, "{text}");
    }
}

/// What `lorag serve` lists.
#[test]
fn another_lorag_lists_its_adapters_behind_the_model() {
    let models = json!({"data": [
        {"id": "small", "owned_by": "lorag", "context_window": 4096, "meta": {"n_params": 7}},
        {"id": "small+bullets", "owned_by": "lorag", "parent": "small", "context_window": 4096},
    ]});
    let found = found(&[("models", models)]);
    assert_eq!(found.kind, ServerKind::OpenAi);
    let model = &found.models[0];
    assert_eq!((model.window, model.parameters), (Some(4096), 7));
    assert_eq!(names(model), [("bullets", "small+bullets")]);
}
