//! A request as each kind of server wants it.

use super::super::{EngineError, Request};
use super::count::role;
use super::dialect::{self, GrammarForm};
use super::gbnf::gbnf;
use super::select::Selection;
use crate::config::ServerKind;
use serde_json::{Map, Value, json};

/// Tokens at the end of a text that the plain penalty looks at, as in
/// `engine::repetition`.
const LATELY: usize = 64;

/// A run of so many tokens may come again without a penalty.
const ALLOWED: usize = 4;

/// How a request is spelled.
#[derive(Clone, Debug)]
pub(super) struct Spelling {
    pub kind: ServerKind,
    pub version: Option<String>,
    pub host: String,
    pub selection: Selection,
}

impl Spelling {
    /// The body of a request for at most `limit` tokens.
    ///
    /// # Errors
    /// Where the grammar can't be written for this server.
    pub fn body(&self, request: &Request, limit: usize) -> Result<Value, EngineError> {
        let messages: Vec<Value> = request
            .messages
            .iter()
            .map(|message| json!({ "role": role(message.role), "content": message.text }))
            .collect();
        let temperature = if request.likelihood { 0.0 } else { request.temperature };
        let mut body = Map::new();
        let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        set("model", Value::from(self.selection.model.as_str()));
        set("messages", Value::from(messages));
        set("stream", Value::from(true));
        set("stream_options", json!({ "include_usage": true }));
        // OpenAI's newer models know the long name only, other servers the short.
        let is_openai = self.host == "api.openai.com";
        set(if is_openai { "max_completion_tokens" } else { "max_tokens" }, Value::from(limit));
        set("temperature", Value::from(temperature));
        set("top_p", Value::from(request.top_p));
        if request.likelihood {
            set("logprobs", Value::from(true));
        }
        let thinking = request.thinking && request.grammar.is_none();
        let repetition = request.repetition.0;
        let penalty = (repetition.penalty > 1.0).then(|| Value::from(repetition.penalty));
        match self.kind {
            ServerKind::LlamaCpp => {
                // Its own defaults would cut off likely tokens.
                set("top_k", Value::from(0));
                set("min_p", Value::from(request.min_p));
                set("chat_template_kwargs", json!({ "enable_thinking": thinking }));
                if let Some(penalty) = penalty {
                    set("repeat_penalty", penalty);
                    set("repeat_last_n", Value::from(LATELY));
                }
                if repetition.dry > 0.0 {
                    set("dry_multiplier", Value::from(repetition.dry));
                    set("dry_allowed_length", Value::from(ALLOWED));
                }
                if !self.selection.scales.is_empty() {
                    let scales = self.selection.scales.iter();
                    let lora = scales.map(|(id, scale)| json!({ "id": id, "scale": scale }));
                    set("lora", lora.collect());
                    // What it keeps of earlier prompts, of whoever asked, it
                    // finds by their tokens alone, whatever adapters they were
                    // read with (llama.cpp #26207).
                    set("cache_prompt", Value::from(false));
                }
            }
            ServerKind::Vllm | ServerKind::Sglang => {
                set("min_p", Value::from(request.min_p));
                set("chat_template_kwargs", json!({ "enable_thinking": thinking }));
                if let Some(penalty) = penalty {
                    set("repetition_penalty", penalty);
                }
            }
            ServerKind::MistralRs => {
                set("min_p", Value::from(request.min_p));
                set("enable_thinking", Value::from(thinking));
                if let Some(penalty) = penalty {
                    set("repetition_penalty", penalty);
                }
            }
            ServerKind::Auto | ServerKind::Lorax | ServerKind::Ollama | ServerKind::OpenAi => {}
        }
        if let Some((lark, form)) = request.grammar.as_deref().zip(dialect::grammar(self.kind)) {
            let (name, value) = self.grammar(lark, form)?;
            set(name, value);
        }
        Ok(Value::Object(body))
    }

