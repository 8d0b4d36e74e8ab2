//! Small models repeat themselves: what holds them from it, and what notices it.
//!
//! [`Control`] makes tokens less likely that would go on with a run of tokens
//! that the answer has already had (the "don't repeat yourself" sampler, DRY,
//! of text-generation-webui #5677), and, by a plain penalty, tokens that it has
//! had lately. Only the answer counts, never the prompt: an answer from sources
//! is meant to repeat their words. [`Watch`] follows the text and tells when it
//! goes round in a circle all the same.

use crate::config::Repetition;
use std::collections::{HashSet, VecDeque};

/// Tokens at the end of an answer that the plain penalty looks at.
const LATELY: usize = 64;

/// A run of this many tokens may come again without a penalty: a name, a
/// citation, an idiom.
const ALLOWED: usize = 4;

/// Each token of a run beyond that multiplies the penalty by this.
const GROWTH: f32 = 1.75;

/// Longer runs get no larger penalty.
const LONGEST: usize = 24;

/// How repetition is held down.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Control(pub Repetition);

impl Control {
    /// What models of so many parameters need: large ones hardly go round in
    /// circles, and the smallest ones have nothing else to say: held back, three
    /// of four answers of SmolLM2-135M ran into their limit in made-up words,
    /// which [`Watch`] ends after 30 to 71 tokens otherwise.
    #[must_use]
    pub fn for_parameters(parameters: u64) -> Self {
        match parameters {
            500_000_000..8_000_000_000 => Self(Repetition { penalty: 1.0, dry: 0.8 }),
            _ => Self::default(),
        }
    }

    /// Whether it changes anything.
    #[must_use]
    pub fn is_off(self) -> bool {
        self.0.penalty <= 1.0 && self.0.dry <= 0.0
    }

    /// Changes the logits of the token that follows `answer`.
    pub fn apply(self, answer: &[u32], logits: &mut [f32]) {
        if self.0.penalty > 1.0 {
            let mut lately = answer[answer.len().saturating_sub(LATELY)..].to_vec();
            lately.sort_unstable();
            lately.dedup();
            for token in lately {
                if let Some(logit) = logits.get_mut(token as usize) {
                    *logit = if *logit > 0.0 {
                        *logit / self.0.penalty
                    } else {
                        *logit * self.0.penalty
                    };
                }
            }
        }
        if self.0.dry > 0.0 {
            for (token, length) in continuations(answer) {
                if let Some(logit) = logits.get_mut(token as usize) {
                    *logit -= self.0.dry * GROWTH.powi((length - ALLOWED) as i32);
                }
            }
        }
    }
}

/// Tokens that would go on with a run that ends the answer and stood in it
/// before, with the length of the longest such run.
fn continuations(answer: &[u32]) -> Vec<(u32, usize)> {
    let mut found: Vec<(u32, usize)> = Vec::new();
    let Some(last) = answer.last() else { return found };
    for at in 1..answer.len() {
        if answer[at - 1] != *last {
            continue;
        }
        let run = answer[..at]
            .iter()
            .rev()
            .zip(answer.iter().rev())
            .take(LONGEST)
            .take_while(|(a, b)| a == b)
            .count();
        if run < ALLOWED {
            continue;
        }
        let token = answer[at];
        match found.iter_mut().find(|(known, _)| *known == token) {
            Some((_, length)) => *length = run.max(*length),
            None => found.push((token, run)),
        }
    }
    found
}

/// Characters that a repeated piece must have, all its repetitions together.
const LOOP: usize = 80;

/// How often a piece must come in a row, at least.
const ROUNDS: usize = 3;

/// Longer pieces are not looked for.
const PERIOD: usize = 600;

/// A sentence of at least so many characters that comes for the third time is a
/// repetition, also where others stand between.
const SENTENCE: usize = 24;

/// Words of the runs by which a sentence is compared with what came before.
const RUN: usize = 4;

/// A sentence is stale where this share of its runs came before.
const STALE: f64 = 0.65;

/// So many stale sentences among the last [`RECENT`] say nothing new any more.
const STALE_ROUNDS: usize = 3;

/// Sentences that are looked back on.
const RECENT: usize = 5;

