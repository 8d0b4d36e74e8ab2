//! From texts to the tokens that a model reads.

use super::net::Text;
use super::ranker::Piece;
use crate::knowledge::embed::load::tokens::Tokens;

/// How many tokens of each part a model reads.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of a text whose vector is made.
    pub vector: usize,
    /// Of the question beside a sentence.
    pub question: usize,
    /// Of the sentence.
    pub sentence: usize,
    /// Of what stands around the sentence: the last ones.
    pub context: usize,
}

/// Words of the sentence before that are read as context.
const WORDS_BEFORE: usize = 25;

/// Most bytes of a text that are cut into tokens: more than any limit needs,
/// so that a page that is one sentence takes no time.
const LONGEST: usize = 4_096;

/// Special tokens of the BERT family.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// `[CLS]` or `<s>`.
    pub start: u32,
    /// `[SEP]` or `</s>`.
    pub end: u32,
    /// Whether two ends stand between the parts of a pair, as XLM-R wants it.
    pub doubled: bool,
}

impl Frame {
    /// Looks the tokens up.
    ///
    /// # Errors
    /// Where the tokenizer lacks one.
    pub fn of(tokens: &Tokens) -> Result<Self, String> {
        let pair = |start: &str, end: &str| Some((tokens.id(start)?, tokens.id(end)?));
        if let Some((start, end)) = pair("[CLS]", "[SEP]") {
            return Ok(Self { start, end, doubled: false });
        }
        pair("<s>", "</s>")
            .map(|(start, end)| Self { start, end, doubled: true })
            .ok_or_else(|| "tokenizer.json has neither [CLS] and [SEP] nor <s> and </s>".to_owned())
    }
}

fn head(text: &str) -> &str {
    if text.len() <= LONGEST {
        return text;
    }
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text)
}

fn first(tokens: &Tokens, text: &str, most: usize) -> Result<Vec<u32>, String> {
    let mut ids = tokens.ids(head(text))?;
    ids.truncate(most);
    Ok(ids)
}

/// A text by itself.
///
/// # Errors
/// Where the tokenizer fails.
pub fn single(tokens: &Tokens, frame: Frame, text: &str, most: usize) -> Result<Text, String> {
    let mut ids = vec![frame.start];
    ids.extend(first(tokens, text, most)?);
    ids.push(frame.end);
    Ok(Text::plain(ids))
}

/// The headings of a sentence with the end of the sentence before, as the
/// built-in ranker reads them.
pub fn context(piece: &Piece) -> String {
    let words: Vec<&str> = piece.before.split_whitespace().collect();
    let last = words.get(words.len().saturating_sub(WORDS_BEFORE)..).unwrap_or_default();
    let mut out = String::new();
    for part in [&piece.heading, &piece.lead].into_iter().filter(|part| !part.is_empty()) {
        out.push_str(part.trim_end_matches(['.', ':']));
        out.push_str(". ");
    }
    out.push_str(&last.join(" "));
    out
}

/// A question, a sentence and its context, of which the sentence is the other
/// type.
///
/// # Errors
/// Where the tokenizer fails.
pub fn triple(
    tokens: &Tokens,
    frame: Frame,
    question: &[u32],
    piece: &Piece,
    limits: Limits,
) -> Result<Text, String> {
    let sentence = first(tokens, &piece.sentence, limits.sentence)?;
    let around = tokens.ids(head(&context(piece)))?;
    let around = around.get(around.len().saturating_sub(limits.context)..).unwrap_or_default();
    let mut text = Text::default();
    let mut add = |ids: &[u32], kind: u8| {
        text.ids.extend_from_slice(ids);
        text.ids.push(frame.end);
        text.types.extend(std::iter::repeat_n(kind, ids.len() + 1));
    };
    let start: Vec<u32> = std::iter::once(frame.start)
        .chain(question.iter().copied().take(limits.question))
        .collect();
    add(&start, 0);
    add(&sentence, 1);
    add(around, 0);
    Ok(text)
}

/// A question and a text, as cross-encoders are trained: the headings, the
/// sentence before and the sentence are one text.
///
/// # Errors
/// Where the tokenizer fails.
pub fn pair(
    tokens: &Tokens,
    frame: Frame,
    question: &[u32],
    piece: &Piece,
    limits: Limits,
) -> Result<Text, String> {
    let around = tokens.ids(head(&context(piece)))?;
    let around = around.get(around.len().saturating_sub(limits.context)..).unwrap_or_default();
    let mut ids = vec![frame.start];
    ids.extend(question.iter().take(limits.question));
    ids.push(frame.end);
    let mut types = vec![0; ids.len()];
    if frame.doubled {
        ids.push(frame.end);
    }
    ids.extend_from_slice(around);
    ids.extend(first(tokens, &piece.sentence, limits.sentence)?);
    ids.push(frame.end);
    // XLM-R has a single type.
    types.resize(ids.len(), u8::from(!frame.doubled));
    Ok(Text { ids, types })
}
