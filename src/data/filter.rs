//! What a question and its answer must be like, before a search is asked.

use crate::knowledge::terms::terms;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// Fewest and most words of a question.
const WORDS: std::ops::RangeInclusive<usize> = 5..=25;
/// Fewest and most words of an answer.
const ANSWER_WORDS: std::ops::RangeInclusive<usize> = 4..=60;
/// How alike a question and its answer are at most, where a model wrote it.
const ALIKE: f64 = 0.6;
/// The same for questions by rule: those are made of the answer's words, so
/// only what leaves next to nothing out is a copy.
const ALIKE_BY_RULE: f64 = 0.75;
/// Fewest words of an answer that its question doesn't hold.
const FEWEST_NEW: usize = 2;

/// Why a question was dropped, in the order of the filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It or its answer leans on what stands elsewhere.
    Leaning,
    /// It is too short or too long.
    Length,
    /// It repeats its answer.
    Copy,
    /// It holds the answer already.
    GivesAway,
    /// The search did not find the passage among its first three.
    NotFound,
    /// Another sentence was ranked first.
    OtherSentence,
    /// Another question is nearly the same.
    Double,
    /// No passage of the documents holds the reference.
    NoPassage,
    /// Its prompt and answer take more tokens than asked for.
    Long,
}

impl Reason {
    /// The reason in a few words, for people.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Leaning => "lean on what stands elsewhere",
            Self::Length => "have fewer than 5 or more than 25 words",
            Self::Copy => "repeat their answer",
            Self::GivesAway => "hold their answer already",
            Self::NotFound => "are not found again: the passage is not among the first three",
            Self::OtherSentence => "get another sentence as the best answer",
            Self::Double => "are nearly the same as another",
            Self::NoPassage => "have an answer that no passage holds",
            Self::Long => "take more tokens than --max-tokens",
        }
    }
}

/// How many were dropped, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Dropped(pub BTreeMap<Reason, usize>);

impl Dropped {
    /// Counts one.
    pub fn add(&mut self, reason: Reason) {
        *self.0.entry(reason).or_default() += 1;
    }

    /// All together.
    #[must_use]
    pub fn sum(&self) -> usize {
        self.0.values().sum()
    }
}

/// Why a question to an answer can't be taken, by its words alone.
#[must_use]
pub fn by_words(question: &str, answer: &str, by_rule: bool) -> Option<Reason> {
    if leans(question) || !is_answer(answer) {
        return Some(Reason::Leaning);
    }
    if !WORDS.contains(&question.split_whitespace().count()) {
        return Some(Reason::Length);
    }
    let most = if by_rule { ALIKE_BY_RULE } else { ALIKE };
    if likeness(question, answer) >= most {
        return Some(Reason::Copy);
    }
    let asked: HashSet<String> = terms(question).into_iter().collect();
    let new: HashSet<String> = terms(answer).into_iter().filter(|t| !asked.contains(t)).collect();
    let telling = new.iter().any(|term| term.chars().any(|c| c.is_ascii_digit()));
    if new.len() < FEWEST_NEW && !telling {
        return Some(Reason::GivesAway);
    }
    None
}

/// Whether a sentence says something by itself.
#[must_use]
pub fn is_answer(sentence: &str) -> bool {
    let words = sentence.split_whitespace().count();
    let ended = sentence.trim_end().ends_with(['.', '!', '`', ')', '"', '”'])
        || sentence.contains(" · ")
        || sentence.contains(": ");
    ANSWER_WORDS.contains(&words) && ended && !leans(sentence) && !opens_leaning(sentence)
}

/// Shares of the words of two texts that they have in common (Jaccard), 0 to 1.
#[must_use]
pub fn likeness(one: &str, other: &str) -> f64 {
    let one: HashSet<String> = terms(one).into_iter().collect();
    let other: HashSet<String> = terms(other).into_iter().collect();
    let all = one.union(&other).count();
    if all == 0 { 0.0 } else { one.intersection(&other).count() as f64 / all as f64 }
}

/// Whether a text points to something that stands elsewhere.
fn leans(text: &str) -> bool {
    const POINTING: &[&str] = &[
        "this section",
        "this chapter",
        "this page",
        "this table",
        "this document",
        "this paper",
        "this article",
        "this paragraph",
        "this figure",
        "this example",
        "this study",
        "this list",
        "the above",
        "the below",
        "above-mentioned",
        "mentioned above",
        "described above",
        "shown above",
        "see above",
        "see below",
        "as above",
        "listed below",
        "shown below",
        "described below",
        "the following",
        "the former",
        "the latter",
        "as mentioned",
        "as described",
        "as noted",
        "as discussed",
        "the same paragraph",
        "the next section",
        "the next chapter",
        "the previous",
        "the passage",
        "the sentence",
    ];
    let text = text.to_lowercase();
    POINTING.iter().any(|pointing| text.contains(pointing))
}

/// Whether a sentence opens with a word that leans on the one before it.
fn opens_leaning(sentence: &str) -> bool {
    const LEANING: &str = "it its they their them he his she her this that these those such here there \
        however therefore thus hence moreover furthermore additionally also otherwise instead then but \
        and or so nor yet still besides meanwhile nevertheless nonetheless consequently accordingly \
        similarly likewise afterwards later both neither either others another finally again only \
        what which who where how why did does do is are was were can could should see";
    let first = sentence.split_whitespace().next().unwrap_or_default();
    let first = first.trim_matches(|c: char| !c.is_alphanumeric() && c != '`').to_lowercase();
    LEANING.split_whitespace().any(|word| word == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_filter_drops_its_own() {
        let answer = "The archive keeps letters for thirty years.";
        for (question, answer, reason) in [
            ("How long does the archive keep letters?", answer, None),
            ("How long does the above keep letters?", answer, Some(Reason::Leaning)),
            (
                "How long does the archive keep letters?",
                "It keeps them for long.",
                Some(Reason::Leaning),
            ),
            ("How long does the archive keep letters?", "Thirty years", Some(Reason::Leaning)),
            ("How long are letters?", answer, Some(Reason::Length)),
            ("Does the archive keep letters for thirty years?", answer, Some(Reason::Copy)),
            (
                "Which of the many old places keeps letters, the archive for thirty years?",
                answer,
                Some(Reason::GivesAway),
            ),
        ] {
            assert_eq!(by_words(question, answer, true), reason, "{question} {answer}");
        }
        // A model has to find words of its own.
        let question = "How long does the archive keep old letters?";
        assert!(likeness(question, answer) < ALIKE);
        assert_eq!(
            by_words("Does an archive keep letters for thirty?", answer, false),
            Some(Reason::Copy)
        );
    }

    #[test]
    fn rows_and_definitions_are_answers() {
        assert!(is_answer("Tank T-2 · Capacity: 650 · Medium: glycol"));
        assert!(is_answer("`--json`: prints one object"));
        assert!(!is_answer("The first of many"));
        assert!(!is_answer("What is it that you want to know?"));
        let mut dropped = Dropped::default();
        dropped.add(Reason::Copy);
        dropped.add(Reason::Copy);
        assert_eq!(serde_json::to_string(&dropped).unwrap(), "{\"copy\":2}");
        assert_eq!(dropped.sum(), 2);
    }
}
