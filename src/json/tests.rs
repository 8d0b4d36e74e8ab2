//! The JSON of `ask` and `search` to the byte, as lorag of commit b442ba0
//! printed it.

use super::*;
use crate::domain::{
    Alternative, ByteRange, Chunk, DroppedCitation, FinishReason, FullTextLeg, GenerationStats,
    Ledger, LeftOut, LineRange, Mode, OffsetMap, SearchTimings, SourceTokens, Strategy, Support,
    VectorLeg,
};

fn hit() -> Hit {
    let text = "Wait a minute.";
    let chunk = Chunk {
        id: "c1".to_owned(),
        path: "/docs/a.md".to_owned(),
        collection: "docs".to_owned(),
        heading: vec!["Guide".to_owned(), "Reset".to_owned()],
        bytes: ByteRange::new(3, 17),
        lines: LineRange { start: 2, end: 2 },
        text: text.to_owned(),
        offsets: OffsetMap::verbatim(3, text.len()),
        rendered: false,
        index: 0,
        file_hash: "00ff".to_owned(),
        modified: 5,
        units: Vec::new(),
        language: "en".to_owned(),
    };
    Hit {
        chunk,
        rank: 1,
        score: 0.5,
        vector: Some(VectorLeg { rank: 1, distance: 0.1 }),
        full_text: Some(FullTextLeg { rank: 2, score: 3.5 }),
        stale: true,
    }
}

fn answer() -> Answer {
    let source = Source {
        number: 1,
        hit: hit(),
        sentences: Vec::new(),
        compressed: false,
        tokens: 7,
        left_out: Some(LeftOut::NotPinned),
    };
    Answer {
        question: "How?".to_owned(),
        text: "Wait. [1]".to_owned(),
        answered: true,
        answers: Some(0.75),
        quoted: true,
        mode: Mode::Hybrid,
        strategy: Strategy::Sequence,
        alternatives: vec![Alternative {
            number: 2,
            text: "Nine. [2]".to_owned(),
            source: 0.25,
            log_likelihood: -1.5,
            share: 0.5,
        }],
        model: "reader".to_owned(),
        adapter: None,
        citations: vec![Citation {
            number: 1,
            path: "/docs/a.md".to_owned(),
            locator: hit().chunk.locator(),
            quote: "Wait a minute.".to_owned(),
            rendered: false,
            mark: ByteRange::new(6, 9),
            support: Support::Exact,
            answers: None,
            found: false,
        }],
        uncited: Vec::new(),
        dropped: vec![DroppedCitation { number: 9, at: 4 }],
        sources: vec![source],
        ledger: Ledger {
            window: 64,
            sources: vec![SourceTokens { number: 1, tokens: 7, used: false }],
            ..Ledger::default()
        },
        search: SearchTimings { embed_ms: 0.5, ..SearchTimings::default() },
        searched: Vec::new(),
        generation: GenerationStats {
            prompt_tokens: 9,
            estimated: false,
            reused_tokens: 4,
            completion_tokens: 3,
            reasoning_tokens: 0,
            time_to_first_token_ms: 1.5,
            prompt_tokens_per_s: f64::NAN,
            decode_tokens_per_s: 50.0,
            total_ms: 60.0,
            finish_reason: FinishReason::NotGenerated,
            model: "reader".to_owned(),
            quantization: "none".to_owned(),
            device: "cpu".to_owned(),
            engine: "llama.cpp (as set)".to_owned(),
            resident_bytes: 1 << 20,
        },
    }
}

const ASK: &str = include_str!("../../tests/fixtures/ask-b442ba0.json");
const SEARCH: &str = include_str!("../../tests/fixtures/search-b442ba0.json");

#[test]
fn answers_and_hits_are_printed_as_they_always_were() {
    let mut asked = ask(&answer(), None, 2.5);
    // What came later, all else where it was.
    let fields = asked.as_object_mut().unwrap();
    assert_eq!(fields.shift_remove("doubtful"), Some(false.into()));
    assert_eq!(fields.shift_remove("unsupported"), Some(Vec::<Value>::new().into()));
    let citation = fields["citations"][0].as_object_mut().unwrap();
    assert_eq!(citation.shift_remove("found"), Some(false.into()));
    let asked = asked.to_string();
    let hits = vec![hit()];
    let searched = search("How?", &Found { hits, ..Found::default() }).to_string();
    assert_eq!((asked.as_str(), searched.as_str()), (ASK, SEARCH));
}

#[test]
fn every_reason_has_its_name() {
    use LeftOut::*;
    let reasons = [NoRoom, NoSentence, NotAsked, Excluded, NotPinned].map(figures::left_out);
    assert_eq!(reasons, ["no_room", "no_sentence", "not_asked", "excluded", "not_pinned"]);
    let checks = [Support::Unchecked, Support::Exact, Support::Likely, Support::Missing];
    assert_eq!(checks.map(figures::support), ["unchecked", "exact", "likely", "missing"]);
}
