//! Questions that lean on what was said before: what they ask when they stand
//! alone.
//!
//! A conversation keeps its subject: the name or heading of the passages that
//! its last answers cite, for as long as its questions speak of it. A question
//! leans on it where it
//!
//! - holds a pronoun that stands for nothing in the question itself ("And its
//!   weight?", "How long are they kept?"),
//! - asks the same of something else ("What about the Swift?"): the question
//!   before it is asked again with that in the place of the subject,
//! - names nothing at all ("Why?", "How long does that take?"),
//! - or speaks of the subject by its general word ("the lamp").
//!
//! Everything else stands alone, however short it is: "What is a collection?"
//! is never completed. English questions are rewritten; in the other languages
//! the subject is set behind the question, which serves a search as well.

mod language;
mod leaning;
mod rewriting;
#[cfg(test)]
mod tests;

use crate::domain::Earlier;
use crate::knowledge::terms::stem;
use language::{Language, language};
use std::ops::Range;

/// Longer questions say themselves what they are about.
const MOST_WORDS: usize = 40;

/// Words of any text that are looked at.
const MOST_READ: usize = 200;

/// Turns that are looked at for the subject.
const MOST_TURNS: usize = 16;

/// Longer headings are sentences, not names.
const MOST_SUBJECT_WORDS: usize = 8;

/// What a question may ask when it stands alone, the likeliest first; nothing
/// where it already does.
#[must_use]
pub fn readings(question: &str, before: &[Earlier]) -> Vec<String> {
    let Some(last) = before.last() else { return Vec::new() };
    let asked = Asked::after(question, &last.question);
    if asked.words.is_empty() || asked.words.len() > MOST_WORDS {
        return Vec::new();
    }
    let subject = subject(before);
    let mut readings = asked.readings(last, subject.as_deref());
    for reading in &mut readings {
        let trimmed = reading.split_whitespace().collect::<Vec<_>>().join(" ");
        *reading = trimmed;
    }
    let mut seen = vec![question.to_owned()];
    readings.retain(|reading| {
        let new = !reading.is_empty() && !seen.contains(reading);
        seen.push(reading.clone());
        new
    });
    readings
}

/// What a conversation is about.
fn subject(before: &[Earlier]) -> Option<String> {
    let mut subject: Option<String> = None;
    for earlier in before.iter().skip(before.len().saturating_sub(MOST_TURNS)) {
        let asked = Asked::new(&earlier.question);
        if subject.as_ref().is_some_and(|subject| asked.holds_all(subject)) {
            continue;
        }
        subject = asked.about(earlier).or(subject);
    }
    subject
}

/// A word of a question.
struct Word<'a> {
    /// As it is written.
    text: &'a str,
    lower: String,
    range: Range<usize>,
}

impl Word<'_> {
    fn is_capital(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut out = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let range = from..at;
                let word = text.get(range.clone()).unwrap_or_default();
                out.push(Word { text: word, lower: word.to_lowercase(), range });
                start = None;
                if out.len() == MOST_READ {
                    break;
                }
            }
            _ => {}
        }
    }
    out
}

/// A question, word by word.
struct Asked<'a> {
    text: &'a str,
    words: Vec<Word<'a>>,
    language: &'static Language,
}

impl<'a> Asked<'a> {
    fn new(text: &'a str) -> Self {
        Self::in_language(text, None)
    }

    /// A question after another, which is likely in the same language.
    fn after(text: &'a str, before: &str) -> Self {
        Self::in_language(text, Some(Asked::new(before).language))
    }

    fn in_language(text: &'a str, before: Option<&'static Language>) -> Self {
        let words = words(text);
        let lower: Vec<&str> = words.iter().map(|word| word.lower.as_str()).collect();
        let language = language(&lower, before);
        Self { text, words, language }
    }

