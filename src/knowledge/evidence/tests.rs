//! Evidence from passages made for it, with and without the built-in ranker.

use super::*;
use crate::config::Order;
use crate::domain::{ByteRange, Chunk, LeftOut, LineRange, OffsetMap};
use crate::knowledge::embed::{EmbedderSource, load};
use crate::knowledge::rank::{self, RankerSource};

fn hit(rank: usize, heading: &str, text: &str) -> Hit {
    let chunk = Chunk {
        id: rank.to_string(),
        path: format!("/docs/{rank}.md"),
        collection: "default".into(),
        heading: vec![heading.into()],
        bytes: ByteRange::new(50, 50 + text.len()),
        lines: LineRange { start: 7, end: 9 },
        text: text.into(),
        offsets: OffsetMap::verbatim(50, text.len()),
        rendered: false,
        index: 0,
        file_hash: String::new(),
        modified: 0,
        units: Vec::new(),
        language: String::new(),
    };
    Hit { chunk, rank, score: 1.0 / rank as f32, vector: None, full_text: None, stale: false }
}

fn hits() -> Vec<Hit> {
    vec![
        hit(1, "Roses", "# Roses\n\nRoses are pruned in\nlate February. They like sun."),
        hit(2, "Bread", "The dough rests for ninety minutes. They like sun."),
    ]
}

fn of(hits: &[Hit], question: &str, options: EvidenceOptions, ranked: bool) -> Evidence {
    let embedder = load(&EmbedderSource::Builtin).unwrap();
    let mut stats = TermStats::default();
    hits.iter().for_each(|h| stats.add(&h.chunk.search_text()));
    let vector = embedder.embed_query(question).unwrap();
    let ranker = ranked.then(|| rank::load(&RankerSource::Builtin).unwrap());
    let judges = Judges {
        embedder: embedder.as_ref(),
        stats: &stats,
        ranker: ranker.as_deref(),
        budget: Duration::from_secs(60),
    };
    judged(question, &vector, hits, judges, options).unwrap()
}

fn evidence(question: &str, sentences: usize, order: Order) -> Evidence {
    of(&hits(), question, EvidenceOptions { sentences, hits: 4, order }, false)
}

const BEST: EvidenceOptions = EvidenceOptions { sentences: 4, hits: 4, order: Order::Best };

fn best(found: &Evidence) -> &str {
    &found.sources[0].sentences[0].text
}

#[test]
fn the_sentence_that_answers_comes_first_with_its_place() {
    let found = evidence("When does the dough rest?", 2, Order::Best);
    let first = &found.sources[0];
    assert_eq!((first.number, first.hit.rank), (1, 2));
    assert_eq!(first.sentences[0].text, "The dough rests for ninety minutes.");
    assert!(first.compressed && first.used());
    let rose = evidence("When are roses pruned?", 1, Order::Best);
    let sentence = &rose.sources[0].sentences[0];
    assert_eq!(sentence.text, "Roses are pruned in late February.");
    let text = &rose.sources[0].hit.chunk.text;
    assert_eq!(sentence.bytes.start, 50 + text.find("Roses are").unwrap());
    assert_eq!(sentence.lines, LineRange { start: 9, end: 10 });
    assert_eq!(rose.sources[1].left_out, Some(LeftOut::NoSentence));
}

#[test]
fn titles_and_repeated_sentences_are_not_offered() {
    let found = evidence("What about roses?", 9, Order::Source);
    let texts: Vec<&str> =
        found.sources.iter().flat_map(|s| s.sentences.iter().map(|s| s.text.as_str())).collect();
    assert!(!texts.contains(&"Roses"), "{texts:?}");
    assert_eq!(texts.iter().filter(|t| **t == "They like sun.").count(), 1);
}

#[test]
fn whole_passages_keep_their_rank_and_all_sentences() {
    let found = evidence("When are roses pruned?", 0, Order::Source);
    assert_eq!(found.sources.len(), 2);
    assert!(!found.sources[0].compressed);
    assert_eq!(found.sources[0].text(), hits()[0].chunk.text);
    assert_eq!(found.sources[0].sentences.len(), 2);
}

#[test]
fn support_parts_what_is_there_from_what_is_not() {
    let there = evidence("When are roses pruned?", 4, Order::Best);
    let absent = evidence("Who won the football cup?", 4, Order::Best);
    assert!(there.support > 1.0 && absent.support < 0.6, "{} {}", there.support, absent.support);
    assert!(there.answers > absent.answers);
}

