//! In how many passages each term occurs.
//!
//! The counts give terms their weight: inverse document frequencies over the
//! whole knowledge base. They are kept in a small file beside the table that
//! is made again when the table has changed enough, and hold nothing that the
//! table doesn't: without them every term weighs the same. Long words of
//! languages that put words together are kept too, to be found by their parts.

use super::forms::Terms;
use super::language::compounds;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// Collections of more passages than this keep no terms that occur once.
const SMALL: u64 = 5_000;
/// Most compounds that a word is compared with.
const MOST_COMPOUNDS: usize = 500_000;
/// Most compounds that a word of a question is found by.
const MOST_FOUND: usize = 24;

/// In how many passages each term occurs. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TermStats(Arc<Counts>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Counts {
    passages: u64,
    frequency: HashMap<String, u32>,
    /// Long words of languages that put words together.
    compounds: HashSet<String>,
    /// Passages by language.
    languages: BTreeMap<String, u64>,
}

impl TermStats {
    /// Counts the terms of one more passage.
    pub fn add(&mut self, text: &str) {
        self.add_terms(&Terms::of(text, ""), "");
    }

    /// Counts one more passage, whose terms are known, in a language.
    pub fn add_terms(&mut self, terms: &Terms, language: &str) {
        self.add_all(terms.iter(), language);
    }

    /// Counts one more passage by its prepared terms.
    pub fn add_prepared(&mut self, prepared: &str, language: &str) {
        let terms: HashSet<&str> = prepared.split(' ').filter(|term| !term.is_empty()).collect();
        self.add_all(terms.into_iter(), language);
    }

