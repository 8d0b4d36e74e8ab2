//! Questions that a model writes, held to one question by a grammar.

use crate::engine::grammar::question_grammar;
use crate::engine::repetition::Control;
use crate::engine::{Engine, EngineEvent, Message, Request, Role};
use futures::StreamExt;

/// Most tokens of a question.
const LONGEST: usize = 48;

/// What the model is told.
const SYSTEM: &str = "You write questions. You get a sentence of a document and the heading it stands below. Write one short question that a reader who has not seen the sentence would ask, and that the sentence answers. Name what the question is about; do not write \"it\" or \"this\".";

/// How it is done.
const EXAMPLES: [[&str; 2]; 2] = [
    [
        "Heading: Museum › Tickets\nSentence: A ticket costs four euros, and children pay nothing.",
        "How much do children pay for the museum?",
    ],
    [
        "Heading: Archive › Storage\nSentence: Letters are kept in the cellar because it stays dry.",
        "Why does the archive store letters in the cellar?",
    ],
];

/// Writes questions.
pub struct Writer<'a> {
    engine: &'a dyn Engine,
    grammar: Option<String>,
}

impl<'a> Writer<'a> {
    /// One that asks a model.
    #[must_use]
    pub fn new(engine: &'a dyn Engine) -> Self {
        let info = engine.info();
        let held = info.takes_grammar && !info.template_thinks;
        Self { engine, grammar: held.then(|| question_grammar(&info.end_tokens)) }
    }

    /// A question that a sentence answers; `None` where the model wrote none.
    pub async fn question(&self, heading: &str, sentence: &str) -> Option<String> {
        let message = |role, text: &str| Message { role, text: text.to_owned() };
        let mut messages = vec![message(Role::System, SYSTEM)];
        for [asked, answered] in EXAMPLES {
            messages.push(message(Role::User, asked));
            messages.push(message(Role::Assistant, answered));
        }
        let asked = format!("Heading: {heading}\nSentence: {sentence}");
        messages.push(Message { role: Role::User, text: crate::engine::prompt::harmless(&asked) });
        let request = Request {
            messages,
            grammar: self.grammar.clone(),
            max_tokens: LONGEST,
            temperature: 0.0,
            top_p: 1.0,
            repetition: Control::default(),
            ..Request::default()
        };
        let mut text = String::new();
        let mut events = self.engine.generate(request);
        while let Some(event) = events.next().await {
            match event {
                Ok(EngineEvent::Text(piece)) => text.push_str(&piece),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!("no question was written: {error}");
                    return None;
                }
            }
            if text.contains('?') {
                break;
            }
        }
        let end = text.find('?')?;
        let line = text.get(..=end)?.trim();
        (!line.contains('\n')).then(|| line.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::scripted::ScriptedEngine;

    #[tokio::test]
    async fn one_question_is_taken() {
        let engine = ScriptedEngine::new(["When is it emptied? And why?", "None.", "a\nb?"]);
        let writer = Writer::new(&engine);
        let asked = writer.question("Cache", "It is emptied at midnight.").await;
        assert_eq!(asked.as_deref(), Some("When is it emptied?"));
        assert_eq!(writer.question("Cache", "It is so.").await, None);
        assert_eq!(writer.question("Cache", "It is so.").await, None);
        // The script is used up: the engine fails.
        assert_eq!(writer.question("Cache", "It is so.").await, None);
        let request = &engine.requests()[0];
        assert!(request.grammar.as_ref().is_some_and(|grammar| grammar.contains("\"?\"")));
        assert!(request.messages.last().unwrap().text.contains("It is emptied at midnight."));
    }
}
