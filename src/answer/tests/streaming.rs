//! What is told while an answer streams: enough to keep it when it is
//! cancelled, and each citation checked as soon as its sentence is complete.

use super::*;
use crate::domain::LeftOut;
use crate::engine::Role;

/// A finished answer, and what the listener made of the events alone.
struct Heard {
    answer: Answer,
    text: String,
    citations: Vec<Citation>,
    ledger: Option<Ledger>,
    tokens: usize,
    log: Vec<String>,
}

async fn hear(
    engine: &ScriptedEngine,
    manner: &Manner,
    settings: &Generation,
    continued: Option<&str>,
) -> Result<Heard, AnswerError> {
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
        continued,
    };
    let mut text = continued.filter(|_| !ask.quotes()).unwrap_or_default().to_owned();
    let (mut citations, mut ledger, mut tokens, mut log) = (Vec::new(), None, 0, Vec::new());
    let mut on_event = |event: AskEvent<'_>| match event {
        AskEvent::Text(piece) => {
            text.push_str(piece);
            log.push(piece.trim().to_owned());
        }
        AskEvent::Cite { number, mark } => {
            assert_eq!(mark.start, text.len());
            text.push_str(&format!("[{number}]"));
            assert_eq!(mark.end, text.len());
        }
        AskEvent::Citation(citation) => {
            log.push(format!("{} {}", citation.number, citation.support.symbol()));
            citations.push(citation.clone());
        }
        AskEvent::Prompt { ledger: told, .. } => ledger = Some(told.clone()),
        AskEvent::Tokens(count) => {
            assert_eq!(count, tokens + 1);
            tokens = count;
        }
        AskEvent::Sources(_) | AskEvent::Dropped(_) | AskEvent::Thought(_) => {}
    };
    let answer = run::answer(ask, &mut on_event).await?;
    Ok(Heard { answer, text, citations, ledger, tokens, log })
}

fn verdicts(heard: &Heard) -> Vec<(usize, Support)> {
    heard.citations.iter().map(|citation| (citation.number, citation.support)).collect()
}

/// What must hold of every answer: the events say all that it holds.
fn assert_whole(heard: &Heard) {
    assert_eq!(heard.text, heard.answer.text);
    assert_eq!(heard.citations, heard.answer.citations);
    for citation in &heard.citations {
        let mark = citation.mark.start..citation.mark.end;
        assert_eq!(heard.text[mark], format!("[{}]", citation.number));
    }
    if let Some(ledger) = &heard.ledger {
        assert_eq!(*ledger, heard.answer.ledger);
        let used = ledger.sources.iter().filter(|s| s.used).map(|s| s.tokens).sum::<usize>();
        let named = ledger.system + ledger.history + ledger.question + ledger.template;
        assert_eq!(named + used, ledger.prompt);
        assert!(ledger.prompt + ledger.reserve <= ledger.window);
    }
}

#[tokio::test]
async fn a_citation_is_checked_when_the_next_sentence_begins() {
    let said = "Pears are green [2]. Apples are blue. [1] So it is [9].";
    let engine = ScriptedEngine::new([said]);
    let heard = hear(&engine, &Manner::default(), &free(), None).await.unwrap();
    assert_whole(&heard);
    assert_eq!(heard.text, "Pears are green [2]. Apples are blue. [1] So it is.");
    assert_eq!(verdicts(&heard), [(2, Support::Exact), (1, Support::Missing)]);
    let place = |what: &str| heard.log.iter().position(|entry| entry == what).unwrap();
    assert_eq!(place("2 ✓"), place("Apples") + 1);
    assert_eq!(place("1 ✗"), place("So") + 1);
    assert_eq!(heard.tokens, 12);
    assert!(heard.ledger.is_some());
}

#[tokio::test]
async fn marks_in_a_row_and_in_a_list_have_the_same_sentence() {
    let said = "- Pears are green [2][1]\n- [1] Apples are red\n\nDone.";
    let engine = ScriptedEngine::new([said]);
    let heard = hear(&engine, &Manner::default(), &free(), None).await.unwrap();
    assert_whole(&heard);
    let wanted = [(2, Support::Exact), (1, Support::Missing), (1, Support::Exact)];
    assert_eq!(verdicts(&heard), wanted);
    assert_eq!(heard.citations[2].quote, "Apples are red.");
}

