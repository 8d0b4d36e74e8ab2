//! Terms of a text, and in how many passages each occurs.
//!
//! Sentences are scored by the share of the question's term weight that they
//! hold, as in the built-in reader's training, so the rules of cutting a text
//! into terms (stop words, light stemmer) are those of
//! `examples/reader/text.py`. The weights are inverse document frequencies
//! over the whole knowledge base, kept in a small file beside the table that
//! is made again when the table has changed enough. It holds nothing that the
//! table doesn't: without it every term weighs the same.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;
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

/// In how many passages each term occurs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TermStats {
    passages: u64,
    frequency: HashMap<String, u32>,
}

impl TermStats {
    /// Counts the terms of one more passage.
    pub fn add(&mut self, text: &str) {
        self.passages += 1;
        let seen: HashSet<String> = terms(text).into_iter().collect();
        for term in seen {
            *self.frequency.entry(term).or_insert(0) += 1;
        }
    }

    /// Adds the counts of other passages.
    pub fn merge(&mut self, other: Self) {
        self.passages += other.passages;
        for (term, count) in other.frequency {
            *self.frequency.entry(term).or_insert(0) += count;
        }
    }

    /// How many passages were counted.
    #[must_use]
    pub fn passages(&self) -> u64 {
        self.passages
    }

    /// Inverse document frequency of a term, as in BM25 (Robertson and
    /// Zaragoza, 2009): ln(1 + (N - n + 0.5) / (n + 0.5)). Where nothing was
    /// counted every term weighs 1.
    #[must_use]
    pub fn idf(&self, term: &str) -> f32 {
        if self.passages == 0 {
            return 1.0;
        }
        let n = f64::from(self.frequency.get(term).copied().unwrap_or(0));
        let total = self.passages as f64;
        (1.0 + ((total - n).max(0.0) + 0.5) / (n + 0.5)).ln() as f32
    }

    /// Writes the counts to `path`, replacing it at once.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let temporary = path.with_extension("new");
        let mut out = std::io::BufWriter::new(std::fs::File::create(&temporary)?);
        writeln!(out, "{HEADER}\t{}", self.passages)?;
        for (term, count) in &self.frequency {
            // A term seen once weighs nearly as much as an unseen one; leaving
            // these out halves the file.
            if *count > 1 {
                writeln!(out, "{count}\t{term}")?;
            }
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        std::fs::rename(&temporary, path)
    }

    /// Reads what [`Self::save`] wrote; `None` where there is nothing usable.
    #[must_use]
    pub fn load(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let mut lines = text.lines();
        let passages = lines.next()?.strip_prefix(HEADER)?.trim().parse().ok()?;
        let mut frequency = HashMap::new();
        for line in lines {
            let (count, term) = line.split_once('\t')?;
            frequency.insert(term.to_owned(), count.parse().ok()?);
        }
        Some(Self { passages, frequency })
    }
}

const HEADER: &str = "lorag-terms-1";

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

    #[test]
    fn rare_terms_weigh_more_and_the_file_reads_back() {
        let mut stats = TermStats::default();
        for text in ["alpha beta", "alpha gamma", "alpha beta"] {
            stats.add(text);
        }
        assert!(stats.idf("gamma") > stats.idf("beta"));
        assert!(stats.idf("beta") > stats.idf("alpha"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terms");
        stats.save(&path).unwrap();
        let back = TermStats::load(&path).unwrap();
        assert_eq!(back.passages(), 3);
        assert_eq!(back.idf("alpha"), stats.idf("alpha"));
        std::fs::write(&path, "rubbish").unwrap();
        assert!(TermStats::load(&path).is_none());
    }
}
