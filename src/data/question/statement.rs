//! Questions from statements: what, when, where, why, how long, how many.

use super::clause::{Clause, Verb, among, is_determiner, is_object};
use super::verbs;
use super::words::{Word, join, mine};

/// Words behind which a time or a condition stands.
const WHEN: &str = "when whenever after before until while once if unless";
const MONTHS: &str =
    "january february march april may june july august september october november december";
/// Units of time, for "how long".
const UNITS: &str = "second seconds minute minutes hour hours day days week weeks month months year \
    years decade decades century centuries";
/// Verbs that say where something is.
const PLACED: &str = "locate keep store save write find situate place bear base hold bury put";
/// Verbs with the preposition that belongs to them.
const WITH_VERB: &str = "consist-of depend-on lead-to refer-to belong-to rely-on stand-for look-for \
    point-to apply-to result-in switch-to differ-in";
/// Longest part of a statement that a question repeats, in words.
const LONGEST: usize = 12;

/// From "To do this, …", "If you want to …" and "If so, …".
pub(super) fn of_condition(words: &[Word], out: &mut Vec<String>) {
    let Some(first) = words.first().map(Word::lower) else { return };
    let Some(comma) = words.iter().position(|word| word.after == ",") else { return };
    let (Some(condition), Some(behind)) = (words.get(1..=comma), words.get(comma + 1..)) else {
        return;
    };
    if !(2..=LONGEST).contains(&condition.len()) || behind.len() < 3 {
        return;
    }
    let bare = condition.first().is_some_and(|word| {
        let word = word.lower();
        verbs::participle(&word).is_some() || verbs::gerund(&word).is_some()
    });
    if leans(condition) || bare {
        return;
    }
    let lower: Vec<String> = condition.iter().map(Word::lower).collect();
    let starts = |opening: &[&str]| {
        lower.len() > opening.len() && lower.iter().zip(opening).all(|(a, b)| a == b)
    };
    if first == "to" && verbs::is_base(&lower[0]).is_some() {
        out.push(format!("How do I {}", join(&mine(condition))));
    } else if first == "if" && (starts(&["you", "want", "to"]) || starts(&["you", "need", "to"])) {
        out.push(format!("How do I {}", join(&mine(condition.get(3..).unwrap_or_default()))));
    } else if among("if when", &first) && behind.first().is_some_and(is_subject_like) {
        let asked = mine(condition);
        out.push(format!("What happens {first} {}", join(&asked)));
    }
}

/// Whether the main clause tells what happens.
fn is_subject_like(word: &Word) -> bool {
    is_determiner(word) || word.is_code() || word.is_capital() || among("lorag it", &word.lower())
}

/// Whether words lean on what was said before.
fn leans(words: &[Word]) -> bool {
    const LEANING: &str = "it its this that these those they them their he she his her him there here \
        such so same one ones other others above below former latter";
    words.iter().any(|word| among(LEANING, &word.lower()))
}

/// From a statement taken apart.
pub(super) fn of_clause(clause: &Clause<'_>, out: &mut Vec<String>) {
    let before = out.len();
    match &clause.verb {
        Verb::Be(be) => of_be(clause, be, out),
        Verb::Modal(modal) => of_modal(clause, modal, out),
        Verb::Present(base) => {
            let auxiliary = if clause.plural { "do" } else { "does" };
            of_action(clause, base, auxiliary, out);
        }
        Verb::Past(base) => of_action(clause, base, "did", out),
    }
    // Whoever asks for one part hasn't read the rest.
    out.truncate(before + 3);
}

/// Where a statement tells when, why, how long or where, its words up to there,
/// and the word that asks for it.
fn marker(rest: &[Word]) -> Option<(usize, &'static str)> {
    for (at, word) in rest.iter().enumerate() {
        let lower = word.lower();
        let next = rest.get(at + 1);
        let following = |list: &str| next.is_some_and(|next| among(list, &next.lower()));
        if lower == "because" || (lower == "so" && following("that")) {
            return (!following("of")).then_some((at, "Why"));
        }
        if lower == "in" && following("order") {
            return Some((at, "Why"));
        }
        if lower == "as" && following("soon") {
            return Some((at, "When"));
        }
        if among(WHEN, &lower) && at + 2 < rest.len() {
            return Some((at, "When"));
        }
        if among("in since", &lower) && next.is_some_and(Word::is_year) {
            return Some((at, "When"));
        }
        if among("on in", &lower) && following(MONTHS) {
            return Some((at, "When"));
        }
        if lower == "at" && following("midnight noon dawn dusk") {
            return Some((at, "When"));
        }
        if among("for within", &lower)
            && (next.is_some_and(Word::is_number) || following("a an one"))
            && rest.get(at + 2).is_some_and(|unit| among(UNITS, &unit.lower()))
        {
            return Some((at, if lower == "for" { "How long" } else { "How soon" }));
        }
        // Behind a comma begins something new.
        if !word.after.is_empty() {
            return None;
        }
    }
    None
}

