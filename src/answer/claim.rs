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

/// What stays of the text before the first open mark, in bytes at least: a mark
/// may belong to a sentence of the paragraph before.
const KEPT: usize = 2 << 10;

/// The answer so far without its citation marks.
#[derive(Debug, Default)]
pub(super) struct Claims {
    text: String,
    /// Where the marks were, in order.
    marks: Vec<usize>,
    /// Where the part of the text begins that open marks may belong to. What
    /// is before it isn't looked at again, so that a long answer takes time in
    /// proportion to its length.
    begin: usize,
    #[cfg(test)]
    examined: usize,
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
    /// `over`. `from` never goes back.
    #[must_use]
    pub(super) fn complete(&mut self, from: usize, over: bool) -> Vec<String> {
        let Some(first) = self.marks.get(from).copied() else { return Vec::new() };
        self.move_on(first);
        let behind = self.text.get(self.begin..).unwrap_or_default();
        #[cfg(test)]
        {
            self.examined += behind.len();
        }
        let gone = self.marks.partition_point(|mark| *mark < self.begin);
        let kept: Vec<usize> = self.marks[gone..].iter().map(|mark| mark - self.begin).collect();
        let (text, marks) = without_bold(behind, &kept);
        let ranges = sentences(&text);
        let owners: Vec<Option<usize>> =
            marks.iter().map(|mark| owner(&text, &ranges, *mark, over)).collect();
        let mut out = Vec::new();
        for (mark, owner) in marks.iter().zip(&owners).skip(from.saturating_sub(gone)) {
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

    /// Lets go of text that the mark at `first` and those behind it can't
    /// belong to: up to a blank line, or where a paragraph is that long, to the
    /// beginning of a sentence.
    fn move_on(&mut self, first: usize) {
        let Some(end) = first.checked_sub(KEPT).filter(|end| *end > self.begin + KEPT) else {
            return;
        };
        let end = self.text.floor_char_boundary(end);
        let before = self.text.get(self.begin..end).unwrap_or_default();
        #[cfg(test)]
        {
            self.examined += before.len();
        }
        let blank = before.rfind("\n\n").map(|at| at + 2);
        let cut = blank.or_else(|| {
            let begins = |range: &Range<usize>| {
                let (left, right) = before.split_at(range.start);
                left.ends_with(char::is_whitespace) && right.starts_with(char::is_alphabetic)
            };
            sentences(before).into_iter().rev().find(begins).map(|range| range.start)
        });
        let Some(cut) = cut else { return };
        // Within fenced code a line means something else.
        let fence = |line: &&str| {
            let line = line.trim_start();
            line.starts_with("```") || line.starts_with("~~~")
        };
        if before.get(..cut).unwrap_or_default().lines().filter(fence).count() % 2 == 0 {
            self.begin += cut;
        }
    }
}

/// The sentence that a mark belongs to, once that is certain.
pub(super) fn owner(text: &str, ranges: &[Range<usize>], mark: usize, over: bool) -> Option<usize> {
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

    /// Streams a text token by token; the claims, and the bytes looked at.
    fn streamed(text: &str) -> (Vec<String>, usize) {
        let (mut claims, mut parser) = (Claims::default(), CitationParser::new(1..=9));
        let mut found: Vec<String> = Vec::new();
        for token in text.split_inclusive(' ') {
            add(&mut claims, &mut parser, token);
            found.extend(claims.complete(found.len(), false));
        }
        found.extend(claims.complete(found.len(), true));
        (found, claims.examined)
    }

    /// Finding 13.
    #[test]
    fn a_long_answer_takes_time_in_proportion_to_its_length() {
        let paragraphs =
            "Apples **are** red [1]. Pears are green, they say [2], and soft.\n\n- A fig [1]\n\n";
        let lines = "Apples are red [1]. Pears are green, they say [2], and soft. ";
        let code = "Look here [1].\n\n```\nlet a = 1; [2]\n\nlet b = 2;\n```\n\n";
        for unit in [paragraphs, lines, code] {
            let (half, whole) = (unit.repeat(400), unit.repeat(800));
            let (claims, cost) = streamed(&half);
            let (twice, more) = streamed(&whole);
            assert_eq!(claims, all(&half), "nothing is told otherwise");
            assert_eq!(twice, all(&whole));
            assert!(more <= cost * 5 / 2, "{cost} bytes looked at, then {more}: {unit:?}");
        }
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
