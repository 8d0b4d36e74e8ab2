//! An adapter as the headers of its files tell of it: enough to say whether it
//! fits a model. Its weights, which may be hundreds of megabytes, are read only
//! by whoever merges them.

use super::super::EngineError;
use super::config::{self, Config};
use super::fault::refused;
use super::names::kind;
use super::weights::{self, Shape};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Adapters whose outlines are kept.
const MOST: usize = 1000;

/// What the headers tell.
#[derive(Clone, Debug)]
pub struct Outline {
    pub(super) folder: PathBuf,
    pub(super) config: Config,
    /// By module, such as `model.layers.0.self_attn.q_proj`.
    pub(super) shapes: BTreeMap<String, Shape>,
    pub(super) bytes: u64,
    /// The config as it is written.
    pub(super) text: String,
}

impl Outline {
    /// Reads the headers of a folder with `adapter_config.json` and
    /// `adapter_model.safetensors`.
    ///
    /// # Errors
    /// [`EngineError::Load`] where a file is missing or damaged, or where the
    /// adapter needs what lorag doesn't do, by name and with the reason.
    pub fn of(folder: &Path) -> Result<Self, EngineError> {
        let (config, text) = config::read(folder)?;
        let (shapes, bytes) = weights::shapes(folder)?;
        for (module, shape) in &shapes {
            let expected = config.rank(module);
            if shape.rank != expected {
                return Err(refused(
                    folder,
                    format!(
                        "its file is damaged: the rank of {module} is {}, and adapter_config.json says {expected}",
                        shape.rank
                    ),
                ));
            }
        }
        Ok(Self { folder: folder.to_owned(), config, shapes, bytes, text })
    }

    /// [`Outline::of`], which reads files again only where their length or their
    /// time of change is another than the last time.
    ///
    /// # Errors
    /// As [`Outline::of`].
    pub fn known(folder: &Path) -> Result<Arc<Self>, EngineError> {
        static KNOWN: Mutex<Option<HashMap<PathBuf, Known>>> = Mutex::new(None);
        let look = look(folder);
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get_or_insert_default();
        if let Some(entry) = known.get(folder)
            && look.is_some()
            && entry.look == look
        {
            return entry.outline.clone().map_err(|(path, reason)| refused(&path, reason));
        }
        let outline = Self::of(folder).map(Arc::new);
        let kept = match &outline {
            Ok(outline) => Ok(Arc::clone(outline)),
            Err(EngineError::Load { path, reason }) => Err((path.clone(), reason.clone())),
            Err(_) => return outline,
        };
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(folder.to_owned(), Known { look, outline: kept });
        outline
    }

    /// Its largest rank.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.shapes.values().map(|shape| shape.rank).max().unwrap_or(0)
    }

    /// Size of its weights, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its trained numbers.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.shapes.values().map(|shape| shape.rank * (shape.inner + shape.out)).sum()
    }

    /// The name of the model that it was trained on, as its config tells.
    #[must_use]
    pub fn base_model(&self) -> Option<&str> {
        self.config.base_model.as_deref().filter(|name| !name.trim().is_empty())
    }

    /// The kinds of modules that it changes, such as `q_proj`.
    #[must_use]
    pub fn module_kinds(&self) -> Vec<String> {
        let kinds: BTreeSet<&str> = self.shapes.keys().map(|module| kind(module)).collect();
        kinds.into_iter().map(str::to_owned).collect()
    }
}

struct Known {
    look: Option<Look>,
    outline: Result<Arc<Outline>, (PathBuf, String)>,
}

/// Lengths and times of change of both files.
type Look = [(u64, SystemTime); 2];

/// `None` where that can't be told, so that nothing is taken for known.
fn look(folder: &Path) -> Option<Look> {
    let of = |name: &str| {
        let metadata = std::fs::metadata(folder.join(name)).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    };
    Some([of(config::FILE)?, of(weights::FILE)?])
}
