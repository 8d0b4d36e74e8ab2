//! Sessions in real folders: kept, torn, locked, found again.

mod keeping;
mod written;

use super::*;
use crate::domain::{
    Alternative, ByteRange, Chunk, Citation, FinishReason, GenerationStats, Hit, LineRange,
    Locator, Mode, OffsetMap, Source, Support, VectorLeg,
};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A turn that is done, with one source and one citation.
fn turn(id: TurnId, parent: Option<TurnId>, question: &str, text: &str) -> Turn {
    let place = (ByteRange::new(3, 20), LineRange { start: 2, end: 4 });
    let chunk = Chunk {
        id: "c1".to_owned(),
        path: "/docs/a.md".to_owned(),
        collection: "docs".to_owned(),
        heading: vec!["Guide".to_owned()],
        bytes: place.0,
        lines: place.1,
        text: "Hold the button.\n".to_owned(),
        offsets: OffsetMap::verbatim(3, 17),
        rendered: false,
        index: 0,
        file_hash: "00ff".to_owned(),
        modified: 5,
        units: Vec::new(),
        language: String::new(),
    };
    let vector = Some(VectorLeg { rank: 1, distance: 0.25 });
    let hit = Hit { chunk, rank: 1, score: 0.5, vector, full_text: None, stale: false };
    Turn {
        id,
        parent,
        asked_ms: 1_795_270_953_000,
        question: question.to_owned(),
        text: text.to_owned(),
        outcome: Outcome::Answered,
        mode: Mode::Rag,
        model: "reader".to_owned(),
        citations: vec![Citation {
            number: 1,
            path: "/docs/a.md".to_owned(),
            locator: Locator::text(place.1, place.0),
            quote: "Hold the button.".to_owned(),
            rendered: false,
            mark: ByteRange::new(5, 8),
            support: Support::Exact,
            answers: Some(0.75),
            found: false,
        }],
        sources: vec![Source {
            number: 1,
            hit,
            sentences: Vec::new(),
            compressed: false,
            tokens: 7,
            left_out: None,
        }],
        generation: Some(GenerationStats {
            estimated: false,
            prompt_tokens: 9,
            reused_tokens: 4,
            engine: "llama.cpp (as set)".into(),
            completion_tokens: 3,
            reasoning_tokens: 0,
            time_to_first_token_ms: 1.5,
            prompt_tokens_per_s: 100.0,
            decode_tokens_per_s: 50.0,
            total_ms: 60.0,
            finish_reason: FinishReason::Stop,
            model: "reader".to_owned(),
            quantization: "none".to_owned(),
            device: "cpu".to_owned(),
            resident_bytes: 1 << 20,
        }),
        ..Turn::default()
    }
}

fn sessions() -> (TempDir, Sessions) {
    let temp = tempfile::tempdir().unwrap();
    let sessions = Sessions::new(temp.path().join("data").join("sessions"));
    (temp, sessions)
}

/// A session with these turns; gives its id.
fn kept(sessions: &Sessions, turns: &[Turn]) -> String {
    let mut writer = sessions.create().unwrap();
    for turn in turns {
        writer.turn(turn).unwrap();
    }
    writer.id().to_owned()
}

fn file(sessions: &Sessions, id: &str) -> PathBuf {
    sessions.folder().join(format!("{id}.jsonl"))
}

/// A file as another program could have left it there.
fn plant(sessions: &Sessions, id: &str, content: &[u8]) {
    fs::create_dir_all(sessions.folder()).unwrap();
    fs::write(file(sessions, id), content).unwrap();
}

/// A session with one question, that was last changed then.
fn planted(sessions: &Sessions, id: &str, at: i64, question: &str) {
    let lines = format!(
        "{{\"record\":\"header\",\"version\":1,\"id\":\"{id}\",\"created_ms\":5}}\n\
         {{\"record\":\"turn\",\"at_ms\":{at},\"turn_id\":1,\"turn\":{{\"question\":\"{question}\"}}}}\n"
    );
    plant(sessions, id, lines.as_bytes());
}

