//! Light terms: the words of a text that say something, one term each.
//!
//! Claims are compared with passages by these, as in the built-in reader's
//! training, so the rules (stop words, light stemmer) are those of
//! `examples/reader/text.py`. What a passage is found by is the matter of
//! [`super::analysis`].

pub use super::analysis::TermStats;
use std::collections::HashSet;
use std::sync::LazyLock;

const STOP_WORDS: &str = "a an the of in on at to for from by with and or but if is are was were be been being am do does did done has have had having it its this that these those as than then so such not no nor can could may might must shall should will would i you he she we they them him her his their our your my me us who whom whose which what when where why how there here into onto about over under between during after before because while also any some all each every both few more most other own same too very just only s t don";

static STOP: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| STOP_WORDS.split_ascii_whitespace().collect());

/// Suffix, shortest word it is taken from (less the suffix), what replaces it.
const SUFFIXES: &[(&str, usize, &str)] = &[
    ("ies", 4, "y"),
    ("sses", 5, "ss"),
    ("ation", 6, "at"),
    ("ations", 7, "at"),
    ("ingly", 6, ""),
    ("edly", 5, ""),
    ("ing", 5, ""),
    ("ed", 4, ""),
    ("es", 4, "e"),
    ("ly", 5, ""),
    ("s", 3, ""),
];

/// A light suffix stemmer for lower-case words (plural, -ing, -ed, -ly).
#[must_use]
pub fn stem(word: &str) -> String {
    let mut out = word.to_owned();
    for &(suffix, keep, replacement) in SUFFIXES {
        let short = word.len() + 2 < keep + suffix.len();
        if !word.ends_with(suffix) || short || (suffix == "s" && word.ends_with("ss")) {
            continue;
        }
        out.truncate(word.len() - suffix.len());
        out.push_str(replacement);
        break;
    }
    if out.len() > 4 && out.ends_with('e') {
        out.pop();
    }
    out
}

/// The stemmed terms of `text`, in order, stop words left out. A term is a
/// run of letters and digits, or a number with its separators; scripts written
/// without spaces give one term per character.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if is_unspaced(c) {
            flush(&mut word, &mut out);
            out.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if (c == '.' || c == ',')
            && word.ends_with(|d: char| d.is_ascii_digit())
            && word.starts_with(|d: char| d.is_ascii_digit())
            && chars.peek().is_some_and(char::is_ascii_digit)
        {
            word.push(c);
        } else {
            flush(&mut word, &mut out);
        }
    }
    flush(&mut word, &mut out);
    out
}

fn flush(word: &mut String, out: &mut Vec<String>) {
    if word.is_empty() {
        return;
    }
    if !STOP.contains(word.as_str()) {
        out.push(stem(word));
    }
    word.clear();
}

fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0x2_0000..=0x3_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stemmer_agrees_with_the_training_recipe() {
        // Pairs printed by `stem` of examples/reader/text.py.
        for (word, expected) in [
            ("studies", "study"),
            ("classes", "class"),
            ("running", "runn"),
            ("installed", "install"),
            ("quickly", "quick"),
            ("files", "file"),
            ("glass", "glass"),
            ("configuration", "configurat"),
            ("file", "file"),
            ("cache", "cach"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }

    #[test]
    fn stop_words_go_and_numbers_stay_whole() {
        assert_eq!(terms("What is the cost of 1,482.5 files?"), ["cost", "1,482.5", "file"]);
        assert_eq!(terms("日本の file"), ["日", "本", "の", "file"]);
    }
}
