//! Tells whether a model would still answer as it did: by its weights, its
//! adapters, and how it is talked to. Figures that were measured before are
//! only those of the same stamp.

use super::{Setup, SetupError};
use crate::config::{Manifest, Manner};
use crate::domain::Stack;
use crate::engine::mistral::Place;
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

impl Setup {
    /// The stamp of a model with these adapters, for questions to a collection.
    /// Weights are known by the length and time of their files, since reading
    /// all of them would take longer than many a measurement.
    ///
    /// # Errors
    /// Where a file is missing or damaged.
    pub fn stamp(
        &self,
        model: &str,
        stack: &Stack,
        collection: Option<&str>,
    ) -> Result<String, SetupError> {
        let mut hasher = blake3::Hasher::new();
        if let Some(place) = self.server_place(model) {
            // What the server loads is known by its name alone.
            let manner =
                self.manner(Manner::default(), model, &Manifest::default(), std::iter::empty()).0;
            let manner = self.manner_in(collection, &manner);
            let url = self.loaded.settings.servers.get(&place.server).map(|entry| &entry.url);
            let generation = &self.loaded.settings.generation;
            let (penalty, dry) = (generation.repeat_penalty, generation.dry);
            hasher.update(
                format!("{url:?} {place:?} {stack} {manner:?} {penalty:?} {dry:?}").as_bytes(),
            );
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(self.fingerprint(stack)?.as_bytes());
        if !model.starts_with(super::SCRIPTED) {
            let manifests: Vec<Manifest> = self.manifests(stack)?;
            let resolved = self.resolve(model, manifests.iter())?;
            let manner = self.manner_in(collection, &resolved.manner);
            hasher.update(format!("{manner:?}").as_bytes());
            let generation = &self.loaded.settings.generation;
            let (penalty, dry) = (generation.repeat_penalty, generation.dry);
            let llama = self.engine_for(&Place::detect(&resolved.path)?)?.llama;
            hasher.update(format!("{penalty:?} {dry:?} {llama}").as_bytes());
            weights(&mut hasher, &resolved.path, resolved.builtin, true)?;
        }
        Ok(hasher.finalize().to_hex().to_string())
    }
}

impl Setup {
    /// Tells the weights of a model apart from others of its name: by the names
    /// and lengths of their files, whenever those were written.
    ///
    /// # Errors
    /// Where there is no such model here.
    pub fn weights_stamp(&self, model: &str) -> Result<String, SetupError> {
        let mut hasher = blake3::Hasher::new();
        let resolved = self.resolve(model, std::iter::empty())?;
        weights(&mut hasher, &resolved.path, resolved.builtin, false)?;
        Ok(hasher.finalize().to_hex().to_string())
    }
}

fn weights(
    hasher: &mut blake3::Hasher,
    path: &Path,
    builtin: bool,
    times: bool,
) -> Result<(), SetupError> {
    if builtin {
        // Its folder is named by its contents.
        let name = path.file_name().unwrap_or_default();
        hasher.update(name.as_encoded_bytes());
        return Ok(());
    }
    match Place::detect(path)? {
        Place::Gguf(file) | Place::Uqff(file) => add(hasher, &file, times)?,
        Place::Folder(folder) => {
            let entries = std::fs::read_dir(&folder)?;
            let mut files: Vec<_> =
                entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
            files.sort();
            for file in files.iter().filter(|file| file.is_file()) {
                add(hasher, file, times)?;
            }
        }
    }
    Ok(())
}

fn add(hasher: &mut blake3::Hasher, file: &Path, times: bool) -> io::Result<()> {
    let metadata = file.metadata()?;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    hasher.update(file.file_name().unwrap_or_default().as_encoded_bytes());
    hasher.update(&metadata.len().to_le_bytes());
    if times {
        hasher.update(&modified.unwrap_or_default().as_nanos().to_le_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, Paths, load};

    fn setup(world: &Path, config: &str) -> Setup {
        let file = world.join("config.toml");
        std::fs::write(&file, config).unwrap();
        let flags =
            Flags { config: Some(file), data_dir: Some(world.join("data")), ..Flags::default() };
        let loaded = load(&flags, std::iter::empty()).unwrap();
        let paths = Paths::new(&loaded).unwrap();
        Setup { loaded, paths }
    }

    /// Finding 2.
    #[test]
    fn it_covers_what_decides_an_answer() {
        let world = tempfile::tempdir().unwrap();
        let model = world.path().join("model");
        std::fs::create_dir_all(&model).unwrap();
        std::fs::write(model.join("config.json"), "{}").unwrap();
        std::fs::write(model.join("model.safetensors"), "weights").unwrap();
        let stamp = |config: &str, collection: Option<&str>| {
            let name = model.to_string_lossy().into_owned();
            let setup = setup(world.path(), config);
            setup.stamp(&name, &Stack::default(), collection).unwrap()
        };
        let first = stamp("", None);
        assert_eq!(first, stamp("", None));
        let name = model.display();
        assert_ne!(
            first,
            stamp(&format!("[models.\"{name}\".prompt]\nsystem = \"Be brief.\""), None)
        );
        let profile = "[collections.legal]\nprompt.system = \"Be exact.\"";
        assert_eq!(first, stamp(profile, None));
        assert_ne!(first, stamp(profile, Some("legal")));

        std::fs::write(model.join("lorag.toml"), "[quote]\ndefault = true\n").unwrap();
        let quoting = stamp("", None);
        assert_ne!(first, quoting);
        std::fs::write(model.join("model.safetensors"), "other weights").unwrap();
        assert_ne!(quoting, stamp("", None));
        let adapted = |stack: &str| {
            let stack = stack.parse().unwrap();
            setup(world.path(), "").stamp("builtin", &stack, None).unwrap()
        };
        assert_ne!(adapted("bullets"), adapted("bullets*0.5"));
    }
}
