//! `lorag adapters`: the LoRA adapters at hand.

use super::args::AdaptersCommand;
use super::context::Context;
use super::models::pull;
use super::terminal::errln;
use super::terminal::outln;
use super::terminal::{Line, Paint};
use super::{Failure, code};
use crate::domain::Stack;
use crate::engine::adapter::{Adapter, Outline, adapters_inside};
use crate::hub::{FileFilter, ModelId};
use crate::setup::{ADAPTER_CONFIG, AdapterOrigin, AdapterPlace, ServerPlace};
use indicatif::HumanBytes;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that make up an adapter; others of its folder are not copied.
const FILES: [&str; 4] = [ADAPTER_CONFIG, "adapter_model.safetensors", "lorag.toml", "README.md"];

/// Runs the command.
pub async fn run(context: &Context, command: AdaptersCommand) -> Result<u8, Failure> {
    match command {
        AdaptersCommand::List { model, json } => list(context, model.as_deref(), json),
        AdaptersCommand::Add { source, name, any_base } => {
            add(context, &source, name.as_deref(), any_base).await
        }
        AdaptersCommand::Show { adapter, json } => show(context, &adapter, json),
        AdaptersCommand::Remove { adapter } => remove(context, &adapter),
        AdaptersCommand::Check { adapter, model } => check(context, &adapter, model.as_deref()),
    }
}

/// The model that adapters are held against.
fn model<'a>(context: &'a Context, given: Option<&'a str>) -> &'a str {
    given.unwrap_or(&context.loaded.settings.model.0)
}

fn list(context: &Context, given: Option<&str>, as_json: bool) -> Result<u8, Failure> {
    let model = model(context, given);
    if let Some(place) = context.server_place(model) {
        return served(context, model, &place, as_json);
    }
    let base = context.base(model);
    let rows: Vec<(AdapterPlace, Result<Arc<Outline>, String>)> = context
        .adapters()
        .into_iter()
        .map(|place| {
            let checked = match &base {
                Ok(base) => context.outline(&place, base).map_err(|error| error.message),
                Err(error) => Err(error.message.clone()),
            };
            (place, checked)
        })
        .collect();
    if as_json {
        let rows: Vec<serde_json::Value> = rows
            .iter()
            .map(|(place, checked)| {
                json!({
                    "name": place.name,
                    "origin": place.origin.text(),
                    "path": place.folder,
                    "fits": checked.is_ok(),
                    "reason": checked.as_ref().err(),
                })
            })
            .collect();
        outln!("{}", json!({ "model": model, "adapters": rows }))?;
        return Ok(code::DONE);
    }
    let paint = Paint::stdout();
    let width = rows.iter().map(|(place, _)| place.name.chars().count()).max().unwrap_or(0);
    outln!("{}", paint.bold(&format!("Adapters, for the model {}", Line::of(model))))?;
    if rows.is_empty() {
        outln!("None yet. Add one with: lorag adapters add FOLDER, or ORG/NAME of the hub")?;
    }
    for (place, checked) in &rows {
        let about = place.manifest.about.as_deref().unwrap_or("");
        let name = format!("{:<width$}", Line::of(&place.name));
        match checked {
            Ok(adapter) => outln!(
                "  {name}  {}, rank {}, {}  {}",
                place.origin.text(),
                adapter.rank(),
                HumanBytes(adapter.bytes()),
                paint.dim(&Line::of(about))
            )?,
            Err(reason) => {
                let reason = format!("does not fit: {}", Line::of(reason));
                outln!("  {name}  {}, {}", place.origin.text(), paint.dim(&reason))?;
            }
        }
    }
    Ok(code::DONE)
}

/// Lists the adapters of a server.
fn served(
    context: &Context,
    model: &str,
    place: &ServerPlace,
    as_json: bool,
) -> Result<u8, Failure> {
    let names = context.server_adapters(model).unwrap_or_default();
    let origin = format!("server {}", place.server);
    if as_json {
        let rows: Vec<serde_json::Value> = names
            .iter()
            .map(|name| json!({ "name": name, "origin": origin, "path": null, "fits": true, "reason": null }))
            .collect();
        outln!("{}", json!({ "model": model, "adapters": rows }))?;
        return Ok(code::DONE);
    }
    outln!("{}", Paint::stdout().bold(&format!("Adapters, for the model {}", Line::of(model))))?;
    if names.is_empty() {
        outln!("None: the server {} lists none for it. `lorag doctor` asks it.", place.server)?;
    }
    for name in names {
        outln!("  {}  {origin}", Line::of(&name))?;
    }
    Ok(code::DONE)
}

