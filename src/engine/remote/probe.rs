//! Asks a server what it is, and which models and adapters it has.

use super::super::EngineError;
use super::access::Access;
use super::client::Asker;
use super::models::{Found, ServerAdapter, ServerModel};
use crate::config::ServerKind;
use futures::future::join_all;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// The list that all servers have, below the chat interface.
const MODELS: &str = "models";

/// What tells the kinds apart, with the kinds that have it.
const SIGNS: &[(&str, &[ServerKind])] = &[
    ("props", &[ServerKind::LlamaCpp]),
    ("lora-adapters", &[ServerKind::LlamaCpp]),
    ("get_server_info", &[ServerKind::Sglang]),
    ("version", &[ServerKind::Vllm]),
    ("v1/lora_adapters", &[ServerKind::MistralRs]),
    ("api/tags", &[ServerKind::Ollama]),
    ("api/ps", &[ServerKind::Ollama]),
    ("info", &[ServerKind::Lorax]),
];

/// Ollama's window where nothing else is set or said.
const OLLAMA_WINDOW: usize = 4096;

/// What a server answered, by path.
type Facts = HashMap<&'static str, Value>;

/// Asks a server what it is, each question within `limit`.
///
/// # Errors
/// Where it can't be reached, or refuses the key.
pub async fn probe(access: &Access, limit: Duration) -> Result<Found, EngineError> {
    let asker = Asker::new(access)?;
    let mut facts = Facts::new();
    let listed = asker.get(&format!("{}/{MODELS}", access.api), limit).await;
    match listed {
        Ok(list) => {
            facts.insert(MODELS, list);
        }
        // Not every server lists its models.
        Err(failure)
            if failure.status.is_some_and(|status| matches!(status.as_u16(), 404 | 405)) => {}
        Err(failure) => return Err(failure.error),
    }
    let kind = match access.kind {
        ServerKind::Auto => owner(&facts).unwrap_or(ServerKind::Auto),
        kind => kind,
    };
    let asked = SIGNS
        .iter()
        .filter(|(_, kinds)| kind == ServerKind::Auto || kinds.contains(&kind))
        .map(|(path, _)| {
            let (asker, url) = (&asker, format!("{}/{path}", access.root));
            async move { Some((*path, asker.get(&url, limit).await.ok()?)) }
        });
    facts.extend(join_all(asked).await.into_iter().flatten());
    let kind = if kind == ServerKind::Auto { kind_of(&facts) } else { kind };
    Ok(read(kind, &facts))
}

fn data(facts: &Facts) -> &[Value] {
    let list = facts.get(MODELS).and_then(|list| list.get("data").unwrap_or(list).as_array());
    list.map_or(&[], Vec::as_slice)
}

/// What the list of models says of the server, where it is beyond doubt.
fn owner(facts: &Facts) -> Option<ServerKind> {
    match data(facts).first()?.get("owned_by")?.as_str()? {
        "llamacpp" => Some(ServerKind::LlamaCpp),
        "vllm" => Some(ServerKind::Vllm),
        "sglang" => Some(ServerKind::Sglang),
        _ => None,
    }
}

/// Tells the kinds apart by what only they have.
fn kind_of(facts: &Facts) -> ServerKind {
    let has = |path: &str, field: &str| facts.get(path).is_some_and(|v| v.get(field).is_some());
    let windows = data(facts).iter().any(|model| model.get("max_model_len").is_some());
    if has("props", "default_generation_settings") {
        ServerKind::LlamaCpp
    } else if has("get_server_info", "model_path") || has("get_server_info", "tp_size") {
        ServerKind::Sglang
    } else if has("version", "version") && windows {
        ServerKind::Vllm
    } else if facts.get("v1/lora_adapters").is_some_and(|v| v.is_array() || v.get("data").is_some())
    {
        ServerKind::MistralRs
    } else if has("api/tags", "models") {
        ServerKind::Ollama
    } else if has("info", "model_id")
        && (has("info", "embedding_model") || has("info", "request_logger_url"))
    {
        ServerKind::Lorax
    } else {
        ServerKind::OpenAi
    }
}

/// Reads what was answered.
fn read(kind: ServerKind, facts: &Facts) -> Found {
    let text = |path: &str, pointer: &str| {
        facts.get(path).and_then(|v| v.pointer(pointer)).and_then(Value::as_str).map(str::to_owned)
    };
    let version = match kind {
        ServerKind::Vllm => text("version", "/version"),
        ServerKind::Sglang => text("get_server_info", "/version"),
        ServerKind::LlamaCpp => text("props", "/build_info"),
        ServerKind::Lorax => text("info", "/version"),
        _ => None,
    };
    let listed = data(facts);
    let is_adapter = |model: &Value| parent(model).is_some();
    let bases = || listed.iter().filter(|model| !is_adapter(model));
    let mut models: Vec<ServerModel> = bases().filter_map(model).collect();
    if models.is_empty() && kind == ServerKind::Lorax {
        let id = text("info", "/model_id");
        models.extend(id.map(|id| ServerModel { id, ..ServerModel::default() }));
    }
    let only = models.len() == 1;
    for model in &mut models {
        let belongs =
            |adapter: &&Value| only || parent(adapter).is_some_and(|parent| parent == model.id);
        let own = listed.iter().filter(|m| is_adapter(m)).filter(belongs);
        model.adapters =
            own.filter_map(|adapter| listed_adapter(kind, &model.id, adapter)).collect();
        complete(kind, model, facts);
    }
    Found { kind, version, models }
}

