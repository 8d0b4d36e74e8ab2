//! What is written of every field and every kind, to the byte. The fixtures
//! come from the lorag of commit b442ba0, which wrote its own types as they
//! were: what is written now must be what was written then.

use super::super::record::{Header, Record, SettingsRecord, TurnRecord, encode};
use super::*;
use crate::config::QuoteMode;
use crate::domain::{
    DroppedCitation, FullTextLeg, Ledger, LeftOut, SearchTimings, Sentence, SourceTokens, Strategy,
    Unit, UnitKind,
};

const LINES: &str = include_str!("../../../tests/fixtures/session-b442ba0.jsonl");
const EXPORT: &str = include_str!("../../../tests/fixtures/export-b442ba0.json");

/// A turn with something in every field.
fn rich() -> Turn {
    let mut turn =
        turn(7, Some(3), "Wie\n\u{1b}[2J \u{202e}\"lang\"? 日本 👩‍💻", "So [1]: ½ … \u{0}\\");
    turn.thought = "Hm.\tLet me see.".to_owned();
    turn.mode = Mode::Hybrid;
    turn.strategy = Strategy::Sequence;
    turn.adapter = Some("bullets*0.5+quote".to_owned());
    turn.answers = Some(0.1);
    turn.quoted = true;
    turn.dropped = vec![DroppedCitation { number: 12, at: 4 }];
    turn.searched = vec!["And then?".to_owned(), "the time of the lamp".to_owned()];
    turn.alternatives = vec![Alternative {
        number: 2,
        text: "Nine. [2]".to_owned(),
        source: 1.0 / 3.0,
        log_likelihood: -12.345_678_901_234_5,
        share: 1e-9,
    }];
    turn.ledger = Ledger {
        window: 4096,
        system: 120,
        history: 31,
        question: 9,
        sources: vec![SourceTokens { number: 1, tokens: 17, used: true }],
        template: 12,
        reserve: 128,
        prompt: 317,
        estimated: false,
    };
    turn.search = SearchTimings {
        embed_ms: 0.25,
        vector_ms: 1e21,
        full_text_ms: 3.0,
        fuse_ms: 0.1,
        total_ms: 4.35,
    };
    let source = &mut turn.sources[0];
    source.compressed = true;
    source.left_out = Some(LeftOut::NoRoom);
    let place = (ByteRange::new(1, 9), LineRange { start: 3, end: 4 });
    source.sentences = vec![Sentence {
        text: "It burns.".to_owned(),
        within: ByteRange::new(0, 9),
        bytes: place.0,
        lines: place.1,
        score: -0.3,
        answers: Some(1.0),
    }];
    let hit = &mut source.hit;
    hit.score = f32::MIN_POSITIVE;
    hit.full_text = Some(FullTextLeg { rank: 4, score: 16_777_216.0 });
    hit.stale = true;
    let chunk = &mut hit.chunk;
    chunk.rendered = true;
    chunk.index = u32::MAX;
    chunk.modified = i64::MIN;
    chunk.language = "de".to_owned();
    chunk.offsets.push(40, 1, 1, 5);
    chunk.offsets.push(0, 3, 1, 0);
    let unit = |kind, context: &str| Unit {
        kind,
        within: ByteRange::new(2, 5),
        context: context.to_owned(),
    };
    chunk.units =
        vec![unit(UnitKind::Sentence, ""), unit(UnitKind::Row, "Lamps"), unit(UnitKind::Code, "")];
    let generation = turn.generation.as_mut().unwrap();
    generation.resident_bytes = u64::MAX;
    turn
}

/// The rich turn, and one for each kind that it can't hold as well.
fn all() -> Vec<Turn> {
    let mut turns = vec![Turn::default(), rich()];
    let message = "no model;\nload one".to_owned();
    for outcome in [
        Outcome::Pending,
        Outcome::Answered,
        Outcome::NotAnswered,
        Outcome::Cut,
        Outcome::Cancelled,
        Outcome::Failed { message },
    ] {
        turns.push(Turn { outcome, ..Turn::default() });
    }
    turns.extend(Mode::ALL.map(|mode| Turn { mode, ..Turn::default() }));
    for support in [Support::Unchecked, Support::Exact, Support::Likely, Support::Missing] {
        let mut turn = turn(0, None, "", "");
        turn.citations[0].support = support;
        turn.citations[0].answers = None;
        turns.push(turn);
    }
    for left_out in [
        LeftOut::NoRoom,
        LeftOut::NoSentence,
        LeftOut::NotAsked,
        LeftOut::Excluded,
        LeftOut::NotPinned,
    ] {
        let mut turn = turn(0, None, "", "");
        turn.sources[0].left_out = Some(left_out);
        turn.sources[0].hit.vector = None;
        turns.push(turn);
    }
    for reason in [
        FinishReason::Stop,
        FinishReason::Length,
        FinishReason::Determined,
        FinishReason::Repeated,
        FinishReason::Cancelled,
        FinishReason::NotGenerated,
    ] {
        let mut turn = turn(0, None, "", "");
        turn.generation.as_mut().unwrap().finish_reason = reason;
        turns.push(turn);
    }
    for (id, turn) in (1..).zip(&mut turns) {
        turn.id = id;
    }
    turns
}

