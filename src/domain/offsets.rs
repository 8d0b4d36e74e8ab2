//! Where each part of a decoded or rendered text stands in its file.
//!
//! A passage of Markdown is a slice of its file. A passage of an HTML page or
//! of a UTF-16 file is not: tags are gone, `&amp;` became `&`, one byte came
//! from two. An [`OffsetMap`] is a list of linear runs that leads any range of
//! the text back to the smallest span of the file that yields it.
//!
//! The text of a PDF or a sheet was taken out of its file: there the map leads
//! to bytes of the text that was taken out, and its [`Mark`]s to the page or the
//! row.

mod mark;
mod marks;
mod stored;

pub use mark::Mark;

use super::ByteRange;

/// `count` units in a row, each `text_unit` bytes of text made from
/// `file_unit` bytes of file.
///
/// A verbatim piece of n bytes is `count: n, text_unit: 1, file_unit: 1`;
/// `&amp;` is `count: 1, text_unit: 1, file_unit: 5`; ASCII in UTF-16 is
/// `count: n, text_unit: 1, file_unit: 2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Where the run starts in the text.
    pub text: usize,
    /// Where it starts in the file.
    pub file: usize,
    /// How many units.
    pub count: usize,
    /// Bytes of text in a unit, at least 1.
    pub text_unit: usize,
    /// Bytes of file in a unit. 0 for text that stands nowhere in the file
    /// (a separator the renderer put in).
    pub file_unit: usize,
}

impl Run {
    fn text_end(self) -> usize {
        self.text + self.count * self.text_unit
    }
}

/// Leads ranges of a text back to its file. See the module's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    runs: Vec<Run>,
    marks: Vec<Mark>,
}

impl OffsetMap {
    /// The map of `len` bytes that stand verbatim at `file` in the file.
    #[must_use]
    pub fn verbatim(file: usize, len: usize) -> Self {
        let run = Run { text: 0, file, count: len, text_unit: 1, file_unit: 1 };
        Self { runs: vec![run], marks: Vec::new() }
    }

    /// The map of these runs, which come in the order of the text. A run whose
    /// units hold no text maps nothing, so it is left out.
    #[must_use]
    pub fn of(runs: impl IntoIterator<Item = Run>) -> Self {
        let runs = runs.into_iter().filter(|run| run.text_unit > 0).collect();
        Self { runs, marks: Vec::new() }
    }