/// The model that an adapter belongs to.
fn parent(model: &Value) -> Option<&str> {
    model.get("parent").and_then(Value::as_str).filter(|parent| !parent.is_empty())
}

fn model(value: &Value) -> Option<ServerModel> {
    let id = value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())?;
    let names = value.get("aliases").and_then(Value::as_array);
    let aliases = names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
    let places = [
        "/max_model_len",
        "/context_length",
        "/context_window",
        "/max_context_length",
        "/meta/n_ctx",
    ];
    let window = places.iter().find_map(|place| number(value, place)).filter(|window| *window > 0);
    Some(ServerModel {
        id: id.to_owned(),
        aliases: aliases.collect(),
        window,
        parameters: value.pointer("/meta/n_params").and_then(Value::as_u64).unwrap_or(0),
        quantization: value.pointer("/meta/ftype").and_then(Value::as_str).map(str::to_owned),
        adapters: Vec::new(),
    })
}

fn number(value: &Value, pointer: &str) -> Option<usize> {
    value.pointer(pointer).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())
}

/// An adapter that stands among the models.
fn listed_adapter(kind: ServerKind, base: &str, value: &Value) -> Option<ServerAdapter> {
    let id = value.get("id").and_then(Value::as_str).filter(|id| !id.is_empty())?;
    // mistral.rs writes `base::adapter`, lorag `base+adapter`; SGLang wants
    // `base:adapter`.
    let name = id.strip_prefix(base).map_or(id, |rest| rest.trim_start_matches([':', '+']));
    let model = match kind {
        ServerKind::Sglang if name == id => format!("{base}:{name}"),
        _ => id.to_owned(),
    };
    Some(ServerAdapter { name: spelled(name), model, index: None })
}

/// What is told elsewhere than in the list of models.
fn complete(kind: ServerKind, model: &mut ServerModel, facts: &Facts) {
    let fact = |path: &str| facts.get(path).unwrap_or(&Value::Null);
    match kind {
        ServerKind::LlamaCpp => {
            // Of one answer, where the list tells that of all together.
            let window = number(fact("props"), "/default_generation_settings/n_ctx");
            model.window = window.filter(|window| *window > 0).or(model.window);
            model.adapters = numbered(fact("lora-adapters"));
        }
        ServerKind::Sglang => {
            let window = number(fact("get_server_info"), "/context_length");
            model.window = model.window.or(window);
        }
        ServerKind::Lorax => {
            let window = number(fact("info"), "/max_total_tokens");
            model.window = model.window.or(window);
        }
        ServerKind::Ollama => complete_ollama(model, fact("api/tags"), fact("api/ps")),
        _ => {}
    }
}

/// The adapters of llama.cpp, named by their files.
fn numbered(list: &Value) -> Vec<ServerAdapter> {
    let mut out: Vec<ServerAdapter> = Vec::new();
    for entry in list.as_array().into_iter().flatten() {
        let Some(index) = entry.get("id").and_then(Value::as_u64) else { continue };
        let path = entry.get("path").and_then(Value::as_str).unwrap_or_default();
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let mut name = spelled(file.strip_suffix(".gguf").unwrap_or(file));
        if name.is_empty() || out.iter().any(|other| other.name == name) {
            name = format!("{name}-{index}");
        }
        out.push(ServerAdapter { name, model: String::new(), index: Some(index) });
    }
    out
}

/// A name that can be written in a stack of adapters.
fn spelled(name: &str) -> String {
    name.trim().replace(['+', '*'], "-")
}

/// Ollama has a model for each adapter, which names the one it was made from.
fn complete_ollama(model: &mut ServerModel, tags: &Value, running: &Value) {
    let same = |a: &str, b: &str| {
        let plain = |name: &str| name.strip_suffix(":latest").unwrap_or(name).to_owned();
        plain(a) == plain(b)
    };
    let list = |value: &Value| value.get("models").and_then(Value::as_array).cloned();
    let name = |entry: &Value| entry.get("name").and_then(Value::as_str).unwrap_or("").to_owned();
    let tags = list(tags).unwrap_or_default();
    let own = tags.iter().find(|entry| same(&name(entry), &model.id));
    if let Some(details) = own.and_then(|entry| entry.get("details")) {
        let text = |field: &str| details.get(field).and_then(Value::as_str).unwrap_or("");
        model.parameters = spelled_number(text("parameter_size")).unwrap_or(0);
        model.quantization =
            Some(text("quantization_level").to_owned()).filter(|text| !text.is_empty());
    }
    let made_from = |entry: &&Value| {
        let parent = entry.pointer("/details/parent_model").and_then(Value::as_str);
        parent.is_some_and(|parent| same(parent, &model.id)) && !same(&name(entry), &model.id)
    };
    model.adapters = tags
        .iter()
        .filter(made_from)
        .map(|entry| ServerAdapter { name: spelled(&name(entry)), model: name(entry), index: None })
        .collect();
    let running = list(running).unwrap_or_default();
    let loaded = running.iter().find(|entry| same(&name(entry), &model.id));
    let window = loaded.and_then(|entry| number(entry, "/context_length"));
    model.window = Some(window.filter(|window| *window > 0).unwrap_or(OLLAMA_WINDOW));
}

/// `7.6B` or `135M`.
fn spelled_number(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let factor = match unit.to_ascii_uppercase() {
        'K' => 1e3,
        'M' => 1e6,
        'B' => 1e9,
        'T' => 1e12,
        _ => return None,
    };
    let number: f64 = text[..text.len() - unit.len_utf8()].trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some((number * factor) as u64)
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
