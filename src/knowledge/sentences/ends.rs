//! Where the sentences of a paragraph end.

use super::brackets::{Enclosed, enclosed};
use super::language::Language;
use super::marks::{self, Begin, Mark};
use super::stops::{Stop, begins_sentences, is_plain_end};
use super::text::trimmed;
use super::{starters, unspaced};
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
        if begin == Begin::Small {
            let plain = mark == Mark::Stop && !quoted && is_plain_end(before, word, self.language);
            return plain.then_some(end);
        }
        if quoted && unspaced::tells_in_korean(next) {
            return None;
        }
        let ends = match mark {
            Mark::Stop => {
                let starts =
                    |head: usize| self.first.is_none_or(|first| first >= self.start + head);
                Stop { before, closed, begin, word, language: self.language }.ends(starts)
            }
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

    fn tells_who_spoke(&self, word: &str) -> bool {
        // "Smith said", "Rep. Owen Clark shouted".
        let mut words = word.split_whitespace().take(6);
        let verb = words.find(|word| word.starts_with(char::is_lowercase));
        !begins_sentences(word, self.language)
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
            Begin::Digit | Begin::Sign | Begin::Small => false,
            Begin::Caseless => !spaced,
            Begin::Capital => {
                begins_sentences(word, self.language)
                    || (!spaced && self.language != Some(Language::German))
            }
        }
    }
}

/// How many bytes of white space a text begins with.
fn first_word(text: &str) -> usize {
    text.len() - text.trim_start().len()
}