async fn add(
    context: &Context,
    source: &str,
    name: Option<&str>,
    any_base: bool,
) -> Result<u8, Failure> {
    let path = Path::new(source);
    let from = if path.exists() {
        std::path::absolute(path)?
    } else if source.parse::<ModelId>().is_ok() && source.contains('/') {
        pull::from_hub(context, source, &FileFilter::default()).await?.folder
    } else {
        return Err(Failure::usage(format!(
            "there is no folder {source:?}, and it is no hub id (ORG/NAME) either"
        )));
    };
    let last = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
    let name = name.unwrap_or_else(|| last.split('@').next().unwrap_or(last));
    check_name(name)?;
    // Read before anything is copied: what can't be used is not added.
    Adapter::open(name, &from)?;
    let folder = context.adapters_folder();
    let target = folder.join(name);
    if target.exists() {
        return Err(Failure::usage(format!(
            "there is an adapter {name:?} already. Take another name with --name, or remove it first: lorag adapters remove {name}"
        )));
    }
    let failed = |action: &'static str, path: &Path| {
        let path = Line::of_path(path);
        move |error: std::io::Error| Failure::from(format!("cannot {action} {path}: {error}"))
    };
    std::fs::create_dir_all(&folder).map_err(failed("create the folder", &folder))?;
    let draft = Draft(folder.join(format!(".{name}.part-{}", std::process::id())));
    std::fs::create_dir(&draft.0).map_err(failed("create the folder", &draft.0))?;
    for file in FILES {
        let file = (from.join(file), draft.0.join(file));
        if file.0.is_file() {
            std::fs::copy(&file.0, &file.1).map_err(failed("copy", &file.0))?;
        }
    }
    if any_base {
        let manifest = draft.0.join("lorag.toml");
        let before = std::fs::read_to_string(&manifest).unwrap_or_default();
        std::fs::write(&manifest, format!("any_base = true\n{before}"))
            .map_err(failed("write", &manifest))?;
    }
    std::fs::rename(&draft.0, &target).map_err(failed("put in its place", &target))?;
    outln!("Added {} as {}.", Line::of(source), Line::of(name))?;
    let model = model(context, None);
    let fits = context.base(model).and_then(|base| {
        let place = context.adapter(name)?;
        context.check_adapter(&place, &base)
    });
    match fits {
        Ok(_) => outln!("Use it with: lorag ask --mode hybrid --adapter {name} …")?,
        Err(error) => errln!(
            "lorag: it does not fit the model {}: {}",
            Line::of(model),
            Line::of(&error.message)
        ),
    }
    Ok(code::DONE)
}

/// A name that is a folder's, and no path, stack or word of its own.
fn check_name(name: &str) -> Result<(), Failure> {
    let plain = !name.is_empty()
        && !name.starts_with('.')
        && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
    if plain && name != crate::domain::NONE {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{name:?} can't be an adapter's name: letters, digits, '-', '_' and '.' make one, and it is not \"none\". Give one with --name"
    )))
}

/// A folder that is gone unless it was renamed.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn show(context: &Context, name: &str, as_json: bool) -> Result<u8, Failure> {
    let place = context.adapter(name)?;
    let adapter = Adapter::open(&place.name, &place.folder)?;
    let base = adapter.base_model().unwrap_or("not said");
    let modules = adapter.module_kinds();
    if as_json {
        outln!(
            "{}",
            json!({
                "name": place.name,
                "origin": place.origin.text(),
                "path": place.folder,
                "base_model": adapter.base_model(),
                "rank": adapter.rank(),
                "modules": modules,
                "parameters": adapter.parameters(),
                "bytes": adapter.bytes(),
                "hash": adapter.hash(),
            })
        )?;
        return Ok(code::DONE);
    }
    let paint = Paint::stdout();
    outln!("{}", paint.bold(&Line::of(&place.name)))?;
    if let Some(about) = &place.manifest.about {
        outln!("{}", Line::of(about))?;
    }
    outln!("from        {}, {}", place.origin.text(), Line::of_path(&place.folder))?;
    outln!("base model  {}", Line::of(base))?;
    outln!("rank        {}", adapter.rank())?;
    outln!("modules     {}", Line::of(modules.join(", ")))?;
    outln!("parameters  {} in {}", adapter.parameters(), HumanBytes(adapter.bytes()))?;
    outln!("blake3      {}", adapter.hash())?;
    Ok(code::DONE)
}

fn remove(context: &Context, name: &str) -> Result<u8, Failure> {
    let place = context.adapter(name)?;
    match place.origin {
        AdapterOrigin::Folder => {
            std::fs::remove_dir_all(&place.folder)?;
            outln!("Removed {}.", Line::of(name))?;
            Ok(code::DONE)
        }
        AdapterOrigin::Builtin => {
            Err(Failure::usage(format!("{name} is built in and can't be removed")))
        }
        AdapterOrigin::Hub | AdapterOrigin::Path => Err(Failure::usage(format!(
            "{name} is not in the adapters folder but in {}; remove that folder yourself, since other programs may use it",
            place.folder.display()
        ))),
    }
}

fn check(context: &Context, spelled: &str, given: Option<&str>) -> Result<u8, Failure> {
    let stack: Stack = spelled.parse().map_err(Failure::usage)?;
    if stack.is_none() {
        return Err(Failure::usage("name an adapter to check"));
    }
    let model = model(context, given);
    let base = context.base(model)?;
    for applied in &stack.0 {
        let place = context.adapter(&applied.name)?;
        let adapter = context.check_adapter(&place, &base)?;
        let modules = adapter.module_kinds().join(", ");
        outln!(
            "{} fits {}: rank {}, {}",
            Line::of(&applied.name),
            Line::of(model),
            adapter.rank(),
            Line::of(&modules)
        )?;
        let inside = adapters_inside(&place.folder);
        if !inside.is_empty() {
            let folder = place.folder.display().to_string();
            outln!(
                "It is the last state of a training; earlier ones are in {}: {}",
                Line::of(&folder),
                Line::of(inside.join(", "))
            )?;
        }
    }
    Ok(code::DONE)
}
