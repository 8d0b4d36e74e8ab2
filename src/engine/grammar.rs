//! Grammars that generation is constrained by, in llguidance's Lark dialect.
//!
//! Quote mode lets the model choose among whole sentences of the sources, each
//! with its citation, so that not a word of the answer is the model's own. The
//! free-mode grammar only keeps citation numbers valid.
//!
//! llguidance ends a grammar by itself only on a few well-known tokens, so
//! each grammar ends with the model's own end tokens. mistral.rs runs a forward
//! pass for every token, also for those that the grammar forces; so a
//! [`QuoteTracker`] follows the text and tells as soon as one alternative
//! remains, which is then printed whole while the request is dropped.

mod tracker;
mod unheld;

pub use tracker::QuoteTracker;

use crate::config::QuoteUnit;
use std::fmt::Write;

/// A sentence that may be quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotable {
    /// The number of its source.
    pub number: usize,
    /// Which sentence of its source it is.
    pub sentence: usize,
    /// Its text on one line, as it stands in the prompt.
    pub text: String,
}

/// How quotes are spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuoteForm {
    /// One quote, with `{quote}` and `{n}`.
    pub template: String,
    /// What stands between two quotes.
    pub join: String,
    /// What is quoted.
    pub unit: QuoteUnit,
    /// Most quotes in an answer, at least 1.
    pub max: usize,
}

/// The grammar of quote mode.
#[derive(Clone, Debug)]
pub struct QuoteGrammar {
    quotables: Vec<Quotable>,
    alternatives: Vec<String>,
    form: QuoteForm,
    no_answer: Option<String>,
    whole: Option<String>,
    lark: String,
}

impl QuoteGrammar {
    /// A grammar of these sentences, in this order; later duplicates and
    /// sentences that can't be generated (control characters, U+FFFD) are left
    /// out. `no_answer` is the sentence that says the sources don't answer,
    /// where the model may choose it. `None` where nothing is left to quote.
    #[must_use]
    pub fn new(
        quotables: Vec<Quotable>,
        form: QuoteForm,
        no_answer: Option<String>,
        end_tokens: &[String],
    ) -> Option<Self> {
        let mut kept: Vec<Quotable> = Vec::new();
        for quotable in quotables {
            // A delta that ends in U+FFFD is withheld by the engine.
            let usable = !quotable.text.is_empty()
                && !quotable.text.chars().any(|c| c == '\u{FFFD}' || c.is_control());
            if usable && !kept.iter().any(|k| k.text == quotable.text) {
                kept.push(quotable);
            }
        }
        if kept.is_empty() {
            return None;
        }
        let alternatives: Vec<String> =
            kept.iter().map(|q| spell(&form.template, &q.text, q.number)).collect();
        let mut grammar = Self {
            quotables: kept,
            alternatives,
            form,
            no_answer,
            whole: None,
            lark: String::new(),
        };
        grammar.lark = grammar.write(end_tokens);
        Some(grammar)
    }

    /// The same with every sentence quoted, so that nothing is left to choose.
    #[must_use]
    pub fn together(mut self) -> Self {
        self.form.max = self.alternatives.len();
        self.whole = Some(self.alternatives.join(&self.form.join));
        self
    }

    /// The answer, where nothing is left to choose.
    #[must_use]
    pub fn whole(&self) -> Option<&str> {
        self.whole.as_deref()
    }

    /// The grammar in Lark.
    #[must_use]
    pub fn lark(&self) -> &str {
        &self.lark
    }

    /// The sentences it offers.
    #[must_use]
    pub fn quotables(&self) -> &[Quotable] {
        &self.quotables
    }

    /// The sentences an answer of this grammar quotes, in the order of the
    /// answer. Empty for the no-answer sentence.
    #[must_use]
    pub fn quoted(&self, answer: &str) -> Vec<&Quotable> {
        let mut out = Vec::new();
        let mut rest = answer;
        let mut from = 0;
        while let Some((at, spelled)) = self.alternatives[from..]
            .iter()
            .enumerate()
            .filter(|(_, a)| rest.starts_with(a.as_str()))
            .max_by_key(|(_, a)| a.len())
        {
            out.extend(self.quotables.get(from + at));
            from += at + 1;
            rest = &rest[spelled.len()..];
            match rest.strip_prefix(self.form.join.as_str()) {
                Some(tail) => rest = tail,
                None => break,
            }
        }
        out
    }

