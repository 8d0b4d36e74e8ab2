//! Following an answer of quote mode while it streams: every way to read the
//! text so far is kept, so that the rest is known as soon as one remains.

use super::QuoteGrammar;
use crate::config::QuoteUnit;

/// Follows an answer of quote mode as it streams.
#[derive(Clone, Debug)]
pub struct QuoteTracker<'a> {
    grammar: &'a QuoteGrammar,
    text: String,
    live: Vec<Place>,
}

/// One way to read the answer so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// The alternative it is in; `None` for the no-answer sentence.
    alternative: Option<usize>,
    /// Bytes of it that were read.
    read: usize,
    /// Quotes begun, this one included.
    quotes: usize,
    /// Whether a joint was begun behind it, so that another quote follows.
    joint: bool,
}

impl QuoteGrammar {
    /// Follows an answer of this grammar; `None` where quotes are runs of
    /// words, whose end only the model knows.
    #[must_use]
    pub fn tracker(&self) -> Option<QuoteTracker<'_>> {
        (self.form.unit == QuoteUnit::Sentence).then(|| QuoteTracker::new(self))
    }
}

impl<'a> QuoteTracker<'a> {
    fn new(grammar: &'a QuoteGrammar) -> Self {
        let mut tracker = Self { grammar, text: String::new(), live: Vec::new() };
        tracker.feed("");
        tracker
    }

    /// Reads the next piece of the answer. False where no alternative goes on
    /// like this, which a working grammar makes impossible.
    pub fn feed(&mut self, text: &str) -> bool {
        self.text.push_str(text);
        let mut live = Vec::new();
        self.read(&self.text, 0, 1, &mut live);
        let none = self.grammar.no_answer.as_deref();
        if none.is_some_and(|none| none.starts_with(&self.text)) {
            let read = self.text.len();
            live.push(Place { alternative: None, read, quotes: 1, joint: false });
        }
        self.live = live;
        !self.live.is_empty()
    }

    /// What remains of the answer, once that is certain.
    #[must_use]
    pub fn determined(&self) -> Option<&'a str> {
        match self.live.as_slice() {
            [place] if !place.joint && !self.may_go_on(*place) => self.rest(*place),
            _ => None,
        }
    }

    /// What remains of the first alternative that is still possible: a whole
    /// end for an answer that ran into its limit of tokens.
    #[must_use]
    pub fn completion(&self) -> Option<&'a str> {
        self.rest(*self.live.first()?)
    }

    fn rest(&self, place: Place) -> Option<&'a str> {
        let spelled = match place.alternative {
            Some(index) => self.grammar.alternatives.get(index)?.as_str(),
            None => self.grammar.no_answer.as_deref()?,
        };
        spelled.get(place.read..)
    }

    fn may_go_on(&self, place: Place) -> bool {
        place.quotes < self.grammar.form.max
            && place.alternative.is_some_and(|index| index + 1 < self.grammar.alternatives.len())
    }

    /// Every way to read `text` as quotes from the alternative `from` on, the
    /// first being the `quotes`-th of the answer.
    fn read(&self, text: &str, from: usize, quotes: usize, out: &mut Vec<Place>) {
        let join = self.grammar.form.join.as_str();
        for (index, spelled) in self.grammar.alternatives.iter().enumerate().skip(from) {
            let alternative = Some(index);
            if spelled.starts_with(text) {
                out.push(Place { alternative, read: text.len(), quotes, joint: false });
                continue;
            }
            let Some(behind) = text.strip_prefix(spelled.as_str()) else { continue };
            let place = Place { alternative, read: spelled.len(), quotes, joint: true };
            if !self.may_go_on(place) {
                continue;
            }
            if let Some(tail) = behind.strip_prefix(join) {
                self.read(tail, index + 1, quotes + 1, out);
            } else if join.starts_with(behind) {
                out.push(place);
            }
        }
    }
}
