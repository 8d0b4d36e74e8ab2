//! Merging into a GGUF file: the targeted tensors are dequantized, changed and
//! quantized again; all others are copied bit by bit.
//!
//! The engine's own GGUF LoRA computes the change and drops it, so the merged
//! file is what it gets. Quantizing again can round a small change away. How
//! much of it survives is measured, and where that is too little, the tensor is
//! written in a finer type.

use super::super::EngineError;
use super::base::{Base, content};
use super::combine::Combined;
use super::fault::{refused, unreadable};
use super::names::kind;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Result as Computed, Tensor};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

/// Share of a change that must survive in the type the tensor has.
const SURVIVES: f64 = 0.9;

/// How a merge came out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MergeReport {
    /// Tensors that were changed.
    pub merged: usize,
    /// Tensors that are written in another type, with the share of the change
    /// that would have survived in their own.
    pub widened: Vec<(String, f64)>,
    /// The smallest share of a change that survived, over all tensors.
    pub least: f64,
}

impl MergeReport {
    /// What people should know of it; nothing where all types were kept.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let worst = self.widened.iter().map(|(_, share)| *share).fold(f64::INFINITY, f64::min);
        match self.widened.len() {
            0 => None,
            n => Some(format!(
                "{n} of {} merged tensors are written as Q8_0: in their own type only {:.0} % of the adapter's change would have survived.",
                self.merged,
                worst.max(0.0) * 100.0
            )),
        }
    }
}

/// Writes the base with the adapters merged in. `progress` is told how many of
/// how many tensors are done, and ends the merge by an error.
///
/// # Errors
/// [`EngineError::Load`] where a file can't be read or written, and the error of
/// `progress`.
pub fn merge_gguf(
    combined: &Combined,
    out: &Path,
    progress: &mut dyn FnMut(usize, usize) -> Result<(), EngineError>,
) -> Result<MergeReport, EngineError> {
    let base = combined.base();
    let path = &base.path;
    let content = content(path)?;
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut reader = BufReader::new(file);
    let modules: HashMap<&String, &String> = base
        .gguf
        .iter()
        .flat_map(|gguf| &gguf.tensors)
        .map(|(module, tensor)| (tensor, module))
        .collect();
    let mut names: Vec<&String> = content.tensor_infos.keys().collect();
    names.sort_by_key(|name| content.tensor_infos[*name].offset);
    let mut report = MergeReport { least: 1.0, ..MergeReport::default() };
    let mut tensors: Vec<(&str, QTensor)> = Vec::with_capacity(names.len());
    for (done, name) in names.iter().enumerate() {
        progress(done, names.len())?;
        let read = |reader: &mut BufReader<File>| content.tensor(reader, name, &Device::Cpu);
        let tensor = read(&mut reader).map_err(|error| unreadable(path, &error))?;
        let module = modules.get(name).map(|module| module.as_str());
        let merged = module
            .map_or(Ok(None), |module| merged(&tensor, module, combined, base))
            .map_err(|error| refused(path, format!("{name} cannot be merged: {error}")))?;
        match merged {
            None => tensors.push((name, tensor)),
            Some(Merged { tensor, own, survived }) => {
                report.merged += 1;
                report.least = report.least.min(survived);
                report.widened.extend(own.map(|share| ((*name).clone(), share)));
                tensors.push((name, tensor));
            }
        }
    }
    let missing = combined.modules().count() - report.merged;
    if missing > 0 {
        return Err(refused(path, format!("{missing} modules of the adapter are not in it")));
    }
    write(&content.metadata, &tensors, out)
        .map_err(|error| refused(out, format!("the merged model cannot be written: {error}")))?;
    progress(names.len(), names.len())?;
    Ok(report)
}

fn write(
    metadata: &HashMap<String, Value>,
    tensors: &[(impl AsRef<str>, QTensor)],
    out: &Path,
) -> Computed<()> {
    let mut metadata: Vec<(&str, &Value)> = metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        // The writer lays tensors out in its own way.
        .filter(|(key, _)| *key != "general.alignment")
        .collect();
    metadata.sort_by_key(|(key, _)| *key);
    let tensors: Vec<(&str, &QTensor)> =
        tensors.iter().map(|(name, tensor)| (name.as_ref(), tensor)).collect();
    let mut writer = BufWriter::new(File::create(out)?);
    gguf_file::write(&mut writer, &metadata, &tensors)?;
    writer.flush()?;
    Ok(writer.get_ref().sync_all()?)
}

