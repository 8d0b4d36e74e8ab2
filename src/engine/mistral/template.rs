//! The chat template: which file it comes from, and what it makes of a
//! conversation.
//!
//! The engine panics over files it can't read, so they are read here first. A
//! `tokenizer_config.json` in a form the engine doesn't know, or a GGUF
//! template that lacks its special tokens, is written anew to a temporary
//! file that holds only what the engine uses.

use super::super::format::{load_error, unreadable};
use super::super::{EngineError, Message, Role};
use crate::config::bounded;
use mistralrs::MessageContent;
use mistralrs::core::{ChatTemplate, Pipeline};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Chat template and special tokens out of a GGUF file.
#[derive(Clone, Debug, Default)]
pub(super) struct Embedded {
    pub template: Option<String>,
    pub begin: Option<String>,
    pub end: Option<String>,
    pub unknown: Option<String>,
    pub padding: Option<String>,
}

/// The chat template to hand to the engine.
#[derive(Debug)]
pub(super) struct Template {
    /// `tokenizer_config.json`, `chat_template.jinja`, or a temporary file in
    /// the form of the former.
    pub file: PathBuf,
    /// `chat_template.json`, where the template is there.
    pub json: Option<PathBuf>,
    /// The token that ends an answer, as `tokenizer_config.json` names it.
    pub end: Option<String>,
    temporary: bool,
}

impl Drop for Template {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_file(&self.file)
        {
            tracing::debug!(%error, "a temporary chat template was not removed");
        }
    }
}

/// Finds the chat template of the model in `folder`, in the order in which
/// others look: `chat_template.jinja`, `tokenizer_config.json`,
/// `chat_template.json`, and last what the GGUF file brings. `None` where
/// there is none.
pub(super) fn find(
    folder: &Path,
    embedded: Option<&Embedded>,
) -> Result<Option<Template>, EngineError> {
    let config_path = folder.join("tokenizer_config.json");
    let jinja_path = folder.join("chat_template.jinja");
    let json_path = folder.join("chat_template.json");
    let config_text = read_if_there(&config_path)?;
    let config = config_text.as_deref().map(|text| parse(&config_path, text)).transpose()?;
    let mark = |key: &str, other: Option<&String>| -> Option<String> {
        let own = config.as_ref().and_then(|config| token(config.get(key)?));
        own.or_else(|| other.cloned())
    };
    let end = mark("eos_token", embedded.and_then(|embedded| embedded.end.as_ref()));
    let readable = config_text
        .as_deref()
        .is_none_or(|text| serde_json::from_str::<ChatTemplate>(text).is_ok());

    let (file, json_file, text) = if let Some(text) = read_if_there(&jinja_path)? {
        (Some(jinja_path), None, text)
    } else if let Some(text) =
        config.as_ref().and_then(|config| text_of(config.get("chat_template")?))
    {
        (Some(config_path), None, text)
    } else if let Some(text) = read_if_there(&json_path)? {
        let value = parse(&json_path, &text)?;
        let text = value
            .get("chat_template")
            .and_then(text_of)
            .ok_or_else(|| load_error(&json_path, "it has no text `chat_template`"))?;
        (config.is_some().then_some(config_path), Some(json_path), text)
    } else if let Some(text) = embedded.and_then(|embedded| embedded.template.clone()) {
        (None, None, text)
    } else {
        return Ok(None);
    };
    if is_harmony(&text) {
        return Err(load_error(
            folder,
            "its chat template is in OpenAI's Harmony format, for which the engine fetches files at run time: use another model",
        ));
    }
    #[cfg(feature = "llama")]
    super::super::llama::probe::check(&text).map_err(|reason| load_error(folder, reason))?;
    match file {
        Some(file) if readable => {
            Ok(Some(Template { file, json: json_file, end, temporary: false }))
        }
        _ => {
            let content = json!({
                "bos_token": mark("bos_token", embedded.and_then(|e| e.begin.as_ref())),
                "eos_token": end,
                "unk_token": mark("unk_token", embedded.and_then(|e| e.unknown.as_ref())),
                "pad_token": mark("pad_token", embedded.and_then(|e| e.padding.as_ref())),
                "chat_template": text,
            });
            let file = write_temporary(&content.to_string())?;
            Ok(Some(Template { file, json: None, end, temporary: true }))
        }
    }
}

/// Reads a text file, `None` where there is none.
fn read_if_there(path: &Path) -> Result<Option<String>, EngineError> {
    match bounded::read_text(path, bounded::MEDIUM) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn parse(path: &Path, text: &str) -> Result<Value, EngineError> {
    serde_json::from_str(text)
        .map_err(|error| load_error(path, format!("it is not valid JSON: {error}")))
}

/// The template in `chat_template`: a text, or the default one of a list.
fn text_of(value: &Value) -> Option<String> {
    if let Value::Array(list) = value {
        let named = |name: &str| list.iter().find(|entry| entry.get("name") == Some(&json!(name)));
        let entry = named("default").or_else(|| list.first())?;
        return entry.get("template")?.as_str().map(str::to_owned);
    }
    value.as_str().map(str::to_owned)
}

/// A special token, which is a text or an object with its text.
fn token(value: &Value) -> Option<String> {
    value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_owned)
}

/// As the engine recognises it.
fn is_harmony(template: &str) -> bool {
    template.contains("<|channel|>")
        || ["<|start|>", "<|message|>", "<|end|>"].iter().all(|mark| template.contains(mark))
}

