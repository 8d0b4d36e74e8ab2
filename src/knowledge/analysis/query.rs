//! A question as full text and sentence scores see it: words, each with the
//! terms it is found by.

use super::TermStats;
use super::fold::fold;
use super::forms::{Terms, Word, exact, others, segments};
use super::language::{has_stemmer, is_common, votes};
use super::split::{Raw, pairs, words};

/// Characters of a question that are looked at. More would only be pasted
/// text, which makes a search slow and no better.
const MOST_CHARACTERS: usize = 4096;
/// Most languages of a collection that a question's words are stemmed in.
const MOST_LANGUAGES: usize = 4;
/// What a common word ("the", "is") weighs of what its rarity says: in a small
/// collection the question's own small words are the rarest of all.
const COMMON: f32 = 0.05;
/// How well a word is found by a compound that holds it.
const IN_COMPOUND: f32 = 0.7;
/// How well a word is found by all of its parts.
const IN_PARTS: f32 = 0.9;
/// How well a code is found by its number alone.
const BY_NUMBER: f32 = 0.3;
/// Weight of a word's other forms in full text, so that a word counts about
/// once however many forms of it a passage holds.
const OTHER_FORMS: f32 = 0.3;
/// Weight of common words in full text.
const COMMON_FORMS: f32 = 0.1;

/// A word of a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryWord {
    /// Terms that it is found by, and how well each fits, 0 to 1; the best
    /// for full text first.
    pub forms: Vec<(String, f32)>,
    /// Parts that make it up together: forms of each.
    pub parts: Vec<Vec<String>>,
    /// What it weighs.
    pub weight: f32,
    /// Whether it is a common word.
    pub common: bool,
}

/// A question's words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// None twice, in order.
    pub words: Vec<QueryWord>,
}

/// What full text looks for: groups of terms, each with its weight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FullText {
    /// The question as it was asked, for tables that were analysed otherwise.
    pub asked: String,
    /// Terms separated by spaces, none twice, with their weight.
    pub groups: Vec<(String, f32)>,
}

impl FullText {
    /// What to look for where nothing is known of the collection.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Query::of(text, &TermStats::default()).full_text(text)
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Query {
    /// The words of a question, compared with a collection's terms.
    #[must_use]
    pub fn of(text: &str, stats: &TermStats) -> Self {
        let end = text.char_indices().nth(MOST_CHARACTERS).map_or(text.len(), |(at, _)| at);
        let text = text.get(..end).unwrap_or(text);
        let languages = languages(text, stats);
        let main = languages.first().copied().unwrap_or("en");
        let mut out = Self::default();
        words(text, &mut |raw| match raw {
            Raw::Word { text, opens } => {
                let mut word = of_word(text, opens, &languages, stats);
                let plain = text.to_lowercase();
                word.common = exact(text, opens).is_none()
                    && (is_common(&plain, main) || is_common(&plain, "en"));
                out.add(word, stats);
            }
            Raw::Unspaced(run) => {
                for segment in segments(&fold(run)) {
                    out.add(of_segment(segment), stats);
                }
            }
        });
        out
    }

    fn add(&mut self, mut word: QueryWord, stats: &TermStats) {
        let known = |other: &QueryWord| other.forms.first() == word.forms.first();
        if word.forms.is_empty() || self.words.iter().any(known) {
            return;
        }
        let strong = word.forms.iter().filter(|(_, fit)| *fit >= 0.9);
        let weight = strong.map(|(form, _)| stats.idf(form)).fold(f32::INFINITY, f32::min);
        word.weight = if weight.is_finite() { weight } else { 1.0 };
        if word.common {
            word.weight *= COMMON;
        }
        self.words.push(word);
    }

    /// What the words weigh together.
    #[must_use]
    pub fn weight(&self) -> f32 {
        self.words.iter().map(|word| word.weight).sum()
    }

    /// The share of the question's weight that a text's terms hold, 0 to 1.
    #[must_use]
    pub fn share(&self, terms: &Terms) -> f32 {
        let held: f32 = self.words.iter().map(|word| word.weight * word.held(terms)).sum();
        held / self.weight().max(f32::MIN_POSITIVE)
    }

    /// What full text looks for; `asked` is the question's text.
    #[must_use]
    pub fn full_text(&self, asked: &str) -> FullText {
        let mut groups: [Vec<&str>; 3] = Default::default();
        let content = self.words.iter().any(|word| !word.common);
        for word in &self.words {
            let Some(((first, _), others)) = word.forms.split_first() else { continue };
            if word.common && content {
                groups[2].push(first);
                continue;
            }
            groups[0].push(first);
            groups[1].extend(others.iter().map(|(form, _)| form.as_str()));
            let parts = word.parts.iter().filter_map(|part| part.first());
            groups[0].extend(parts.map(String::as_str));
            groups[1]
                .extend(word.parts.iter().flat_map(|part| part.iter().skip(1)).map(String::as_str));
        }
        let mut seen = std::collections::HashSet::new();
        let groups = groups
            .into_iter()
            .zip([1.0, OTHER_FORMS, COMMON_FORMS])
            .map(|(mut terms, weight)| {
                terms.retain(|term| seen.insert(*term));
                (terms.join(" "), weight)
            })
            .filter(|(terms, _)| !terms.is_empty())
            .collect();
        FullText { asked: asked.to_owned(), groups }
    }
}

impl QueryWord {
    /// How well a text's terms hold this word, 0 to 1.
    #[must_use]
    pub fn held(&self, terms: &Terms) -> f32 {
        let whole = self
            .forms
            .iter()
            .filter(|(form, _)| terms.contains(form))
            .map(|(_, fit)| *fit)
            .fold(0.0, f32::max);
        if self.parts.is_empty() || whole >= 1.0 {
            return whole;
        }
        let found =
            self.parts.iter().filter(|part| part.iter().any(|form| terms.contains(form))).count();
        whole.max(IN_PARTS * found as f32 / self.parts.len() as f32)
    }
}

/// The languages that a question's words are stemmed in, its own first.
fn languages<'a>(text: &str, stats: &'a TermStats) -> Vec<&'a str> {
    let mut list: Vec<&str> =
        stats.languages().into_iter().filter(|language| has_stemmer(language)).collect();
    list.truncate(MOST_LANGUAGES);
    if !list.contains(&"en") {
        list.push("en");
    }
    let (votes, _) = votes(text);
    // Stable, so that without common words the collection's order stays.
    list.sort_by_key(|language| {
        let count = votes.iter().find(|vote| vote.0 == *language).map_or(0, |vote| vote.1);
        std::cmp::Reverse(count)
    });
    list
}

