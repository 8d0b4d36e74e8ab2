//! A base from a folder of safetensors, in one file or several.

use super::held::{Base, Block, Keep, full, hash};
use super::{Tensors, Weight};
use crate::tune::{Fault, Shape, Target};
use candle_core::{DType, Device, Tensor};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files of a folder, and which tensor is in which.
struct Files {
    folder: PathBuf,
    files: Vec<Tensors>,
    places: BTreeMap<String, usize>,
    device: Device,
    full: bool,
}

/// Opens a folder.
pub fn open(folder: &Path, keep: Keep, device: &Device) -> Result<Base, Fault> {
    let shape = Shape::read(folder)?;
    let paths = paths(folder)?;
    let mut files = Files {
        folder: folder.to_owned(),
        files: Vec::new(),
        places: BTreeMap::new(),
        device: device.clone(),
        full: full(keep, &shape),
    };
    for path in &paths {
        let opened = Tensors::open(path);
        let opened = opened
            .map_err(|error| Fault::Base { path: path.clone(), reason: error.to_string() })?;
        for name in opened.entries.keys() {
            files.places.insert(name.clone(), files.files.len());
        }
        files.files.push(opened);
    }
    let hash = hash(&paths);
    let hash = hash.map_err(|error| files.fault(error.to_string()))?;
    let blocks =
        (0..shape.layers).map(|layer| files.block(layer, &shape)).collect::<Result<_, _>>()?;
    let tables = (shape.vocab, shape.hidden);
    Ok(Base {
        blocks,
        table: files.weight("model.embed_tokens.weight", tables)?,
        head: if shape.tied { None } else { Some(files.weight("lm_head.weight", tables)?) },
        last_norm: files.vector("model.norm.weight", shape.hidden)?,
        factors: None,
        device: device.clone(),
        shape,
        hash,
    })
}

/// The weights' files in order.
fn paths(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let fault = |reason: String| Fault::Base { path: folder.to_owned(), reason };
    let one = folder.join("model.safetensors");
    if one.is_file() {
        return Ok(vec![one]);
    }
    let index = folder.join("model.safetensors.index.json");
    let text = std::fs::read_to_string(index).map_err(|_| {
        fault("holds neither model.safetensors nor model.safetensors.index.json".to_owned())
    })?;
    let index: serde_json::Value = serde_json::from_str(&text)
        .map_err(|error| fault(format!("model.safetensors.index.json is no JSON: {error}")))?;
    let map = index["weight_map"].as_object();
    let names: std::collections::BTreeSet<&str> =
        map.into_iter().flatten().filter_map(|(_, file)| file.as_str()).collect();
    if names.is_empty() || names.iter().any(|name| name.contains(['/', '\\'])) {
        return Err(fault("model.safetensors.index.json names no files of the folder".to_owned()));
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

impl Files {
    fn fault(&self, reason: String) -> Fault {
        Fault::Base { path: self.folder.clone(), reason }
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, Fault> {
        let place = self.places.get(name).copied();
        let place = place.ok_or_else(|| self.fault(format!("its weights have no {name}")))?;
        let tensor = self.files[place].tensor(name, &self.device);
        let tensor = tensor.map_err(|error| self.fault(error.to_string()))?;
        if tensor.dims() != shape {
            let found = tensor.dims();
            return Err(self.fault(format!("{name} has the shape {found:?}, not {shape:?}")));
        }
        Ok(tensor)
    }

    fn weight(&mut self, name: &str, (rows, columns): (usize, usize)) -> Result<Weight, Fault> {
        let weight = Weight::Plain(self.tensor(name, &[rows, columns])?);
        Ok(if self.full { weight.full(&self.device)? } else { weight })
    }

    fn vector(&mut self, name: &str, size: usize) -> Result<Tensor, Fault> {
        Ok(self.tensor(name, &[size])?.to_dtype(DType::F32)?)
    }

    fn block(&mut self, layer: usize, shape: &Shape) -> Result<Block, Fault> {
        let name = |part: &str| format!("model.layers.{layer}.{part}");
        let mut weights = Vec::new();
        for target in Target::ALL {
            let path = name(&format!("{}.weight", target.module()));
            weights.push(self.weight(&path, target.dims(shape))?);
        }
        let Ok(weights) = weights.try_into() else {
            return Err(self.fault("lacks weights".to_owned()));
        };
        let mut biases = Vec::new();
        for target in [Target::Q, Target::K, Target::V] {
            let path = name(&format!("{}.bias", target.module()));
            if self.places.contains_key(&path) {
                biases.push(self.vector(&path, target.dims(shape).0)?);
            }
        }
        let bias = match biases.len() {
            0 => None,
            3 => Some(Tensor::cat(&biases, 0)?),
            _ => return Err(self.fault(format!("layer {layer} has only some of its biases"))),
        };
        let path = name("self_attn.o_proj.bias");
        let found = self.places.contains_key(&path);
        let output_bias = found.then(|| self.vector(&path, shape.hidden)).transpose()?;
        let found = self.places.contains_key(&name("self_attn.q_norm.weight"));
        let head_norms = if found {
            let query = self.vector(&name("self_attn.q_norm.weight"), shape.head_dim)?;
            Some((query, self.vector(&name("self_attn.k_norm.weight"), shape.head_dim)?))
        } else {
            None
        };
        Ok(Block {
            weights,
            bias,
            output_bias,
            first_norm: self.vector(&name("input_layernorm.weight"), shape.hidden)?,
            second_norm: self.vector(&name("post_attention_layernorm.weight"), shape.hidden)?,
            head_norms,
        })
    }
}