/// The words before a place, ready to be repeated: none that lean on others.
fn repeated(words: &[Word]) -> Option<String> {
    let fine = words.len() <= LONGEST
        && !leans(words)
        && words.iter().rev().skip(1).all(|word| word.after.is_empty())
        && !words.iter().any(|word| among("not never only also then", &word.lower()));
    fine.then(|| join(words))
}

fn of_be(clause: &Clause<'_>, be: &str, out: &mut Vec<String>) {
    let (subject, rest) = (join(&clause.subject), clause.rest);
    let Some(first) = rest.first() else { return };
    if among("not there", &first.lower()) {
        return;
    }
    if let Some((at, asks)) = marker(rest)
        && at > 0
        && verbs::gerund(&first.lower()).is_none()
        && let Some(said) = rest.get(..at).and_then(repeated)
    {
        out.push(format!("{asks} {be} {subject} {said}"));
    }
    let defines = among("a an the one", &first.lower()) && rest.len() >= 3;
    if defines {
        let person = be == "was" || be == "is";
        let who = person && is_person(&clause.subject, rest);
        out.push(match (who, clause.subject.len()) {
            (true, _) => format!("Who {be} {subject}"),
            (false, 1 | 2) => format!("What exactly {be} {subject}"),
            (false, _) => format!("What {be} {subject}"),
        });
        return;
    }
    let Some(base) = verbs::participle(&first.lower()) else { return };
    let second = rest.get(1).map(Word::lower).unwrap_or_default();
    let third = rest.get(2);
    let placed = among("in at on under below beside inside near", &second)
        && third.is_some_and(|w| {
            !w.is_year()
                && !among(MONTHS, &w.lower())
                && (is_determiner(w) || w.is_code() || w.is_capital())
        });
    if placed && among(PLACED, base) {
        out.push(format!("Where {be} {subject} {}", first.text));
    }
    if base == "use" && among("to for", &second) {
        out.push(format!("What {be} {subject} used for"));
    }
    if among("call name", base) && rest.len() >= 2 && first.after.is_empty() && third.is_none() {
        out.push(format!("What {be} {subject} called"));
    }
    // Whoever did it, behind "by".
    let by = rest.iter().take(5).position(|word| word.lower() == "by");
    let agent = by.and_then(|by| rest.get(by + 1).map(|agent| (by, agent)));
    if let Some((by, agent)) = agent
        && by == 1
        && verbs::gerund(&agent.lower()).is_none()
    {
        let name = agent.is_capital()
            && !among(MONTHS, &agent.lower())
            && rest.get(by + 2).is_some_and(Word::is_capital);
        let active = match be {
            "was" | "were" => verbs::past_of(base).map(str::to_owned),
            _ => Some(verbs::third_of(base)),
        };
        if let Some(active) = active.filter(|_| name || is_determiner(agent) || agent.is_code()) {
            let asks = if name { "Who" } else { "What" };
            out.push(format!("{asks} {active} {subject}"));
        }
    }
}

/// Whether a name is somebody's, as what follows says.
fn is_person(subject: &[Word], rest: &[Word]) -> bool {
    const PEOPLE: &str = "actor actress artist author architect composer director politician player \
        singer musician writer poet scientist physicist chemist mathematician engineer inventor king \
        queen emperor president minister general philosopher painter footballer coach journalist \
        lawyer founder leader historian economist explorer designer producer bishop saint novelist \
        rapper comedian model activist astronomer son daughter";
    let named = subject.len() <= 4 && subject.iter().all(Word::is_capital);
    named && rest.iter().take(9).any(|word| among(PEOPLE, &word.lower()))
}

