//! What a session keeps beside its turns, and how the list finds it.

use super::*;
use crate::config::QuoteMode;
use crate::domain::Strategy;

#[test]
fn a_session_of_515d828_opens_and_goes_on() {
    let (_temp, sessions) = sessions();
    let id = "20261121-142233-k3f9";
    let bytes = include_bytes!("../../../tests/fixtures/session-515d828.jsonl");
    plant(&sessions, id, bytes);
    let (session, mut writer) = sessions.open("k3f9").unwrap();
    assert_eq!((session.recovered.as_deref(), session.settings.as_ref()), (None, None));
    assert_eq!((session.info.title.as_str(), session.turns.len()), ("Badges", 3));
    assert_eq!(session.head, Some(2));
    let first = &session.turns[0];
    assert_eq!(first.citations[0].support, Support::Exact);
    assert_eq!(first.sources[0].hit.chunk.text.len(), first.sources[0].hit.chunk.bytes.len());
    assert!(first.generation.is_some() && first.sources[1].left_out.is_some());
    let settings = SessionSettings { mode: Some(Mode::Rag), ..SessionSettings::default() };
    writer.settings(&settings).unwrap();
    writer.turn(&turn(4, Some(2), "And now?", "So [1].")).unwrap();
    drop(writer);
    let again = sessions.load(id).unwrap();
    assert_eq!((again.turns.len(), again.settings), (4, Some(settings)));
    assert_eq!(again.recovered, None);
    let kept = fs::read(file(&sessions, id)).unwrap();
    assert!(kept.starts_with(bytes), "nothing of before is touched");
}

#[test]
fn answers_marked_as_good_stay_marked() {
    let (_temp, sessions) = sessions();
    let mut writer = sessions.create().unwrap();
    for id in 1..=3 {
        writer.turn(&turn(id, None, "q", "a")).unwrap();
        writer.mark(id, true).unwrap();
    }
    writer.mark(2, false).unwrap();
    // A turn that is written again keeps its mark.
    writer.turn(&turn(1, None, "q", "a longer one")).unwrap();
    let id = writer.id().to_owned();
    let good = |id: &str| -> Vec<bool> {
        let session = sessions.load(id).unwrap();
        assert_eq!(session.recovered, None);
        session.turns.iter().map(|turn| turn.good).collect()
    };
    assert_eq!(good(&id), [true, false, true]);
    drop(writer);
    assert_eq!(good(&sessions.fork(&id, None).unwrap()), [true, false, true]);
    let bytes = fs::read_to_string(file(&sessions, &id)).unwrap();
    assert!(bytes.contains("{\"record\":\"mark\",\"at_ms\":"), "{bytes}");
}

#[test]
fn how_a_session_is_asked_comes_back_as_it_was_last() {
    let (_temp, sessions) = sessions();
    let mut writer = sessions.create().unwrap();
    writer.turn(&turn(1, None, "q", "a")).unwrap();
    let mut settings = SessionSettings {
        mode: Some(Mode::Hybrid),
        model: Some("Qwen/Qwen3-1.7B".into()),
        adapter: Some("bullets*0.5".into()),
        collection: Some("legal".into()),
        quote: Some(QuoteMode::On),
        strategy: Some(Strategy::Sequence),
    };
    writer.settings(&settings).unwrap();
    settings.collection = Some(String::new());
    writer.settings(&settings).unwrap();
    let id = writer.id().to_owned();
    assert_eq!(sessions.load(&id).unwrap().settings, Some(settings));
    // A kind of mode that only a newer version knows costs nothing else.
    let mut bytes = fs::read(file(&sessions, &id)).unwrap();
    bytes.extend(b"{\"record\":\"settings\",\"at_ms\":9,\"settings\":{\"mode\":\"psychic\"}}\n");
    drop(writer);
    fs::write(file(&sessions, &id), bytes).unwrap();
    let session = sessions.load(&id).unwrap();
    assert_eq!(session.turns.len(), 1);
    assert!(session.recovered.unwrap().contains("1 record is not understood"));
}

