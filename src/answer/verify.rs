//! Whether a cited passage supports what the answer says.
//!
//! A claim is **exact** where its words stand in one sentence of the passage,
//! in this order: white space, kinds of quotation marks and dashes, Markdown's
//! decoration and the marks at the end don't count, nor does the case of the
//! first letter, since a quotation may begin within a sentence; other letters
//! must have the same case. A part of a sentence needs two words, and no
//! negation outside it may reach into it. A claim is also exact where such
//! quotations in quotation marks make it up, apart from words like "the source
//! says".
//!
//! It is **likely** where one to three neighbouring sentences hold most of its
//! terms and mean nearly the same (cosine of their embeddings), and hold its
//! numbers and its negations: a changed number or a dropped "not" is never
//! likely. Where no embedding helps (there is no embedder, it knows none of the
//! words, the claim has too few of them, or its script is written without
//! spaces) the terms alone decide, more strictly.
//!
//! Whatever else differs is not noticed: one name in place of another of the
//! same passage, for example. `cargo run --example measure -- support` measures
//! all of it on SelQA; README has the figures.

mod compare;
mod fold;
#[cfg(test)]
mod tests;
mod tokens;

use crate::domain::{Source, Support};
use crate::knowledge::embed::Embedder;
use crate::knowledge::rank::dot;
use crate::knowledge::sentences::sentences;
use crate::knowledge::terms::terms;
use compare::{best_window, negations_agree, numbers_agree};
use fold::{bare, fold};
use std::collections::HashSet;
use std::sync::LazyLock;
use tokens::{Token, tokens};

pub(super) use fold::is_unspaced;

/// Fewest terms of a claim whose embedding says something.
const FEWEST_TERMS: usize = 3;

/// Words around a quotation that claim nothing themselves.
static REPORTING: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let words = "source sources document passage text page section chapter manual handbook guide \
                 article author file say says said state states write writes wrote note notes read \
                 reads explain explains mention mentions report reports quote according follow \
                 follows following";
    terms(words).into_iter().collect()
});

/// From where on a claim is taken to be likely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Share of the weight of the claim's terms that the passage holds.
    pub overlap: f32,
    /// Cosine of claim and passage.
    pub cosine: f32,
    /// The share that is asked for where there is no cosine.
    pub overlap_alone: f32,
}

impl Thresholds {
    /// Chosen on SelQA's dev part with the built-in embedder.
    pub const MEASURED: Self = Self { overlap: 0.70, cosine: 0.30, overlap_alone: 0.75 };
}

/// What was found of a claim in a passage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// Whether it stands there word for word.
    pub exact: bool,
    /// Share of the weight of its terms in the best one to three sentences, 0
    /// to 1.
    pub overlap: f32,
    /// Cosine of the claim and these sentences, where an embedder can tell.
    pub cosine: Option<f32>,
    /// Whether these sentences hold its numbers and its negations.
    pub agrees: bool,
}

impl Check {
    /// The verdict at these thresholds.
    #[must_use]
    pub fn verdict(&self, limits: &Thresholds) -> Support {
        let similar = match self.cosine {
            Some(cosine) => self.overlap >= limits.overlap && cosine >= limits.cosine,
            None => self.overlap >= limits.overlap_alone,
        };
        match (self.exact, self.agrees && similar) {
            (true, _) => Support::Exact,
            (false, true) => Support::Likely,
            (false, false) => Support::Missing,
        }
    }
}

/// How well the whole passage of `source`, whatever part of it the model read,
/// supports a sentence of the answer; the sentence comes without its citation
/// marks. Never [`Support::Unchecked`].
///
/// Takes well below a millisecond with the built-in embedder. A large embedder
/// is waited for.
#[must_use]
pub fn support(claim: &str, source: &Source, embedder: Option<&dyn Embedder>) -> Support {
    let limits = Thresholds::MEASURED;
    let lexical = Lexical::new(claim, source);
    let open = !lexical.exact && lexical.agrees && lexical.overlap >= limits.overlap;
    // The embedder costs the most, so it is asked only where it decides.
    lexical.check(embedder.filter(|_| open)).verdict(&limits)
}

/// Everything that [`support`] decides by.
#[must_use]
pub fn check(claim: &str, source: &Source, embedder: Option<&dyn Embedder>) -> Check {
    Lexical::new(claim, source).check(embedder)
}

/// What the words alone tell.
struct Lexical {
    exact: bool,
    overlap: f32,
    agrees: bool,
    /// Claim and window, where they can be embedded.
    texts: Option<[String; 2]>,
}

impl Lexical {
    fn new(claim: &str, source: &Source) -> Self {
        let claim = fold(claim);
        let claimed = tokens(&claim);
        let passage = Passage::new(&source.hit.chunk.text);
        let exact = stands(&claim, &passage);
        let headings = tokens(&fold(&source.hit.chunk.heading.join(" ")));
        let heading: HashSet<&str> = headings.iter().filter_map(Token::word).collect();
        let Some(window) = best_window(&claimed, &passage.tokens, &heading) else {
            return Self { exact, overlap: 0.0, agrees: true, texts: None };
        };
        let said = passage.tokens.get(window.range.clone()).unwrap_or_default();
        let agrees = numbers_agree(&claimed, said, &heading) && negations_agree(&claimed, said);
        let distinct: HashSet<&str> = claimed.iter().filter_map(Token::word).collect();
        let texts = (distinct.len() >= FEWEST_TERMS && !mostly_unspaced(&claim)).then(|| {
            let window = passage.sentences.get(window.range).unwrap_or_default().join(" ");
            [claim, window]
        });
        Self { exact, overlap: window.overlap, agrees, texts }
    }

