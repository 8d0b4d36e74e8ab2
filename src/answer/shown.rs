//! The answer so far: what the engine says becomes text, marks and checked
//! citations, told to the listener piece by piece.

use super::aside::aside;
use super::claim::Claims;
use super::verify::is_unspaced;
use super::{AskEvent, support};
use crate::domain::{ByteRange, Citation, DroppedCitation, Source};
use crate::engine::citations::{CitationParser, Piece};
use crate::engine::grammar::QuoteGrammar;
use crate::knowledge::embed::Embedder;

/// Who listens to an answer.
pub(super) type Listener<'b> = dyn FnMut(AskEvent<'_>) + Send + 'b;

/// What the citations of an answer are checked with.
#[derive(Clone, Copy)]
pub(super) struct Grounds<'a> {
    /// Every source of the prompt.
    pub sources: &'a [Source],
    /// The grammar, in quote mode.
    pub grammar: Option<&'a QuoteGrammar>,
    /// Whether quote mode takes whole sentences.
    pub whole: bool,
    /// Whether the mark of a quote stands behind it.
    pub mark_last: bool,
    /// What similarity is measured with.
    pub embedder: Option<&'a dyn Embedder>,
}

/// The text so far, and its citations.
pub(super) struct Shown<'a, 'b> {
    /// The text.
    pub text: String,
    /// Checked citations, in the order of the text.
    pub citations: Vec<Citation>,
    /// Numbers that named no source.
    pub dropped: Vec<DroppedCitation>,
    grounds: Grounds<'a>,
    parser: CitationParser,
    claims: Claims,
    marks: Vec<(usize, ByteRange)>,
    /// Marks whose citation was told, or has no source.
    settled: usize,
    /// Whether what comes next may need a space before it.
    joint: bool,
    /// Where the text ends, although more of it was told.
    cut: Option<usize>,
    on_event: &'a mut Listener<'b>,
}

impl<'a, 'b> Shown<'a, 'b> {
    /// Nothing yet. For an answer to be continued, `beginning` is what there is
    /// of it: it is taken over without telling its text again, and its
    /// citations are told first.
    pub(super) fn new(
        grounds: Grounds<'a>,
        beginning: Option<&str>,
        on_event: &'a mut Listener<'b>,
    ) -> Self {
        let beginning = beginning.unwrap_or_default();
        let used = grounds.sources.iter().filter(|s| s.used()).map(|s| s.number);
        // What the beginning cites may have no room in the prompt any more.
        let mut numbers: Vec<usize> = used.collect();
        let mut every = CitationParser::new(grounds.sources.iter().map(|s| s.number));
        numbers.extend(every.feed(beginning).iter().filter_map(|piece| match piece {
            Piece::Cite(number) => Some(*number),
            Piece::Text(_) | Piece::Dropped(_) => None,
        }));
        let parser = CitationParser::new(numbers);
        let mut shown = Self {
            text: String::new(),
            citations: Vec::new(),
            dropped: Vec::new(),
            grounds,
            parser: if grounds.grammar.is_some() { parser.of_quotes() } else { parser },
            claims: Claims::default(),
            marks: Vec::new(),
            settled: 0,
            joint: !beginning.is_empty(),
            cut: None,
            on_event,
        };
        let mut pieces = shown.parser.feed(beginning);
        // What might have become a mark was shown as text.
        pieces.extend(shown.parser.finish());
        shown.take(pieces, false);
        shown.settle(false);
        shown
    }

    /// Takes the next piece of the answer.
    pub(super) fn text(&mut self, text: &str) {
        if self.joint && !text.is_empty() {
            self.joint = false;
            if needs_space(&self.text, text) {
                self.feed(" ");
            }
        }
        self.feed(text);
    }

    /// The answer is over.
    pub(super) fn finish(&mut self) {
        let pieces = self.parser.finish();
        self.take(pieces, true);
        self.settle(true);
        if let Some(end) = self.cut {
            self.text.truncate(end);
            self.citations.retain(|citation| citation.mark.end <= end);
            self.dropped.retain(|dropped| dropped.at <= end);
        }
    }

