//! The parts of a text that no sentence crosses: paragraphs, list items,
//! headings, table rows and the lines of fenced code.

use super::abbreviations::{self, Kind};
use super::ordinals;
use super::text::trimmed;
use std::ops::Range;

/// A part of a text that no sentence crosses, without its marks.
pub(super) enum Part {
    /// Running text.
    Prose(Range<usize>),
    /// A line of fenced code.
    CodeLine(Range<usize>),
}

/// How a line stands to the lines around it.
enum Line {
    /// It goes on with the paragraph above.
    Continues(Range<usize>),
    /// It starts a paragraph: a list item, `number` where it has one.
    Starts { words: Range<usize>, number: Option<u32> },
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
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut out = Vec::new();
    let mut open: Option<Range<usize>> = None;
    let mut in_quote = false;
    let mut in_item = false;
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
        let line = trimmed(text, start..next);
        let mut kind = classify(text, line.clone());
        if let Line::Starts { number: Some(number), words } = &kind
            && let Some(paragraph) = &open
            && *number > 1
        {
            // "see page" or "das", wrapped before "12. Gleis". Within a list
            // a number rather starts the next item.
            let before = text.get(paragraph.clone()).unwrap_or_default();
            let behind = text.get(words.clone()).unwrap_or_default();
            if runs_on(before) && (!in_item || ordinals::is_surely_ordinal(before, behind)) {
                kind = Line::Continues(line);
            }
        }
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
            Line::Continues(range) | Line::Quotes(range) => {
                open = Some(range);
                in_item = false;
            }
            Line::Starts { words, .. } => {
                open = Some(words);
                in_item = true;
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
    let mut number = None;
    while let Some(rest) = without_mark(body) {
        let mark = body.get(..body.len() - rest.len()).unwrap_or_default();
        number = mark.trim_end_matches(['.', ')']).parse().ok();
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
        (false, true, _) => Line::Starts { words, number },
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

/// Whether a paragraph stops within a sentence.
fn runs_on(paragraph: &str) -> bool {
    if paragraph
        .ends_with(|c: char| c.is_alphanumeric() || matches!(c, ',' | '(' | '„' | '«' | '§'))
    {
        return true;
    }
    let word = paragraph.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let kind = word.strip_suffix('.').and_then(|word| abbreviations::known(word, None));
    matches!(kind, Some(Kind::Never | Kind::Number))
}
