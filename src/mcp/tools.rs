//! The tools: what they are called, what they take and what they do.

use super::arguments::{Arguments, shown};
use super::progress::Progress;
use super::rpc::{PARAMETERS, RpcError};
use super::sources::{self, MOST_FILES, MOST_NAME, MOST_PASSAGES};
use super::uri;
use crate::answer::AskEvent;
use crate::domain::Answer;
use crate::host::{EMPTY, Host, HostError, Step, Wanted};
use crate::json;
use crate::knowledge::store::Filter;
use serde_json::{Map, Value, json};

/// Most characters of a query or a question.
const MOST_TEXT: usize = 8000;
/// Most hits of a search.
const MOST_HITS: usize = 50;

/// The tools, with what each takes.
pub(super) fn list() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let number = |about: &str, most: usize| json!({ "type": "integer", "minimum": 1, "maximum": most, "description": about });
    let collection = text("Only this collection");
    let glob = text("Only files whose path matches this glob, such as *.md");
    json!({ "tools": [
        tool(
            "search",
            "Search passages",
            "Finds the passages of the indexed documents that fit a query best, by words and by meaning. Each has its file, place, text, score, and whether its file has changed since.",
            json!({
                "query": text("What to look for, in words or as a question"),
                "limit": number("Most passages", MOST_HITS),
                "collection": collection,
                "glob": glob,
            }),
            &["query"],
        ),
        tool(
            "read_passage",
            "Read passages",
            &format!("Reads indexed passages: one by its id, or those of a file, or of some lines of it; up to {MOST_PASSAGES} at once. Only what is indexed can be read."),
            json!({
                "id": text("Id of a passage, as search gives it"),
                "path": text("Absolute path of an indexed file; instead of id"),
                "lines": text("Lines of the file, such as 12 or 12-18"),
                "collection": collection,
            }),
            &[],
        ),
        tool(
            "ask",
            "Ask the documents",
            "Answers a question from the indexed documents with a local model. Every citation has its file, place and quote, and whether the passage supports it; `answered` says whether the documents answer, `unsupported` which sentences nothing supports.",
            json!({ "question": text("The question"), "collection": collection, "glob": glob }),
            &["question"],
        ),
        tool(
            "list_sources",
            "List what is indexed",
            "Lists the collections and the indexed files, page by page.",
            json!({
                "collection": collection,
                "limit": number("Most files", MOST_FILES),
                "cursor": text("Where the page before said that this one begins"),
            }),
            &[],
        ),
    ] })
}

fn tool(name: &str, title: &str, about: &str, takes: Value, needed: &[&str]) -> Value {
    json!({
        "name": name,
        "title": title,
        "description": about,
        "inputSchema": {
            "type": "object",
            "properties": takes,
            "required": needed,
            "additionalProperties": false,
        },
        "annotations": { "title": title, "readOnlyHint": true, "openWorldHint": false },
    })
}

/// Calls a tool. What the caller or a tool got wrong is a result, too, so that
/// a model reads it; only a call that names no tool is an error.
///
/// # Errors
/// The call is wrong.
pub(super) async fn call(
    host: &Host,
    params: &Map<String, Value>,
    progress: &mut Progress,
    structured: bool,
) -> Result<Value, RpcError> {
    let name = params.get("name").and_then(Value::as_str);
    let name = name.ok_or_else(|| RpcError::new(PARAMETERS, "\"name\" must be text"))?;
    let none = Map::new();
    let given = match params.get("arguments") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(given)) => given,
        Some(_) => return Err(RpcError::new(PARAMETERS, "\"arguments\" must be an object")),
    };
    let done = match name {
        "search" => search(host, given, progress).await,
        "read_passage" => sources::read(host, given).await,
        "ask" => ask(host, given, progress).await,
        "list_sources" => sources::list(host, given).await,
        other => {
            let message = format!("there is no tool {:?}; tools/list names them", shown(other));
            return Err(RpcError::new(PARAMETERS, message));
        }
    };
    Ok(match done {
        Ok(value) => {
            let text = json!({ "type": "text", "text": value.to_string() });
            let mut out = json!({ "content": [text], "isError": false });
            if structured {
                out["structuredContent"] = value;
            }
            out
        }
        Err(error) => {
            tracing::debug!(tool = name, "{error}");
            let text = json!({ "type": "text", "text": error.message });
            json!({ "content": [text], "isError": true })
        }
    })
}