fn ids(list: &[SessionInfo]) -> Vec<&str> {
    list.iter().map(|info| info.id.as_str()).collect()
}

#[test]
fn an_empty_chat_leaves_no_file() {
    let (_temp, sessions) = sessions();
    assert!(sessions.list().unwrap().is_empty());
    assert_eq!(sessions.latest().unwrap(), None);
    drop(sessions.create().unwrap());
    assert_eq!(fs::read_dir(sessions.folder()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn files_and_folder_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    let (_temp, sessions) = sessions();
    let id = kept(&sessions, &[turn(1, None, "a", "b")]);
    assert_eq!(mode(sessions.folder()), 0o700);
    let path = file(&sessions, &id);
    assert_eq!(mode(&path), 0o600);
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend(b"{torn");
    fs::write(&path, bytes).unwrap();
    sessions.open(&id).unwrap();
    assert_eq!(mode(&path.with_extension("torn")), 0o600);
}

#[test]
fn a_session_comes_back_as_it_was_and_goes_on() {
    let (_temp, sessions) = sessions();
    let first = turn(1, None, "How  do I\nreset it?", "Hold [1].");
    let id = {
        let mut writer = sessions.create().unwrap();
        let asked = Turn { text: String::new(), outcome: Outcome::Pending, ..first.clone() };
        writer.turn(&asked).unwrap();
        writer.turn(&first).unwrap();
        writer.id().to_owned()
    };
    let (session, mut writer) = sessions.open(&id).unwrap();
    assert_eq!(session.turns, std::slice::from_ref(&first));
    assert_eq!((session.head, session.recovered.as_deref()), (Some(1), None));
    assert_eq!((session.info.title.as_str(), session.info.turns), ("How do I reset it?", 1));
    assert!(session.info.created_ms > 0 && session.info.updated_ms >= session.info.created_ms);

    let second = turn(2, Some(1), "And then?", "Wait [1].");
    writer.turn(&second).unwrap();
    writer.title("The\x1b router").unwrap();
    let loaded = sessions.load(&id).unwrap();
    assert_eq!(loaded.turns, [first, second]);
    assert_eq!(loaded.info.title, "The␛ router");
    assert_eq!(sessions.list().unwrap(), [loaded.info]);
    assert_eq!(sessions.latest().unwrap(), Some(id));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_text_survives(
        texts in proptest::collection::vec(proptest::collection::vec(any::<char>(), 0..40), 4),
        asked_ms in any::<i64>(),
        id in any::<u64>(),
    ) {
        let text = |n: usize| texts[n].iter().collect::<String>();
        let (_temp, sessions) = sessions();
        let message = format!("\n\u{2028}\u{9b}\0{}", text(2));
        let outcome = Outcome::Failed { message };
        let turn = turn(id, None, &text(0), &text(1));
        let turn = Turn { asked_ms, outcome, thought: text(3), ..turn };
        let session_id = kept(&sessions, std::slice::from_ref(&turn));
        let bytes = fs::read(file(&sessions, &session_id)).unwrap();
        prop_assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 2);
        prop_assert_eq!(sessions.list().unwrap().len(), 1);
        let (session, _writer) = sessions.open(&session_id).unwrap();
        prop_assert_eq!(session.recovered.as_deref(), None);
        prop_assert_eq!(session.turns, [turn]);
    }
}

#[test]
fn numbers_that_json_lacks_do_not_cost_the_turn() {
    let (_temp, sessions) = sessions();
    let mut odd = turn(1, None, "a", "b");
    odd.sources[0].hit.score = f32::NAN;
    odd.search.embed_ms = f64::INFINITY;
    odd.generation.as_mut().unwrap().decode_tokens_per_s = f64::NEG_INFINITY;
    odd.alternatives = vec![Alternative {
        number: 1,
        text: String::new(),
        source: 0.5,
        log_likelihood: f64::NEG_INFINITY,
        share: f64::NAN,
    }];
    let id = kept(&sessions, &[odd]);
    let session = sessions.load(&id).unwrap();
    assert_eq!(session.recovered, None);
    assert_eq!(session.turns[0].sources[0].hit.score, 0.0);
}

#[test]
fn a_record_torn_at_any_byte_costs_only_itself() {
    let (_temp, sessions) = sessions();
    let last = Turn { id: 2, parent: Some(1), question: "ä?".to_owned(), ..Turn::default() };
    let id = kept(&sessions, &[turn(1, None, "first", "text"), last]);
    let path = file(&sessions, &id);
    let torn = path.with_extension("torn");
    let bytes = fs::read(&path).unwrap();
    let start = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for end in start..bytes.len() {
        fs::write(&path, &bytes[..end]).unwrap();
        let _ = fs::remove_file(&torn);
        // All but the line break is a whole record.
        let whole = end == bytes.len() - 1;
        let cut = end > start && !whole;
        let count = if whole { 2 } else { 1 };
        let list = sessions.list().unwrap();
        assert_eq!((list[0].turns, list[0].note.is_some()), (count, cut), "at {end}");
        assert_eq!(fs::read(&path).unwrap(), &bytes[..end], "looking must not change the file");

        let (session, mut writer) = sessions.open(&id).unwrap();
        assert_eq!(session.turns.len(), count, "at {end}");
        assert_eq!(session.info.note, None);
        let said = session.recovered.unwrap_or_default();
        assert_eq!(said.contains(torn.to_str().unwrap()), cut, "{said}");
        if cut {
            assert_eq!(fs::read(&torn).unwrap(), [&bytes[start..end], b"\n"].concat());
        } else {
            assert!(!torn.exists());
        }
        writer.turn(&turn(3, Some(1), "third", "")).unwrap();
        let session = sessions.load(&id).unwrap();
        assert_eq!(session.recovered, None, "at {end}");
        assert_eq!(session.turns.last().unwrap().question, "third");
    }
}

#[test]
fn a_torn_header_is_written_anew() {
    let (_temp, sessions) = sessions();
    plant(&sessions, "a", b"{\"record\":\"hea");
    let (session, mut writer) = sessions.open("a").unwrap();
    assert!(session.turns.is_empty() && session.recovered.is_some());
    writer.turn(&turn(1, None, "q", "t")).unwrap();
    drop(writer);
    let text = fs::read_to_string(file(&sessions, "a")).unwrap();
    assert!(text.starts_with("{\"record\":\"header\",\"version\":1,\"id\":\"a\","), "{text}");
    assert_eq!(sessions.load("a").unwrap().recovered, None);
}

#[test]
fn what_was_pending_when_the_process_ended_is_cancelled() {
    let (_temp, sessions) = sessions();
    let pending = Turn { outcome: Outcome::Pending, ..turn(1, None, "q", "so far") };
    let id = kept(&sessions, &[pending]);
    let session = sessions.load(&id).unwrap();
    assert_eq!(session.turns[0].outcome, Outcome::Cancelled);
    assert_eq!(session.turns[0].text, "so far");
}

#[test]
fn a_session_has_one_writer() {
    let (_temp, sessions) = sessions();
    let mut writer = sessions.create().unwrap();
    writer.turn(&turn(1, None, "How do I reset it?", "")).unwrap();
    let id = writer.id().to_owned();
    assert_eq!(
        sessions.open(&id).unwrap_err().to_string(),
        format!(
            "the session {id} (How do I reset it?) is open in another lorag; close it there first"
        )
    );
    let message = sessions.delete(&id).unwrap_err().to_string();
    assert!(message.ends_with("close it there, then delete it"), "{message}");
    assert_eq!(sessions.load(&id).unwrap().turns.len(), 1);
    sessions.fork(&id, None).unwrap();
    drop(writer);
    sessions.open(&id).unwrap();
    sessions.delete(&id).unwrap();
    assert!(!file(&sessions, &id).exists());
    assert!(matches!(sessions.load(&id), Err(SessionError::NotFound { .. })));
}

#[test]
fn deleting_takes_the_torn_records_along() {
    let (_temp, sessions) = sessions();
    plant(&sessions, "a", b"{\"rec");
    sessions.open("a").unwrap();
    assert!(file(&sessions, "a").with_extension("torn").exists());
    sessions.delete("a").unwrap();
    assert_eq!(fs::read_dir(sessions.folder()).unwrap().count(), 0);
}

#[test]
fn a_part_of_an_id_is_enough_if_it_fits_one() {
    let (_temp, sessions) = sessions();
    for id in ["20261121-142233-k3f9", "20261121-150000-ab12", "20261121-150000-ab123"] {
        planted(&sessions, id, 9, "q");
    }
    let found = |id: &str| sessions.load(id).map(|session| session.info.id);
    assert_eq!(found("20261121-14").unwrap(), "20261121-142233-k3f9");
    assert_eq!(found(" k3f9 ").unwrap(), "20261121-142233-k3f9");
    assert_eq!(found("20261121-150000-ab12").unwrap(), "20261121-150000-ab12");
    let message = found("20261121-15").unwrap_err().to_string();
    assert!(message.contains("20261121-150000-ab123, 20261121-150000-ab12;"), "{message}");
    for id in ["", "-", "../20261121-142233-k3f9", "3f9"] {
        assert!(matches!(found(id), Err(SessionError::NotFound { .. })), "{id}");
    }
}

#[test]
fn branches_and_the_shown_tip_are_kept_and_forked() {
    let (_temp, sessions) = sessions();
    let mut writer = sessions.create().unwrap();
    for (id, parent) in [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))] {
        writer.turn(&turn(id, parent, &format!("q{id}"), "")).unwrap();
    }
    let id = writer.id().to_owned();
    let branch = |id: &str| -> Vec<TurnId> {
        sessions.load(id).unwrap().branch().iter().map(|turn| turn.id).collect()
    };
    assert_eq!(branch(&id), [1, 4]);
    writer.head(3).unwrap();
    // A turn that is done later doesn't change what is shown.
    writer.turn(&turn(4, Some(1), "q4", "late")).unwrap();
    assert_eq!(branch(&id), [1, 2, 3]);

    let settings = SessionSettings { mode: Some(Mode::Base), ..SessionSettings::default() };
    writer.settings(&settings).unwrap();
    let copy = sessions.fork(&id, Some(2)).unwrap();
    let forked = sessions.load(&copy).unwrap();
    assert_eq!(branch(&copy), [1, 2]);
    assert_eq!(forked.turns, sessions.load(&id).unwrap().turns, "a copy has every branch");
    assert_eq!(forked.settings, Some(settings));
    assert_eq!(forked.info.title, "q1 (fork)");
    assert_eq!(forked.forked_from, Some(Fork { session: id.clone(), turn: Some(2) }));
    assert_eq!(branch(&sessions.fork(&id, None).unwrap()), [1, 2, 3]);
    assert_eq!(branch(&sessions.fork(&id, Some(4)).unwrap()), [1, 4]);
    let message = sessions.fork(&id, Some(9)).unwrap_err().to_string();
    assert!(message.contains("has no turn 9"), "{message}");
    assert_eq!(sessions.load(&id).unwrap().turns.len(), 4);
}

