//! CMaps: which codes a text string holds, and what they stand for. Read are
//! the maps to Unicode that fonts bring, and the maps to glyph numbers of fonts
//! with many glyphs.

use std::collections::HashMap;

/// Most entries that are kept of a map.
const MOST: usize = 1 << 17;

/// A map of codes.
#[derive(Debug, Default)]
pub(super) struct CMap {
    /// Lengths of codes in bytes with their first and last one.
    spaces: Vec<(usize, u32, u32)>,
    /// Codes of one by one.
    chars: HashMap<u32, String>,
    /// Ranges of codes and the text of their first; its last character counts
    /// up.
    ranges: Vec<(u32, u32, String)>,
    /// Ranges of codes and the number of their first glyph.
    numbers: Vec<(u32, u32, u32)>,
}

/// What a CMap is written in.
#[derive(Debug, PartialEq)]
enum Token<'a> {
    Hex(Vec<u8>),
    Number(u32),
    Open,
    Close,
    Word(&'a str),
}

impl CMap {
    /// Reads a map as far as it can be read.
    pub(super) fn read(data: &[u8]) -> Self {
        let text = String::from_utf8_lossy(data);
        let mut out = Self::default();
        let mut section = "";
        let mut pending: Vec<Token<'_>> = Vec::new();
        let mut list: Option<Vec<Token<'_>>> = None;
        for token in tokens(&text) {
            match token {
                Token::Word(word) => {
                    section = match word {
                        "begincodespacerange" => "space",
                        "beginbfchar" => "bfchar",
                        "beginbfrange" => "bfrange",
                        "begincidrange" => "cidrange",
                        "begincidchar" => "cidchar",
                        _ => "",
                    };
                    pending.clear();
                    list = None;
                    continue;
                }
                Token::Open => {
                    list = Some(Vec::new());
                    continue;
                }
                Token::Close => {
                    if let (Some(items), [Token::Hex(from), _]) = (list.take(), pending.as_slice())
                    {
                        out.list(code(from), items);
                    }
                    pending.clear();
                    continue;
                }
                token => match &mut list {
                    Some(items) => {
                        items.push(token);
                        continue;
                    }
                    None => pending.push(token),
                },
            }
            if out.take(section, &pending) {
                pending.clear();
            }
        }
        out
    }

    /// Takes an entry; `false` where it isn't whole yet.
    fn take(&mut self, section: &str, entry: &[Token<'_>]) -> bool {
        if self.chars.len() + self.ranges.len() + self.numbers.len() > MOST {
            return true;
        }
        match (section, entry) {
            ("space", [Token::Hex(from), Token::Hex(to)]) => {
                if self.spaces.len() < 64 && (1..=4).contains(&from.len()) {
                    self.spaces.push((from.len(), code(from), code(to)));
                }
            }
            ("bfchar", [Token::Hex(from), Token::Hex(to)]) => {
                self.chars.insert(code(from), utf16(to));
            }
            ("bfrange", [Token::Hex(from), Token::Hex(to), Token::Hex(text)]) => {
                self.ranges.push((code(from), code(to), utf16(text)));
            }
            ("cidrange", [Token::Hex(from), Token::Hex(to), Token::Number(first)]) => {
                self.numbers.push((code(from), code(to), *first));
            }
            ("cidchar", [Token::Hex(from), Token::Number(number)]) => {
                self.numbers.push((code(from), code(from), *number));
            }
            ("", _) => {}
            _ => return entry.len() >= 3,
        }
        true
    }

    /// Takes a range whose texts are listed.
    fn list(&mut self, from: u32, items: Vec<Token<'_>>) {
        for (code, item) in (from..).zip(items) {
            if let Token::Hex(text) = item
                && self.chars.len() < MOST
            {
                self.chars.insert(code, utf16(&text));
            }
        }
    }

    /// Puts the ranges in order, so that they can be searched.
    pub(super) fn sorted(mut self) -> Self {
        self.ranges.sort_by_key(|(from, ..)| *from);
        self.numbers.sort_by_key(|(from, ..)| *from);
        self
    }

    /// What a code stands for.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.chars.get(&code) {
            return Some(text.clone());
        }
        let behind = self.ranges.partition_point(|(from, ..)| *from <= code);
        let (from, _, text) =
            self.ranges.get(behind.checked_sub(1)?).filter(|(_, to, _)| code <= *to)?;
        let last = text.chars().next_back()?;
        let head = text.get(..text.len() - last.len_utf8())?;
        let counted = u32::from(last).checked_add(code - from).and_then(char::from_u32)?;
        Some(format!("{head}{counted}"))
    }

    /// The number of a code's glyph.
    pub(super) fn number(&self, code: u32) -> Option<u32> {
        let behind = self.numbers.partition_point(|(from, ..)| *from <= code);
        let (from, _, first) =
            self.numbers.get(behind.checked_sub(1)?).filter(|(_, to, _)| code <= *to)?;
        first.checked_add(code - from)
    }

    /// Whether it says what codes stand for.
    pub(super) fn has_texts(&self) -> bool {
        !self.chars.is_empty() || !self.ranges.is_empty()
    }

    /// The length of the code that `bytes` begin with, by its codespaces;
    /// `None` where it has none for them.
    pub(super) fn length(&self, bytes: &[u8]) -> Option<usize> {
        (1..=4.min(bytes.len())).find(|length| {
            let code = code(bytes.get(..*length).unwrap_or_default());
            self.spaces.iter().any(|(len, from, to)| len == length && (*from..=*to).contains(&code))
        })
    }
}

