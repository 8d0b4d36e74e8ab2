//! Notebooks (`.ipynb`): cells of text and of code, with the text they printed.

use super::extract::Extract;
use super::{BlockKind, Document, Format, Skip, decode, markdown};
use crate::domain::{Place, PlaceKind};
use serde_json::Value;

/// Most that is kept of what a cell printed, in bytes.
const MOST_OUTPUT: usize = 16 << 10;
/// Most cells.
const MOST_CELLS: usize = 20_000;

/// Reads a notebook; `None` where the text is none.
pub(super) fn parse(text: &str) -> Option<Result<Document, Skip>> {
    let whole: Value = serde_json::from_str(text).ok()?;
    // Notebooks of before 2015 have their cells on sheets.
    let cells = whole.get("cells").or_else(|| whole.pointer("/worksheets/0/cells"))?.as_array()?;
    let mut out = Extract::default();
    for (number, cell) in (1..).zip(cells.iter().take(MOST_CELLS)) {
        out.at(Place::new(PlaceKind::Cell, number));
        let source =
            cell.get("source").or_else(|| cell.get("input")).map(lines).unwrap_or_default();
        match cell.get("cell_type").and_then(Value::as_str) {
            Some("markdown") => page(&mut out, &source),
            Some("heading") => {
                let level = cell.get("level").and_then(Value::as_u64).unwrap_or(1).clamp(1, 6);
                out.heading(u8::try_from(level).unwrap_or(1), &source);
            }
            Some("code") => {
                out.verbatim(&source);
                for output in cell.get("outputs").and_then(Value::as_array).into_iter().flatten() {
                    let said = printed(output);
                    let end = said.floor_char_boundary(MOST_OUTPUT);
                    out.verbatim(said.get(..end).unwrap_or_default());
                }
            }
            _ => out.prose(&source, ""),
        }
    }
    Some(out.finish(Format::Notebook))
}

/// A cell of Markdown with its headings, lists and tables.
fn page(out: &mut Extract, source: &str) {
    let Ok(decoded) = decode::decode(source.as_bytes()) else { return };
    let page = markdown::parse(decoded);
    for block in page.blocks {
        let text = page.text.get(block.range).unwrap_or_default();
        match &block.kind {
            BlockKind::Heading { level, title } => out.heading(*level, title),
            _ => out.add(block.kind, text.trim_matches('\n'), &block.context),
        }
    }
}

/// A text, or its lines one by one.
fn lines(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

/// What an output says as text: pictures and pages say nothing.
fn printed(output: &Value) -> String {
    let of = |pointer: &str| output.pointer(pointer).map(lines).filter(|text| !text.is_empty());
    let text = of("/text").or_else(|| of("/data/text~1plain"));
    let error = || {
        let (name, why) = (of("/ename")?, of("/evalue").unwrap_or_default());
        Some(format!("{name}: {why}"))
    };
    let text = text.or_else(error).unwrap_or_default();
    without_colours(&text)
}

/// A text without the codes that colour it on a terminal.
fn without_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('\u{1b}');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let behind = part.strip_prefix('[').and_then(|codes| {
            let end = codes.find(|c: char| c.is_ascii_alphabetic())?;
            codes.get(end + 1..)
        });
        out.push_str(behind.unwrap_or(part));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_their_numbers() {
        let text = r##"{"nbformat": 4, "cells": [
            {"cell_type": "markdown", "source": ["# Pumps\n", "\n", "The pump starts at 6."]},
            {"cell_type": "code", "source": "print(1 + 1)", "outputs": [
                {"output_type": "stream", "text": ["\u001b[31m2\u001b[0m\n"]},
                {"output_type": "display_data", "data": {"image/png": "aaaa", "text/plain": "<Figure>"}},
                {"output_type": "error", "ename": "KeyError", "evalue": "'x'"}]}]}"##;
        let document = parse(text).unwrap().unwrap();
        let said = |text: &str| {
            let at = document.text.find(text).unwrap();
            document.offsets.place_at(at).unwrap().number
        };
        assert_eq!(
            [said("Pumps"), said("starts at 6"), said("print(1"), said("KeyError: 'x'")],
            [1, 1, 2, 2]
        );
        assert!(
            document.text.contains("\n2\n") && !document.text.contains("31m"),
            "{}",
            document.text
        );
        assert!(
            matches!(&document.blocks[0].kind, BlockKind::Heading { level: 1, title } if title == "Pumps")
        );
    }

    #[test]
    fn what_is_no_notebook_is_read_otherwise() {
        assert!(parse("{\"a\": 1}").is_none());
        assert!(parse("{").is_none());
        assert_eq!(parse("{\"cells\": []}").unwrap(), Err(Skip::Empty));
    }
}
