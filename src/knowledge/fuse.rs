//! Fusing the vector leg and the full-text leg of a search.
//!
//! Scores are fused, not ranks: a convex combination of normalised scores
//! (Bruch, Gai and Ingber, 2023, "An Analysis of Fusion Functions for Hybrid
//! Retrieval") beats both legs here, where equal-weight reciprocal rank fusion
//! loses to full text alone. README has the measurement.
//!
//! Each leg returns only its best candidates, so a candidate may lack a score.
//! Its cosine is computed from its stored vector; its BM25 score can't be, and
//! a passage that the full-text leg did not return gets that leg's floor, 0.

/// What one candidate brings to the fusion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Cosine similarity to the question, -1 to 1, where it is known.
    pub cosine: Option<f32>,
    /// BM25 score, where the full-text leg returned it.
    pub bm25: Option<f32>,
}

/// Fused scores of `candidates`, 0 to 1, larger is better, in their order.
///
/// BM25 scores are divided by the best one (their theoretical minimum is 0);
/// cosines are stretched from the lowest to the highest of the candidates.
/// `vector_weight` is the share of the vector leg, 0 to 1.
#[must_use]
pub fn fuse(candidates: &[Candidate], vector_weight: f32) -> Vec<f32> {
    let weight = vector_weight.clamp(0.0, 1.0);
    let best_bm25 = candidates.iter().filter_map(|c| c.bm25).fold(0.0f32, f32::max);
    let cosines = || candidates.iter().filter_map(|c| c.cosine);
    let low = cosines().fold(f32::INFINITY, f32::min);
    let high = cosines().fold(f32::NEG_INFINITY, f32::max);
    // With one leg silent the other decides alone.
    let weight = match (best_bm25 > 0.0, high > low || cosines().count() == 1) {
        (true, false) => 0.0,
        (false, true) => 1.0,
        _ => weight,
    };
    candidates
        .iter()
        .map(|candidate| {
            let text = match candidate.bm25 {
                Some(score) if best_bm25 > 0.0 => score / best_bm25,
                _ => 0.0,
            };
            let vector = match candidate.cosine {
                Some(cosine) if high > low => (cosine - low) / (high - low),
                Some(_) => 1.0,
                None => 0.0,
            };
            weight * vector + (1.0 - weight) * text
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn candidate(cosine: f32, bm25: Option<f32>) -> Candidate {
        Candidate { cosine: Some(cosine), bm25 }
    }

    #[test]
    fn agreement_of_both_legs_wins() {
        let scores = fuse(
            &[candidate(0.9, Some(10.0)), candidate(0.95, None), candidate(0.2, Some(11.0))],
            0.3,
        );
        assert!(scores[0] > scores[1] && scores[0] > scores[2], "{scores:?}");
    }

    #[test]
    fn one_silent_leg_leaves_the_other_in_charge() {
        let only_text = [
            Candidate { cosine: None, bm25: Some(2.0) },
            Candidate { cosine: None, bm25: Some(4.0) },
        ];
        assert_eq!(fuse(&only_text, 0.9), [0.5, 1.0]);
        let only_vector = [candidate(0.1, None), candidate(0.5, None)];
        assert_eq!(fuse(&only_vector, 0.1), [0.0, 1.0]);
        assert!(fuse(&[], 0.5).is_empty());
    }

    proptest! {
        #[test]
        fn scores_lie_between_0_and_1_and_a_better_leg_never_lowers_one(
            legs in prop::collection::vec((-1.0f32..1.0, prop::option::of(0.0f32..40.0)), 1..30),
            weight in 0.0f32..1.0,
        ) {
            let list: Vec<Candidate> = legs.iter().map(|&(c, b)| candidate(c, b)).collect();
            let scores = fuse(&list, weight);
            for (a, &score) in scores.iter().enumerate() {
                prop_assert!((0.0..=1.0001).contains(&score));
                for (b, &other) in scores.iter().enumerate() {
                    if legs[a].0 >= legs[b].0 && legs[a].1.unwrap_or(0.0) >= legs[b].1.unwrap_or(0.0) {
                        prop_assert!(score >= other - 1e-5);
                    }
                }
            }
        }
    }
}
