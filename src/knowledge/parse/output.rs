//! A text as it is rendered, each piece with its place in the source.
//!
//! Markup belongs to the character it stands at: `**` before a word to its
//! first character, `](target)` to the last one of the link's words. So the
//! span of a rendered sentence holds the markup that its words need, and none
//! of its neighbours'.

use crate::domain::OffsetMap;
use std::ops::Range;

/// A piece of text and the bytes of the source it came from.
#[derive(Clone, Debug)]
struct Piece {
    /// Bytes of text.
    len: usize,
    /// Bytes of the source; empty for text that stands nowhere in it.
    file: Range<usize>,
    /// Whether the source's bytes are the text's, one by one.
    verbatim: bool,
}

/// Text with its places; see the module's text.
#[derive(Clone, Debug, Default)]
pub(super) struct Output {
    text: String,
    pieces: Vec<Piece>,
    /// Where markup began that belongs to the next character.
    opening: Option<usize>,
}

impl Output {
    /// A text that stands nowhere in the source.
    pub(super) fn inserted(text: &str) -> Self {
        let mut out = Self::default();
        out.insert(text);
        out
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Its length in bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether there is no text yet.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Where the last piece ends in the source; 0 before the first one.
    pub(super) fn end(&self) -> usize {
        self.pieces.last().map_or(0, |piece| piece.file.end)
    }

    /// Adds text that stands just so at `at`.
    pub(super) fn verbatim(&mut self, text: &str, at: usize) {
        let opening = self.opening.take().filter(|opening| *opening < at);
        let Some(first) = text.chars().next() else {
            self.opening = opening;
            return;
        };
        let head = opening.map_or(0, |_| first.len_utf8());
        if let Some(opening) = opening {
            self.push(head, opening..at + head, false);
        }
        self.push(text.len() - head, at + head..at + text.len(), true);
        self.text.push_str(text);
    }

    /// Adds text that the bytes `file` stand for: an entity's character, a
    /// word that a role abbreviates.
    pub(super) fn decoded(&mut self, text: &str, file: Range<usize>) {
        let Some(first) = text.chars().next().map(char::len_utf8) else { return };
        let start = self.opening.take().map_or(file.start, |opening| opening.min(file.start));
        // All but the first character stand nowhere, so that the text can be
        // cut anywhere; so does one in another's place, which a map would hold
        // for its own.
        let place = if file.end - start == first { file.end } else { start };
        self.push(first, place..file.end, false);
        self.push(text.len() - first, file.end..file.end, false);
        self.text.push_str(text);
    }

    /// Adds text made of the `source` bytes that stand at `at`, of which most
    /// were kept in their order: what is the same at either side leads to its
    /// own bytes.
    pub(super) fn aligned(&mut self, text: &str, source: &str, at: usize) {
        if text == source {
            self.verbatim(text, at);
            return;
        }
        let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
            pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
        };
        let head = same(&mut text.chars().zip(source.chars()));
        let (text, rest) =
            (text.get(head..).unwrap_or_default(), source.get(head..).unwrap_or_default());
        self.verbatim(source.get(..head).unwrap_or_default(), at);
        let tail = same(&mut text.chars().rev().zip(rest.chars().rev()));
        let (middle, behind) = text.split_at(text.len() - tail);
        let place = at + head..at + head + rest.len() - tail;
        if middle.is_empty() {
            // Something was left out before what follows.
            self.open(place.start);
        } else {
            self.decoded(middle, place.clone());
        }
        self.verbatim(behind, place.end);
    }

    /// Adds text that stands nowhere in the source.
    pub(super) fn insert(&mut self, text: &str) {
        let at = self.end();
        self.push(text.len(), at..at, false);
        self.text.push_str(text);
    }

    /// Markup starts at `at` that belongs to the next character.
    pub(super) fn open(&mut self, at: usize) {
        if at >= self.end() {
            self.opening.get_or_insert(at);
        }
    }

    /// Forgets markup that no character followed.
    pub(super) fn settle(&mut self) {
        self.opening = None;
    }

    /// Markup that belongs to the last character ends at `to`.
    pub(super) fn close(&mut self, to: usize) {
        if self.opening.take().is_some() {
            return;
        }
        let Some(last) = self.text.chars().next_back().map(char::len_utf8) else { return };
        let Some(piece) = self.pieces.last_mut() else { return };
        if piece.file.end >= to || piece.file.is_empty() {
            return;
        }
        if piece.verbatim && piece.len > last {
            piece.len -= last;
            piece.file.end -= last;
            let start = piece.file.end;
            self.pieces.push(Piece { len: last, file: start..to, verbatim: false });
        } else {
            piece.file.end = to;
            piece.verbatim = false;
        }
    }

