//! Text that is searched beside the knowledge base and never put into it: what
//! is piped into a question.

use super::analysis::{Query, TermStats, Terms, detect};
use super::chunk::{Sizes, chunk};
use super::embed::{EmbedError, Embedder};
use super::parse::Skip;
use super::parse::apart::parse_apart;
use super::search::Found;
use crate::domain::{Chunk, Hit};
use std::path::Path;

/// The path of standard input, in citations. No file has it: files have
/// absolute paths.
pub const STDIN: &str = "<stdin>";

/// Share of the vector in the score that puts passages of both places in one
/// order; the rest is the share of the question's weight that they hold.
const VECTOR_SHARE: f32 = 0.5;

/// So many of its passages are among the hits at least: who pipes a text into a
/// question means it.
const FEWEST: usize = 2;

/// Passages of a text, with their vectors.
pub struct Beside {
    passages: Vec<(Chunk, Vec<f32>)>,
}

/// Why a text can't be searched.
#[derive(Debug, thiserror::Error)]
pub enum BesideError {
    /// It is no text.
    #[error("standard input cannot be read as text: {0}")]
    Skip(#[from] Skip),
    /// The embedder failed.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

impl Beside {
    /// Reads, cuts and embeds a text. Takes as long as the embedder does.
    ///
    /// # Errors
    /// Where it is no text, and where the embedder fails.
    pub fn read(bytes: &[u8], embedder: &dyn Embedder, sizes: Sizes) -> Result<Self, BesideError> {
        let document = parse_apart(Path::new(format(bytes)), bytes)?;
        let hash = blake3::hash(bytes).to_hex().to_string();
        let language = detect(&document.text);
        let count = |text: &str| embedder.count(text);
        let chunks: Vec<Chunk> = chunk(&document, bytes, sizes, &count)
            .into_iter()
            .enumerate()
            .map(|(index, piece)| Chunk {
                id: format!("{STDIN}{index}"),
                path: STDIN.to_owned(),
                collection: String::new(),
                heading: piece.heading,
                bytes: piece.bytes,
                lines: piece.lines,
                text: piece.text,
                offsets: piece.offsets,
                rendered: document.rendered,
                index: u32::try_from(index).unwrap_or(u32::MAX),
                file_hash: hash.clone(),
                modified: 0,
                units: piece.units,
                language: language.to_owned(),
            })
            .collect();
        let texts: Vec<String> = chunks.iter().map(Chunk::search_text).collect();
        let vectors = embedder.embed_passages(&texts)?;
        Ok(Self { passages: chunks.into_iter().zip(vectors).collect() })
    }

    /// How many passages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.passages.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.passages.is_empty()
    }

    /// Puts the best of its passages among those that a search found: all are
    /// scored anew in the same way, and at most `limit` stay.
    ///
    /// # Errors
    /// Where the embedder fails.
    pub fn join(
        &self,
        question: &str,
        mut found: Found,
        embedder: &dyn Embedder,
        stats: &TermStats,
        limit: usize,
    ) -> Result<Found, EmbedError> {
        let query = Query::of(question, stats);
        let score = |chunk: &Chunk, vector: &[f32]| {
            let held = query.share(&Terms::of(&chunk.search_text(), &chunk.language));
            let cosine: f32 = found.query_vector.iter().zip(vector).map(|(a, b)| a * b).sum();
            VECTOR_SHARE * cosine.max(0.0) + (1.0 - VECTOR_SHARE) * held
        };
        let texts: Vec<String> = found.hits.iter().map(|hit| hit.chunk.search_text()).collect();
        let vectors = embedder.embed_passages(&texts)?;
        let mut own: Vec<Hit> = self
            .passages
            .iter()
            .map(|(chunk, vector)| {
                let score = score(chunk, vector);
                Hit {
                    chunk: chunk.clone(),
                    rank: 0,
                    score,
                    vector: None,
                    full_text: None,
                    stale: false,
                }
            })
            .collect();
        own.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk.index.cmp(&b.chunk.index)));
        own.truncate(limit);
        let scores: Vec<f32> = found
            .hits
            .iter()
            .zip(&vectors)
            .map(|(hit, vector)| score(&hit.chunk, vector))
            .collect();
        let mut others = std::mem::take(&mut found.hits);
        others.iter_mut().zip(scores).for_each(|(hit, score)| hit.score = score);
        let certain = FEWEST.min(own.len()).min(limit);
        let mut rest: Vec<Hit> = own.split_off(certain);
        rest.append(&mut others);
        let order = |a: &Hit, b: &Hit| b.score.total_cmp(&a.score);
        rest.sort_by(order);
        rest.truncate(limit - certain);
        own.append(&mut rest);
        own.sort_by(order);
        for (index, hit) in own.iter_mut().enumerate() {
            hit.rank = index + 1;
        }
        found.hits = own;
        Ok(found)
    }
}

