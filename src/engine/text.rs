//! Tokens become events: whole characters, thoughts told from the answer.
//!
//! As with mistral.rs, each token makes one event, an empty one where it has no
//! text (yet). A character of several tokens comes in one event, and a token
//! that ends a thought and begins the answer makes two.

use super::EngineEvent;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// The text of an answer as it arrives.
#[derive(Debug)]
pub(super) struct Texts {
    /// Bytes that are no whole character yet.
    bytes: Vec<u8>,
    /// Text that may be the beginning of a mark.
    held: String,
    in_thought: bool,
    /// Whether a thought may still begin.
    may_think: bool,
    /// Whether white space is dropped, because nothing of the answer came yet.
    trim: bool,
}

impl Texts {
    /// Under a grammar nothing is dropped and nothing is a thought.
    pub fn new(in_thought: bool, grammar: bool) -> Self {
        Self {
            bytes: Vec::new(),
            held: String::new(),
            in_thought: in_thought && !grammar,
            may_think: !grammar,
            trim: !grammar,
        }
    }

    /// The next token's bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<EngineEvent> {
        let before = self.held.len();
        self.bytes.extend_from_slice(bytes);
        self.decode();
        if self.held.len() == before && !self.bytes.is_empty() {
            return Vec::new();
        }
        let mut events = self.split();
        if events.is_empty() {
            events.push(self.event(String::new()));
        }
        events
    }

    /// What was held back, when no token follows.
    pub fn finish(&mut self) -> Option<EngineEvent> {
        let rest = std::mem::take(&mut self.bytes);
        self.held.push_str(&String::from_utf8_lossy(&rest));
        let mut text = std::mem::take(&mut self.held);
        if self.trim && !self.in_thought {
            text = text.trim_start().to_owned();
        }
        (!text.is_empty()).then(|| self.event(text))
    }

    fn event(&self, text: String) -> EngineEvent {
        if self.in_thought { EngineEvent::Thought(text) } else { EngineEvent::Text(text) }
    }

    /// Moves whole characters to the text.
    fn decode(&mut self) {
        loop {
            match std::str::from_utf8(&self.bytes) {
                Ok(text) => {
                    self.held.push_str(text);
                    self.bytes.clear();
                    return;
                }
                Err(error) => {
                    let (whole, rest) = self.bytes.split_at(error.valid_up_to());
                    self.held.push_str(&String::from_utf8_lossy(whole));
                    let Some(wrong) = error.error_len() else {
                        self.bytes = rest.to_vec();
                        return;
                    };
                    self.held.push(char::REPLACEMENT_CHARACTER);
                    self.bytes = rest[wrong..].to_vec();
                }
            }
        }
    }

    fn split(&mut self) -> Vec<EngineEvent> {
        let mut events = Vec::new();
        loop {
            if self.in_thought {
                if let Some(at) = self.held.find(CLOSE) {
                    let rest = self.held.split_off(at + CLOSE.len());
                    self.held.truncate(at);
                    let thought = std::mem::replace(&mut self.held, rest);
                    if !thought.is_empty() {
                        events.push(EngineEvent::Thought(thought));
                    }
                    self.in_thought = false;
                    self.may_think = false;
                    continue;
                }
                let keep = overlap(&self.held, CLOSE);
                let rest = self.held.split_off(self.held.len() - keep);
                let thought = std::mem::replace(&mut self.held, rest);
                if !thought.is_empty() {
                    events.push(EngineEvent::Thought(thought));
                }
                return events;
            }
            let begun = self.held.trim_start();
            if self.may_think && !begun.is_empty() {
                if let Some(rest) = begun.strip_prefix(OPEN) {
                    self.held = rest.to_owned();
                    self.in_thought = true;
                    continue;
                }
                if OPEN.starts_with(begun) {
                    return events;
                }
                self.may_think = false;
            }
            let mut text = std::mem::take(&mut self.held);
            if self.trim {
                text = text.trim_start().to_owned();
                self.trim = text.is_empty();
            }
            if !text.is_empty() {
                events.push(EngineEvent::Text(text));
            }
            return events;
        }
    }
}

/// Bytes at the end of `text` that may begin `mark`.
fn overlap(text: &str, mark: &str) -> usize {
    (1..mark.len()).rev().find(|length| text.ends_with(&mark[..*length])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use EngineEvent::{Text, Thought};

    fn said(texts: &mut Texts, tokens: &[&[u8]]) -> Vec<Vec<EngineEvent>> {
        tokens.iter().map(|token| texts.push(token)).collect()
    }

    #[test]
    fn a_character_of_several_tokens_comes_whole() {
        let mut texts = Texts::new(false, false);
        let events = said(&mut texts, &[b" \n", b" a", &[0xE2, 0x82], &[0xAC, b'b'], &[0xFF]]);
        let text = |text: &str| vec![Text(text.to_owned())];
        assert_eq!(events, [text(""), text("a"), vec![], text("\u{20ac}b"), text("\u{fffd}")]);
        assert!(texts.push(&[0xE2]).is_empty());
        assert_eq!(texts.finish(), Some(Text("\u{fffd}".into())));
    }

    #[test]
    fn thoughts_are_told_from_the_answer() {
        let mut texts = Texts::new(false, false);
        let events = said(&mut texts, &[b"<", b"think>", b"Hm.</th", b"ink>\n\nYes", b" <think>"]);
        assert_eq!(events[..2], [[Text(String::new())], [Thought(String::new())]]);
        assert_eq!(events[2], [Thought("Hm.".into())]);
        assert_eq!(events[3], [Text("Yes".into())]);
        assert_eq!(events[4], [Text(" <think>".into())]);
        assert_eq!(texts.finish(), None);
    }

    #[test]
    fn an_open_thought_that_never_ends_is_a_thought() {
        let mut texts = Texts::new(true, false);
        assert_eq!(texts.push(b"a </"), [Thought("a ".into())]);
        assert_eq!(texts.finish(), Some(Thought("</".into())));
    }

    #[test]
    fn a_grammar_decides_every_character() {
        let mut texts = Texts::new(true, true);
        assert_eq!(texts.push(b" <think>"), [Text(" <think>".into())]);
    }
}
