//! Settings and folders turned into working parts: the embedder, the model,
//! the options of a search. Commands and the screen's runtime share it.

mod adapters;
mod choice;
mod engines;
mod inventory;
mod kept;
mod parts;
mod pull;
mod server_check;
mod servers;
mod stamp;

pub use adapters::{ADAPTER_CONFIG, AdapterOrigin, AdapterPlace};
pub use choice::Choice;
pub use engines::Chosen;
pub use inventory::{Known, Origin as ModelOrigin};
pub use parts::{Model, Setup, SetupError};
pub use pull::Fetched;
pub use server_check::ServerCheck;
pub use servers::ServerPlace;

use crate::builtin;
use crate::config::{self, Manifest, Manner, Origin, Paths, Repetition};
use crate::domain::Stack;
use crate::engine::ModelInfo;
use crate::engine::mistral::{LoadOptions, Place};
use crate::engine::repetition::Control;
use crate::engine::residents::Footprint;
use crate::engine::scripted::ScriptedEngine;
use crate::hub::{Cache, ModelId};
use crate::knowledge::chunk::Sizes;
use crate::knowledge::embed::{self, Embedder, EmbedderSource};
use crate::knowledge::ingest::IngestOptions;
use crate::knowledge::rank::{RankerSource, Ranking};
use crate::knowledge::search::SearchOptions;
use crate::knowledge::store::Filter;
use crate::knowledge::walk::WalkOptions;
use parts::{Tuned, read_manifest};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The name of a model that isn't one: `scripted:20` writes the same text at
/// 20 tokens a second, to measure everything around a model.
const SCRIPTED: &str = "scripted:";

impl Setup {
    /// Where a model's files are, by its name. Hub ids are looked up in the
    /// standard cache; nothing is downloaded here.
    pub fn locate(&self, name: &str) -> Result<PathBuf, SetupError> {
        if let Some(error) = self.is_remote(name) {
            return Err(error);
        }
        let path = Path::new(name);
        if path.exists() {
            return Ok(std::path::absolute(path)?);
        }
        if let Some(found) = self.kept(name)? {
            return Ok(found);
        }
        let id: ModelId = name.parse().map_err(|error| {
            let names = self.model_names();
            let near = crate::domain::nearest(name, names.iter().map(String::as_str));
            let meant = match near.as_slice() {
                [] => String::new(),
                near => format!(". Did you mean {}?", near.join(" or ")),
            };
            SetupError::usage(format!(
                "there is no model {name:?}: no such file or folder, no [models.{name}] in the config, and {error}{meant}"
            ))
        })?;
        let cache = Cache::from_environment(|key| std::env::var(key).ok());
        match cache.find(&id) {
            Some(found) if found.complete => Ok(found.folder),
            Some(_) => Err(SetupError::usage(format!(
                "the model {name} is only partly on this machine. Fetch the rest with: lorag models pull {name}"
            ))),
            None => Err(SetupError::usage(format!(
                "the model {name} is not on this machine. Fetch it with: lorag models pull {name}"
            ))),
        }
    }