async fn search(
    host: &Host,
    given: &Map<String, Value>,
    progress: &mut Progress,
) -> Result<Value, HostError> {
    let mut given = Arguments::new(given);
    let query = given.needed("query", MOST_TEXT).map_err(HostError::wrong)?;
    let limit = given.number("limit", MOST_HITS).map_err(HostError::wrong)?;
    let filter = filter(&mut given)?;
    given.no_others().map_err(HostError::wrong)?;
    progress.stage("searching");
    let found = host.search(query, limit, filter).await?;
    let mut out = json::search(query, &found);
    if let Some(hits) = out["hits"].as_array_mut() {
        for (json, hit) in hits.iter_mut().zip(&found.hits) {
            json["id"] = hit.chunk.id.clone().into();
            json["uri"] = uri::passage(&hit.chunk.id).into();
            json["hash"] = hit.chunk.file_hash.clone().into();
        }
    }
    note(host, &mut out).await?;
    Ok(out)
}

fn filter(given: &mut Arguments<'_>) -> Result<Filter, HostError> {
    let collection = given.text("collection", MOST_NAME).map_err(HostError::wrong)?;
    let glob = given.text("glob", MOST_NAME).map_err(HostError::wrong)?;
    let (collection, glob) = (collection.map(str::to_owned), glob.map(str::to_owned));
    Ok(Filter { collection, under: Vec::new(), glob })
}

/// Says why nothing is found where nothing is indexed.
async fn note(host: &Host, out: &mut Value) -> Result<(), HostError> {
    if host.base().await?.is_none() {
        out["note"] = EMPTY.into();
    }
    Ok(())
}

async fn ask(
    host: &Host,
    given: &Map<String, Value>,
    progress: &mut Progress,
) -> Result<Value, HostError> {
    let mut given = Arguments::new(given);
    let question = given.needed("question", MOST_TEXT).map_err(HostError::wrong)?.to_owned();
    let Filter { collection, glob, .. } = filter(&mut given)?;
    given.no_others().map_err(HostError::wrong)?;
    let wanted = Wanted { question, collection, glob, ..Wanted::default() };
    let mut on_step = |step: Step<'_>| match step {
        Step::Loading(model) => progress.stage(&format!("loading the model {model}")),
        Step::Searching => progress.stage("searching"),
        Step::Event(AskEvent::Sources(_)) => progress.stage("reading the sources"),
        Step::Event(AskEvent::Tokens(count)) => progress.goes_on(|| format!("{count} tokens")),
        Step::Event(_) => {}
    };
    let answer = host.ask(&wanted, &mut on_step).await?;
    let mut out = answered(&answer);
    note(host, &mut out).await?;
    Ok(out)
}

/// An answer with its citations, each with the name of its passage.
fn answered(answer: &Answer) -> Value {
    let mut out = json::brief(answer);
    if let Some(citations) = out["citations"].as_array_mut() {
        for (json, citation) in citations.iter_mut().zip(&answer.citations) {
            let source = answer.sources.iter().find(|source| source.number == citation.number);
            if let Some(source) = source {
                json["uri"] = uri::passage(&source.hit.chunk.id).into();
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_says_what_it_takes() {
        let tools = list();
        let tools = tools["tools"].as_array().unwrap();
        let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["search", "read_passage", "ask", "list_sources"]);
        for tool in tools {
            let schema = &tool["inputSchema"];
            assert_eq!(schema["type"], "object", "{tool}");
            for needed in schema["required"].as_array().unwrap() {
                assert!(schema["properties"][needed.as_str().unwrap()].is_object(), "{tool}");
            }
        }
    }
}
