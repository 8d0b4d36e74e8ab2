//! Which token comes next.

/// Chooses tokens.
#[derive(Clone, Debug)]
pub struct Sampler {
    temperature: f64,
    top_p: f64,
    min_p: f64,
    random: fastrand::Rng,
}

impl Sampler {
    /// `temperature` 0 takes the likeliest token. `top_p` keeps the likeliest
    /// tokens that make up this share of all, `min_p` those that are at least
    /// this share as likely as the likeliest.
    #[must_use]
    pub fn new(temperature: f64, top_p: f64, min_p: f64, random: fastrand::Rng) -> Self {
        Self { temperature, top_p, min_p, random }
    }

    /// The index of the token; `None` where all are at minus infinity.
    pub fn choose(&mut self, logits: &[f32]) -> Option<usize> {
        let (best, most) = likeliest(logits)?;
        if self.temperature <= 0.0 {
            return Some(best);
        }
        let mut odds: Vec<(usize, f64)> = logits
            .iter()
            .enumerate()
            .filter(|(_, logit)| logit.is_finite())
            .map(|(index, logit)| (index, (f64::from(logit - most) / self.temperature).exp()))
            .filter(|(_, odds)| *odds > 0.0 && *odds >= self.min_p)
            .collect();
        odds.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let all: f64 = odds.iter().map(|(_, odds)| odds).sum();
        if self.top_p > 0.0 && self.top_p < 1.0 {
            let mut sum = 0.0;
            let kept = odds.iter().take_while(|(_, odds)| {
                let before = sum;
                sum += odds / all;
                before < self.top_p
            });
            let kept = kept.count();
            odds.truncate(kept.max(1));
        }
        let all: f64 = odds.iter().map(|(_, odds)| odds).sum();
        let mut rest = self.random.f64() * all;
        for (index, odds) in &odds {
            rest -= odds;
            if rest <= 0.0 {
                return Some(*index);
            }
        }
        Some(odds.last().map_or(best, |(index, _)| *index))
    }
}

/// The index and the value of the largest logit.
fn likeliest(logits: &[f32]) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (index, logit) in logits.iter().enumerate() {
        if logit.is_finite() && best.is_none_or(|(_, most)| *logit > most) {
            best = Some((index, *logit));
        }
    }
    best
}

/// Natural logarithm of a token's probability.
#[must_use]
pub fn log_probability(logits: &[f32], token: usize) -> f64 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
    let own = logits.get(token).copied().unwrap_or(f32::NEG_INFINITY);
    f64::from(own - most) - sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(temperature: f64, top_p: f64, min_p: f64) -> Vec<usize> {
        let random = fastrand::Rng::with_seed(7);
        let mut sampler = Sampler::new(temperature, top_p, min_p, random);
        let logits = [0.0_f32, 2.0, f32::NEG_INFINITY, 1.0, f32::NAN];
        let mut counts = vec![0; logits.len()];
        for _ in 0..10_000 {
            counts[sampler.choose(&logits).unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn without_temperature_the_likeliest_comes() {
        assert_eq!(drawn(0.0, 1.0, 0.0), [0, 10_000, 0, 0, 0]);
        let mut sampler = Sampler::new(0.0, 1.0, 0.0, fastrand::Rng::new());
        assert_eq!(sampler.choose(&[f32::NEG_INFINITY; 3]), None);
    }

    #[test]
    fn tokens_come_as_often_as_they_are_likely() {
        let counts = drawn(1.0, 1.0, 0.0);
        // e^0, e^2 and e^1 of their sum.
        for (count, share) in counts.iter().zip([0.09, 0.665, 0.0, 0.245, 0.0]) {
            assert!((*count as f64 / 10_000.0 - share).abs() < 0.02, "{counts:?}");
        }
    }

    #[test]
    fn what_is_unlikely_is_cut_off() {
        let nucleus = drawn(1.0, 0.8, 0.0);
        assert!(nucleus[0] == 0 && nucleus[3] > 0, "{nucleus:?}");
        assert_eq!(drawn(1.0, 0.5, 0.0)[1], 10_000);
        let least = drawn(1.0, 1.0, 0.2);
        assert!(least[0] == 0 && least[3] > 0, "{least:?}");
    }

    #[test]
    fn probabilities_sum_to_one() {
        let logits = [0.5_f32, -3.0, 2.0];
        let sum: f64 = (0..3).map(|token| log_probability(&logits, token).exp()).sum();
        assert!((sum - 1.0).abs() < 1e-9);
        assert_eq!(log_probability(&logits, 9), f64::NEG_INFINITY);
    }
}