    fn check(self, embedder: Option<&dyn Embedder>) -> Check {
        let Self { exact, overlap, agrees, texts } = self;
        let cosine = embedder.zip(texts).and_then(|(embedder, texts)| cosine(embedder, &texts));
        Check { exact, overlap, cosine, agrees }
    }
}

/// A passage, sentence by sentence.
struct Passage {
    /// Folded.
    sentences: Vec<String>,
    tokens: Vec<Vec<Token>>,
}

impl Passage {
    fn new(text: &str) -> Self {
        let ranges = sentences(text).into_iter();
        let sentences: Vec<String> = ranges.filter_map(|range| text.get(range)).map(fold).collect();
        let tokens = sentences.iter().map(|sentence| tokens(sentence)).collect();
        Self { sentences, tokens }
    }

    /// Whether one of the sentences is, or holds, these words.
    fn holds(&self, words: &str) -> bool {
        let words = bare(words);
        let said = tokens(words);
        let long = words.split(' ').count() + words.chars().filter(|c| is_unspaced(*c)).count() / 3;
        let enough = long >= 2 && said.iter().any(|token| token.word().is_some());
        let spellings = [words.to_owned(), other_case(words)];
        !words.is_empty()
            && self.sentences.iter().zip(&self.tokens).any(|(sentence, tokens)| {
                let is_whole = |spelling: &String| bare(sentence) == spelling;
                let is_part = |spelling: &String| has_words(sentence, spelling);
                spellings.iter().any(is_whole)
                    || (enough
                        && spellings.iter().any(is_part)
                        && negations_agree(&said, std::slice::from_ref(tokens)))
            })
    }
}

/// Whether a folded claim stands in the passage, or is made of quotations that
/// do.
fn stands(claim: &str, passage: &Passage) -> bool {
    if passage.holds(claim) {
        return true;
    }
    // A quotation that runs on into the next sentence is open at the end.
    let pieces: Vec<&str> = claim.split('"').collect();
    let (mut quoted, mut around) = (Vec::new(), String::new());
    for (index, piece) in pieces.into_iter().enumerate() {
        if index % 2 == 1 {
            quoted.push(piece);
        } else {
            around.push_str(piece);
            around.push(' ');
        }
    }
    let reports = |token: &Token| match token {
        Token::Term(word) => REPORTING.contains(word),
        Token::Break => true,
        Token::Number(_) | Token::Not => false,
    };
    !quoted.is_empty()
        && tokens(&around).iter().all(reports)
        && quoted.iter().all(|quotation| passage.holds(quotation))
}

/// A text whose first letter has the other case.
fn other_case(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if first.is_lowercase() => first.to_uppercase().chain(chars).collect(),
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Whether `words` stand in a sentence as whole words.
fn has_words(sentence: &str, words: &str) -> bool {
    let (Some(first), Some(last)) = (words.chars().next(), words.chars().next_back()) else {
        return false;
    };
    sentence.match_indices(words).any(|(at, found)| {
        let before = sentence.get(..at).unwrap_or_default().chars().rev();
        let behind = sentence.get(at + found.len()..).unwrap_or_default().chars();
        !(goes_on(first, before) || goes_on(last, behind.clone()) || is_share(last, behind))
    })
}

/// Whether a word or number at the edge of a text goes on in what lies beyond,
/// which is read away from the edge: `red` in `red-hot`, `1` in `1.5`.
fn goes_on(edge: char, mut beyond: impl Iterator<Item = char>) -> bool {
    let Some(next) = beyond.next() else { return false };
    if is_unspaced(edge) || is_unspaced(next) {
        return false;
    }
    let joins = matches!(next, '-' | '\'' | '.' | ',' | '_' | '/')
        && beyond.next().is_some_and(|c| c.is_alphanumeric() && !is_unspaced(c));
    let negative = next == '-' && edge.is_ascii_digit();
    (edge.is_alphanumeric() && next.is_alphanumeric()) || joins || negative
}

/// Whether a number is followed by the sign that makes it a share.
fn is_share(last: char, mut behind: impl Iterator<Item = char>) -> bool {
    last.is_ascii_digit() && matches!(behind.next(), Some('%' | '‰'))
}

fn mostly_unspaced(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    text.chars().filter(|c| is_unspaced(*c)).count() * 2 > letters
}

/// Cosine of two texts; `None` where the embedder fails or knows no word of
/// one of them.
fn cosine(embedder: &dyn Embedder, texts: &[String; 2]) -> Option<f32> {
    let vectors = match embedder.embed_passages(texts) {
        Ok(vectors) => vectors,
        Err(error) => {
            tracing::debug!(%error, "a claim is checked by its words alone");
            return None;
        }
    };
    let [claim, window] = vectors.as_slice() else { return None };
    let known = dot(claim, claim) > 0.5 && dot(window, window) > 0.5;
    // Vectors have length one, or zero where nothing is known.
    known.then(|| dot(claim, window))
}
