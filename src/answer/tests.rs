//! Whole answers from the scripted engine.

mod streaming;

use super::*;
use crate::domain::{Answer, Chunk, FinishReason, Hit, LineRange, OffsetMap, Sentence, Support};
use crate::engine::scripted::{Reply, ScriptedEngine};
use crate::engine::{EngineError, ModelInfo};
use std::time::Duration;

/// A passage as a search would have found it.
pub(super) fn hit(rank: usize, text: &str) -> Hit {
    let chunk = Chunk {
        id: rank.to_string(),
        path: format!("/docs/{rank}.md"),
        collection: "default".into(),
        heading: vec!["Guide".into()],
        bytes: ByteRange::new(100, 100 + text.len()),
        lines: LineRange { start: 10, end: 10 },
        text: text.into(),
        offsets: OffsetMap::verbatim(100, text.len()),
        rendered: false,
        index: 0,
        file_hash: String::new(),
        modified: 0,
        units: Vec::new(),
        language: String::new(),
    };
    Hit { chunk, rank, score: 1.0 / rank as f32, vector: None, full_text: None, stale: false }
}

/// A source in the prompt with its sentences.
pub(super) fn source(number: usize, text: &str) -> Source {
    let sentences = crate::knowledge::sentences::sentences(text)
        .into_iter()
        .map(|range| Sentence {
            text: text[range.clone()].to_owned(),
            within: ByteRange::new(range.start, range.end),
            bytes: ByteRange::new(100 + range.start, 100 + range.end),
            lines: LineRange { start: 10, end: 10 },
            score: 1.0,
            answers: None,
        })
        .collect();
    Source {
        number,
        hit: hit(number, text),
        sentences,
        compressed: false,
        tokens: 0,
        left_out: None,
    }
}

fn evidence() -> Evidence {
    Evidence {
        sources: vec![
            source(1, "Alpha comes first. Apples are red."),
            source(2, "Beta follows alpha. Pears are green."),
        ],
        support: 1.5,
        answers: 0.9,
        ..Evidence::default()
    }
}

async fn run(
    engine: &ScriptedEngine,
    manner: &Manner,
    settings: &Generation,
) -> (Result<Answer, AnswerError>, Vec<String>) {
    let ask = Ask {
        question: "What follows?",
        history: &[],
        evidence: evidence(),
        search: SearchTimings::default(),
        engine,
        manner,
        settings,
        mode: Mode::Rag,
        strategy: Strategy::Token,
        adapter: None,
        embedder: None,
        continued: None,
    };
    let mut told = Vec::new();
    let mut on_event = |event: AskEvent<'_>| match event {
        AskEvent::Cite { number, .. } => told.push(format!("[{number}]")),
        AskEvent::Dropped(number) => told.push(format!("dropped {number}")),
        AskEvent::Thought(text) => told.push(format!("thought {}", text.trim())),
        AskEvent::Text(_)
        | AskEvent::Sources(_)
        | AskEvent::Prompt { .. }
        | AskEvent::Citation(_)
        | AskEvent::Tokens(_) => {}
    };
    let answer = run::answer(ask, &mut on_event).await;
    (answer, told)
}

fn free() -> Generation {
    Generation { quote: QuoteMode::Off, ..Generation::default() }
}

fn quoting() -> Generation {
    Generation { quote: QuoteMode::On, ..Generation::default() }
}

#[tokio::test]
async fn free_answers_cite_the_sentence_that_supports_them() {
    let engine = ScriptedEngine::new(["Pears are green [2], they say [7]."]);
    let (answer, told) = run(&engine, &Manner::default(), &free()).await;
    let answer = answer.unwrap();
    assert_eq!(answer.text, "Pears are green [2], they say.");
    assert!(answer.answered);
    assert_eq!(told, ["[2]", "dropped 7"]);
    assert_eq!(answer.dropped[0].number, 7);
    let citation = &answer.citations[0];
    assert_eq!((citation.number, citation.quote.as_str()), (2, "Pears are green."));
    assert_eq!(citation.locator.bytes(), Some(ByteRange::new(120, 136)));
    assert_eq!(&answer.text[citation.mark.start..citation.mark.end], "[2]");
    let grammar = engine.requests()[0].grammar.clone().unwrap();
    assert!(grammar.contains("(1|2)"), "{grammar}");
}

