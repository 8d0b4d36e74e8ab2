//! One piece of an answer, as the servers spell it.

use super::failure::message_of;
use serde_json::Value;

/// What a piece holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Piece {
    pub text: String,
    pub thought: String,
    /// Why the answer ends.
    pub reason: Option<String>,
    pub usage: Option<Usage>,
    /// Sum of the natural logarithms of the tokens' probabilities.
    pub log_likelihood: Option<f64>,
    /// Seconds to read the prompt and to decode, where the server tells.
    pub seconds: Option<(f64, f64)>,
    /// What went wrong.
    pub error: Option<String>,
}

/// Tokens as the server counted them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Usage {
    pub prompt: usize,
    pub completion: usize,
    pub reused: usize,
}

/// Reads the data of an event; `None` where it is no piece of an answer.
pub(super) fn read(data: &str) -> Option<Piece> {
    let value: Value = serde_json::from_str(data).ok()?;
    if !value.is_object() {
        return None;
    }
    let mut piece = Piece { usage: usage(&value), seconds: seconds(&value), ..Piece::default() };
    let failed = value.get("error").is_some_and(|error| !error.is_null())
        || (value.get("choices").is_none() && value.get("object") == Some(&"error".into()));
    if failed {
        piece.error = Some(message_of(&value).unwrap_or_else(|| "it says no more".to_owned()));
        return Some(piece);
    }
    let Some(choice) = value.pointer("/choices/0") else {
        // The last piece may hold the counts alone.
        let known = value.get("choices").is_some() || piece.usage.is_some();
        return known.then_some(piece);
    };
    let said = choice.get("delta").or_else(|| choice.get("message"));
    if let Some(said) = said {
        piece.text = text(said.get("content"));
        let thought = said.get("reasoning_content").or_else(|| said.get("reasoning"));
        piece.thought = text(thought);
    }
    piece.reason = choice.get("finish_reason").and_then(Value::as_str).map(str::to_owned);
    let tokens = choice.pointer("/logprobs/content").and_then(Value::as_array);
    piece.log_likelihood = tokens.map(|tokens| {
        tokens.iter().filter_map(|token| token.get("logprob").and_then(Value::as_f64)).sum()
    });
    Some(piece)
}

/// A text, or the texts of a list of parts.
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect()
        }
        _ => String::new(),
    }
}

fn usage(value: &Value) -> Option<Usage> {
    let number = |path: &str| {
        value.pointer(path).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())
    };
    let prompt = number("/usage/prompt_tokens")?;
    let reused = number("/usage/prompt_tokens_details/cached_tokens")
        .or_else(|| number("/timings/cache_n"))
        .unwrap_or(0)
        .min(prompt);
    let completion = number("/usage/completion_tokens").unwrap_or(0);
    Some(Usage { prompt, completion, reused })
}

/// llama.cpp tells how long it took.
fn seconds(value: &Value) -> Option<(f64, f64)> {
    let number = |name: &str| value.get("timings")?.get(name)?.as_f64();
    let (prompt, decode) = (number("prompt_ms")?, number("predicted_ms")?);
    (prompt >= 0.0 && decode >= 0.0).then_some((prompt / 1000.0, decode / 1000.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_every_server_are_read() {
        let piece = read(r#"{"choices":[{"delta":{"content":"Hi"},"finish_reason":null}]}"#);
        assert_eq!(piece, Some(Piece { text: "Hi".into(), ..Piece::default() }));
        for field in ["reasoning_content", "reasoning"] {
            let data = format!(r#"{{"choices":[{{"delta":{{"content":null,"{field}":"Hm"}}}}]}}"#);
            assert_eq!(read(&data), Some(Piece { thought: "Hm".into(), ..Piece::default() }));
        }
        let parts = r#"{"choices":[{"delta":{"content":[{"type":"text","text":"Hi"}]},"finish_reason":"stop"}]}"#;
        let piece = read(parts).unwrap();
        assert_eq!((piece.text.as_str(), piece.reason.as_deref()), ("Hi", Some("stop")));
        let likely = r#"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"logprob":-0.5},{"logprob":-1.0}]}}]}"#;
        assert_eq!(read(likely).unwrap().log_likelihood, Some(-1.5));
        let whole = r#"{"choices":[{"message":{"content":"All."},"finish_reason":"length"}]}"#;
        assert_eq!(read(whole).unwrap().text, "All.");
    }

    #[test]
    fn counts_and_times_are_read() {
        let data = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,
            "prompt_tokens_details":{"cached_tokens":7}},"timings":{"prompt_ms":500,"predicted_ms":250.5}}"#;
        let piece = read(data).unwrap();
        assert_eq!(piece.usage, Some(Usage { prompt: 9, completion: 4, reused: 7 }));
        assert_eq!(piece.seconds, Some((0.5, 0.2505)));
        let huge = r#"{"choices":[],"usage":{"prompt_tokens":-1}}"#;
        assert_eq!(read(huge).unwrap().usage, None);
    }

    #[test]
    fn errors_within_an_answer_are_found_and_nonsense_is_none() {
        let error = |data: &str| read(data).unwrap().error;
        assert_eq!(error(r#"{"error":{"message":"out of memory"}}"#).unwrap(), "out of memory");
        assert_eq!(error(r#"{"object":"error","message":"no"}"#).unwrap(), "no");
        assert!(error(r#"{"error":{}}"#).is_some());
        assert_eq!(error(r#"{"choices":[],"error":null}"#), None);
        for data in ["", "null", "[1]", "7", "{}", "{\"a\":1}", "Bad gateway", "{\"choices\""] {
            assert_eq!(read(data), None, "{data}");
        }
    }
}
