//! The words of a sentence, each with the marks behind it.

use std::fmt::Write;

/// A word, or a whole piece of code in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Its letters.
    pub text: String,
    /// What stands behind it before the next white space: `,`, `.`, `:`.
    pub after: String,
}

impl Word {
    pub(super) fn lower(&self) -> String {
        self.text.to_lowercase()
    }

    /// Whether it is a piece of code or the name of a setting: in backticks,
    /// an option, or with an underscore or a dot within.
    pub(super) fn is_code(&self) -> bool {
        self.text.starts_with('`') || is_code(&self.text)
    }

    /// Whether it begins with a capital.
    pub(super) fn is_capital(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }

    /// Whether it is a number, in digits or in words.
    pub(super) fn is_number(&self) -> bool {
        const NAMES: &str = "two three four five six seven eight nine ten eleven twelve thirteen \
            fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty \
            seventy eighty ninety hundred thousand";
        let digits = self.text.chars().all(|c| c.is_ascii_digit() || c == ',' || c == '.');
        (digits && self.text.starts_with(|c: char| c.is_ascii_digit()))
            || NAMES.split_whitespace().any(|name| name == self.lower())
    }

    /// Whether it is a year.
    pub(super) fn is_year(&self) -> bool {
        let digits = self.text.len() == 4 && self.text.chars().all(|c| c.is_ascii_digit());
        digits && ("1000".."2100").contains(&self.text.as_str())
    }
}

/// The words of a text, without the marks of links and of bold type.
pub(super) fn words(text: &str) -> Vec<Word> {
    let text = plain(text);
    let mut out = Vec::new();
    let mut rest = text.as_str();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return out;
        }
        let end = match rest.strip_prefix('`').and_then(|inner| inner.find('`')) {
            Some(close) => {
                let code = close + 2;
                let behind = rest.get(code..).unwrap_or_default();
                code + behind.find(char::is_whitespace).unwrap_or(behind.len())
            }
            None => rest.find(char::is_whitespace).unwrap_or(rest.len()),
        };
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        let bare = piece.trim_end_matches([',', ';', ':', '.', '!', '?']);
        if bare.is_empty() {
            continue;
        }
        let after = piece.get(bare.len()..).unwrap_or_default().to_owned();
        out.push(Word { text: bare.to_owned(), after });
    }
}

/// Whether a text without backticks is written as code only.
pub(super) fn is_code(text: &str) -> bool {
    let spelled = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    let within = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let dotted = within.split('.').count() > 1
        && within
            .split('.')
            .all(|part| part.chars().count() > 1 && !part.starts_with(char::is_numeric));
    let option = text.starts_with("--") && within.len() > 1;
    text.chars().all(spelled) && (option || within.contains('_') || dotted)
}

/// A text without links and bold type.
fn plain(text: &str) -> String {
    let text = text.replace("**", "").replace("__", "");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(middle) = rest.find("](") {
        let open = rest.get(..middle).and_then(|before| before.rfind('['));
        let close = rest.get(middle..).and_then(|behind| behind.find(')'));
        let (Some(open), Some(close)) = (open, close) else { break };
        out.push_str(rest.get(..open).unwrap_or_default());
        out.push_str(rest.get(open + 1..middle).unwrap_or_default());
        rest = rest.get(middle + close + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Words as one text, with the marks between them and none at the end.
pub(super) fn join(words: &[Word]) -> String {
    let mut out = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        let last = index + 1 == words.len();
        let _ = write!(out, "{}{}", word.text, if last { "" } else { word.after.as_str() });
    }
    out
}

/// A phrase of the user's as the one who asks says it: "your notes" are mine.
pub(super) fn mine(words: &[Word]) -> Vec<Word> {
    let of = |word: &Word| {
        let text = match word.lower().as_str() {
            "your" => "my".to_owned(),
            "you" => "I".to_owned(),
            "yours" => "mine".to_owned(),
            "yourself" => "myself".to_owned(),
            _ => word.text.clone(),
        };
        Word { text, after: word.after.clone() }
    };
    words.iter().map(of).collect()
}

/// A question of this text: its first letter large, one mark at the end.
pub(super) fn ask(text: &str) -> String {
    let text = text.trim().trim_end_matches(['.', ',', ';', ':', '?', '!']).trim_end();
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}?", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_whole_and_links_lose_their_address() {
        let found = words("The command `lorag eval`, see [the **guide**](a/b.md), prints 1,000.5.");
        let texts: Vec<&str> = found.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(
            texts,
            ["The", "command", "`lorag eval`", "see", "the", "guide", "prints", "1,000.5"]
        );
        assert_eq!((found[2].after.as_str(), found[7].after.as_str()), (",", "."));
        assert!(found[2].is_code() && found[7].is_number());
        assert_eq!(join(&found[..4]), "The command `lorag eval`, see");
        assert_eq!(ask("what is it."), "What is it?");
        for (text, code) in [
            ("--json", true),
            ("search.limit", true),
            ("answered_answerable", true),
            ("config.toml", true),
            ("1.5", false),
            ("e.g", false),
            ("well-known", false),
            ("U.S", false),
        ] {
            assert_eq!(is_code(text), code, "{text}");
        }
    }
}