fn of_modal(clause: &Clause<'_>, modal: &str, out: &mut Vec<String>) {
    let rest = clause.rest;
    let Some(verb) = rest.first().map(Word::lower) else { return };
    let subject = join(&clause.subject);
    if among("not never", &verb) || among("will would could", modal) {
        return;
    }
    if let Some((at, asks)) = marker(rest)
        && at > 1
        && let Some(said) = rest.get(..at).and_then(repeated)
    {
        out.push(format!("{asks} {modal} {subject} {said}"));
    }
    let how = rest.iter().take(LONGEST).position(|word| among("with by through", &word.lower()));
    if let Some(at) = how.filter(|at| *at > 1 && modal == "can")
        && let Some(said) = rest.get(..at).and_then(repeated)
        && verb == "be"
        && rest.get(at + 1).is_some_and(is_object)
    {
        out.push(format!("How can {subject} {said}"));
    }
}

/// "You can do this with that": how do I do this?
pub(super) fn of_advice(words: &[Word], out: &mut Vec<String>) {
    let [first, second, rest @ ..] = words else { return };
    if first.lower() != "you" || second.lower() != "can" {
        return;
    }
    if rest.first().and_then(|verb| verbs::is_base(&verb.lower())).is_none() {
        return;
    }
    let how = rest.iter().take(LONGEST).position(|word| among("with by through", &word.lower()));
    if let Some(at) = how.filter(|at| *at > 1)
        && rest.get(at + 1).is_some_and(|w| is_object(w) || verbs::gerund(&w.lower()).is_some())
        && let Some(said) = rest.get(..at)
        && repeated(said).is_some()
    {
        out.push(format!("How can I {}", join(&mine(said))));
    }
}

fn of_action(clause: &Clause<'_>, base: &str, auxiliary: &str, out: &mut Vec<String>) {
    let (subject, rest) = (join(&clause.subject), clause.rest);
    let Some(first) = rest.first() else { return };
    if let Some((at, asks)) = marker(rest)
        && (at > 0 || verbs::intransitive(base))
        && let Some(said) = rest.get(..at).and_then(repeated)
    {
        out.push(format!("{asks} {auxiliary} {subject} {base} {said}"));
    }
    let counted = rest.get(1..).unwrap_or_default();
    if first.is_number() && !first.is_year() && first.after.is_empty() {
        // The noun goes up to what follows it.
        let end = counted.iter().position(|word| {
            among("of in for on from at with and to that which who by as per", &word.lower())
        });
        let marked = counted.iter().position(|word| !word.after.is_empty()).map(|at| at + 1);
        let end = end.unwrap_or(counted.len()).min(marked.unwrap_or(counted.len()));
        let noun = counted.get(..end).unwrap_or_default();
        let plural = noun.last().is_some_and(|word| word.lower().ends_with('s'));
        if (1..=3).contains(&noun.len()) && plural {
            let noun = join(noun);
            out.push(format!("How many {noun} {auxiliary} {subject} {base}"));
        }
        return;
    }
    let bare_code = clause.subject.len() == 1 && clause.subject.iter().all(Word::is_code);
    if bare_code && base != "have" && auxiliary == "does" {
        let option =
            clause.subject.iter().any(|word| word.text.trim_start_matches('`').starts_with('-'));
        out.push(match option {
            true => format!("What does the option {subject} do"),
            false => format!("What exactly does {subject} do"),
        });
        return;
    }
    let code = clause.subject.last().is_some_and(Word::is_code);
    if code && auxiliary == "does" && base != "have" {
        out.push(format!("What does {subject} do"));
        return;
    }
    let object = is_determiner(first) && first.lower() != "no" && rest.len() >= 2;
    if object && base != "have" {
        out.push(format!("What {auxiliary} {subject} {base}"));
        let names = clause.subject.iter().filter(|word| word.is_capital()).count();
        let cut = marker(rest).map_or(rest.len(), |(at, _)| at);
        let upto =
            rest.iter().position(|word| !word.after.is_empty()).map_or(cut, |at| cut.min(at + 1));
        if names >= 2
            && names == clause.subject.len()
            && auxiliary == "did"
            && let Some(past) = verbs::past_of(base)
            && let Some(said) = rest.get(..upto).filter(|said| said.len() <= 7).and_then(repeated)
        {
            out.push(format!("Who {past} {said}"));
        }
        return;
    }
    let pair = format!("{base}-{}", first.lower());
    let preposition = among(WITH_VERB, &pair) && rest.len() >= 2;
    if preposition {
        out.push(format!("What {auxiliary} {subject} {base} {}", first.lower()));
    }
}
