//! An answer whose citations lead to exact passages.

use super::{ByteRange, GenerationStats, Ledger, Locator, Mode, SearchTimings, Source, Strategy};

/// A citation `[n]` of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Citation {
    /// The source's number.
    pub number: usize,
    /// Absolute path of the file.
    pub path: String,
    /// Where the quoted sentence stands in the file.
    pub locator: Locator,
    /// The sentence of the source: quoted in quote mode, else the one that
    /// supports the claim best. For UTF-8 text formats exactly the bytes of its
    /// locator.
    pub quote: String,
    /// Whether the file had to be decoded or rendered to give `quote`.
    pub rendered: bool,
    /// Where the mark `[n]` stands in the answer, in bytes of its text.
    pub mark: ByteRange,
    /// How well the passage supports the sentence that the mark stands in.
    pub support: Support,
    /// The probability that the sentence of the source answers the question,
    /// where it was looked at closely enough to say.
    pub answers: Option<f32>,
    /// Whether the model cited nothing here, and the source was found to say
    /// the same afterwards. Its mark is `[n]°`.
    pub found: bool,
}

/// Below this probability a quote is shown as one that may not answer.
const DOUBT: f32 = 0.2;

/// What stands behind the number of a citation that was found afterwards.
pub const FOUND: &str = "°";

/// A text without the marks of citations that were found afterwards, as the
/// model wrote it, and the citations that stay, at their places in it.
#[must_use]
pub fn without_found(text: &str, citations: &[Citation]) -> (String, Vec<Citation>) {
    let mut out = String::with_capacity(text.len());
    let (mut kept, mut from) = (Vec::new(), 0);
    for citation in citations {
        let mark = citation.mark;
        if citation.found {
            let before = text.get(from..mark.start).unwrap_or_default();
            out.push_str(before.strip_suffix(' ').unwrap_or(before));
            from = mark.end.max(from);
        } else {
            // Marks stand in the order of the text.
            let start = out.len() + mark.start.saturating_sub(from);
            let mark = ByteRange::new(start, start + (mark.end - mark.start));
            kept.push(Citation { mark, ..citation.clone() });
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (out, kept)
}

impl Citation {
    /// The number as its mark shows it: `[2]`, or `[2]°` where it was found
    /// afterwards.
    #[must_use]
    pub fn numbered(&self) -> String {
        format!("[{}]{}", self.number, if self.found { FOUND } else { "" })
    }

    /// Whether it is quoted word for word but may not answer: `~`.
    #[must_use]
    pub fn doubtful(&self) -> bool {
        self.support == Support::Exact && self.answers.is_some_and(|p| p < DOUBT)
    }

    /// Whether the passage supports the claim, and the claim may answer: what
    /// is counted as supported.
    #[must_use]
    pub fn supports(&self) -> bool {
        matches!(self.support, Support::Exact | Support::Likely) && !self.doubtful()
    }

    /// The symbol that stands beside it: [`Support::symbol`], but `~` where it
    /// is doubtful.
    #[must_use]
    pub fn symbol(&self) -> &'static str {
        if self.doubtful() { "~" } else { self.support.symbol() }
    }
}

/// How well a cited passage supports a sentence of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Support {
    /// Not checked yet.
    #[default]
    Unchecked,
    /// The passage holds the sentence word for word: `✓`.
    Exact,
    /// It shares most of its words and means nearly the same: `?`.
    Likely,
    /// Neither: `✗`.
    Missing,
}

impl Support {
    /// The symbol that stands beside a citation; empty before the check.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Unchecked => "",
            Self::Exact => "✓",
            Self::Likely => "?",
            Self::Missing => "✗",
        }
    }
}

/// A citation number that names no source, taken out of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DroppedCitation {
    /// The number as the model wrote it.
    pub number: usize,
    /// Where the mark would have stood in the answer, in bytes of its text.
    pub at: usize,
}

