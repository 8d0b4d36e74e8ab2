//! The subject and the verb of a statement.

use super::verbs;
use super::words::Word;

/// The verb of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// A form of "be", as it stands.
    Be(String),
    /// "can", "must" and the like, as it stands.
    Modal(String),
    /// The present of another verb, by its base.
    Present(&'static str),
    /// The past of another verb, by its base.
    Past(&'static str),
}

/// A statement taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause<'a> {
    /// The subject, its first letter as it is within a sentence.
    pub subject: Vec<Word>,
    /// Whether it is plural.
    pub plural: bool,
    /// The verb.
    pub verb: Verb,
    /// What stands behind it.
    pub rest: &'a [Word],
}

const DETERMINERS: &str = "the a an each every all both your most many some several any";
/// Words that no subject of a statement that stands alone holds.
const FOREIGN: &str = "this that these those it its they them their he his she her we us our i my \
    which who whom whose what there here such when where why how if but not while because since \
    although though however then so also only just even both either neither nor as than whether \
    during after before until unless once to by with without per via";
const MODALS: &str = "can must may should will could would";

/// Whether a list of words holds one.
pub(super) fn among(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|other| other == word)
}

/// Whether a word opens a noun phrase.
pub(super) fn is_determiner(word: &Word) -> bool {
    among(DETERMINERS, &word.lower()) || among("its their his her one another", &word.lower())
}

/// Takes a statement apart; `common` says whether a word is written with a
/// small letter elsewhere. `None` where the subject is none that stands alone.
pub(super) fn clause<'a>(words: &'a [Word], common: &dyn Fn(&str) -> bool) -> Option<Clause<'a>> {
    for at in 1..words.len().min(12) {
        let word = words.get(at)?;
        let (before, rest) = (words.get(..at)?, words.get(at + 1..)?);
        // A comma would part the subject from the verb.
        if before.iter().any(|word| !word.after.is_empty()) {
            return None;
        }
        let lower = word.lower();
        let next = rest.first()?;
        if word.is_capital() || word.is_code() {
            continue;
        }
        let verb = if among("is are was were", &lower) {
            Verb::Be(lower.clone())
        } else if among(MODALS, &lower) {
            Verb::Modal(lower.clone())
        } else if among("has have", &lower) {
            if verbs::participle(&next.lower()).is_some() || next.lower() == "been" {
                return None;
            }
            Verb::Present("have")
        } else if lower == "had" {
            return None;
        } else if let Some(base) = verbs::third(&lower).filter(|_| follows(next)) {
            Verb::Present(base)
        } else if let Some(base) =
            verbs::is_base(&lower).filter(|_| follows(next) && is_plural(before))
        {
            Verb::Present(base)
        } else if let Some(base) = verbs::past(&lower).filter(|base| {
            (is_object(next) && !among("in on at", &next.lower())) || verbs::intransitive(base)
        }) {
            Verb::Past(base)
        } else {
            continue;
        };
        if !is_subject(before) {
            continue;
        }
        let plural = match &verb {
            Verb::Be(form) => form == "are" || form == "were",
            Verb::Present(base) => lower == *base || lower == "have",
            Verb::Modal(_) | Verb::Past(_) => is_plural(before),
        };
        return Some(Clause { subject: lowered(before, common), plural, verb, rest });
    }
    None
}

/// Whether a word may stand right behind a verb that is one indeed.
fn follows(next: &Word) -> bool {
    let verbs = "is are was were has have can must may should will";
    is_object(next)
        || (among(
            "of on to for in from with at by into as when if because after before until all how which what whether whatever only",
            &next.lower(),
        ) && !among(verbs, &next.lower()))
}

/// Whether a word opens an object.
pub(super) fn is_object(next: &Word) -> bool {
    is_determiner(next) || next.is_code() || next.is_number() || next.is_capital()
}