    /// The configured embedder.
    pub async fn embedder(&self) -> Result<Arc<dyn Embedder>, SetupError> {
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

    /// How sentences are ranked. Nothing is loaded yet.
    pub fn ranking(&self) -> Result<Ranking, SetupError> {
        let search = &self.loaded.settings.search;
        let wanted = &search.rank.0;
        let entry = self.loaded.settings.models.get(wanted);
        let name = entry.and_then(|e| e.path.as_ref()).unwrap_or(wanted);
        let source = match name.as_str() {
            "off" => None,
            "builtin" => Some(RankerSource::Builtin),
            name => Some(RankerSource::Folder(self.locate(name)?)),
        };
        Ok(Ranking { source, budget: Duration::from_millis(search.rank_budget_ms) })
    }

    /// Loads the configured model.
    pub async fn model(&self) -> Result<Model, SetupError> {
        self.model_named(&self.loaded.settings.model.0).await
    }

    /// Loads a model by its name: `builtin`, a folder, a file, a hub id or a
    /// name of the settings.
    pub async fn model_named(&self, wanted: &str) -> Result<Model, SetupError> {
        self.load(wanted, None, &CancellationToken::new()).await
    }

    /// Loads a model, with adapters merged into it, unless it is not wanted any
    /// more.
    async fn load(
        &self,
        wanted: &str,
        tuned: Option<Tuned>,
        unwanted: &CancellationToken,
    ) -> Result<Model, SetupError> {
        if let Some(rate) = wanted.strip_prefix(SCRIPTED).and_then(|rate| rate.parse().ok()) {
            let manner = Manner { quote: false, reserve: Some(8192), ..Manner::default() };
            let engine = Box::new(ScriptedEngine::endless(rate));
            return Ok(Model { engine, manner, note: None });
        }
        if let Some(place) = self.server_place(wanted) {
            return self.remote(wanted, &place, &Stack::default(), unwanted).await;
        }
        let manifests: Vec<Manifest> =
            tuned.iter().flat_map(|tuned| tuned.manifests.iter().cloned()).collect();
        let (options, mut manner) = self.options(wanted, tuned)?;
        let chosen = self.engine_for(&options.place)?;
        let (engine, note) = engines::load(&chosen, options, unwanted).await?;
        if Manner::is_for_small(engine.info().parameters) {
            let small = self.resolve_on(Manner::small(), wanted, manifests.iter())?;
            // Whoever wrote a prompt for it knows better.
            if !(small.builtin || small.own_prompt) {
                manner = small.manner;
            }
        }
        let manner = self.restrained(manner, engine.info());
        Ok(Model { engine, manner, note })
    }

    /// How a model is loaded, and how it is talked to.
    fn options(
        &self,
        wanted: &str,
        tuned: Option<Tuned>,
    ) -> Result<(LoadOptions, Manner), SetupError> {
        let resolved = self.resolve(wanted, tuned.iter().flat_map(|tuned| &tuned.manifests))?;
        let settings = &self.loaded.settings;
        let Resolved { path, manner, name, .. } = resolved;
        let options = LoadOptions {
            name,
            place: Place::detect(&path)?,
            quantization: settings.generation.quantization.0.clone(),
            window: manner.window,
            threads: settings.generation.threads,
            adapter: tuned.map(|tuned| tuned.tuning),
        };
        Ok((options, manner))
    }

    /// Where a model lies and how it is talked to, with these manifests of its
    /// adapters. What the user set wins over what the model brings; what is set
    /// for this model in the config, over what is set there for all.
    fn resolve<'a>(
        &self,
        wanted: &str,
        adapters: impl Iterator<Item = &'a Manifest>,
    ) -> Result<Resolved, SetupError> {
        self.resolve_on(Manner::default(), wanted, adapters)
    }

