//! What of a text is compared: its terms, numbers and negations, in order.
//!
//! Terms are those of `knowledge::terms` (stop words left out, lightly
//! stemmed), so that a sentence has the same terms here as in the search.
//! Negations, which are stop words there, count here, and so do clause ends,
//! since a negation reaches no further. Scripts without spaces give pairs of
//! characters: single ones are found in any text.

use super::fold::is_unspaced;
use crate::knowledge::terms::terms;

/// A piece of a text that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A stemmed term.
    Term(String),
    /// A number or a name with digits, which no paraphrase may change.
    Number(String),
    /// A negation.
    Not,
    /// The end of a clause.
    Break,
}

impl Token {
    /// The term or number.
    #[must_use]
    pub(super) fn word(&self) -> Option<&str> {
        match self {
            Self::Term(word) | Self::Number(word) => Some(word),
            Self::Not | Self::Break => None,
        }
    }
}

/// Words that deny what follows them, in a few languages. English ones that
/// end in `n't` are found by their end.
const NEGATIONS: &[&str] = &[
    "not",
    "no",
    "never",
    "none",
    "nor",
    "neither",
    "without",
    "cannot",
    "nobody",
    "nothing",
    "nowhere",
    "nicht",
    "kein",
    "keine",
    "keinen",
    "keinem",
    "keiner",
    "keines",
    "nie",
    "niemals",
    "ohne",
    "weder",
    "pas",
    "jamais",
    "aucun",
    "aucune",
    "sans",
    "nunca",
    "jamás",
    "ningún",
    "ninguna",
    "não",
    "nem",
    "не",
    "ни",
    "нет",
    "без",
    "никогда",
];

/// Chinese and Japanese characters that deny what follows them.
const DENYING: [char; 8] = ['不', '没', '沒', '無', '无', '未', '非', '勿'];

/// Japanese endings that deny what stands before them.
const DENYING_ENDINGS: [&str; 4] = ["ません", "なかった", "ない", "なく"];

/// Numbers that are written as words. "One" seldom counts anything.
const NUMBER_WORDS: &[(&str, &str)] = &[
    ("zero", "0"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("thirteen", "13"),
    ("fourteen", "14"),
    ("fifteen", "15"),
    ("sixteen", "16"),
    ("seventeen", "17"),
    ("eighteen", "18"),
    ("nineteen", "19"),
    ("twenty", "20"),
    ("thirty", "30"),
    ("forty", "40"),
    ("fifty", "50"),
    ("sixty", "60"),
    ("seventy", "70"),
    ("eighty", "80"),
    ("ninety", "90"),
];

/// What follows a number without being a unit: 20th, 1990s.
const ORDINALS: [&str; 5] = ["s", "st", "nd", "rd", "th"];

/// The tokens of a folded text, with the end of a clause behind the last one.
#[must_use]
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let behind = rest.get(c.len_utf8()..).unwrap_or_default();
        let signed = c == '-' && !before.is_alphanumeric() && behind.starts_with(is_digit);
        let length = if is_unspaced(c) {
            let run = leading(rest, is_unspaced);
            push_unspaced(run, &mut out);
            run.len()
        } else if signed || is_digit(c) {
            let sign = usize::from(signed);
            let length = sign + number(rest.get(sign..).unwrap_or_default());
            out.push(Token::Number(plain_number(rest.get(..length).unwrap_or_default())));
            let unit = leading(rest.get(length..).unwrap_or_default(), is_letter);
            if !ORDINALS.contains(&unit) {
                push_word(unit, &mut out);
            }
            length + unit.len()
        } else if is_letter(c) {
            let length = word(rest);
            push_word(rest.get(..length).unwrap_or_default(), &mut out);
            length
        } else {
            if ".,;:!?()。，、；：！？（）".contains(c) {
                out.push(Token::Break);
            }
            c.len_utf8()
        };
        before = rest.get(..length).and_then(|taken| taken.chars().last()).unwrap_or(c);
        rest = rest.get(length..).unwrap_or_default();
    }
    out.push(Token::Break);
    out
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
}

