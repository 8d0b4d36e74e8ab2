//! German ordinals: "das 3. Gleis", "am 14. Juni".
//!
//! German writes ordinals with a full stop and nouns with a capital, so the
//! words around a number tell whether its full stop ends the sentence.

use super::language::Language;

const MONTHS: [&str; 22] = [
    "Januar",
    "Jänner",
    "Februar",
    "Feber",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
    "Jan",
    "Feb",
    "Apr",
    "Aug",
    "Sept",
    "Okt",
    "Nov",
    "Dez",
];

/// Words that lead to an ordinal.
const BEFORE: [&str; 50] = [
    "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines",
    "am", "im", "zum", "zur", "vom", "beim", "ab", "ins", "ans", "jeder", "jede", "jedes", "jeden",
    "jedem", "dieser", "diese", "dieses", "diesen", "diesem", "mein", "meine", "sein", "seine",
    "seinen", "seinem", "seiner", "ihr", "ihre", "ihren", "ihrem", "ihrer", "unser", "unsere",
    "unserem", "kein", "keine", "übers", "fürs",
];

/// Articles, behind which the text is surely German enough.
const ARTICLES: [&str; 13] =
    ["der", "die", "das", "den", "dem", "des", "am", "im", "zum", "zur", "vom", "beim", "jeden"];

/// Words behind which a number counts or names something, and its full stop
/// ends the sentence.
const COUNTS: [&str; 58] = [
    "auf",
    "von",
    "mit",
    "um",
    "über",
    "unter",
    "etwa",
    "rund",
    "ist",
    "war",
    "sind",
    "waren",
    "beträgt",
    "betrug",
    "lautet",
    "aus",
    "nur",
    "circa",
    "ca",
    "mindestens",
    "höchstens",
    "genau",
    "gegen",
    "gleich",
    "seite",
    "kapitel",
    "nummer",
    "nr",
    "abschnitt",
    "version",
    "punkt",
    "teil",
    "band",
    "zeile",
    "spalte",
    "stufe",
    "schritt",
    "bild",
    "tabelle",
    "abbildung",
    "platz",
    "linie",
    "port",
    "artikel",
    "absatz",
    "paragraf",
    "paragraph",
    "jahr",
    "zimmer",
    "raum",
    "haus",
    "gleis",
    "modell",
    "typ",
    "anhang",
    "blatt",
    "minus",
    "mal",
];

/// Whether a number between two lines is an ordinal in any case: an article
/// stands before it or a month behind it.
pub(super) fn is_surely_ordinal(before: &str, behind: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
    let next = behind.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    ARTICLES.contains(&word.as_str()) || MONTHS.contains(&next)
}

/// Whether the full stop behind `number` makes it an ordinal. `head` is what
/// stands before it in the sentence, `next` the word behind it, which may be
/// one that `begins` sentences.
pub(super) fn is_ordinal(
    head: &str,
    number: &str,
    next: &str,
    begins: bool,
    language: Option<Language>,
) -> bool {
    let german = language == Some(Language::German);
    if !(german || language.is_none()) || number.len() > 4 {
        return false;
    }
    if MONTHS.contains(&next) {
        return true;
    }
    if begins {
        return false;
    }
    let mut words = head.rsplit(char::is_whitespace).filter(|word| !word.is_empty());
    let previous = words.next().unwrap_or_default();
    let word = previous.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    if matches!(word.as_str(), "und" | "oder" | "bis" | "sowie" | "–" | "-") || word.is_empty() {
        let other = words.next().unwrap_or_default();
        return german
            && other.strip_suffix('.').is_some_and(|n| n.ends_with(|c: char| c.is_ascii_digit()));
    }
    let known: &[&str] = if german { &BEFORE } else { &ARTICLES };
    if known.contains(&word.as_str()) {
        return true;
    }
    // An adjective or a name may stand before an ordinal, too ("Pauls 3.
    // Versuch"): without a sign that it counts, a short number is one.
    german && number.len() <= 2 && !COUNTS.contains(&word.as_str())
}