    fn write(&self, end_tokens: &[String]) -> String {
        let mut out = String::new();
        let max = self.form.max.clamp(1, self.alternatives.len());
        let no_answer = self.no_answer.as_deref().map(|text| format!("{} | ", literal(text)));
        let _ = writeln!(out, "start: body{}", end(end_tokens));
        let _ = writeln!(out, "body: {}from_0_{max}", no_answer.unwrap_or_default());
        // `from_i_m`: one to m quotes, in order, the first of them the i-th or
        // a later one.
        let count = self.alternatives.len();
        for left in (1..=max).rev() {
            for index in 0..count {
                let _ = write!(out, "from_{index}_{left}: quote_{index}");
                if left > 1 && index + 1 < count {
                    let join = literal(&self.form.join);
                    let _ = write!(out, " ({join} from_{}_{})?", index + 1, left - 1);
                }
                if index + 1 < count {
                    let _ = write!(out, " | from_{}_{left}", index + 1);
                }
                out.push('\n');
            }
        }
        for (index, alternative) in self.alternatives.iter().enumerate() {
            match self.form.unit {
                QuoteUnit::Sentence => {
                    let _ = writeln!(out, "quote_{index}: {}", literal(alternative));
                }
                QuoteUnit::Words => self.write_words(index, &mut out),
            }
        }
        out
    }

    /// A run of words of one sentence: it may begin at any word and end behind
    /// any later one, and is never empty.
    fn write_words(&self, index: usize, out: &mut String) {
        let Some(quotable) = self.quotables.get(index) else { return };
        let number = quotable.number.to_string();
        let words: Vec<&str> = quotable.text.split(' ').filter(|w| !w.is_empty()).collect();
        let starts: Vec<String> = (0..words.len()).map(|w| format!("words_{index}_{w}")).collect();
        let _ = write!(out, "quote_{index}:");
        for (at, part) in self.form.template.split("{quote}").enumerate() {
            if at > 0 {
                let _ = write!(out, " ({})", starts.join(" | "));
            }
            let part = part.replace("{n}", &number);
            if !part.is_empty() {
                let _ = write!(out, " {}", literal(&part));
            }
        }
        out.push('\n');
        for (at, word) in words.iter().enumerate() {
            let _ = write!(out, "words_{index}_{at}: {}", literal(word));
            if at + 1 < words.len() {
                let _ = write!(out, " (\" \" words_{index}_{})?", at + 1);
            }
            out.push('\n');
        }
    }
}

/// The grammar of free mode: any text in which a bracket with digits is the
/// number of a source.
#[must_use]
pub fn free_grammar(numbers: &[usize], end_tokens: &[String]) -> String {
    let list: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let cite = if list.is_empty() { String::new() } else { format!(r"|({})\]", list.join("|")) };
    format!("start: text{}\ntext: /([^\\[]|\\[+([^0-9\\[]{cite}))*/\n", end(end_tokens))
}

/// A grammar that one question obeys: text without a line break, up to the
/// first question mark.
#[must_use]
pub fn question_grammar(end_tokens: &[String]) -> String {
    format!("start: text \"?\"{}\ntext: /[^?\\n\\[\\]<>|]{{8,240}}/\n", end(end_tokens))
}

/// Spells one quote.
fn spell(template: &str, quote: &str, number: usize) -> String {
    // The quote may hold `{n}` itself, so it goes in last.
    template.replace("{n}", &number.to_string()).replace("{quote}", quote)
}

fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The model's end tokens, as llguidance names special tokens.
fn end(tokens: &[String]) -> String {
    let named: Vec<&str> = tokens
        .iter()
        .map(String::as_str)
        .filter(|t| {
            t.len() > 2
                && t.starts_with('<')
                && t.ends_with('>')
                && !t[1..t.len() - 1].contains(['<', '>', ' '])
        })
        .collect();
    match named.as_slice() {
        [] => String::new(),
        [one] => format!(" {one}"),
        many => format!(" ({})", many.join(" | ")),
    }
}

#[cfg(test)]
mod tests;
