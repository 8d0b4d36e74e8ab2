//! How likely the model finds an answer while it is made.
//!
//! The log-probabilities that the engine reports are those of the sampler:
//! under a grammar it takes a token that is forced for a certain one, and
//! without a temperature it takes the logarithm of a logit. So they are
//! measured here, in a logits processor: it sees the logits of each step as the
//! model gave them, and at the next step which token was chosen.

use candle_core::{DType, Result, Tensor};
use mistralrs::CustomLogitsProcessor;
use std::sync::{Mutex, PoisonError};

/// Measures one answer.
#[derive(Default)]
pub(super) struct Likelihood(Mutex<Steps>);

#[derive(Default)]
struct Steps {
    /// Tokens of prompt and answer when the last logits came.
    length: usize,
    /// Natural logarithms of their probabilities.
    last: Vec<f32>,
    /// Sum over the tokens chosen so far.
    sum: f64,
}

impl Likelihood {
    /// Natural logarithm of the likelihood of the answer so far, but for the
    /// token that was chosen last: at the end of an answer that is the one that
    /// ends it.
    pub fn sum(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sum
    }
}

impl CustomLogitsProcessor for Likelihood {
    fn apply(&self, logits: &Tensor, context: &[u32]) -> Result<Tensor> {
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Where the grammar refuses a token, the engine asks again for the same
        // step, with what is forbidden at minus infinity.
        if steps.last.is_empty() || context.len() != steps.length {
            let chosen = context.last().and_then(|token| steps.last.get(*token as usize));
            if let Some(chosen) = chosen.copied() {
                steps.sum += f64::from(chosen);
            }
            steps.length = context.len();
            steps.last = log_softmax(&logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?);
        }
        Ok(logits.clone())
    }
}

/// Natural logarithms of the probabilities that these logits mean.
fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from(logit - most).exp()).sum();
    let norm = most + sum.ln() as f32;
    logits.iter().map(|logit| logit - norm).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn step(likelihood: &Likelihood, logits: &[f32], context: &[u32]) {
        let tensor = Tensor::new(logits, &Device::Cpu).unwrap();
        let same = likelihood.apply(&tensor, context).unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(same, logits);
    }

    #[test]
    fn chosen_tokens_count_by_the_model_alone() {
        let likelihood = Likelihood::default();
        let even = [1.0_f32, 1.0, 1.0, 1.0];
        // The prompt ends in 9; its own likelihood is not asked for.
        step(&likelihood, &even, &[7, 9]);
        assert!(likelihood.sum().abs() < 1e-9);
        // The grammar refused the first choice, and the step came again.
        step(&likelihood, &[f32::NEG_INFINITY, 1.0, 1.0, f32::NEG_INFINITY], &[7, 9]);
        step(&likelihood, &[0.0, 100.0, 0.0, 0.0], &[7, 9, 2]);
        assert!((likelihood.sum() - 0.25_f64.ln()).abs() < 1e-6, "{}", likelihood.sum());
        step(&likelihood, &even, &[7, 9, 2, 1]);
        assert!((likelihood.sum() - 0.25_f64.ln()).abs() < 1e-6, "{}", likelihood.sum());
    }
}
