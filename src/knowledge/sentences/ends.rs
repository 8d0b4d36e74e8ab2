//! Where the sentences of a paragraph end.

use super::abbreviations::{self, Kind};
use super::brackets::{Enclosed, enclosed};
use super::language::Language;
use super::marks::{self, Begin, Mark};
use super::text::trimmed;
use super::{ordinals, starters, unspaced};
use std::ops::Range;

/// Adds the sentences of one paragraph.
pub(super) fn split(
    text: &str,
    paragraph: Range<usize>,
    language: Option<Language>,
    out: &mut Vec<Range<usize>>,
) {
    let body = text.get(paragraph.clone()).unwrap_or_default();
    let mut add = |from: usize, to: usize| {
        let range = trimmed(text, paragraph.start + from..paragraph.start + to);
        if !range.is_empty() {
            out.push(range);
        }
    };
    let mut scan = Scan {
        body,
        language,
        start: 0,
        first: None,
        enclosed: enclosed(body),
        next: 0,
        open: Vec::new(),
    };
    let (mut skip, mut letters) = (0, 0);
    for (at, c) in body.char_indices() {
        if at < skip {
            continue;
        }
        scan.step(at);
        let end = if c.is_alphanumeric() {
            scan.first.get_or_insert(at);
            letters += usize::from(unspaced::is_thai_or_lao(c));
            None
        } else if marks::is_mark(c) && scan.first.is_some() {
            let (mark, length) = marks::run(body.get(at..).unwrap_or_default());
            skip = at + length;
            scan.end(at, mark, length)
        } else if c.is_whitespace() && letters > 0 {
            let behind = body.get(at..).unwrap_or_default().trim_start();
            skip = body.len() - behind.len();
            let before = body.get(scan.start..at).unwrap_or_default();
            unspaced::ends_at_space(before, letters, behind).then_some(at)
        } else {
            None
        };
        if let Some(end) = end {
            add(scan.start, end);
            (scan.start, scan.first, skip, letters) = (end, None, end, 0);
        }
    }
    add(scan.start, body.len());
}

/// A paragraph and how far it was read.
struct Scan<'a> {
    body: &'a str,
    language: Option<Language>,
    /// Where the sentence starts.
    start: usize,
    /// Where its first letter or digit is.
    first: Option<usize>,
    enclosed: Vec<Enclosed>,
    /// The next one of `enclosed` that has not opened.
    next: usize,
    /// What is open, the innermost last.
    open: Vec<Enclosed>,
}

