//! The terms of a word: whole and in parts, as written and stemmed.

use super::fold::{fold, lower, spelled_out};
use super::language::{has_stemmer, is_common, stem};
use super::split::{Raw, clusters, humps, pairs, pieces, words};
use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Words that one analyzer remembers, since texts repeat themselves.
const REMEMBERED: usize = 20_000;

/// Bytes above which a word is none of a language, and has no stem.
const LONGEST_STEMMED: usize = 96;

/// Analyses passages of one language.
pub struct Analyzer<'a> {
    language: &'a str,
    known: HashMap<String, Vec<String>>,
}

impl<'a> Analyzer<'a> {
    /// An analyzer for a language, an ISO 639-1 code. An unknown
    /// one is taken for English.
    #[must_use]
    pub fn new(language: &'a str) -> Self {
        Self { language, known: HashMap::new() }
    }

    /// Calls `each` with the terms of a text, in order.
    pub fn each(&mut self, text: &str, each: &mut dyn FnMut(&str)) {
        words(text, &mut |raw| match raw {
            Raw::Unspaced(run) => unspaced_terms(run).iter().for_each(|term| each(term)),
            Raw::Word { text, opens } => {
                if let Some(exact) = exact(text, opens) {
                    each(exact);
                }
                if let Some(terms) = self.known.get(text) {
                    return terms.iter().for_each(|term| each(term));
                }
                let terms = Word::of(text).all(&[self.language]);
                terms.iter().for_each(|term| each(term));
                if self.known.len() < REMEMBERED && text.len() < 64 {
                    self.known.insert(text.to_owned(), terms);
                }
            }
        });
    }

    /// The terms of a text, separated by spaces.
    #[must_use]
    pub fn prepared(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + text.len() / 2);
        self.each(text, &mut |term| {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(term);
        });
        out
    }

    /// The terms of a text, each once.
    #[must_use]
    pub fn terms(&mut self, text: &str) -> Terms {
        let mut set = HashSet::new();
        let mut words_seen = 0;
        words(text, &mut |_| words_seen += 1);
        self.each(text, &mut |term| {
            if !set.contains(term) {
                set.insert(term.to_owned());
            }
        });
        Terms { set, words: words_seen }
    }
}

/// The terms of a text, each once.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    set: HashSet<String>,
    words: usize,
}

impl Terms {
    /// The terms of a text in a language.
    #[must_use]
    pub fn of(text: &str, language: &str) -> Self {
        Analyzer::new(language).terms(text)
    }

    /// Whether a term is among them.
    #[must_use]
    pub fn contains(&self, term: &str) -> bool {
        self.set.contains(term)
    }

    /// How many words the text has; a run of a script without spaces counts
    /// as one.
    #[must_use]
    pub fn words(&self) -> usize {
        self.words
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.set.iter().map(String::as_str)
    }

    /// Adds those of another text.
    pub fn extend(&mut self, other: &Self) {
        self.set.extend(other.set.iter().cloned());
        self.words += other.words;
    }
}

/// A word with its parts.
pub(super) struct Word<'a> {
    /// As it is written, without `'s`.
    pub(super) text: &'a str,
    /// Whole, folded and without joints, so that `E-2207` is `E2207`.
    pub(super) whole: String,
    /// Its parts where it has several, as they are written.
    pub(super) parts: Vec<&'a str>,
}

impl<'a> Word<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let whole_text = text;
        if text.ends_with(['+', '#']) {
            let name = text.trim_end_matches(['+', '#']);
            return Self { text, whole: fold(text), parts: vec![name] };
        }
        let mut list = pieces(text);
        // The dog's bone is a bone of the dog.
        if let [_, .., (joint, last)] = list.as_slice()
            && matches!(*joint, "'" | "’")
            && text.get(last.clone()).is_some_and(|last| last.eq_ignore_ascii_case("s"))
        {
            list.pop();
        }
        let mut whole = String::new();
        let mut parts: Vec<Range<usize>> = Vec::new();
        for (joint, range) in &list {
            let piece = text.get(range.clone()).unwrap_or_default();
            let digits = whole.ends_with(char::is_numeric) && piece.starts_with(char::is_numeric);
            let numeric = digits && piece.chars().all(char::is_numeric);
            // 4.2 is not 42, and 2028-05-01 no number; 1,482 is one.
            if digits && *joint != "," {
                whole.push(if *joint == "." { '.' } else { '-' });
            }
            whole.push_str(piece);
            if let Some(last) = parts.last_mut()
                && numeric
                && matches!(*joint, "." | ",")
            {
                last.end = range.end;
                continue;
            }
            let mut start = range.start;
            for hump in humps(piece) {
                parts.push(start..start + hump.len());
                start += hump.len();
            }
        }
        let text = list
            .first()
            .zip(list.last())
            .and_then(|((_, first), (_, last))| text.get(first.start..last.end))
            .unwrap_or(text);
        let mut parts: Vec<&str> = match parts.as_slice() {
            [] | [_] => Vec::new(),
            parts => parts.iter().filter_map(|part| whole_text.get(part.clone())).collect(),
        };
        // The E of E-2207 says nothing by itself.
        if parts.iter().any(|part| part.starts_with(char::is_numeric)) {
            parts.retain(|part| part.len() > 1 || part.starts_with(char::is_numeric));
        }
        Self { text, whole: fold(&whole), parts }
    }

    /// All its terms, the whole first, none twice.
    pub(super) fn all(&self, languages: &[&str]) -> Vec<String> {
        let mut out = Vec::new();
        let mut add = |term: String| {
            // A chain of hundreds of parts isn't worth comparing them all.
            if !term.is_empty() && (out.len() > 64 || !out.contains(&term)) {
                out.push(term);
            }
        };
        add(self.whole.clone());
        if self.parts.is_empty() {
            others(self.text, languages).into_iter().for_each(&mut add);
        }
        for part in &self.parts {
            add(fold(part));
            others(part, languages).into_iter().for_each(&mut add);
        }
        out
    }
}