#[test]
fn an_unknown_id_is_told_with_the_nearest() {
    let (_temp, sessions) = sessions();
    planted(&sessions, "20261121-142233-k3f9", 9, "How do I reset it?");
    planted(&sessions, "20261121-150000-ab12", 9, "q");
    let message = sessions.find("k3f8").unwrap_err().to_string();
    assert!(message.contains("did you mean k3f9 (How do I reset it?)?"), "{message}");
    let message = sessions.find("zzzz").unwrap_err().to_string();
    assert!(!message.contains("did you mean"), "{message}");
}

#[test]
fn a_hit_in_a_hidden_branch_names_its_turn() {
    let (_temp, sessions) = sessions();
    let turns = [
        turn(1, None, "a", "x"),
        turn(2, Some(1), "b", "hidden words"),
        turn(3, Some(1), "c", "y"),
    ];
    kept(&sessions, &turns);
    let found = sessions.search("hidden").unwrap();
    assert_eq!(
        (found[0].found, found[0].excerpt.as_deref()),
        (Some(2), Some("answer 2: hidden words"))
    );
    assert_eq!(sessions.search("a").unwrap()[0].found, Some(1));
}

#[test]
fn unchanged_files_are_read_once() {
    let (_temp, sessions) = sessions();
    for n in 0..20 {
        planted(&sessions, &format!("s{n}"), n, &format!("question {n}"));
    }
    let mut index = Index::new(sessions.clone());
    assert_eq!(index.list().unwrap(), sessions.list().unwrap());
    let outlines = index.read();
    assert_eq!(outlines, 20);
    index.list().unwrap();
    assert_eq!(index.read(), outlines);
    assert_eq!(index.search("question 13").unwrap().len(), 1);
    let words = index.read();
    for query in ["q", "qu", "question", "question 1"] {
        assert_eq!(index.search(query).unwrap(), sessions.search(query).unwrap());
    }
    assert_eq!(index.read(), words, "a key reads no file");
    let (_, mut writer) = sessions.open("s3").unwrap();
    writer.turn(&turn(2, Some(1), "newer", "words")).unwrap();
    drop(writer);
    sessions.delete("s4").unwrap();
    assert_eq!(index.search("newer").unwrap().len(), 1);
    assert_eq!(index.list().unwrap().len(), 19);
    assert!(index.read() <= words + 2, "one changed");
}

#[test]
fn a_thousand_sessions_are_searched_within_a_frame() {
    let (_temp, sessions) = sessions();
    let answer = "The router is reset by holding its button for ten seconds. ".repeat(8);
    for n in 0..1000 {
        let turns: Vec<String> = (1..=6)
            .map(|id| {
                format!(
                    "{{\"record\":\"turn\",\"at_ms\":{n},\"turn_id\":{id},\"turn\":{{\"question\":\"question {n} {id}\",\"text\":\"{answer}\"}}}}\n"
                )
            })
            .collect();
        let header = "{\"record\":\"header\",\"version\":1,\"id\":\"x\",\"created_ms\":5}\n";
        plant(&sessions, &format!("s{n}"), format!("{header}{}", turns.concat()).as_bytes());
    }
    let mut index = Index::new(sessions);
    index.search("button").unwrap();
    let mut times: Vec<std::time::Duration> = ["b", "bu", "but", "butt", "button", "button 9"]
        .map(|query| {
            let started = std::time::Instant::now();
            index.search(query).unwrap();
            started.elapsed()
        })
        .to_vec();
    times.sort();
    let started = std::time::Instant::now();
    index.sessions().search("button").unwrap();
    let whole = started.elapsed();
    eprintln!("a key with 1,000 sessions: {times:?}; reading them all takes {whole:?}");
    assert!(times[2] * 2 < whole, "{times:?} against {whole:?}");
}