    /// Leaves out what comes behind the first `keep` characters after the byte
    /// `from`.
    pub(super) fn cut(&mut self, from: usize, keep: usize) {
        let new = self.text.get(from..).unwrap_or_default();
        let end = new.char_indices().nth(keep).map_or(new.len(), |(at, _)| at);
        let end = from + new[..end].trim_end().len();
        self.cut = Some(end);
    }

    /// Passes an event on.
    pub(super) fn tell(&mut self, event: AskEvent<'_>) {
        (self.on_event)(event);
    }

    fn feed(&mut self, text: &str) {
        let pieces = self.parser.feed(text);
        self.take(pieces, true);
        self.settle(false);
    }

    fn take(&mut self, pieces: Vec<Piece>, tell: bool) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    self.text.push_str(&text);
                    self.claims.text(&text);
                    if tell {
                        self.tell(AskEvent::Text(&text));
                    }
                }
                Piece::Cite(number) => {
                    let start = self.text.len();
                    self.text.push_str(&format!("[{number}]"));
                    let mark = ByteRange::new(start, self.text.len());
                    self.marks.push((number, mark));
                    self.claims.mark();
                    if tell {
                        self.tell(AskEvent::Cite { number, mark });
                    }
                }
                Piece::Dropped(number) => {
                    self.dropped.push(DroppedCitation { number, at: self.text.len() });
                    if tell {
                        self.tell(AskEvent::Dropped(number));
                    }
                }
            }
        }
    }

    /// Checks and tells the citations whose sentences are complete.
    fn settle(&mut self, over: bool) {
        if self.settled == self.marks.len() {
            return;
        }
        let Grounds { sources, grammar, whole, mark_last, embedder } = self.grounds;
        let quoted = grammar.map(|grammar| grammar.quoted(&self.text)).unwrap_or_default();
        let by_claim = over || grammar.is_none() || !whole;
        let claims = self.claims.complete(self.settled, over);
        let mut claims = claims.iter();
        let mut fresh = Vec::new();
        for (index, &(number, mark)) in self.marks.iter().enumerate().skip(self.settled) {
            let source = sources.iter().find(|source| source.number == number);
            let quote = quoted.get(index).filter(|quote| quote.number == number);
            let sentence = source.zip(quote).and_then(|(s, q)| s.sentences.get(q.sentence));
            // A quote behind its mark may still turn out to be a longer one.
            let certain = mark_last || over || index + 1 < self.marks.len();
            let citation = match (source, sentence, claims.next()) {
                (None, _, _) => None,
                (Some(source), Some(sentence), _) if certain => {
                    Some(support::quotation(source, sentence, mark))
                }
                (Some(source), None, Some(claim)) if by_claim => {
                    Some(aside(|| support::citation(claim, source, mark, embedder)))
                }
                _ => break,
            };
            fresh.push(citation);
        }
        self.settled += fresh.len();
        for citation in fresh.into_iter().flatten() {
            self.tell(AskEvent::Citation(&citation));
            self.citations.push(citation);
        }
    }
}

/// Whether a space is missing between an answer that was cut and what continues
/// it. A word that was cut in two can't be told from two words, which are
/// likelier.
fn needs_space(before: &str, behind: &str) -> bool {
    let (Some(last), Some(first)) = (before.chars().next_back(), behind.chars().next()) else {
        return false;
    };
    let opens = |c: char| matches!(c, '(' | '[' | '{' | '“' | '‘' | '「' | '*' | '_' | '`' | '"');
    let ends = !last.is_whitespace() && !opens(last) && !matches!(last, '-' | '/');
    let begins = first.is_alphanumeric() || opens(first);
    ends && begins && !is_unspaced(last) && !is_unspaced(first)
}

#[cfg(test)]
mod tests {
    use super::needs_space;

    #[test]
    fn a_space_goes_between_words_only() {
        for (before, behind, wanted) in [
            ("the cache is", "emptied", true),
            ("the cache is ", "emptied", false),
            ("the cache is", " emptied", false),
            ("the cache is emptied", ".", false),
            ("It is so.", "**Bold**", true),
            ("It is **", "bold**", false),
            ("缓存在", "午夜", false),
            ("", "It", false),
        ] {
            assert_eq!(needs_space(before, behind), wanted, "{before:?} {behind:?}");
        }
    }
}
