//! Every model on this machine: what it is, whether it runs, and with which
//! engine.

use super::{ADAPTER_CONFIG, Chosen, Setup, engines};
use crate::engine::EngineError;
use crate::engine::look::{Look, look};
use crate::engine::mistral::{LoadOptions, Place};
use crate::hub::{Cache, CachedModel, Folders, Keeper, Kept, list_kept};
use std::path::{Path, PathBuf};

/// Most models of one place that are looked into; more are listed without.
const MOST_LOOKS: usize = 200;

/// Where a model comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// It is compiled in.
    Builtin,
    /// The config names it.
    Config,
    /// It was taken out of a Python package.
    Package,
    /// It lies in the Hugging Face cache.
    Hub,
    /// Another program keeps it.
    Kept(Keeper),
}

impl Origin {
    /// Its name, for people and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Config => "config",
            Self::Package => "Python package",
            Self::Hub => "Hugging Face cache",
            Self::Kept(keeper) => keeper.name(),
        }
    }
}

/// A model on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name that `--model` takes.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Its file or folder, where there is one.
    pub path: Option<PathBuf>,
    /// Bytes of its files.
    pub bytes: u64,
    /// What it is, as far as its files say.
    pub look: Look,
    /// The engine that runs it; or why none does.
    pub runs: Result<Chosen, String>,
}

impl Setup {
    /// Every model on this machine, by origin and name. Reads headers of files,
    /// so it takes a moment where there are many.
    #[must_use]
    pub fn inventory(&self) -> Vec<Known> {
        let mut all = Vec::new();
        if let Ok(folder) = self.builtin_reader() {
            all.push(self.known("builtin".to_owned(), Origin::Builtin, folder, None));
        }
        for (name, entry) in &self.loaded.settings.models {
            if self.server_place(name).is_some() {
                continue;
            }
            let wanted = entry.path.as_deref().unwrap_or("");
            // An embedder or a ranker may stand there, too; it says so itself.
            all.push(match wanted {
                "builtin" => continue,
                wanted => match self.locate(wanted) {
                    Ok(path) => self.known(name.clone(), Origin::Config, path, None),
                    Err(error) => missing(name.clone(), Origin::Config, error.message, 0),
                },
            });
        }
        for model in self.packages().list() {
            let name = self.short_name(&model.name);
            all.push(self.known(name, Origin::Package, model.path, None));
        }
        let cache = Cache::from_environment(|key| std::env::var(key).ok());
        // Adapters lie in the same cache, and are no models.
        let cached = cache.list().into_iter();
        for model in cached.filter(|model| !model.folder.join(ADAPTER_CONFIG).is_file()) {
            self.of_hub(&model, &mut all);
        }
        let folders = Folders::from_environment(|key| std::env::var(key).ok());
        for (place, model) in list_kept(&folders).into_iter().enumerate() {
            let Kept { keeper, name, path, bytes } = model;
            let origin = Origin::Kept(keeper);
            all.push(match path {
                Ok(path) if place < MOST_LOOKS => self.known(name, origin, path, Some(bytes)),
                Ok(_) => missing(name, origin, "there are too many to look at".to_owned(), bytes),
                Err(reason) => missing(name, origin, reason, bytes),
            });
        }
        all.sort_by(|a, b| (a.origin, &a.name).cmp(&(b.origin, &b.name)));
        all
    }

    /// The models of a repository in the hub's cache: itself, or its GGUF files
    /// where there are several.
    fn of_hub(&self, model: &CachedModel, all: &mut Vec<Known>) {
        let id = model.id.to_string();
        if !model.complete {
            let reason = format!("incomplete: fetch the rest with lorag models pull {id}");
            all.push(missing(id, Origin::Hub, reason, model.bytes()));
            return;
        }
        let files = model.gguf_files();
        let top = files.iter().filter(|(name, _)| !name.contains('/')).count();
        if files.len() <= 1 && top == files.len() || model.folder.join("config.json").is_file() {
            all.push(self.known(id, Origin::Hub, model.folder.clone(), Some(model.bytes())));
            return;
        }
        for (file, bytes) in files.iter().take(MOST_LOOKS) {
            let path = model.folder.join(file);
            all.push(self.known(format!("{id}#{file}"), Origin::Hub, path, Some(*bytes)));
        }
    }

    fn known(&self, name: String, origin: Origin, path: PathBuf, bytes: Option<u64>) -> Known {
        let bytes = bytes.unwrap_or_else(|| bytes_of(&path));
        let place = Place::detect(&path).map_err(reason);
        let found = place.as_ref().ok().map(look).and_then(Result::ok).unwrap_or_default();
        let runs = place.and_then(|place| {
            let chosen = self.engine_for(&place).map_err(|error| error.message)?;
            let generation = &self.loaded.settings.generation;
            let options = LoadOptions {
                name: name.clone(),
                place,
                quantization: generation.quantization.0.clone(),
                window: None,
                threads: generation.threads,
                adapter: None,
            };
            let weighed = engines::footprint(&chosen, &options, None);
            weighed.map(|_| chosen).map_err(reason)
        });
        Known { name, origin, path: Some(path), bytes, look: found, runs }
    }
}

/// A model that can't be used, with the reason.
fn missing(name: String, origin: Origin, reason: String, bytes: u64) -> Known {
    Known { name, origin, path: None, bytes, look: Look::default(), runs: Err(reason) }
}

/// What is wrong with a model, without its place.
fn reason(error: EngineError) -> String {
    match error {
        EngineError::Load { reason, .. } => reason,
        other => other.to_string(),
    }
}

/// Bytes of a file, or of the files in a folder.
fn bytes_of(path: &Path) -> u64 {
    let length = |path: &Path| match std::fs::metadata(path) {
        Ok(data) if data.is_file() => data.len(),
        _ => 0,
    };
    if !path.is_dir() {
        return length(path);
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.take(1_000).map(|entry| length(&entry.path())).sum()
}