#[test]
fn drafts_lie_beside_their_session_and_lost_ones_are_found_once() {
    let (_temp, sessions) = sessions();
    let id = kept(&sessions, &[turn(1, None, "a", "b")]);
    let draft = Draft { text: "half a\nquestion".into(), editing: Some(1) };
    assert_eq!(sessions.draft(&id), None);
    sessions.keep_draft(Some(&id), &draft).unwrap();
    assert_eq!(sessions.draft(&id), Some(draft.clone()));
    assert!(sessions.list().unwrap()[0].unsent);
    assert_eq!(sessions.list().unwrap().len(), 1, "a draft is no session");
    sessions.keep_draft(Some(&id), &Draft::default()).unwrap();
    assert_eq!(sessions.draft(&id), None);
    sessions.keep_draft(Some(&id), &Draft::default()).unwrap();

    sessions.keep_draft(None, &draft).unwrap();
    assert_eq!(sessions.take_lost_draft(), None, "this process is still there");
    let own = sessions.folder().join(format!("new-{}.draft", std::process::id()));
    // No process has this number.
    let lost = sessions.folder().join(format!("new-{}.draft", i32::MAX));
    fs::rename(own, &lost).unwrap();
    assert_eq!(sessions.take_lost_draft(), Some(draft.clone()));
    assert_eq!(sessions.take_lost_draft(), None);
    fs::write(&lost, b"{torn").unwrap();
    assert_eq!(sessions.take_lost_draft(), None);

    sessions.keep_draft(Some(&id), &draft).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = sessions.folder().join(format!("{id}.draft"));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    sessions.delete(&id).unwrap();
    assert_eq!(fs::read_dir(sessions.folder()).unwrap().count(), 0);
}

#[test]
fn sessions_that_hold_a_passage_are_found_also_where_it_was_replaced() {
    let (_temp, sessions) = sessions();
    let with = kept(&sessions, &[turn(1, None, "a", "b")]);
    kept(&sessions, &[Turn { id: 1, question: "c".into(), ..Turn::default() }]);
    let path = sessions.load(&with).unwrap().turns[0].sources[0].hit.chunk.path.clone();
    let holds = |path: &str| {
        let of = |turn: &Turn| turn.sources.iter().any(|source| source.hit.chunk.path == path);
        sessions.holding(of).unwrap().into_iter().map(|info| info.id).collect::<Vec<_>>()
    };
    assert_eq!(holds(&path), std::slice::from_ref(&with));
    assert!(holds("/other").is_empty());
    // Records are appended, so the file still holds what a later one replaced.
    let (_, mut writer) = sessions.open(&with).unwrap();
    writer.turn(&Turn { id: 1, question: "a".into(), ..Turn::default() }).unwrap();
    drop(writer);
    assert_eq!(holds(&path), [with]);
}

#[test]
fn a_folder_that_vanishes_costs_no_turn() {
    let (temp, sessions) = sessions();
    let mut writer = sessions.create().unwrap();
    writer.turn(&turn(1, None, "first", "a")).unwrap();
    let id = writer.id().to_owned();
    let folder = file(&sessions, &id).parent().unwrap().to_owned();
    fs::remove_dir_all(&folder).unwrap();
    writer.turn(&turn(2, Some(1), "second", "b")).unwrap();
    assert_eq!(sessions.load(&id).unwrap().turns.len(), 2);
    // It is the writer's again: nobody else may write to it.
    assert!(sessions.open(&id).is_err());
    // Moved away: the turns of before go there, and all are here.
    fs::rename(&folder, temp.path().join("elsewhere")).unwrap();
    writer.turn(&turn(3, Some(2), "third", "c")).unwrap();
    assert_eq!(sessions.load(&id).unwrap().turns.len(), 3);
    // Where a file is in the way, it is said, and nothing is lost.
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    let error = writer.turn(&turn(4, Some(3), "fourth", "d")).unwrap_err().to_string();
    assert!(error.contains("is not saved"), "{error}");
    fs::remove_file(&folder).unwrap();
    writer.turn(&turn(5, Some(3), "fifth", "e")).unwrap();
    assert_eq!(sessions.load(&id).unwrap().turns.len(), 4);
}