/// What `text` begins with of these characters.
fn leading(text: &str, of: fn(char) -> bool) -> &str {
    let end = text.find(|c: char| !of(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Length of the number that a text begins with, separators included.
fn number(text: &str) -> usize {
    let mut length = leading(text, is_digit).len();
    loop {
        let rest = text.get(length..).unwrap_or_default();
        let more = rest.strip_prefix(['.', ',']).map_or(0, |r| leading(r, is_digit).len());
        if more == 0 {
            return length;
        }
        length += 1 + more;
    }
}

/// Length of the word that a text begins with; an apostrophe may stand in it.
fn word(text: &str) -> usize {
    let mut length = leading(text, is_letter).len();
    loop {
        let rest = text.get(length..).unwrap_or_default();
        let more = rest.strip_prefix('\'').map_or(0, |r| leading(r, is_letter).len());
        if more == 0 {
            return length;
        }
        length += 1 + more;
    }
}

/// A number without separators of thousands.
fn plain_number(number: &str) -> String {
    let whole = number.split('.').next().unwrap_or_default();
    let groups: Vec<&str> = whole.split(',').skip(1).collect();
    if !groups.is_empty() && groups.iter().all(|group| group.len() == 3) {
        number.replace(',', "")
    } else {
        number.to_owned()
    }
}

fn push_word(word: &str, out: &mut Vec<Token>) {
    let lower = word.to_lowercase();
    if NEGATIONS.contains(&lower.as_str()) || lower.ends_with("n't") {
        out.push(Token::Not);
    } else if let Some((_, digits)) = NUMBER_WORDS.iter().find(|(name, _)| *name == lower) {
        out.push(Token::Number((*digits).to_owned()));
    } else if lower.contains(char::is_numeric) {
        out.push(Token::Number(lower));
    } else {
        out.extend(terms(&lower).into_iter().map(Token::Term));
    }
}

/// Pairs of characters, parted at what denies.
fn push_unspaced(run: &str, out: &mut Vec<Token>) {
    let mut piece: Vec<char> = Vec::new();
    let mut rest = run;
    while let Some(c) = rest.chars().next() {
        let ending = DENYING_ENDINGS.iter().find(|ending| rest.starts_with(**ending));
        let length = match ending {
            Some(ending) if !piece.is_empty() => {
                push_pairs(&mut piece, out);
                // What is denied stands before it, so it changes places.
                out.insert(out.len().saturating_sub(1), Token::Not);
                ending.len()
            }
            _ => {
                if DENYING.contains(&c) {
                    push_pairs(&mut piece, out);
                    out.push(Token::Not);
                } else {
                    piece.push(c);
                }
                c.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    push_pairs(&mut piece, out);
}

fn push_pairs(piece: &mut Vec<char>, out: &mut Vec<Token>) {
    if piece.len() == 1 {
        out.push(Token::Term(piece.iter().collect()));
    }
    out.extend(piece.windows(2).map(|pair| Token::Term(pair.iter().collect())));
    piece.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> String {
        let spell = |token: &Token| match token {
            Token::Term(word) => word.clone(),
            Token::Number(word) => format!("#{word}"),
            Token::Not => "!".to_owned(),
            Token::Break => "|".to_owned(),
        };
        tokens(text).iter().map(spell).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_and_negations_stand_out() {
        assert_eq!(spelled("It isn't 1,482 files, or 3.5"), "! #1482 file | #3.5 |");
        assert_eq!(spelled("never 10ms in the 1990s"), "! #10 m #1990 |");
        assert_eq!(spelled("Three utf8 dogs' bones"), "#3 #utf8 dog bone |");
        assert_eq!(spelled("at -5 not 1-2"), "#-5 ! #1 #2 |");
        assert_eq!(spelled("Nicht ohne 1,5 Liter (no.)"), "! ! #1,5 liter | ! | | |");
    }

    #[test]
    fn scripts_without_spaces_give_pairs() {
        assert_eq!(spelled("缓存不清空。"), "缓存 ! 清空 | |");
        assert_eq!(spelled("空にされない"), "空に にさ ! され |");
        assert_eq!(spelled("ない 3時"), "ない #3 時 |");
    }
}
