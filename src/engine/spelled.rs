//! A conversation as tokens, with the answer that ends it.

/// What training reads of a question and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelled {
    /// The prompt, special tokens included, ready for the answer.
    pub prompt: Vec<u32>,
    /// The answer, with the token that ends it.
    pub answer: Vec<u32>,
}

/// Stands for an answer while its end is looked for.
pub(super) const MARK: &str = "qzxvkj";

/// The token that the chat template writes behind an answer: the first of
/// `ends` that follows [`MARK`] in a conversation that ends in it.
pub(super) fn closing<'a>(rendered: &str, ends: &'a [String]) -> Option<&'a String> {
    let (_, behind) = rendered.rsplit_once(MARK)?;
    let places = ends.iter().filter_map(|end| Some((behind.find(end.as_str())?, end)));
    places.min_by_key(|(place, end)| (*place, usize::MAX - end.len())).map(|(_, end)| end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_says_what_ends_an_answer() {
        let ends = ["<|endoftext|>".to_owned(), "<|im_end|>".to_owned(), "<|im".to_owned()];
        let text =
            format!("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n{MARK}<|im_end|>\n");
        assert_eq!(closing(&text, &ends).map(String::as_str), Some("<|im_end|>"));
        assert_eq!(closing("Hi<|im_end|>", &ends), None);
        assert_eq!(closing(&format!("{MARK}\n"), &ends), None);
    }
}
