//! `lorag models`: models at hand, and the hub.

mod list;
pub(super) mod pull;
pub(super) mod suggested;

use super::args::ModelsCommand;
use super::context::Context;
use super::terminal::errln;
use super::terminal::outln;
use super::{Failure, code};
use crate::engine::mistral::Place;
use crate::hub::{FileFilter, PACKAGE_SCHEME};
use crate::setup::ADAPTER_CONFIG;
use indicatif::HumanBytes;

/// Runs the command.
pub async fn run(context: &Context, command: ModelsCommand) -> Result<u8, Failure> {
    match command {
        ModelsCommand::List { json } => list::run(context, json),
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
            errln!("lorag: {} files. Use it with: {use_it}", pulled.files);
            Ok(code::DONE)
        }
        ModelsCommand::Vacuum { all } => vacuum(context, all),
    }
}

fn path(context: &Context, model: &str) -> Result<u8, Failure> {
    let entry = context.loaded.settings.models.get(model);
    let name = entry.and_then(|e| e.path.as_deref()).unwrap_or(model);
    let path = if name == "builtin" { context.builtin_reader()? } else { context.locate(name)? };
    if path.is_file() {
        Place::detect(&path)?;
    }
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
