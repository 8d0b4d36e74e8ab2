//! Whether a single full stop ends a sentence: it also belongs to
//! abbreviations, initials, ordinals and dates.

use super::abbreviations::{self, Kind};
use super::language::Language;
use super::marks::Begin;
use super::{ordinals, starters};

/// A full stop with what stands around it.
pub(super) struct Stop<'a> {
    /// The sentence before it.
    pub before: &'a str,
    /// What closes right behind it.
    pub closed: &'a str,
    /// What follows begins with this.
    pub begin: Begin,
    /// What follows, from its first word on.
    pub word: &'a str,
    pub language: Option<Language>,
}

impl Stop<'_> {
    fn begins(&self) -> bool {
        begins_sentences(self.word, self.language)
    }

    /// Whether the full stop ends its sentence.
    /// `starts` tells whether nothing is said before a place of the sentence.
    pub(super) fn ends(&self, starts: impl Fn(usize) -> bool) -> bool {
        let token = last_token(self.before);
        let head = self.before.get(..self.before.len() - token.len()).unwrap_or_default();
        if token.contains('°') {
            return true;
        }
        let token = token.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '§');
        let starts = starts(head.len());
        if !token.ends_with(|c: char| c.is_alphanumeric() || matches!(c, 'º' | 'ª' | '°')) {
            return true;
        }
        if token.bytes().all(|b| b.is_ascii_digit()) {
            return !starts && self.number_ends(head, token);
        }
        if goes_on_abbreviated(token, self.word, self.language) {
            return false;
        }
        if let Some(kind) = self.abbreviation(head, token) {
            // "(etc.) The" ends as "etc. The" does, but "Fig. A" does not.
            return self.abbreviation_ends(kind);
        }
        if is_roman(token) && token.len() > 1 {
            let ordinal = self.language.is_none_or(|language| language == Language::German);
            return !starts && (!ordinal || self.begin != Begin::Capital || self.begins());
        }
        let mut letters = token.chars();
        if let (Some(letter), None) = (letters.next(), letters.next()) {
            return self.letter_ends(head, letter, starts);
        }
        true
    }

    /// Whether a number's full stop ends the sentence, rather than making it
    /// an ordinal or a part of a date.
    fn number_ends(&self, head: &str, number: &str) -> bool {
        let (begin, word) = (self.begin, self.word);
        if !self.closed.is_empty() {
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
            || !ordinals::is_ordinal(head, number, first, self.begins(), self.language)
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

    fn abbreviation_ends(&self, kind: Kind) -> bool {
        let (begin, word) = (self.begin, self.word);
        let first = letters(word);
        match (kind, begin) {
            (Kind::Never, _) | (_, Begin::Digit) => false,
            (Kind::Number, Begin::Capital) => {
                (first.chars().nth(1).is_some() && !is_roman(first)) || self.begins()
            }
            (Kind::Number | Kind::End, Begin::Sign) => false,
            (Kind::Number | Kind::Loose | Kind::Time, _) if begin != Begin::Capital => true,
            (Kind::End, Begin::Caseless) => false,
            (Kind::End, _) => self.begins(),
            (Kind::Time, _) => !follows_a_time(first),
            (Kind::Number | Kind::Loose, _) => true,
        }
    }

    /// Whether the full stop behind a single letter ends the sentence, rather
    /// than belonging to an initial.
    fn letter_ends(&self, head: &str, letter: char, starts: bool) -> bool {
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
        self.begin == Begin::Capital
            && self.begins()
            && !(letter.is_uppercase() && starters::is_name_particle(letters(self.word)))
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

/// Whether `text` starts with a word that usually begins a sentence.
pub(super) fn begins_sentences(text: &str, language: Option<Language>) -> bool {
    let first = letters(text);
    let rest = text.get(first.len()..).unwrap_or_default();
    // The last word of a text that is still being written may go on, and "A."
    // is an initial.
    let initial = rest.starts_with('.') && !rest.starts_with("..");
    !rest.is_empty() && !initial && starters::begins_sentences(first, language)
}

/// Whether a sentence that ends in `before` is over although the next word is
/// written small: "Press enter. lorag begins." The word before the full stop
/// must be no abbreviation, also none that isn't known.
pub(super) fn is_plain_end(before: &str, next: &str, language: Option<Language>) -> bool {
    let token = last_token(before).trim_start_matches(|c: char| !c.is_alphanumeric());
    if letters(next).chars().nth(1).is_none() {
        return false;
    }
    if token.ends_with([')', ']']) {
        return token.contains(char::is_alphabetic);
    }
    // A hash or another long identifier abbreviates nothing.
    let identifier = token.chars().nth(7).is_some()
        && token.chars().all(char::is_alphanumeric)
        && token.contains(|c: char| c.is_ascii_digit());
    if identifier {
        return true;
    }
    token.chars().nth(3).is_some()
        && token.chars().all(char::is_lowercase)
        && abbreviations::known(token, language).is_none()
        && !abbreviations::looks_cut(token)
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