/// Follows an answer and tells when it repeats itself.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    text: Vec<char>,
    /// Runs of words that came in whole sentences.
    runs: HashSet<Vec<String>>,
    /// Where each of the last sentences began, and whether it was stale.
    recent: VecDeque<(usize, bool)>,
    /// Where the sentence begins that is being written.
    sentence: usize,
    /// Every whole sentence, in lower case, and how often it came.
    sentences: Vec<(String, usize)>,
}

impl Watch {
    /// Reads the next piece of the answer. Where it repeats itself, the number
    /// of characters at the beginning that are worth keeping.
    pub fn feed(&mut self, piece: &str) -> Option<usize> {
        for character in piece.chars() {
            self.text.push(character);
            let ends = matches!(character, '.' | '!' | '?' | '\n' | '。' | '！' | '？');
            if ends && let Some(keep) = self.end_sentence() {
                return Some(keep);
            }
        }
        if piece.is_empty() { None } else { self.circle() }
    }

    /// Counts the sentence that ends here.
    fn end_sentence(&mut self) -> Option<usize> {
        let from = std::mem::replace(&mut self.sentence, self.text.len());
        let said: String = self.text[from..].iter().collect();
        let said = plain(&said);
        if said.chars().count() < SENTENCE {
            return None;
        }
        if let Some(keep) = self.stale(from, &said) {
            return Some(keep);
        }
        match self.sentences.iter_mut().find(|(known, _)| *known == said) {
            Some((_, count)) => {
                *count += 1;
                (*count >= ROUNDS).then_some(from)
            }
            None => {
                self.sentences.push((said, 1));
                None
            }
        }
    }

    /// Looks how much of a sentence came before, in other words' company. Where
    /// the last sentences say hardly anything new, what stood before them.
    fn stale(&mut self, from: usize, said: &str) -> Option<usize> {
        let words: Vec<String> = said.split(' ').map(str::to_owned).collect();
        let runs: Vec<Vec<String>> = words.windows(RUN).map(<[String]>::to_vec).collect();
        if runs.len() < 3 {
            return None;
        }
        let known = runs.iter().filter(|run| self.runs.contains(*run)).count();
        let stale = known as f64 >= STALE * runs.len() as f64;
        self.runs.extend(runs);
        self.recent.push_back((from, stale));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        let count = self.recent.iter().filter(|(_, stale)| *stale).count();
        let first = self.recent.iter().find(|(_, stale)| *stale)?;
        (count >= STALE_ROUNDS).then_some(first.0)
    }

    /// A piece that comes several times in a row at the end of the text.
    fn circle(&self) -> Option<usize> {
        let length = self.text.len();
        for period in 1..=PERIOD.min(length / ROUNDS) {
            let need = LOOP.max(ROUNDS * period);
            if need > length {
                return None;
            }
            let tail = &self.text[length - need..];
            let turns = tail.iter().zip(&tail[period..]).all(|(a, b)| a == b);
            // Lines and dots of a table or a picture are no text.
            if turns && tail[..period].iter().any(|c| c.is_alphanumeric()) {
                return Some(length - need + period);
            }
        }
        None
    }
}

