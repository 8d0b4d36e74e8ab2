//! How a claim compares with the sentences of a passage: where in it most of
//! the claim's terms are, and whether numbers and negations agree there.

use super::tokens::Token;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Most neighbouring sentences that may support a claim together.
const WIDEST: usize = 3;
/// What each further sentence must add to the overlap to be taken in.
const WIDENING: f32 = 0.05;
/// Terms of its clause that a negation may reach.
const REACH: usize = 3;
/// Terms to each side of a number that say what it counts.
const NEAR: usize = 3;
/// Share of common terms from which two texts are taken for versions of one
/// sentence, which then must have equally many negations.
const VERSION: f32 = 0.8;

/// The sentences of a passage that hold most of a claim.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Window {
    /// Which sentences, of those of the passage.
    pub range: Range<usize>,
    /// Share of the weight of the claim's terms that they hold, 0 to 1.
    pub overlap: f32,
}

/// The one to three neighbouring sentences that hold most of the claim's terms
/// (those of the passage's headings are held everywhere). A term that many
/// sentences of the passage hold weighs less. `None` for a claim without any.
#[must_use]
pub(super) fn best_window(
    claim: &[Token],
    sentences: &[Vec<Token>],
    heading: &HashSet<&str>,
) -> Option<Window> {
    let distinct: HashSet<&str> = claim.iter().filter_map(Token::word).collect();
    if distinct.is_empty() {
        return None;
    }
    let held: Vec<HashSet<&str>> = sentences
        .iter()
        .map(|said| said.iter().filter_map(Token::word).filter(|w| distinct.contains(w)).collect())
        .collect();
    let weights: Vec<(&str, f32)> = distinct
        .iter()
        .map(|word| {
            let within = held.iter().filter(|said| said.contains(word)).count().max(1);
            (*word, 1.0 / (1.0 + (within as f32).ln()))
        })
        .collect();
    let total: f32 = weights.iter().map(|(_, weight)| weight).sum();
    let mut best: Option<(f32, Window)> = None;
    for width in 1..=WIDEST {
        for (start, window) in held.windows(width).enumerate() {
            let found = weights.iter().filter(|(word, _)| {
                heading.contains(word) || window.iter().any(|said| said.contains(word))
            });
            let overlap = found.map(|(_, weight)| weight).sum::<f32>() / total;
            let worth = overlap - WIDENING * (width - 1) as f32;
            if best.as_ref().is_none_or(|(most, _)| worth > most + 1e-6) {
                best = Some((worth, Window { range: start..start + width, overlap }));
            }
        }
    }
    best.map(|(_, window)| window)
}

/// Whether the numbers of the claim are those of the window: each occurs there
/// (or in a heading) as often, in a sentence with a term that stands near it in
/// the claim.
#[must_use]
pub(super) fn numbers_agree(
    claim: &[Token],
    window: &[Vec<Token>],
    heading: &HashSet<&str>,
) -> bool {
    let mut spare: HashMap<&str, usize> = HashMap::new();
    for token in window.iter().flatten() {
        if let Token::Number(number) = token {
            *spare.entry(number).or_default() += 1;
        }
    }
    let words: Vec<&Token> = claim.iter().filter(|token| token.word().is_some()).collect();
    let said: Vec<HashSet<&str>> =
        window.iter().map(|sentence| sentence.iter().filter_map(Token::word).collect()).collect();
    words.iter().enumerate().all(|(at, token)| {
        let Token::Number(number) = token else { return true };
        if heading.contains(number.as_str()) {
            return true;
        }
        match spare.get_mut(number.as_str()) {
            Some(left) if *left > 0 => *left -= 1,
            _ => return false,
        }
        let near: Vec<&str> = words
            .iter()
            .take(at + NEAR + 1)
            .skip(at.saturating_sub(NEAR))
            .filter_map(|token| match token {
                Token::Term(term) if said.iter().any(|s| s.contains(term.as_str())) => {
                    Some(term.as_str())
                }
                _ => None,
            })
            .collect();
        near.is_empty()
            || said
                .iter()
                .filter(|sentence| sentence.contains(number.as_str()))
                .any(|sentence| near.iter().any(|term| sentence.contains(term)))
    })
}

