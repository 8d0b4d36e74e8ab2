//! One model and one knowledge base for many questions.

use super::*;
use crate::config::{Flags, Paths, load};
use crate::domain::FinishReason;
use crate::engine::Role;

fn host(config: &str) -> (tempfile::TempDir, Host) {
    let world = tempfile::tempdir().unwrap();
    let file = world.path().join("config.toml");
    std::fs::write(&file, config).unwrap();
    let data = Some(world.path().join("data"));
    let flags = Flags { config: Some(file), data_dir: data, ..Flags::default() };
    let loaded = load(&flags, std::iter::empty()).unwrap();
    let paths = Paths::new(&loaded).unwrap();
    (world, Host::new(Setup { loaded, paths }))
}

#[test]
fn what_is_wanted_wins_over_the_settings() {
    let (_world, host) = host("mode = \"rag\"");
    let chosen = |reads: Option<bool>, stack: Option<&str>| {
        let stack = stack.map(|stack| stack.parse().unwrap());
        let choice = host.choice(&Wanted { reads, stack, ..Wanted::default() }).unwrap();
        format!("{} {}", choice.mode, choice.stack)
    };
    assert_eq!(chosen(None, None), "rag none");
    assert_eq!(chosen(Some(false), None), "base none");
    assert_eq!(chosen(None, Some("bullets")), "hybrid bullets");
    assert_eq!(chosen(Some(false), Some("bullets")), "adapter bullets");
}

#[test]
fn earlier_questions_are_those_of_the_person() {
    let message = |role, text: &str| Message { role, text: text.to_owned() };
    let history = [message(Role::User, "How hot is it?"), message(Role::Assistant, "Hot.")];
    let asked: Vec<String> = earlier(&history).into_iter().map(|one| one.question).collect();
    assert_eq!(asked, ["How hot is it?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_that_is_nowhere_is_refused() {
    let (_world, host) = host("[collections.legal]\nmode = \"rag\"\n");
    host.check_collection(Some("legal")).await.unwrap();
    let error = host.check_collection(Some("leagl\u{1b}[2J")).await.unwrap_err();
    assert!(error.wrong && error.message.starts_with("there is no collection leagl␛[2J."));
    assert!(host.base().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_loaded_model_answers_every_question() {
    let (_world, host) = host("model = \"scripted:500\"\nmode = \"base\"\n");
    let mut loads = 0;
    for _ in 0..2 {
        let question = "What is it?".to_owned();
        let wanted = Wanted { question, max_tokens: Some(4), ..Wanted::default() };
        let mut on_step = |step: Step<'_>| loads += usize::from(matches!(step, Step::Loading(_)));
        let answer = host.ask(&wanted, &mut on_step).await.unwrap();
        assert_eq!(answer.generation.finish_reason, FinishReason::Length);
        assert!(answer.generation.completion_tokens <= 4, "{:?}", answer.generation);
    }
    assert_eq!(loads, 1);
}