#[test]
fn the_ranker_finds_what_shares_few_words() {
    let museum = [hit(
        1,
        "Museum",
        "The museum is popular with families. It opens at ten in the morning. It closes on \
         Mondays. A ticket costs nine euros. The director is Mara Lindqvist.",
    )];
    for (question, answer) in [
        ("When does the museum open?", "ten"),
        ("How much is a ticket?", "nine euros"),
        ("On which day is the museum closed?", "Mondays"),
    ] {
        let found = of(&museum, question, BEST, true);
        assert!(best(&found).contains(answer), "{question}: {}", best(&found));
        assert!(found.signs[0].logit.is_some());
    }
    let there = of(&museum, "When does the museum open?", BEST, true).answers;
    let absent = of(&museum, "What is the capital of France?", BEST, true).answers;
    assert!(there > 0.3 && absent < 0.1, "{there} {absent}");
}

#[test]
fn the_passage_with_the_best_sentence_comes_first() {
    let hits = [
        hit(1, "Valves", "The north valve is red. The north valve was built by the north wall."),
        hit(2, "Pressure", "The north valve opens at a pressure of 42 bar."),
    ];
    let options = EvidenceOptions { sentences: 0, ..BEST };
    let found = of(&hits, "At what pressure does the north valve open?", options, true);
    assert_eq!(found.sources[0].hit.rank, 2);
}

#[test]
fn a_title_that_repeats_the_question_never_wins() {
    let hits = [
        hit(1, "Contents", "What’s new in Pump 3.11\n\nWhat’s new in Pump 3.10"),
        hit(2, "News", "Pump 3.11 is faster and starts without a key."),
    ];
    let found = of(&hits, "What's new in Pump 3.11?", BEST, true);
    assert!(best(&found).contains("faster"), "{}", best(&found));
    // A sentence that repeats it is an answer.
    let hits = [hit(1, "Valves", "The zebra valve is red.")];
    let found = of(&hits, "Is the zebra valve red?", BEST, true);
    assert!(found.answers > 0.2, "{}", found.answers);
}

#[test]
fn a_question_never_wins_over_a_statement() {
    let hits = [hit(
        1,
        "Asking",
        "How long are backups kept? Backups are kept for 30 days. For example, run lorag ask \
         \"How long are backups kept?\"",
    )];
    for ranked in [false, true] {
        let found = of(&hits, "How long are backups kept?", BEST, ranked);
        assert_eq!(best(&found), "Backups are kept for 30 days.", "{ranked}");
    }
}

#[test]
fn other_scripts_are_ranked_by_what_they_share() {
    let hits = [
        hit(1, "", "健身房每天早上六点开门。停车场周末免费。"),
        hit(2, "", "月亮很亮。今天下雨。"),
    ];
    let found = of(&hits, "健身房几点开门？", BEST, true);
    assert!(best(&found).contains("六点"), "{}", best(&found));
    assert!(found.signs.iter().all(|signs| signs.logit.is_none() && signs.answers.is_some()));
}

#[test]
fn nothing_found_is_no_evidence() {
    let found = of(&[], "When?", BEST, true);
    assert!(found.sources.is_empty() && found.answers == 0.0 && found.signs.is_empty());
}

#[test]
fn all_that_stands_below_a_name_answers_what_changed_there() {
    let hits = [
        hit(1, "Release 5.1", "Themes can be written in one file. Keys are shown in the bar."),
        hit(2, "Release 5.0", "Sessions are kept for a year. The parser was rewritten."),
    ];
    let found = of(&hits, "What changed in 5.0?", BEST, true);
    let below = |signs: &&Signs| signs.hit == 1;
    assert!(found.answers >= 0.3, "{found:?}");
    assert_eq!(found.signs.first().map(|signs| signs.hit), Some(1));
    assert!(found.signs.iter().filter(below).all(|signs| signs.answers >= Some(0.3)));
    assert!(found.signs.iter().filter(|s| s.hit == 0).all(|signs| signs.answers < Some(0.3)));
    let found = of(&hits, "What changed in 6.0?", BEST, true);
    assert!(found.answers < 0.06, "{found:?}");
}
