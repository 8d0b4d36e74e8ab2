//! Sentence encoders and cross-encoders from a folder. Each takes the place of
//! one half of the built-in ranker, which does the rest.

use super::encoder::Folder;
use super::inputs::{Frame, Limits, pair, single};
use super::kernels::{dot, unit};
use super::net::{Net, Text};
use super::ranker::{Piece, RankError, Ranker, latin_share};
use super::vectors::Vectors;
use super::weights::Weights;
use crate::knowledge::embed::load::Modules;
use crate::knowledge::embed::load::files::{
    Prefixes, catching, model_name, read_json, short_hash_of_files,
};
use crate::knowledge::embed::load::tokens::Tokens;
use candle_core::{Device, Tensor};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// Tokens that models of the hub read; they know 512.
const LIMITS: Limits = Limits { vector: 158, question: 64, sentence: 128, context: 60 };

/// Loads what the folder holds; `other` does what that can't.
///
/// # Errors
/// Where it holds neither, or a damaged model.
pub fn load(folder: &Path, other: Arc<dyn Ranker>) -> Result<Arc<dyn Ranker>, RankError> {
    let fault = |reason: String| RankError::Load { path: folder.to_path_buf(), reason };
    let read = Folder::read(folder).map_err(fault)?;
    let names = ["tokenizer.json".to_owned(), "model.safetensors".to_owned()];
    let hash = short_hash_of_files(folder, &names).map_err(|error| fault(error.to_string()))?;
    let id = format!("{}-{hash}", model_name(folder));
    let classifies = read
        .config
        .get("architectures")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|name| name.ends_with("ForSequenceClassification"));
    let english_only = !folder_speaks_more(&read.config);
    if classifies {
        let judge = Judge::new(&read).map_err(fault)?;
        let Folder { tokens, frame, .. } = read;
        Ok(Arc::new(CrossEncoder { id, tokens, frame, judge, other, english_only }))
    } else {
        let encoder = SentenceEncoder::new(folder, read, id, other, english_only).map_err(fault)?;
        Ok(Arc::new(encoder))
    }
}

/// Whether a model's vocabulary is large enough for many languages.
fn folder_speaks_more(config: &Value) -> bool {
    config.get("vocab_size").and_then(Value::as_u64).unwrap_or(0) > 60_000
}

/// The network of a cross-encoder with its head: a product with tanh behind
/// it, and the logit.
struct Judge {
    net: Net,
    dense: Tensor,
    dense_bias: Vec<f32>,
    out: Vec<f32>,
    bias: f32,
}

impl Judge {
    fn new(read: &Folder) -> Result<Self, String> {
        let weights = Weights::new(&read.weights)?;
        let net = read.net(&weights)?;
        let width = read.shape.width;
        let heads =
            [("bert.pooler.dense", "classifier"), ("classifier.dense", "classifier.out_proj")];
        let (dense, out) = heads
            .into_iter()
            .find(|(dense, _)| weights.has(&format!("{dense}.weight")))
            .ok_or("model.safetensors has no head that gives a logit")?;
        let out_bias = weights
            .vector(&format!("{out}.bias"), 1)
            .map_err(|_| "it has several labels; a cross-encoder that ranks has one".to_owned())?;
        Ok(Self {
            net,
            dense: weights.stacked(&[format!("{dense}.weight")], width, width)?,
            dense_bias: weights.vector(&format!("{dense}.bias"), width)?,
            out: weights.vector(&format!("{out}.weight"), width)?,
            bias: out_bias.first().copied().unwrap_or(0.0),
        })
    }

    fn logits(&self, texts: &[Text]) -> Result<Vec<f32>, String> {
        let states = self.net.firsts(texts)?;
        let width = self.out.len();
        let flat: Vec<f32> = states.into_iter().flatten().collect();
        let rows = flat.len() / width;
        let product = Tensor::from_vec(flat, (rows, width), &Device::Cpu)
            .and_then(|states| states.matmul(&self.dense.t()?)?.to_vec2::<f32>())
            .map_err(|error| error.to_string())?;
        Ok(product
            .into_iter()
            .map(|mut row| {
                row.iter_mut().zip(&self.dense_bias).for_each(|(x, b)| *x = (*x + b).tanh());
                dot(&row, &self.out) + self.bias
            })
            .collect())
    }
}

