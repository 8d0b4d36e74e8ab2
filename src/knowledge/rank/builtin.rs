//! The ranker in this program.

use super::inputs::{Frame, Limits, single, triple};
use super::kernels::dot;
use super::net::{Net, Shape, Text};
use super::ranker::{Piece, RankError, Ranker, latin_share};
use super::vectors::Vectors;
use super::weights::Weights;
use crate::builtin::{Asset, file};
use crate::knowledge::embed::load::files::{catching, short_hash};
use crate::knowledge::embed::load::tokens::Tokens;
use std::path::PathBuf;
use std::sync::Arc;

/// As it was trained.
pub(super) const LIMITS: Limits = Limits { vector: 94, question: 32, sentence: 64, context: 28 };

/// The sizes of both models.
const SHAPE: Shape =
    Shape { width: 384, heads: 12, inner: 1536, layers: 6, epsilon: 1e-12, first_position: 0 };

/// Share of Latin letters from which a text is one it can read: it was trained
/// on English.
const LATIN: f32 = 0.7;

/// One in so many bytes of the weights goes into its id.
const SAMPLED: usize = 251;

/// Two BERTs with one table of word vectors.
pub struct BuiltinRanker {
    id: String,
    pub(super) tokens: Arc<Tokens>,
    pub(super) frame: Frame,
    encoder: Net,
    judge: Net,
    head: Vec<f32>,
    bias: f32,
    vectors: Vectors,
}

impl BuiltinRanker {
    /// Makes it of what is compiled in.
    ///
    /// # Errors
    /// Only where the program was built from damaged files.
    pub fn new() -> Result<Self, RankError> {
        let fault =
            |reason: String| RankError::Load { path: PathBuf::from("this program"), reason };
        let model = file(Asset::Ranker, "model.safetensors");
        let model =
            model.ok_or_else(|| fault("model.safetensors is not compiled in".to_owned()))?;
        Tokens::builtin().and_then(|tokens| Self::from_bytes(tokens, model)).map_err(fault)
    }

    pub(super) fn from_bytes(tokens: Arc<Tokens>, model: &[u8]) -> Result<Self, String> {
        let weights = Weights::new(model)?;
        // Other weights differ everywhere; to hash all would take a tenth of
        // the loading.
        let sample: Vec<u8> = model.iter().copied().step_by(SAMPLED).collect();
        let encoder = Net::new(&weights, "minilm.", SHAPE, None)?;
        let words = Some(Arc::clone(encoder.words()));
        let judge = Net::new(&weights, "ranker.", SHAPE, words)?;
        Ok(Self {
            id: format!("builtin-{}", short_hash(&[&sample])),
            frame: Frame::of(&tokens)?,
            tokens,
            encoder,
            judge,
            head: weights.vector("classifier.weight", SHAPE.width)?,
            bias: weights.vector("classifier.bias", 1)?.first().copied().unwrap_or(0.0),
            vectors: Vectors::default(),
        })
    }

    fn embed(&self, texts: &[String]) -> Result<Vec<Arc<[f32]>>, RankError> {
        self.vectors
            .of(texts, |texts| {
                let texts = texts
                    .iter()
                    .map(|text| single(&self.tokens, self.frame, text, LIMITS.vector))
                    .collect::<Result<Vec<Text>, String>>()?;
                catching(|| self.encoder.means(&texts))?
            })
            .map_err(RankError::Failed)
    }

    fn judge(&self, question: &str, pieces: &[Piece]) -> Result<Vec<f32>, String> {
        let question = self.tokens.ids(question)?;
        let texts = pieces
            .iter()
            .map(|piece| triple(&self.tokens, self.frame, &question, piece, LIMITS))
            .collect::<Result<Vec<Text>, String>>()?;
        let states = catching(|| self.judge.firsts(&texts))??;
        Ok(states.iter().map(|state| dot(state, &self.head) + self.bias).collect())
    }
}

impl Ranker for BuiltinRanker {
    fn id(&self) -> &str {
        &self.id
    }

    fn cosines(&self, question: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError> {
        let mut texts = vec![question.to_owned()];
        texts.extend(pieces.iter().map(Piece::headed));
        let vectors = self.embed(&texts)?;
        let (question, pieces) = vectors
            .split_first()
            .ok_or_else(|| RankError::Failed("it gave no vector for the question".to_owned()))?;
        Ok(pieces.iter().map(|vector| dot(question, vector)).collect())
    }

    fn logits(&self, question: &str, pieces: &[Piece]) -> Result<Vec<f32>, RankError> {
        self.judge(question, pieces).map_err(RankError::Failed)
    }

    fn calibrated(&self) -> bool {
        true
    }

    fn reads(&self, question: &str, language: &str) -> bool {
        (language.is_empty() || language == "en") && latin_share(question) >= LATIN
    }
}
