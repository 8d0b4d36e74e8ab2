//! What a file of training data holds, in numbers.

use super::row::{Form, Row};
use super::split::folded;
use crate::config::Manner;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// Characters of a token, about, where no tokenizer counts.
pub const CHARACTERS_PER_TOKEN: usize = 4;

/// The middle and the ends of some lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lengths {
    /// The shortest.
    pub least: usize,
    /// The median.
    pub median: usize,
    /// 95 of 100 are at most so long.
    pub p95: usize,
    /// The longest.
    pub most: usize,
    /// All together.
    pub sum: usize,
}

impl Lengths {
    /// Of these lengths.
    #[must_use]
    pub fn of(mut lengths: Vec<usize>) -> Self {
        lengths.sort_unstable();
        let at = |share: f64| {
            let place = (lengths.len().saturating_sub(1) as f64 * share).round() as usize;
            lengths.get(place).copied().unwrap_or_default()
        };
        let sum = lengths.iter().sum();
        Self { least: at(0.0), median: at(0.5), p95: at(0.95), most: at(1.0), sum }
    }
}

/// Counts of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Rows.
    pub rows: usize,
    /// Different questions.
    pub questions: usize,
    /// Documents that are named.
    pub documents: usize,
    /// Rows of each form, by its name.
    pub forms: BTreeMap<&'static str, usize>,
    /// Rows whose sources don't hold the answer.
    pub refusals: usize,
    /// Rows by how many sources they have.
    pub sources: BTreeMap<usize, usize>,
    /// Where the source with the answer stands, by its number: rows.
    pub golden: BTreeMap<usize, usize>,
    /// Rows by the first word of their question, the ten most frequent.
    pub opens: Vec<(String, usize)>,
    /// Tokens of prompts, about.
    pub prompt_tokens: Lengths,
    /// Tokens of targets, about.
    pub target_tokens: Lengths,
}

impl Stats {
    /// Of rows, whose prompts are spelled in this manner and counted by `count`.
    #[must_use]
    pub fn of(rows: &[Row], manner: &Manner, count: &dyn Fn(&str) -> usize) -> Self {
        let mut stats = Self { rows: rows.len(), ..Self::default() };
        let (mut questions, mut documents) = (HashSet::new(), HashSet::new());
        let mut opens: BTreeMap<String, usize> = BTreeMap::new();
        let (mut prompts, mut targets) = (Vec::new(), Vec::new());
        for row in rows {
            questions.insert(folded(&row.question));
            documents.extend(row.document.as_deref());
            *stats.forms.entry(row.form.name()).or_default() += 1;
            if row.form == Form::Rag {
                stats.refusals += usize::from(row.refuses());
                *stats.sources.entry(row.sources.len()).or_default() += 1;
                for (source, number) in row.sources.iter().zip(1..) {
                    if source.golden {
                        *stats.golden.entry(number).or_default() += 1;
                    }
                }
            }
            let first = row.question.split_whitespace().next().unwrap_or_default().to_lowercase();
            *opens.entry(first).or_default() += 1;
            prompts.push(row.messages(manner).iter().map(|m| count(&m.text)).sum());
            targets.push(count(row.target()));
        }
        stats.questions = questions.len();
        stats.documents = documents.len();
        stats.opens = opens.into_iter().collect();
        stats.opens.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        stats.opens.truncate(10);
        stats.prompt_tokens = Lengths::of(prompts);
        stats.target_tokens = Lengths::of(targets);
        stats
    }
}

/// Tokens of a text, about.
#[must_use]
pub fn estimate(text: &str) -> usize {
    text.chars().count().div_ceil(CHARACTERS_PER_TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::RowSource;

    #[test]
    fn rows_are_counted() {
        let source = |golden| RowSource { text: "x".into(), golden, ..RowSource::default() };
        let rag = |sources: Vec<RowSource>| Row {
            question: "Why is it so?".into(),
            answer: "It is so. [1]".into(),
            document: Some("a.md".into()),
            sources,
            answerable: true,
            ..Row::default()
        };
        let alone = Row { form: Form::Alone, question: "How?".into(), ..rag(Vec::new()) };
        let rows =
            [rag(vec![source(false), source(true)]), rag(vec![source(false)]), alone.clone()];
        let stats = Stats::of(&rows, &Manner::default(), &estimate);
        assert_eq!((stats.rows, stats.questions, stats.documents, stats.refusals), (3, 2, 1, 1));
        assert_eq!(stats.forms, BTreeMap::from([("alone", 1), ("rag", 2)]));
        assert_eq!(stats.golden, BTreeMap::from([(2, 1)]));
        assert_eq!(stats.sources, BTreeMap::from([(1, 1), (2, 1)]));
        assert_eq!(stats.opens[0], ("why".to_owned(), 2));
        assert_eq!(stats.target_tokens, Lengths { least: 4, median: 4, p95: 4, most: 4, sum: 12 });
        let texts = alone.messages(&Manner::default());
        let least: usize = texts.iter().map(|m| m.text.chars().count().div_ceil(4)).sum();
        assert_eq!(stats.prompt_tokens.least, least);
    }
}
