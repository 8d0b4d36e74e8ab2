//! Models that were taken out of Python packages, by their names.

use super::{Setup, SetupError};
use crate::hub::{PACKAGE_SCHEME, PackageName, PackageStore};
use std::path::PathBuf;

impl Setup {
    /// The models that were taken out of packages.
    #[must_use]
    pub fn packages(&self) -> PackageStore {
        PackageStore::new(self.paths.packages())
    }

    /// The names of models that were taken out of packages.
    pub(super) fn package_names(&self) -> Vec<String> {
        self.packages().list().iter().map(|model| self.short_name(&model.name)).collect()
    }

    /// The model of a package: `pypi:NAME`, with a version or file where need
    /// be, or the package's name alone. Nothing where the name can't be one, or
    /// where a bare name is of no package here.
    ///
    /// # Errors
    /// Where a `pypi:` name is wrong or not here, or several models fit.
    pub(super) fn packaged(&self, name: &str) -> Result<Option<PathBuf>, SetupError> {
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