#[tokio::test]
async fn a_quote_is_printed_whole_once_it_is_certain() {
    let engine = ScriptedEngine::new(["Beta follows alpha. [2]"]);
    let (answer, _) = run(&engine, &Manner::default(), &quoting()).await;
    let answer = answer.unwrap();
    assert_eq!(answer.text, "Beta follows alpha. [2]");
    assert_eq!(answer.generation.finish_reason, FinishReason::Determined);
    assert_eq!(answer.generation.completion_tokens, 1);
    assert_eq!(engine.cancelled(), 1, "the request was dropped");
    assert_eq!(answer.citations[0].quote, "Beta follows alpha.");
    assert_eq!(answer.citations[0].support, Support::Exact);
}

#[tokio::test]
async fn a_quote_that_runs_into_the_limit_is_completed() {
    let engine = ScriptedEngine::new(["A"]).with_window(4096);
    let settings = Generation { max_tokens: 1, ..quoting() };
    let (answer, _) = run(&engine, &Manner::default(), &settings).await;
    let text = answer.unwrap().text;
    assert_eq!(text, "Alpha comes first. [1]");
}

#[tokio::test]
async fn too_little_support_is_not_answered() {
    let engine = ScriptedEngine::new(Vec::<String>::new());
    let manner = Manner { quote_threshold: Some(2.0), ..Manner::default() };
    let (answer, _) = run(&engine, &manner, &quoting()).await;
    let answer = answer.unwrap();
    assert!(!answer.answered);
    assert_eq!(answer.text, manner.no_answer);
    assert_eq!(answer.generation.finish_reason, FinishReason::NotGenerated);
    assert!(engine.requests().is_empty());
    // The user's own threshold wins.
    let settings = Generation { answer_threshold: Some(0.5), ..quoting() };
    let engine = ScriptedEngine::new(["Beta follows alpha. [2]"]);
    assert!(run(&engine, &manner, &settings).await.0.unwrap().answered);
}

#[tokio::test]
async fn the_margin_leaves_only_the_best_sentences() {
    let engine = ScriptedEngine::new(Vec::<String>::new());
    let manner = Manner { quote_margin: Some(0.5), ..Manner::default() };
    let settings = quoting();
    let mut evidence = evidence();
    evidence.sources[1].sentences[1].score = 2.0;
    let ask = Ask {
        question: "?",
        history: &[],
        evidence,
        search: SearchTimings::default(),
        engine: &engine,
        manner: &Manner { quote_threshold: Some(0.0), ..manner },
        settings: &settings,
        mode: Mode::Rag,
        strategy: Strategy::Token,
        adapter: None,
        embedder: None,
        continued: None,
    };
    let answer = run::answer(ask, &mut |_| {}).await.unwrap();
    assert_eq!(answer.text, "Pears are green. [2]");
    assert_eq!(answer.generation.completion_tokens, 0, "nothing was left to decide");
}

#[tokio::test]
async fn thoughts_are_apart_counted_and_bounded() {
    let reply = || Reply::text("So it is [1].").thinking("let me think about it");
    let settings = Generation { thinking: true, ..free() };
    let engine = ScriptedEngine::new([reply()]);
    let (answer, told) = run(&engine, &Manner::default(), &settings).await;
    let answer = answer.unwrap();
    assert_eq!(answer.text, "So it is [1].");
    assert_eq!(answer.generation.reasoning_tokens, 5);
    assert_eq!(told.iter().filter(|t| t.starts_with("thought")).count(), 5);
    assert!(engine.requests()[0].grammar.is_none(), "no grammar holds over a thought");
    let engine = ScriptedEngine::new([reply()]);
    let settings = Generation { max_thinking_tokens: 2, ..settings };
    let answer = run(&engine, &Manner::default(), &settings).await.0.unwrap();
    assert_eq!(answer.generation.finish_reason, FinishReason::Length);
    assert_eq!(answer.generation.reasoning_tokens, 2);
    // Quote mode never thinks.
    let engine = ScriptedEngine::new(["Beta follows alpha. [2]"]);
    let settings = Generation { thinking: true, ..quoting() };
    run(&engine, &Manner::default(), &settings).await.0.unwrap();
    assert!(!engine.requests()[0].thinking);
}

#[tokio::test]
async fn a_template_that_opens_a_thought_is_refused_in_quote_mode() {
    let engine = ScriptedEngine::new(["x"]);
    let info = ModelInfo { template_thinks: true, ..engine.info().clone() };
    let engine = ScriptedEngine::new(["So [1]."]).with_info(info);
    let (answer, _) = run(&engine, &Manner::default(), &quoting()).await;
    assert!(matches!(answer, Err(AnswerError::TemplateThinks { .. })));
    assert!(run(&engine, &Manner::default(), &free()).await.0.is_ok());
}

