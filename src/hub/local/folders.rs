//! Where programs keep their models, as their own environment variables say.

use super::super::cache::{path_variable, user_home};
use super::keeper::Keeper;
use std::path::PathBuf;

/// The folders of each program, whether or not they are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// llama.cpp's cache.
    pub llama_cpp: Vec<PathBuf>,
    /// Ollama's models.
    pub ollama: Vec<PathBuf>,
    /// LM Studio's models.
    pub lm_studio: Vec<PathBuf>,
}

impl Folders {
    /// The folders that the programs themselves would use.
    #[must_use]
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        let home = user_home(&get);
        let cache = path_variable(&get, "XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache"));
        let llama_cpp = match path_variable(&get, "LLAMA_CACHE") {
            Some(folder) => vec![folder],
            None if cfg!(target_os = "macos") => vec![home.join("Library/Caches/llama.cpp")],
            None => vec![cache.join("llama.cpp")],
        };
        let ollama = match path_variable(&get, "OLLAMA_MODELS") {
            Some(folder) => vec![folder],
            None => {
                let mut folders = vec![home.join(".ollama/models")];
                if cfg!(target_os = "linux") {
                    // Where its service keeps them.
                    folders.push("/usr/share/ollama/.ollama/models".into());
                }
                folders
            }
        };
        let lm_studio = vec![home.join(".lmstudio/models"), home.join(".cache/lm-studio/models")];
        Self { llama_cpp, ollama, lm_studio }
    }

    /// The folders of one program.
    pub(super) fn of(&self, keeper: Keeper) -> &[PathBuf] {
        match keeper {
            Keeper::LlamaCpp => &self.llama_cpp,
            Keeper::Ollama => &self.ollama,
            Keeper::LmStudio => &self.lm_studio,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_programs_own_variables_count() {
        let set = |pairs: &'static [(&str, &str)]| {
            Folders::from_environment(move |key| {
                let found = pairs.iter().find(|(name, _)| *name == key);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let own = set(&[("HOME", "/home/a"), ("LLAMA_CACHE", "~/l"), ("OLLAMA_MODELS", "/o")]);
        assert_eq!(own.llama_cpp, [Path::new("/home/a/l")]);
        assert_eq!(own.ollama, [Path::new("/o")]);
        let plain = set(&[("HOME", "/home/a"), ("XDG_CACHE_HOME", "/c")]);
        assert_eq!(plain.ollama[0], Path::new("/home/a/.ollama/models"));
        assert_eq!(plain.lm_studio[0], Path::new("/home/a/.lmstudio/models"));
        if cfg!(target_os = "linux") {
            assert_eq!(plain.llama_cpp, [Path::new("/c/llama.cpp")]);
        }
    }
}