    /// Adds a part of a text that was rendered before.
    pub(super) fn copy(&mut self, text: &str, offsets: &OffsetMap, range: Range<usize>) {
        let part = text.get(range.clone()).unwrap_or_default();
        for run in offsets.slice(range.start, range.end).runs() {
            let end = run.text + run.count * run.text_unit;
            let piece = part.get(run.text..end).unwrap_or_default();
            let (unit, file) = (run.text_unit.max(1), run.file_unit);
            if file == 0 {
                self.push(piece.len(), run.file..run.file, false);
            } else if (unit, file) == (1, 1) {
                self.push(piece.len(), run.file..run.file + piece.len(), true);
            } else {
                for index in 0..piece.len() / unit {
                    let at = run.file + index * file;
                    self.push(unit, at..at + file, false);
                }
            }
            self.text.push_str(piece);
        }
    }

    /// Adds a finished text on one line, without white space around it.
    pub(super) fn append_line(&mut self, other: &Self) {
        let mut lead = other.text.len() - other.text.trim_start().len();
        let mut at = 0;
        for piece in &other.pieces {
            let skip = lead.min(piece.len);
            lead -= skip;
            let text = other.text.get(at + skip..at + piece.len).unwrap_or_default();
            let start = if piece.verbatim { piece.file.start + skip } else { piece.file.start };
            self.push(text.len(), start..piece.file.end, piece.verbatim);
            self.text.extend(text.chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }));
            at += piece.len;
        }
        self.trim_end();
    }

    /// Takes the white space at the end away.
    pub(super) fn trim_end(&mut self) {
        let mut excess = self.text.len() - self.text.trim_end().len();
        self.text.truncate(self.text.len() - excess);
        while excess > 0 {
            let Some(piece) = self.pieces.last_mut() else { return };
            if piece.len <= excess {
                excess -= piece.len;
                self.pieces.pop();
            } else {
                // Only verbatim and inserted pieces are longer than a character.
                piece.len -= excess;
                piece.file.end = piece.file.end.saturating_sub(excess).max(piece.file.start);
                excess = 0;
            }
        }
    }

    /// The text, and the way from it to the source.
    pub(super) fn finish(self) -> (String, OffsetMap) {
        let mut offsets = OffsetMap::default();
        for piece in &self.pieces {
            let Range { start, end } = piece.file.clone();
            if piece.verbatim {
                offsets.push(start, piece.len, 1, 1);
            } else if start == end {
                offsets.push(start, piece.len, 1, 0);
            } else {
                offsets.push(start, 1, piece.len, end - start);
            }
        }
        (self.text, offsets)
    }

    fn push(&mut self, len: usize, file: Range<usize>, verbatim: bool) {
        if len == 0 {
            return;
        }
        if let Some(last) = self.pieces.last_mut()
            && last.verbatim == verbatim
            && last.file.end == file.start
            && (verbatim || last.file.is_empty() && file.is_empty())
        {
            last.len += len;
            last.file.end = file.end;
            return;
        }
        self.pieces.push(Piece { len, file, verbatim });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(out: Output, source: &str) -> Vec<(String, String)> {
        let (text, offsets) = out.finish();
        assert_eq!(offsets.text_len(), text.len());
        text.char_indices()
            .map(|(at, c)| {
                let bytes = offsets.to_file(at, at + c.len_utf8());
                (c.to_string(), source[bytes.start..bytes.end].to_owned())
            })
            .collect()
    }

    #[test]
    fn markup_belongs_to_the_characters_it_stands_at() {
        let source = "a **bc** &amp;";
        let mut out = Output::default();
        out.verbatim("a ", 0);
        out.open(2);
        out.verbatim("bc", 4);
        out.close(8);
        out.verbatim(" ", 8);
        out.decoded("&", 9..14);
        let pairs = shown(out, source);
        let files: Vec<&str> = pairs.iter().map(|(_, file)| file.as_str()).collect();
        assert_eq!(files, ["a", " ", "**b", "c**", " ", "&amp;"]);
    }

    #[test]
    fn a_text_of_nearly_the_same_bytes_keeps_what_is_the_same() {
        let mut out = Output::default();
        out.aligned("a|b", "a\\|b", 0);
        let files: Vec<String> = shown(out, "a\\|b").into_iter().map(|(_, file)| file).collect();
        assert_eq!(files, ["a", "\\|", "b"]);
    }

    #[test]
    fn white_space_at_the_end_leaves_with_its_places() {
        let mut out = Output::default();
        out.verbatim("ab  ", 3);
        out.insert(" \n");
        out.trim_end();
        assert_eq!(out.text(), "ab");
        let (text, offsets) = out.finish();
        assert_eq!((text.len(), offsets.text_len(), offsets.to_file(0, 2).end), (2, 2, 5));
    }
}