/// Whether the claim denies what the window denies, and nothing else.
#[must_use]
pub(super) fn negations_agree(claim: &[Token], window: &[Vec<Token>]) -> bool {
    let said: HashSet<&str> = window.iter().flatten().filter_map(Token::word).collect();
    let claimed: HashSet<&str> = claim.iter().filter_map(Token::word).collect();
    let common: HashSet<&str> = said.intersection(&claimed).copied().collect();
    let ours = Polarity::of(claim.iter(), &common);
    let theirs = Polarity::of(window.iter().flatten(), &common);
    if ours.negations > 0 && theirs.negations == 0 {
        return false;
    }
    let all = said.union(&claimed).count();
    if common.len() as f32 >= VERSION * all as f32 && ours.negations != theirs.negations {
        return false;
    }
    common.iter().all(|word| {
        let count = |map: &HashMap<&str, usize>| map.get(*word).copied().unwrap_or(0);
        let added = count(&ours.denied) > count(&theirs.denied);
        let dropped = count(&theirs.denied) > count(&ours.denied)
            && count(&ours.affirmed) > count(&theirs.affirmed);
        !added && !dropped
    })
}

/// How often a text affirms and denies each of the words that two texts share.
#[derive(Debug, Default)]
struct Polarity<'a> {
    affirmed: HashMap<&'a str, usize>,
    denied: HashMap<&'a str, usize>,
    negations: usize,
}

impl<'a> Polarity<'a> {
    /// A negation denies the first shared word that it reaches.
    fn of(tokens: impl Iterator<Item = &'a Token>, common: &HashSet<&str>) -> Self {
        let mut out = Self::default();
        let mut reach = 0_usize;
        for token in tokens {
            match token {
                Token::Not => {
                    out.negations += 1;
                    reach = REACH;
                }
                Token::Break => reach = 0,
                Token::Term(word) | Token::Number(word) => {
                    let shared = common.contains(word.as_str());
                    if shared && reach > 0 {
                        *out.denied.entry(word).or_default() += 1;
                        reach = 0;
                    } else {
                        reach = reach.saturating_sub(1);
                        if shared {
                            *out.affirmed.entry(word).or_default() += 1;
                        }
                    }
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn said(sentences: &[&str]) -> Vec<Vec<Token>> {
        sentences.iter().map(|sentence| tokens(sentence)).collect()
    }

    fn numbers(claim: &str, sentences: &[&str]) -> bool {
        numbers_agree(&tokens(claim), &said(sentences), &HashSet::from(["2019"]))
    }

    fn negations(claim: &str, sentence: &str) -> bool {
        negations_agree(&tokens(claim), &said(&[sentence]))
    }

    #[test]
    fn the_smallest_window_with_most_of_the_terms_wins() {
        let passage = said(&[
            "The garden opens in May.",
            "Roses are pruned in late February.",
            "Their buds open in spring.",
            "Tulips wait.",
        ]);
        let none = HashSet::new();
        let one = best_window(&tokens("Roses are pruned in February"), &passage, &none).unwrap();
        assert_eq!((one.range, one.overlap), (1..2, 1.0));
        let two = best_window(&tokens("Pruned roses have buds in spring"), &passage, &none);
        assert_eq!(two.unwrap().range, 1..3);
        let heading = HashSet::from(["garden", "kyoto"]);
        let held = best_window(&tokens("Kyoto's garden tulips wait"), &passage, &heading).unwrap();
        assert_eq!((held.range, held.overlap), (3..4, 1.0));
        assert_eq!(best_window(&tokens("It is not"), &passage, &none), None);
    }

    #[test]
    fn numbers_must_be_there_as_often_and_beside_the_same_words() {
        assert!(numbers("In 2019, three eggs", &["It takes 3 eggs."]));
        assert!(!numbers("four eggs", &["It takes 3 eggs."]));
        assert!(!numbers("two eggs and two cups", &["Take two eggs and three cups."]));
        assert!(!numbers("built in 1938", &["It was built in 1937.", "He died in 1938."]));
        assert!(numbers("1,500 eggs are sold", &["They sold 1500 eggs."]));
    }

    #[test]
    fn added_and_dropped_negations_are_seen() {
        let sentence = "The cache is not emptied at midnight, though it could be.";
        assert!(negations("The cache isn't emptied at midnight.", sentence));
        assert!(!negations("The cache is emptied at midnight.", sentence));
        assert!(!negations("The cache is never emptied.", "The cache is emptied at midnight."));
        assert!(!negations(
            "All strains of the species are suitable, so strains vary.",
            "Not all strains of the species are suitable, so strains vary."
        ));
        assert!(negations("Roses like sun.", "Roses like sun, but do not like frost or wind."));
        assert!(!negations("缓存在午夜清空。", "缓存在午夜不清空。"));
        assert!(!negations("キャッシュは空にされる。", "キャッシュは空にされない。"));
    }
}