#[test]
fn parents_in_a_circle_and_a_lost_head_do_no_harm() {
    let (_temp, sessions) = sessions();
    let id = kept(&sessions, &[turn(1, Some(2), "a", ""), turn(2, Some(1), "b", "")]);
    let (_, mut writer) = sessions.open(&id).unwrap();
    writer.head(7).unwrap();
    let session = sessions.load(&id).unwrap();
    assert_eq!(session.head, Some(2));
    assert_eq!(session.branch().len(), 2);
}

#[test]
fn the_list_is_newest_first_and_hides_nothing() {
    let (_temp, sessions) = sessions();
    planted(&sessions, "old", 10, "old question");
    planted(&sessions, "new", 30, "new question");
    planted(&sessions, "torn", 20, "torn question");
    let torn = fs::read(file(&sessions, "torn")).unwrap();
    plant(&sessions, "torn", &[&torn[..], b"\0\0 no json\n", &torn[..20]].concat());
    plant(&sessions, "garbage", b"\xff\xfe\n");
    fs::create_dir(file(&sessions, "folder")).unwrap();
    fs::write(sessions.folder().join("notes.txt"), "mine").unwrap();

    let list = sessions.list().unwrap();
    assert_eq!(ids(&list), ["garbage", "new", "torn", "old", "folder"]);
    let note = |at: usize| list[at].note.as_deref().unwrap_or_default();
    assert_eq!((list[0].title.as_str(), list[0].turns), ("garbage", 0));
    assert!(note(0).contains("1 damaged line is left out"), "{}", note(0));
    assert_eq!((list[1].title.as_str(), note(1)), ("new question", ""));
    assert!(note(2).contains("1 damaged line"), "{}", note(2));
    assert!(note(2).ends_with("its last record was cut off and is left out"), "{}", note(2));
    assert_eq!(note(4), "it cannot be read: it is no file");
    assert_eq!(sessions.latest().unwrap().as_deref(), Some("new"));

    // What is damaged stays where it is when the session goes on.
    let (session, mut writer) = sessions.open("torn").unwrap();
    assert_eq!(session.turns.len(), 1);
    assert!(session.recovered.unwrap().contains("1 damaged line"));
    writer.title("mended").unwrap();
    let bytes = fs::read(file(&sessions, "torn")).unwrap();
    assert!(bytes.windows(9).any(|window| window == b"\0\0 no jso"));
    assert_eq!(sessions.load("torn").unwrap().info.title, "mended");
}

