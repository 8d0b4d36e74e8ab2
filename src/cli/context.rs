//! What every command needs: settings, folders, the embedder, the model.

use super::Failure;
use super::args::{AskArgs, Command, Global, KbCommand};
use super::terminal::visible;
use crate::builtin;
use crate::config::{self, Flags, Loaded, Manifest, Manner, Origin, Paths};
use crate::engine::Engine;
use crate::engine::mistral::{self, LoadOptions, Place};
use crate::hub::{Cache, ModelId};
use crate::knowledge::chunk::Sizes;
use crate::knowledge::embed::{self, Embedder, EmbedderSource};
use crate::knowledge::search::{SearchOptions, restore_swapped};
use crate::knowledge::store::Filter;
use crate::knowledge::walk::WalkOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Settings and folders of this run.
pub struct Context {
    /// Settings with their origins.
    pub loaded: Loaded,
    /// Folders.
    pub paths: Paths,
}

/// A model that is ready, with its manner.
pub struct Model {
    /// The engine.
    pub engine: Box<dyn Engine>,
    /// How to talk to it.
    pub manner: Manner,
}

impl Context {
    /// Reads the settings: default < file < environment < flags.
    pub fn new(global: &Global, command: &Command) -> Result<Self, Failure> {
        let mut flags = Flags {
            config: global.config.clone(),
            data_dir: global.data_dir.clone(),
            offline: global.offline,
            overrides: Vec::new(),
        };
        overrides(command, &mut flags);
        let loaded = config::load(&flags, config::environment()).map_err(Failure::usage)?;
        let paths = Paths::new(&loaded).map_err(Failure::usage)?;
        Ok(Self { loaded, paths })
    }

    /// Makes the folders and starts the log. A command that only reads gets by
    /// without folders it can't make, and a log that can't be written is no
    /// reason to stop.
    pub fn start(&self, command: &Command) -> Result<(), Failure> {
        match restore_swapped(&self.paths.knowledge) {
            Ok(true) => eprintln!(
                "lorag: put the knowledge base back that an interrupted `kb reembed` had moved aside"
            ),
            Ok(false) => {}
            Err(error) => {
                let at = self.paths.knowledge.display().to_string();
                eprintln!(
                    "lorag: cannot put back the knowledge base beside {}: {error}",
                    visible(&at)
                );
            }
        }
        if let Err(error) = self.paths.create()
            && writes(command)
        {
            return Err(Failure::from(error.to_string()));
        }
        match config::start_logging(&self.paths, &self.loaded.settings.log.0) {
            Ok(None) => {}
            Ok(Some(warning)) => eprintln!("lorag: {}", visible(&warning)),
            Err(error) => return Err(Failure::usage(error)),
        }
        Ok(())
    }

    /// Where a model's files are, by its name. Hub ids are looked up in the
    /// standard cache; nothing is downloaded here.
    pub fn locate(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = Path::new(name);
        if path.exists() {
            return Ok(std::path::absolute(path)?);
        }
        let id: ModelId = name.parse().map_err(|error| {
            Failure::usage(format!(
                "there is no model {name:?}: no such file or folder, no [models.{name}] in the config, and {error}"
            ))
        })?;
        let cache = Cache::from_environment(|key| std::env::var(key).ok());
        match cache.find(&id) {
            Some(found) if found.complete => Ok(found.folder),
            Some(_) => Err(Failure::usage(format!(
                "the model {name} is only partly on this machine. Fetch the rest with: lorag models pull {name}"
            ))),
            None => Err(Failure::usage(format!(
                "the model {name} is not on this machine. Fetch it with: lorag models pull {name}"
            ))),
        }
    }

    /// The configured embedder.
    pub async fn embedder(&self) -> Result<Arc<dyn Embedder>, Failure> {
        let wanted = &self.loaded.settings.embedder.0;
        let entry = self.loaded.settings.models.get(wanted);
        let name = entry.and_then(|e| e.path.as_ref()).unwrap_or(wanted).clone();
        let source = if name == "builtin" {
            EmbedderSource::Builtin
        } else {
            EmbedderSource::Folder(self.locate(&name)?)
        };
        Ok(tokio::task::spawn_blocking(move || embed::load(&source)).await??)
    }

    /// Loads the configured model.
    pub async fn model(&self) -> Result<Model, Failure> {
        let settings = &self.loaded.settings;
        let wanted = settings.model.0.as_str();
        let entry = settings.models.get(wanted);
        let name = entry.and_then(|e| e.path.as_deref()).unwrap_or(wanted);
        let (path, manifest, shown) = if name == "builtin" {
            let folder = self.builtin_reader()?;
            let text = builtin::reader_manifest();
            let manifest = config::parse_manifest(&folder.join("lorag.toml"), text)?;
            (folder, manifest, builtin::READER_NAME.to_owned())
        } else {
            let path = self.locate(name)?;
            let manifest = read_manifest(&path)?;
            let shown = manifest.name.clone().unwrap_or_else(|| wanted.to_owned());
            (path, manifest, shown)
        };
        // What the user set wins over what the model brings; what is set for
        // this model in the config, over what is set there for all.
        let mut manner = Manner::default().with(&manifest);
        self.prefer_settings(&mut manner, |origin| matches!(origin, Origin::File { .. }));
        if let Some(entry) = entry {
            manner = manner.with(&entry.manifest);
        }
        self.prefer_settings(&mut manner, |origin| {
            matches!(origin, Origin::Environment { .. } | Origin::Flag { .. })
        });
        let options = LoadOptions {
            name: entry.and_then(|e| e.manifest.name.clone()).unwrap_or(shown),
            place: Place::detect(&path)?,
            quantization: settings.generation.quantization.0.clone(),
            window: manner.window,
            threads: settings.generation.threads,
        };
        let engine = mistral::load(options).await?;
        Ok(Model { engine: Box::new(engine), manner })
    }

