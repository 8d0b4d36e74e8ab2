//! How far a mean can be trusted: the bootstrap of Efron (1979), which draws
//! the questions again and again with replacement.

/// How often the questions are drawn.
const DRAWS: usize = 2_000;

/// Share of the draws that an interval holds.
const CONFIDENCE: f64 = 0.95;

/// A mean with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The mean of values with its 95 % interval; always the same for the same
/// values. All zero where there are none.
#[must_use]
pub fn interval(values: &[f64]) -> Interval {
    if values.is_empty() {
        return Interval { mean: 0.0, low: 0.0, high: 0.0 };
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let mut rng = fastrand::Rng::with_seed(0);
    let mut means: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let sum: f64 = (0..values.len()).map(|_| values[rng.usize(..values.len())]).sum();
            sum / values.len() as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let tail = (1.0 - CONFIDENCE) / 2.0;
    let at = |share: f64| {
        let place = (share * DRAWS as f64) as usize;
        means[place.min(DRAWS - 1)]
    };
    Interval { mean, low: at(tail), high: at(1.0 - tail) }
}

/// The mean difference of two measurements of the same questions, in their
/// order: the questions are drawn, not the differences apart.
#[must_use]
pub fn difference(one: &[f64], other: &[f64]) -> Interval {
    let differences: Vec<f64> = one.iter().zip(other).map(|(a, b)| a - b).collect();
    interval(&differences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_the_mean_and_narrows_with_more_questions() {
        let values = |n: usize| (0..n).map(|i| (i % 2) as f64).collect::<Vec<_>>();
        let (few, many) = (interval(&values(20)), interval(&values(2000)));
        assert!((few.mean - 0.5).abs() < 1e-9 && few.low < 0.5 && few.high > 0.5);
        assert!(many.high - many.low < (few.high - few.low) / 5.0, "{few:?} {many:?}");
        // The standard error of 20 coins is 0.112.
        assert!((few.high - 0.5 - 1.96 * 0.112).abs() < 0.06, "{few:?}");
        assert_eq!(few, interval(&values(20)), "deterministic");
    }

    #[test]
    fn the_same_answers_differ_by_nothing() {
        let values = [0.2, 0.4, 0.9];
        assert_eq!(difference(&values, &values), Interval { mean: 0.0, low: 0.0, high: 0.0 });
        let better = difference(&[1.0, 1.0, 1.0, 1.0], &[0.0, 0.2, 0.1, 0.0]);
        assert!(better.low > 0.5, "{better:?}");
    }
}