    /// The same on another manner than that of most models.
    fn resolve_on<'a>(
        &self,
        manner: Manner,
        wanted: &str,
        adapters: impl Iterator<Item = &'a Manifest>,
    ) -> Result<Resolved, SetupError> {
        let entry = self.loaded.settings.models.get(wanted);
        let name = entry.and_then(|e| e.path.as_deref()).unwrap_or(wanted);
        let builtin = name == "builtin";
        let (path, manifest, shown) = if builtin {
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
        let (manner, own_prompt) = self.manner(manner, wanted, &manifest, adapters);
        let name = entry.and_then(|e| e.manifest.name.clone()).unwrap_or(shown);
        Ok(Resolved { path, manner, name, builtin, own_prompt })
    }

    /// How a model is talked to that says this of itself, with these manifests
    /// of its adapters, on top of `manner`; and whether a manifest sets texts of
    /// the prompt.
    fn manner<'a>(
        &self,
        manner: Manner,
        wanted: &str,
        manifest: &Manifest,
        adapters: impl Iterator<Item = &'a Manifest>,
    ) -> (Manner, bool) {
        let prompts = |manifest: &Manifest| {
            let prompt = &manifest.prompt;
            let texts = [&prompt.system, &prompt.user, &prompt.source];
            texts.iter().any(|text| text.is_some()) || prompt.examples.is_some()
        };
        let mut own_prompt = prompts(manifest);
        let mut manner = manner.with(manifest);
        // An adapter was trained to answer in its own form.
        for manifest in adapters {
            own_prompt |= prompts(manifest);
            manner = manner.with(manifest);
        }
        self.prefer_settings(&mut manner, |origin| matches!(origin, Origin::File { .. }));
        if let Some(entry) = self.loaded.settings.models.get(wanted) {
            own_prompt |= prompts(&entry.manifest);
            manner = manner.with(&entry.manifest);
        }
        self.prefer_settings(&mut manner, |origin| {
            matches!(origin, Origin::Environment { .. } | Origin::Flag { .. })
        });
        (manner, own_prompt)
    }

    /// How a model with these adapters is talked to, without loading it.
    ///
    /// # Errors
    /// Where a file is missing or damaged.
    pub fn manner_of(&self, wanted: &str, stack: &Stack) -> Result<Manner, SetupError> {
        if wanted.starts_with(SCRIPTED) {
            return Ok(Manner::default());
        }
        Ok(self.resolve(wanted, self.manifests(stack)?.iter())?.manner)
    }

    /// How much memory a model with these adapters takes, without loading it.
    ///
    /// # Errors
    /// Where a file is missing or damaged, or an adapter doesn't fit.
    pub fn weigh(&self, wanted: &str, stack: &Stack) -> Result<Footprint, SetupError> {
        if wanted.starts_with(SCRIPTED) || self.server_place(wanted).is_some() {
            return Ok(Footprint::default());
        }
        let mut adapter_bytes = None;
        if !stack.is_none() {
            let base = self.base(wanted)?;
            for applied in &stack.0 {
                let outline = self.outline(&self.adapter(&applied.name)?, &base)?;
                *adapter_bytes.get_or_insert(0) += outline.bytes();
            }
        }
        let (mut options, _) = self.options(wanted, None)?;
        // An adapter may bring a window of its own.
        options.window = self.resolve(wanted, self.manifests(stack)?.iter())?.manner.window;
        let chosen = self.engine_for(&options.place)?;
        Ok(engines::footprint(&chosen, &options, adapter_bytes)?)
    }

    /// The names of models that can be chosen: built in, of the settings, in the
    /// hub's cache, out of packages, and kept by other programs.
    #[must_use]
    pub fn model_names(&self) -> Vec<String> {
        let mut names = vec!["builtin".to_owned()];
        names.extend(self.loaded.settings.models.keys().cloned());
        let cache = Cache::from_environment(|key| std::env::var(key).ok());
        // Adapters lie in the same cache, and are no models.
        let models = cache
            .list()
            .into_iter()
            .filter(|model| model.complete && !model.folder.join(ADAPTER_CONFIG).is_file());
        names.extend(models.map(|model| model.id.to_string()));
        names.extend(self.kept_names());
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
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

    /// Fills in what holds the model from repeating itself: as set, else as a
    /// model of its size needs it. The built-in reader quotes, and needs none.
    fn restrained(&self, mut manner: Manner, info: &ModelInfo) -> Manner {
        let generation = &self.loaded.settings.generation;
        let known = if info.name == builtin::READER_NAME || info.parameters == 0 {
            Repetition::default()
        } else {
            Control::for_parameters(info.parameters).0
        };
        manner.repetition = Repetition {
            penalty: generation.repeat_penalty.unwrap_or(known.penalty),
            dry: generation.dry.unwrap_or(known.dry),
        };
        manner
    }

    /// Folder of the built-in reader, unpacked if need be.
    pub fn builtin_reader(&self) -> Result<PathBuf, SetupError> {
        Ok(builtin::unpack(builtin::Asset::Reader, &self.paths.cache)?)
    }

    /// Sizes of chunks.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let ingest = &self.loaded.settings.ingest;
        Sizes { target: ingest.chunk_tokens, overlap: ingest.chunk_overlap }
    }

    /// How files are indexed into this collection.
    #[must_use]
    pub fn ingest_options(&self, collection: &str) -> IngestOptions {
        IngestOptions {
            walk: self.walk_options(),
            sizes: self.sizes(),
            collection: collection.to_owned(),
            exclude: self.own_folders(),
            verify: false,
            generated: self.loaded.settings.ingest.generated,
        }
    }

    /// Folders that lorag writes to, which are no documents.
    #[must_use]
    pub fn own_folders(&self) -> Vec<PathBuf> {
        let Paths { cache, logs, knowledge, sessions, .. } = &self.paths;
        let packages = self.paths.packages();
        vec![cache.clone(), logs.clone(), knowledge.clone(), sessions.clone(), packages]
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

/// What a model's name stands for.
struct Resolved {
    path: PathBuf,
    manner: Manner,
    /// Name to show.
    name: String,
    builtin: bool,
    /// Whether a manifest sets texts of the prompt.
    own_prompt: bool,
}
