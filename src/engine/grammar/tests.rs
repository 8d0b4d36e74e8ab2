//! Grammars of three sentences, and the answers that are read with them.

use super::*;

fn grammar(max: usize, template: &str, join: &str, no_answer: bool) -> QuoteGrammar {
    let quotables = [(1, "Alpha comes first."), (1, "Alpine air is thin."), (2, "Beta follows.")]
        .iter()
        .enumerate()
        .map(|(sentence, &(number, text))| Quotable { number, sentence, text: text.into() })
        .collect();
    let form =
        QuoteForm { template: template.into(), join: join.into(), unit: QuoteUnit::Sentence, max };
    let none = no_answer.then(|| "None.".to_owned());
    QuoteGrammar::new(quotables, form, none, &["<|im_end|>".to_owned()]).unwrap()
}

#[test]
fn the_rest_is_known_as_soon_as_one_alternative_remains() {
    let grammar = grammar(1, "{quote} [{n}]", "\n", false);
    let mut tracker = grammar.tracker().unwrap();
    assert!(tracker.feed("Alp"));
    assert_eq!(tracker.determined(), None);
    assert!(tracker.feed("h"));
    assert_eq!(tracker.determined(), Some("a comes first. [1]"));
    assert!(!tracker.feed("x"));
}

#[test]
fn several_quotes_are_determined_only_by_the_last_one() {
    let grammar = grammar(2, "- {quote} [{n}]", "\n", false);
    let mut tracker = grammar.tracker().unwrap();
    assert!(tracker.feed("- Alpha comes first. [1]"));
    assert_eq!(tracker.determined(), None);
    for piece in ["\n", "-", " B"] {
        assert!(tracker.feed(piece), "{piece}");
    }
    assert_eq!(tracker.determined(), Some("eta follows. [2]"));
    let whole = "- Alpha comes first. [1]\n- Beta follows. [2]";
    let numbers: Vec<usize> = grammar.quoted(whole).iter().map(|q| q.number).collect();
    assert_eq!(numbers, [1, 2]);
    // None twice, and in the order of the sources.
    let mut again = grammar.tracker().unwrap();
    assert!(!again.feed("- Beta follows. [2]\n- Alpha"));
}

#[test]
fn the_no_answer_sentence_is_an_alternative_of_its_own() {
    let grammar = grammar(2, "{quote} [{n}]", "\n", true);
    let mut tracker = grammar.tracker().unwrap();
    assert!(tracker.feed("N"));
    assert_eq!(tracker.determined(), Some("one."));
    assert!(grammar.quoted("None.").is_empty());
    assert!(grammar.lark().contains("body: \"None.\" | from_0_2"));
}

#[test]
fn one_sentence_needs_no_token_at_all() {
    let quotable = Quotable { number: 3, sentence: 0, text: "Only \"this\" {n}.".into() };
    let form = QuoteForm {
        template: "Source [{n}] says: \"{quote}\"".into(),
        join: "\n".into(),
        unit: QuoteUnit::Sentence,
        max: 1,
    };
    let grammar = QuoteGrammar::new(vec![quotable.clone(), quotable], form, None, &[]).unwrap();
    assert_eq!(grammar.quotables().len(), 1);
    let whole = "Source [3] says: \"Only \"this\" {n}.\"";
    assert_eq!(grammar.tracker().unwrap().determined(), Some(whole));
}

#[test]
fn sentences_that_cannot_be_generated_are_left_out() {
    let broken = Quotable { number: 1, sentence: 0, text: "bad \u{FFFD}".into() };
    let form = QuoteForm {
        template: "{quote}".into(),
        join: "\n".into(),
        unit: QuoteUnit::Sentence,
        max: 1,
    };
    assert!(QuoteGrammar::new(vec![broken], form, None, &[]).is_none());
}

#[test]
fn only_well_formed_end_tokens_enter_the_grammar() {
    assert_eq!(end(&["<|im_end|>".into(), "EOS".into()]), " <|im_end|>");
    assert_eq!(end(&["</s>".into(), "<|eot|>".into()]), " (</s> | <|eot|>)");
}
