//! Mechanical changes of a sentence: some keep what it says, some don't.

/// Function words and what may stand for them without another meaning, or with
/// hardly another one.
const SWAPS: &[(&str, &str)] = &[
    ("the", "this"),
    ("a", "the"),
    ("an", "the"),
    ("this", "the"),
    ("he", "they"),
    ("she", "they"),
    ("it", "that"),
    ("his", "their"),
    ("her", "their"),
    ("its", "their"),
    ("was", "is"),
    ("were", "are"),
    ("is", "was"),
    ("are", "were"),
    ("has", "had"),
    ("had", "has"),
    ("have", "had"),
    ("in", "within"),
    ("also", "too"),
    ("but", "yet"),
    ("while", "as"),
    ("because", "as"),
    ("after", "following"),
    ("such", "like"),
    ("and", "as well as"),
    ("by", "through"),
    ("The", "This"),
    ("A", "The"),
    ("He", "They"),
    ("She", "They"),
    ("It", "That"),
    ("In", "Within"),
];

const NEGATIONS: [&str; 8] = ["not", "no", "never", "none", "nor", "neither", "without", "cannot"];

const AUXILIARIES: [&str; 17] = [
    "is", "are", "was", "were", "can", "could", "will", "would", "has", "have", "had", "does",
    "did", "do", "may", "should", "must",
];

const NUMBERS: [&str; 9] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// A small generator of numbers (xorshift), so that each run makes the same
/// choices.
pub struct Dice(u64);

impl Dice {
    pub fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    /// A number below `count`; 0 where that is 0.
    pub fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count.max(1) as u64) as usize
    }
}

/// How many negations a sentence has.
fn negations(sentence: &str) -> usize {
    let is_negation = |word: &&str| {
        let word = word.to_lowercase();
        NEGATIONS.contains(&word.as_str()) || word.ends_with("n't")
    };
    sentence.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(is_negation).count()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn bare(text: &str) -> &str {
    text.trim().trim_end_matches(['.', '!', '?', ',', ';', ':']).trim_end()
}

fn swapped(words: &[&str]) -> String {
    let swap = |word: &&str| {
        SWAPS.iter().find(|(from, _)| from == word).map_or(*word, |(_, to)| *to).to_owned()
    };
    words.iter().map(swap).collect::<Vec<_>>().join(" ")
}

/// The clauses of a sentence between its commas, if each has two words.
fn clauses(sentence: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = bare(sentence).split(", ").map(str::trim).collect();
    let whole = |part: &&str| part.split_whitespace().count() >= 2;
    (parts.len() > 1 && parts.iter().all(whole)).then_some(parts)
}

fn rotated(clauses: &[&str]) -> String {
    let (first, rest) = clauses.split_at(1);
    capital(&format!("{}, {}.", rest.join(", "), first.join("")))
}

/// Other forms of a sentence that say nothing which it doesn't; with its
/// article's name for a pronoun at its beginning.
pub fn paraphrases(sentence: &str, article: &str) -> Vec<(&'static str, String)> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let third = words.len() / 3;
    let mut out = vec![
        ("in lower case", sentence.to_lowercase()),
        ("determiners, pronouns, tenses swapped", swapped(&words)),
    ];
    if words.len() >= 9 {
        let kept: Vec<&str> =
            words.iter().enumerate().filter(|(at, _)| at % 6 != 5).map(|(_, word)| *word).collect();
        let end = words.len() - third;
        out.push(("first third cut", capital(&words[third..].join(" "))));
        out.push(("last third cut", format!("{}.", bare(&words[..end].join(" ")))));
        out.push(("every sixth word cut", kept.join(" ")));
        let cut = swapped(&words[words.len() / 4..]);
        let all = clauses(&cut).map_or_else(|| cut.clone(), |parts| rotated(&parts));
        out.push(("cut, swapped and reordered", capital(&all)));
    }
    if let Some(parts) = clauses(sentence) {
        out.push(("clauses reordered", rotated(&parts)));
        if parts.len() > 2 {
            let kept = [&parts[..1], &parts[2..]].concat();
            out.push(("clause dropped", format!("{}.", kept.join(", "))));
        }
    }
    for pronoun in ["He ", "She ", "It ", "They "] {
        if let Some(rest) = sentence.strip_prefix(pronoun) {
            out.push(("pronoun resolved", format!("{article} {rest}")));
        }
    }
    // A cut that took a negation along says something else.
    out.retain(|(_, text)| text != sentence && negations(text) == negations(sentence));
    out
}

/// The sentence with another number.
pub fn other_number(sentence: &str, dice: &mut Dice) -> Option<String> {
    let chars: Vec<char> = sentence.chars().collect();
    let digits: Vec<usize> = (0..chars.len()).filter(|at| chars[*at].is_ascii_digit()).collect();
    if !digits.is_empty() {
        let at = digits[dice.below(digits.len())];
        let old = chars[at].to_digit(10)?;
        let starts = at == 0 || !chars[at - 1].is_ascii_digit();
        let mut new = (old + 1 + dice.below(8) as u32) % 10;
        if starts && new == 0 {
            // A number seldom begins with zero.
            new = if old == 1 { 2 } else { 1 };
        }
        let mut chars = chars;
        chars[at] = char::from_digit(new, 10)?;
        return Some(chars.into_iter().collect());
    }
    let mut words: Vec<&str> = sentence.split_whitespace().collect();
    let at = words.iter().position(|word| NUMBERS.contains(word))?;
    let others: Vec<&str> = NUMBERS.into_iter().filter(|number| *number != words[at]).collect();
    words[at] = others[dice.below(others.len())];
    Some(words.join(" "))
}

/// The sentence with a negation more, or one less.
pub fn other_negation(sentence: &str, dice: &mut Dice) -> Option<(&'static str, String)> {
    let mut words: Vec<&str> = sentence.split_whitespace().collect();
    let denies = |word: &&str| ["not", "never", "no"].contains(word);
    if let Some(at) = words.iter().position(denies) {
        words.remove(at);
        return Some(("negation removed", words.join(" ")));
    }
    let places: Vec<usize> =
        (0..words.len()).filter(|at| AUXILIARIES.contains(&words[*at])).collect();
    if places.is_empty() {
        return None;
    }
    words.insert(places[dice.below(places.len())] + 1, "not");
    Some(("negation inserted", words.join(" ")))
}

/// Names within a sentence: capitalised words that don't begin it.
pub fn names(sentence: &str) -> Vec<&str> {
    let is_name = |word: &&str| {
        word.len() > 2
            && word.chars().all(char::is_alphabetic)
            && word.starts_with(char::is_uppercase)
    };
    sentence.split_whitespace().skip(1).filter(is_name).collect()
}