fn settings() -> Vec<SessionSettings> {
    let all = |quote, strategy| SessionSettings {
        mode: Some(Mode::Rag),
        model: Some("reader".to_owned()),
        adapter: Some("none".to_owned()),
        collection: Some(String::new()),
        quote: Some(quote),
        strategy: Some(strategy),
    };
    vec![
        SessionSettings::default(),
        all(QuoteMode::Auto, Strategy::Token),
        all(QuoteMode::On, Strategy::Sequence),
        all(QuoteMode::Off, Strategy::Token),
    ]
}

fn fork() -> Fork {
    Fork { session: "20261120-090000-x7ab".to_owned(), turn: Some(3) }
}

fn session() -> Session {
    Session {
        info: SessionInfo {
            id: "20261121-142233-k3f9".to_owned(),
            title: "The router".to_owned(),
            created_ms: 1_795_270_953_000,
            ..SessionInfo::default()
        },
        turns: all(),
        head: Some(2),
        forked_from: Some(fork()),
        ..Session::default()
    }
}

#[test]
fn a_file_has_the_bytes_it_always_had() {
    let mut lines = Vec::new();
    let header = Header {
        version: 1,
        id: session().info.id,
        created_ms: 5,
        lorag: "0.1.0",
        forked_from: Some(fork()),
    };
    let mut put = |record: &Record<'_>| encode(record, &mut lines).unwrap();
    put(&Record::Header(&header));
    for turn in &all() {
        let (turn_id, turn) = (turn.id, &TurnRecord::from(turn));
        put(&Record::Turn { at_ms: 6, turn_id, turn });
    }
    put(&Record::Title { at_ms: 7, title: "The router" });
    put(&Record::Head { at_ms: 8, tip: 2 });
    for settings in &settings() {
        put(&Record::Settings { at_ms: 9, settings: &SettingsRecord::from(settings) });
    }
    let lines = String::from_utf8(lines).unwrap();
    for (now, then) in lines.lines().zip(LINES.lines()) {
        assert_eq!(now, then);
    }
    assert_eq!(lines, LINES);
}

#[test]
fn an_export_has_the_bytes_it_always_had() {
    assert_eq!(to_json(&session()), EXPORT);
}

#[test]
fn a_file_of_b442ba0_gives_every_field_back() {
    let (_temp, sessions) = sessions();
    let session = session();
    plant(&sessions, &session.info.id, LINES.as_bytes());
    let read = sessions.load(&session.info.id).unwrap();
    assert_eq!(read.recovered, None);
    let wanted: Vec<Turn> = session.turns.into_iter().map(ended).collect();
    assert_eq!(read.turns, wanted);
    assert_eq!((read.head, read.forked_from), (session.head, session.forked_from));
    assert_eq!(read.settings, settings().pop());
}

/// Nobody answers a turn of a file any more.
fn ended(turn: Turn) -> Turn {
    match turn.outcome {
        Outcome::Pending => Turn { outcome: Outcome::Cancelled, ..turn },
        _ => turn,
    }
}

#[test]
fn what_a_turn_lacks_has_its_default_and_what_is_not_known_is_passed_over() {
    let (_temp, sessions) = sessions();
    let lines = b"{\"record\":\"header\",\"version\":1,\"id\":\"a\",\"created_ms\":5}\n\
        {\"record\":\"turn\",\"turn_id\":1,\"turn\":{\"id\":1,\"mood\":\"sunny\",\"citations\":\
        [{\"number\":2,\"lines\":{\"start\":4},\"bytes\":{},\"hue\":{\"red\":9}}],\"sources\":[{\"hit\":{\"chunk\":{\"offsets\":\
        [{\"text_unit\":0}]}}}],\"generation\":{\"engine\":\"x\"}}}\n";
    plant(&sessions, "a", lines);
    let session = sessions.load("a").unwrap();
    assert_eq!(session.recovered, None);
    let turn = &session.turns[0];
    assert_eq!((turn.mode, turn.citations[0].number), (Mode::Rag, 2));
    assert_eq!(turn.citations[0].support, Support::Unchecked);
    // A run without units would divide by zero.
    assert!(turn.sources[0].hit.chunk.offsets.runs().is_empty());
    assert_eq!(turn.generation.as_ref().unwrap().engine, "x");
}

#[test]
fn a_citation_of_an_unknown_kind_of_document_is_refused() {
    let (_temp, sessions) = sessions();
    let line = b"{\"record\":\"header\",\"version\":1,\"id\":\"a\",\"created_ms\":5}\n\
        {\"record\":\"turn\",\"turn_id\":1,\"turn\":{\"citations\":[{\"number\":2,\"page\":4}]}}\n";
    plant(&sessions, "a", line);
    let said = sessions.load("a").unwrap().recovered.unwrap();
    assert!(said.contains("1 record is not understood"), "{said}");
}
