//! Display width as ratatui counts it, grapheme cluster by grapheme cluster,
//! and cuts by that width.

use crate::domain::visible;
use ratatui::buffer::CellWidth;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Stands for what was cut, and for a cluster too wide for its line.
pub(super) const ELLIPSIS: &str = "…";

/// ratatui's count of columns is a `u16`, which a longer cluster could
/// overflow.
const LONGEST_COUNTED: usize = 4096;

/// Columns that `text` takes; line breaks and other controls take none.
#[must_use]
pub fn width(text: &str) -> usize {
    Clusters::new(text).map(|cluster| cluster.width).sum()
}

/// `text` in at most `width` columns of one line: what doesn't fit is cut at
/// the end and replaced by `…`.
#[must_use]
pub fn truncate(text: &str, width: usize) -> Cow<'_, str> {
    let text = one_line(text);
    let (mut used, mut cut) = (0, 0);
    for cluster in Clusters::new(&text) {
        used += cluster.width;
        if used > width {
            let kept = text.get(..cut).unwrap_or_default();
            return if width == 0 {
                Cow::Borrowed("")
            } else {
                Cow::Owned(format!("{kept}{ELLIPSIS}"))
            };
        }
        if used < width {
            cut = cluster.end;
        }
    }
    text
}

/// `text` in at most `width` columns of one line: what doesn't fit is cut at
/// the start and replaced by `…`, which suits paths.
#[must_use]
pub fn truncate_start(text: &str, width: usize) -> Cow<'_, str> {
    let text = one_line(text);
    let (mut used, mut cut) = (0, text.len());
    for (start, cluster) in text.grapheme_indices(true).rev() {
        used += cluster_width(cluster);
        if used > width {
            let kept = text.get(cut..).unwrap_or_default();
            return if width == 0 {
                Cow::Borrowed("")
            } else {
                Cow::Owned(format!("{ELLIPSIS}{kept}"))
            };
        }
        if used < width {
            cut = start;
        }
    }
    text
}

/// `text` made harmless, with spaces for tabs and line breaks.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    let text = visible(text);
    if text.contains(['\n', '\t']) { Cow::Owned(text.replace(['\n', '\t'], " ")) } else { text }
}

/// A grapheme cluster of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cluster {
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// Columns.
    pub(super) width: usize,
}

/// The grapheme clusters of a text, in order.
pub(super) struct Clusters<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Clusters<'a> {
    /// Those of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Clusters<'_> {
    type Item = Cluster;

    fn next(&mut self) -> Option<Cluster> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let first = bytes.get(start)?;
        // ASCII before ASCII is a cluster of its own, but for CR LF; the
        // segmentation is needed for the rest only.
        let alone = first.is_ascii()
            && *first != b'\r'
            && bytes.get(start + 1).is_none_or(|next| next.is_ascii());
        let length = if alone { 1 } else { self.text.get(start..)?.graphemes(true).next()?.len() };
        self.at = start + length;
        let width = cluster_width(self.text.get(start..self.at)?);
        Some(Cluster { start, end: self.at, width })
    }
}

/// Columns of one cluster.
fn cluster_width(cluster: &str) -> usize {
    if let [byte] = cluster.as_bytes() {
        return usize::from(!byte.is_ascii_control());
    }
    // ratatui leaves out every cluster with a control in it.
    if cluster.contains(char::is_control) {
        0
    } else if cluster.len() > LONGEST_COUNTED {
        UnicodeWidthStr::width(cluster)
    } else {
        usize::from(cluster.cell_width())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_per_cluster() {
        for (text, columns) in [
            ("", 0),
            ("plain", 5),
            ("日本語", 6),
            ("e\u{301}x", 2),
            ("👩‍💻", 2),
            ("👍🏽", 2),
            ("🇩🇪🇫🇷", 4),
            ("❤\u{fe0f}", 2),
            ("a\nb\u{7}", 2),
        ] {
            assert_eq!(width(text), columns, "{text:?}");
        }
    }

    #[test]
    fn cuts_keep_clusters_whole() {
        assert_eq!(truncate("hello", 5), "hello");
        assert_eq!(truncate("hello!", 5), "hell…");
        assert_eq!(truncate("日本語", 5), "日本…");
        assert_eq!(truncate("日本語", 4), "日…");
        assert_eq!(truncate("👩‍💻👩‍💻", 3), "👩‍💻…");
        assert_eq!(truncate("ab", 1), "…");
        assert_eq!(truncate("ab", 0), "");
        assert_eq!(truncate("a\tb\nc\x1b", 9), "a b c␛");
        assert_eq!(truncate_start("guide/install.md", 99), "guide/install.md");
        assert_eq!(truncate_start("docs/guide/install.md", 17), "…guide/install.md");
        assert_eq!(truncate_start("日本語", 5), "…本語");
        assert_eq!(truncate_start("日本語", 4), "…語");
        assert_eq!(truncate_start("ab", 0), "");
    }

    #[test]
    fn what_fits_is_not_copied() {
        assert!(matches!(truncate("short", 9), Cow::Borrowed("short")));
        assert!(matches!(truncate_start("short", 9), Cow::Borrowed("short")));
    }
}