    /// The runs, in the order of the text.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Whether every byte of text is the file's byte, in one piece.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        matches!(self.runs.as_slice(), [] | [Run { text_unit: 1, file_unit: 1, .. }])
    }

    /// Adds a run behind the last one; a run that goes on just where the last
    /// one of the same shape ended is joined to it.
    pub fn push(&mut self, file: usize, count: usize, text_unit: usize, file_unit: usize) {
        if count == 0 || text_unit == 0 {
            return;
        }
        let text = self.text_len();
        if let Some(last) = self.runs.last_mut()
            && last.text_unit == text_unit
            && last.file_unit == file_unit
            && last.file + last.count * last.file_unit == file
        {
            last.count += count;
            return;
        }
        self.runs.push(Run { text, file, count, text_unit, file_unit });
    }

    /// Length of the text that is mapped, in bytes.
    #[must_use]
    pub fn text_len(&self) -> usize {
        self.runs.last().map_or(0, |run| run.text_end())
    }

    /// Whether nothing of the text stands in the file.
    #[must_use]
    pub fn is_made(&self) -> bool {
        self.runs.iter().all(|run| run.file_unit == 0)
    }

    /// Takes off what is mapped from `len` on, which lies between two units.
    pub fn truncate(&mut self, len: usize) {
        self.marks.retain(|mark| mark.text < len);
        while let Some(last) = self.runs.last_mut() {
            if last.text < len {
                last.count = last.count.min((len - last.text).div_ceil(last.text_unit));
                return;
            }
            self.runs.pop();
        }
    }

    /// The smallest span of the file that yields `start..end` of the text.
    /// An empty range, or one that stands nowhere in the file, gives an empty
    /// span at the next place that does.
    #[must_use]
    pub fn to_file(&self, start: usize, end: usize) -> ByteRange {
        let mut first = None;
        let mut last = None;
        let from = self.runs.partition_point(|run| run.text_end() <= start);
        for run in &self.runs[from..] {
            if run.text >= end {
                break;
            }
            if run.file_unit == 0 {
                continue;
            }
            let a = start.max(run.text) - run.text;
            let b = end.min(run.text_end()) - run.text;
            let low = run.file + a / run.text_unit * run.file_unit;
            let high = run.file + b.div_ceil(run.text_unit) * run.file_unit;
            first.get_or_insert(low);
            last = Some(high);
        }
        match (first, last) {
            (Some(a), Some(b)) => ByteRange::new(a, b),
            _ => {
                let at = self.runs[from.min(self.runs.len())..]
                    .iter()
                    .find(|run| run.file_unit > 0)
                    .map_or_else(
                        || self.runs.last().map_or(0, |run| run.file + run.count * run.file_unit),
                        |run| {
                            run.file
                                + start.saturating_sub(run.text) / run.text_unit * run.file_unit
                        },
                    );
                ByteRange::new(at, at)
            }
        }
    }

    /// Where the text stands that was made from the byte at `file`, or from
    /// the next one that made any.
    #[must_use]
    pub fn to_text(&self, file: usize) -> usize {
        for run in &self.runs {
            let end = run.file + run.count * run.file_unit;
            if run.file_unit > 0 && file < end {
                return run.text + file.saturating_sub(run.file) / run.file_unit * run.text_unit;
            }
        }
        self.text_len()
    }

    /// The map of `start..end` of the text alone, counted from 0 again.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Self {
        let mut out = Self::default();
        let from = self.runs.partition_point(|run| run.text_end() <= start);
        for run in self.runs[from..].iter().take_while(|run| run.text < end) {
            let (a, b) = (start.max(run.text), end.min(run.text_end()));
            if a >= b {
                continue;
            }
            let skip = (a - run.text) / run.text_unit;
            let count = (b - run.text).div_ceil(run.text_unit) - skip;
            out.push(run.file + skip * run.file_unit, count, run.text_unit, run.file_unit);
        }
        out.marks = self.marks_within(start, end);
        out
    }

    /// The map of this text made from `inner`'s text, which in turn was made
    /// from the file: for a page that was first decoded, then rendered.
    #[must_use]
    pub fn through(&self, inner: &Self) -> Self {
        let mut out = Self { runs: Vec::new(), marks: self.marks.clone() };
        if inner.is_verbatim() {
            // Only a byte order mark shifts such a file's places.
            let shift = inner.runs.first().map_or(0, |run| run.file);
            out.runs.extend(self.runs.iter().map(|run| Run { file: run.file + shift, ..*run }));
            return out;
        }
        for run in &self.runs {
            if run.file_unit == 1 && run.text_unit == 1 {
                // Verbatim pieces keep the inner map's finer runs.
                for part in inner.slice(run.file, run.file + run.count).runs {
                    out.push(part.file, part.count, part.text_unit, part.file_unit);
                }
            } else {
                for unit in 0..run.count {
                    let at = run.file + unit * run.file_unit;
                    let span = inner.to_file(at, at + run.file_unit);
                    out.push(span.start, 1, run.text_unit, span.len());
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn page() -> OffsetMap {
        // "<p>a &amp; b</p>" gives "a & b".
        let mut map = OffsetMap::default();
        map.push(3, 2, 1, 1);
        map.push(5, 1, 1, 5);
        map.push(10, 2, 1, 1);
        map
    }

    #[test]
    fn a_range_leads_to_the_smallest_span() {
        let map = page();
        assert_eq!(map.text_len(), 5);
        assert_eq!(map.to_file(0, 5), ByteRange::new(3, 12));
        assert_eq!(map.to_file(2, 3), ByteRange::new(5, 10));
        assert_eq!(map.to_file(3, 5), ByteRange::new(10, 12));
    }

    #[test]
    fn bytes_of_the_file_lead_back_to_the_text() {
        let map = page();
        let places: Vec<usize> = [0, 3, 4, 5, 7, 10, 12].map(|at| map.to_text(at)).into();
        assert_eq!(places, [0, 0, 1, 2, 2, 3, 5]);
    }

    #[test]
    fn a_slice_counts_from_zero_and_keeps_its_places() {
        let part = page().slice(2, 5);
        assert_eq!(part.text_len(), 3);
        assert_eq!(part.to_file(0, 1), ByteRange::new(5, 10));
    }

    #[test]
    fn a_map_is_cut_at_its_end() {
        let mut map = page();
        map.truncate(3);
        assert_eq!(map.text_len(), 3);
        assert_eq!(map.to_file(0, 9), ByteRange::new(3, 10));
        map.truncate(0);
        assert!(map.runs().is_empty() && map.is_made());
    }

    #[test]
    fn a_rendered_page_in_utf16_leads_to_the_bytes() {
        let mut inner = OffsetMap::default();
        inner.push(2, 15, 1, 2);
        let both = page().through(&inner);
        assert_eq!(both.to_file(2, 3), ByteRange::new(2 + 5 * 2, 2 + 10 * 2));
        assert_eq!(both.to_file(0, 1), ByteRange::new(2 + 3 * 2, 2 + 4 * 2));
        let shifted = page().through(&OffsetMap::verbatim(3, 20));
        assert_eq!(shifted.to_file(2, 3), ByteRange::new(8, 13));
    }
}