/// A sentence without what may differ from one repetition to the next:
/// citations, numbering, case and white space.
fn plain(sentence: &str) -> String {
    let kept = sentence.chars().filter(|c| c.is_alphabetic() || c.is_whitespace());
    let lower: String = kept.flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(penalty: f32, dry: f32) -> Control {
        Control(Repetition { penalty, dry })
    }

    #[test]
    fn a_run_that_came_before_is_held_back() {
        let mut logits = [1.0_f32; 12];
        // 1 2 3 4 came before, and 9 followed.
        control(1.0, 0.8).apply(&[1, 2, 3, 4, 9, 8, 1, 2, 3, 4], &mut logits);
        assert!((logits[9] - 0.2).abs() < 1e-6, "{logits:?}");
        assert!(logits.iter().enumerate().all(|(at, logit)| at == 9 || *logit == 1.0));
        // One token more costs 1.75 times as much; three cost nothing.
        let mut longer = [1.0_f32; 12];
        control(1.0, 0.8).apply(&[7, 1, 2, 3, 4, 9, 8, 7, 1, 2, 3, 4], &mut longer);
        assert!((longer[9] + 0.4).abs() < 1e-5, "{longer:?}");
        let mut short = [1.0_f32; 12];
        control(1.0, 0.8).apply(&[2, 3, 4, 9, 8, 2, 3, 4], &mut short);
        assert_eq!(short, [1.0; 12]);
    }

    #[test]
    fn tokens_of_late_become_less_likely_once() {
        let mut logits = [2.0_f32, -2.0, 2.0];
        let control = control(2.0, 0.0);
        control.apply(&[0, 1, 0, 0], &mut logits);
        assert_eq!(logits, [1.0, -4.0, 2.0]);
        let mut logits = [2.0_f32, -2.0, 2.0];
        Control::default().apply(&[0, 1, 0, 0], &mut logits);
        assert_eq!(logits, [2.0, -2.0, 2.0]);
        assert!(Control::default().is_off() && !control.is_off());
    }

    #[test]
    fn the_size_of_a_model_decides() {
        assert!(Control::for_parameters(135_000_000).is_off());
        assert!(!Control::for_parameters(1_700_000_000).is_off());
        assert!(Control::for_parameters(70_000_000_000).is_off());
    }

    fn watched(text: &str) -> Option<String> {
        let mut watch = Watch::default();
        for piece in text.split_inclusive(' ') {
            if let Some(keep) = watch.feed(piece) {
                return Some(text.chars().take(keep).collect());
            }
        }
        None
    }

    #[test]
    fn a_sentence_again_and_again_is_noticed() {
        let sentence = "The chat screen is a chat screen with sources. ";
        let kept = watched(&sentence.repeat(5)).unwrap();
        assert_eq!(kept.trim(), sentence.repeat(2).trim());
        let numbered = "1. Quote mode answers with sentences of the sources [1].\n\
                        2. Quote mode answers with sentences of the sources [2].\n\
                        3. Quote mode answers with sentences of the sources [3].\n";
        assert!(watched(numbered).is_some());
    }

    #[test]
    fn a_circle_without_sentences_is_noticed() {
        assert!(watched(&"and the chat screen ".repeat(8)).is_some());
        assert!(watched(&format!("A{}", "ha".repeat(60))).is_some());
        let kept = watched(&format!("It is {}", "very ".repeat(40))).unwrap();
        assert!(kept.len() < 90 && kept.starts_with("It is very"), "{kept}");
    }

    #[test]
    fn sentences_that_say_nothing_new_are_noticed() {
        let said = "You can't add an adapter to a model, because it is not a base model. \
                    You can't add an adapter to a base model, because it is a base model. \
                    You cannot add an adapter to a base model, because it is a base model. \
                    The answer is known. \
                    You can't add an adapter to a base model, because it is not a base model. \
                    So you can't add an adapter to a base model, because it is a model. ";
        let kept = watched(said).unwrap();
        assert!(kept.starts_with("You can't add an adapter to a model"), "{kept}");
        assert!(kept.len() < said.len() / 2, "{kept}");
    }

    #[test]
    fn ordinary_answers_are_left_alone() {
        let steps = "To add an adapter, name its folder with `lorag adapters add`. The adapter is \
                     checked against the base model. The adapter is copied into the adapters \
                     folder. To use an adapter, name it with `--adapter`, or press A in the chat. \
                     To remove an adapter, delete its folder. To list the adapters that fit the \
                     base model, use `lorag adapters list`. ";
        assert_eq!(watched(steps), None);
        let list = "- Use --top to set how many sources are shown.\n- Use --mode to choose the mode.\n\
                    - Use --adapter to name an adapter.\n- Use --no-stream to wait for the end.\n";
        assert_eq!(watched(list), None);
        let table =
            "| Key | Value |\n|-----|-------|\n| a | 1 |\n| b | 1 |\n| c | 1 |\n| d | 1 |\n";
        assert_eq!(watched(table), None);
        assert_eq!(watched(&format!("{}\n", "-".repeat(200))), None);
        let verse = "Yes. Yes. Yes. It is so. It is so. It is so. No. No. No. No.";
        assert_eq!(watched(verse), None);
    }
}
