//! The probability that a sentence answers the question.
//!
//! Logistic regression over what was seen of the sentence and what reading it
//! said, fitted on questions with and without answers: SelQA's dev part (with
//! and without titles) and the first half of COVID-QA, each also with the right
//! passage taken away, and with the other's passages in its place; once with
//! the term weights of the whole collection and once with those of the passages
//! alone, as a handful of files has them. `examples/measure/README.md` has how the constants came
//! about, and the curve of coverage against risk.

use super::asked::Asked;
use super::cascade::Read;
use super::score::Seen;
use super::units::Candidate;
use serde::Serialize;

/// Names of the signs, in the order of the models' weights.
pub const NAMES: [&str; COUNT] = [
    "share",
    "headed",
    "passage",
    "static",
    "heaviest_headed",
    "heaviest_passage",
    "identifiers_headed",
    "identifiers_passage",
    "names_headed",
    "names_passage",
    "kind_lacks",
    "kind_holds",
    "question",
    "margin",
    "logit_below",
    "cosine",
    "logit",
];

/// How many signs there are.
const COUNT: usize = 17;

/// The largest margin that makes a difference.
const MARGIN: f32 = 2.0;
/// Where the logit is bent: above it tells more than below.
const LOGIT: f32 = -2.0;

/// What is known of one sentence, for the fit and for the figures.
#[derive(Clone, Debug, Serialize)]
pub struct Signs {
    /// The sentence.
    pub text: String,
    /// Which of the hits it is from, from 0.
    pub hit: usize,
    /// Its score without reading it.
    pub score: f32,
    /// Cosine, if it was compared.
    pub cosine: Option<f32>,
    /// Logit, if it was read.
    pub logit: Option<f32>,
    /// What the choice goes by.
    pub sum: f32,
    /// The signs, by [`NAMES`].
    pub values: [f32; COUNT],
    /// The probability that it answers, where it was looked at closely enough.
    pub answers: Option<f32>,
}

impl Signs {
    /// Whether it lacks more of what the question names than `other` does: then
    /// it is about something else, however near the two are.
    #[must_use]
    pub fn names_less_than(&self, other: &Self) -> bool {
        let lacks = |signs: &Self, name: &str| {
            let at = NAMES.iter().position(|n| *n == name);
            at.and_then(|at| signs.values.get(at).copied()).unwrap_or_default()
        };
        let less = |name: &str| lacks(self, name) > lacks(other, name);
        less("identifiers_headed") || less("names_headed")
    }
}

struct Model {
    weights: [f32; COUNT],
    bias: f32,
}

/// Where the sentences were read.
const READ: Model = Model {
    weights: [
        0.14, 0.37, 0.66, 1.25, -0.29, -0.61, -1.09, -0.64, -0.14, -2.21, -0.79, -0.01, -4.0, 0.99,
        0.48, 1.9, 0.23,
    ],
    bias: -4.28,
};

/// Where they were not: another language, or `rank = "off"`.
const UNREAD: Model = Model {
    weights: [
        0.11, 0.63, 1.08, 3.04, 0.3, -0.34, -0.92, -0.46, -0.36, -2.55, -1.14, -0.12, -4.0, 1.25,
        0.0, 0.0, 0.0,
    ],
    bias: -4.17,
};

/// What a probability is at most where the evidence is against it: the passage
/// has nothing of the question, or the sentence nothing of the kind that is
/// asked for, and reading it found no answer either.
const AGAINST: f32 = 0.05;
/// Share of the question's weight below which a passage has nothing of it.
const NOTHING: f32 = 0.05;
/// The logit below which reading found no answer.
const NO_ANSWER: f32 = -3.0;

/// What a probability is at least where the question asks for all that is said
/// of something ("What changed in 5.0?") and the sentence stands below it: each
/// is a part of the answer, whatever it is about.
const PART: f32 = 0.3;