    fn lower(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.lower.as_str())
    }

    fn names(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| self.language.names(&word.lower))
    }

    /// Whether all words of a name stand in the question.
    fn holds_all(&self, name: &str) -> bool {
        let name = words(name);
        let mut named = name.iter().filter(|word| self.language.names(&word.lower)).peekable();
        named.peek().is_some() && named.all(|word| self.place(&word.lower).is_some())
    }

    fn place(&self, word: &str) -> Option<usize> {
        let wanted = stem(word);
        self.words.iter().position(|own| stem(&own.lower) == wanted)
    }

    /// What the answer to this question was about: the heading that it speaks
    /// of, a name in it, or the innermost heading.
    fn about(&self, earlier: &Earlier) -> Option<String> {
        let mut best: Option<((bool, usize, f32), &str)> = None;
        for heading in earlier.headings.iter().flatten() {
            let parts = words(heading);
            if parts.len() > MOST_SUBJECT_WORDS {
                continue;
            }
            let named: Vec<&Word<'_>> =
                parts.iter().filter(|word| self.language.names(&word.lower)).collect();
            let places: Vec<usize> =
                named.iter().filter_map(|word| self.place(&word.lower)).collect();
            if places.is_empty() {
                continue;
            }
            let name = places.iter().any(|at| *at > 0 && self.words[*at].is_capital());
            let score = (name, places.len(), places.len() as f32 / named.len() as f32);
            // Of equal ones the outer: what a document is about has sections
            // about its properties.
            if best.as_ref().is_none_or(|(known, _)| score > *known) {
                best = Some((score, heading));
            }
        }
        if let Some((_, heading)) = best {
            return Some(heading.trim().to_owned());
        }
        if let Some(name) = self.last_name() {
            return Some(name.to_owned());
        }
        let inner = earlier.headings.first().and_then(|path| path.last());
        inner.filter(|heading| words(heading).len() <= MOST_SUBJECT_WORDS).cloned()
    }

    /// The last run of capitalised words that isn't the first word.
    fn last_name(&self) -> Option<&'a str> {
        let capital = |at: &usize| *at > 0 && self.names(*at) && self.words[*at].is_capital();
        let last = (0..self.words.len()).rev().find(capital)?;
        let first = (0..last).rev().take_while(capital).last().unwrap_or(last);
        self.text.get(self.words[first].range.start..self.words[last].range.end)
    }

    /// The words of the question that name its subject, else its last words
    /// that name anything.
    fn mention(&self, subject: Option<&str>) -> Option<Range<usize>> {
        let wanted: Vec<String> = subject
            .map(words)
            .unwrap_or_default()
            .iter()
            .filter(|word| self.language.names(&word.lower))
            .map(|word| stem(&word.lower))
            .collect();
        let of_subject = |at: usize| wanted.contains(&stem(self.lower(at)));
        self.last_run(of_subject).or_else(|| self.last_run(|at| self.names(at)))
    }

    /// The longest run of words that are so, the last one of equal ones.
    fn last_run(&self, is: impl Fn(usize) -> bool) -> Option<Range<usize>> {
        let mut best: Option<(usize, Range<usize>)> = None;
        let mut start = None;
        for at in 0..=self.words.len() {
            let within = at < self.words.len() && is(at);
            match (within, start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    let range = self.words[from].range.start..self.words[at - 1].range.end;
                    if best.as_ref().is_none_or(|(length, _)| at - from >= *length) {
                        best = Some((at - from, range));
                    }
                    start = None;
                }
                _ => {}
            }
        }
        best.map(|(_, range)| range)
    }

    fn readings(&self, last: &Earlier, subject: Option<&str>) -> Vec<String> {
        if let Some(rest) = self.swapped() {
            return rest.swap(last, subject);
        }
        let leaning: Vec<usize> = (0..self.words.len()).filter(|at| self.leans(*at)).collect();
        if !leaning.is_empty() {
            return match (subject, self.language.english) {
                (Some(subject), true) => vec![self.rewritten(&leaning, last, subject)],
                (Some(subject), false) => vec![self.with(subject)],
                (None, _) => vec![self.with(&last.question)],
            };
        }
        if !(0..self.words.len()).any(|at| self.names(at)) {
            return vec![self.with(&last.question)];
        }
        subject.and_then(|subject| self.by_general_word(subject)).into_iter().collect()
    }

    /// The question with something behind it that says what it is about.
    fn with(&self, context: &str) -> String {
        format!("{} {context}", self.unopened())
    }

    /// The question without the word that opens it: "And …".
    fn unopened(&self) -> &'a str {
        let from = match self.words.first() {
            Some(first) if self.words.len() > 1 && self.language.opens(&first.lower) => {
                self.words[1].range.start
            }
            _ => 0,
        };
        self.text.get(from..).unwrap_or(self.text)
    }

    /// What is asked about instead, where a question says nothing else: "What
    /// about the Swift?", "And its weight?".
    fn swapped(&self) -> Option<Asked<'a>> {
        let lower: Vec<&str> = self.words.iter().map(|word| word.lower.as_str()).collect();
        let from = match self.language.swap(&lower) {
            Some(length) => length,
            // An opening word and a name, without anything that asks.
            None => {
                let opens = self.language.opens(self.lower(0)) && self.words.len() > 1;
                let named = (1..self.words.len()).any(|at| self.names(at));
                let asks = |at: usize| {
                    let word = self.lower(at);
                    self.language.is_function(word)
                        && !self.language.is_article(word)
                        && !self.language.is_possessive(word)
                };
                // Within it, "of" and the like belong to the name.
                if !opens || !named || asks(1) || self.words.len() > 6 || self.asks_something() {
                    return None;
                }
                1
            }
        };
        let rest = self.text.get(self.words.get(from)?.range.start..)?;
        let rest = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
        let mut rest = Asked::new(rest);
        rest.language = self.language;
        Some(rest)
    }

    /// Whether a verb that asks stands in it, as far as auxiliaries tell.
    fn asks_something(&self) -> bool {
        const ASKING: &[&str] = &[
            "is", "are", "was", "were", "does", "do", "did", "can", "could", "has", "have", "will",
            "would", "should", "must", "what", "who", "when", "where", "why", "how", "which",
            "ist", "sind", "hat", "haben", "kann", "wird", "was", "wer", "wann", "wo", "wie",
            "est", "sont", "ont", "peut", "qui", "quand", "où", "quel", "quelle", "combien", "es",
            "son", "hay", "puede", "quién", "cuándo", "dónde", "cuánto", "cuál", "sono", "può",
            "chi", "quando", "dove", "quanto", "quale", "são", "pode", "quem", "onde", "qual",
        ];
        self.words.iter().skip(1).any(|word| ASKING.contains(&word.lower.as_str()))
    }

    /// The readings of what stands behind "what about".
    fn swap(&self, last: &Earlier, subject: Option<&str>) -> Vec<String> {
        let leaning: Vec<usize> = (0..self.words.len())
            .filter(|at| {
                let word = self.lower(*at);
                self.language.is_possessive(word) || self.language.is_pronoun(word)
            })
            .collect();
        if let (Some(subject), false) = (subject, leaning.is_empty()) {
            return match (self.language.english, (0..self.words.len()).any(|at| self.names(at))) {
                (true, true) => vec![format!("{}?", self.rewritten(&leaning, last, subject))],
                (false, true) => vec![format!("{}? {subject}", self.text)],
                // "What about it?"
                (_, false) => vec![format!("{} {subject}", last.question)],
            };
        }
        let from = match self.words.first() {
            Some(first) if self.words.len() > 1 && self.language.is_article(&first.lower) => 1,
            _ => 0,
        };
        let Some(first) = self.words.get(from) else { return Vec::new() };
        let name = self.text.get(first.range.start..).unwrap_or_default();
        let before = Asked::new(&last.question);
        let Some(mention) = before.mention(subject) else {
            return vec![format!("{name}? {}", last.question)];
        };
        let mut same = last.question.clone();
        let named = same.get(mention.clone()).unwrap_or_default().to_owned();
        same.replace_range(mention, name);
        let Some(subject) = subject else { return vec![same] };
        let property = format!("{} of {subject}?", self.text);
        // A name takes the place of a name; a common word beside a name is
        // rather a property of it.
        let capital = |text: &str| text.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
        if capital(&named) && !capital(name) { vec![property, same] } else { vec![same, property] }
    }
}