#[test]
fn a_search_finds_titles_questions_and_answers() {
    let (_temp, sessions) = sessions();
    let router = kept(&sessions, &[turn(1, None, "Reset the router?", "Hold the button [1].")]);
    kept(&sessions, &[turn(1, None, "Tea?", "Green.")]);
    sessions.open(&router).unwrap().1.title("Network").unwrap();
    let found = sessions.search("BUTTON network").unwrap();
    assert_eq!(ids(&found), [router.as_str()]);
    assert_eq!(found[0].excerpt.as_deref(), Some("answer 1: Hold the button [1]."));
    assert!(sessions.search("button tea").unwrap().is_empty());
    assert_eq!(sessions.search(" ").unwrap(), sessions.list().unwrap());
    // The sources are no part of what was said.
    assert!(sessions.search("guide").unwrap().is_empty());
}

#[test]
fn a_newer_format_is_shown_and_never_written() {
    let (_temp, sessions) = sessions();
    let lines = b"{\"record\":\"header\",\"version\":2,\"id\":{\"new\":1},\"created_ms\":\"x\"}\n\
        {\"record\":\"turn\",\"at_ms\":9,\"turn_id\":1,\"turn\":{\"question\":\"q\"}}\n\
        {\"record\":\"tu";
    plant(&sessions, "newer", lines);
    let session = sessions.load("newer").unwrap();
    assert_eq!(session.turns[0].question, "q");
    assert!(session.recovered.unwrap().starts_with("a newer lorag wrote it (format 2"));
    let message = sessions.open("newer").unwrap_err().to_string();
    assert!(message.contains("update lorag"), "{message}");
    assert_eq!(fs::read(file(&sessions, "newer")).unwrap(), lines);
    assert_eq!(sessions.latest().unwrap(), None);
}

#[test]
fn a_folder_that_cannot_be_made_is_said() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("file");
    fs::write(&path, "").unwrap();
    let message = Sessions::new(path.join("sessions")).create().unwrap_err().to_string();
    assert!(message.starts_with("cannot create the folder "), "{message}");
    assert!(message.contains("--data-dir"), "{message}");
}