fn is_subject(words: &[Word]) -> bool {
    let Some(first) = words.first() else { return false };
    let determined = among(DETERMINERS, &first.lower());
    let fits = if determined {
        (2..=9).contains(&words.len())
    } else {
        (first.is_code() || first.is_capital()) && words.len() <= 7
    };
    let looked = if determined { 1 } else { 2 };
    let gerund = words.iter().take(looked).any(|word| verbs::gerund(&word.lower()).is_some());
    let last = words.last().map(Word::lower).unwrap_or_default();
    let adverb = |word: &Word| {
        let word = word.lower();
        word.ends_with("ly")
            && !among("family early daily weekly monthly yearly supply reply assembly italy", &word)
    };
    let open =
        words.iter().any(adverb) || among("and or later often first least most the a an", &last);
    let clean = words.iter().all(|word| {
        let quoted = ['"', '“', '(', ')', '”', '[', ']', '|', '*', '#', '<', '=', '/'];
        !among(FOREIGN, &word.lower())
            && (word.is_code() || !word.text.contains(quoted))
            && !among(
                "is are was were has have had can must may be been do does did",
                &word.lower(),
            )
    });
    // "Other fields", "First" and the like lean on what stands before.
    let leaning = among(
        "no other others another same second third first last next former latter more one two three \
         nothing everything none without with in on at for from of and or you in under between by",
        &first.lower(),
    );
    let second = words.get(1).map(Word::lower).unwrap_or_default();
    let leaning = leaning
        || (determined
            && among(
                "other others same latter former rest second third first last next following above two three",
                &second,
            ));
    fits && clean && !gerund && !open && !leaning
}

/// Whether a noun phrase is plural, as far as its words show.
pub(super) fn is_plural(words: &[Word]) -> bool {
    // The head stands before "of" and the like.
    let end = words.iter().position(|w| among("of in for on from at below", &w.lower()));
    let head = words.get(..end.unwrap_or(words.len())).unwrap_or_default();
    let last = head.last().map(Word::lower).unwrap_or_default();
    let ends = last.ends_with('s') && !["ss", "us", "is"].iter().any(|end| last.ends_with(end));
    let several = head.iter().any(|word| word.lower() == "and");
    let single = head.first().is_some_and(|w| among("a an each every", &w.lower()));
    let name = head.len() > 1 && head.last().is_some_and(Word::is_capital);
    !single && (several || (ends && !name))
}

/// The words with the first one as it is written within a sentence.
fn lowered(words: &[Word], common: &dyn Fn(&str) -> bool) -> Vec<Word> {
    let mut words = words.to_vec();
    let name = words.get(1).is_some_and(Word::is_capital);
    if let Some(first) = words.first_mut()
        && !first.is_code()
        && first.text.chars().skip(1).all(|c| !c.is_uppercase())
    {
        let lower = first.lower();
        if among(DETERMINERS, &lower) || (!name && common(&lower)) {
            first.text = lower;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::words::{join, words};
    use super::*;

    fn taken(text: &str) -> Option<(String, Verb, bool)> {
        let words = words(text);
        let found = clause(&words, &|word| word == "backups")?;
        Some((join(&found.subject), found.verb, found.plural))
    }

    #[test]
    fn the_subject_and_the_verb_are_found() {
        for (text, subject, verb, plural) in [
            ("The command indexes the folder.", "the command", Verb::Present("index"), false),
            ("The model names are long.", "the model names", Verb::Be("are".into()), true),
            (
                "The answers of the model are short.",
                "the answers of the model",
                Verb::Be("are".into()),
                true,
            ),
            ("Backups need a disk.", "backups", Verb::Present("need"), true),
            ("Mary Smith founded the museum.", "Mary Smith", Verb::Past("found"), false),
            ("`--json` prints one object.", "`--json`", Verb::Present("print"), false),
            ("Israel has two official languages.", "Israel", Verb::Present("have"), false),
        ] {
            let found = taken(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found, (subject.to_owned(), verb, plural), "{text}");
        }
        for text in [
            "It is so.",
            "This command indexes the folder.",
            "What you see is a list.",
            "The other fields are ignored.",
            "However, the folder is empty.",
            "Installing the program takes a minute.",
        ] {
            assert_eq!(taken(text), None, "{text}");
        }
    }
}