/// Other forms of a word without parts: its stems, its spelling without
/// umlauts, a Korean noun without its particle.
pub(super) fn others(word: &str, languages: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = spelled_out(word).into_iter().collect();
    if word.len() > LONGEST_STEMMED {
        return out;
    }
    let mut chars = word.chars();
    if chars.next().is_none_or(|c| c.is_numeric()) {
        return out;
    }
    if word.chars().any(is_hangul) {
        out.extend(without_particle(&fold(word)));
        return out;
    }
    let lowered = lower(word);
    for language in languages {
        let language = if has_stemmer(language) && !(word.is_ascii() && *language == "ru") {
            language
        } else {
            "en"
        };
        if let Some(stem) = stem(&lowered, language) {
            out.push(fold(&stem));
        }
    }
    out
}

/// A short word in capitals that is a common word otherwise: the A of vitamin
/// A, IT, WHO. It is found by its capitals as well.
pub(super) fn exact(word: &str, opens: bool) -> Option<&str> {
    let short = matches!(word.len(), 1..=3) && word.chars().all(|c| c.is_ascii_uppercase());
    let name = short
        && word != "I"
        && (word.len() > 1 || !opens)
        && (word.len() == 1 || is_common(&word.to_ascii_lowercase(), "en"));
    name.then_some(word)
}

/// The words of a run of a script without spaces, by its dictionary.
pub(super) fn segments(run: &str) -> Vec<&str> {
    thread_local! {
        static SEGMENTER: WordSegmenterBorrowed<'static> =
            WordSegmenter::new_dictionary(WordBreakInvariantOptions::default());
    }
    SEGMENTER.with(|segmenter| {
        let ends: Vec<usize> = segmenter.segment_str(run).collect();
        ends.windows(2).filter_map(|cut| run.get(cut[0]..cut[1])).collect()
    })
}

/// Whether a cluster is a syllable of Thai, Lao, Khmer or Burmese.
fn is_syllable(cluster: &str) -> bool {
    let mut chars = cluster.chars();
    chars.next().is_some_and(|c| matches!(u32::from(c), 0x0E00..=0x17FF)) && chars.next().is_some()
}

/// Words and overlapping pairs of a run.
fn unspaced_terms(run: &str) -> Vec<String> {
    let run = fold(run);
    let mut pairs = pairs(&run);
    // A syllable of these scripts may be a word.
    pairs.extend(clusters(&run).into_iter().filter(|one| is_syllable(one)).map(str::to_owned));
    let mut out: Vec<String> = segments(&run)
        .into_iter()
        .filter(|word| !pairs.iter().any(|pair| pair == word))
        .map(str::to_owned)
        .collect();
    out.extend(pairs);
    out
}

fn is_hangul(c: char) -> bool {
    matches!(u32::from(c), 0xAC00..=0xD7A3)
}

/// Particles of Korean nouns, the longer ones first.
const PARTICLES: &[&str] = &[
    "에서부터",
    "으로부터",
    "입니까",
    "입니다",
    "이라고",
    "이라는",
    "에서는",
    "에서도",
    "으로는",
    "으로도",
    "에게서",
    "한테서",
    "까지는",
    "부터는",
    "에는",
    "에도",
    "에서",
    "에게",
    "한테",
    "으로",
    "까지",
    "부터",
    "보다",
    "처럼",
    "마다",
    "조차",
    "마저",
    "이나",
    "이란",
    "이며",
    "이면",
    "이고",
    "이다",
    "라고",
    "라는",
    "와는",
    "과는",
    "과의",
    "와의",
    "로는",
    "로의",
    "만의",
    "께서",
    "하고",
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "에",
    "의",
    "로",
    "와",
    "과",
    "도",
    "만",
    "께",
    "나",
    "랑",
];

/// A Korean word without the particle at its end.
fn without_particle(word: &str) -> Option<String> {
    let noun = PARTICLES.iter().find_map(|particle| {
        let noun = word.strip_suffix(particle)?;
        let enough = noun.chars().count() >= if particle.chars().count() > 1 { 1 } else { 2 };
        (enough && noun.ends_with(is_hangul)).then_some(noun)
    })?;
    Some(noun.to_owned())
}
