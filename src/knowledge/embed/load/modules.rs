//! The list of a sentence transformer's modules.

use super::files::read_json;
use crate::knowledge::embed::EmbedError;
use serde_json::Value;
use std::path::Path;

/// The modules of a sentence transformer (`modules.json`): their kinds and
/// folders, in order.
#[derive(Debug, Default)]
pub(in crate::knowledge) struct Modules(Vec<(String, String)>);

impl Modules {
    /// Reads `modules.json`; no modules where there is none.
    ///
    /// # Errors
    /// Where it is damaged.
    pub(in crate::knowledge) fn of(folder: &Path) -> Result<Self, EmbedError> {
        let json = read_json(folder, "modules.json")?.unwrap_or_default();
        let text = |module: &Value, key: &str| {
            let text = module.get(key).and_then(Value::as_str).unwrap_or("");
            text.to_owned()
        };
        let modules = json.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(Self(
            modules
                .iter()
                .map(|module| {
                    let class = text(module, "type");
                    let kind = class.rsplit('.').next().unwrap_or_default().to_owned();
                    (kind, text(module, "path"))
                })
                .collect(),
        ))
    }

    /// Whether there is a module of this kind (`Pooling`).
    pub(in crate::knowledge::embed) fn has(&self, kind: &str) -> bool {
        self.path_of(kind).is_some()
    }

    /// The folder of the first module of this kind.
    pub(in crate::knowledge) fn path_of(&self, kind: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == kind).map(|(_, path)| path.as_str())
    }

    /// The first module whose kind is none of these.
    pub(in crate::knowledge::embed) fn other_than(&self, kinds: &[&str]) -> Option<&str> {
        self.0.iter().map(|(kind, _)| kind.as_str()).find(|kind| !kinds.contains(kind))
    }
}
