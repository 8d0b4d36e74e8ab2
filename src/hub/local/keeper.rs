//! The programs that keep models, and what they keep.

use std::path::PathBuf;

/// A program that keeps models on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeper {
    /// llama.cpp, which downloads into a cache of its own.
    LlamaCpp,
    /// Ollama, which keeps blobs that manifests name.
    Ollama,
    /// LM Studio, which keeps files by publisher and model.
    LmStudio,
}

impl Keeper {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::LlamaCpp, Self::Ollama, Self::LmStudio];

    /// What names of its models begin with.
    #[must_use]
    pub fn scheme(self) -> &'static str {
        match self {
            Self::LlamaCpp => "llama.cpp:",
            Self::Ollama => "ollama:",
            Self::LmStudio => "lmstudio:",
        }
    }

    /// The program's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LlamaCpp => "llama.cpp",
            Self::Ollama => "Ollama",
            Self::LmStudio => "LM Studio",
        }
    }
}

/// A model that another program keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which program.
    pub keeper: Keeper,
    /// The name that `--model` takes.
    pub name: String,
    /// Its GGUF file, the first one of several, or its folder; or why there is
    /// none.
    pub path: Result<PathBuf, String>,
    /// Bytes of its files.
    pub bytes: u64,
}
