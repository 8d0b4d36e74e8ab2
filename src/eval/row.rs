//! What was measured: of one answer, and of all answers of one variant.

use super::metrics::{mean, percentile};
use super::training::Training;
use serde::{Deserialize, Serialize};

/// One question answered by one variant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The question's place in the dataset, from 0.
    pub question: usize,
    /// The answer.
    pub answer: String,
    /// Whether the question can be answered.
    pub answerable: bool,
    /// Whether it was answered, and not said that it can't be.
    pub answered: bool,
    /// Exact match.
    pub em: f64,
    /// Token F1.
    pub f1: f64,
    /// ROUGE-L.
    pub rouge_l: f64,
    /// Of the citations, the share of the right document; `None` without
    /// citations or a known document.
    pub citation_precision: Option<f64>,
    /// Whether the right document is cited; `None` where it isn't known or no
    /// sources are read.
    pub citation_recall: Option<f64>,
    /// Share of its sentences that a checked citation supports; `None` where no
    /// sources are read or nothing is answered.
    pub support: Option<f64>,
    /// Rank of the right document among the hits, from 1; 0 where it is not
    /// there, `None` where there was no search.
    pub rank: Option<usize>,
    /// From the question to the first text, in milliseconds.
    pub ttft_ms: f64,
    /// The whole of it, the search included, in milliseconds.
    pub total_ms: f64,
    /// Tokens decoded per second; `None` where too few were.
    pub tokens_per_s: Option<f64>,
    /// Tokens of the prompt.
    #[serde(default)]
    pub prompt_tokens: usize,
    /// Resident memory of the process, in bytes.
    pub memory_bytes: u64,
}

/// All questions answered by one variant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The mode.
    pub mode: String,
    /// The adapters; null for the plain model.
    pub adapter: Option<String>,
    /// How sources were read.
    pub strategy: String,
    /// Questions.
    pub n: usize,
    /// Exact match, mean.
    pub em: f64,
    /// Token F1, mean.
    pub f1: f64,
    /// ROUGE-L, mean.
    pub rouge_l: f64,
    /// Share of the questions that were answered.
    pub answered: f64,
    /// Share of those that were not.
    pub abstained: f64,
    /// Share of the answerable questions that were answered.
    pub answered_answerable: Option<f64>,
    /// Share of the unanswerable questions that were not answered.
    pub abstained_unanswerable: Option<f64>,
    /// Precision of the citations, mean.
    pub citation_precision: Option<f64>,
    /// Recall of the citations, mean over the answerable questions.
    pub citation_recall: Option<f64>,
    /// Share of sentences that are supported, mean.
    pub support: Option<f64>,
    /// Share of the questions whose document is the first hit.
    pub recall_at_1: Option<f64>,
    /// The same of the first five.
    pub recall_at_5: Option<f64>,
    /// The same of the first ten.
    pub recall_at_10: Option<f64>,
    /// Mean reciprocal rank of the document.
    pub mrr: Option<f64>,
    /// Time to the first text in milliseconds, median.
    pub ttft_ms_p50: f64,
    /// The same, 95 of 100.
    pub ttft_ms_p95: f64,
    /// Time of the whole in milliseconds, median.
    pub total_ms_p50: f64,
    /// The same, 95 of 100.
    pub total_ms_p95: f64,
    /// Tokens decoded per second, mean.
    pub tokens_per_s: Option<f64>,
    /// Tokens of the prompt, mean; `None` where nothing was asked.
    pub prompt_tokens: Option<f64>,
    /// Most resident memory, in bytes.
    pub peak_memory_bytes: u64,
    /// What its adapter cost, if it was trained here.
    pub training: Option<Training>,
}

/// The measures of a row by their names, higher ones better where `true`.
pub const MEASURES: &[(&str, bool)] = &[
    ("em", true),
    ("f1", true),
    ("rouge_l", true),
    ("answered", true),
    ("abstained", true),
    ("answered_answerable", true),
    ("abstained_unanswerable", true),
    ("citation_precision", true),
    ("citation_recall", true),
    ("support", true),
    ("recall_at_1", true),
    ("recall_at_5", true),
    ("recall_at_10", true),
    ("mrr", true),
    ("ttft_ms_p50", false),
    ("ttft_ms_p95", false),
    ("total_ms_p50", false),
    ("total_ms_p95", false),
    ("tokens_per_s", true),
    ("prompt_tokens", false),
    ("peak_memory_bytes", false),
];