/// A file name that has a text read as what it looks like.
fn format(bytes: &[u8]) -> &'static str {
    let start = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let start = String::from_utf8_lossy(start).to_lowercase();
    let start = start.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
    let heading = |line: &str| {
        let title = line.trim_start_matches('#');
        (1..=6).contains(&(line.len() - title.len())) && title.starts_with(' ')
    };
    let fenced = start.lines().any(|line| line.starts_with("```"));
    let below = |line: &str| line.starts_with("|-") || line.starts_with("| -");
    match start {
        _ if start.starts_with("<!doctype html") || start.starts_with("<html") => "stdin.html",
        // A script's comments look like headings, but it begins with one.
        _ if start.starts_with("#!") => "stdin.txt",
        _ if fenced || start.lines().any(below) || start.lines().next().is_some_and(heading) => {
            "stdin.md"
        }
        _ => "stdin.txt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::embed::{EmbedderSource, load};

    const SIZES: Sizes = Sizes { target: 32, overlap: 0 };

    fn joined(text: &str, question: &str, found: Found, limit: usize) -> Found {
        let embedder = load(&EmbedderSource::Builtin).unwrap();
        let beside = Beside::read(text.as_bytes(), embedder.as_ref(), SIZES).unwrap();
        let query_vector = embedder.embed_query(question).unwrap();
        let found = Found { query_vector, ..found };
        let stats = TermStats::default();
        beside.join(question, found, embedder.as_ref(), &stats, limit).unwrap()
    }

    fn hits(text: &str) -> Found {
        let found = joined(text, "Where is the fish market?", Found::default(), 8);
        // As if they came from the knowledge base.
        let mut hits = found.hits;
        for hit in &mut hits {
            hit.chunk.path = "/docs/market.md".to_owned();
        }
        Found { hits, ..Found::default() }
    }

    #[test]
    fn the_passage_that_answers_comes_first_with_its_place() {
        let filler = "The weather was fine and the boats went out to sea as always.\n\n".repeat(9);
        let text = format!("{filler}The gate code is 8844.\n\n{filler}");
        let found = joined(&text, "What is the gate code?", Found::default(), 4);
        assert_eq!(found.hits.len(), 4);
        let first = &found.hits[0];
        assert!(first.chunk.text.contains("8844"), "{}", first.chunk.text);
        assert_eq!((first.rank, first.chunk.path.as_str()), (1, STDIN));
        let bytes = first.chunk.bytes;
        assert_eq!(&text[bytes.start..bytes.end], first.chunk.text);
    }

    #[test]
    fn it_stands_among_the_hits_of_the_knowledge_base() {
        let market = || hits("The fish market takes place on Rope Square.");
        let found = joined("The gate code is 8844.", "Where is the fish market?", market(), 2);
        let paths: Vec<&str> = found.hits.iter().map(|hit| hit.chunk.path.as_str()).collect();
        assert_eq!(paths, ["/docs/market.md", STDIN]);
        let found = joined("The gate code is 8844.", "What is the gate code?", market(), 2);
        assert_eq!(found.hits[0].chunk.path, STDIN);
        assert_eq!(joined("", "What?", market(), 2).hits.len(), 1);
    }

    #[test]
    fn it_is_read_as_what_it_looks_like() {
        for (text, name) in [
            ("# Title\n\nText.", "stdin.md"),
            ("One\n\n```\ncode\n```\n", "stdin.md"),
            ("\n<!DOCTYPE html><p>x", "stdin.html"),
            ("#!/bin/sh\n# a comment", "stdin.txt"),
            ("#include <stdio.h>", "stdin.txt"),
            ("2024-01-01 started", "stdin.txt"),
            ("", "stdin.txt"),
        ] {
            assert_eq!(format(text.as_bytes()), name, "{text}");
        }
    }
}
