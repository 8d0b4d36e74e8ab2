//! Rows become tokens: what the engine would send for them, and what it is to
//! write.

use crate::config::Manner;
use crate::data::Row;
use crate::engine::prompt::{Note, render};
use crate::engine::{Engine, EngineError};
use crate::tune::Example;

/// Rows that became tokens.
#[derive(Debug, Default)]
pub struct Spelled {
    /// As training reads them.
    pub examples: Vec<Example>,
    /// The places of their rows.
    pub places: Vec<usize>,
    /// Rows left out, since they are too long.
    pub too_long: usize,
}

impl Spelled {
    /// Tokens of all.
    #[must_use]
    pub fn tokens(&self) -> usize {
        self.examples.iter().map(|example| example.tokens.len()).sum()
    }
}

/// Spells rows of at most `longest` tokens.
///
/// # Errors
/// Where the chat template refuses one, and of engines that show no tokens.
pub fn spell(
    engine: &dyn Engine,
    manner: &Manner,
    rows: &[Row],
    longest: usize,
) -> Result<Spelled, EngineError> {
    let mut out = Spelled::default();
    for (place, row) in rows.iter().enumerate() {
        let spelled = engine.spell(&row.messages(manner), row.target())?;
        let (from, length) = (spelled.prompt.len(), spelled.prompt.len() + spelled.answer.len());
        if length > longest || spelled.answer.is_empty() {
            out.too_long += 1;
            continue;
        }
        let tokens = [spelled.prompt, spelled.answer].concat();
        let supervised = std::iter::once(from..length).collect();
        out.examples.push(Example { tokens, supervised });
        out.places.push(place);
    }
    Ok(out)
}

/// BLAKE3 of the form in which a model is asked: a fixed question with sources,
/// and one without, as tokens. Another chat template, another tokenizer or
/// another manner changes it.
///
/// # Errors
/// As [`Engine::spell`].
pub fn form(engine: &dyn Engine, manner: &Manner) -> Result<String, EngineError> {
    let mut hasher = blake3::Hasher::new();
    let note = Note { number: 1, path: "a.md", heading: "A › B", text: "C is D." };
    for notes in [&[note][..], &[]] {
        let spelled = engine.spell(&render(manner, "What is C?", notes), "C is D. [1]")?;
        for token in spelled.prompt.iter().chain(&spelled.answer) {
            hasher.update(&token.to_le_bytes());
        }
        hasher.update(b"|");
    }
    Ok(hasher.finalize().to_hex().to_string())
}
