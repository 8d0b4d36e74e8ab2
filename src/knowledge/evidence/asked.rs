//! What a question asks for, and what a text holds of it: terms by weight,
//! numbers and names, and the kind of answer.

use super::kind::Wanted;
use crate::knowledge::analysis::{Analyzer, Query, QueryWord, TermStats, Terms};
use std::collections::HashSet;

/// A question, taken apart.
pub struct Asked {
    question: String,
    query: Query,
    identifiers: HashSet<String>,
    names: HashSet<String>,
    /// The kind of answer.
    pub wanted: Wanted,
    /// Whether it asks for whatever is said of what it names.
    pub all: bool,
}

/// What a text holds of a question.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Share of the question's term weight, 0 to 1.
    pub share: f32,
    /// Share of the heaviest term that it lacks.
    pub heaviest_missing: f32,
    /// Share of the question's numbers and identifiers that it lacks.
    pub identifiers_missing: f32,
    /// Share of the question's names that it lacks.
    pub names_missing: f32,
}

/// Words that ask for whatever is said of a name.
const ASKS_FOR_ALL: &[&str] = &["changed", "change", "changes", "new", "happened", "happens"];

impl Asked {
    /// Takes a question apart.
    pub fn new(question: &str, stats: &TermStats) -> Self {
        let (identifiers, names) = marked(question);
        let mut query = Query::of(question, stats);
        let mut all = false;
        if !identifiers.is_empty() {
            // "What changed in 5.0?" asks for all that stands below that name.
            let asks: Vec<QueryWord> =
                ASKS_FOR_ALL.iter().flat_map(|word| Query::of(word, stats).words).collect();
            let open = |word: &QueryWord| {
                let plain = |(form, _): &(String, f32)| ASKS_FOR_ALL.contains(&form.as_str());
                word.forms.iter().any(plain)
                    || asks.iter().any(|asks| asks.forms.first() == word.forms.first())
            };
            let named = |word: &QueryWord| !word.common && !open(word);
            if query.words.iter().filter(|word| named(word)).count() <= identifiers.len() + 1 {
                all = query.words.iter().any(&open);
                query.words.retain(|word| !open(word));
            }
        }
        let wanted = Wanted::of(question);
        Self { question: question.to_owned(), query, identifiers, names, wanted, all }
    }

    /// Share of the question's weight that these terms hold.
    pub fn share(&self, terms: &Terms) -> f32 {
        self.query.share(terms)
    }

    /// Whether these terms, of a text in this language, are all in the question
    /// itself, so that the text says nothing new. Of a text about `another`
    /// number or identifier that one doesn't count.
    pub fn says_all(&self, terms: &Terms, language: &str, another: bool) -> bool {
        // Most texts are longer than a question.
        let short = terms.words() <= self.query.words.len() + 2;
        short && {
            let own = Terms::of(&self.question, language);
            let other = |term: &str| another && term.contains(|c: char| c.is_ascii_digit());
            terms.iter().all(|term| own.contains(term) || other(term))
        }
    }

    /// What texts in a language that belong together hold.
    pub fn held(&self, texts: &[&str], language: &str) -> Held {
        let mut analyzer = Analyzer::new(language);
        let mut have = Terms::default();
        texts.iter().for_each(|text| have.extend(&analyzer.terms(text)));
        let lacking = self.query.words.iter().map(|word| word.weight * (1.0 - word.held(&have)));
        let heaviest = lacking.fold(0.0f32, f32::max);
        let tokens: HashSet<String> = texts.iter().flat_map(|text| tokens(text)).collect();
        let missing = |wanted: &HashSet<String>| {
            let there = |token: &str| {
                // A plural names the same thing.
                tokens.contains(token)
                    || token.strip_suffix('s').is_some_and(|t| tokens.contains(t))
            };
            let absent = wanted.iter().filter(|token| !there(token)).count();
            if wanted.is_empty() { 0.0 } else { absent as f32 / wanted.len() as f32 }
        };
        Held {
            share: self.share(&have),
            heaviest_missing: heaviest / self.query.weight().max(f32::MIN_POSITIVE),
            identifiers_missing: missing(&self.identifiers),
            names_missing: missing(&self.names),
        }
    }
}

/// The identifiers of a question (with a digit, or written as no word is) and
/// its names (capitalised within it), each in the form of [`tokens`].
fn marked(question: &str) -> (HashSet<String>, HashSet<String>) {
    let (mut identifiers, mut names) = (HashSet::new(), HashSet::new());
    let mut begins = true;
    for word in words(question) {
        let folded = fold(word);
        if folded.is_empty() {
            continue;
        }
        let digit = word.chars().any(|c| c.is_ascii_digit());
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let capital =
            word.chars().skip(1).any(char::is_uppercase) && word.chars().any(char::is_lowercase);
        let joined = letters > 1 && word.contains(['_', '/', '\\', '@', '#', '$']);
        if digit || capital || joined {
            identifiers.insert(folded);
        } else if !begins && word.chars().next().is_some_and(char::is_uppercase) && letters > 1 {
            names.insert(folded);
        }
        begins = false;
    }
    (identifiers, names)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = |c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '"' | '·')
    };
    text.split(parts).map(|word| {
        let word =
            word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '#' | '$'));
        word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word)
    })
}

