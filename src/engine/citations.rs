//! Citations, parsed while the answer streams.
//!
//! A mark is `[3]`, and models also write `[1, 2]`, `[Source 3]`, `[^3]` or
//! `【3】`. A number that names a source passes on in the plain form `[3]`;
//! one that names none is taken out of the text and reported. Brackets inside
//! code (`` `a[3]` ``) are code. Text that might still become a mark is held
//! back until it is decided, so nothing that was shown is taken back.

/// What comes out of the parser, in the order of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text to show.
    Text(String),
    /// A citation of the source with this number; to be shown as `[n]`.
    Cite(usize),
    /// A number that names no source, taken out.
    Dropped(usize),
}

const OPEN: [char; 2] = ['[', '【'];
const CLOSE: [char; 2] = [']', '】'];

/// Longest mark that is waited for, in bytes: a list of a dozen numbers.
const LONGEST_MARK: usize = 64;

/// The streaming parser of one answer.
#[derive(Debug)]
pub struct CitationParser {
    sources: Vec<usize>,
    held: String,
    code: Code,
    minds_code: bool,
}

/// Where the parser stands with regard to backticks.
#[derive(Debug, Default)]
struct Code {
    /// Backticks that opened the code we are in; 0 outside.
    open: usize,
    /// Backticks in a row just seen.
    run: usize,
}

impl Code {
    fn feed(&mut self, c: char) {
        if c == '`' {
            self.run += 1;
            return;
        }
        if self.run > 0 {
            if self.open == 0 {
                self.open = self.run;
            } else if self.run == self.open {
                self.open = 0;
            }
            self.run = 0;
        }
        // An inline span that was never closed ends with its line, so that one
        // stray backtick doesn't hide every later citation.
        if c == '\n' && self.open < 3 {
            self.open = 0;
        }
    }

    fn inside(&self) -> bool {
        // A run just seen toggles as soon as something else follows.
        match (self.open, self.run) {
            (0, run) => run > 0,
            (open, run) => run != open,
        }
    }
}

impl CitationParser {
    /// A parser for an answer to these source numbers.
    #[must_use]
    pub fn new(sources: impl IntoIterator<Item = usize>) -> Self {
        Self {
            sources: sources.into_iter().collect(),
            held: String::new(),
            code: Code::default(),
            minds_code: true,
        }
    }

    /// The same parser for answers made of quotes: a backtick in a sentence of
    /// a source must not hide the citation behind it.
    #[must_use]
    pub fn of_quotes(self) -> Self {
        Self { minds_code: false, ..self }
    }

    /// Takes the next piece of the answer and returns what is decided.
    pub fn feed(&mut self, text: &str) -> Vec<Piece> {
        let mut out = Vec::new();
        for c in text.chars() {
            self.take(c, &mut out);
        }
        out
    }

    /// The answer is over: returns what was held back.
    pub fn finish(&mut self) -> Vec<Piece> {
        let mut out = Vec::new();
        let held = std::mem::take(&mut self.held);
        show(&held, &mut out);
        out
    }

    fn take(&mut self, c: char, out: &mut Vec<Piece>) {
        if self.held.is_empty() {
            self.code.feed(c);
            let in_code = self.minds_code && self.code.inside();
            if OPEN.contains(&c) && !in_code {
                self.held.push(c);
            } else {
                show(c.encode_utf8(&mut [0; 4]), out);
            }
            return;
        }
        self.held.push(c);
        match c {
            ']' | '】' => match numbers(&self.held) {
                Some(list) => {
                    self.held.clear();
                    for number in list {
                        if self.sources.contains(&number) {
                            out.push(Piece::Cite(number));
                        } else {
                            drop_space(out);
                            out.push(Piece::Dropped(number));
                        }
                    }
                }
                None => self.release(out),
            },
            _ if self.held.len() > LONGEST_MARK || !may_continue(&self.held) => self.release(out),
            _ => {}
        }
    }

    /// The held text is no mark: shows its first character and reads the rest
    /// again, since a mark may begin within it.
    fn release(&mut self, out: &mut Vec<Piece>) {
        let held = std::mem::take(&mut self.held);
        let mut rest = held.chars();
        if let Some(first) = rest.next() {
            show(first.encode_utf8(&mut [0; 4]), out);
        }
        for c in rest {
            self.take(c, out);
        }
    }
}

fn show(text: &str, out: &mut Vec<Piece>) {
    if text.is_empty() {
        return;
    }
    if let Some(Piece::Text(last)) = out.last_mut() {
        last.push_str(text);
    } else {
        out.push(Piece::Text(text.to_owned()));
    }
}

/// A dropped mark takes the space before it along, if that is still at hand.
fn drop_space(out: &mut Vec<Piece>) {
    if let Some(Piece::Text(last)) = out.last_mut()
        && last.ends_with(' ')
    {
        last.pop();
        if last.is_empty() {
            out.pop();
        }
    }
}

/// Whether text that begins with a bracket may still become a mark.
fn may_continue(held: &str) -> bool {
    let inner = held.trim_start_matches(['[', '【']);
    let lower = inner.to_ascii_lowercase();
    let tail = lower.trim_start_matches('^');
    let after_word = ["sources", "source"]
        .iter()
        .find_map(|word| tail.strip_prefix(word).or_else(|| word.starts_with(tail).then_some("")))
        .unwrap_or(tail);
    held.chars().filter(|c| matches!(c, '[' | '【')).count() == 1
        && after_word
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ' ' | ',' | ';' | '^' | '-' | '–'))
}

