//! The citation marks `[n]` of a target.

/// A text without its marks, on one line.
pub(super) fn without(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (range, _) in marks(text) {
        out.push_str(text.get(from..range.start).unwrap_or_default().trim_end());
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The marks of a text: where each stands, in bytes, and its number.
pub(super) fn marks(text: &str) -> Vec<(std::ops::Range<usize>, usize)> {
    let mut out = Vec::new();
    for (start, _) in text.match_indices('[') {
        let rest = text.get(start + 1..).unwrap_or_default();
        let Some(end) = rest.find(']') else { break };
        let inner = rest.get(..end).unwrap_or_default();
        if let Some(number) = inner.parse::<usize>().ok().filter(|_| inner.len() <= 3) {
            out.push((start..start + end + 2, number));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_and_taken_out() {
        let text = "It is so [1]. And so. [12] See [x] and [ 3 ].";
        let found: Vec<usize> = marks(text).into_iter().map(|(_, number)| number).collect();
        assert_eq!(found, [1, 12]);
        assert_eq!(without(text), "It is so. And so. See [x] and [ 3 ].");
        assert_eq!(without("[1"), "[1");
    }
}
