//! Splitting a text into words, and words into their parts.

use super::fold::is_invisible;
use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// A word of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raw<'a> {
    /// Letters and digits, joined by `_ - . ' ::` where these stand within.
    Word {
        /// As it is written.
        text: &'a str,
        /// Whether it begins a sentence, a line or the text.
        opens: bool,
    },
    /// A run of a script that is written without spaces.
    Unspaced(&'a str),
}

/// Calls `each` with the words of a text, in order.
pub(super) fn words<'a>(text: &'a str, each: &mut dyn FnMut(Raw<'a>)) {
    let mut rest = text;
    let mut opens = true;
    while let Some(c) = rest.chars().next() {
        if is_unspaced(c) {
            let end = rest.find(|c: char| !is_unspaced(c) && !is_combining_mark(c));
            let (run, behind) = rest.split_at(end.unwrap_or(rest.len()));
            each(Raw::Unspaced(run));
            rest = behind;
            opens = false;
        } else if c.is_alphanumeric() {
            let (word, behind) = rest.split_at(word_length(rest));
            each(Raw::Word { text: word, opens });
            rest = behind;
            opens = false;
        } else {
            opens |= matches!(c, '.' | '!' | '?' | ':' | '\n' | '|' | '…' | '·' | '"' | '“' | '(');
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
}

/// Length of the word that a text begins with.
fn word_length(text: &str) -> usize {
    let mut length = 0;
    loop {
        let rest = text.get(length..).unwrap_or_default();
        length += letters(rest);
        let rest = text.get(length..).unwrap_or_default();
        let number = text.get(..length).is_some_and(|word| word.ends_with(char::is_numeric));
        let joint = joint(rest, number);
        let behind = rest.get(joint..).unwrap_or_default();
        if joint == 0 || !behind.starts_with(is_letter) {
            // C++, C# and F# are names.
            let name = length <= 2
                && ["++", "#"].iter().any(|end| {
                    rest.strip_prefix(end)
                        .is_some_and(|behind| !behind.starts_with(char::is_alphanumeric))
                });
            let suffix = if rest.starts_with('#') { 1 } else { 2 };
            return length + if name { suffix } else { 0 };
        }
        length += joint;
    }
}

/// Length of the letters and digits that a text begins with.
fn letters(text: &str) -> usize {
    let inside = |c: char| is_letter(c) || is_combining_mark(c) || is_invisible(c);
    text.find(|c| !inside(c)).unwrap_or(text.len())
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
}

/// Length of what may join two parts of a word, the first of which may end in
/// a number.
fn joint(text: &str, number: bool) -> usize {
    let mut chars = text.chars();
    match chars.next() {
        Some('_') => text.len() - text.trim_start_matches('_').len(),
        Some(c @ ('-' | '.' | '\'' | '’' | '\u{2010}' | '\u{2011}')) => c.len_utf8(),
        Some(':') if text.starts_with("::") => 2,
        // A separator of thousands; elsewhere a comma parts.
        Some(',') if number => {
            let group = chars.as_str().find(|c: char| !c.is_ascii_digit());
            usize::from(group.unwrap_or(chars.as_str().len()) == 3)
        }
        _ => 0,
    }
}

/// The places of a word's pieces between its joints, each with the joint
/// before it.
pub(super) fn pieces(word: &str) -> Vec<(&str, Range<usize>)> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut joint = "";
    while at < word.len() {
        let rest = word.get(at..).unwrap_or_default();
        let length = letters(rest);
        if length > 0 {
            out.push((joint, at..at + length));
        }
        let behind = rest.get(length..).unwrap_or_default();
        let between = behind.find(is_letter).unwrap_or(behind.len());
        joint = behind.get(..between).unwrap_or_default();
        at += length + between;
    }
    out
}

/// The parts of a piece: `computeTaxRate` has three, `HTTPServer` and `utf8`
/// two. One that changes all the time is a hash or so, and is one part.
pub(super) fn humps(piece: &str) -> Vec<&str> {
    const MOST: usize = 8;
    let mut cuts = vec![0];
    let mut before: Option<char> = None;
    let mut chars = piece.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if let Some(last) = before {
            let next_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
            let hump = last.is_lowercase() && c.is_uppercase()
                || last.is_uppercase() && c.is_uppercase() && next_lower && at > 1
                || last.is_numeric() != c.is_numeric() && !is_combining_mark(c);
            if hump && cuts.last() != Some(&at) {
                cuts.push(at);
                if cuts.len() > MOST {
                    return vec![piece];
                }
            }
        }
        before = Some(c);
    }
    cuts.push(piece.len());
    cuts.windows(2).filter_map(|cut| piece.get(cut[0]..cut[1])).collect()
}

/// Characters of scripts that are written without spaces between words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E01..=0x0E4E | 0x0E81..=0x0ECE | 0x0EDC..=0x0EDF
        | 0x1000..=0x103F | 0x104C..=0x109F | 0x1780..=0x17D3 | 0x17DC..=0x17DD
        | 0x3005..=0x3007 | 0x3041..=0x309F | 0x30A1..=0x30FA | 0x30FC..=0x30FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xA9E0..=0xA9FE | 0xAA60..=0xAA7F
        | 0xF900..=0xFAFF | 0xFF66..=0xFF9F | 0x2_0000..=0x3_FFFF)
}

/// The characters of a run, each with the marks that stand on it.
pub(super) fn clusters(run: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    for (at, c) in run.char_indices() {
        if at > start && !is_combining_mark(c) {
            out.extend(run.get(start..at));
            start = at;
        }
    }
    out.extend(run.get(start..).filter(|last| !last.is_empty()));
    out
}

/// Overlapping pairs of clusters; the run itself where it has but one.
pub(super) fn pairs(run: &str) -> Vec<String> {
    let list = clusters(run);
    match list.as_slice() {
        [one] => vec![(*one).to_owned()],
        list => list.windows(2).map(<[&str]>::concat).collect(),
    }
}
