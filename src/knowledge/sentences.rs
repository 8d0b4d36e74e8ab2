//! Sentences of a passage: what may be quoted, what a passage is compressed
//! to, and where a long paragraph is cut.
//!
//! The text is first divided at lines that end a paragraph (blank lines,
//! headings, list items, table rows, quotes, code fences), then each part at
//! the ends of its sentences. A single line break within a paragraph means
//! nothing. Where an end is in doubt there is none: two sentences in one piece
//! can be read, half a sentence can't.

mod abbreviations;
mod brackets;
mod ends;
mod language;
mod lines;
mod marks;
mod ordinals;
mod starters;
mod stops;
mod text;
mod unspaced;

use lines::Part;
use std::ops::Range;
pub(super) use text::trimmed;

/// The sentences of `text`, in order, each without surrounding white space, as
/// byte ranges of `text`.
///
/// List bullets, heading marks and the marks of quotes are left out of the
/// ranges, and so are lines without words (code fences, rules, the line below
/// a table's head). Each line of fenced code is a sentence of its own. The
/// language, whose abbreviations and ordinals matter, is told from the text.
/// Takes time linear in the length of the text.
#[must_use]
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    sentences_in(text, "")
}

/// As [`sentences`], in the language of an ISO 639-1 code where that is known
/// (a passage's own text may be too short to tell).
#[must_use]
pub fn sentences_in(text: &str, code: &str) -> Vec<Range<usize>> {
    let language = language::of_code(code).or_else(|| language::language(text));
    let mut out = Vec::new();
    for part in lines::parts(text) {
        match part {
            Part::Prose(range) => ends::split(text, range, language, &mut out),
            Part::CodeLine(range) => out.push(range),
        }
    }
    out
}

/// The words of a sentence that runs over several lines of a quote, without
/// the `>` that each of them starts with.
#[must_use]
pub fn unquoted_lines(text: &str) -> String {
    let mut lines = text.lines();
    let mut out = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let body = line.trim_start();
        out.push('\n');
        out.push_str(if body.starts_with('>') {
            body.trim_start_matches(['>', ' '])
        } else {
            line
        });
    }
    out
}

/// A text on one line: runs of white space become one space.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests;