fn write_temporary(content: &str) -> Result<PathBuf, EngineError> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("lorag-{}-{count}-chat-template.json", std::process::id());
    let path = std::env::temp_dir().join(name);
    // A file left by a crashed process of the same number is replaced.
    drop(std::fs::remove_file(&path));
    let failed = |error: std::io::Error| {
        load_error(&path, format!("its chat template cannot be written here: {error}"))
    };
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
    file.write_all(content.as_bytes()).map_err(failed)?;
    Ok(path)
}

/// A rendered conversation.
#[derive(Debug)]
pub(super) struct Rendered {
    /// Tokens of the prompt, special tokens included.
    pub tokens: Vec<u32>,
    /// The prompt.
    pub text: String,
}

/// Renders a conversation as the engine will, ready for the answer.
pub(super) fn render(
    pipeline: &dyn Pipeline,
    messages: &[Message],
    thinking: bool,
) -> anyhow::Result<Rendered> {
    spell(pipeline, messages, thinking, true)
}

/// Renders a conversation that is over: its last message is an answer.
pub(super) fn render_whole(
    pipeline: &dyn Pipeline,
    messages: &[Message],
) -> anyhow::Result<Rendered> {
    spell(pipeline, messages, false, false)
}

fn spell(
    pipeline: &dyn Pipeline,
    messages: &[Message],
    thinking: bool,
    answering: bool,
) -> anyhow::Result<Rendered> {
    let (tokens, text) = pipeline.get_processor().process(
        pipeline,
        chat(messages),
        answering,
        true,
        Some(thinking),
        None,
        Vec::new(),
    )?;
    Ok(Rendered { tokens, text })
}

/// The error of a conversation that a chat template refuses.
pub(super) fn refused(error: &anyhow::Error) -> EngineError {
    EngineError::Refused(format!("its chat template says: {error:#}"))
}

/// The conversation in the engine's form, a map for each message.
pub(super) fn chat<M>(messages: &[Message]) -> Vec<M>
where
    M: FromIterator<(String, MessageContent)>,
{
    let spell = |message: &Message| {
        let role = match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        [
            ("role".to_owned(), MessageContent::Left(role.to_owned())),
            ("content".to_owned(), MessageContent::Left(message.text.clone())),
        ]
        .into_iter()
        .collect()
    };
    messages.iter().map(spell).collect()
}

/// Whether a prompt ends inside an open thought.
pub(super) fn opens_thought(prompt: &str) -> bool {
    match (prompt.rfind("<think>"), prompt.rfind("</think>")) {
        (Some(open), Some(close)) => open > close,
        (open, _) => open.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    #[test]
    fn files_are_looked_at_in_order() {
        let config = r#"{"eos_token": "</s>", "chat_template": "own"}"#;
        let dir = folder(&[("tokenizer_config.json", config)]);
        let found = find(dir.path(), None).unwrap().unwrap();
        assert_eq!(found.file, dir.path().join("tokenizer_config.json"));
        assert_eq!(found.end.as_deref(), Some("</s>"));
        std::fs::write(dir.path().join("chat_template.jinja"), "jinja").unwrap();
        let found = find(dir.path(), None).unwrap().unwrap();
        assert_eq!(found.file, dir.path().join("chat_template.jinja"));
    }

    #[test]
    fn a_template_without_tokens_gets_those_of_the_gguf_file() {
        let embedded = Embedded {
            template: Some("from the file".into()),
            end: Some("<eos>".into()),
            ..Embedded::default()
        };
        let dir = folder(&[("tokenizer_config.json", "{}")]);
        assert!(find(dir.path(), None).unwrap().is_none());
        let found = find(dir.path(), Some(&embedded)).unwrap().unwrap();
        let value: Value =
            serde_json::from_str(&std::fs::read_to_string(&found.file).unwrap()).unwrap();
        assert_eq!(value["eos_token"], "<eos>");
        assert_eq!(value["chat_template"], "from the file");
        let file = found.file.clone();
        drop(found);
        assert!(!file.exists());
    }

    #[test]
    fn a_form_the_engine_would_panic_over_is_written_anew() {
        let config = r#"{"additional_special_tokens": [{"content": "<x>"}], "eos_token": "</s>", "chat_template": [{"name": "rag", "template": "r"}, {"name": "default", "template": "d"}]}"#;
        let dir = folder(&[("tokenizer_config.json", config)]);
        let found = find(dir.path(), None).unwrap().unwrap();
        assert!(found.temporary);
        let text = std::fs::read_to_string(&found.file).unwrap();
        assert!(serde_json::from_str::<ChatTemplate>(&text).is_ok());
        assert!(text.contains(r#""chat_template":"d""#), "{text}");
    }

    #[test]
    fn damaged_and_unsupported_templates_are_named() {
        let dir = folder(&[("tokenizer_config.json", "{\"chat_template\": ")]);
        let error = find(dir.path(), None).unwrap_err().to_string();
        assert!(error.contains("tokenizer_config.json") && error.contains("JSON"), "{error}");
        let dir = folder(&[("chat_template.jinja", "<|start|>x<|channel|>final")]);
        assert!(find(dir.path(), None).unwrap_err().to_string().contains("Harmony"));
        let dir = folder(&[("chat_template.json", "{\"x\": 1}")]);
        assert!(find(dir.path(), None).unwrap_err().to_string().contains("chat_template.json"));
    }

    #[test]
    fn an_open_thought_is_told_from_a_closed_one() {
        assert!(opens_thought("<|im_start|>assistant\n<think>\n"));
        assert!(!opens_thought("<|im_start|>assistant\n<think>\n\n</think>\n\n"));
        assert!(!opens_thought("<|im_start|>assistant\n"));
    }
}
