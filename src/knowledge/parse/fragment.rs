//! A piece of text as a reader sees it, with the way back to its file.

use super::text::trimmed;
use crate::domain::OffsetMap;

/// Text that grows together with its offsets. What is added last stands last
/// in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fragment {
    /// The text.
    pub text: String,
    /// Leads ranges of it to the file.
    pub offsets: OffsetMap,
}

impl Fragment {
    /// Adds text that stands in the file just so, from `file` on.
    pub(super) fn verbatim(&mut self, piece: &str, file: usize) {
        self.text.push_str(piece);
        self.offsets.push(file, piece.len(), 1, 1);
    }

    /// Adds text that stands for `len` bytes of the file from `file` on, as a
    /// whole.
    pub(super) fn whole(&mut self, piece: &str, file: usize, len: usize) {
        self.text.push_str(piece);
        self.offsets.push(file, 1, piece.len(), len);
    }

    /// Adds text that stands nowhere in the file; `file` is where what follows
    /// it does.
    pub(super) fn made(&mut self, piece: &str, file: usize) {
        self.text.push_str(piece);
        self.offsets.push(file, piece.len(), 1, 0);
    }

    /// Takes off what stands from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.text.truncate(len);
        self.offsets.truncate(len);
    }

    /// Adds another piece with its offsets.
    pub(super) fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        for run in other.offsets.runs() {
            self.offsets.push(run.file, run.count, run.text_unit, run.file_unit);
        }
    }

    /// Where in the file the text begins that stands there.
    pub(super) fn file_start(&self) -> usize {
        self.offsets.to_file(0, self.text.len()).start
    }

    /// Where in the file the text ends that stands there.
    pub(super) fn file_end(&self) -> usize {
        self.offsets
            .runs()
            .iter()
            .rev()
            .find(|run| run.file_unit > 0)
            .map_or(0, |run| run.file + run.count * run.file_unit)
    }

    /// The same on one line: every run of white space becomes one space, and
    /// there is none at the ends.
    pub(super) fn on_one_line(self) -> Self {
        let is_flat = !self.text.contains(|c: char| c != ' ' && c.is_whitespace())
            && !self.text.contains("  ")
            && self.text.trim().len() == self.text.len();
        if is_flat {
            return self;
        }
        let mut out = Self::default();
        let range = trimmed(&self.text, 0..self.text.len());
        let mut at = range.start;
        while at < range.end {
            let rest = self.text.get(at..range.end).unwrap_or_default();
            let words = rest.find(char::is_whitespace).unwrap_or(rest.len());
            out.append_range(&self, at, at + words);
            let space = rest.get(words..).unwrap_or_default();
            let blank = space.len() - space.trim_start().len();
            if blank > 0 {
                let span = self.offsets.to_file(at + words, at + words + blank);
                out.whole(" ", span.start, span.len());
            }
            at += words + blank;
        }
        out
    }

    /// What stands from `start` on.
    pub(super) fn from(&self, start: usize) -> Self {
        let mut out = Self::default();
        out.append_range(self, start, self.text.len());
        out
    }

    /// What stands before `end`.
    pub(super) fn up_to(&self, end: usize) -> Self {
        let mut out = Self::default();
        out.append_range(self, 0, end);
        out
    }

    fn append_range(&mut self, other: &Self, start: usize, end: usize) {
        self.text.push_str(other.text.get(start..end).unwrap_or_default());
        for run in other.offsets.slice(start, end).runs() {
            self.offsets.push(run.file, run.count, run.text_unit, run.file_unit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ByteRange;

    #[test]
    fn white_space_becomes_one_space_that_leads_to_all_of_it() {
        let mut fragment = Fragment::default();
        fragment.verbatim(" a \r\n", 10);
        fragment.whole("&", 15, 5);
        fragment.made("\n", 20);
        fragment.verbatim("c\t", 20);
        let line = fragment.on_one_line();
        assert_eq!(line.text, "a & c");
        assert_eq!(line.offsets.text_len(), 5);
        assert_eq!(line.offsets.to_file(0, 1), ByteRange::new(11, 12));
        assert_eq!(line.offsets.to_file(1, 2), ByteRange::new(12, 15));
        assert_eq!(line.offsets.to_file(2, 3), ByteRange::new(15, 20));
        assert_eq!(line.offsets.to_file(4, 5), ByteRange::new(20, 21));
    }

    #[test]
    fn made_text_leads_to_what_follows_it() {
        let mut line = Fragment::default();
        line.made("Tank ", 7);
        line.verbatim("T-2", 7);
        assert_eq!(line.file_start(), 7);
        assert_eq!(line.offsets.to_file(0, 8), ByteRange::new(7, 10));
        assert!(line.offsets.to_file(0, 5).is_empty());
    }
}