impl Scan<'_> {
    fn slice(&self, range: Range<usize>) -> &str {
        self.body.get(range).unwrap_or_default()
    }

    /// Keeps what is open up to date.
    fn step(&mut self, at: usize) {
        while let Some(enclosed) = self.enclosed.get(self.next).filter(|e| e.open <= at) {
            while self.open.last().is_some_and(|open| open.close < enclosed.open) {
                self.open.pop();
            }
            self.open.push(*enclosed);
            self.next += 1;
        }
        while self.open.last().is_some_and(|open| open.close < at) {
            self.open.pop();
        }
    }

    /// Where the sentence ends that the marks at `at` may end.
    fn end(&self, at: usize, mark: Mark, length: usize) -> Option<usize> {
        let behind = self.slice(at + length..self.body.len());
        let closed = marks::closers(behind, mark == Mark::Wide);
        let end = at + length + closed;
        let rest = self.slice(end..self.body.len());
        if rest.trim_start().is_empty() || self.is_enclosed(at, end) {
            return None;
        }
        let before = self.slice(self.start..at);
        // "(?)" and "[...]" are remarks within a sentence.
        if before.ends_with(['(', '[']) && closed > 0 {
            return None;
        }
        let closed = behind.get(..closed).unwrap_or_default();
        if mark == Mark::Wide {
            let within = closed.contains('）') && self.began_within(at);
            return (!within && !unspaced::goes_on(closed, rest)).then_some(end);
        }
        let next = rest.trim_start();
        if next.len() == rest.len() {
            let runs_on = mark == Mark::Strong
                && before.ends_with(unspaced::is_unspaced)
                && next.starts_with(unspaced::is_unspaced);
            return runs_on.then_some(end);
        }
        let (begin, word) = marks::begin(next)?;
        let quoted = closed.contains(marks::is_quote);
        if quoted && unspaced::tells_in_korean(next) {
            return None;
        }
        let ends = match mark {
            Mark::Stop => self.stop_ends(before, closed, begin, word),
            Mark::Ellipsis => self.ellipsis_ends(before, length, begin, word),
            Mark::Strong => !(quoted && self.tells_who_spoke(word)),
            Mark::Wide => true,
        };
        ends.then_some(end)
    }

    /// Whether the marks at `at`, with what closes up to `end`, stand in
    /// brackets or code that go on behind them and began within the sentence.
    fn is_enclosed(&self, at: usize, end: usize) -> bool {
        let start = self.start + first_word(self.slice(self.start..at));
        self.open
            .iter()
            .rev()
            .find(|open| open.close >= end)
            .is_some_and(|open| open.code || open.open > start)
    }

    /// Whether a bracket around `at` began behind the sentence's beginning.
    fn began_within(&self, at: usize) -> bool {
        let start = self.start + first_word(self.slice(self.start..at));
        self.open.last().is_some_and(|open| open.open > start)
    }

    fn begins_sentences(&self, word: &str) -> bool {
        let first = letters(word);
        let rest = word.get(first.len()..).unwrap_or_default();
        // The last word of a text that is still being written may go on, and
        // "A." is an initial.
        let initial = rest.starts_with('.') && !rest.starts_with("..");
        !rest.is_empty() && !initial && starters::begins_sentences(first, self.language)
    }

    fn tells_who_spoke(&self, word: &str) -> bool {
        // "Smith said", "Rep. Owen Clark shouted".
        let mut words = word.split_whitespace().take(6);
        let verb = words.find(|word| word.starts_with(char::is_lowercase));
        !self.begins_sentences(word)
            && verb.is_some_and(|verb| {
                starters::tells_who_spoke(verb.trim_end_matches(|c: char| !c.is_alphabetic()))
            })
    }

    /// Whether an ellipsis ends the sentence. One that stands between spaces
    /// rather leaves something out of it.
    fn ellipsis_ends(&self, before: &str, length: usize, begin: Begin, word: &str) -> bool {
        let spaced = before.ends_with(char::is_whitespace);
        if spaced && length == 2 {
            // The folder above.
            return false;
        }
        match begin {
            Begin::Digit | Begin::Sign => false,
            Begin::Caseless => !spaced,
            Begin::Capital => {
                self.begins_sentences(word) || (!spaced && self.language != Some(Language::German))
            }
        }
    }

    /// Whether a full stop ends the sentence `before` it, if `word` follows.
    fn stop_ends(&self, before: &str, closed: &str, begin: Begin, word: &str) -> bool {
        let token = last_token(before);
        let head = before.get(..before.len() - token.len()).unwrap_or_default();
        if token.contains('°') {
            return true;
        }
        let token = token.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '§');
        let starts = self.first.is_none_or(|first| first >= self.start + head.len());
        if !token.ends_with(|c: char| c.is_alphanumeric() || matches!(c, 'º' | 'ª' | '°')) {
            return true;
        }
        if token.bytes().all(|b| b.is_ascii_digit()) {
            return !starts && self.number_ends(head, token, closed, begin, word);
        }
        if goes_on_abbreviated(token, word, self.language) {
            return false;
        }
        if let Some(kind) = self.abbreviation(head, token) {
            // "(etc.) The" ends as "etc. The" does, but "Fig. A" does not.
            return self.abbreviation_ends(kind, begin, word);
        }
        if is_roman(token) && token.len() > 1 {
            let ordinal = self.language.is_none_or(|language| language == Language::German);
            return !starts && (!ordinal || begin != Begin::Capital || self.begins_sentences(word));
        }
        let mut letters = token.chars();
        if let (Some(letter), None) = (letters.next(), letters.next()) {
            return self.letter_ends(head, letter, starts, begin, word);
        }
        true
    }

    /// Whether a number's full stop ends the sentence, rather than making it
    /// an ordinal or a part of a date.
    fn number_ends(
        &self,
        head: &str,
        number: &str,
        closed: &str,
        begin: Begin,
        word: &str,
    ) -> bool {
        if !closed.is_empty() {
            return true;
        }
        let day =
            last_token(head.trim_end()).strip_suffix('.').is_some_and(|n| n.parse::<u16>().is_ok());
        if day && matches!(begin, Begin::Caseless | Begin::Digit) {
            // The last part of such a date.
            return false;
        }
        if begin == Begin::Digit {
            // "2024. 3. 14.", "1. 1. 2024"
            let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
            let date = digits.starts_with('.') && word.len() - digits.len() <= 2;
            return !date;
        }
        let first = letters(word);
        begin != Begin::Capital
            || !ordinals::is_ordinal(
                head,
                number,
                first,
                self.begins_sentences(word),
                self.language,
            )
    }

    /// What the last token before a full stop abbreviates, with the tokens
    /// before it where they belong to it ("z. B.").
    fn abbreviation(&self, head: &str, token: &str) -> Option<Kind> {
        let mut whole = token.to_owned();
        // "P." is an initial, "p." a page.
        let initial = token.chars().count() == 1 && token.contains(char::is_uppercase);
        let own = if initial { None } else { abbreviations::kind(token, self.language) };
        let mut found = own.or_else(|| {
            // "l'art. 5", "nell'ott. 2019".
            let (article, noun) = token.rsplit_once(['\'', '’'])?;
            let fits = article.len() <= 6 && noun.len() > 1;
            abbreviations::known(noun, self.language).filter(|_| fits)
        });
        // "Dr.-Ing."
        if let Some((first, _)) = token.split_once(".-").filter(|_| found.is_none()) {
            found = abbreviations::known(first, self.language);
        }
        // A unit behind a number is no abbreviation: "650 l", "5 mm".
        let short =
            self.language != Some(Language::German) && matches!(token, "min" | "sec" | "hr");
        let unit = short || UNITS.contains(&token);
        let mut rest = head.trim_end();
        if unit && rest.ends_with(|c: char| c.is_numeric()) {
            return None;
        }
        for _ in 0..3 {
            let previous = last_token(rest);
            let Some(word) = previous.strip_suffix('.') else { break };
            let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
            if word.is_empty() || word.chars().count() > 4 {
                break;
            }
            whole = format!("{word}.{whole}");
            // Initials of a name are no acronym.
            if let Some(kind) = abbreviations::known(&whole, self.language) {
                found = Some(kind);
            }
            rest = rest.get(..rest.len() - previous.len()).unwrap_or_default().trim_end();
        }
        found
    }

    fn abbreviation_ends(&self, kind: Kind, begin: Begin, word: &str) -> bool {
        let first = letters(word);
        match (kind, begin) {
            (Kind::Never, _) | (_, Begin::Digit) => false,
            (Kind::Number, Begin::Capital) => {
                (first.chars().nth(1).is_some() && !is_roman(first)) || self.begins_sentences(word)
            }
            (Kind::Number | Kind::End, Begin::Sign) => false,
            (Kind::Number | Kind::Loose | Kind::Time, _) if begin != Begin::Capital => true,
            (Kind::End, Begin::Caseless) => false,
            (Kind::End, _) => self.begins_sentences(word),
            (Kind::Time, _) => !follows_a_time(first),
            (Kind::Number | Kind::Loose, _) => true,
        }
    }

    /// Whether the full stop behind a single letter ends the sentence, rather
    /// than belonging to an initial.
    fn letter_ends(
        &self,
        head: &str,
        letter: char,
        starts: bool,
        begin: Begin,
        word: &str,
    ) -> bool {
        let previous = head.trim_end();
        if starts || !(letter.is_uppercase() || letter.is_lowercase()) {
            // "A. The first part"; scripts without capitals.
            return false;
        }
        if letter.is_lowercase() && previous.ends_with(char::is_numeric) {
            return true;
        }
        if letter.is_uppercase() && starters::takes_a_letter(last_token(previous)) {
            return true;
        }
        begin == Begin::Capital
            && self.begins_sentences(word)
            && !(letter.is_uppercase() && starters::is_name_particle(letters(word)))
    }
}

