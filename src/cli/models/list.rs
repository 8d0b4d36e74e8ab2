//! `lorag models list`: every model on this machine, and some worth pulling.

use super::super::context::Context;
use super::super::terminal::{Line, Paint, one_line, outln};
use super::super::{Failure, code};
use super::pull::cache;
use super::suggested::SUGGESTED;
use crate::builtin;
use crate::setup::{ADAPTER_CONFIG, Known, ModelOrigin};
use indicatif::HumanBytes;
use serde_json::{Value, json};

/// Longest reason that is printed, in characters.
const REASON: usize = 120;

/// Prints them.
pub(super) fn run(context: &Context, as_json: bool) -> Result<u8, Failure> {
    let settings = &context.loaded.settings;
    let models = context.inventory();
    if as_json {
        let mut cached = cache().list();
        cached.retain(|model| !model.folder.join(ADAPTER_CONFIG).is_file());
        let cached: Vec<Value> = cached
            .iter()
            .map(|m| json!({ "id": m.id.to_string(), "path": m.folder, "bytes": m.bytes(), "complete": m.complete }))
            .collect();
        outln!(
            "{}",
            json!({
                "configured": settings.model.0,
                "builtin": builtin::READER_NAME,
                "named": settings.models.keys().collect::<Vec<_>>(),
                "cached": cached,
                "models": models.iter().map(described).collect::<Vec<_>>(),
                "servers": context.server_models(),
            })
        )?;
        return Ok(code::DONE);
    }
    let paint = Paint::stdout();
    let rows: Vec<[String; 4]> = models.iter().map(columns).collect();
    let widths: [usize; 4] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(44)
    });
    let mut origin = None;
    for (model, row) in models.iter().zip(&rows) {
        if origin != Some(model.origin) {
            origin = Some(model.origin);
            outln!("{}", paint.bold(heading(model.origin)))?;
        }
        let mark = if model.name == settings.model.0 { "*" } else { " " };
        let [name, size, kind, architecture] = row;
        let runs = match &model.runs {
            Ok(chosen) if model.origin == ModelOrigin::Builtin => {
                format!(
                    "{}; quotes the sentence that answers, knows nothing by itself",
                    chosen.name()
                )
            }
            Ok(chosen) => chosen.name().to_owned(),
            Err(reason) => paint.dim(&format!("does not run: {}", one_line(reason, REASON))),
        };
        let [a, b, c, d] = widths;
        outln!("{mark} {name:a$}  {size:>b$}  {kind:c$}  {architecture:d$}  {runs}")?;
    }
    served(context)?;
    outln!("{}", paint.bold("Worth pulling (memory with 4-bit weights)"))?;
    for (id, size, memory, what) in SUGGESTED {
        outln!("  {id}  {size}, {memory}: {what}")?;
    }
    Ok(code::DONE)
}

/// The models of the servers; those that do not answer are named.
fn served(context: &Context) -> Result<(), Failure> {
    let settings = &context.loaded.settings;
    if settings.servers.is_empty() {
        return Ok(());
    }
    outln!("{}", Paint::stdout().bold("On servers"))?;
    let models = context.server_models();
    for (server, entry) in &settings.servers {
        let own = |name: &&String| name.split('/').next() == Some(server.as_str());
        let mut any = false;
        for name in models.iter().filter(own) {
            any = true;
            let mark = if *name == settings.model.0 { "*" } else { " " };
            outln!("{mark} {}  {}", Line::of(name), Line::of(entry.url.to_string()))?;
        }
        if !any {
            let url = entry.url.to_string();
            let url = Line::of(&url);
            outln!("  {server}  {url}: lists no models; `lorag doctor` says why")?;
        }
    }
    Ok(())
}

fn heading(origin: ModelOrigin) -> &'static str {
    use crate::hub::Keeper;
    match origin {
        ModelOrigin::Builtin => "Built in",
        ModelOrigin::Config => "In the config",
        ModelOrigin::Package => "Out of Python packages",
        ModelOrigin::Hub => "In the Hugging Face cache",
        ModelOrigin::Kept(Keeper::LlamaCpp) => "In the cache of llama.cpp",
        ModelOrigin::Kept(Keeper::Ollama) => "Of Ollama",
        ModelOrigin::Kept(Keeper::LmStudio) => "Of LM Studio",
    }
}

/// Name, size, type of weights and architecture.
fn columns(model: &Known) -> [String; 4] {
    let text = |text: &Option<String>| match text {
        Some(text) => one_line(text, 28),
        None => "–".to_owned(),
    };
    let size = match model.bytes {
        0 => "–".to_owned(),
        bytes => HumanBytes(bytes).to_string(),
    };
    let name = Line::of(&model.name).to_string();
    [name, size, text(&model.look.quantization), text(&model.look.architecture)]
}

/// A model in JSON.
fn described(model: &Known) -> Value {
    let (engine, reason) = match &model.runs {
        Ok(chosen) => (Some(chosen.name()), &chosen.why),
        Err(reason) => (None, reason),
    };
    json!({
        "name": model.name,
        "origin": model.origin.name(),
        "path": model.path,
        "bytes": model.bytes,
        "quantization": model.look.quantization,
        "architecture": model.look.architecture,
        "parameters": model.look.parameters,
        "runs": model.runs.is_ok(),
        "engine": engine,
        "reason": reason,
    })
}