/// A cross-encoder; vectors are the built-in ranker's.
struct CrossEncoder {
    id: String,
    tokens: Tokens,
    frame: Frame,
    judge: Judge,
    other: Arc<dyn Ranker>,
    english_only: bool,
}

impl Ranker for CrossEncoder {
    fn id(&self) -> &str {
        &self.id
    }

    fn cosines(&self, question: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError> {
        self.other.cosines(question, pieces)
    }

    fn logits(&self, question: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError> {
        let logits = || {
            let question = self.tokens.ids(question)?;
            let texts = pieces
                .iter()
                .map(|piece| pair(&self.tokens, self.frame, &question, piece, LIMITS))
                .collect::<Result<Vec<Text>, String>>()?;
            catching(|| self.judge.logits(&texts))?
        };
        logits().map_err(RankError::Failed)
    }

    fn calibrated(&self) -> bool {
        false
    }

    fn reads(&self, question: &str, language: &str) -> bool {
        if self.english_only { self.other.reads(question, language) } else { true }
    }
}

/// A sentence encoder; logits are the built-in ranker's.
struct SentenceEncoder {
    id: String,
    tokens: Tokens,
    frame: Frame,
    net: Net,
    first: bool,
    prefixes: Prefixes,
    vectors: Vectors,
    other: Arc<dyn Ranker>,
    english_only: bool,
}

impl SentenceEncoder {
    fn new(
        folder: &Path,
        read: Folder,
        id: String,
        other: Arc<dyn Ranker>,
        english_only: bool,
    ) -> Result<Self, String> {
        let told = |error: crate::knowledge::embed::EmbedError| error.to_string();
        let net = read.net(&Weights::new(&read.weights)?)?;
        let modules = Modules::of(folder).map_err(told)?;
        let path = modules.path_of("Pooling").unwrap_or("1_Pooling");
        let pooling = read_json(folder, &format!("{path}/config.json")).map_err(told)?;
        let first = pooling.is_some_and(|pooling| {
            pooling.get("pooling_mode_cls_token").and_then(Value::as_bool) == Some(true)
                || pooling.get("pooling_mode").and_then(Value::as_str) == Some("cls")
        });
        let name = model_name(folder);
        let declared = Prefixes::declared(folder).map_err(told)?;
        let prefixes = declared.unwrap_or_else(|| Prefixes::by_name(folder, &name, &read.config));
        let Folder { tokens, frame, .. } = read;
        let vectors = Vectors::default();
        Ok(Self { id, tokens, frame, net, first, prefixes, vectors, other, english_only })
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, String> {
        let texts = texts
            .iter()
            .map(|text| single(&self.tokens, self.frame, text, LIMITS.vector))
            .collect::<Result<Vec<Text>, String>>()?;
        catching(|| {
            if !self.first {
                return self.net.means(&texts);
            }
            let mut vectors = self.net.firsts(&texts)?;
            vectors.iter_mut().for_each(|vector| unit(vector));
            Ok(vectors)
        })?
    }
}

impl Ranker for SentenceEncoder {
    fn id(&self) -> &str {
        &self.id
    }

    fn cosines(&self, question: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError> {
        let mut texts = vec![format!("{}{question}", self.prefixes.query)];
        texts.extend(pieces.iter().map(|p| format!("{}{}", self.prefixes.passage, p.headed())));
        let vectors =
            self.vectors.of(&texts, |texts| self.embed(texts)).map_err(RankError::Failed)?;
        let (question, pieces) = vectors
            .split_first()
            .ok_or_else(|| RankError::Failed("it gave no vector for the question".to_owned()))?;
        Ok(pieces.iter().map(|vector| dot(question, vector)).collect())
    }

    fn logits(&self, question: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError> {
        self.other.logits(question, pieces)
    }

    fn calibrated(&self) -> bool {
        false
    }

    fn reads(&self, question: &str, language: &str) -> bool {
        // Its logits are the built-in ranker's, which reads English.
        self.other.reads(question, language) || (!self.english_only && latin_share(question) > 0.9)
    }
}
