//! Which sentence of the answer each citation mark belongs to, while the
//! answer streams.
//!
//! Sentences are told apart in the answer without its marks and without `**`,
//! which would hide where a sentence begins. A mark belongs to the sentence it
//! stands in or behind, before or behind the full stop; at the beginning of a
//! line it belongs to the sentence that follows. Where a sentence has marks in
//! several places, each stands for the words up to it, and the last one for the
//! rest as well, so that no part of a cited sentence goes unchecked.

use crate::knowledge::sentences::sentences;
use crate::knowledge::terms::terms;
use std::ops::Range;

/// Fewest terms that can be a claim of their own.
const FEWEST_TERMS: usize = 2;

/// The answer so far without its citation marks.
#[derive(Debug, Default)]
pub(super) struct Claims {
    text: String,
    /// Where the marks were, in order.
    marks: Vec<usize>,
}

impl Claims {
    /// Adds text of the answer.
    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A citation mark stands here.
    pub(super) fn mark(&mut self) {
        self.marks.push(self.text.len());
    }

    /// The claims of the marks from the `from`th on (counted from 0), in order,
    /// up to the first one whose sentence isn't complete. A sentence is complete
    /// where the next one has begun, at a blank line, and where the answer is
    /// `over`.
    #[must_use]
    pub(super) fn complete(&self, from: usize, over: bool) -> Vec<String> {
        if from >= self.marks.len() {
            return Vec::new();
        }
        let (text, marks) = without_bold(&self.text, &self.marks);
        let ranges = sentences(&text);
        let owners: Vec<Option<usize>> =
            marks.iter().map(|mark| owner(&text, &ranges, *mark, over)).collect();
        let mut out = Vec::new();
        for (mark, owner) in marks.iter().zip(&owners).skip(from) {
            let Some(range) = owner.and_then(|owner| ranges.get(owner)) else {
                if !over {
                    break;
                }
                out.push(String::new());
                continue;
            };
            let behind = text.get(range.end..).unwrap_or_default();
            let next = owner.and_then(|owner| ranges.get(owner + 1));
            if !(over || next.is_some_and(|next| next.start >= *mark) || has_blank_line(behind)) {
                break;
            }
            let mates = marks.iter().zip(&owners).filter(|(_, other)| *other == owner);
            let places: Vec<usize> = mates.map(|(mark, _)| *mark).collect();
            out.push(claim(&text, range, &places, *mark));
        }
        out
    }
}

/// The sentence that a mark belongs to, once that is certain.
fn owner(text: &str, ranges: &[Range<usize>], mark: usize, over: bool) -> Option<usize> {
    let last = ranges.iter().rposition(|range| range.start < mark);
    if last.and_then(|last| ranges.get(last)).is_some_and(|range| mark <= range.end) {
        return last;
    }
    let before = text.get(..mark).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if line.contains(char::is_alphabetic) {
        return last;
    }
    // At the beginning of a line: the sentence behind it, if there is one.
    let behind = text.get(mark..).unwrap_or_default();
    let line_end = behind.find('\n').map(|at| mark + at);
    let following = ranges.iter().position(|range| range.start >= mark);
    let same_line = following
        .and_then(|at| ranges.get(at))
        .is_some_and(|range| line_end.is_none_or(|end| range.start < end));
    match (same_line, line_end.is_some() || over) {
        (true, _) => following,
        (false, true) => last.or(following),
        (false, false) => None,
    }
}

/// What the mark at `mark` claims of its sentence, whose marks stand at
/// `places`, in order.
fn claim(text: &str, sentence: &Range<usize>, places: &[usize], mark: usize) -> String {
    let whole = text.get(sentence.clone()).unwrap_or_default();
    // Marks with nothing but spaces and punctuation between are one.
    let mut ends: Vec<usize> = Vec::new();
    for place in places {
        let place = (*place).clamp(sentence.start, sentence.end);
        let from = ends.last().copied().unwrap_or(sentence.start);
        let between = text.get(from..place).unwrap_or_default();
        match ends.last_mut() {
            Some(last) if !between.contains(char::is_alphanumeric) => *last = place,
            _ => ends.push(place),
        }
    }
    if let Some(last) = ends.last_mut() {
        *last = sentence.end;
    }
    let mut start = sentence.start;
    let mut own = whole;
    for end in ends {
        let part = text.get(start..end).unwrap_or_default();
        if terms(part).len() < FEWEST_TERMS {
            return whole.to_owned();
        }
        // The mark's own is the last part that begins before it.
        if start == sentence.start || start < mark {
            own = part;
        }
        start = end;
    }
    own.trim().to_owned()
}

