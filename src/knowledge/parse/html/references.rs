//! Character references such as `&amp;`, with the bytes they take.

use html5gum::{Token, Tokenizer};
use std::collections::HashMap;

/// The longest piece that is looked at. The longest name of a character has 32
/// bytes.
const LONGEST: usize = 40;

/// Decodes character references and remembers them, since pages use few of
/// them over and over.
#[derive(Debug, Default)]
pub(in crate::knowledge::parse) struct References {
    known: HashMap<String, (String, usize)>,
}

impl References {
    /// The characters that the start of `text`, an ampersand, stands for, and
    /// how many bytes of `text` they take. An ampersand that starts no
    /// reference stands for itself.
    pub(in crate::knowledge::parse) fn read<'s>(&'s mut self, text: &str) -> (&'s str, usize) {
        let name = text
            .bytes()
            .skip(1)
            .take(LONGEST)
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#')
            .count();
        let len = 1 + name + usize::from(text.as_bytes().get(1 + name) == Some(&b';'));
        let piece = text.get(..len).unwrap_or("&");
        if !self.known.contains_key(piece) {
            self.known.insert(piece.to_owned(), decode(piece));
        }
        self.known.get(piece).map_or(("&", 1), |(decoded, len)| (decoded, *len))
    }
}

/// Finds the start of `piece` that is a reference: the tokenizer decodes it and
/// leaves the rest as it is.
fn decode(piece: &str) -> (String, usize) {
    let whole = tokenized(piece);
    for len in 2..=piece.len() {
        if let Some((reference, rest)) = piece.split_at_checked(len)
            && let Some(decoded) = whole.strip_suffix(rest)
            && !decoded.is_empty()
            && decoded != reference
            && tokenized(reference) == decoded
        {
            return (decoded.to_owned(), len);
        }
    }
    ("&".to_owned(), 1)
}

fn tokenized(piece: &str) -> String {
    let mut out = String::new();
    for Ok(token) in Tokenizer::new(piece) {
        if let Token::String(string) = token {
            out.push_str(&String::from_utf8_lossy(&string));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, usize) {
        let mut references = References::default();
        let (decoded, len) = references.read(text);
        (decoded.to_owned(), len)
    }

    #[test]
    fn references_take_exactly_their_bytes() {
        assert_eq!(read("&amp; b"), ("&".to_owned(), 5));
        assert_eq!(read("&lt;p"), ("<".to_owned(), 4));
        assert_eq!(read("&eacute;&eacute;"), ("é".to_owned(), 8));
        assert_eq!(read("&#8212;x"), ("—".to_owned(), 7));
        assert_eq!(read("&#x1F980;"), ("🦀".to_owned(), 9));
        assert_eq!(read("&#65"), ("A".to_owned(), 4));
    }

    #[test]
    fn references_without_a_semicolon_end_where_they_must() {
        assert_eq!(read("&copy2020"), ("©".to_owned(), 5));
        assert_eq!(read("&notit;"), ("¬".to_owned(), 4));
        assert_eq!(read("&notin;"), ("∉".to_owned(), 7));
    }

    #[test]
    fn other_ampersands_stand_for_themselves() {
        assert_eq!(read("& b"), ("&".to_owned(), 1));
        assert_eq!(read("&nonsense;"), ("&".to_owned(), 1));
        assert_eq!(read("&"), ("&".to_owned(), 1));
        assert_eq!(read("&é"), ("&".to_owned(), 1));
    }
}