/// As a server that takes no grammar.
fn unheld(reply: &str) -> ScriptedEngine {
    let engine = ScriptedEngine::new([reply]);
    let info = ModelInfo { takes_grammar: false, ..engine.info().clone() };
    engine.with_info(info)
}

#[tokio::test]
async fn a_model_that_no_grammar_holds_is_told_to_quote_and_checked() {
    let engine = unheld(" Beta follows alpha. [2]\n");
    let answer = run(&engine, &Manner::default(), &quoting()).await.0.unwrap();
    assert_eq!(answer.text, "Beta follows alpha. [2]");
    assert_eq!(answer.citations[0].support, Support::Exact);
    let asked = &engine.requests()[0].messages;
    assert!(asked.last().unwrap().text.contains("copied letter by letter"), "{asked:?}");
    // A beginning that only one sentence has is not taken for it.
    for broken in ["Beta follows alpha", "Beta is last. [2]", "Beta follows alpha. [1]"] {
        let engine = unheld(broken);
        let (answer, _) = run(&engine, &Manner::default(), &quoting()).await;
        let error = answer.unwrap_err().to_string();
        assert!(error.contains(broken) && error.contains("--no-quote"), "{error}");
    }
}

#[tokio::test]
async fn an_engine_that_fails_is_an_error_and_one_that_waits_can_be_dropped() {
    let failing = Reply::text("So").then_fail(EngineError::Failed("out of memory".into()));
    let engine = ScriptedEngine::new([failing]);
    let (answer, _) = run(&engine, &Manner::default(), &free()).await;
    assert!(answer.unwrap_err().to_string().contains("out of memory"));
    let engine = ScriptedEngine::new([Reply::text("a b c d").slowly(Duration::from_secs(60))]);
    let (manner, settings) = (Manner::default(), free());
    let waiting = run(&engine, &manner, &settings);
    let done = tokio::time::timeout(Duration::from_millis(50), waiting).await;
    assert!(done.is_err());
    assert_eq!(engine.cancelled(), 1);
}

#[tokio::test]
async fn an_answer_that_goes_round_in_a_circle_is_ended() {
    let circle = "The chat screen is a chat screen with a screen for the chat. ";
    let engine = ScriptedEngine::new([format!("Pears are green [2]. {}", circle.repeat(30))])
        .with_parameters(1_000_000);
    let (answer, _) = run(&engine, &Manner::default(), &free()).await;
    let answer = answer.unwrap();
    assert_eq!(answer.generation.finish_reason, FinishReason::Repeated);
    assert_eq!(engine.cancelled(), 1, "the request was dropped");
    let kept = format!("Pears are green [2]. {}", circle.repeat(2));
    assert_eq!(answer.text, kept.trim_end());
    assert_eq!(answer.citations.len(), 1);
    // What is quoted is quoted as it stands.
    let small = Manner {
        repetition: crate::config::Repetition { penalty: 1.1, dry: 0.8 },
        ..Manner::default()
    };
    let engine = ScriptedEngine::new(["Beta."]);
    run(&engine, &small, &free()).await.0.unwrap();
    assert_eq!(engine.requests()[0].repetition.0, small.repetition);
    let engine = ScriptedEngine::new(["Beta follows alpha. [2]"]);
    run(&engine, &small, &quoting()).await.0.unwrap();
    assert!(engine.requests()[0].repetition.is_off());
}

fn asked<'a>(
    engine: &'a ScriptedEngine,
    manner: &'a Manner,
    settings: &'a Generation,
    question: &'a str,
    answers: f32,
) -> Ask<'a> {
    Ask {
        question,
        history: &[],
        evidence: Evidence { answers, ..evidence() },
        search: SearchTimings::default(),
        engine,
        manner,
        settings,
        mode: Mode::Rag,
        strategy: Strategy::Token,
        adapter: None,
        embedder: None,
        continued: None,
    }
}

#[tokio::test]
async fn a_model_that_knows_nothing_is_not_asked_alone() {
    let engine = ScriptedEngine::new(Vec::<String>::new());
    let manner = Manner { alone: false, ..Manner::default() };
    let settings = free();
    for mode in [Mode::Base, Mode::Adapter] {
        let ask = Ask { mode, ..asked(&engine, &manner, &settings, "What follows?", 0.9) };
        let answer = run::answer(ask, &mut |_| {}).await.unwrap();
        assert!(!answer.answered);
        assert!(answer.text.contains("knows nothing by itself"), "{}", answer.text);
        assert_eq!(answer.generation.finish_reason, FinishReason::NotGenerated);
        assert_eq!(answer.answers, None);
    }
    let engine = ScriptedEngine::new(["Four."]);
    let manner = Manner::default();
    let ask = Ask { mode: Mode::Base, ..asked(&engine, &manner, &settings, "2 + 2?", 0.0) };
    assert!(run::answer(ask, &mut |_| {}).await.unwrap().answered);
}