/// Writes the adapters as a GGUF adapter, which llama.cpp applies while it
/// computes. All factors are in `B`, so it has no alpha of its own.
///
/// # Errors
/// [`EngineError::Load`] where the base lacks a module, or the file can't be
/// written.
pub fn write_gguf(combined: &Combined, out: &Path) -> Result<(), EngineError> {
    let base = combined.base();
    let Some(gguf) = &base.gguf else {
        return Err(refused(&base.path, "it is no GGUF file, so it takes no GGUF adapter"));
    };
    let failed =
        |error: candle_core::Error| refused(out, format!("the adapter cannot be written: {error}"));
    let mut tensors: Vec<(String, QTensor)> = Vec::new();
    for (module, pair) in &combined.pairs {
        let name = gguf.tensors.get(module).ok_or_else(|| {
            refused(&base.path, format!("the adapter changes {module}, which is not in it"))
        })?;
        let b = rows_of(&pair.b, module, base).map_err(failed)?;
        for (half, tensor) in [("lora_a", &pair.a), ("lora_b", &b)] {
            let tensor = QTensor::quantize(tensor, GgmlDType::F32).map_err(failed)?;
            tensors.push((format!("{name}.{half}"), tensor));
        }
    }
    let text = |text: &str| Value::String(text.to_owned());
    let metadata = HashMap::from([
        ("general.type".to_owned(), text("adapter")),
        ("general.architecture".to_owned(), text(&gguf.architecture)),
        ("adapter.type".to_owned(), text("lora")),
    ]);
    write(&metadata, &tensors, out).map_err(failed)
}

/// Rows in the order in which the base has those of a module.
fn rows_of(rows: &Tensor, module: &str, base: &Base) -> Computed<Tensor> {
    let permuted = base.gguf.as_ref().and_then(|gguf| gguf.permuted);
    match (permuted, kind(module)) {
        (Some((heads, _)), "q_proj") => permute(rows, heads),
        (Some((_, heads)), "k_proj") => permute(rows, heads),
        _ => Ok(rows.clone()),
    }
}

struct Merged {
    tensor: QTensor,
    /// Share of the change that would have survived in the tensor's own type,
    /// where it has another one now.
    own: Option<f64>,
    /// Share that survived.
    survived: f64,
}

/// A tensor with its change; `None` where there is none.
fn merged(
    tensor: &QTensor,
    module: &str,
    combined: &Combined,
    base: &Base,
) -> Computed<Option<Merged>> {
    let Some(delta) = combined.delta(module)? else { return Ok(None) };
    let delta = rows_of(&delta, module, base)?;
    let before = tensor.dequantize(&Device::Cpu)?;
    let wanted = (&before + &delta)?;
    let after = QTensor::quantize(&wanted, tensor.dtype())?;
    let share = survived(&after, &before, &delta)?;
    if share >= SURVIVES {
        return Ok(Some(Merged { tensor: after, own: None, survived: share }));
    }
    let columns = delta.dims().last().copied().unwrap_or(0);
    let finer =
        if columns % GgmlDType::Q8_0.block_size() == 0 { GgmlDType::Q8_0 } else { GgmlDType::F32 };
    let after = QTensor::quantize(&wanted, finer)?;
    let now = survived(&after, &before, &delta)?;
    Ok(Some(Merged { tensor: after, own: Some(share), survived: now }))
}

/// The share of the change that is in the written weights: the projection of
/// what changed on what should have. 1 for a change of zero.
fn survived(after: &QTensor, before: &Tensor, delta: &Tensor) -> Computed<f64> {
    let change = (after.dequantize(&Device::Cpu)? - before)?;
    let dot = |one: &Tensor, other: &Tensor| -> Computed<f64> {
        // Rows are summed in F32 and added up in F64.
        let rows: Vec<f32> = (one * other)?.sum(1)?.to_vec1()?;
        Ok(rows.into_iter().map(f64::from).sum())
    };
    let whole = dot(delta, delta)?;
    if whole == 0.0 { Ok(1.0) } else { Ok(dot(&change, delta)? / whole) }
}

/// Rows of queries or keys in the order in which llama.cpp keeps them for
/// models of llama's kind: in each head, the two halves that rotate together
/// are interleaved.
pub(super) fn permute(rows: &Tensor, heads: usize) -> Computed<Tensor> {
    let (out, inner) = rows.dims2()?;
    rows.reshape((heads, 2, out / heads / 2, inner))?
        .transpose(1, 2)?
        .contiguous()?
        .reshape((out, inner))
}
