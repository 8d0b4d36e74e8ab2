//! Quote mode without a grammar: the model is told to quote, and what it writes
//! is checked when it is whole.

use super::QuoteGrammar;
use crate::config::QuoteUnit;

impl QuoteGrammar {
    /// What a model is told that can't be held to the grammar.
    #[must_use]
    pub fn instruction(&self) -> String {
        let form = self.form.template.replace("{quote}", "SENTENCE").replace("{n}", "NUMBER");
        let what = match (self.form.unit, self.form.max) {
            (QuoteUnit::Sentence, 1) => "one sentence of the sources".to_owned(),
            (QuoteUnit::Sentence, max) => format!("one to {max} sentences of the sources"),
            (QuoteUnit::Words, _) => "words of one sentence of the sources".to_owned(),
        };
        let none = match &self.no_answer {
            Some(none) => format!(" If no sentence answers, write: {none}"),
            None => String::new(),
        };
        format!(
            "Answer only with {what}, copied letter by letter, with the number of its source, in the form: {form}\nWrite nothing else.{none}"
        )
    }

    /// Whether an answer is made of nothing but what the grammar allows.
    #[must_use]
    pub fn accepts(&self, answer: &str) -> bool {
        let refuses = self.no_answer.as_deref() == Some(answer);
        refuses
            || match self.form.unit {
                QuoteUnit::Sentence => self.is_quotes(answer, 0, 1),
                QuoteUnit::Words => self.is_words(answer),
            }
    }

    /// Whether a text is quotes from the sentence `from` on, the first being
    /// the `quotes`-th.
    fn is_quotes(&self, text: &str, from: usize, quotes: usize) -> bool {
        self.alternatives.iter().enumerate().skip(from).any(|(index, spelled)| {
            let Some(behind) = text.strip_prefix(spelled.as_str()) else { return false };
            let goes_on = || {
                let tail = behind.strip_prefix(self.form.join.as_str());
                quotes < self.form.max
                    && tail.is_some_and(|tail| self.is_quotes(tail, index + 1, quotes + 1))
            };
            behind.is_empty() || goes_on()
        })
    }

    /// Whether a text is a run of words of one sentence.
    fn is_words(&self, text: &str) -> bool {
        let Some((before, behind)) = self.form.template.split_once("{quote}") else { return false };
        self.quotables.iter().any(|quotable| {
            let number = quotable.number.to_string();
            let part = |part: &str| part.replace("{n}", &number);
            let inner = text
                .strip_prefix(part(before).as_str())
                .and_then(|rest| rest.strip_suffix(part(behind).as_str()));
            let Some(inner) = inner.filter(|inner| !inner.is_empty()) else { return false };
            let words: Vec<&str> = quotable.text.split(' ').filter(|w| !w.is_empty()).collect();
            let said: Vec<&str> = inner.split(' ').collect();
            words.windows(said.len()).any(|run| run == said)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Quotable, QuoteForm};
    use super::*;

    fn grammar(unit: QuoteUnit, max: usize) -> QuoteGrammar {
        let quotable = |number, text: &str| Quotable { number, sentence: 0, text: text.to_owned() };
        let texts = vec![quotable(1, "Apples are red."), quotable(2, "Pears are green.")];
        let (template, join) = ("{quote} [{n}]".to_owned(), "\n".to_owned());
        let form = QuoteForm { template, join, unit, max };
        QuoteGrammar::new(texts, form, Some("None.".to_owned()), &[]).unwrap()
    }

    #[test]
    fn only_whole_quotes_are_accepted() {
        let one = grammar(QuoteUnit::Sentence, 1);
        for good in ["Apples are red. [1]", "Pears are green. [2]", "None."] {
            assert!(one.accepts(good), "{good}");
        }
        for bad in
            ["", "Apples", "Apples are red. [2]", "Apples are red. [1] ", "apples are red. [1]"]
        {
            assert!(!one.accepts(bad), "{bad}");
        }
        let both = "Apples are red. [1]\nPears are green. [2]";
        assert!(!one.accepts(both) && grammar(QuoteUnit::Sentence, 2).accepts(both));
        let back = "Pears are green. [2]\nApples are red. [1]";
        assert!(!grammar(QuoteUnit::Sentence, 2).accepts(back));
    }

    #[test]
    fn runs_of_words_are_accepted_where_they_stand_so() {
        let words = grammar(QuoteUnit::Words, 1);
        for good in ["are red. [1]", "Apples [1]", "Pears are green. [2]"] {
            assert!(words.accepts(good), "{good}");
        }
        for bad in ["red [1]", "Apples red. [1]", "are green. [1]", " [1]", "are  red. [1]"] {
            assert!(!words.accepts(bad), "{bad}");
        }
    }

    #[test]
    fn the_instruction_names_the_form_and_the_way_out() {
        let told = grammar(QuoteUnit::Sentence, 2).instruction();
        assert!(
            told.contains("one to 2 sentences") && told.contains("SENTENCE [NUMBER]"),
            "{told}"
        );
        assert!(told.ends_with("write: None."), "{told}");
    }
}