/// Units that are written without a full stop of their own.
const UNITS: [&str; 21] = [
    "l", "m", "g", "h", "s", "t", "mm", "cm", "km", "kg", "mg", "ml", "hrs", "mins", "secs", "lbs",
    "oz", "ft", "in", "yd", "mi",
];

/// Whether `token` and the abbreviation that follows are one: "v. Chr.",
/// "EE. UU.", "a. C.".
fn goes_on_abbreviated(token: &str, word: &str, language: Option<Language>) -> bool {
    let next = letters(word);
    let behind = word.get(next.len()..).unwrap_or_default();
    (1..=4).contains(&next.len())
        && token.len() <= 8
        && behind.starts_with('.')
        && abbreviations::known(&format!("{token}.{next}"), language).is_some()
}

/// The letters that a text begins with.
fn letters(text: &str) -> &str {
    let rest = text.trim_start_matches(char::is_alphabetic);
    text.get(..text.len() - rest.len()).unwrap_or_default()
}

/// What stands behind the last white space of a text.
fn last_token(text: &str) -> &str {
    let start = text.char_indices().rev().find(|(_, c)| c.is_whitespace());
    text.get(start.map_or(0, |(at, c)| at + c.len_utf8())..).unwrap_or_default()
}

/// How many bytes of white space a text begins with.
fn first_word(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// Whether a word is a Roman numeral.
fn is_roman(word: &str) -> bool {
    !word.is_empty() && word.len() <= 8 && word.chars().all(|c| "IVXLCDM".contains(c))
}

/// Whether a word belongs to the time of day before it: a day, a month, a
/// time zone.
fn follows_a_time(word: &str) -> bool {
    const WORDS: [&str; 23] = [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
        "Eastern",
        "Pacific",
        "Central",
        "Mountain",
    ];
    WORDS.contains(&word) || (word.len() >= 2 && word.chars().all(char::is_uppercase))
}
