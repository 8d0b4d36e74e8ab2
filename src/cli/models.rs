//! `lorag models`: models at hand, and the hub.

pub(super) mod pull;

use super::args::ModelsCommand;
use super::context::Context;
use super::terminal::outln;
use super::terminal::{Paint, visible};
use super::{Failure, code};
use crate::builtin;
use crate::hub::{FileFilter, PACKAGE_SCHEME};
use crate::setup::ADAPTER_CONFIG;
use indicatif::HumanBytes;
use pull::cache;
use serde_json::json;

/// Models worth pulling: hub id, parameters, memory of 4-bit weights with a
/// short context, and what for.
pub const SUGGESTED: &[(&str, &str, &str, &str)] = &[
    ("Qwen/Qwen3-0.6B", "0.6 B", "about 1 GB", "the smallest that writes fluent answers"),
    ("Qwen/Qwen3-1.7B", "1.7 B", "about 2 GB", "a good start on a laptop"),
    ("HuggingFaceTB/SmolLM3-3B", "3 B", "about 3 GB", "long contexts, six languages"),
    ("meta-llama/Llama-3.2-3B-Instruct", "3 B", "about 3 GB", "gated: accept its licence first"),
    ("google/gemma-2-2b-it", "2.6 B", "about 3 GB", "gated: accept its licence first"),
    ("Qwen/Qwen3-4B", "4 B", "about 4 GB", "reliable citations"),
    ("Qwen/Qwen3-8B", "8 B", "about 6 GB", "the best of these"),
];

/// Runs the command.
pub async fn run(context: &Context, command: ModelsCommand) -> Result<u8, Failure> {
    match command {
        ModelsCommand::List { json } => list(context, json),
        ModelsCommand::Path { model } => path(context, &model),
        ModelsCommand::Pull { id, file } if id.starts_with(PACKAGE_SCHEME) => {
            pull::package(context, &id, file.as_deref()).await
        }
        ModelsCommand::Pull { id, file } => {
            let filter = file.map_or_else(FileFilter::default, FileFilter::named);
            let pulled = pull::from_hub(context, &id, &filter).await?;
            outln!("{}", pulled.folder.display())?;
            let use_it = match pulled.folder.join(ADAPTER_CONFIG).is_file() {
                true => format!("lorag ask --mode hybrid --adapter {id} …"),
                false => format!("lorag ask --model {id} …"),
            };
            eprintln!("lorag: {} files. Use it with: {use_it}", pulled.files);
            Ok(code::DONE)
        }
        ModelsCommand::Vacuum { all } => vacuum(context, all),
    }
}

fn list(context: &Context, as_json: bool) -> Result<u8, Failure> {
    let settings = &context.loaded.settings;
    let mut cached = cache().list();
    cached.retain(|model| !model.folder.join(ADAPTER_CONFIG).is_file());
    if as_json {
        let cached: Vec<serde_json::Value> = cached
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
                "servers": context.server_models(),
            })
        )?;
        return Ok(code::DONE);
    }
    let paint = Paint::stdout();
    let mark = |name: &str| if name == settings.model.0 { "*" } else { " " };
    outln!("{}", paint.bold("Built in"))?;
    outln!(
        "{} builtin  {}: quotes the sentence that answers; knows nothing by itself",
        mark("builtin"),
        builtin::READER_NAME
    )?;
    if !settings.models.is_empty() {
        outln!("{}", paint.bold("In the config"))?;
    }
    for (name, entry) in &settings.models {
        outln!(
            "{} {}  {}",
            mark(name),
            visible(name),
            visible(entry.path.as_deref().unwrap_or(""))
        )?;
    }
    served(context)?;
    if !cached.is_empty() {
        outln!("{}", paint.bold("In the Hugging Face cache"))?;
    }
    for model in &cached {
        let note = if model.complete { "" } else { "  (incomplete: pull it again)" };
        let id = model.id.to_string();
        outln!("{} {}  {}{note}", mark(&id), visible(&id), HumanBytes(model.bytes()))?;
    }
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
            outln!("{mark} {}  {}", visible(name), visible(&entry.url.to_string()))?;
        }
        if !any {
            let url = entry.url.to_string();
            let url = visible(&url);
            outln!("  {server}  {url}: lists no models; `lorag doctor` says why")?;
        }
    }
    Ok(())
}

fn path(context: &Context, model: &str) -> Result<u8, Failure> {
    let entry = context.loaded.settings.models.get(model);
    let name = entry.and_then(|e| e.path.as_deref()).unwrap_or(model);
    let path = if name == "builtin" { context.builtin_reader()? } else { context.locate(name)? };
    outln!("{}", path.display())?;
    Ok(code::DONE)
}

fn vacuum(context: &Context, all: bool) -> Result<u8, Failure> {
    let freed = context.merged().vacuum(all)?;
    match freed.entries {
        0 => outln!("Nothing to clean.")?,
        1 => outln!("Removed 1 merged model, {}.", HumanBytes(freed.bytes))?,
        n => outln!("Removed {n} merged models, {}.", HumanBytes(freed.bytes))?,
    }
    Ok(code::DONE)
}
