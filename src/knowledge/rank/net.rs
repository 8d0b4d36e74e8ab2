//! A BERT for short texts on the CPU.
//!
//! candle's own one pads a batch to its longest text and computes the padding.
//! Here the tokens of all texts lie one behind the other, so that the matrix
//! products, which take nearly all the time, see nothing else; only attention
//! looks at one text at a time. Where the last state of the first token is all
//! that is wanted, the last layer computes no other.

use super::kernels::{Norm, add_and_norm, attention, bias_and_gelu, unit};
use super::weights::{Table, Weights};
use candle_core::{CpuStorage, Device, Storage, Tensor};
use std::sync::Arc;

/// Most tokens in one pass: enough for the matrix products to be quick, few
/// enough for what lies between them to stay in the cache.
const PASS: usize = 512;

/// The sizes of a model.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Numbers of a token's state.
    pub width: usize,
    /// Heads of attention.
    pub heads: usize,
    /// Numbers between the two products of a layer.
    pub inner: usize,
    /// Layers.
    pub layers: usize,
    /// Epsilon of layer norms.
    pub epsilon: f32,
    /// The position of the first token: 0 for BERT, 2 for XLM-R.
    pub first_position: usize,
}

/// A text as the model reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// Ids of its tokens.
    pub ids: Vec<u32>,
    /// The type of each.
    pub types: Vec<u8>,
}

impl Text {
    /// A text of one type.
    pub fn plain(ids: Vec<u32>) -> Self {
        let types = vec![0; ids.len()];
        Self { ids, types }
    }
}

struct Linear {
    weight: Tensor,
    bias: Vec<f32>,
}

impl Linear {
    fn new(
        weights: &Weights<'_>,
        names: &[String],
        output: usize,
        input: usize,
    ) -> Result<Self, String> {
        let of = |end: &str| names.iter().map(|n| format!("{n}.{end}")).collect::<Vec<_>>();
        let weight = weights.stacked(&of("weight"), output, input)?;
        let weight = weight.t().map_err(|error| error.to_string())?;
        let mut bias = Vec::with_capacity(names.len() * output);
        for name in of("bias") {
            bias.extend(weights.vector(&name, output)?);
        }
        Ok(Self { weight, bias })
    }

    /// The product of `rows` with the weights, without the bias, handed to
    /// `read`.
    fn product<T>(&self, rows: Vec<f32>, read: impl FnOnce(&[f32]) -> T) -> Result<T, String> {
        let failed = |error: candle_core::Error| error.to_string();
        let input = self.weight.dim(0).map_err(failed)?;
        let shape = (rows.len() / input.max(1), input);
        let rows = Tensor::from_vec(rows, shape, &Device::Cpu).map_err(failed)?;
        let product = rows.matmul(&self.weight).map_err(failed)?;
        let (storage, layout) = product.storage_and_layout();
        match &*storage {
            Storage::Cpu(CpuStorage::F32(values)) => {
                let start = layout.start_offset();
                let end = start + layout.shape().elem_count();
                values.get(start..end).map(read).ok_or_else(|| "a product was cut short".to_owned())
            }
            _ => Err("a product is not where it was computed".to_owned()),
        }
    }
}

