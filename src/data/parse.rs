//! One line of training data, in whichever of the common forms it is.

use super::row::{Form, Row, Speaker, Turn};
use serde_json::{Map, Value};

/// What a line may be, for the message about one that isn't.
const FORMS: &str = "its keys are none of lorag's own rows (question, answer, form), messages, prompt and completion, instruction and output, or question and answers";

type Object = Map<String, Value>;

/// The row of a line.
///
/// # Errors
/// What is wrong with it.
pub(super) fn row_of(value: Value) -> Result<Row, String> {
    let Value::Object(object) = value else {
        return Err("a line must be one JSON object".to_owned());
    };
    let has = |key: &str| object.contains_key(key);
    let row = if has("form") && has("question") {
        own(object)?
    } else if has("messages") || has("conversations") {
        given(conversation(&object)?)?
    } else if has("prompt") || has("completion") {
        completion(&object)?
    } else if has("instruction") {
        alpaca(&object)?
    } else if has("question") {
        asked(&object)?
    } else {
        return Err(FORMS.to_owned());
    };
    Ok(row)
}

/// A row of lorag's own.
fn own(object: Object) -> Result<Row, String> {
    let row: Row = serde_json::from_value(Value::Object(object)).map_err(|e| e.to_string())?;
    let alike = match row.form {
        Form::Rag => row.turns.is_empty(),
        Form::Alone => row.turns.is_empty() && row.sources.is_empty(),
        Form::Given => row.sources.is_empty() && !row.turns.is_empty(),
    };
    if !alike {
        let form = row.form.name();
        return Err(format!("a row of the form {form} has no such sources or turns"));
    }
    Ok(row)
}

/// A row of an evaluation, or a plain question with its answer: to be answered
/// without sources.
fn asked(object: &Object) -> Result<Row, String> {
    let question = text(object, "question")?;
    let answerable = !matches!(object.get("answerable"), Some(Value::Bool(false)));
    let mut answers: Vec<String> = match object.get("answers") {
        None => Vec::new(),
        Some(Value::Array(list)) => {
            let texts = list.iter().map(|v| v.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().ok_or("answers must be a list of texts")?
        }
        Some(_) => return Err("answers must be a list of texts".to_owned()),
    };
    answers.retain(|answer| !answer.trim().is_empty());
    let answer = match object.get("answer") {
        Some(_) => text(object, "answer")?,
        // The longest says the most.
        None => answers.iter().max_by_key(|a| a.chars().count()).cloned().unwrap_or_default(),
    };
    if answerable && answer.is_empty() {
        return Err("an answerable question needs an answer".to_owned());
    }
    if answers.is_empty() && !answer.is_empty() {
        answers.push(answer.clone());
    }
    let path = object.get("path").or(object.get("document"));
    let document = path.and_then(Value::as_str).map(str::to_owned);
    Ok(Row {
        id: optional(object, "id"),
        question,
        answer,
        answers,
        document,
        form: Form::Alone,
        answerable,
        ..Row::default()
    })
}

fn alpaca(object: &Object) -> Result<Row, String> {
    let instruction = text(object, "instruction")?;
    let input = optional(object, "input");
    let said = text(object, "output")?;
    let asked = match input.trim() {
        "" => instruction,
        input => format!("{instruction}\n\n{input}"),
    };
    let system = optional(object, "system");
    let system = (!system.is_empty()).then_some(Turn { role: Speaker::System, content: system });
    let turn = |role, content| Turn { role, content };
    let rest = [turn(Speaker::User, asked), turn(Speaker::Assistant, said)];
    given(system.into_iter().chain(rest).collect())
}

fn completion(object: &Object) -> Result<Row, String> {
    // Either may be a list of messages, too.
    let part = |key: &str, role| match object.get(key) {
        Some(Value::Array(list)) => list.iter().map(message).collect::<Result<Vec<_>, _>>(),
        _ => text(object, key).map(|content| vec![Turn { role, content }]),
    };
    let mut turns = part("prompt", Speaker::User)?;
    turns.extend(part("completion", Speaker::Assistant)?);
    given(turns)
}

fn conversation(object: &Object) -> Result<Vec<Turn>, String> {
    let list = object.get("messages").or(object.get("conversations"));
    let list = list.and_then(Value::as_array).ok_or("messages must be a list")?;
    if object.get("tools").is_some_and(|tools| !tools.is_null()) {
        return Err("rows with tools can't be trained on here".to_owned());
    }
    list.iter().map(message).collect()
}

/// A message: `role` and `content`, or `from` and `value`.
fn message(value: &Value) -> Result<Turn, String> {
    let of = |key: &str, other: &str| value.get(key).or(value.get(other));
    let role = of("role", "from").and_then(Value::as_str).ok_or("a message has no role")?;
    let role = match role {
        "system" | "developer" => Speaker::System,
        "user" | "human" => Speaker::User,
        "assistant" | "gpt" | "model" => Speaker::Assistant,
        other => return Err(format!("a message has the role {other:?}")),
    };
    let content = match of("content", "value") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let text = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
            let parts: Option<Vec<String>> = parts.iter().map(text).collect();
            parts.ok_or("a message holds something else than text")?.concat()
        }
        _ => return Err("a message has no text".to_owned()),
    };
    Ok(Turn { role, content })
}

