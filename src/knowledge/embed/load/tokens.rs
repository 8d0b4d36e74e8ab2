//! A model's tokenizer: token ids, and exact counts at the speed that chunking
//! needs.
//!
//! The tokenizers crate aligns every token with its text, which costs more
//! than the tokens themselves. Chunking only wants to know how many there are,
//! for every sentence of a library of documents. For the pipeline of the BERT
//! family a text falls apart at white space and punctuation whatever stands
//! around it, so the count of a text is the sum over its words, and words
//! repeat: each is tokenized once and remembered.

use crate::builtin::{Asset, file};
use crate::config::plausible;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use tokenizers::{Model, ModelWrapper, NormalizerWrapper, PreTokenizerWrapper, Tokenizer};

/// Most words that are remembered; the frequent ones come early in any text.
const REMEMBERED: usize = 1 << 17;

/// Longest word that is remembered, in bytes. Longer ones hardly repeat.
const LONGEST: usize = 64;

/// A tokenizer without truncation and padding.
pub struct Tokens {
    tokenizer: Tokenizer,
    words: Option<Words>,
}

/// Token counts of words, for tokenizers that split a text into words first.
struct Words {
    lowercase: bool,
    /// Bytes that start a special token written out in the text (`[MASK]`).
    marks: [bool; 256],
    known: RwLock<HashMap<Box<str>, usize>>,
}

impl Tokens {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn from_bytes(json: &[u8]) -> Result<Self, String> {
        plausible::tokenizer(json).map_err(|reason| format!("tokenizer.json: {reason}"))?;
        let mut tokenizer = Tokenizer::from_bytes(json)
            .map_err(|error| format!("tokenizer.json is not a tokenizer: {error}"))?;
        tokenizer.with_truncation(None).map_err(|error| format!("tokenizer.json: {error}"))?;
        tokenizer.with_padding(None);
        // A vocabulary without its unknown token fails only at the first
        // unknown word, so one is tried here.
        tokenizer
            .encode_fast("\u{2603}", false)
            .map_err(|error| format!("tokenizer.json cannot be used: {error}"))?;
        let words = Words::of(&tokenizer);
        Ok(Self { tokenizer, words })
    }

    /// The one in this program, read once: the embedder and the ranker share
    /// it, and load at the same time.
    ///
    /// # Errors
    /// Only where the program was built from damaged files.
    pub fn builtin() -> Result<Arc<Self>, String> {
        static READ: OnceLock<Result<Arc<Tokens>, String>> = OnceLock::new();
        let read = || {
            let json = file(Asset::Embedder, "tokenizer.json");
            Tokens::from_bytes(json.ok_or("tokenizer.json is not compiled in")?).map(Arc::new)
        };
        READ.get_or_init(read).clone()
    }

    /// Token ids of a text, without special tokens.
    ///
    /// # Errors
    /// Where the tokenizer fails.
    pub fn ids(&self, text: &str) -> Result<Vec<u32>, String> {
        self.encode(text, false)
    }

    /// How many tokens a text has, without special tokens.
    pub fn count(&self, text: &str) -> usize {
        match &self.words {
            Some(words) => words.count(&self.tokenizer, text),
            None => exact(&self.tokenizer, text),
        }
    }

    /// The share of a text's first words that the vocabulary has no pieces
    /// for, or hardly more than their letters.
    pub fn unknown_words(&self, text: &str) -> f32 {
        const WORDS: usize = 60;
        let unknown = self.unknown();
        let shred = |word: &str| {
            let letters = word.chars().count();
            self.ids(word).is_ok_and(|ids| {
                let missing = ids.iter().any(|id| Some(*id) == unknown);
                missing || ids.len() >= 3 && ids.len() * 3 > letters
            })
        };
        let is_word = |word: &&str| word.chars().any(char::is_alphabetic);
        let words: Vec<&str> = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(is_word)
            .map(|word| word.get(..word.floor_char_boundary(LONGEST)).unwrap_or(word))
            .take(WORDS)
            .collect();
        let count = words.iter().filter(|word| shred(word)).count();
        count as f32 / words.len().max(1) as f32
    }

    /// The id of a token, if the vocabulary has it.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// The id that stands for what the vocabulary doesn't know.
    pub fn unknown(&self) -> Option<u32> {
        match self.tokenizer.get_model() {
            ModelWrapper::WordPiece(model) => self.id(&model.unk_token),
            ModelWrapper::WordLevel(model) => self.id(&model.unk_token),
            ModelWrapper::BPE(model) => model.unk_token.as_deref().and_then(|t| self.id(t)),
            ModelWrapper::Unigram(_) => None,
        }
    }

    /// The highest id of the vocabulary.
    pub fn highest_id(&self) -> Option<u32> {
        self.tokenizer.get_vocab(true).values().copied().max()
    }

