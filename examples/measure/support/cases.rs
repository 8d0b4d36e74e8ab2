//! Claims with the sections that they are held against.

use super::edits::{Dice, names, other_negation, other_number, paraphrases};
use anyhow::{Context, Result};
use lorag::domain::{ByteRange, Chunk, Hit, LineRange, OffsetMap, Source};
use lorag::knowledge::embed::Embedder;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Shortest sentence that counts as one, in words: tables give shorter ones,
/// which say nothing alone.
const SHORTEST: usize = 4;

/// What should come of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It stands in the section word for word.
    Verbatim,
    /// The section says it in other words.
    Paraphrase,
    /// The section doesn't say it.
    Unrelated,
    /// The section says otherwise.
    Changed,
    /// The section says otherwise in a way that the check isn't made to see.
    Unseen,
}

impl Kind {
    /// Whether it is supported, as a sign.
    pub fn sign(self) -> char {
        match self {
            Self::Verbatim | Self::Paraphrase => '+',
            Self::Unrelated | Self::Changed => '-',
            Self::Unseen => 'x',
        }
    }
}

/// A claim and the section that it is held against.
pub struct Case {
    pub kind: Kind,
    pub name: &'static str,
    pub claim: String,
    pub section: usize,
}

#[derive(Clone, Deserialize)]
struct Row {
    article: String,
    section: String,
    candidates: Vec<String>,
    answers: Vec<usize>,
}

/// A part of SelQA.
pub struct Part {
    pub name: String,
    pub cases: Vec<Case>,
    sources: Vec<Source>,
}

impl Part {
    pub fn load(folder: &Path, name: &str, embedder: &dyn Embedder) -> Result<Self> {
        let path = folder.join(format!("selqa-ass-{name}.json"));
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let rows: Vec<Row> = serde_json::from_str(&text)?;
        let sections = Sections::new(&rows, embedder)?;
        let mut maker = Maker { sections: &sections, dice: Dice::new(), cases: Vec::new() };
        let mut seen = HashSet::new();
        for row in &rows {
            for answer in &row.answers {
                let Some(sentence) = row.candidates.get(*answer) else { continue };
                if seen.insert(sentence) {
                    maker.sentence(row, sentence);
                }
            }
        }
        let cases = maker.cases;
        let sources = sections.list.iter().map(source).collect();
        Ok(Self { name: name.to_owned(), cases, sources })
    }

    pub fn source(&self, section: usize) -> &Source {
        &self.sources[section]
    }
}

/// A section as a passage below the headings of its article.
fn source(row: &Row) -> Source {
    let text = row.candidates.join(" ");
    let chunk = Chunk {
        id: String::new(),
        path: format!("{}.txt", row.article),
        collection: "default".to_owned(),
        heading: vec![row.article.clone(), row.section.clone()],
        bytes: ByteRange::new(0, text.len()),
        lines: LineRange { start: 1, end: 1 },
        offsets: OffsetMap::verbatim(0, text.len()),
        text,
        rendered: false,
        index: 0,
        file_hash: String::new(),
        modified: 0,
        units: Vec::new(),
        language: String::new(),
    };
    Source {
        number: 1,
        hit: Hit { chunk, rank: 1, score: 1.0, vector: None, full_text: None, stale: false },
        sentences: Vec::new(),
        compressed: false,
        tokens: 0,
        left_out: None,
    }
}

/// The distinct sections, and the vectors of their sentences.
struct Sections {
    list: Vec<Row>,
    /// Where each section's text is in `list`.
    places: HashMap<String, usize>,
    by_article: HashMap<String, Vec<usize>>,
    /// Section, sentence and its vector.
    sentences: Vec<(usize, String, Vec<f32>)>,
}