/// A code of its bytes.
pub(super) fn code(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |code, byte| code << 8 | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    if let [byte] = bytes {
        return char::from(*byte).to_string();
    }
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
    let text = char::decode_utf16(units.take(64)).map(|unit| unit.unwrap_or('\u{FFFD}'));
    text.filter(|c| *c != '\0').collect()
}

/// The tokens that matter: comments, strings and names are left out.
fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.trim_start();
            let first = rest.chars().next()?;
            let end = match first {
                '%' => cut_at(rest, |c| c == '\n' || c == '\r'),
                '<' if rest.starts_with("<<") => 2,
                '<' => rest.find('>').map_or(rest.len(), |at| at + 1),
                '(' => rest.find(')').map_or(rest.len(), |at| at + 1),
                '>' | '[' | ']' | ')' => 1,
                _ => {
                    let behind = rest.get(first.len_utf8()..).unwrap_or_default();
                    first.len_utf8()
                        + cut_at(behind, |c| c.is_whitespace() || "<>[]()/%".contains(c))
                }
            };
            let (token, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            rest = behind;
            match first {
                '<' if token != "<<" => return Some(Token::Hex(hex(token))),
                '[' => return Some(Token::Open),
                ']' => return Some(Token::Close),
                '0'..='9' => {
                    if let Ok(number) = token.parse() {
                        return Some(Token::Number(number));
                    }
                }
                'a'..='z' | 'A'..='Z' => return Some(Token::Word(token)),
                _ => {}
            }
        }
    })
}

fn cut_at(text: &str, end: impl Fn(char) -> bool) -> usize {
    text.find(end).unwrap_or(text.len())
}

fn hex(text: &str) -> Vec<u8> {
    let mut digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).filter_map(|d| u8::try_from(d).ok()).collect();
    if digits.len() % 2 == 1 {
        digits.push(0);
    }
    digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_to_unicode_is_read() {
        let map = CMap::read(
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap % a comment\n\
              1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
              2 beginbfchar <0003> <0020> <0010> <D83DDE00> endbfchar\n\
              2 beginbfrange <0024> <0026> <0041>\n<0030> <0031> [<00660069> <0062>] endbfrange\n\
              endcmap",
        )
        .sorted();
        let text = |code| map.text(code).unwrap_or_default();
        assert_eq!(
            [text(3), text(0x10), text(0x25), text(0x30), text(0x31)],
            [" ", "😀", "B", "fi", "b"]
        );
        assert_eq!(map.text(0x27), None);
        assert_eq!(map.length(&[0, 3, 0]), Some(2));
        assert!(map.has_texts());
    }

    #[test]
    fn a_map_to_glyphs_is_read_and_a_broken_one_is_no_trouble() {
        let map = CMap::read(
            b"2 begincodespacerange <00> <80> <8140> <9FFC> endcodespacerange\n\
              1 begincidrange <20> <7e> 231 endcidrange 1 begincidchar <8140> 633 endcidchar",
        )
        .sorted();
        assert_eq!((map.number(0x21), map.number(0x8140)), (Some(232), Some(633)));
        assert_eq!((map.length(b"a"), map.length(&[0x81, 0x40])), (Some(1), Some(2)));
        for broken in ["beginbfrange <", "beginbfrange <00> <ff> [", "%", "<<<", "beginbfchar ] ["]
        {
            assert!(!CMap::read(broken.as_bytes()).has_texts());
        }
    }
}