    /// The special tokens that the tokenizer puts before and behind a text.
    ///
    /// # Errors
    /// Where the tokenizer fails.
    pub fn frame(&self) -> Result<(Vec<u32>, Vec<u32>), String> {
        let bare = self.encode("a", false)?;
        let framed = self.encode("a", true)?;
        if bare.is_empty() {
            return Ok((framed, Vec::new()));
        }
        let start = framed
            .windows(bare.len())
            .position(|window| window == bare)
            .ok_or("the tokenizer changes a text when it adds special tokens")?;
        let head = framed.iter().take(start).copied().collect();
        let tail = framed.iter().skip(start + bare.len()).copied().collect();
        Ok((head, tail))
    }

    fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, String> {
        self.tokenizer
            .encode_fast(text, special)
            .map(|encoding| encoding.get_ids().to_vec())
            .map_err(|error| error.to_string())
    }
}

/// The count by the whole tokenizer. It was tried when it was loaded and
/// doesn't fail later; if it did, no text has more tokens than bytes.
fn exact(tokenizer: &Tokenizer, text: &str) -> usize {
    tokenizer.encode_fast(text, false).map_or(text.len(), |encoding| encoding.len())
}

impl Words {
    /// `None` unless the tokenizer is the BERT pipeline, for which white space
    /// and ASCII punctuation always separate words.
    fn of(tokenizer: &Tokenizer) -> Option<Self> {
        let ModelWrapper::WordPiece(_) = tokenizer.get_model() else {
            return None;
        };
        let Some(PreTokenizerWrapper::BertPreTokenizer(_)) = tokenizer.get_pre_tokenizer() else {
            return None;
        };
        let Some(NormalizerWrapper::BertNormalizer(normalizer)) = tokenizer.get_normalizer() else {
            return None;
        };
        let mut marks = [false; 256];
        for token in tokenizer.get_added_tokens_decoder().values() {
            let reaches_out = token.normalized || token.single_word || token.lstrip || token.rstrip;
            if reaches_out || token.content.contains(char::is_whitespace) {
                return None;
            }
            let first = *token.content.as_bytes().first()?;
            marks[usize::from(first)] = true;
        }
        Some(Self { lowercase: normalizer.lowercase, marks, known: RwLock::new(HashMap::new()) })
    }

    /// Sums over the pieces between white space, and over the words of a piece
    /// where it is plain ASCII. Only space, tab and line ends count as white
    /// space here: other control characters vanish and join what they part.
    fn count(&self, tokenizer: &Tokenizer, text: &str) -> usize {
        let mut total = 0;
        let mut fresh: Vec<(Box<str>, usize)> = Vec::new();
        let mut lower = String::new();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        for piece in text.split([' ', '\t', '\n', '\r']) {
            if piece.is_empty() {
                continue;
            }
            if self.is_plain(piece) {
                for word in piece.split_inclusive(|c: char| c.is_ascii_punctuation()) {
                    let word = match word.strip_suffix(|c: char| c.is_ascii_punctuation()) {
                        Some(rest) => {
                            // A punctuation mark is one token, known or not.
                            total += 1;
                            rest
                        }
                        None => word,
                    };
                    if word.is_empty() {
                        continue;
                    }
                    let key = self.cased(word, &mut lower);
                    total += recall(&known, &mut fresh, key, || word_pieces(tokenizer, key));
                }
            } else if piece.is_ascii() {
                total += exact(tokenizer, piece);
            } else {
                total += recall(&known, &mut fresh, piece, || exact(tokenizer, piece));
            }
        }
        drop(known);
        if !fresh.is_empty() {
            self.remember(fresh);
        }
        total
    }

    /// Whether a piece is made of ASCII letters, digits and punctuation, and
    /// can't hold a special token.
    fn is_plain(&self, piece: &str) -> bool {
        piece.bytes().all(|byte| byte.is_ascii_graphic() && !self.marks[usize::from(byte)])
    }

    /// An ASCII word as the normalizer leaves it.
    fn cased<'a>(&self, word: &'a str, buffer: &'a mut String) -> &'a str {
        if self.lowercase && word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            buffer.clear();
            buffer.push_str(word);
            buffer.make_ascii_lowercase();
            buffer.as_str()
        } else {
            word
        }
    }

    fn remember(&self, fresh: Vec<(Box<str>, usize)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let room = REMEMBERED.saturating_sub(known.len());
        known.extend(fresh.into_iter().take(room));
    }
}

