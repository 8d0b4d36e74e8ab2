//! The kind of answer that a question asks for, as its words say, and whether
//! a sentence holds one: who asks for a person, when for a time, how many for a
//! number. A sentence without one may answer all the same, so this is one sign
//! among others.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The kind of answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// Somebody.
    Person,
    /// A date, an hour, an occasion.
    Time,
    /// A number or a measure.
    Number,
    /// Anything.
    #[default]
    Any,
}

/// Words that open a question for a person.
const WHO: &[&str] = &[
    "who", "whom", "whose", "wer", "wem", "wen", "wessen", "qui", "quién", "quien", "quiénes",
    "chi", "quem",
];

/// Words that open a question for a time.
const WHEN: &[&str] = &["when", "wann", "quand", "cuándo", "cuando", "quando"];

/// Words behind "what", "which" or a preposition that make it one for a time.
const TIMES: &[&str] = &[
    "time", "date", "day", "days", "month", "year", "years", "hour", "century", "decade",
    "weekday", "tag", "jahr", "monat", "uhrzeit", "datum", "jour", "année", "mois", "heure", "día",
    "año", "mes", "hora", "giorno", "anno", "mese", "ora", "dia", "ano", "mês",
];

/// Words behind "how" that make it a question for a number.
const MEASURES: &[&str] = &[
    "many", "much", "long", "old", "far", "tall", "high", "deep", "wide", "heavy", "large", "big",
    "often", "fast", "thick", "hot", "cold",
];

/// Words that are a question for a number in other languages.
const HOW_MANY: &[&str] = &[
    "wieviel", "wieviele", "combien", "cuánto", "cuánta", "cuántos", "cuántas", "quanto", "quanta",
    "quanti", "quante", "quantos", "quantas",
];

/// Things that are numbers: "What is the capacity of …".
const QUANTITIES: &[&str] = &[
    "number",
    "amount",
    "capacity",
    "size",
    "weight",
    "height",
    "length",
    "width",
    "depth",
    "distance",
    "temperature",
    "pressure",
    "speed",
    "price",
    "cost",
    "fee",
    "total",
    "population",
    "percentage",
    "rate",
    "age",
    "duration",
    "port",
    "limit",
    "dosage",
    "flow",
    "voltage",
];

/// Numbers in words, and words that stand for one.
const NUMBERS: &str = "zero one two three four five six seven eight nine ten eleven twelve \
    thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty \
    seventy eighty ninety hundred hundreds thousand thousands million millions billion billions \
    dozen half quarter third twice once double triple several both none no every each daily hourly \
    weekly monthly yearly annually per single pair couple few many most all unlimited never always \
    often first second ein eine eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf \
    zwanzig dreißig hundert tausend halb jede jeden jeder deux trois quatre cinq sept huit neuf dix \
    vingt cent mille chaque dos tres cuatro cinco seis siete ocho nueve diez cien mil cada due tre \
    quattro cinque sei sette otto nove dieci cento ogni dois duas três quatro sete oito nove dez";

/// Words of time.
const WHEN_WORDS: &str = "january february march april may june july august september october \
    november december jan feb mar apr jun jul aug sep sept oct nov dec monday mondays tuesday \
    tuesdays wednesday wednesdays thursday thursdays friday fridays saturday saturdays sunday \
    sundays weekend weekends weekday weekdays day days week weeks month months year years hour hours \
    minute minutes second seconds morning afternoon evening night midnight noon dawn dusk sunrise \
    sunset spring summer autumn fall winter today tomorrow yesterday now century decade era o'clock \
    am pm before after until till since during while when whenever once as immediately later earlier \
    soon start startup end begin beginning first last next every daily nightly hourly weekly monthly \
    yearly annually always never easter christmas januar februar märz mai juni juli oktober dezember \
    montag dienstag mittwoch donnerstag freitag samstag sonntag tag tage woche wochen monat monate \
    jahr jahre uhr stunde stunden minuten morgen abend nacht mittag vor nach bis seit während wenn \
    heure heures jour jours semaine mois an ans année matin soir nuit midi minuit avant après depuis \
    lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril juin juillet août \
    septembre octobre novembre décembre hora horas día días semana mes año mañana tarde noche antes \
    después desde hasta lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril \
    mayo junio julio agosto septiembre octubre noviembre diciembre ora ore giorno settimana mese anno \
    mattina sera notte prima dopo dia manhã noite";

/// Words for people who have no name here.
const PEOPLE: &str = "he she they we you anyone everyone nobody somebody someone everybody anybody \
    author authors president director manager owner owners team teams staff member members user \
    users administrator administrators admin people person man woman king queen doctor engineer \
    operator operators officer teacher students student parents company group committee council \
    board customers customer employees employee maintainer maintainers developer developers visitors \
    guests head chief leader captain mayor minister er sie direktor leiter leiterin chef directeur \
    director directora direttore diretor";

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_ascii_whitespace().collect()
}

