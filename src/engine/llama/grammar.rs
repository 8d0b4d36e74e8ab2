//! Grammars in llguidance's Lark dialect, as mistral.rs has them.
//!
//! What the grammar leaves no choice about is not asked of the model: such
//! tokens are taken as they come, and read in one step.

use super::super::EngineError;
use super::ffi::{Model, Token};
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};
use std::sync::Arc;

/// Slices of the vocabulary whose masks are computed once: long runs of letters
/// with and without a space before them, as llguidance proposes it.
const SLICES: [&str; 1] = [r#"[^"\\\x00-\x1F\x7F]{1,30}"#];

/// Starts grammars over a model's vocabulary.
pub(super) struct Grammars(ParserFactory);

/// A grammar on its way through an answer.
pub(super) struct Grammar(Box<Matcher>);

impl Grammars {
    /// Goes through the vocabulary, which takes a while for a large one.
    ///
    /// # Errors
    /// What llguidance says.
    pub fn new(model: &Arc<Model>) -> Result<Self, String> {
        let environment: TokEnv = Arc::new(Vocabulary::new(model));
        let able = InferenceCapabilities { ff_tokens: true, ..Default::default() };
        let slices = SLICES.map(str::to_owned);
        let mut factory = ParserFactory::new(&environment, able, &slices)
            .map_err(|error| format!("{error:#}"))?;
        factory.quiet();
        Ok(Self(factory))
    }

    /// Starts a grammar.
    ///
    /// # Errors
    /// [`EngineError::Refused`] where it is no grammar.
    pub fn start(&self, lark: &str) -> Result<Grammar, EngineError> {
        let parser = self.0.create_parser(TopLevelGrammar::from_lark(lark.to_owned()));
        let parser =
            parser.map_err(|error| EngineError::Refused(format!("the grammar: {error:#}")))?;
        Ok(Grammar(Box::new(Matcher::new(Ok(parser)))))
    }
}

impl Grammar {
    /// Whether a token may come next.
    pub fn allows(&mut self, token: Token) -> Result<bool, EngineError> {
        let taken = self.0.validate_tokens(&[token.cast_unsigned()]).map_err(failed)?;
        Ok(taken == 1)
    }

    /// Sets the logits of what is not allowed to minus infinity.
    pub fn mask(&mut self, logits: &mut [f32]) -> Result<(), EngineError> {
        let mask = self.0.compute_mask_or_eos().map_err(failed)?;
        for (token, logit) in logits.iter_mut().enumerate() {
            if !u32::try_from(token).is_ok_and(|token| mask.is_allowed(token)) {
                *logit = f32::NEG_INFINITY;
            }
        }
        Ok(())
    }

    /// The tokens that come next in any case.
    pub fn forced(&mut self) -> Vec<Token> {
        if self.is_over() {
            return Vec::new();
        }
        self.0.compute_ff_tokens().into_iter().map(u32::cast_signed).collect()
    }

    /// Goes on with a token.
    pub fn take(&mut self, token: Token) -> Result<(), EngineError> {
        if self.is_over() {
            return Ok(());
        }
        self.0.consume_token(token.cast_unsigned()).map_err(failed)
    }

    /// Whether nothing can follow.
    pub fn is_over(&self) -> bool {
        self.0.is_stopped()
    }
}

fn failed(error: impl std::fmt::Display) -> EngineError {
    EngineError::Failed(format!("the grammar: {error:#}"))
}

/// A vocabulary as llguidance wants it.
struct Vocabulary {
    model: Arc<Model>,
    trie: TokTrie,
}

impl Vocabulary {
    fn new(model: &Arc<Model>) -> Self {
        let mut ends = Vec::new();
        let mut words = Vec::new();
        for token in 0..model.tokens() {
            if model.ends(token) {
                ends.push(token.cast_unsigned());
            }
            let mut word = model.piece(token, false);
            if word.is_empty() {
                word = model.piece(token, true);
                if !word.is_empty() {
                    word.insert(0, TokTrie::SPECIAL_TOKEN_MARKER);
                }
            }
            words.push(word);
        }
        let end = model.end_token().map_or(0, i32::cast_unsigned);
        // The first one is that of the text, the others may end an answer, too.
        ends.retain(|token| *token != end);
        ends.insert(0, end);
        let info = TokRxInfo::new(model.tokens().cast_unsigned(), end);
        let trie = TokTrie::from(&info, &words).with_eos_tokens(&ends);
        Self { model: Arc::clone(model), trie }
    }

    /// The tokens of a text, where they spell exactly that text.
    fn exact(&self, bytes: &[u8]) -> Option<Vec<u32>> {
        let text = std::str::from_utf8(bytes).ok()?;
        let tokens = self.model.tokenize(text, false).ok()?;
        let mut spelled = Vec::with_capacity(bytes.len());
        for token in &tokens {
            spelled.extend(self.model.piece(*token, false));
        }
        // Some vocabularies put a space before every text.
        (spelled == bytes).then(|| tokens.into_iter().map(i32::cast_unsigned).collect())
    }
}

impl TokenizerEnv for Vocabulary {
    fn tok_trie(&self) -> &TokTrie {
        &self.trie
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        self.exact(bytes).unwrap_or_else(|| self.trie.greedy_tokenize(bytes))
    }
}
