//! Verdicts on claims about small passages, with and without the built-in
//! embedder.

use super::*;
use crate::answer::tests::source;
use crate::knowledge::embed::{EmbedderSource, load};
use std::sync::Arc;

static EMBEDDER: LazyLock<Arc<dyn Embedder>> =
    LazyLock::new(|| load(&EmbedderSource::Builtin).unwrap());

const PASSAGE: &str = "# Roses\n\nRoses are pruned in late February, before the first buds open. \
    A sharp blade leaves a clean cut.\n\nThe cache is not emptied at midnight. It holds 500 \
    entries for 20 minutes, see [the guide](guide.md).\n\n| Fruit | Colour |\n|---|---|\n\
    | Apples | red |\n\n```sh\nmake run --fast\n```\n\n> The heron eats seventeen frogs\n\
    > every Tuesday.\n\nPrices rose by 10%.\n\nYes.\n";

const CHINESE: &str = "缓存在午夜不清空。它保存五百个条目。";

/// The verdict without an embedder, and with one.
fn verdicts(claim: &str, passage: &str) -> [Support; 2] {
    let source = source(1, passage);
    [support(claim, &source, None), support(claim, &source, Some(EMBEDDER.as_ref()))]
}

fn all(verdict: Support, passage: &str, claims: &[&str]) {
    for claim in claims {
        assert_eq!(verdicts(claim, passage), [verdict; 2], "{claim}");
    }
}

#[test]
fn words_of_the_passage_are_exact() {
    all(
        Support::Exact,
        PASSAGE,
        &[
            "Roses are pruned in late February, before the first buds open.",
            "**Roses** are pruned in\nlate February , before the _first_ buds open .",
            "roses are pruned in late February",
            "It holds 500 entries for 20 minutes, see the guide",
            "The heron eats seventeen frogs every Tuesday",
            "| Apples | red |",
            "`make run --fast`",
            "make run",
            "“A sharp blade leaves a clean cut.”",
            "Source says: \"A sharp blade leaves a clean cut.\"",
            "The guide says: “The heron eats seventeen frogs",
            "Yes",
        ],
    );
    all(Support::Exact, CHINESE, &["它保存五百个条目。", "保存五百个条目", "缓存在午夜不清空"]);
}

#[test]
fn other_words_for_the_same_are_likely() {
    all(
        Support::Likely,
        PASSAGE,
        &[
            "Pruned in late February are the roses, before buds open.",
            "ROSES ARE PRUNED in late February.",
            "The cache isn't emptied at midnight.",
            "Apples: red",
            "seventeen frogs are what the heron eats",
        ],
    );
    all(Support::Likely, CHINESE, &["五百个条目它保存。"]);
    // The embedding makes up for a word that is not there.
    let loose = verdicts("February is when roses get pruned.", PASSAGE);
    assert_eq!(loose, [Support::Missing, Support::Likely]);
}

#[test]
fn changed_numbers_and_negations_are_never_supported() {
    all(
        Support::Missing,
        PASSAGE,
        &[
            "It holds 600 entries for 20 minutes.",
            "It holds 20 entries for 20 minutes.",
            "It holds 50",
            "The heron eats seven frogs every Tuesday.",
            "The cache is emptied at midnight.",
            "emptied at midnight",
            "Roses are not pruned in late February, before the first buds open.",
            "A sharp blade never leaves a clean cut.",
            "The guide never says: “A sharp blade leaves a clean cut.”",
        ],
    );
    all(Support::Missing, CHINESE, &["缓存在午夜清空。", "它不保存五百个条目。"]);
}

#[test]
fn what_the_passage_does_not_say_is_missing() {
    all(
        Support::Missing,
        PASSAGE,
        &["Tulips are planted in October.", "It is so.", "", "A tulip says \"Yes.\" to all"],
    );
    all(Support::Missing, CHINESE, &["今天天气很好。"]);
    all(Support::Missing, "---", &["Roses are pruned."]);
}

#[test]
fn a_part_of_a_word_or_number_is_no_word() {
    assert!(has_words("Apples are red.", "Apples are red"));
    assert!(has_words("苹果是红色的", "是红色"));
    for (sentence, words) in [
        ("Apples are redder", "Apples are red"),
        ("Apples are red-hot", "Apples are red"),
        ("It costs 1.5 million", "It costs 1"),
        ("Prices rose by 10%.", "Prices rose by 10"),
        ("He can't swim", "He can"),
        ("down to -5 degrees", "5 degrees"),
        ("in 0.5 degrees", "5 degrees"),
    ] {
        assert!(!has_words(sentence, words), "{sentence}");
    }
}

#[test]
fn headings_say_what_a_sentence_leaves_out() {
    let mut source = source(1, "It supports three databases and two caches.");
    source.hit.chunk.heading = vec!["Heron 7".into(), "Storage".into()];
    let verdict = |claim: &str| support(claim, &source, None);
    assert_eq!(verdict("Heron 7 supports three databases."), Support::Likely);
    assert_eq!(verdict("Heron 8 supports three databases."), Support::Missing);
}

#[test]
fn the_verdict_follows_the_thresholds() {
    let limits = Thresholds { overlap: 0.5, cosine: 0.4, overlap_alone: 0.8 };
    let check = Check { exact: false, overlap: 0.6, cosine: Some(0.5), agrees: true };
    assert_eq!(check.verdict(&limits), Support::Likely);
    assert_eq!(Check { cosine: None, ..check }.verdict(&limits), Support::Missing);
    assert_eq!(Check { cosine: Some(0.3), ..check }.verdict(&limits), Support::Missing);
    assert_eq!(Check { agrees: false, ..check }.verdict(&limits), Support::Missing);
    assert_eq!(Check { exact: true, overlap: 0.0, ..check }.verdict(&limits), Support::Exact);
}