fn of_word(text: &str, opens: bool, languages: &[&str], stats: &TermStats) -> QueryWord {
    let word = Word::of(text);
    let mut out = QueryWord::default();
    if let Some(exact) = exact(text, opens) {
        out.forms.push((exact.to_owned(), 1.0));
        // The same letters as a common word are a poor match.
        out.forms.push((word.whole, if exact.len() == 1 { 0.3 } else { 0.6 }));
        return out;
    }
    if !word.parts.is_empty() {
        let is_number = |part: &&str| part.starts_with(char::is_numeric);
        let code = word.parts.iter().any(&is_number)
            && word.parts.iter().all(|part| part.chars().count() < 3 || is_number(part));
        out.forms.push((word.whole.clone(), 1.0));
        if word.whole.ends_with(['+', '#']) {
            // C++ is not C.
        } else if !code {
            out.parts = word.parts.iter().map(|part| plain_forms(part, languages)).collect();
        } else if !word.whole.starts_with(char::is_numeric) {
            // A date or a range is no sum of its numbers. v4.2 is 4.2, but P-140
            // is not 140.
            for part in word.parts.iter().filter(|part| is_number(part) && part.len() >= 3) {
                out.forms.push((fold(part), if part.contains('.') { 0.95 } else { BY_NUMBER }));
            }
        }
        return out;
    }
    let forms = plain_forms(word.text, languages);
    let compounds: Vec<String> = forms
        .iter()
        .flat_map(|form| stats.compounds_of(form))
        .map(str::to_owned)
        .filter(|compound| !forms.contains(compound))
        .collect();
    if stats.count(&word.whole) == 0
        && let Some((left, right)) = stats.parts_of(&word.whole)
    {
        out.parts = vec![vec![left], vec![right]];
    }
    out.forms.extend(forms.into_iter().map(|form| (form, 1.0)));
    for compound in compounds {
        if !out.forms.iter().any(|(form, _)| *form == compound) {
            out.forms.push((compound, IN_COMPOUND));
        }
    }
    out
}

/// The forms of a plain word: the stem in the question's own language first,
/// which stands for all others, then the word itself and other stems.
fn plain_forms(word: &str, languages: &[&str]) -> Vec<String> {
    let whole = Word::of(word).whole;
    let mut out = Vec::new();
    let own = languages.get(..1).unwrap_or_default();
    out.extend(others(word, own).pop());
    for form in std::iter::once(whole).chain(others(word, languages)) {
        if !out.contains(&form) {
            out.push(form);
        }
    }
    out
}

/// A word of a script without spaces. Where the passage's words are cut
/// otherwise it is found by its pairs of characters.
fn of_segment(segment: &str) -> QueryWord {
    let pairs = pairs(segment);
    let kana = segment.chars().all(|c| matches!(u32::from(c), 0x3041..=0x309F));
    let common = kana && pairs.len() < 3
        || is_common(segment, "ja")
        || is_common(segment, "zh")
        || is_common(segment, "th");
    let mut out =
        QueryWord { forms: vec![(segment.to_owned(), 1.0)], common, ..QueryWord::default() };
    if pairs.len() > 1 {
        out.parts = pairs.into_iter().map(|pair| vec![pair]).collect();
    }
    out
}
