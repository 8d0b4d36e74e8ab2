//! Rows of training data: how they are ordered, divided into steps and packed
//! into batches.

use super::{Fault, Options, Shape};
use std::ops::Range;

/// One row: the token ids of prompt, answer and end token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Token ids.
    pub tokens: Vec<u32>,
    /// Which of them count in the loss, as ranges of indices. Each is
    /// predicted from those before it, so the first never counts.
    pub supervised: Vec<Range<usize>>,
}

impl Example {
    /// The indices that count.
    fn counting(&self) -> impl Iterator<Item = usize> + '_ {
        let last = self.tokens.len();
        self.supervised.iter().flat_map(move |range| range.start.max(1)..range.end.min(last))
    }

    /// How many tokens count.
    pub fn supervised_tokens(&self) -> usize {
        self.counting().count()
    }
}

/// Some rows, one after the other.
pub(super) struct Packed {
    /// Which rows these are.
    pub rows: Vec<usize>,
    /// Their tokens.
    pub tokens: Vec<u32>,
    /// Where each row lies therein.
    pub spans: Vec<Range<usize>>,
    /// From which places a token that counts is predicted.
    pub places: Vec<u32>,
    /// Those tokens.
    pub targets: Vec<u32>,
}

impl Packed {
    fn of(examples: &[Example], rows: &[usize]) -> Self {
        let mut out = Self {
            rows: rows.to_vec(),
            tokens: Vec::new(),
            spans: Vec::new(),
            places: Vec::new(),
            targets: Vec::new(),
        };
        for row in rows {
            let example = &examples[*row];
            let start = out.tokens.len();
            out.tokens.extend_from_slice(&example.tokens);
            out.spans.push(start..out.tokens.len());
            for index in example.counting() {
                out.places.push((start + index - 1) as u32);
                out.targets.push(example.tokens[index]);
            }
        }
        out
    }
}

/// The rows that can be trained upon: not longer than allowed, within the
/// vocabulary, with something that counts.
///
/// # Errors
/// [`Fault::Rows`] where a row has a token that the model doesn't know, or
/// none is left.
pub(super) fn fitting(
    examples: &[Example],
    shape: &Shape,
    options: &Options,
    what: &str,
) -> Result<Vec<usize>, Fault> {
    let most = shape.window.map_or(options.max_length, |window| window.min(options.max_length));
    let mut out = Vec::new();
    let mut longest = 0;
    for (index, example) in examples.iter().enumerate() {
        if let Some(token) = example.tokens.iter().find(|token| **token as usize >= shape.vocab) {
            return Err(Fault::Rows(format!(
                "{what} row {} has token {token}, but the model knows only {}: \
                 its rows were made for another model",
                index + 1,
                shape.vocab
            )));
        }
        longest = longest.max(example.tokens.len());
        if example.tokens.len() <= most && example.counting().next().is_some() {
            out.push(index);
        }
    }
    if out.is_empty() && !examples.is_empty() {
        return Err(Fault::Rows(format!(
            "none of the {} {what} rows can be used: they need an answer, and at most {most} \
             tokens (the longest has {longest})",
            examples.len()
        )));
    }
    Ok(out)
}

/// The rows of one epoch in their order.
fn order(rows: &[usize], seed: u64, epoch: usize) -> Vec<usize> {
    let mut order = rows.to_vec();
    let mut random = fastrand::Rng::with_seed(seed ^ (epoch as u64 + 1).wrapping_mul(0x9E37_79B9));
    random.shuffle(&mut order);
    order
}

/// The rows of one step, counted from 0 over all epochs.
pub(super) fn step(rows: &[usize], options: &Options, step: usize) -> Vec<usize> {
    let each = rows.len().div_ceil(options.batch);
    let (epoch, step) = (step / each, step % each);
    let order = order(rows, options.seed, epoch);
    order.chunks(options.batch).nth(step).map(<[usize]>::to_vec).unwrap_or_default()
}

/// Rows packed into batches of at most `tokens`, those of like length together.
pub(super) fn batches(examples: &[Example], rows: &[usize], tokens: usize) -> Vec<Packed> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| (examples[*row].tokens.len(), *row));
    let (mut out, mut batch, mut length) = (Vec::new(), Vec::new(), 0);
    for row in rows {
        let count = examples[row].tokens.len();
        if !batch.is_empty() && length + count > tokens {
            out.push(Packed::of(examples, &batch));
            batch.clear();
            length = 0;
        }
        batch.push(row);
        length += count;
    }
    if !batch.is_empty() {
        out.push(Packed::of(examples, &batch));
    }
    out
}

/// BLAKE3 over rows, in hex.
pub(super) fn hash(examples: &[Example]) -> String {
    let mut hasher = blake3::Hasher::new();
    for example in examples {
        hasher.update(&(example.tokens.len() as u64).to_le_bytes());
        for token in &example.tokens {
            hasher.update(&token.to_le_bytes());
        }
        for index in example.counting() {
            hasher.update(&(index as u64).to_le_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}
