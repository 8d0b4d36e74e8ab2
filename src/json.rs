//! The stable JSON that commands print. The handbook documents it.

mod figures;
mod passage;
#[cfg(test)]
mod tests;

pub use passage::passage;

use crate::domain::{Answer, Citation, Hit, Locator, Source};
use crate::knowledge::search::Found;
use serde::Serialize;
use serde_json::{Value, json};

/// Where something stands in its document: as a locator, and for text files
/// also in the fields of before there were others.
#[derive(Serialize)]
struct PlaceJson {
    #[serde(flatten)]
    text: Option<TextJson>,
    locator: LocatorJson,
}

/// A locator, with the name of its kind.
#[derive(Serialize)]
struct LocatorJson {
    kind: &'static str,
    #[serde(flatten)]
    text: Option<TextJson>,
    #[serde(flatten)]
    place: Option<NumberedJson>,
}

/// Pages, slides, rows or the like, and bytes of the text that was taken out.
#[derive(Serialize)]
struct NumberedJson {
    start: u32,
    end: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<String>,
    start_byte: usize,
    end_byte: usize,
}

/// A place in a text file.
#[derive(Clone, Copy, Serialize)]
struct TextJson {
    start_line: u32,
    end_line: u32,
    start_byte: usize,
    end_byte: usize,
}

impl From<&Locator> for PlaceJson {
    fn from(locator: &Locator) -> Self {
        let (text, place) = match locator {
            Locator::Text { lines, bytes } => {
                let (start_line, end_line) = (lines.start, lines.end);
                let (start_byte, end_byte) = (bytes.start, bytes.end);
                (Some(TextJson { start_line, end_line, start_byte, end_byte }), None)
            }
            Locator::Place { from, to, bytes, .. } => {
                let place = NumberedJson {
                    start: from.number,
                    end: to.number,
                    sheet: from.cell().map(|(sheet, _)| sheet.to_owned()),
                    cells: from.cell().map(|_| from.range(to)),
                    start_byte: bytes.start,
                    end_byte: bytes.end,
                };
                (None, Some(place))
            }
        };
        Self { text, locator: LocatorJson { kind: locator.kind(), text, place } }
    }
}

/// A passage.
#[derive(Serialize)]
struct HitJson<'a> {
    path: &'a str,
    collection: &'a str,
    heading: String,
    #[serde(flatten)]
    place: PlaceJson,
    text: &'a str,
    rendered: bool,
    stale: bool,
    vector: Option<Value>,
    full_text: Option<Value>,
    rank: usize,
    score: f32,
}

impl<'a> From<&'a Hit> for HitJson<'a> {
    fn from(hit: &'a Hit) -> Self {
        let chunk = &hit.chunk;
        Self {
            path: &chunk.path,
            collection: &chunk.collection,
            heading: chunk.heading_line(),
            place: PlaceJson::from(&chunk.locator()),
            text: &chunk.text,
            rendered: chunk.rendered,
            stale: hit.stale,
            vector: hit.vector.map(figures::vector),
            full_text: hit.full_text.map(figures::full_text),
            rank: hit.rank,
            score: hit.score,
        }
    }
}

/// A source: a passage, and what the prompt holds of it.
#[derive(Serialize)]
struct SourceJson<'a> {
    number: usize,
    tokens: usize,
    used: bool,
    left_out: Option<&'static str>,
    #[serde(flatten)]
    hit: HitJson<'a>,
}

#[derive(Serialize)]
struct CitationJson<'a> {
    number: usize,
    path: &'a str,
    #[serde(flatten)]
    place: PlaceJson,
    quote: &'a str,
    rendered: bool,
    stale: bool,
    /// Whether the model cited nothing here, and the source was found to say
    /// the same afterwards.
    found: bool,
    support: SupportJson,
}

/// A sentence of an answer.
#[derive(Serialize)]
struct SentenceJson<'a> {
    start: usize,
    end: usize,
    text: &'a str,
}

/// Both things that a mark says.
#[derive(Serialize)]
struct SupportJson {
    /// Whether the passage holds it.
    check: &'static str,
    /// The probability that it answers; null where nothing is known of it.
    answers: Option<f32>,
}

impl<'a> CitationJson<'a> {
    fn new(citation: &'a Citation, answer: &Answer) -> Self {
        Self {
            number: citation.number,
            path: &citation.path,
            place: PlaceJson::from(&citation.locator),
            quote: &citation.quote,
            rendered: citation.rendered,
            stale: answer.is_stale(citation),
            found: citation.found,
            support: SupportJson {
                check: figures::support(citation.support),
                answers: citation.answers,
            },
        }
    }
}

/// What `search --json` prints.
#[must_use]
pub fn search(query: &str, found: &Found) -> Value {
    let hits: Vec<HitJson<'_>> = found.hits.iter().map(HitJson::from).collect();
    json!({ "query": query, "hits": hits, "timings": figures::timings(&found.timings) })
}

/// What `ask --json` prints. `indexing` is null unless paths were indexed.
#[must_use]
pub fn ask(answer: &Answer, indexing_ms: Option<f64>, load_ms: f64) -> Value {
    let citations: Vec<CitationJson<'_>> =
        answer.citations.iter().map(|citation| CitationJson::new(citation, answer)).collect();
    let sources: Vec<SourceJson<'_>> = answer.sources.iter().map(source).collect();
    let uncited = answer.uncited.iter().map(|range| SentenceJson {
        start: range.start,
        end: range.end,
        text: answer.text.get(range.start..range.end).unwrap_or_default(),
    });
    let uncited: Vec<SentenceJson<'_>> = uncited.collect();
    let alternatives: Vec<Value> = answer.alternatives.iter().map(figures::alternative).collect();
    let dropped: Vec<Value> = answer.dropped.iter().map(figures::dropped).collect();
    json!({
        "question": answer.question,
        "answer": answer.text,
        "answered": answer.answered,
        "answers": answer.answers,
        "doubtful": answer.doubtful(),
        "mode": answer.mode.name(),
        "model": answer.model,
        "adapter": answer.adapter,
        "strategy": answer.strategy.name(),
        "alternatives": alternatives,
        "citations": citations,
        "unsupported": uncited,
        "dropped_citations": dropped,
        "sources": sources,
        "ledger": figures::ledger(&answer.ledger),
        "timings": {
            "indexing_ms": indexing_ms,
            "model_load_ms": load_ms,
            "search": figures::timings(&answer.search),
            "generation": figures::generation(&answer.generation),
        },
    })
}

/// Parts of an answer that only `ask --json` gives.
const LEFT_OUT: [&str; 5] = ["sources", "ledger", "timings", "alternatives", "dropped_citations"];

/// An answer as other programs get it: with its citations and the mark that
/// people see beside each, without all that led to it.
#[must_use]
pub fn brief(answer: &Answer) -> Value {
    let mut out = ask(answer, None, 0.0);
    if let Some(out) = out.as_object_mut() {
        out.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
    }
    if let Some(citations) = out["citations"].as_array_mut() {
        for (json, citation) in citations.iter_mut().zip(&answer.citations) {
            json["mark"] = citation.symbol().into();
        }
    }
    out
}

fn source(source: &Source) -> SourceJson<'_> {
    SourceJson {
        number: source.number,
        tokens: source.tokens,
        used: source.used(),
        left_out: source.left_out.map(figures::left_out),
        hit: HitJson::from(&source.hit),
    }
}
