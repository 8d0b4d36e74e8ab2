//! Embeddings, by the embedder of the knowledge base.

use super::desk::Desk;
use super::http::Refusal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Most texts of a request.
const MOST_TEXTS: usize = 256;

/// What is to be embedded.
#[derive(Debug)]
pub(super) struct Wanted {
    texts: Vec<String>,
    base64: bool,
}

/// Reads a request.
///
/// # Errors
/// It is wrong.
pub(super) fn read(body: &[u8]) -> Result<Wanted, Refusal> {
    let wrong = |message: &str| Refusal::new(400, message);
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| wrong(&format!("the body is no JSON: {error}")))?;
    let texts = match body.get("input") {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) if (1..=MOST_TEXTS).contains(&list.len()) => {
            let texts = list.iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().ok_or_else(|| wrong("\"input\" must hold texts"))?
        }
        _ => return Err(wrong(&format!("\"input\" must be a text, or 1 to {MOST_TEXTS} texts"))),
    };
    let base64 = match body.get("encoding_format").and_then(Value::as_str) {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(wrong("\"encoding_format\" is float or base64")),
    };
    if body.get("dimensions").is_some_and(|dimensions| !dimensions.is_null()) {
        return Err(wrong("\"dimensions\" can't be chosen; leave it out"));
    }
    Ok(Wanted { texts, base64 })
}

/// The vectors of texts.
///
/// # Errors
/// The embedder fails.
pub(super) async fn give(desk: &Desk, wanted: Wanted) -> Result<Value, Refusal> {
    let failed = |error: crate::host::HostError| Refusal::new(500, error.message);
    let embedder = desk.host.embedder().await.map_err(failed)?;
    let tokens: usize = wanted.texts.iter().map(|text| embedder.count(text)).sum();
    let vectors = desk.host.embed(wanted.texts).await.map_err(failed)?;
    let data = vectors.iter().enumerate().map(|(index, vector)| {
        let embedding = match wanted.base64 {
            true => {
                let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
                Value::from(STANDARD.encode(bytes))
            }
            false => Value::from(vector.clone()),
        };
        json!({ "object": "embedding", "index": index, "embedding": embedding })
    });
    let data: Vec<Value> = data.collect();
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    Ok(json!({ "object": "list", "model": embedder.id(), "data": data, "usage": usage }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_other_things_refused() {
        let given = |body: Value| read(body.to_string().as_bytes());
        assert_eq!(given(json!({ "input": "a" })).unwrap().texts, ["a"]);
        let two = given(json!({ "input": ["a", "b"], "encoding_format": "base64" })).unwrap();
        assert!(two.base64 && two.texts.len() == 2);
        for wrong in [
            json!({}),
            json!({ "input": [] }),
            json!({ "input": [[1, 2]] }),
            json!({ "input": vec!["a"; MOST_TEXTS + 1] }),
            json!({ "input": "a", "encoding_format": "int8" }),
            json!({ "input": "a", "dimensions": 8 }),
        ] {
            assert_eq!(given(wrong.clone()).unwrap_err().status, 400, "{wrong}");
        }
    }
}
