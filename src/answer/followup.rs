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

    /// Whether the word at `at` stands for something that was named before this
    /// question.
    fn leans(&self, at: usize) -> bool {
        let language = self.language;
        let word = self.lower(at);
        let (before, behind) = (at.checked_sub(1).map(|at| self.lower(at)), self.lower(at + 1));
        let possessive = language.is_possessive(word) && self.names(at + 1);
        let one = language.english && word == "one" && self.is_which_one(before, behind);
        if !possessive && !one && !language.is_pronoun(word) {
            return false;
        }
        let empty = before.is_some_and(|before| language.is_empty_pair(before, word))
            || language.is_empty_pair(word, behind);
        if empty || self.has_own_antecedent(at) {
            return false;
        }
        if !language.english {
            // "Sie" within a German question is a form of address.
            let address = word == "sie" && at > 0 && self.words[at].is_capital();
            // "das" and the like are mostly articles.
            let article = language.is_article(word) || word == "questo" || word == "questa";
            return !address && !(article && !behind.is_empty());
        }
        match word {
            "it" => !self.is_expletive(at),
            // "a folder that moved", "is it true that …" say nothing of before.
            "that" => {
                let relative = before.is_some_and(|before| !language.is_function(before));
                !relative && !matches!(behind, "i" | "you" | "we" | "the" | "a")
            }
            _ => true,
        }
    }

    fn is_which_one(&self, before: Option<&str>, behind: &str) -> bool {
        let which = before.is_some_and(|before| {
            matches!(before, "which" | "that" | "this" | "other" | "another" | "last" | "first")
        });
        which && (behind.is_empty() || self.language.is_function(behind))
    }

    /// Whether the "it" at `at` only keeps the place of what follows: "does it
    /// take to index a folder", "is it possible to print a page".
    fn is_expletive(&self, at: usize) -> bool {
        const PLACES: &[&str] = &[
            "take",
            "takes",
            "cost",
            "possible",
            "true",
            "safe",
            "necessary",
            "allowed",
            "ok",
            "okay",
            "better",
            "enough",
            "worth",
            "hard",
            "easy",
            "legal",
            "required",
            "matter",
        ];
        let joins = |at: &usize| matches!(self.lower(*at), "to" | "that" | "if" | "when" | "for");
        let Some(joint) = (at + 2..self.words.len().min(at + 5)).find(joins) else { return false };
        PLACES.contains(&self.lower(at + 1))
            && (joint + 1..self.words.len()).any(|at| self.names(at))
    }

    /// Whether a noun of an earlier clause of the same question is what the
    /// word at `at` stands for: "Where do logs go when they are old?"
    fn has_own_antecedent(&self, at: usize) -> bool {
        const CLAUSES: &[&str] = &[
            "and", "when", "if", "after", "before", "while", "because", "but", "once", "until",
            "unless", "though", "or", "whether", "wenn", "und", "nachdem", "bevor", "weil", "si",
            "quand", "et", "après", "cuando", "y", "e", "quando", "se",
        ];
        const ASKS: &[&str] =
            &["who", "what", "when", "where", "wer", "was", "qui", "quién", "chi"];
        let mut joined = false;
        for earlier in (0..at).rev() {
            let gap = self.words[earlier].range.end..self.words[earlier + 1].range.start;
            joined |= self.text.get(gap).unwrap_or_default().contains([',', ';']);
            if joined && self.names(earlier) {
                let verb = earlier > 0 && ASKS.contains(&self.lower(earlier - 1));
                if !verb {
                    return true;
                }
            }
            // The word that opens the question joins nothing within it.
            joined |= earlier > 0 && CLAUSES.contains(&self.lower(earlier));
        }
        false
    }

    /// The question with the subject in the place of what leans on it.
    fn rewritten(&self, leaning: &[usize], last: &Earlier, subject: &str) -> String {
        let mut out = String::with_capacity(self.text.len() + subject.len());
        let start = self.text.len() - self.unopened().len();
        let mut from = start;
        let mut named = false;
        for at in leaning {
            let word = &self.words[*at];
            if word.range.start < from {
                continue;
            }
            let person = matches!(word.lower.as_str(), "he" | "she" | "him" | "his" | "her");
            let name = person.then(|| person_of(last)).flatten().unwrap_or(subject);
            out.push_str(self.text.get(from..word.range.start).unwrap_or_default());
            let next = self.names(at + 1);
            let determiner = matches!(word.lower.as_str(), "this" | "that" | "these" | "those");
            match (self.language.is_possessive(&word.lower) && next, determiner && next) {
                (true, _) => out.push_str(&format!("{name}'s")),
                // "this setting": the word stays, with its name before it.
                (_, true) => out.push_str(&format!("the {name}")),
                _ => out.push_str(name),
            }
            named = true;
            from = word.range.end;
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
        if named { out } else { self.with(subject) }
    }

    /// The question with the whole subject where it says only "the lamp".
    fn by_general_word(&self, subject: &str) -> Option<String> {
        let parts = words(subject);
        let named: Vec<String> = parts
            .iter()
            .filter(|word| self.language.names(&word.lower))
            .map(|word| stem(&word.lower))
            .collect();
        let held: Vec<usize> =
            (0..self.words.len()).filter(|at| named.contains(&stem(self.lower(*at)))).collect();
        let [at] = held[..] else { return None };
        // The head of the name, alone behind its article.
        let head = named.last() == Some(&stem(self.lower(at)));
        let the = at.checked_sub(1).map(|before| self.lower(before));
        let definite =
            the.is_some_and(|the| self.language.is_article(the) && !matches!(the, "a" | "an"));
        if named.len() < 2 || !head || !definite || self.last_name().is_some() {
            return None;
        }
        let mut out = self.text.to_owned();
        out.replace_range(self.words[at].range.clone(), subject);
        Some(out)
    }
}

/// The person that an answer names: the longest run of capitalised words in
/// what it quotes, apart from the first word of a sentence.
fn person_of(last: &Earlier) -> Option<&str> {
    let mut best: Option<(usize, &str)> = None;
    for quote in &last.quotes {
        let asked = Asked::new(quote);
        let capital = |at: usize| {
            let word = &asked.words[at];
            let lettered =
                word.text.chars().count() > 1 && !word.text.chars().all(char::is_uppercase);
            word.is_capital() && lettered && asked.language.names(&word.lower)
        };
        let mut at = 0;
        while at < asked.words.len() {
            let from = at;
            while at < asked.words.len() && capital(at) {
                at += 1;
            }
            let length = at - from;
            let named = if from == 0 { length > 1 } else { length > 0 };
            if named && best.is_none_or(|(longest, _)| length > longest) {
                let range = asked.words[from].range.start..asked.words[at - 1].range.end;
                best = Some((length, quote.get(range).unwrap_or_default()));
            }
            at = at.max(from) + usize::from(at == from);
        }
    }
    best.map(|(_, name)| name)
}