    /// Leaves to the settings what the user set at such a place.
    fn prefer_settings(&self, manner: &mut Manner, at: impl Fn(&Origin) -> bool) {
        let set = |key: &str| self.loaded.origins.get(key).is_some_and(&at);
        if set("generation.max_tokens") {
            manner.reserve = None;
        }
        if set("generation.max_quotes") {
            manner.quote_max = None;
        }
        if set("generation.temperature") {
            manner.temperature = None;
        }
        if set("generation.top_p") {
            manner.top_p = None;
        }
    }

    /// Folder of the built-in reader, unpacked if need be.
    pub fn builtin_reader(&self) -> Result<PathBuf, Failure> {
        Ok(builtin::unpack(builtin::Asset::Reader, &self.paths.cache)?)
    }

    /// Sizes of chunks.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let ingest = &self.loaded.settings.ingest;
        Sizes { target: ingest.chunk_tokens, overlap: ingest.chunk_overlap }
    }

    /// Folders that lorag writes to, which are no documents.
    #[must_use]
    pub fn own_folders(&self) -> Vec<PathBuf> {
        let Paths { cache, logs, knowledge, .. } = &self.paths;
        vec![cache.clone(), logs.clone(), knowledge.clone()]
    }

    /// Which files are read.
    #[must_use]
    pub fn walk_options(&self) -> WalkOptions {
        let ingest = &self.loaded.settings.ingest;
        WalkOptions {
            hidden: ingest.hidden,
            follow_links: ingest.follow_links,
            max_file_bytes: ingest.max_file_bytes,
        }
    }

    /// What to search for, with this filter.
    #[must_use]
    pub fn search_options(&self, filter: Filter) -> SearchOptions {
        let search = &self.loaded.settings.search;
        SearchOptions {
            limit: search.limit,
            candidates: search.candidates,
            vector_weight: search.vector_weight,
            filter,
        }
    }
}

/// Whether a command needs to write below the data folder.
fn writes(command: &Command) -> bool {
    match command {
        Command::Ask(args) => !args.paths.is_empty(),
        Command::Ingest(_) => true,
        Command::Kb { command } => {
            !matches!(command, KbCommand::List { .. } | KbCommand::Stats { .. })
        }
        _ => false,
    }
}

/// The manifest beside a model's weights; an empty one where there is none.
fn read_manifest(path: &Path) -> Result<Manifest, Failure> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    let file = folder.join("lorag.toml");
    match std::fs::read_to_string(&file) {
        Ok(text) => config::parse_manifest(&file, &text).map_err(Failure::usage),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Manifest::default()),
        Err(error) => Err(Failure::usage(format!("cannot read {}: {error}", file.display()))),
    }
}

/// Flags that stand for settings.
fn overrides(command: &Command, flags: &mut Flags) {
    let mut put = |key: &str, value: Option<String>, flag: &str| {
        if let Some(value) = value {
            flags.overrides.push((key.to_owned(), value, flag.to_owned()));
        }
    };
    match command {
        Command::Ask(args) => {
            put("model", args.model.clone(), "--model");
            put("embedder", args.embedder.clone(), "--embedder");
            put("search.limit", args.limit.map(|n| n.to_string()), "--limit");
            put("generation.quote", quote(args), if args.quote { "--quote" } else { "--no-quote" });
            put("generation.max_quotes", args.max_quotes.map(|n| n.to_string()), "--max-quotes");
            put("generation.max_tokens", args.max_tokens.map(|n| n.to_string()), "--max-tokens");
            put("generation.thinking", args.thinking.then(|| "true".to_owned()), "--thinking");
        }
        Command::Search(args) => {
            put("embedder", args.embedder.clone(), "--embedder");
            put("search.limit", args.limit.map(|n| n.to_string()), "--limit");
        }
        Command::Ingest(args) => put("embedder", args.embedder.clone(), "--embedder"),
        Command::Kb { command: KbCommand::Reembed { embedder, .. } } => {
            put("embedder", embedder.clone(), "--embedder");
        }
        _ => {}
    }
}

fn quote(args: &AskArgs) -> Option<String> {
    match (args.quote, args.no_quote) {
        (true, _) => Some("on".to_owned()),
        (_, true) => Some("off".to_owned()),
        _ => None,
    }
}
