//! What an answer is worth: exact match and token F1 as SQuAD computes them
//! (Rajpurkar et al., 2016; for questions without an answer, 2018), ROUGE-L
//! (Lin, 2004).

use std::collections::HashMap;

/// An answer as it is compared: lower case, without punctuation, articles,
/// citation marks and the marks of lists.
#[must_use]
pub fn normalised(text: &str) -> Vec<String> {
    let mut plain = String::new();
    for line in without_marks(text).lines() {
        let line = line.trim_start();
        plain.push_str(line.strip_prefix("- ").unwrap_or(line));
        plain.push(' ');
    }
    let lower = plain.to_lowercase();
    let kept: String = lower.chars().filter(|c| !is_punctuation(*c)).collect();
    kept.split_whitespace()
        .filter(|word| !matches!(*word, "a" | "an" | "the"))
        .map(str::to_owned)
        .collect()
}

fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || matches!(c, '“' | '”' | '‘' | '’' | '«' | '»' | '…' | '–' | '—')
}

/// The text without `[n]`.
fn without_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let (before, after) = rest.split_at(start);
        out.push_str(before);
        let end = after
            .find(']')
            .filter(|end| *end > 1 && after[1..*end].bytes().all(|byte| byte.is_ascii_digit()));
        match end {
            Some(end) => rest = &after[end + 1..],
            None => {
                out.push('[');
                rest = &after[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Scores of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Whether it is one of the references, word for word.
    pub em: f64,
    /// Harmonic mean of the precision and the recall of its words.
    pub f1: f64,
    /// The same by the longest common subsequence.
    pub rouge_l: f64,
}

/// Scores an answer against the best of the references.
#[must_use]
pub fn score(answer: &str, references: &[String]) -> Scores {
    let said = normalised(answer);
    let mut best = Scores::default();
    for reference in references {
        let wanted = normalised(reference);
        best.em = best.em.max(f64::from(said == wanted));
        best.f1 = best.f1.max(f1(&said, &wanted));
        best.rouge_l = best.rouge_l.max(rouge_l(&said, &wanted));
    }
    best
}

/// Scores where the documents don't answer: right if it says so.
#[must_use]
pub fn score_refusal(abstained: bool) -> Scores {
    let all = f64::from(abstained);
    Scores { em: all, f1: all, rouge_l: all }
}

fn f1(said: &[String], wanted: &[String]) -> f64 {
    if said.is_empty() || wanted.is_empty() {
        return f64::from(said == wanted);
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in wanted {
        *counts.entry(word).or_default() += 1;
    }
    let mut same = 0;
    for word in said {
        if let Some(count) = counts.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            same += 1;
        }
    }
    harmonic(same, said.len(), wanted.len())
}

fn rouge_l(said: &[String], wanted: &[String]) -> f64 {
    if said.is_empty() || wanted.is_empty() {
        return f64::from(said == wanted);
    }
    let mut before = vec![0_usize; wanted.len() + 1];
    for word in said {
        let mut now = vec![0_usize; wanted.len() + 1];
        for (place, other) in wanted.iter().enumerate() {
            now[place + 1] =
                if word == other { before[place] + 1 } else { before[place + 1].max(now[place]) };
        }
        before = now;
    }
    harmonic(before[wanted.len()], said.len(), wanted.len())
}

fn harmonic(same: usize, said: usize, wanted: usize) -> f64 {
    if same == 0 {
        return 0.0;
    }
    let (precision, recall) = (same as f64 / said as f64, same as f64 / wanted as f64);
    2.0 * precision * recall / (precision + recall)
}

/// The value that this share of all values is not above, by nearest rank;
/// `None` where there are none.
#[must_use]
pub fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied()
}

/// The mean; `None` where there are no values.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(answer: &str, reference: &str) -> (f64, f64, f64) {
        let found = score(answer, &[reference.to_owned()]);
        let round = |value: f64| (value * 1000.0).round() / 1000.0;
        (round(found.em), round(found.f1), round(found.rouge_l))
    }

    #[test]
    fn answers_are_normalised_as_squad_does() {
        assert_eq!(normalised("The cat, an  Animal!"), ["cat", "animal"]);
        assert_eq!(normalised("- One line. [1]\n- Two [22]"), ["one", "line", "two"]);
        assert_eq!(normalised("see [a] and [ ]"), ["see", "and"]);
        assert_eq!(scores("It is beta. [2]", "it is Beta"), (1.0, 1.0, 1.0));
    }

    #[test]
    fn partial_answers_get_partial_scores() {
        // Two of three words said, two of four wanted.
        assert_eq!(scores("red green blue", "green red yellow pink"), (0.0, 0.571, 0.286));
        assert_eq!(scores("x", "y"), (0.0, 0.0, 0.0));
        assert_eq!(scores("", "y"), (0.0, 0.0, 0.0));
        let best = score("yes", &["no".to_owned(), "yes".to_owned()]);
        assert_eq!(best.em, 1.0);
        assert_eq!(score_refusal(true).f1, 1.0);
        assert_eq!(score_refusal(false).em, 0.0);
    }

    #[test]
    fn percentiles_are_values_that_were_there() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.5), Some(10.0));
        assert_eq!(percentile(&values, 0.95), Some(19.0));
        assert_eq!(percentile(&[7.0], 0.95), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }
}