/// Looks a word up, or counts it and notes it down.
fn recall(
    known: &HashMap<Box<str>, usize>,
    fresh: &mut Vec<(Box<str>, usize)>,
    word: &str,
    count: impl FnOnce() -> usize,
) -> usize {
    if let Some(count) = known.get(word) {
        return *count;
    }
    let count = count();
    if word.len() <= LONGEST && known.len() < REMEMBERED {
        fresh.push((word.into(), count));
    }
    count
}

/// Pieces of one normalized word.
fn word_pieces(tokenizer: &Tokenizer, word: &str) -> usize {
    tokenizer.get_model().tokenize(word).map_or(word.len(), |pieces| pieces.len())
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{tokenizer_json, word_level_tokenizer_json};
    use super::*;

    /// Texts that reach every branch of the count.
    const MIXED: &[&str] = &[
        "",
        "   \n\t ",
        "The QUICK brown fox jumps over the lazy dog.",
        "don't stop-me_now: a/b\\c (d) [e] {f} $5.00 50% #1 @x ~y `z` ^ & * + = | < > ? !",
        "email@example.com https://x.org/y?z=1&q=%20#frag C++ 1e10 -90",
        "curly \u{2018}quotes\u{2019} \u{201c}and\u{201d} dashes \u{2013} \u{2014} caf\u{e9} na\u{ef}ve",
        "Stra\u{df}e \u{130}stanbul \u{3a3}\u{391}\u{3a3} \u{fb01}ne e\u{301}a",
        "\u{4f60}\u{597d}\u{4e16}\u{754c} mixed \u{6d4b}\u{8bd5}text \u{3053}\u{3093}\u{306b}\u{3061}\u{306f} \u{d55c}\u{ad6d}\u{c5b4}",
        "a\u{7}b c\u{0}d e\u{b}f\u{c}g h\u{7f}i j\u{200b}k\u{feff}l m\u{fffd}n",
        "nbsp\u{a0}here line\u{2028}sep \u{3000}wide",
        "[MASK] x[CLS]y [mask] [UNK][UNK] [not a token]",
        "\u{1f600}\u{1f600} emoji\u{1f469}\u{200d}\u{1f4bb}end \u{10ffff}",
        "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    ];

    fn check(tokens: &Tokens, text: &str) {
        let expected = tokens.ids(text).unwrap().len();
        assert_eq!(tokens.count(text), expected, "first time: {text:?}");
        assert_eq!(tokens.count(text), expected, "from memory: {text:?}");
    }

    #[test]
    fn counts_are_the_tokenizers_own() {
        let builtin = Tokens::from_bytes(file(Asset::Embedder, "tokenizer.json").unwrap()).unwrap();
        assert!(builtin.words.is_some(), "the fast way is taken");
        let small = Tokens::from_bytes(&tokenizer_json()).unwrap();
        assert!(small.words.is_some());
        let other = Tokens::from_bytes(&word_level_tokenizer_json()).unwrap();
        assert!(other.words.is_none(), "another pipeline takes the slow way");
        let long = ["x".repeat(100), "x".repeat(101), "Ab1".repeat(4_000), "\u{e9}".repeat(101)];
        for tokens in [&builtin, &small, &other] {
            for text in MIXED.iter().copied().chain(long.iter().map(String::as_str)) {
                check(tokens, text);
            }
            check(tokens, &MIXED.concat());
            check(tokens, &MIXED.join("\n"));
        }
    }

    #[test]
    fn words_are_remembered_up_to_a_limit() {
        let tokens = Tokens::from_bytes(&tokenizer_json()).unwrap();
        tokens.count("alpha Beta beta, gamma");
        tokens.count(&"z".repeat(LONGEST + 1));
        let words = tokens.words.as_ref().unwrap();
        let mut known: Vec<String> =
            words.known.read().unwrap().keys().map(|key| key.to_string()).collect();
        known.sort();
        assert_eq!(known, ["alpha", "beta", "gamma"]);
    }

    #[test]
    fn the_frame_is_what_surrounds_a_text() {
        let tokens = Tokens::from_bytes(&tokenizer_json()).unwrap();
        let (head, tail) = tokens.frame().unwrap();
        assert_eq!(head, [tokens.id("[CLS]").unwrap()]);
        assert_eq!(tail, [tokens.id("[SEP]").unwrap()]);
        let bare = Tokens::from_bytes(&word_level_tokenizer_json()).unwrap();
        assert_eq!(bare.frame().unwrap(), (Vec::new(), Vec::new()));
    }

    #[test]
    fn damaged_files_are_reported() {
        assert!(Tokens::from_bytes(b"{}").is_err());
        let json = String::from_utf8(tokenizer_json()).unwrap();
        let headless = json.replace("\"unk_token\":\"[UNK]\"", "\"unk_token\":\"[GONE]\"");
        assert_ne!(json, headless);
        assert!(Tokens::from_bytes(headless.as_bytes()).is_err());
    }
}