/// An answer that was made from one source alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The source's number.
    pub number: usize,
    /// The answer, with its citation marks.
    pub text: String,
    /// How probable the source is for the question, by retrieval; those of all
    /// sources add up to 1.
    pub source: f64,
    /// Natural logarithm of the answer's likelihood given this source.
    pub log_likelihood: f64,
    /// Share of this answer among all, 0 to 1: the probability of its source
    /// times its likelihood, summed over the sources that gave the same answer.
    pub share: f64,
}

/// A whole turn.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The question.
    pub question: String,
    /// The text, with valid citation marks only.
    pub text: String,
    /// Whether the sources answer.
    pub answered: bool,
    /// The probability that they do, by what was found; `None` where no sources
    /// were read.
    pub answers: Option<f32>,
    /// Whether it was limited to sentences of the sources.
    pub quoted: bool,
    /// The mode that made it.
    pub mode: Mode,
    /// How the sources were read.
    pub strategy: Strategy,
    /// The answers that other sources gave, best first, where each source was
    /// read for itself.
    pub alternatives: Vec<Alternative>,
    /// Name of the model.
    pub model: String,
    /// The adapters, as a [`Stack`](super::Stack) spells them, if any were used.
    pub adapter: Option<String>,
    /// Sentences in the model's own words that cite nothing and that no source
    /// was found to say, in bytes of the text. Empty for quotes.
    pub uncited: Vec<ByteRange>,
    /// Citations, in the order of the text.
    pub citations: Vec<Citation>,
    /// Numbers that named no source.
    pub dropped: Vec<DroppedCitation>,
    /// Every source, used or left out.
    pub sources: Vec<Source>,
    /// Where the window went.
    pub ledger: Ledger,
    /// Times of the search.
    pub search: SearchTimings,
    /// What was searched: the question, and where it leaned on others what it
    /// asks when it stands alone, which is what the answer was chosen by.
    pub searched: Vec<String>,
    /// How it was generated.
    pub generation: GenerationStats,
}

impl Answer {
    /// Whether it is about a question that no source was read for, although
    /// there were some: a greeting, or a question about the conversation.
    #[must_use]
    pub fn aside(&self) -> bool {
        none_read(self.mode, self.answers, &self.sources)
    }

    /// Whether it is in the model's own words, though the sources likely don't
    /// answer.
    #[must_use]
    pub fn doubtful(&self) -> bool {
        self.mode.reads()
            && !self.quoted
            && !(self.uncited.is_empty() && self.citations.is_empty())
            && self.answers.is_some_and(|p| p < UNANSWERED)
    }

    /// Whether the file of a citation has changed since it was indexed, or
    /// can't be looked at.
    #[must_use]
    pub fn is_stale(&self, citation: &Citation) -> bool {
        self.sources.iter().any(|s| s.hit.stale && s.number == citation.number)
    }
}

/// The probability below which sources are taken not to answer.
pub const UNANSWERED: f32 = 0.06;

/// Whether an answer of a mode that reads was given without reading a source.
pub(super) fn none_read(mode: Mode, answers: Option<f32>, sources: &[Source]) -> bool {
    mode.reads() && answers.is_none() && !sources.is_empty() && !sources.iter().any(Source::used)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn citation(text: &str, mark: &str, found: bool) -> Citation {
        let start = text.find(mark).unwrap();
        Citation {
            number: 1,
            path: String::new(),
            locator: Locator::default(),
            quote: String::new(),
            rendered: false,
            mark: ByteRange::new(start, start + mark.len()),
            support: Support::Likely,
            answers: None,
            found,
        }
    }

    #[test]
    fn what_was_found_goes_out_again() {
        let text = "One. [1]° Two [2]. Three. [3]°";
        let all = [
            citation(text, "[1]°", true),
            citation(text, "[2]", false),
            citation(text, "[3]°", true),
        ];
        let (bare, kept) = without_found(text, &all);
        assert_eq!(bare, "One. Two [2]. Three.");
        assert_eq!(kept.len(), 1);
        assert_eq!(&bare[kept[0].mark.start..kept[0].mark.end], "[2]");
        assert_eq!(all[0].numbered(), "[1]°");
    }
}