/// Letters and digits in lower case, so that `E-2207` is `e2207`; a point
/// between digits stays, so that 2.5 is not 25.
fn fold(word: &str) -> String {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let mut out = String::with_capacity(word.len());
    let (mut before, mut rest) = (None, word.chars().peekable());
    while let Some(c) = rest.next() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if c == '.' && digit(before) && digit(rest.peek().copied()) {
            out.push(c);
        }
        before = Some(c);
    }
    out
}

/// The words of a text, folded, whole and in the parts that hyphens, slashes
/// and the change between letters and digits make of them.
fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for word in words(text) {
        let whole = fold(word);
        if whole.is_empty() {
            continue;
        }
        let mut parts = 0;
        for part in word.split(|c: char| !c.is_alphanumeric() && c != '.') {
            let part = part.trim_matches('.');
            if part.len() < word.len() && !part.is_empty() {
                out.push(fold(part));
                parts += 1;
            }
            if part.chars().any(char::is_alphabetic) {
                // The number of v4.2, of E2207.
                let runs = part.split(|c: char| !c.is_ascii_digit() && c != '.');
                let runs = runs.map(|run| run.trim_matches('.')).filter(|run| run.len() > 1);
                out.extend(runs.map(str::to_owned));
            }
        }
        if parts != 1 || out.last() != Some(&whole) {
            // A plural names the same thing.
            if let Some(one) = whole.strip_suffix('s') {
                out.push(one.to_owned());
            }
            out.push(whole);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(question: &str) -> Asked {
        Asked::new(question, &TermStats::default())
    }

    #[test]
    fn identifiers_are_found_however_they_are_written() {
        let question = asked("What does E2207 mean?");
        assert_eq!(
            question.held(&["E-2207 means that the lid is open."], "en").identifiers_missing,
            0.0
        );
        assert_eq!(
            question.held(&["E-2270 means that the belt is."], "en").identifiers_missing,
            1.0
        );
        let tank = asked("What is the capacity of tank T-7?");
        assert_eq!(tank.held(&["Tank T-2 · Capacity (l): 650"], "en").identifiers_missing, 1.0);
        assert_eq!(tank.held(&["Tank T-7 · Capacity (l): 650"], "en").identifiers_missing, 0.0);
        let version = asked("How often do backups run in 4.3?");
        assert_eq!(
            version.held(&["They run every hour.", "Backups › 4.3"], "en").identifiers_missing,
            0.0
        );
        assert_eq!(
            version.held(&["They run every hour.", "Backups › 4.2"], "en").identifiers_missing,
            1.0
        );
        let number = asked("What is error 2207?");
        assert_eq!(number.held(&["E2207: the lid is open."], "en").identifiers_missing, 0.0);
        let call = asked("What does computeTaxRate return?");
        assert_eq!(call.held(&["def computeTaxRate(region):"], "en").identifiers_missing, 0.0);
        assert_eq!(call.held(&["def compute(region):"], "en").identifiers_missing, 1.0);
        let gauge = asked("What is the limit of a 2.5 mm² wire?");
        assert_eq!(gauge.held(&["Gauge (mm²): 4 · Limit (A): 25"], "en").identifiers_missing, 1.0);
        assert_eq!(
            gauge.held(&["Gauge (mm²): 2.5 · Limit (A): 20"], "en").identifiers_missing,
            0.0
        );
        let version = asked("How often do backups run in 4.2?");
        assert_eq!(version.held(&["Hourly.", "Release v4.2"], "en").identifiers_missing, 0.0);
        assert_eq!(version.held(&["Hourly.", "Release 42"], "en").identifiers_missing, 1.0);
        let plural = asked("Can it read PDFs?");
        assert_eq!(plural.held(&["It reads PDF files."], "en").identifiers_missing, 0.0);
    }

    #[test]
    fn some_questions_ask_for_all_that_is_said_of_a_name() {
        for question in ["What changed in 5.0?", "What is new in version 2.3.0?"] {
            let all = asked(question);
            assert!(all.all, "{question}");
            assert!(all.held(&["Version 5.0", "2.3.0"], "en").share > 0.8, "{question}");
        }
        for question in ["What changed?", "How often do backups run in 4.3?", "What is 5.0?"] {
            assert!(!asked(question).all, "{question}");
        }
    }

    #[test]
    fn names_are_capitalised_within_the_question() {
        let question = asked("Where does Ruben work?");
        assert_eq!(question.held(&["Works from Ghent.", "Team › Ruben"], "en").names_missing, 0.0);
        assert_eq!(question.held(&["Works from Porto.", "Team › Ines"], "en").names_missing, 1.0);
        assert_eq!(asked("Who leads the night shift?").held(&["x"], "en").names_missing, 0.0);
    }

    #[test]
    fn shares_are_of_the_questions_weight() {
        let question = asked("When does the dough rest?");
        let half = question.held(&["The dough is cold."], "en");
        assert!(half.share > 0.0 && half.share < 1.0 && half.heaviest_missing > 0.0);
        let all = question.held(&["When does it? The dough does rest."], "en");
        assert!((all.share - 1.0).abs() < 1e-6 && all.heaviest_missing < 1e-6);
    }
}
