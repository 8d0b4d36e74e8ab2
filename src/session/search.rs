//! Finds the words of a query in a session.

use super::line::flat;
use crate::domain::TurnId;

/// Characters that an excerpt shows before and behind the first word it holds.
const BEFORE: usize = 30;
const BEHIND: usize = 70;

/// What is searched for.
pub(super) struct Query {
    words: Vec<String>,
}

/// A question with its answer, as they were written and as they are searched.
#[derive(Debug)]
pub(super) struct Spoken {
    turn: TurnId,
    question: String,
    answer: String,
    folded_question: String,
    folded_answer: String,
}

impl Spoken {
    /// Of one turn.
    pub(super) fn new(turn: TurnId, question: String, answer: String) -> Self {
        let (folded_question, folded_answer) = (fold(&question), fold(&answer));
        Self { turn, question, answer, folded_question, folded_answer }
    }

    /// Bytes it takes.
    pub(super) fn size(&self) -> usize {
        2 * (self.question.len() + self.answer.len()) + size_of::<Self>()
    }
}

/// A text that holds some of the words.
struct Place<'a> {
    label: String,
    turn: Option<TurnId>,
    text: &'a str,
    /// How many of the words it holds.
    words: usize,
    /// Where the first of them stands in the folded text, in bytes.
    at: usize,
}

impl Query {
    /// The words of a query.
    pub(super) fn new(query: &str) -> Self {
        Self { words: query.split_whitespace().map(fold).collect() }
    }

    /// Whether there is nothing to search for.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// If every word stands in the title, a question or an answer: what stands
    /// around the words in the text that holds most of them, and its turn.
    pub(super) fn excerpt(
        &self,
        title: &str,
        turns: &[Spoken],
    ) -> Option<(String, Option<TurnId>)> {
        let mut missing = vec![true; self.words.len()];
        let mut best: Option<Place<'_>> = None;
        let folded_title = fold(title);
        let spoken = (1..).zip(turns).flat_map(|(number, spoken)| {
            [
                (
                    Some(("question", number, spoken.turn)),
                    &spoken.question,
                    &spoken.folded_question,
                ),
                (Some(("answer", number, spoken.turn)), &spoken.answer, &spoken.folded_answer),
            ]
            .map(|(of, text, folded)| (of, text.as_str(), folded.as_str()))
        });
        // The title is shown anyway, so it comes last.
        let titled = [(None, title, folded_title.as_str())];
        for (of, text, folded) in spoken.chain(titled) {
            let mut words = 0;
            let mut at = usize::MAX;
            for (word, missing) in self.words.iter().zip(&mut missing) {
                if let Some(place) = folded.find(word.as_str()) {
                    *missing = false;
                    words += 1;
                    at = at.min(place);
                }
            }
            if words > best.as_ref().map_or(0, |best| best.words) {
                let label = of.map_or_else(
                    || "title".to_owned(),
                    |(kind, n, _): (&str, usize, _)| format!("{kind} {n}"),
                );
                let turn = of.map(|(_, _, turn)| turn);
                best = Some(Place { label, turn, text, words, at });
            }
        }
        if missing.contains(&true) {
            return None;
        }
        best.map(|place| (place.excerpt(), place.turn))
    }
}

impl Place<'_> {
    fn excerpt(&self) -> String {
        let (before, behind) =
            self.text.split_at_checked(unfolded(self.text, self.at)).unwrap_or((self.text, ""));
        let start = before.char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
        let end = behind.char_indices().nth(BEHIND).map_or(behind.len(), |(at, _)| at);
        let shown = [before.get(start..), behind.get(..end)].into_iter().flatten();
        let shown = flat(&shown.collect::<String>());
        let left = if start > 0 { "…" } else { "" };
        let right = if end < behind.len() { "…" } else { "" };
        format!("{}: {left}{shown}{right}", self.label)
    }
}

/// The text in small letters, letter by letter, so that a part of it folds the
/// same way everywhere.
fn fold(text: &str) -> String {
    text.chars().flat_map(fold_char).collect()
}

fn fold_char(c: char) -> impl Iterator<Item = char> {
    // A sigma at the end of a word has a form of its own, of the same length.
    c.to_lowercase().map(|c| if c == 'ς' { 'σ' } else { c })
}

/// Where a place of the folded text stands in the text, in bytes.
fn unfolded(text: &str, folded_at: usize) -> usize {
    let mut folded = 0;
    for (at, c) in text.char_indices() {
        if folded >= folded_at {
            return at;
        }
        folded += fold_char(c).map(char::len_utf8).sum::<usize>();
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn excerpt(query: &str, title: &str, turns: &[(&str, &str)]) -> Option<String> {
        let spoken = |(id, (question, answer)): (TurnId, &(&str, &str))| {
            Spoken::new(id, (*question).to_owned(), (*answer).to_owned())
        };
        let turns: Vec<Spoken> = (1..).zip(turns).map(spoken).collect();
        Query::new(query).excerpt(title, &turns).map(|(text, _)| text)
    }

    #[test]
    fn every_word_must_stand_somewhere_and_case_does_not_matter() {
        let turns =
            [("How do I reset it?", "Hold the BUTTON."), ("And then?", "Press\nthe button again")];
        let found = |query| excerpt(query, "The Router", &turns);
        assert_eq!(found("button").as_deref(), Some("answer 1: Hold the BUTTON."));
        assert_eq!(found("button Press").as_deref(), Some("answer 2: Press the button again"));
        assert_eq!(found("ROUTER").as_deref(), Some("title: The Router"));
        assert_eq!(found("router again reset").as_deref(), Some("question 1: How do I reset it?"));
        assert_eq!(found("router lamp"), None);
        assert!(Query::new(" \n").is_empty());
    }

    #[test]
    fn letters_that_change_their_length_do_not_move_the_excerpt() {
        let text = format!("{}ΟΔΟΣ here\x1b[2J {}", "İ".repeat(40), "x ".repeat(80));
        let found = excerpt("οδοσ", "", &[(text.as_str(), "")]).unwrap();
        assert!(found.starts_with("question 1: …İİ") && found.ends_with('…'), "{found}");
        assert!(found.contains("İΟΔΟΣ here␛[2J x"), "{found}");
        assert!(excerpt("ΟΔΟΣ", "", &[(text.as_str(), "")]).is_some());
    }

    proptest! {
        #[test]
        fn any_part_of_any_text_is_found(
            text in proptest::collection::vec(any::<char>(), 1..60),
            from in 0usize..60,
            count in 1usize..20,
        ) {
            let part: String = text.iter().skip(from % text.len()).take(count).collect();
            let text: String = text.iter().collect();
            let blank = Query::new(&part).is_empty();
            prop_assert!(blank || excerpt(&part, "", &[(text.as_str(), "")]).is_some());
        }
    }
}
