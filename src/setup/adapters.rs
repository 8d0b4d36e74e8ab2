//! Adapters by name: built in, of the adapters folder, of the hub's cache, or
//! a folder; and models made with them.

use super::parts::{Model, Setup, SetupError, Tuned, read_manifest};
use crate::builtin::{self, Asset};
use crate::config::{self, Manifest};
use crate::domain::Stack;
use crate::engine::EngineError;
use crate::engine::adapter::{Adapter, Base, Combined, Outline, check};
use crate::engine::merged::Cache;
use crate::engine::mistral::{Place, Tuning};
use crate::hub::{Cache as HubCache, ModelId};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The file that makes a folder an adapter.
pub const ADAPTER_CONFIG: &str = "adapter_config.json";

/// The adapters that are built in.
const BUILTIN: [Asset; 2] = [Asset::Bullets, Asset::Quote];

/// Where an adapter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdapterOrigin {
    /// Compiled into the program.
    Builtin,
    /// In the adapters folder.
    Folder,
    /// In the hub's cache.
    Hub,
    /// A folder that was named.
    Path,
}

impl AdapterOrigin {
    /// In two words, for people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Builtin => "built in",
            Self::Folder => "adapters folder",
            Self::Hub => "hub cache",
            Self::Path => "folder",
        }
    }
}

/// An adapter that can be named.
#[derive(Clone, Debug)]
pub struct AdapterPlace {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub origin: AdapterOrigin,
    /// Its folder; of a built-in one it may still have to be unpacked.
    pub folder: PathBuf,
    /// What its `lorag.toml` says.
    pub manifest: Manifest,
}

impl Setup {
    /// The folder that adapters are added to.
    #[must_use]
    pub fn adapters_folder(&self) -> PathBuf {
        self.paths.data.join("adapters")
    }