impl Sections {
    fn new(rows: &[Row], embedder: &dyn Embedder) -> Result<Self> {
        let mut list: Vec<Row> = Vec::new();
        let mut places = HashMap::new();
        let mut by_article: HashMap<String, Vec<usize>> = HashMap::new();
        for row in rows {
            places.entry(row.candidates.join(" ")).or_insert_with(|| {
                by_article.entry(row.article.clone()).or_default().push(list.len());
                list.push(row.clone());
                list.len() - 1
            });
        }
        let mut sentences = Vec::new();
        for (place, row) in list.iter().enumerate() {
            let long = |text: &&String| text.split_whitespace().count() >= SHORTEST;
            let texts: Vec<String> = row.candidates.iter().filter(long).cloned().collect();
            let vectors = embedder.embed_passages(&texts)?;
            sentences.extend(texts.into_iter().zip(vectors).map(|(t, v)| (place, t, v)));
        }
        Ok(Self { list, places, by_article, sentences })
    }

    /// The sentence of another article that is most like this one, and its
    /// section. The same sentence elsewhere doesn't count.
    fn nearest(&self, article: &str, sentence: &str) -> Option<(usize, &str)> {
        let own = self.sentences.iter().find(|(_, text, _)| text == sentence)?;
        self.sentences
            .iter()
            .filter(|(place, text, _)| {
                self.list[*place].article != article && text.trim() != sentence.trim()
            })
            .map(|(place, text, vector)| {
                let cosine: f32 = own.2.iter().zip(vector).map(|(a, b)| a * b).sum();
                (cosine, *place, text.as_str())
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, place, text)| (place, text))
    }
}

/// Makes the cases of one answer sentence after the other.
struct Maker<'a> {
    sections: &'a Sections,
    dice: Dice,
    cases: Vec<Case>,
}

impl Maker<'_> {
    fn add(&mut self, kind: Kind, name: &'static str, claim: impl Into<String>, section: usize) {
        self.cases.push(Case { kind, name, claim: claim.into(), section });
    }

    fn sentence(&mut self, row: &Row, sentence: &str) {
        let sections = self.sections;
        let Some(&own) = sections.places.get(&row.candidates.join(" ")) else { return };
        self.add(Kind::Verbatim, "verbatim", sentence, own);
        for (name, claim) in paraphrases(sentence, &row.article) {
            self.add(Kind::Paraphrase, name, claim, own);
        }
        let lacks = |place: &usize| !sections.list[*place].candidates.iter().any(|c| c == sentence);
        let mates: Vec<usize> = sections
            .by_article
            .get(&row.article)
            .map(|list| list.iter().copied().filter(lacks).collect())
            .unwrap_or_default();
        if !mates.is_empty() {
            let place = mates[self.dice.below(mates.len())];
            self.add(Kind::Unrelated, "another section of the article", sentence, place);
        }
        let strange = self.dice.below(sections.list.len());
        if sections.list[strange].article != row.article && lacks(&strange) {
            self.add(Kind::Unrelated, "another question's section", sentence, strange);
        }
        if let Some((place, other)) = sections.nearest(&row.article, sentence) {
            self.add(Kind::Unrelated, "section of the most similar sentence", sentence, place);
            self.add(Kind::Unrelated, "most similar sentence of another article", other, own);
        }
        self.changed(row, sentence, own);
    }

    fn changed(&mut self, row: &Row, sentence: &str, own: usize) {
        if let Some(claim) = other_number(sentence, &mut self.dice) {
            self.add(Kind::Changed, "number changed", claim, own);
        }
        if let Some((name, claim)) = other_negation(sentence, &mut self.dice) {
            for (how, other) in paraphrases(&claim, &row.article) {
                if how == "clauses reordered" {
                    self.add(Kind::Changed, "negation changed, clauses reordered", other, own);
                } else if how.starts_with("determiners") {
                    self.add(Kind::Changed, "negation changed, words swapped", other, own);
                }
            }
            self.add(Kind::Changed, name, claim, own);
        }
        let pool: Vec<&str> = row
            .candidates
            .iter()
            .filter(|other| *other != sentence)
            .flat_map(|other| names(other))
            .filter(|name| !sentence.contains(name))
            .collect();
        let here = names(sentence);
        if !pool.is_empty() && !here.is_empty() {
            let (old, new) = (here[self.dice.below(here.len())], pool[self.dice.below(pool.len())]);
            let claim = sentence.replacen(&format!(" {old}"), &format!(" {new}"), 1);
            self.add(Kind::Unseen, "a name exchanged", claim, own);
        }
    }
}
