//! The language of a text, by the small words that each language is full of.
//!
//! Whether "Art." or "mar." is an abbreviation and whether "3. Gleis" holds an
//! ordinal depends on it. A guess is enough, and none is as good as a wrong
//! one is bad: without a clear winner there is none.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A language whose abbreviations are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Russian,
}

/// Most words that are looked at.
const MOST_WORDS: usize = 2_000;

/// Frequent words of the languages, in their order, without Russian, which
/// its letters tell.
const SMALL_WORDS: [&[&str]; 6] = [
    &[
        "the", "of", "and", "is", "to", "are", "with", "for", "was", "that", "it", "you", "by",
        "not", "from", "this", "be", "were", "has", "have", "at", "its", "he", "she", "they", "we",
        "if", "which", "your",
    ],
    &[
        "der", "die", "das", "und", "ist", "nicht", "mit", "für", "den", "dem", "von", "ein",
        "eine", "zu", "wird", "sie", "werden", "auf", "im", "bei", "sich", "auch", "am", "zum",
        "zur", "er", "wir", "ich", "sind", "oder", "nach", "war", "wie", "dass", "aus", "vor",
        "einer", "eines",
    ],
    &[
        "le", "la", "les", "des", "est", "et", "une", "du", "dans", "pour", "que", "pas", "au",
        "vous", "de", "en", "par", "sur", "qui", "il", "elle", "aux", "ce", "cette", "être",
        "sont", "avec", "ne", "se", "un", "ou", "à", "nous",
    ],
    &[
        "el", "la", "los", "las", "y", "es", "una", "del", "con", "por", "que", "para", "se", "de",
        "en", "un", "al", "su", "no", "está", "son", "como", "más", "fue", "lo", "sus", "si", "o",
    ],
    &[
        "il", "di", "che", "è", "per", "una", "della", "non", "sono", "con", "gli", "nel", "si",
        "dei", "la", "le", "un", "del", "al", "da", "e", "i", "lo", "alla", "delle", "più", "ha",
        "nella",
    ],
    &[
        "o", "os", "as", "e", "não", "uma", "do", "da", "dos", "das", "com", "para", "em", "é",
        "que", "ao", "no", "na", "de", "um", "se", "por", "foi", "são", "mais", "sua", "seu",
        "nos", "nas",
    ],
];

/// Most bytes of a small word in ASCII: longer words need not be looked up.
const LONGEST_SMALL: usize = 8;

/// Each small word with its languages, a bit for each in their order.
static BY_WORD: LazyLock<HashMap<&'static str, u8>> = LazyLock::new(|| {
    let mut out = HashMap::new();
    for (index, words) in SMALL_WORDS.iter().enumerate() {
        words.iter().for_each(|word| *out.entry(*word).or_default() |= 1 << index);
    }
    out
});

/// The languages of a small word, a bit for each.
fn languages(word: &str) -> u8 {
    let known = |word: &str| BY_WORD.get(word).copied().unwrap_or_default();
    if !word.is_ascii() {
        return known(&word.to_lowercase());
    }
    let mut low = [0; LONGEST_SMALL];
    let Some(low) = low.get_mut(..word.len()) else { return 0 };
    low.copy_from_slice(word.as_bytes());
    low.make_ascii_lowercase();
    std::str::from_utf8(low).map_or(0, known)
}

/// The language of a text, where it shows.
pub(super) fn language(text: &str) -> Option<Language> {
    let mut scores = [0_usize; 6];
    let mut russian = 0_usize;
    for word in text.split_whitespace().take(MOST_WORDS) {
        let word = word.trim_matches(|c: char| !c.is_alphabetic());
        // An article that lost its vowel stands before an apostrophe.
        let word = word.split(['\'', '’']).next().unwrap_or_default();
        if word.is_empty() || word.len() > 24 {
            continue;
        }
        for c in word.chars() {
            match c {
                'ß' | 'ä' | 'ü' => add(&mut scores, Language::German),
                'ñ' => add(&mut scores, Language::Spanish),
                'ã' | 'õ' => add(&mut scores, Language::Portuguese),
                'ì' | 'ò' => add(&mut scores, Language::Italian),
                'œ' | 'ê' | 'û' | 'ë' => add(&mut scores, Language::French),
                'а'..='я' => russian += 1,
                _ => {}
            }
        }
        let languages = languages(word);
        for (index, score) in scores.iter_mut().enumerate() {
            *score += usize::from(languages >> index & 1) * 2;
        }
    }
    let best = scores.iter().copied().max().unwrap_or_default();
    if russian > 4 * best {
        return Some(Language::Russian);
    }
    let mut winners = scores.iter().zip(ALL).filter(|(score, _)| **score == best);
    let winner = winners.next().map(|(_, language)| language);
    winner.filter(|_| best > 0 && winners.next().is_none())
}

const ALL: [Language; 6] = [
    Language::English,
    Language::German,
    Language::French,
    Language::Spanish,
    Language::Italian,
    Language::Portuguese,
];

fn add(scores: &mut [usize; 6], language: Language) {
    if let Some(score) = scores.get_mut(language as usize) {
        *score += 1;
    }
}

/// The language of an ISO 639-1 code.
pub(super) fn of_code(code: &str) -> Option<Language> {
    Some(match code {
        "en" => Language::English,
        "de" => Language::German,
        "fr" => Language::French,
        "es" => Language::Spanish,
        "it" => Language::Italian,
        "pt" => Language::Portuguese,
        "ru" => Language::Russian,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_small_word_is_found_however_it_is_written() {
        for (index, words) in SMALL_WORDS.iter().enumerate() {
            for word in *words {
                assert_ne!(languages(word) >> index & 1, 0, "{word}");
                assert_eq!(languages(&word.to_uppercase()), languages(word), "{word}");
            }
        }
        assert_eq!((languages("installation"), languages("xyz"), languages("")), (0, 0, 0));
    }
}