/// Whether a whole line of the text, which begins within a line, is blank.
fn has_blank_line(text: &str) -> bool {
    let mut lines = text.split('\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        // The last line may go on.
        if lines.peek().is_some() && line.trim().is_empty() {
            return true;
        }
    }
    false
}

/// A text without the marks of bold type, and where the places of it are then.
fn without_bold(text: &str, places: &[usize]) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(text.len());
    let mut moved = Vec::with_capacity(places.len());
    let mut left = places.iter().copied().peekable();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        while left.next_if(|place| *place <= at).is_some() {
            moved.push(out.len());
        }
        let behind = rest.strip_prefix("**");
        let within_word = out.ends_with(char::is_alphanumeric)
            && behind.is_some_and(|behind| behind.starts_with(char::is_alphanumeric));
        match behind {
            // A line of asterisks is a rule.
            Some(behind) if !within_word && !behind.starts_with('*') => rest = behind,
            _ => {
                out.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    moved.extend(left.map(|_| out.len()));
    (out, moved)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::citations::{CitationParser, Piece};

    const RICH: &str = "# Fruit\n\n**Apples** are red. [1] Pears are green [2], they say. 3 plums \
        [1][2] are blue.\n\n- Figs grow [1]\n- [2] Dates are sweet.\n\n| Nuts [1] | hard |\n\
        |---|---|\n| Seeds | small [2] |\n\n```\ncode\n```\nIt ends [1].";

    fn add(claims: &mut Claims, parser: &mut CitationParser, text: &str) {
        for piece in parser.feed(text) {
            match piece {
                Piece::Text(text) => claims.text(&text),
                Piece::Cite(_) => claims.mark(),
                Piece::Dropped(_) => {}
            }
        }
    }

    fn all(text: &str) -> Vec<String> {
        let mut claims = Claims::default();
        add(&mut claims, &mut CitationParser::new(1..=9), text);
        claims.complete(0, true)
    }

    #[test]
    fn a_mark_belongs_to_its_sentence_before_and_behind_the_full_stop() {
        assert_eq!(
            all("Apples are red [1]. Pears are green. [2] Plums are blue."),
            ["Apples are red .", "Pears are green."]
        );
        assert_eq!(all("Apples are red. [1][2]"), ["Apples are red."; 2]);
        assert_eq!(all("苹果是红色的。[1]梨是绿色的[2]。"), ["苹果是红色的。", "梨是绿色的。"]);
        assert_eq!(all("**Apples** rot. [1] **Pears** rot. [2]"), ["Apples rot.", "Pears rot."]);
    }

    #[test]
    fn a_mark_at_the_beginning_of_a_line_belongs_to_what_follows() {
        assert_eq!(all("- Figs [1]\n- [2] Dates\n1. [3] Nuts\n"), ["Figs", "Dates", "Nuts"]);
        assert_eq!(all("[1] Apples are red.\nSo."), ["Apples are red."]);
        assert_eq!(all("Apples are red.\n\n[1]\n\nSo it is."), ["Apples are red."]);
        assert_eq!(all("| [1] | Apples |\n| Pears | [2] |"), ["|  | Apples |", "| Pears |  |"]);
        assert_eq!(all("[1]"), [""]);
    }

    #[test]
    fn marks_in_several_places_part_a_sentence() {
        assert_eq!(
            all("Apples are red [1], and pears are green [2] [3]."),
            ["Apples are red", ", and pears are green  .", ", and pears are green  ."]
        );
        let whole = "As  has it, apples are red .";
        assert_eq!(all("As [1] has it, apples are red [2]."), [whole; 2]);
    }

    #[test]
    fn a_claim_comes_when_its_sentence_is_complete() {
        let (mut claims, mut parser) = (Claims::default(), CitationParser::new([1, 2]));
        let mut after = |text: &str| {
            add(&mut claims, &mut parser, text);
            claims.complete(0, false).len()
        };
        let steps = ["Apples are red. [1]", " ", "P", "ears are green [2].", "\n", "\n"];
        assert_eq!(steps.map(&mut after), [0, 0, 1, 1, 1, 2]);
    }

    #[test]
    fn the_stream_gives_the_same_claims_as_the_whole() {
        let (mut claims, mut parser) = (Claims::default(), CitationParser::new(1..=9));
        let mut found: Vec<String> = Vec::new();
        for c in RICH.chars() {
            add(&mut claims, &mut parser, &c.to_string());
            found.extend(claims.complete(found.len(), false));
        }
        assert_eq!(found.len(), 8);
        found.extend(claims.complete(found.len(), true));
        assert_eq!(found, all(RICH));
        let plums = "3 plums  are blue.";
        assert_eq!(found[1..5], ["Pears are green , they say.", plums, plums, "Figs grow"]);
    }
}
