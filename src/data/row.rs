//! A row of training data.

use crate::config::Manner;
use crate::engine::prompt::{Note, render};
use crate::engine::{Message, Role};
use serde::{Deserialize, Serialize};

/// What the prompt of a row holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The question with numbered sources, as in the modes `rag` and `hybrid`.
    #[default]
    Rag,
    /// The question alone, as in the modes `base` and `adapter`.
    Alone,
    /// A conversation as it was given, from a file of another program.
    Given,
}

impl Form {
    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rag => "rag",
            Self::Alone => "alone",
            Self::Given => "given",
        }
    }
}

/// Who speaks in a given conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// The instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl From<Speaker> for Role {
    fn from(speaker: Speaker) -> Self {
        match speaker {
            Speaker::System => Self::System,
            Speaker::User => Self::User,
            Speaker::Assistant => Self::Assistant,
        }
    }
}

impl From<Role> for Speaker {
    fn from(role: Role) -> Self {
        match role {
            Role::System => Self::System,
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
        }
    }
}

/// One message of a given conversation, as `messages` files spell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Who speaks.
    pub role: Speaker,
    /// What they say.
    pub content: String,
}

/// A source of a row, numbered by its place from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowSource {
    /// The end of the path of its document.
    pub path: String,
    /// Its headings in one line; empty where there are none.
    #[serde(default)]
    pub heading: String,
    /// What the model reads of it.
    pub text: String,
    /// Whether it holds the answer.
    #[serde(default)]
    pub golden: bool,
}

impl RowSource {
    fn note(&self, number: usize) -> Note<'_> {
        Note { number, path: &self.path, heading: &self.heading, text: &self.text }
    }
}

/// A row: a question with what the model reads, and what it is to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Names the row within its file.
    #[serde(default)]
    pub id: String,
    /// The question.
    pub question: String,
    /// The target, with its citations `[n]`.
    #[serde(default)]
    pub answer: String,
    /// Answers that count as right, as in the rows of an evaluation.
    #[serde(default)]
    pub answers: Vec<String>,
    /// The end of the path of the document that answers; rows are split by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The headings that the answer stands below.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub section: String,
    /// What the prompt holds.
    pub form: Form,
    /// Whether the documents answer the question; the row's sources may not
    /// all the same, see [`Row::refuses`].
    #[serde(default = "yes")]
    pub answerable: bool,
    /// The sources, in the order of the prompt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<RowSource>,
    /// The conversation before the target, where it was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
}

fn yes() -> bool {
    true
}

impl Row {
    /// The prompt: exactly what a model with this manner is sent for the
    /// question and its sources, or the conversation that was given. Without
    /// the target.
    #[must_use]
    pub fn messages(&self, manner: &Manner) -> Vec<Message> {
        match self.form {
            Form::Given => {
                let turn =
                    |turn: &Turn| Message { role: turn.role.into(), text: turn.content.clone() };
                self.turns.iter().map(turn).collect()
            }
            Form::Alone => render(manner, &self.question, &[]),
            Form::Rag => {
                let numbered = self.sources.iter().zip(1..);
                let notes: Vec<Note<'_>> = numbered.map(|(source, n)| source.note(n)).collect();
                render(manner, &self.question, &notes)
            }
        }
    }

    /// What the model is to say behind [`Row::messages`].
    #[must_use]
    pub fn target(&self) -> &str {
        &self.answer
    }

    /// The prompt and the target as the model's turn behind it.
    #[must_use]
    pub fn conversation(&self, manner: &Manner) -> Vec<Message> {
        let mut messages = self.messages(manner);
        messages.push(Message { role: Role::Assistant, text: self.answer.clone() });
        messages
    }

    /// Whether no source of the row holds the answer, so that the target is to
    /// say so.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.form == Form::Rag && !self.sources.iter().any(|source| source.golden)
    }

    /// The target without its citations, on one line.
    #[must_use]
    pub fn said(&self) -> String {
        super::mark::without(&self.answer)
    }

    /// The name of a row with this question in this form: the same question of
    /// the same document has the same name in every run.
    #[must_use]
    pub fn name(document: Option<&str>, question: &str, form: Form) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in [document.unwrap_or_default(), question, form.name()] {
            hasher.update(part.as_bytes()).update(b"\0");
        }
        hasher.finalize().to_hex().chars().take(12).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let source = |text: &str, golden| RowSource {
            path: "docs/a.md".into(),
            heading: "Guide › Cache".into(),
            text: text.into(),
            golden,
        };
        Row {
            id: "1".into(),
            question: "When is the cache emptied?".into(),
            answer: "The cache is emptied at midnight. [2]".into(),
            sources: vec![source("Noon.", false), source("It is emptied at midnight.", true)],
            answerable: true,
            ..Row::default()
        }
    }

    #[test]
    fn a_row_is_spelled_as_a_prompt_is() {
        let manner = Manner::small();
        let messages = row().messages(&manner);
        let text = &messages.last().unwrap().text;
        assert!(text.starts_with("[1] Guide › Cache: Noon.\n[2] Guide › Cache: It is"), "{text}");
        assert!(text.ends_with("Question: When is the cache emptied?"), "{text}");
        assert_eq!(messages.len(), 2 + 2 * manner.reading.len());
        let whole = row().conversation(&manner);
        assert_eq!(whole.last().unwrap().text, row().target());
        assert_eq!(whole[..messages.len()], messages);
    }

    #[test]
    fn without_sources_the_model_is_asked_alone() {
        let manner = Manner::default();
        let alone = Row { form: Form::Alone, sources: Vec::new(), ..row() };
        let texts: Vec<String> = alone.messages(&manner).into_iter().map(|m| m.text).collect();
        assert_eq!(texts, [manner.system_alone.as_str(), "When is the cache emptied?"]);
        assert!(!alone.refuses() && !row().refuses());
        let mut without = row();
        without.sources.pop();
        assert!(without.refuses());
        assert_eq!(row().said(), "The cache is emptied at midnight.");
    }

    #[test]
    fn a_line_reads_back_as_it_was() {
        let line = serde_json::to_string(&row()).unwrap();
        assert_eq!(serde_json::from_str::<Row>(&line).unwrap(), row());
        assert!(line.contains("\"form\":\"rag\""), "{line}");
        let names = [Form::Rag, Form::Alone].map(|form| Row::name(Some("a.md"), "Why?", form));
        assert_ne!(names[0], names[1]);
        assert_eq!(names[0], Row::name(Some("a.md"), "Why?", Form::Rag));
    }
}
