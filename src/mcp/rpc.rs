//! JSON-RPC 2.0: messages read and answers written.

use serde_json::{Map, Value, json};

/// The text is no JSON.
pub(super) const PARSE: i64 = -32700;
/// The JSON is no request.
pub(super) const INVALID: i64 = -32600;
/// There is no such method.
pub(super) const NO_METHOD: i64 = -32601;
/// The parameters are wrong.
pub(super) const PARAMETERS: i64 = -32602;
/// lorag failed.
pub(super) const INTERNAL: i64 = -32603;
/// There is no such resource.
pub(super) const NO_RESOURCE: i64 = -32002;

/// Most characters of a request's name.
const MOST_ID: usize = 256;

/// An error as the caller gets it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RpcError {
    /// Its code.
    pub code: i64,
    /// What is wrong.
    pub message: String,
}

impl RpcError {
    /// An error with this code.
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// A message of the client.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    /// It wants an answer.
    Request {
        /// Its name.
        id: Value,
        /// What is to be done.
        method: String,
        /// With what.
        params: Map<String, Value>,
    },
    /// It wants none.
    Notification {
        /// What has happened.
        method: String,
        /// To what.
        params: Map<String, Value>,
    },
    /// An answer; nothing was asked.
    Response,
    /// No message.
    Wrong {
        /// Its name, as far as it can be told.
        id: Value,
        /// What is wrong.
        error: RpcError,
    },
}

/// Reads a message.
pub(super) fn read(line: &[u8]) -> Incoming {
    // Nesting deeper than 128 is refused by the parser.
    let mut message = match serde_json::from_slice::<Value>(line) {
        Ok(Value::Object(message)) => message,
        Ok(Value::Array(_)) => {
            return wrong(Value::Null, INVALID, "batches are not taken: send one request a line");
        }
        Ok(_) => return wrong(Value::Null, INVALID, "a request is an object"),
        Err(error) => return wrong(Value::Null, PARSE, &format!("this is no JSON: {error}")),
    };
    let id = match message.remove("id") {
        None => None,
        Some(Value::String(id)) if id.chars().count() <= MOST_ID => Some(Value::String(id)),
        Some(Value::Number(id)) if id.is_i64() || id.is_u64() => Some(Value::Number(id)),
        Some(_) => {
            let allowed = format!("an id is a whole number, or text of up to {MOST_ID} characters");
            return wrong(Value::Null, INVALID, &allowed);
        }
    };
    let named = || id.clone().unwrap_or(Value::Null);
    if message.get("jsonrpc") != Some(&json!("2.0")) {
        return wrong(named(), INVALID, "\"jsonrpc\" must be \"2.0\"");
    }
    let method = match message.remove("method") {
        Some(Value::String(method)) => method,
        None if message.contains_key("result") || message.contains_key("error") => {
            return Incoming::Response;
        }
        _ => return wrong(named(), INVALID, "\"method\" must be text"),
    };
    let params = match message.remove("params") {
        None => Map::new(),
        Some(Value::Object(params)) => params,
        Some(_) => return wrong(named(), PARAMETERS, "\"params\" must be an object"),
    };
    match id {
        Some(id) => Incoming::Request { id, method, params },
        None => Incoming::Notification { method, params },
    }
}

fn wrong(id: Value, code: i64, message: &str) -> Incoming {
    Incoming::Wrong { id, error: RpcError::new(code, message) }
}

/// The answer to a request.
pub(super) fn response(id: &Value, result: Result<Value, RpcError>) -> Value {
    match result {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(RpcError { code, message }) => {
            let error = json!({ "code": code, "message": message });
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> (Value, i64) {
        match read(text.as_bytes()) {
            Incoming::Wrong { id, error } => (id, error.code),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn messages_are_told_apart() {
        let request = read(br#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#);
        let expected =
            Incoming::Request { id: json!(7), method: "ping".into(), params: Map::new() };
        assert_eq!(request, expected);
        let note = read(br#"{"jsonrpc":"2.0","method":"a","params":{"b":1}}"#);
        assert!(matches!(note, Incoming::Notification { params, .. } if params["b"] == 1));
        let answer = read(br#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
        assert_eq!(answer, Incoming::Response);
    }

    #[test]
    fn what_is_no_message_is_refused_by_its_name() {
        assert_eq!(code("{"), (Value::Null, PARSE));
        assert_eq!(code("\u{0}\u{1b}[2J"), (Value::Null, PARSE));
        assert_eq!(code(&"[".repeat(100_000)), (Value::Null, PARSE));
        assert_eq!(code(&format!("{{\"a\":{}", "[".repeat(500))), (Value::Null, PARSE));
        assert_eq!(code("[]"), (Value::Null, INVALID));
        assert_eq!(code("7"), (Value::Null, INVALID));
        assert_eq!(code(r#"{"id":1,"method":"ping"}"#), (json!(1), INVALID));
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":"a","method":1}"#), (json!("a"), INVALID));
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":null,"method":"a"}"#), (Value::Null, INVALID));
        assert_eq!(code(r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#), (Value::Null, INVALID));
        let params = r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#;
        assert_eq!(code(params), (json!(1), PARAMETERS));
        let bytes = read(b"\xff\xfe");
        assert!(matches!(bytes, Incoming::Wrong { error, .. } if error.code == PARSE));
    }
}