static NUMBER_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| set(NUMBERS));
static TIME_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| set(WHEN_WORDS));
static PERSON_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| set(PEOPLE));

impl Wanted {
    /// The kind that a question asks for.
    pub fn of(question: &str) -> Self {
        let words: Vec<String> = words(question).map(str::to_lowercase).collect();
        let is = |list: &[&str], word: &str| list.contains(&word);
        for (at, word) in words.iter().enumerate().take(6) {
            let next = words.get(at + 1).map_or("", String::as_str);
            let which = matches!(
                word.as_str(),
                "what"
                    | "which"
                    | "welchem"
                    | "welches"
                    | "welcher"
                    | "welchen"
                    | "quel"
                    | "quelle"
                    | "qué"
                    | "que"
                    | "quale"
                    | "che"
                    | "qual"
            );
            if is(WHEN, word) || (which && is(TIMES, next)) {
                return Self::Time;
            }
            // "which" may follow a person as well: "the man who …" is none.
            if at < 2 && is(WHO, word) {
                return Self::Person;
            }
            let how = matches!(word.as_str(), "how" | "wie");
            let german =
                matches!(next, "viel" | "viele" | "lange" | "oft" | "hoch" | "groß" | "alt");
            if is(HOW_MANY, word) || (how && (is(MEASURES, next) || german)) {
                return Self::Number;
            }
            if which && words.iter().skip(at + 1).take(4).any(|w| is(QUANTITIES, w)) {
                return Self::Number;
            }
        }
        Self::Any
    }

    /// Whether a sentence holds an answer of that kind that the question
    /// doesn't; `None` where any will do.
    pub fn held_by(self, sentence: &str, question: &str) -> Option<bool> {
        if self == Self::Any {
            return None;
        }
        let asked: HashSet<String> = words(question).map(str::to_lowercase).collect();
        let mut begins = true;
        for word in words(sentence) {
            let lower = word.to_lowercase();
            let first = std::mem::take(&mut begins);
            if asked.contains(&lower) {
                continue;
            }
            let digit = word.chars().any(|c| c.is_numeric());
            let found = match self {
                Self::Number => digit || NUMBER_WORDS.contains(lower.as_str()),
                Self::Time => {
                    digit
                        || TIME_WORDS.contains(lower.as_str())
                        || NUMBER_WORDS.contains(lower.as_str())
                }
                Self::Person => {
                    let capital = word.chars().next().is_some_and(char::is_uppercase);
                    let lettered = word.chars().filter(|c| c.is_lowercase()).count() > 1;
                    (capital && lettered && !first) || PERSON_WORDS.contains(lower.as_str())
                }
                Self::Any => true,
            };
            if found {
                return Some(true);
            }
        }
        // One that starts with a name, which all sentences seem to.
        let mut starts = words(sentence);
        let named = |word: Option<&str>| {
            word.is_some_and(|word| {
                word.chars().next().is_some_and(char::is_uppercase)
                    && !asked.contains(&word.to_lowercase())
            })
        };
        Some(self == Self::Person && named(starts.next()) && named(starts.next()))
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_say_what_they_want() {
        for (question, wanted) in [
            ("Who painted the north valve?", Wanted::Person),
            ("By whom was it built?", Wanted::Person),
            ("When does the museum open?", Wanted::Time),
            ("On which day is the museum closed?", Wanted::Time),
            ("Since what year has it run?", Wanted::Time),
            ("How many rooms does the museum have?", Wanted::Number),
            ("How long are backups kept?", Wanted::Number),
            ("What is the capacity of tank T-7?", Wanted::Number),
            ("Wie viele Räume hat das Museum?", Wanted::Number),
            ("Wann wird der Aufzug geprüft?", Wanted::Time),
            ("How is a task cancelled?", Wanted::Any),
            ("What is a collection?", Wanted::Any),
            ("Is it true that the man who came left?", Wanted::Any),
            ("", Wanted::Any),
        ] {
            assert_eq!(Wanted::of(question), wanted, "{question}");
        }
    }

    #[test]
    fn sentences_hold_it_or_not() {
        for (question, sentence, held) in [
            ("Who painted the north valve?", "The north valve is red.", Some(false)),
            ("Who runs the museum?", "The director is Mara Lindqvist.", Some(true)),
            ("Who runs the museum?", "Mara Lindqvist does.", Some(true)),
            ("How many rooms does the museum have?", "It closes on Mondays.", Some(false)),
            ("How much is a ticket?", "A ticket costs nine euros.", Some(true)),
            ("When does the museum open?", "It opens at ten in the morning.", Some(true)),
            ("When was T-2 built?", "T-2 is red.", Some(false)),
            ("What is it?", "It is red.", None),
        ] {
            assert_eq!(Wanted::of(question).held_by(sentence, question), held, "{sentence}");
        }
    }
}