    fn grammar(&self, lark: &str, form: GrammarForm) -> Result<(&'static str, Value), EngineError> {
        let written = || {
            gbnf(lark).map(Value::from).map_err(|error| {
                EngineError::Refused(format!("its grammar can't be written as GBNF: {error}"))
            })
        };
        Ok(match form {
            GrammarForm::Gbnf => ("grammar", written()?),
            GrammarForm::Ebnf => ("ebnf", written()?),
            GrammarForm::Vllm if dialect::has_structured_outputs(self.version.as_deref()) => {
                ("structured_outputs", json!({ "grammar": written()? }))
            }
            GrammarForm::Vllm => ("guided_grammar", written()?),
            GrammarForm::Lark => ("grammar", json!({ "type": "lark", "value": lark })),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::repetition::Control;
    use super::super::super::{Message, Role};
    use super::*;
    use crate::config::Repetition;

    fn body(kind: ServerKind, version: Option<&str>, change: impl Fn(&mut Request)) -> Value {
        let spelling = Spelling {
            kind,
            version: version.map(str::to_owned),
            host: "localhost".to_owned(),
            selection: Selection { model: "m".to_owned(), scales: Vec::new() },
        };
        let mut request = Request {
            messages: vec![Message { role: Role::User, text: "Hi".to_owned() }],
            temperature: 0.5,
            top_p: 0.9,
            ..Request::default()
        };
        change(&mut request);
        spelling.body(&request, 7).unwrap()
    }

    #[test]
    fn every_server_gets_what_it_knows() {
        let plain = body(ServerKind::OpenAi, None, |_| {});
        assert_eq!(
            plain,
            json!({
                "model": "m", "messages": [{ "role": "user", "content": "Hi" }], "stream": true,
                "stream_options": { "include_usage": true }, "max_tokens": 7,
                "temperature": 0.5, "top_p": 0.9,
            })
        );
        let llama = body(ServerKind::LlamaCpp, None, |request| {
            request.repetition = Control(Repetition { penalty: 1.5, dry: 0.8 });
            request.thinking = true;
        });
        assert_eq!((&llama["top_k"], &llama["min_p"]), (&json!(0), &json!(0.0)));
        assert_eq!((&llama["repeat_penalty"], &llama["repeat_last_n"]), (&json!(1.5), &json!(64)));
        assert!(llama.get("dry_multiplier").is_some() && llama.get("lora").is_none());
        assert_eq!(llama["chat_template_kwargs"], json!({ "enable_thinking": true }));
        assert_eq!(body(ServerKind::MistralRs, None, |_| {})["enable_thinking"], json!(false));
    }

    #[test]
    fn grammars_go_where_each_server_looks() {
        let with = |kind, version| {
            body(kind, version, |request| {
                request.grammar = Some("start: body\nbody: \"x\"\n".to_owned());
                request.thinking = true;
            })
        };
        let gbnf = json!("root ::= body\nbody ::= \"x\"\n");
        let llama = with(ServerKind::LlamaCpp, None);
        assert_eq!(llama["grammar"], gbnf);
        assert_eq!(llama["chat_template_kwargs"]["enable_thinking"], json!(false));
        assert_eq!(with(ServerKind::Vllm, Some("0.12.0"))["structured_outputs"]["grammar"], gbnf);
        assert_eq!(with(ServerKind::Vllm, Some("0.9.1"))["guided_grammar"], gbnf);
        assert_eq!(with(ServerKind::Sglang, None)["ebnf"], gbnf);
        assert_eq!(with(ServerKind::MistralRs, None)["grammar"]["type"], "lark");
        let none = with(ServerKind::Ollama, None);
        assert!(none.get("grammar").is_none(), "{none}");
    }

    #[test]
    fn likelihoods_are_asked_for_greedily() {
        let body = body(ServerKind::Vllm, None, |request| request.likelihood = true);
        assert_eq!((&body["logprobs"], &body["temperature"]), (&json!(true), &json!(0.0)));
    }
}