/// The numbers of a whole mark, or `None` where it is none.
fn numbers(mark: &str) -> Option<Vec<usize>> {
    let inner = mark.strip_prefix(['[', '【'])?.strip_suffix([']', '】'])?;
    let lower = inner.to_ascii_lowercase();
    let list = lower.trim_start_matches("sources").trim_start_matches("source");
    let mut out = Vec::new();
    for part in list.split([',', ';']) {
        let part = part.trim().trim_start_matches('^');
        if let Some((from, to)) = part.split_once(['-', '–']) {
            let (from, to): (usize, usize) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
            if to < from || to - from > 20 {
                return None;
            }
            out.extend(from..=to);
        } else {
            out.push(part.parse().ok()?);
        }
    }
    Some(out)
}

/// Makes citation-like marks inside a source harmless: `[3]` becomes `(3)`,
/// which has the same length, so that places in the text stay as they are.
/// A model that meets `[3]` in a source is prone to copy it.
#[must_use]
pub fn neutralise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let open = tail.chars().next().map_or(1, char::len_utf8);
        let mark = tail
            .find(CLOSE)
            .filter(|end| *end < LONGEST_MARK)
            .map(|end| (end, tail[end..].chars().next().map_or(1, char::len_utf8)))
            .filter(|(end, close)| numbers(&tail[..end + close]).is_some());
        match mark {
            Some((end, close)) => {
                out.push_str(if open == 1 { "(" } else { "（" });
                out.push_str(&tail[open..end]);
                out.push_str(if close == 1 { ")" } else { "）" });
                rest = &tail[end + close..];
            }
            None => {
                out.push_str(&tail[..open]);
                rest = &tail[open..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(sources: usize, pieces: &[&str]) -> (String, Vec<usize>) {
        let mut parser = CitationParser::new(1..=sources);
        let mut all: Vec<Piece> = pieces.iter().flat_map(|p| parser.feed(p)).collect();
        all.extend(parser.finish());
        let mut text = String::new();
        let mut dropped = Vec::new();
        for piece in all {
            match piece {
                Piece::Text(t) => text.push_str(&t),
                Piece::Cite(n) => text.push_str(&format!("[{n}]")),
                Piece::Dropped(n) => dropped.push(n),
            }
        }
        (text, dropped)
    }

    #[test]
    fn marks_in_pieces_are_one_mark() {
        assert_eq!(parse(3, &["It is so [", "2", "]."]), ("It is so [2].".into(), vec![]));
    }

    #[test]
    fn invented_numbers_are_dropped_and_reported() {
        assert_eq!(parse(2, &["So [7], and [1]."]), ("So, and [1].".into(), vec![7]));
        assert_eq!(parse(2, &["Both [1, 9]"]), ("Both [1]".into(), vec![9]));
        assert_eq!(parse(0, &["None [1]"]), ("None".into(), vec![1]));
    }

    #[test]
    fn other_spellings_become_plain_marks() {
        assert_eq!(
            parse(3, &["a [Source 2] b 【3】 c [^1] d [1-3]"]).0,
            "a [2] b [3] c [1] d [1][2][3]"
        );
    }

    #[test]
    fn code_and_links_are_left_alone() {
        let text = "Take `a[9]` or\n```\nb[8]\n```\nand [a link](x) [ ] [[1]]";
        let (shown, dropped) = parse(1, &[text]);
        assert_eq!((shown.as_str(), dropped.len()), (text, 0));
        assert_eq!(parse(1, &["a stray ` tick\nand [1] [5]"]).1, [5]);
    }

    #[test]
    fn a_backtick_in_a_quote_hides_no_citation() {
        let mut parser = CitationParser::new([1]).of_quotes();
        let pieces = parser.feed("Press the ` key. [1]");
        assert_eq!(pieces.last(), Some(&Piece::Cite(1)));
    }

    #[test]
    fn sources_lose_their_marks_but_keep_their_length() {
        let text = "As shown [12], and [1, 2]; not [this] or [";
        assert_eq!(neutralise(text), "As shown (12), and (1, 2); not [this] or [");
        assert_eq!(neutralise("The 【7】 key, [8】 too"), "The （7） key, (8） too");
    }

    proptest! {
        #[test]
        fn the_cut_of_the_stream_changes_nothing(text in "[a\\[\\]0-9 ,`【】\n]{0,40}", cut in 0usize..40) {
            let at = text.char_indices().map(|(i, _)| i).nth(cut).unwrap_or(text.len());
            let whole = parse(5, &[&text]);
            let (mut a, mut b) = (whole.0.clone(), parse(5, &[&text[..at], &text[at..]]).0);
            // The space before a dropped mark may already be on the screen.
            a.retain(|c| c != ' ');
            b.retain(|c| c != ' ');
            prop_assert_eq!(a, b);
        }

        #[test]
        fn neutralising_keeps_the_length_and_leaves_no_mark(text in "[a\\[\\]0-9 ,]{0,40}") {
            let out = neutralise(&text);
            prop_assert_eq!(out.len(), text.len());
            prop_assert!(parse(0, &[&out]).1.is_empty());
        }
    }
}
