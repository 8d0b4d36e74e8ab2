//! How to talk to a language model so small that a long prompt confuses it.

use super::manifest::{Example, Manner, Order};

/// A model with fewer numbers than this is small.
const SMALL: u64 = 500_000_000;

/// Plainer than what larger models are told. With it, and with the examples,
/// SmolLM2-135M answers in a quarter of the words and cites
/// (`examples/measure/README.md`).
const SYSTEM: &str =
    "Answer the question in one sentence, in the words of the notes, with the number of the note.";

/// The sources, and the question where it is not forgotten.
const USER: &str = "{sources}\n\nQuestion: {question}";

/// One source on one line.
const NOTE: &str = "[{n}] {heading}: {text}";

/// Notes with a question and its answer.
const READING: [[&str; 2]; 2] = [
    [
        "[1] Museum › Visit: The doors open at nine.\n\
         [2] Museum › Tickets: A ticket costs four euros, and children pay nothing.\n\n\
         Question: How much do children pay?",
        "Children pay nothing. [2]",
    ],
    [
        "[1] Garden › Water: To water the roses, turn the key `left` every second day.\n\
         [2] Garden › Tools: The shears hang in the shed.\n\
         [3] Garden › Soil: Mix in some sand.\n\n\
         Question: What do I have to do to water roses?",
        "Turn the key `left` every second day. [1]",
    ],
];

impl Manner {
    /// Whether a model with so many numbers is talked to as a small one; 0
    /// stands for a number that isn't known.
    #[must_use]
    pub fn is_for_small(parameters: u64) -> bool {
        (1..SMALL).contains(&parameters)
    }

    /// How a small model is talked to: the three best sentences, the question
    /// last, and two examples of how it is done.
    #[must_use]
    pub fn small() -> Self {
        let example = |[question, answer]: [&str; 2]| Example {
            question: question.to_owned(),
            answer: answer.to_owned(),
        };
        Self {
            system: SYSTEM.to_owned(),
            reading: READING.map(example).to_vec(),
            user: USER.to_owned(),
            source: NOTE.to_owned(),
            sentences: 3,
            hits: 8,
            order: Order::Best,
            // It chooses worse among quotes than the score does.
            quote_margin: Some(0.4),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Manifest;

    #[test]
    fn what_is_said_of_a_small_model_wins() {
        assert!(Manner::is_for_small(135_000_000) && !Manner::is_for_small(0));
        assert!(!Manner::is_for_small(600_000_000));
        let mut manifest = Manifest::default();
        manifest.evidence.sentences = Some(9);
        let manner = Manner::small().with(&manifest);
        assert_eq!((manner.sentences, manner.hits), (9, 8));
        assert_eq!(manner.no_answer, Manner::default().no_answer);
    }
}