#[tokio::test]
async fn quotes_are_exact_wherever_their_number_stands() {
    for template in ["{quote} [{n}]", "Source [{n}] says: \u{201c}{quote}\u{201d}"] {
        let manner =
            Manner { quote_template: template.into(), quote_max: Some(2), ..Manner::default() };
        let spelled = |n: &str, quote: &str| template.replace("{n}", n).replace("{quote}", quote);
        let said =
            [spelled("1", "Alpha comes first."), spelled("2", "Beta follows alpha.")].join("\n");
        let engine = ScriptedEngine::new([said.clone()]);
        let heard = hear(&engine, &manner, &quoting(), Some("It is")).await.unwrap();
        assert_whole(&heard);
        assert_eq!(heard.text, said, "quote mode continues nothing");
        assert_eq!(verdicts(&heard), [(1, Support::Exact), (2, Support::Exact)]);
        assert_eq!(heard.citations[1].quote, "Beta follows alpha.");
        assert_eq!(engine.requests()[0].messages.len(), 2);
    }
}

#[tokio::test]
async fn a_run_of_words_is_checked_as_it_stands() {
    let manner = Manner { quote_unit: crate::config::QuoteUnit::Words, ..Manner::default() };
    let engine = ScriptedEngine::new(["Beta follows [2]"]);
    let heard = hear(&engine, &manner, &quoting(), None).await.unwrap();
    assert_whole(&heard);
    assert_eq!(verdicts(&heard), [(2, Support::Exact)]);
    assert_eq!(heard.citations[0].quote, "Beta follows alpha.");
}

#[tokio::test]
async fn an_answer_without_a_prompt_is_told_as_well() {
    let engine = ScriptedEngine::new(Vec::<String>::new());
    let manner = Manner { quote_threshold: Some(2.0), ..Manner::default() };
    let heard = hear(&engine, &manner, &quoting(), None).await.unwrap();
    assert_whole(&heard);
    assert_eq!((heard.tokens, heard.ledger), (0, None));
}

#[tokio::test]
async fn a_cut_answer_goes_on_where_it_stopped() {
    let beginning = "Pears are green [2]. Apples are red";
    let engine = ScriptedEngine::new(["and sweet [1]. Done."]);
    let heard = hear(&engine, &Manner::default(), &free(), Some(beginning)).await.unwrap();
    assert_whole(&heard);
    assert_eq!(heard.text, format!("{beginning} and sweet [1]. Done."));
    assert_eq!(heard.log[0], "2 ✓", "what the beginning cites comes first");
    assert_eq!(heard.citations.len(), 2);
    let messages = &engine.requests()[0].messages;
    let [.., question, cut, go_on] = messages.as_slice() else { panic!("{messages:?}") };
    assert_eq!((question.role, cut.role, go_on.role), (Role::User, Role::Assistant, Role::User));
    assert_eq!((cut.text.as_str(), go_on.text.as_str()), (beginning, resume::CONTINUE));
}

#[tokio::test]
async fn the_beginning_takes_the_room_of_the_last_source_but_keeps_its_mark() {
    let manner = Manner { system: String::new(), ..Manner::default() };
    let settings = Generation { max_tokens: 5, ..free() };
    let engine = ScriptedEngine::new(["is so."]).with_window(55);
    let beginning = "Beta follows alpha. [2] It";
    let heard = hear(&engine, &manner, &settings, Some(beginning)).await.unwrap();
    assert_whole(&heard);
    assert_eq!(heard.text, "Beta follows alpha. [2] It is so.");
    assert_eq!(heard.answer.sources[1].left_out, Some(LeftOut::NoRoom));
    assert_eq!(verdicts(&heard), [(2, Support::Exact)]);
    let long = "word ".repeat(100);
    let error = hear(&engine, &manner, &settings, Some(&long)).await.err().unwrap();
    assert!(error.to_string().contains("window holds 50"), "{error}");
}

#[tokio::test]
async fn what_came_of_a_cancelled_answer_is_its_beginning() {
    let said = "Pears are green [2]. Apples are red [1].";
    let engine = ScriptedEngine::new([Reply::text(said).slowly(Duration::from_millis(20))]);
    let mut text = String::new();
    let (manner, settings) = (Manner::default(), free());
    let ask = Ask {
        question: "?",
        history: &[],
        evidence: evidence(),
        search: SearchTimings::default(),
        engine: &engine,
        manner: &manner,
        settings: &settings,
        mode: Mode::Rag,
        strategy: Strategy::Token,
        adapter: None,
        embedder: None,
        continued: None,
    };
    let mut on_event = |event: AskEvent<'_>| match event {
        AskEvent::Text(piece) => text.push_str(piece),
        AskEvent::Cite { number, .. } => text.push_str(&format!("[{number}]")),
        _ => {}
    };
    let waiting = run::answer(ask, &mut on_event);
    assert!(tokio::time::timeout(Duration::from_millis(110), waiting).await.is_err());
    assert!(!text.is_empty() && said.starts_with(&text), "{text}");
    assert_eq!(engine.cancelled(), 1);
}