struct Layer {
    qkv: Linear,
    out: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

/// The model.
pub struct Net {
    shape: Shape,
    words: Arc<Table>,
    positions: Table,
    types: Table,
    norm: Norm,
    layers: Vec<Layer>,
}

impl Net {
    /// Takes the tensors whose names start with `prefix`. The word vectors may
    /// be another model's.
    ///
    /// # Errors
    /// Where one is missing or has another shape.
    pub fn new(
        weights: &Weights<'_>,
        prefix: &str,
        shape: Shape,
        words: Option<Arc<Table>>,
    ) -> Result<Self, String> {
        let name = |rest: &str| format!("{prefix}{rest}");
        let Shape { width, inner, epsilon, heads, .. } = shape;
        if heads == 0 || width == 0 || !width.is_multiple_of(heads) {
            return Err(format!("a width of {width} cannot be divided among {heads} heads"));
        }
        let words = match words {
            Some(words) => words,
            None => Arc::new(weights.table(&name("embeddings.word_embeddings.weight"), width)?),
        };
        let layers = (0..shape.layers)
            .map(|layer| {
                let at = |rest: &str| format!("{prefix}encoder.layer.{layer}.{rest}");
                let looks =
                    ["query", "key", "value"].map(|part| at(&format!("attention.self.{part}")));
                Ok(Layer {
                    qkv: Linear::new(weights, &looks, width, width)?,
                    out: Linear::new(weights, &[at("attention.output.dense")], width, width)?,
                    attention_norm: weights.norm(
                        &at("attention.output.LayerNorm"),
                        width,
                        epsilon,
                    )?,
                    up: Linear::new(weights, &[at("intermediate.dense")], inner, width)?,
                    down: Linear::new(weights, &[at("output.dense")], width, inner)?,
                    norm: weights.norm(&at("output.LayerNorm"), width, epsilon)?,
                })
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(Self {
            shape,
            words,
            positions: weights.table(&name("embeddings.position_embeddings.weight"), width)?,
            types: weights.table(&name("embeddings.token_type_embeddings.weight"), width)?,
            norm: weights.norm(&name("embeddings.LayerNorm"), width, epsilon)?,
            layers,
        })
    }

    /// The word vectors.
    pub fn words(&self) -> &Arc<Table> {
        &self.words
    }

    /// The mean of each text's last states, brought to length one.
    ///
    /// # Errors
    /// Where a product fails.
    pub fn means(&self, texts: &[Text]) -> Result<Vec<Vec<f32>>, String> {
        let mut out = Vec::with_capacity(texts.len());
        for pass in passes(texts) {
            let states = self.states(pass, false)?;
            let mut rows = states.chunks_exact(self.shape.width);
            for text in pass {
                let mut mean = vec![0.0; self.shape.width];
                for row in rows.by_ref().take(text.ids.len()) {
                    mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x);
                }
                unit(&mut mean);
                out.push(mean);
            }
        }
        Ok(out)
    }

    /// The last state of each text's first token.
    ///
    /// # Errors
    /// Where a product fails.
    pub fn firsts(&self, texts: &[Text]) -> Result<Vec<Vec<f32>>, String> {
        let mut out = Vec::with_capacity(texts.len());
        for pass in passes(texts) {
            let states = self.states(pass, true)?;
            out.extend(states.chunks_exact(self.shape.width).map(<[f32]>::to_vec));
        }
        Ok(out)
    }

    /// The last states of all tokens, or of the first token of each text.
    fn states(&self, texts: &[Text], first: bool) -> Result<Vec<f32>, String> {
        let width = self.shape.width;
        let lengths: Vec<usize> = texts.iter().map(|text| text.ids.len()).collect();
        let mut hidden = vec![0.0; lengths.iter().sum::<usize>() * width];
        let mut rows = hidden.chunks_exact_mut(width);
        for text in texts {
            for (at, (id, kind)) in text.ids.iter().zip(&text.types).enumerate() {
                let Some(row) = rows.next() else { break };
                self.words.add_to(*id as usize, row);
                self.positions.add_to(at + self.shape.first_position, row);
                self.types.add_to(usize::from(*kind), row);
                self.norm.row(row);
            }
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let firsts = first && index + 1 == self.layers.len();
            let looked = layer.qkv.product(hidden.clone(), |qkv| {
                attention(qkv, &layer.qkv.bias, &lengths, self.shape.heads, firsts)
            })?;
            if firsts {
                hidden = first_rows(&hidden, &lengths, width);
            }
            layer.out.product(looked, |product| {
                add_and_norm(&mut hidden, product, &layer.out.bias, &layer.attention_norm);
            })?;
            let inner = layer
                .up
                .product(hidden.clone(), |product| bias_and_gelu(product, &layer.up.bias))?;
            layer.down.product(inner, |product| {
                add_and_norm(&mut hidden, product, &layer.down.bias, &layer.norm);
            })?;
        }
        Ok(hidden)
    }
}

/// The row of each text's first token.
fn first_rows(hidden: &[f32], lengths: &[usize], width: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(lengths.len() * width);
    let mut at = 0;
    for length in lengths {
        out.extend_from_slice(hidden.get(at..at + width).unwrap_or_default());
        at += length * width;
    }
    out
}

/// Runs of texts that are computed together.
fn passes(texts: &[Text]) -> impl Iterator<Item = &[Text]> {
    let mut rest = texts;
    std::iter::from_fn(move || {
        let mut tokens = 0;
        let fitting = rest.iter().take_while(|text| {
            tokens += text.ids.len();
            tokens <= PASS
        });
        let count = fitting.count().max(1).min(rest.len());
        let (pass, behind) = rest.split_at(count);
        rest = behind;
        (!pass.is_empty()).then_some(pass)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_hold_every_text_once_and_never_too_many() {
        let texts: Vec<Text> =
            [400, 100, 100, 600, 5].iter().map(|n| Text::plain(vec![1; *n])).collect();
        let counts: Vec<usize> = passes(&texts).map(<[Text]>::len).collect();
        assert_eq!(counts, [2, 1, 1, 1]);
        assert_eq!(passes(&[]).count(), 0);
    }
}
