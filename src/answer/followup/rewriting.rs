//! A question with its subject in the place of the words that lean on it.

use super::{Asked, words};
use crate::domain::Earlier;
use crate::knowledge::terms::stem;

impl Asked<'_> {
    /// The question with the subject in the place of what leans on it.
    pub(super) fn rewritten(&self, leaning: &[usize], last: &Earlier, subject: &str) -> String {
        let mut out = String::with_capacity(self.text.len() + subject.len());
        let start = self.text.len() - self.unopened().len();
        let mut from = start;
        let mut named = false;
        for at in leaning {
            let word = &self.words[*at];
            if word.range.start < from {
                continue;
            }
            let person = matches!(word.lower.as_str(), "he" | "she" | "him" | "his" | "her");
            let name = person.then(|| person_of(last)).flatten().unwrap_or(subject);
            out.push_str(self.text.get(from..word.range.start).unwrap_or_default());
            let next = self.names(at + 1);
            let determiner = matches!(word.lower.as_str(), "this" | "that" | "these" | "those");
            match (self.language.is_possessive(&word.lower) && next, determiner && next) {
                (true, _) => out.push_str(&format!("{name}'s")),
                // "this setting": the word stays, with its name before it.
                (_, true) => out.push_str(&format!("the {name}")),
                _ => out.push_str(name),
            }
            named = true;
            from = word.range.end;
        }
        out.push_str(self.text.get(from..).unwrap_or_default());
        if named { out } else { self.with(subject) }
    }

    /// The question with the whole subject where it says only "the lamp".
    pub(super) fn by_general_word(&self, subject: &str) -> Option<String> {
        let parts = words(subject);
        let named: Vec<String> = parts
            .iter()
            .filter(|word| self.language.names(&word.lower))
            .map(|word| stem(&word.lower))
            .collect();
        let held: Vec<usize> =
            (0..self.words.len()).filter(|at| named.contains(&stem(self.lower(*at)))).collect();
        let [at] = held[..] else { return None };
        // The head of the name, alone behind its article.
        let head = named.last() == Some(&stem(self.lower(at)));
        let the = at.checked_sub(1).map(|before| self.lower(before));
        let definite =
            the.is_some_and(|the| self.language.is_article(the) && !matches!(the, "a" | "an"));
        if named.len() < 2 || !head || !definite || self.last_name().is_some() {
            return None;
        }
        let mut out = self.text.to_owned();
        out.replace_range(self.words[at].range.clone(), subject);
        Some(out)
    }
}

/// The person that an answer names: the longest run of capitalised words in
/// what it quotes, apart from the first word of a sentence.
fn person_of(last: &Earlier) -> Option<&str> {
    let mut best: Option<(usize, &str)> = None;
    for quote in &last.quotes {
        let asked = Asked::new(quote);
        let capital = |at: usize| {
            let word = &asked.words[at];
            let lettered =
                word.text.chars().count() > 1 && !word.text.chars().all(char::is_uppercase);
            word.is_capital() && lettered && asked.language.names(&word.lower)
        };
        let mut at = 0;
        while at < asked.words.len() {
            let from = at;
            while at < asked.words.len() && capital(at) {
                at += 1;
            }
            let length = at - from;
            let named = if from == 0 { length > 1 } else { length > 0 };
            if named && best.is_none_or(|(longest, _)| length > longest) {
                let range = asked.words[from].range.start..asked.words[at - 1].range.end;
                best = Some((length, quote.get(range).unwrap_or_default()));
            }
            at = at.max(from) + usize::from(at == from);
        }
    }
    best.map(|(_, name)| name)
}