    fn add_all<'a>(&mut self, terms: impl Iterator<Item = &'a str>, language: &str) {
        let counts = Arc::make_mut(&mut self.0);
        counts.passages += 1;
        if !language.is_empty() {
            *counts.languages.entry(language.to_owned()).or_default() += 1;
        }
        let joined = compounds(language);
        for term in terms {
            if joined
                && is_long(term)
                && counts.compounds.len() < MOST_COMPOUNDS
                && !counts.compounds.contains(term)
            {
                counts.compounds.insert(term.to_owned());
            }
            match counts.frequency.get_mut(term) {
                Some(count) => *count += 1,
                None => {
                    counts.frequency.insert(term.to_owned(), 1);
                }
            }
        }
    }

    /// Adds the counts of other passages.
    pub fn merge(&mut self, other: Self) {
        if self.0.passages == 0 {
            *self = other;
            return;
        }
        let counts = Arc::make_mut(&mut self.0);
        let other = Arc::unwrap_or_clone(other.0);
        counts.passages += other.passages;
        for (term, count) in other.frequency {
            *counts.frequency.entry(term).or_insert(0) += count;
        }
        for (language, count) in other.languages {
            *counts.languages.entry(language).or_default() += count;
        }
        counts.compounds.extend(other.compounds);
    }

    /// How many passages were counted.
    #[must_use]
    pub fn passages(&self) -> u64 {
        self.0.passages
    }

    /// In how many passages a term occurs, as far as that is known.
    #[must_use]
    pub fn count(&self, term: &str) -> u32 {
        self.0.frequency.get(term).copied().unwrap_or(0)
    }

    /// Inverse document frequency of a term, as in BM25 (Robertson and
    /// Zaragoza, 2009): ln(1 + (N - n + 0.5) / (n + 0.5)). Where nothing was
    /// counted every term weighs 1.
    #[must_use]
    pub fn idf(&self, term: &str) -> f32 {
        if self.0.passages == 0 {
            return 1.0;
        }
        let n = f64::from(self.count(term));
        let total = self.0.passages as f64;
        (1.0 + ((total - n).max(0.0) + 0.5) / (n + 0.5)).ln() as f32
    }

    /// The languages of the passages, the most frequent first.
    #[must_use]
    pub fn languages(&self) -> Vec<&str> {
        let mut list: Vec<(&str, u64)> =
            self.0.languages.iter().map(|(language, count)| (language.as_str(), *count)).collect();
        list.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        list.into_iter().map(|(language, _)| language).collect()
    }

    /// Compounds that a word begins or ends, the closest first.
    #[must_use]
    pub(super) fn compounds_of(&self, part: &str) -> Vec<&str> {
        let hangul = part.chars().all(|c| matches!(u32::from(c), 0xAC00..=0xD7A3));
        let least = if hangul { 1 } else { 3 };
        let part_length = part.chars().count();
        if part_length < if hangul { 2 } else { 4 } {
            return Vec::new();
        }
        let mut found: Vec<(usize, &str)> = self
            .0
            .compounds
            .iter()
            .filter(|word| word.starts_with(part) || word.ends_with(part))
            .map(|word| (word.chars().count() - part_length, word.as_str()))
            .filter(|(rest, _)| *rest >= least)
            .collect();
        found.sort_unstable();
        found.truncate(MOST_FOUND);
        found.into_iter().map(|(_, word)| word).collect()
    }

    /// The two words of the collection that a compound is put together from.
    #[must_use]
    pub(super) fn parts_of(&self, word: &str) -> Option<(String, String)> {
        // What links the parts of German and Scandinavian compounds.
        const LINKS: [&str; 7] = ["", "s", "n", "en", "es", "er", "e"];
        let joined = self.0.languages.keys().any(|language| compounds(language));
        if !joined || !is_long(word) {
            return None;
        }
        let known = |part: &str| part.len() >= 3 && self.count(part) > 0;
        let mut best: Option<(usize, String, String)> = None;
        for (at, _) in word.char_indices().skip(3) {
            let (left, right) = word.split_at(at);
            if !known(right) {
                continue;
            }
            let left = LINKS
                .iter()
                .find_map(|link| left.strip_suffix(link).filter(|left| known(left)))
                .map(str::to_owned)
                // Miete and Vertrag make Mietvertrag.
                .or_else(|| Some(format!("{left}e")).filter(|left| known(left)));
            let Some(left) = left else { continue };
            let balance = left.len().min(right.len());
            if best.as_ref().is_none_or(|best| balance > best.0) {
                best = Some((balance, left, right.to_owned()));
            }
        }
        best.map(|(_, left, right)| (left, right))
    }

    /// Writes the counts.
    ///
    /// # Errors
    /// Where they can't be written.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let languages: Vec<String> = self
            .0
            .languages
            .iter()
            .map(|(language, count)| format!("{language}:{count}"))
            .collect();
        writeln!(out, "{HEADER}\t{}\t{}", self.0.passages, languages.join(","))?;
        for (term, count) in &self.0.frequency {
            let compound = self.0.compounds.contains(term);
            // A term seen once weighs nearly as much as an unseen one; leaving
            // these out halves the file.
            if *count > 1 || compound || self.0.passages < SMALL {
                writeln!(out, "{}{count}\t{term}", if compound { "+" } else { "" })?;
            }
        }
        Ok(())
    }

    /// Reads what [`Self::write`] wrote, now or in an older form; `None` where
    /// there is nothing usable.
    #[must_use]
    pub fn read(mut from: impl Read) -> Option<Self> {
        let mut text = String::new();
        from.read_to_string(&mut text).ok()?;
        let mut lines = text.lines();
        let mut head = lines.next()?.split('\t');
        let version = head.next()?;
        if version != HEADER && version != OLD_HEADER {
            return None;
        }
        let mut counts = Counts { passages: head.next()?.parse().ok()?, ..Counts::default() };
        for language in head.next().unwrap_or_default().split(',').filter(|one| !one.is_empty()) {
            let (language, count) = language.split_once(':')?;
            counts.languages.insert(language.to_owned(), count.parse().ok()?);
        }
        for line in lines {
            let (count, term) = line.split_once('\t')?;
            let plain = count.strip_prefix('+');
            if plain.is_some() {
                counts.compounds.insert(term.to_owned());
            }
            counts.frequency.insert(term.to_owned(), plain.unwrap_or(count).parse().ok()?);
        }
        Some(Self(Arc::new(counts)))
    }
}

/// Whether a term may be put together from two words.
fn is_long(term: &str) -> bool {
    let hangul = term.starts_with(|c| matches!(u32::from(c), 0xAC00..=0xD7A3));
    let letters = term.chars().count();
    (if hangul { letters >= 3 } else { letters >= 8 }) && term.chars().all(char::is_alphabetic)
}

const HEADER: &str = "lorag-terms-2";
const OLD_HEADER: &str = "lorag-terms-1";
