//! AdamW with decoupled weight decay, whose state can be kept.

use super::Options;
use super::adapter::Adapter;
use super::block::Gradients;

/// First and second moments of A and of B, in the order of the pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Running means of the gradients.
    pub first: Vec<[Vec<f32>; 2]>,
    /// Running means of their squares.
    pub second: Vec<[Vec<f32>; 2]>,
}

impl Moments {
    /// Before the first step.
    pub fn zero(adapter: &Adapter) -> Self {
        let zero = Gradients::zero(adapter).0;
        Self { first: zero.clone(), second: zero }
    }
}

/// The norm over all gradients.
pub fn norm(gradients: &Gradients) -> f64 {
    let all = gradients.0.iter().flatten().flatten();
    all.map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt()
}

/// One step with learning rate `rate`; `step` is counted from 1. Returns the
/// norm of the gradients before they were cut.
pub fn step(
    adapter: &mut Adapter,
    moments: &mut Moments,
    gradients: &Gradients,
    options: &Options,
    rate: f64,
    step: usize,
) -> f64 {
    let norm = norm(gradients);
    let cut = (options.clip / (norm + 1e-6)).min(1.0) as f32;
    let power = i32::try_from(step).unwrap_or(i32::MAX);
    let first_share = 1.0 - options.beta1.powi(power);
    let second_share = (1.0 - options.beta2.powi(power)).sqrt() as f32;
    let (beta1, beta2) = (options.beta1 as f32, options.beta2 as f32);
    let length = (rate / first_share) as f32;
    let keep = (1.0 - rate * options.decay) as f32;
    let eps = options.eps as f32;
    let state = moments.first.iter_mut().zip(&mut moments.second).zip(&gradients.0);
    for (pair, ((first, second), gradients)) in adapter.pairs.iter_mut().zip(state) {
        let matrices = [&mut pair.a, &mut pair.b].into_iter();
        for (((matrix, first), second), gradients) in matrices.zip(first).zip(second).zip(gradients)
        {
            let parts = matrix.iter_mut().zip(first).zip(second).zip(gradients);
            for (((x, first), second), gradient) in parts {
                let gradient = gradient * cut;
                *first = beta1 * *first + (1.0 - beta1) * gradient;
                *second = beta2 * *second + (1.0 - beta2) * gradient * gradient;
                *x = *x * keep - length * *first / (second.sqrt() / second_share + eps);
            }
        }
    }
    norm
}