    /// Every adapter that has a name: built in, added, and in the hub's cache.
    /// One that was added hides a built-in one of the same name.
    #[must_use]
    pub fn adapters(&self) -> Vec<AdapterPlace> {
        let mut places: Vec<AdapterPlace> = Vec::new();
        for asset in BUILTIN {
            places.extend(self.builtin_adapter(asset).ok());
        }
        let mut added: Vec<PathBuf> = std::fs::read_dir(self.adapters_folder())
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.join(ADAPTER_CONFIG).is_file())
            .collect();
        added.sort();
        for folder in added {
            let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { continue };
            let name = name.to_owned();
            places.retain(|place| place.name != name);
            let manifest = read_manifest(&folder).unwrap_or_default();
            places.push(AdapterPlace { name, origin: AdapterOrigin::Folder, folder, manifest });
        }
        let cache = HubCache::from_environment(|key| std::env::var(key).ok());
        for model in cache.list() {
            if model.complete && model.folder.join(ADAPTER_CONFIG).is_file() {
                let manifest = read_manifest(&model.folder).unwrap_or_default();
                let (name, folder) = (model.id.to_string(), model.folder);
                places.push(AdapterPlace { name, origin: AdapterOrigin::Hub, folder, manifest });
            }
        }
        places
    }

    fn builtin_adapter(&self, asset: Asset) -> Result<AdapterPlace, SetupError> {
        let folder = builtin::unpack(asset, &self.paths.cache)?;
        let text = builtin::manifest(asset).unwrap_or_default();
        let manifest = config::parse_manifest(&folder.join("lorag.toml"), text)?;
        let name = asset.name().to_owned();
        Ok(AdapterPlace { name, origin: AdapterOrigin::Builtin, folder, manifest })
    }

    /// An adapter by its name, or by the folder it lies in.
    ///
    /// # Errors
    /// Where there is none, with the names there are.
    pub fn adapter(&self, name: &str) -> Result<AdapterPlace, SetupError> {
        let all = self.adapters();
        if let Some(place) = all.iter().find(|place| place.name == name) {
            return Ok(place.clone());
        }
        let path = Path::new(name);
        if path.is_dir() {
            let folder = std::path::absolute(path)?;
            let manifest = read_manifest(&folder)?;
            let name = name.to_owned();
            return Ok(AdapterPlace { name, origin: AdapterOrigin::Path, folder, manifest });
        }
        let names: Vec<&str> = all.iter().map(|place| place.name.as_str()).collect();
        let hub = match name.parse::<ModelId>() {
            Ok(id) if name.contains('/') => format!(". From the hub: lorag adapters add {id}"),
            _ => String::new(),
        };
        Err(SetupError::usage(format!(
            "there is no adapter {name:?}: no folder of that name, and the known ones are {}{hub}",
            names.join(", ")
        )))
    }

    /// Opens the adapters of a stack.
    pub(super) fn opened(&self, stack: &Stack) -> Result<Vec<Opened>, SetupError> {
        stack
            .0
            .iter()
            .map(|applied| {
                let place = self.adapter(&applied.name)?;
                let adapter = Arc::new(Adapter::open(&applied.name, &place.folder)?);
                Ok(Opened { adapter, place, scale: applied.scale })
            })
            .collect()
    }

    /// What adapters are checked against: the shapes and names of a model.
    ///
    /// # Errors
    /// Where no adapter can be merged into such a model.
    pub fn base(&self, model: &str) -> Result<Base, SetupError> {
        if let Some(error) = self.is_remote(model) {
            return Err(error);
        }
        let settings = &self.loaded.settings;
        let entry = settings.models.get(model);
        let name = entry.and_then(|e| e.path.as_deref()).unwrap_or(model);
        let builtin = name == "builtin";
        let path = if builtin { self.builtin_reader()? } else { self.locate(name)? };
        let base = base_at(&Place::detect(&path)?)?;
        let own = if builtin {
            Some(builtin::READER_NAME.to_owned())
        } else {
            read_manifest(&path)?.name
        };
        // Every name it goes by may be the one its adapters were made for.
        let given = entry.and_then(|e| e.manifest.name.clone());
        let names = [Some(name.to_owned()), own, given];
        Ok(names.into_iter().flatten().fold(base, Base::with_name))
    }

    /// Where a model's weights are, and of which kind.
    ///
    /// # Errors
    /// Where there is no such model here.
    pub fn place_of(&self, model: &str) -> Result<Place, SetupError> {
        if let Some(error) = self.is_remote(model) {
            return Err(error);
        }
        let entry = self.loaded.settings.models.get(model);
        let name = entry.and_then(|e| e.path.as_deref()).unwrap_or(model);
        let path = if name == "builtin" { self.builtin_reader()? } else { self.locate(name)? };
        Ok(Place::detect(&path)?)
    }

    /// Looks whether an adapter fits a model, as far as the headers of its files
    /// tell. They are read again only where the files changed.
    ///
    /// # Errors
    /// Why it doesn't, and what to do.
    pub fn outline(&self, place: &AdapterPlace, base: &Base) -> Result<Arc<Outline>, SetupError> {
        let outline = Outline::known(&place.folder)?;
        check(&outline, base, place.manifest.any_base.unwrap_or(false))?;
        Ok(outline)
    }

    /// Looks whether an adapter fits a model, and reads all of it.
    ///
    /// # Errors
    /// Why it doesn't, and what to do.
    pub fn check_adapter(&self, place: &AdapterPlace, base: &Base) -> Result<Adapter, SetupError> {
        let adapter = Adapter::open(&place.name, &place.folder)?;
        check(&adapter, base, place.manifest.any_base.unwrap_or(false))?;
        Ok(adapter)
    }

    /// The names of the adapters that fit a model, in the order of
    /// [`Setup::adapters`]; of a server's model those that the server has.
    #[must_use]
    pub fn adapter_names(&self, model: &str) -> Vec<String> {
        if let Some(names) = self.server_adapters(model) {
            return names;
        }
        let Ok(base) = self.base(model) else { return Vec::new() };
        let all = self.adapters();
        all.iter()
            .filter(|place| self.outline(place, &base).is_ok())
            .map(|place| place.name.clone())
            .collect()
    }

    /// Loads a model with adapters merged into it.
    ///
    /// # Errors
    /// Where a file is missing or damaged, or an adapter doesn't fit.
    pub async fn variant(&self, model: &str, stack: &Stack) -> Result<Model, SetupError> {
        self.variant_unless(model, stack, &CancellationToken::new()).await
    }

    /// [`Setup::variant`], which ends between two stages once `unwanted` is
    /// cancelled. It comes back when everything that it started has ended.
    ///
    /// # Errors
    /// As [`Setup::variant`], and where it was not wanted any more.
    pub async fn variant_unless(
        &self,
        model: &str,
        stack: &Stack,
        unwanted: &CancellationToken,
    ) -> Result<Model, SetupError> {
        if let Some(place) = self.server_place(model) {
            return self.remote(model, &place, stack, unwanted).await;
        }
        if stack.is_none() {
            return self.load(model, None, unwanted).await;
        }
        let (setup, name, wanted) = (self.clone(), model.to_owned(), stack.clone());
        let tuned = tokio::task::spawn_blocking(move || setup.tuned(&name, &wanted)).await??;
        self.load(model, Some(tuned), unwanted).await
    }

    /// What the adapters of a stack say of how they are talked to, in order.
    ///
    /// # Errors
    /// Where there is no such adapter.
    pub(super) fn manifests(&self, stack: &Stack) -> Result<Vec<Manifest>, SetupError> {
        stack.0.iter().map(|applied| Ok(self.adapter(&applied.name)?.manifest)).collect()
    }

    /// Tells two stacks apart by what their adapters hold.
    ///
    /// # Errors
    /// Where one is missing or damaged.
    pub fn fingerprint(&self, stack: &Stack) -> Result<String, SetupError> {
        let opened = self.opened(stack)?;
        let hashes =
            opened.iter().map(|opened| format!("{}*{}", opened.adapter.hash(), opened.scale));
        Ok(hashes.collect::<Vec<_>>().join("+"))
    }

    /// Reads and combines the adapters of a stack.
    pub(super) fn tuned(&self, model: &str, stack: &Stack) -> Result<Tuned, SetupError> {
        let base = self.base(model)?;
        let opened = self.opened(stack)?;
        for Opened { adapter, place, .. } in &opened {
            check(adapter, &base, place.manifest.any_base.unwrap_or(false))?;
        }
        let scaled: Vec<(Arc<Adapter>, f64)> =
            opened.iter().map(|o| (Arc::clone(&o.adapter), o.scale)).collect();
        let adapter = Arc::new(Combined::new(&scaled, &base)?);
        let manifests = opened.into_iter().map(|opened| opened.place.manifest).collect();
        let cache = Some(Arc::new(self.merged()));
        Ok(Tuned { tuning: Tuning { adapter, cache }, manifests })
    }

    /// The cache of merged weights.
    #[must_use]
    pub fn merged(&self) -> Cache {
        Cache::new(&self.paths.cache, self.loaded.settings.adapters.cache_bytes)
    }
}

/// An adapter that was read.
pub(super) struct Opened {
    adapter: Arc<Adapter>,
    place: AdapterPlace,
    scale: f64,
}

fn base_at(place: &Place) -> Result<Base, EngineError> {
    match place {
        Place::Folder(folder) => Base::of_folder(folder),
        Place::Gguf(file) => Base::of_gguf(file),
        Place::Uqff(file) => Err(EngineError::Load {
            path: file.clone(),
            reason: "an adapter can't be merged into UQFF weights, which are quantized for good: name the safetensors folder that they were made from".to_owned(),
        }),
    }
}