/// The signs of every candidate, best first.
pub fn signs(
    question: &str,
    asked: &Asked,
    candidates: &[Candidate],
    seen: &[Seen],
    read: &[Read],
    calibrated: bool,
) -> Vec<Signs> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| read[*b].sum.total_cmp(&read[*a].sum));
    let was_read = calibrated && read.iter().any(|r| r.logit.is_some());
    let sums: Vec<f32> = order.iter().take(2).map(|at| read[*at].sum).collect();
    order
        .iter()
        .map(|&at| {
            let (candidate, seen, read) = (&candidates[at], &seen[at], read[at]);
            let rival = if sums.first() == Some(&read.sum) { sums.get(1) } else { sums.first() };
            let margin = rival.map_or(MARGIN, |rival| read.sum - rival);
            let kind = asked.wanted.held_by(&candidate.sentence.text, question);
            let values = [
                seen.share,
                seen.headed.share,
                seen.passage.share,
                seen.cosine,
                seen.headed.heaviest_missing,
                seen.passage.heaviest_missing,
                seen.headed.identifiers_missing,
                seen.passage.identifiers_missing,
                seen.headed.names_missing,
                seen.passage.names_missing,
                f32::from(kind == Some(false)),
                f32::from(kind == Some(true)),
                f32::from(seen.question),
                margin.clamp(-MARGIN, MARGIN),
                read.logit.map_or(0.0, |logit| (logit - LOGIT).min(0.0)),
                read.cosine.unwrap_or(0.0),
                read.logit.map_or(0.0, |logit| (logit - LOGIT).max(0.0)),
            ];
            let unfit = seen.passage.share < NOTHING || (was_read && kind == Some(false));
            let against = unfit && read.logit.is_none_or(|logit| logit < NO_ANSWER);
            let part = asked.all && !seen.question && seen.headed.identifiers_missing == 0.0;
            let (least, most) = match (part, against) {
                (true, _) => (PART, 1.0),
                (false, true) => (0.0, AGAINST),
                (false, false) => (0.0, 1.0),
            };
            let answers = match (was_read, read.logit) {
                (true, Some(_)) => Some(READ.probability(&values).clamp(least, most)),
                (true, None) => None,
                (false, _) => Some(UNREAD.probability(&values).clamp(least, most)),
            };
            Signs {
                text: candidate.sentence.text.clone(),
                hit: candidate.hit,
                score: seen.score,
                cosine: read.cosine,
                logit: read.logit,
                sum: read.sum,
                values,
                answers,
            }
        })
        .collect()
}

impl Model {
    fn probability(&self, values: &[f32; COUNT]) -> f32 {
        let sum: f32 = self.weights.iter().zip(values).map(|(w, x)| w * x).sum();
        1.0 / (1.0 + (-(sum + self.bias)).exp())
    }
}

/// Risks with the probability from which answers keep to them: of the answers
/// given to SelQA's test part (with and without titles) and the second half of
/// COVID-QA at that threshold, two questions without an answer in the sources
/// to one with, that share was wrong. Lower risks were not seen.
const CURVE: &[(f32, f32)] = &[
    (0.1, 0.844),
    (0.15, 0.819),
    (0.2, 0.783),
    (0.3, 0.688),
    (0.4, 0.426),
    (0.5, 0.249),
    (1.0, 0.0),
];

/// The probability below which an answer would be wrong too often.
#[must_use]
pub fn threshold_of(risk: f32) -> f32 {
    let mut before = (0.0, 1.0);
    for &(at, threshold) in CURVE {
        if risk <= at {
            let part = (risk - before.0) / (at - before.0).max(f32::MIN_POSITIVE);
            return before.1 + (threshold - before.1) * part.clamp(0.0, 1.0);
        }
        before = (at, threshold);
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_risk_asks_for_a_higher_probability() {
        assert_eq!(threshold_of(0.0), 1.0);
        assert_eq!(threshold_of(1.0), 0.0);
        let thresholds: Vec<f32> = (0..=100).map(|r| threshold_of(r as f32 / 100.0)).collect();
        assert!(thresholds.windows(2).all(|pair| pair[0] >= pair[1]), "{thresholds:?}");
    }
}
