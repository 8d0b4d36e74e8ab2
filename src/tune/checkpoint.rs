//! The state of a training in one file, from which it goes on to the same
//! weights, bit for bit.

use super::adapter::{Adapter, names};
use super::base::{Numbers, Tensors, write_tensors};
use super::optimizer::Moments;
use super::report::Point;
use super::{Fault, Options, Shape};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a training is of; another one can't go on from its checkpoint.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// The options that decide the weights.
    pub options: serde_json::Value,
    /// Hash of the base's files.
    pub base: String,
    /// Hash of the training rows.
    pub data: String,
    /// Hash of the held-out rows.
    pub held_out: String,
}

impl Identity {
    /// Of a training with these options.
    pub fn new(options: &Options, base: String, data: String, held_out: String) -> Self {
        let mut options = serde_json::to_value(options).unwrap_or_default();
        if let Some(options) = options.as_object_mut() {
            for free in ["threads", "low_priority", "save_every", "checkpointing"] {
                options.remove(free);
            }
        }
        Self { options, base, data, held_out }
    }

    /// What differs in another training, in words.
    fn differences(&self, other: &Self) -> Vec<String> {
        let mut out = Vec::new();
        let mut differ = |what: &str, differs: bool| {
            if differs {
                out.push(what.to_owned());
            }
        };
        differ("the base model", self.base != other.base);
        differ("the training rows", self.data != other.data);
        differ("the held-out rows", self.held_out != other.held_out);
        let fields = self.options.as_object().into_iter().flatten();
        for (name, value) in fields {
            let then = &other.options[name];
            differ(&format!("{name} ({value} now, {then} then)"), value != then);
        }
        out
    }
}

/// Where a training stands, besides its weights.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct State {
    /// Steps that are done.
    pub step: usize,
    /// The step after which the held-out rows were last evaluated.
    pub evaluated: Option<usize>,
    /// Evaluations since the best one.
    pub waited: usize,
    /// The best held-out loss, and after which step it was.
    pub best: Option<(f32, usize)>,
    /// Held-out loss before the first step.
    pub before: Option<f32>,
    /// All losses so far.
    pub curve: Vec<Point>,
    /// Tokens read in steps.
    pub tokens: u64,
    /// Seconds of steps and evaluations.
    pub seconds: f64,
}

/// All that goes on.
pub struct Checkpoint {
    /// Where it stands.
    pub state: State,
    /// The weights now.
    pub adapter: Adapter,
    /// The optimizer's state.
    pub moments: Moments,
    /// The best weights so far.
    pub best: Option<Adapter>,
}

const FILE: &str = "checkpoint.safetensors";

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Whether a folder holds a checkpoint.
pub fn exists(folder: &Path) -> bool {
    path(folder).is_file()
}

/// Writes a checkpoint over the one before, in one move.
pub fn write(
    folder: &Path,
    identity: &Identity,
    (state, adapter, moments, best): (&State, &Adapter, &Moments, Option<&Adapter>),
) -> Result<(), Fault> {
    let mut all = Vec::new();
    for (prefix, adapter) in [("now", Some(adapter)), ("best", best)] {
        for numbers in adapter.map(Adapter::numbers).unwrap_or_default() {
            all.push(Numbers { name: format!("{prefix}.{}", numbers.name), ..numbers });
        }
    }
    for (prefix, moments) in [("first", &moments.first), ("second", &moments.second)] {
        for (pair, matrices) in adapter.pairs.iter().zip(moments) {
            for (name, values) in names(pair).into_iter().zip(matrices) {
                let (name, shape) = (format!("{prefix}.{name}"), vec![values.len()]);
                all.push(Numbers { name, shape, values });
            }
        }
    }
    let text = |value: serde_json::Result<String>| value.unwrap_or_default();
    let metadata = BTreeMap::from([
        ("run".to_owned(), text(serde_json::to_string(identity))),
        ("state".to_owned(), text(serde_json::to_string(state))),
    ]);
    let written = write_tensors(&path(folder), &all, &metadata, false);
    written.map_err(|error| Fault::Write { path: path(folder), reason: error.to_string() })
}

/// Reads a checkpoint of the training that `identity` names.
///
/// # Errors
/// [`Fault::Checkpoint`] where it can't be read, or is of another training.
pub fn read(
    folder: &Path,
    identity: &Identity,
    (shape, options): (&Shape, &Options),
) -> Result<Checkpoint, Fault> {
    let path = path(folder);
    let fault = |reason: String| Fault::Checkpoint { path: path.clone(), reason };
    let unreadable = |error: std::io::Error| fault(format!("can't be read: {error}"));
    let mut file = Tensors::open(&path).map_err(unreadable)?;
    let text = |key: &str| file.metadata.get(key).map_or("", String::as_str);
    let damaged = |error: serde_json::Error| fault(format!("is damaged: {error}"));
    let then: Identity = serde_json::from_str(text("run")).map_err(damaged)?;
    let state: State = serde_json::from_str(text("state")).map_err(damaged)?;
    let differences = identity.differences(&then);
    if !differences.is_empty() {
        return Err(fault(format!(
            "is of another training. Different: {}. Start anew, or give it the same",
            differences.join(", ")
        )));
    }
    let mut adapter = Adapter::new(shape, options);
    let mut moments = Moments::zero(&adapter);
    let mut load = |prefix: &str, name: &str, into: &mut Vec<f32>| {
        let values = file.numbers(&format!("{prefix}.{name}")).map_err(unreadable)?;
        if values.len() != into.len() {
            return Err(fault(format!("{name} has another size")));
        }
        *into = values;
        Ok(())
    };
    let mut best = state.best.map(|_| adapter.clone());
    for (prefix, adapter) in [("now", Some(&mut adapter)), ("best", best.as_mut())] {
        for pair in adapter.into_iter().flat_map(|adapter| &mut adapter.pairs) {
            let [a, b] = names(pair);
            load(prefix, &a, &mut pair.a)?;
            load(prefix, &b, &mut pair.b)?;
        }
    }
    for (prefix, moments) in [("first", &mut moments.first), ("second", &mut moments.second)] {
        for (pair, matrices) in adapter.pairs.iter().zip(moments) {
            for (name, values) in names(pair).into_iter().zip(matrices) {
                load(prefix, &name, values)?;
            }
        }
    }
    Ok(Checkpoint { state, adapter, moments, best })
}
