//! Sentences of a passage, found the way the recipe of the built-in reader
//! finds them: what may be quoted, what a passage is compressed to, and where
//! a long paragraph is cut.
//!
//! The text is first divided at lines that end a paragraph (blank lines,
//! headings, list items, table rows, quotes, code fences), then each part at
//! the ends of its sentences. A single line break within a paragraph means
//! nothing.

use std::ops::Range;

/// Words whose full stop does not end a sentence. A single capital letter
/// (an initial) counts as well.
const ABBREVIATIONS: &[&str] = &[
    "e.g", "i.e", "cf", "vs", "etc", "al", "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "No", "Fig",
    "Figs", "Eq", "Sec", "Vol", "pp", "approx", "ca", "Inc", "Ltd", "Co", "Jr", "Sr", "Gen", "Lt",
    "Col", "Rev", "U.S", "U.K", "U.N", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep",
    "Sept", "Oct", "Nov", "Dec",
];

/// The sentences of `text`, in order, each without surrounding white space, as
/// byte ranges of `text`.
///
/// List bullets, heading marks and the marks of quotes are left out of the
/// ranges, and so are lines without words (code fences, rules, the line below
/// a table's head). Each line of fenced code is a sentence of its own. Takes
/// time linear in the length of the text.
#[must_use]
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    for part in parts(text) {
        match part {
            Part::Prose(range) => split(text, range, &mut out),
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

/// A part of a text that no sentence crosses, without its marks.
enum Part {
    /// Running text.
    Prose(Range<usize>),
    /// A line of fenced code.
    CodeLine(Range<usize>),
}

/// How a line stands to the lines around it.
enum Line {
    /// It goes on with the paragraph above.
    Continues(Range<usize>),
    /// It starts a paragraph: a list item.
    Starts(Range<usize>),
    /// It goes on with the quote above, or starts one.
    Quotes(Range<usize>),
    /// It is a paragraph of its own: a heading or a table row.
    Alone(Range<usize>),
    /// It opens or closes fenced code.
    Fence { mark: char, length: usize },
    /// It holds no words: a blank line or a rule.
    Boundary,
}

/// Divides a text into parts that no sentence crosses.
fn parts(text: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut open: Option<Range<usize>> = None;
    let mut in_quote = false;
    let mut code: Option<(char, usize)> = None;
    // The shortest fence of each mark that is known to have no end below, so
    // that a text of many open fences is not searched once for each of them.
    let mut endless = [usize::MAX; 2];
    let mut next = 0;
    for line in text.split_inclusive('\n') {
        let start = next;
        next += line.len();
        if let Some((mark, length)) = code {
            let range = trimmed(text, start..next);
            if closes(line, mark, length) {
                code = None;
            } else if !range.is_empty() {
                out.push(Part::CodeLine(range));
            }
            continue;
        }
        let kind = classify(text, trimmed(text, start..next));
        let goes_on = match &kind {
            Line::Continues(range) => Some(range),
            Line::Quotes(range) if in_quote => Some(range),
            _ => None,
        };
        if let (Some(range), Some(paragraph)) = (goes_on, &mut open) {
            paragraph.end = range.end;
            continue;
        }
        in_quote = matches!(kind, Line::Quotes(_));
        out.extend(open.take().map(Part::Prose));
        match kind {
            Line::Continues(range) | Line::Starts(range) | Line::Quotes(range) => {
                open = Some(range);
            }
            Line::Alone(range) => out.push(Part::Prose(range)),
            Line::Fence { mark, length } => {
                let known = &mut endless[usize::from(mark == '~')];
                if length < *known {
                    let below = text.get(next..).unwrap_or_default();
                    if below.lines().any(|line| closes(line, mark, length)) {
                        code = Some((mark, length));
                    } else {
                        *known = length;
                    }
                }
            }
            Line::Boundary => {}
        }
    }
    out.extend(open.map(Part::Prose));
    out
}

/// Tells what the line at `range` (without white space around it) is, and
/// where its words are.
fn classify(text: &str, range: Range<usize>) -> Line {
    let mut body = text.get(range.clone()).unwrap_or_default();
    let (mut starts, mut quotes) = (false, false);
    while let Some(rest) = without_mark(body) {
        if body.starts_with('>') {
            quotes = true;
        } else {
            starts = true;
        }
        body = rest.trim_start();
    }
    let mut end = range.end;
    if let Some((mark, length)) = fence(body) {
        return Line::Fence { mark, length };
    }
    let mut alone = body.starts_with('|');
    if let Some(title) = heading(body) {
        body = title.trim_start();
        let closing = body.trim_end_matches('#');
        if closing.is_empty() || closing.ends_with(char::is_whitespace) {
            end -= body.len() - closing.trim_end().len();
            body = closing.trim_end();
        }
        alone = true;
    }
    if body.is_empty() || is_rule(body) {
        return Line::Boundary;
    }
    let words = end - body.len()..end;
    match (alone, starts, quotes) {
        (true, _, _) => Line::Alone(words),
        (false, true, _) => Line::Starts(words),
        (false, false, true) => Line::Quotes(words),
        (false, false, false) => Line::Continues(words),
    }
}

/// What follows the mark of a quote or a list item, if the line starts with
/// one.
fn without_mark(line: &str) -> Option<&str> {
    let spaced = |rest: &str| rest.is_empty() || rest.starts_with(char::is_whitespace);
    if let Some(rest) = line.strip_prefix('>') {
        // `>=` is an operator.
        return (!rest.starts_with('=')).then_some(rest);
    }
    if let Some(rest) = line.strip_prefix(['-', '*', '+', '•']) {
        return spaced(rest).then_some(rest);
    }
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = line.len() - rest.len();
    let rest = rest.strip_prefix(['.', ')'])?;
    // A longer number, or one that ends its line, is rather the end of a
    // sentence.
    ((1..=3).contains(&digits) && rest.starts_with(char::is_whitespace)).then_some(rest)
}

/// The title of a Markdown heading line.
fn heading(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    ((1..=6).contains(&level) && (rest.is_empty() || rest.starts_with(char::is_whitespace)))
        .then_some(rest)
}

/// The mark and length of a code fence that a line opens.
fn fence(line: &str) -> Option<(char, usize)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let length = line.len() - rest.len();
    // A second run of backticks makes it code within a line.
    (length >= 3 && !(mark == '`' && rest.contains('`'))).then_some((mark, length))
}

/// Whether a line ends code that a fence of `length` marks opened.
fn closes(line: &str, mark: char, length: usize) -> bool {
    let line = line.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim_end();
    line.len() >= length && line.chars().all(|c| c == mark)
}

/// Whether a line only draws: a rule, an underline, a table's border.
fn is_rule(line: &str) -> bool {
    let marks = line.chars().filter(|c| !c.is_whitespace()).count();
    marks >= 3 && line.chars().all(|c| c.is_whitespace() || "-=_~^*+#|:".contains(c))
}

/// Adds the sentences of one paragraph.
fn split(text: &str, paragraph: Range<usize>, out: &mut Vec<Range<usize>>) {
    let body = text.get(paragraph.clone()).unwrap_or_default();
    let mut start = 0;
    let mut add = |from: usize, to: usize| {
        let range = trimmed(text, paragraph.start + from..paragraph.start + to);
        if !range.is_empty() {
            out.push(range);
        }
    };
    for (at, mark) in body.char_indices() {
        let wide = matches!(mark, '。' | '！' | '？');
        if at < start || !(wide || matches!(mark, '.' | '!' | '?')) {
            continue;
        }
        let behind = body.get(at + mark.len_utf8()..).unwrap_or_default();
        let rest = behind.trim_start_matches(is_closer);
        let ends = if wide {
            true
        } else {
            begins_sentence(rest)
                && !(mark == '.' && is_abbreviation(body.get(start..at).unwrap_or_default()))
        };
        if ends {
            let end = body.len() - rest.len();
            add(start, end);
            start = end;
        }
    }
    add(start, body.len());
}

/// Whether a character closes a quotation or a bracket behind a sentence's
/// mark.
fn is_closer(c: char) -> bool {
    matches!(c, '"' | '\'' | ')' | ']' | '\u{201d}' | '\u{2019}' | '」' | '』' | '）' | '】' | '》')
}

/// Whether what follows a sentence's mark is white space and a capital letter
/// or a digit, perhaps behind an opening quotation mark or bracket.
fn begins_sentence(rest: &str) -> bool {
    let word = rest.trim_start();
    let mut letters = word.chars();
    let first = match letters.next() {
        Some('"' | '\'' | '(' | '[' | '\u{201c}' | '\u{2018}') => letters.next(),
        first => first,
    };
    word.len() < rest.len() && first.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
}

/// Whether the text before a full stop ends in an abbreviation or an initial.
fn is_abbreviation(before: &str) -> bool {
    let whole = |rest: &str| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    before.strip_suffix(char::is_uppercase).is_some_and(whole)
        || ABBREVIATIONS.iter().any(|word| before.strip_suffix(word).is_some_and(whole))
}

/// `range` of `text` without the white space at its ends.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

#[cfg(test)]
mod tests;