/// A row of a whole conversation: its last turn is the target.
fn given(mut turns: Vec<Turn>) -> Result<Row, String> {
    let last = turns.pop().filter(|turn| turn.role == Speaker::Assistant);
    let answer = last.ok_or("the last message must be the assistant's")?.content;
    let asked = turns.last().filter(|turn| turn.role == Speaker::User);
    let question = asked.ok_or("the message before the answer must be the user's")?.content.clone();
    let rest = turns.iter().skip(usize::from(turns.first().is_some_and(is_system)));
    let turn_about = [Speaker::User, Speaker::Assistant].into_iter().cycle();
    if !rest.zip(turn_about).all(|(turn, role)| turn.role == role) {
        return Err("user and assistant must take turns, the system message first".to_owned());
    }
    Ok(Row {
        question,
        answers: vec![answer.clone()],
        answer,
        form: Form::Given,
        answerable: true,
        turns,
        ..Row::default()
    })
}

fn is_system(turn: &Turn) -> bool {
    turn.role == Speaker::System
}

fn text(object: &Object, key: &str) -> Result<String, String> {
    match object.get(key) {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.clone()),
        Some(Value::String(_)) => Err(format!("{key} is empty")),
        Some(_) => Err(format!("{key} must be a text")),
        None => Err(format!("{key} is missing")),
    }
}

fn optional(object: &Object, key: &str) -> String {
    match object.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Manner;
    use serde_json::json;

    #[test]
    fn every_form_is_known_by_its_keys() {
        let messages = json!({"messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": [{"type": "text", "text": "So."}]},
        ]});
        let shared = json!({"conversations": [
            {"from": "system", "value": "Be brief."},
            {"from": "human", "value": "Why?"},
            {"from": "gpt", "value": "So."},
        ]});
        let alpaca = json!({"system": "Be brief.", "instruction": "Why?", "output": "So."});
        let rows = [messages, shared, alpaca].map(|value| row_of(value).unwrap());
        for row in &rows {
            assert_eq!(row, &rows[0]);
            assert_eq!((row.question.as_str(), row.target()), ("Why?", "So."));
            let texts: Vec<String> =
                row.messages(&Manner::default()).into_iter().map(|m| m.text).collect();
            assert_eq!(texts, ["Be brief.", "Why?"]);
        }
        let row = row_of(json!({"prompt": "Why?", "completion": "So."})).unwrap();
        assert_eq!((row.form, row.turns.len(), row.target()), (Form::Given, 1, "So."));
        let row = row_of(json!({"instruction": "Sum up:", "input": "Long.", "output": "L."}));
        assert_eq!(row.unwrap().question, "Sum up:\n\nLong.");
        let evaluated = json!({"question": "Why?", "answers": ["So", "It is so."], "path": "a.md"});
        let row = row_of(evaluated).unwrap();
        assert_eq!((row.form, row.target()), (Form::Alone, "It is so."));
        assert_eq!((row.answers.len(), row.document.as_deref()), (2, Some("a.md")));
        let row = row_of(json!({"question": "Why?", "answerable": false})).unwrap();
        assert!(!row.answerable && row.target().is_empty());
    }

    #[test]
    fn what_is_no_row_is_told() {
        let turn = |role: &str| json!({"role": role, "content": "x"});
        for (value, says) in [
            (json!({"messages": [turn("user")]}), "the assistant's"),
            (json!({"messages": [turn("assistant")]}), "the user's"),
            (json!({"messages": [turn("user"), turn("user"), turn("assistant")]}), "take turns"),
            (json!({"messages": [turn("tool"), turn("assistant")]}), "role \"tool\""),
            (json!({"messages": [], "tools": []}), "tools"),
            (json!({"messages": [{"role": "user", "content": 1}]}), "no text"),
            (json!({"prompt": " ", "completion": "x"}), "prompt is empty"),
            (json!({"question": "Why?"}), "needs an answer"),
            (json!({"question": "Why?", "answers": "x"}), "list of texts"),
            (json!({"question": "Why?", "form": "other"}), "other"),
            (json!({"question": "Why?", "form": "given"}), "no such sources or turns"),
            (json!({"text": "x"}), "keys"),
        ] {
            let error = row_of(value.clone()).unwrap_err();
            assert!(error.contains(says), "{value}: {error}");
        }
    }
}