#[tokio::test]
async fn words_of_its_own_answer_only_where_the_sources_do() {
    let (manner, settings) = (Manner::default(), free());
    let said = "Blue whales sing loudly at night.";
    for (answers, text, answered) in
        [(0.01, said, false), (0.9, said, true), (0.01, "Pears are green.", true)]
    {
        let engine = ScriptedEngine::new([text]);
        let ask = asked(&engine, &manner, &settings, "Which whales sing?", answers);
        let answer = run::answer(ask, &mut |_| {}).await.unwrap();
        assert_eq!(answer.answered, answered, "{text} {answers}");
        assert_eq!(answer.uncited.is_empty(), text != said);
        assert_eq!(answer.doubtful(), answers < 0.1);
    }
    let engine = ScriptedEngine::new(["Pears are green."]);
    let ask = asked(&engine, &manner, &settings, "Which are green?", 0.9);
    let answer = run::answer(ask, &mut |_| {}).await.unwrap();
    assert_eq!(answer.text, "Pears are green. [2]°");
    assert!(answer.citations[0].found);
}

#[tokio::test]
async fn quote_mode_asks_the_sources_whether_they_answer() {
    let engine = ScriptedEngine::new(Vec::<String>::new());
    let (manner, settings) = (Manner::default(), quoting());
    let ask = asked(&engine, &manner, &settings, "Which whales sing?", 0.01);
    let answer = run::answer(ask, &mut |_| {}).await.unwrap();
    assert!(!answer.answered && engine.requests().is_empty());
    let engine = ScriptedEngine::new(["Beta follows alpha. [2]"]);
    let ask = asked(&engine, &manner, &settings, "What follows?", 0.9);
    assert!(run::answer(ask, &mut |_| {}).await.unwrap().answered);
    let grammar = engine.requests()[0].grammar.clone().unwrap();
    assert!(!grammar.contains("do not answer"), "its first word decides nothing: {grammar}");
}

#[tokio::test]
async fn a_greeting_is_answered_without_sources() {
    let (manner, settings) = (Manner::default(), free());
    let engine = ScriptedEngine::new(["Hello, what do you want to know?"]);
    let ask = asked(&engine, &manner, &settings, "Hello there!", 0.01);
    let answer = run::answer(ask, &mut |_| {}).await.unwrap();
    let request = &engine.requests()[0];
    assert_eq!(request.messages[0].text, manner.system_alone);
    assert_eq!(request.messages[1].text, "Hello there!");
    assert!(answer.answered && answer.aside() && answer.uncited.is_empty());
    assert_eq!(answer.answers, None);
    // Thanks that follow an answer ask nothing, whatever that found.
    let engine = ScriptedEngine::new(["You are welcome."]);
    let ask = asked(&engine, &manner, &settings, "Thanks!", 0.9);
    assert!(run::answer(ask, &mut |_| {}).await.unwrap().aside());
    // A question does read them, however unlikely they answer.
    let engine = ScriptedEngine::new(["So it is."]);
    let ask = asked(&engine, &manner, &settings, "Hello, who sings?", 0.01);
    run::answer(ask, &mut |_| {}).await.unwrap();
    assert!(engine.requests()[0].messages[1].text.contains("Pears"));
}

#[tokio::test]
async fn a_small_model_that_asks_itself_is_stopped() {
    let (manner, settings) = (Manner { quote: false, ..Manner::small() }, free());
    let said = "\n\nPears are green. [2]\n\nQuestion: Are apples red?";
    let engine = ScriptedEngine::new([said]).with_parameters(1_000_000);
    let ask = asked(&engine, &manner, &settings, "Which are green?", 0.9);
    let answer = run::answer(ask, &mut |_| {}).await.unwrap();
    assert_eq!(answer.text.trim(), "Pears are green. [2]");
    assert_eq!(answer.generation.finish_reason, FinishReason::Stop);
    let turns = engine.requests()[0].messages.len();
    assert_eq!(turns, 1 + 2 * manner.reading.len() + 1, "examples come first");
}