impl Row {
    /// Sums the records of a variant up.
    #[must_use]
    pub fn of(mode: &str, adapter: Option<&str>, strategy: &str, records: &[Record]) -> Self {
        let all =
            |of: &dyn Fn(&Record) -> f64| mean(&values(records, &|r| Some(of(r)))).unwrap_or(0.0);
        let some = |of: &dyn Fn(&Record) -> Option<f64>| mean(&values(records, of));
        let ranked = |of: &dyn Fn(usize) -> f64| {
            some(&|record| record.rank.filter(|_| record.answerable).map(of))
        };
        let at = |most: usize| ranked(&|rank| f64::from(rank > 0 && rank <= most));
        let when = |wanted: bool, of: fn(&Record) -> bool| {
            some(&|record| (record.answerable == wanted).then(|| f64::from(of(record))))
        };
        let time = |of: &dyn Fn(&Record) -> f64, share: f64| {
            percentile(&values(records, &|r| Some(of(r))), share).unwrap_or(0.0)
        };
        let answered = all(&|r| f64::from(r.answered));
        Self {
            mode: mode.to_owned(),
            adapter: adapter.map(str::to_owned),
            strategy: strategy.to_owned(),
            n: records.len(),
            em: all(&|r| r.em),
            f1: all(&|r| r.f1),
            rouge_l: all(&|r| r.rouge_l),
            answered,
            abstained: if records.is_empty() { 0.0 } else { 1.0 - answered },
            answered_answerable: when(true, |r| r.answered),
            abstained_unanswerable: when(false, |r| !r.answered),
            citation_precision: some(&|r| r.citation_precision),
            citation_recall: some(&|r| r.citation_recall),
            support: some(&|r| r.support),
            recall_at_1: at(1),
            recall_at_5: at(5),
            recall_at_10: at(10),
            mrr: ranked(&|rank| if rank == 0 { 0.0 } else { 1.0 / rank as f64 }),
            ttft_ms_p50: time(&|r| r.ttft_ms, 0.5),
            ttft_ms_p95: time(&|r| r.ttft_ms, 0.95),
            total_ms_p50: time(&|r| r.total_ms, 0.5),
            total_ms_p95: time(&|r| r.total_ms, 0.95),
            tokens_per_s: some(&|r| r.tokens_per_s),
            prompt_tokens: some(&|r| (r.prompt_tokens > 0).then_some(r.prompt_tokens as f64)),
            peak_memory_bytes: records.iter().map(|r| r.memory_bytes).max().unwrap_or(0),
            training: None,
        }
    }

    /// The variant's name.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.adapter {
            Some(adapter) => format!("{}/{adapter}", self.mode),
            None => self.mode.clone(),
        }
    }

    /// A measure by its name; `None` where this variant has none.
    #[must_use]
    pub fn measure(&self, name: &str) -> Option<f64> {
        serde_json::to_value(self).ok()?.get(name)?.as_f64()
    }
}

fn values(records: &[Record], of: &dyn Fn(&Record) -> Option<f64>) -> Vec<f64> {
    records.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_sums_up_what_applies() {
        let answered = Record {
            answerable: true,
            answered: true,
            f1: 0.5,
            citation_recall: Some(1.0),
            rank: Some(2),
            ttft_ms: 10.0,
            memory_bytes: 5,
            ..Record::default()
        };
        let refused = Record {
            answered: false,
            f1: 1.0,
            rank: Some(0),
            memory_bytes: 9,
            ..Record::default()
        };
        let row = Row::of("rag", None, "token", &[answered, refused]);
        assert_eq!((row.n, row.f1, row.answered, row.abstained), (2, 0.75, 0.5, 0.5));
        assert_eq!((row.answered_answerable, row.abstained_unanswerable), (Some(1.0), Some(1.0)));
        assert_eq!((row.recall_at_1, row.recall_at_5, row.mrr), (Some(0.0), Some(1.0), Some(0.5)));
        assert_eq!((row.citation_recall, row.citation_precision), (Some(1.0), None));
        assert_eq!(row.peak_memory_bytes, 9);
        assert_eq!(row.measure("f1"), Some(0.75));
        assert_eq!(row.measure("citation_precision"), None);
    }

    #[test]
    fn every_measure_is_a_field() {
        let value = serde_json::to_value(Row::default()).unwrap();
        for (name, _) in MEASURES {
            assert!(value.get(name).is_some(), "{name}");
        }
    }
}
