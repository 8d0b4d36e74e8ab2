//! Holds a model from repeating itself, as `repetition` says, in a logits
//! processor: the engine's own penalties would count the prompt, too.

use super::super::repetition::Control;
use candle_core::{DType, Result, Tensor};
use mistralrs::CustomLogitsProcessor;
use std::sync::OnceLock;

/// Changes the logits of one answer.
pub(super) struct Restraint {
    control: Control,
    /// Tokens of the prompt, known when the first logits come.
    prompt: OnceLock<usize>,
}

impl Restraint {
    /// For an answer that has not begun.
    pub fn new(control: Control) -> Self {
        Self { control, prompt: OnceLock::new() }
    }
}

impl CustomLogitsProcessor for Restraint {
    fn apply(&self, logits: &Tensor, context: &[u32]) -> Result<Tensor> {
        let prompt = *self.prompt.get_or_init(|| context.len());
        let answer = context.get(prompt..).unwrap_or_default();
        if answer.is_empty() {
            return Ok(logits.clone());
        }
        let mut values: Vec<f32> = logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        self.control.apply(answer, &mut values);
        Tensor::from_vec(values, logits.shape(), logits.device())?.to_dtype(logits.dtype())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Repetition;
    use candle_core::Device;

    #[test]
    fn the_answer_counts_and_the_prompt_does_not() {
        let control = Control(Repetition { penalty: 2.0, dry: 0.0 });
        let restraint = Restraint::new(control);
        let logits = Tensor::new(&[[2.0_f32, 2.0, 2.0]], &Device::Cpu).unwrap();
        let apply = |context: &[u32]| -> Vec<Vec<f32>> {
            restraint.apply(&logits, context).unwrap().to_vec2().unwrap()
        };
        assert_eq!(apply(&[0, 1]), [[2.0, 2.0, 2.0]]);
        assert_eq!(apply(&[0, 1, 2]), [[2.0, 2.0, 1.0]]);
    }
}
