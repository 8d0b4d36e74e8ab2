//! Models that are on this machine without being files or folders of a hub id:
//! out of Python packages, files of repositories, and those that other programs
//! keep, by their names.

use super::{Setup, SetupError};
use crate::hub::{
    Cache, Folders, ModelId, PACKAGE_SCHEME, PackageName, PackageStore, find_kept, list_kept,
};
use std::path::{Component, Path, PathBuf};

impl Setup {
    /// The models that were taken out of packages.
    #[must_use]
    pub fn packages(&self) -> PackageStore {
        PackageStore::new(self.paths.packages())
    }

    /// The model of a name with a scheme of its own, of a package's name, or of a
    /// file in a repository of the hub, `org/name#file.gguf`. Nothing where the
    /// name is of another kind.
    ///
    /// # Errors
    /// Where it is of such a kind, and there is no such model here.
    pub(super) fn kept(&self, name: &str) -> Result<Option<PathBuf>, SetupError> {
        let folders = Folders::from_environment(|key| std::env::var(key).ok());
        match find_kept(&folders, name) {
            None => match file_of_repository(name)? {
                None => self.packaged(name),
                found => Ok(found),
            },
            Some(Err(reason)) => {
                Err(SetupError::usage(format!("there is no model {name}: {reason}")))
            }
            Some(Ok(model)) => match model.path {
                Ok(path) => Ok(Some(path)),
                Err(reason) => Err(SetupError::usage(format!("{name} can't be used: {reason}"))),
            },
        }
    }

    /// The names of models that were taken out of packages, and of those that
    /// other programs keep.
    pub(super) fn kept_names(&self) -> Vec<String> {
        let packages = self.packages().list();
        let mut names: Vec<String> =
            packages.iter().map(|model| self.short_name(&model.name)).collect();
        let folders = Folders::from_environment(|key| std::env::var(key).ok());
        let kept = list_kept(&folders).into_iter().filter(|model| model.path.is_ok());
        names.extend(kept.map(|model| model.name));
        names
    }

    /// The model of a package: `pypi:NAME`, with a version or file where need
    /// be, or the package's name alone. Nothing where the name can't be one, or
    /// where a bare name is of no package here.
    ///
    /// # Errors
    /// Where a `pypi:` name is wrong or not here, or several models fit.
    fn packaged(&self, name: &str) -> Result<Option<PathBuf>, SetupError> {
        let full = name.starts_with(PACKAGE_SCHEME);
        let parsed: PackageName = match full {
            true => name.parse().map_err(SetupError::usage)?,
            false => match format!("{PACKAGE_SCHEME}{name}").parse() {
                Ok(parsed) => parsed,
                Err(_) => return Ok(None),
            },
        };
        match self.packages().find(&parsed) {
            Ok(Some(model)) => Ok(Some(model.path)),
            Ok(None) if full => Err(SetupError::usage(format!(
                "the model {name} is not on this machine. Fetch it with: lorag models pull {name}"
            ))),
            Ok(None) => Ok(None),
            Err(several) => {
                let names: Vec<String> =
                    several.iter().map(|model| model.name.to_string()).collect();
                Err(SetupError::usage(format!(
                    "{name} stands for several models; name one: {}",
                    names.join(", ")
                )))
            }
        }
    }

    /// The shortest name that stands for a model of a package and no other.
    #[must_use]
    pub fn short_name(&self, name: &PackageName) -> String {
        let PackageName { package, version, file } = name;
        let short = [
            PackageName { package: package.clone(), version: None, file: None },
            PackageName { package: package.clone(), version: None, file: file.clone() },
            PackageName { package: package.clone(), version: version.clone(), file: None },
        ];
        let store = self.packages();
        let means = |short: &&PackageName| {
            store.find(short).ok().flatten().is_some_and(|found| found.name == *name)
        };
        short.iter().find(means).unwrap_or(name).to_string()
    }
}

/// The file of `org/name#file.gguf`; nothing where a name has no such form.
fn file_of_repository(name: &str) -> Result<Option<PathBuf>, SetupError> {
    let Some((id, file)) = name.split_once('#') else { return Ok(None) };
    let Ok(id) = id.parse::<ModelId>() else { return Ok(None) };
    let plain = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
    let cache = Cache::from_environment(|key| std::env::var(key).ok());
    let found = cache.find(&id).map(|model| model.folder.join(file));
    match found.filter(|path| plain && !file.is_empty() && path.is_file()) {
        Some(path) => Ok(Some(path)),
        None => Err(SetupError::usage(format!(
            "the file {file} of the model {id} is not on this machine. Fetch it with: lorag models pull {id} --file {file}"
        ))),
    }
}
