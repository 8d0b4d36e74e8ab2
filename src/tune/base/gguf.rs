//! A base from a GGUF file. Its llama models keep queries and keys with the
//! two numbers of each rotation beside each other; the rows are put back as
//! Hugging Face's models have them, which PEFT's adapters are made for.

use super::Weight;
use super::held::{Base, Block, Keep, full, hash};
use crate::tune::shape::{Family, header};
use crate::tune::{Fault, Shape, Target};
use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

struct Reader {
    path: PathBuf,
    file: File,
    header: Content,
    device: Device,
    full: bool,
}

/// Opens a file.
pub fn open(path: &Path, keep: Keep, device: &Device) -> Result<Base, Fault> {
    let header = header(path)?;
    let shape = Shape::of_gguf(path, &header)?;
    let fault = |error: std::io::Error| Fault::Base {
        path: path.to_owned(),
        reason: format!("can't be read: {error}"),
    };
    let file = File::open(path).map_err(fault)?;
    let hash = hash(&[path.to_owned()]).map_err(fault)?;
    let full = full(keep, &shape);
    let mut reader = Reader { path: path.to_owned(), file, header, device: device.clone(), full };
    let blocks =
        (0..shape.layers).map(|layer| reader.block(layer, &shape)).collect::<Result<_, _>>()?;
    let tables = (shape.vocab, shape.hidden);
    let factors = reader.has("rope_freqs.weight");
    let factors = factors.then(|| reader.numbers("rope_freqs.weight", shape.head_dim / 2));
    Ok(Base {
        blocks,
        table: reader.weight("token_embd.weight", tables, None)?,
        head: if shape.tied { None } else { Some(reader.weight("output.weight", tables, None)?) },
        last_norm: reader.vector("output_norm.weight", shape.hidden)?,
        factors: factors.transpose()?,
        device: device.clone(),
        shape,
        hash,
    })
}

/// The row of the file that holds a row of Hugging Face's layout.
fn source(row: usize, head: usize) -> usize {
    let (start, row) = (row / head * head, row % head);
    let (half, pair) = (row / (head / 2), row % (head / 2));
    start + 2 * pair + half
}

impl Reader {
    fn fault(&self, reason: String) -> Fault {
        Fault::Base { path: self.path.clone(), reason }
    }

    fn has(&self, name: &str) -> bool {
        self.header.tensor_infos.contains_key(name)
    }

    /// The bytes of a tensor and their kind.
    fn bytes(&mut self, name: &str, shape: &[usize]) -> Result<(Vec<u8>, GgmlDType), Fault> {
        let Some(info) = self.header.tensor_infos.get(name) else {
            return Err(self.fault(format!("has no {name}")));
        };
        if info.shape.dims() != shape {
            let found = info.shape.dims();
            return Err(self.fault(format!("{name} has the shape {found:?}, not {shape:?}")));
        }
        let kind = info.ggml_dtype;
        let count: usize = shape.iter().product();
        let size = count / kind.block_size() * kind.type_size();
        let start = self.header.tensor_data_offset.saturating_add(info.offset);
        let mut out = vec![0; size];
        let read = self.file.seek(SeekFrom::Start(start));
        let read = read.and_then(|_| self.file.read_exact(&mut out));
        read.map_err(|error| self.fault(format!("{name} can't be read: {error}")))?;
        Ok((out, kind))
    }

    fn numbers(&mut self, name: &str, size: usize) -> Result<Vec<f32>, Fault> {
        Ok(self.vector(name, size)?.to_vec1()?)
    }

    fn vector(&mut self, name: &str, size: usize) -> Result<Tensor, Fault> {
        let (bytes, kind) = self.bytes(name, &[size])?;
        let weight = Weight::packed(&bytes, kind, (1, size), |row| row, &self.device)?;
        Ok(weight.whole(&self.device)?.flatten_all()?)
    }

    /// A matrix; `head`: the size of its heads where their rows are interleaved.
    fn weight(
        &mut self,
        name: &str,
        (rows, columns): (usize, usize),
        head: Option<usize>,
    ) -> Result<Weight, Fault> {
        let (bytes, kind) = self.bytes(name, &[rows, columns])?;
        let from = |row| head.map_or(row, |head| source(row, head));
        let weight = Weight::packed(&bytes, kind, (rows, columns), from, &self.device)?;
        Ok(if self.full { weight.full(&self.device)? } else { weight })
    }

    fn block(&mut self, layer: usize, shape: &Shape) -> Result<Block, Fault> {
        let name = |part: &str| format!("blk.{layer}.{part}");
        let interleaved = matches!(shape.family, Family::Llama | Family::Mistral);
        let turned = |target| interleaved && matches!(target, Target::Q | Target::K);
        let head = |target| turned(target).then_some(shape.head_dim);
        let mut weights = Vec::new();
        for target in Target::ALL {
            let path = name(&format!("{}.weight", target.gguf()));
            weights.push(self.weight(&path, target.dims(shape), head(target))?);
        }
        let Ok(weights) = weights.try_into() else {
            return Err(self.fault("lacks weights".to_owned()));
        };
        let mut bias = Vec::new();
        for target in [Target::Q, Target::K, Target::V] {
            let (path, rows) = (name(&format!("{}.bias", target.gguf())), target.dims(shape).0);
            if self.has(&path) {
                let values = self.numbers(&path, rows)?;
                let from = |row| head(target).map_or(row, |head| source(row, head));
                bias.extend((0..rows).map(|row| values[from(row)]));
            }
        }
        let bias = match bias.len() {
            0 => None,
            all if all == shape.qkv() => Some(Tensor::new(bias, &self.device)?),
            _ => return Err(self.fault(format!("layer {layer} has only some of its biases"))),
        };
        let path = name("attn_output.bias");
        let output_bias = self.has(&path).then(|| self.vector(&path, shape.hidden)).transpose()?;
        let head_norms = if self.has(&name("attn_q_norm.weight")) {
            let query = self.vector(&name("attn_q_norm.weight"), shape.head_dim)?;
            Some((query, self.vector(&name("attn_k_norm.weight"), shape.head_dim)?))
        } else {
            None
        };
        Ok(Block {
            weights,
            bias,
            output_bias,
            first_norm: self.vector(&name("attn_norm.weight"), shape.hidden)?,
            second_norm: self.vector(&name("ffn_norm.weight"), shape.hidden)?,
            head_norms,
        })
    }
}
