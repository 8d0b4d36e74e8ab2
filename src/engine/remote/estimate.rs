//! How many tokens a text has about, where nobody counts them.
//!
//! Tokenizers agree roughly on how much of each script a token holds. The
//! server tells afterwards how many tokens a prompt really had, and from then
//! on its own share is used.

use super::super::Message;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tokens that a chat template puts around a message, about.
const AROUND: usize = 5;

/// Tokens that it puts around all.
const BEGIN: usize = 8;

/// Weight of what was just learned.
const SHARE: f64 = 0.5;

/// Estimates tokens.
#[derive(Debug)]
pub(super) struct Estimate {
    /// Real tokens for each that is estimated, as bits.
    factor: AtomicU64,
}

impl Default for Estimate {
    fn default() -> Self {
        Self { factor: AtomicU64::new(1.0_f64.to_bits()) }
    }
}

impl Estimate {
    /// Tokens of a text.
    pub fn text(&self, text: &str) -> usize {
        (raw(text) * self.factor()).ceil() as usize
    }

    /// Tokens of a prompt.
    pub fn prompt(&self, messages: &[Message]) -> usize {
        let texts: usize = messages.iter().map(|message| self.text(&message.text)).sum();
        texts + AROUND * messages.len() + BEGIN
    }

    /// Notes how many tokens a prompt really had.
    pub fn learn(&self, messages: &[Message], tokens: usize) {
        let around = AROUND * messages.len() + BEGIN;
        let texts: f64 = messages.iter().map(|message| raw(&message.text)).sum();
        // A short prompt is mostly template.
        if texts < 64.0 || tokens <= around {
            return;
        }
        let seen = ((tokens - around) as f64 / texts).clamp(0.5, 4.0);
        let factor = self.factor() * (1.0 - SHARE) + seen * SHARE;
        self.factor.store(factor.to_bits(), Ordering::Relaxed);
    }

    fn factor(&self) -> f64 {
        f64::from_bits(self.factor.load(Ordering::Relaxed))
    }
}

/// Tokens before anything is known of the tokenizer.
fn raw(text: &str) -> f64 {
    text.chars()
        .map(|c| match c {
            ' ' => 0.05,
            'a'..='z' | 'A'..='Z' => 0.215,
            '0'..='9' => 0.7,
            '\n' => 0.5,
            c if c.is_ascii() => 0.6,
            // Letters of one or two bytes: words of four letters or so.
            c if u32::from(c) < 0x0E00 => 0.4,
            c if u32::from(c) < 0x1_0000 => 1.0,
            _ => 2.0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Role;

    #[test]
    fn the_server_corrects_the_estimate() {
        let estimate = Estimate::default();
        let text = "The quick brown fox jumps over the lazy dog. ".repeat(30);
        let before = estimate.text(&text);
        assert!((250..450).contains(&before), "{before}");
        let messages = [Message { role: Role::User, text: text.clone() }];
        for _ in 0..8 {
            estimate.learn(&messages, 600 + 13);
        }
        let after = estimate.text(&text);
        assert!((590..=605).contains(&after), "{after}");
        estimate.learn(&messages[..0], 5000);
        assert_eq!(estimate.text(&text), after, "nothing is learned from nothing");
    }

    #[test]
    fn parts_are_no_more_than_the_whole_and_little_less() {
        let estimate = Estimate::default();
        assert_eq!(estimate.text(""), 0);
        let (a, b) = ("Some words. ", "日本語のテキスト");
        let whole = estimate.text(&format!("{a}{b}"));
        assert!(whole <= estimate.text(a) + estimate.text(b));
        assert!(whole + 1 >= estimate.text(a) + estimate.text(b));
    }
}
