//! COVID-QA (Möller et al., 2020): long papers, experts' questions, the spans
//! that answer.

use anyhow::{Context, Result};
use lorag::knowledge::sentences::one_line;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct File {
    data: Vec<Article>,
}

#[derive(Deserialize)]
struct Article {
    paragraphs: Vec<Paragraph>,
}

#[derive(Deserialize)]
struct Paragraph {
    context: String,
    qas: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    question: String,
    answers: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    text: String,
}

/// A question, the paper that answers it, and the spans that do.
pub struct Question {
    pub text: String,
    pub document: usize,
    pub answers: Vec<String>,
}

/// The papers and the questions to each half of them.
pub struct CovidQa {
    pub documents: Vec<String>,
    pub first: Vec<Question>,
    pub second: Vec<Question>,
}

impl CovidQa {
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("covidqa.json");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let file: File = serde_json::from_str(&text)?;
        let papers: Vec<Paragraph> = file.data.into_iter().flat_map(|a| a.paragraphs).collect();
        let half = papers.len() / 2;
        let mut set = Self { documents: Vec::new(), first: Vec::new(), second: Vec::new() };
        for (document, paper) in papers.into_iter().enumerate() {
            set.documents.push(paper.context);
            let part = if document < half { &mut set.first } else { &mut set.second };
            part.extend(paper.qas.into_iter().map(|asked| Question {
                text: asked.question,
                document,
                answers: asked.answers.into_iter().map(|a| one_line(&a.text)).collect(),
            }));
        }
        Ok(set)
    }

    /// Writes each paper to a file of its own; its name is its index.
    pub fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        for (index, text) in self.documents.iter().enumerate() {
            std::fs::write(folder.join(format!("{index}.txt")), text)?;
        }
        Ok(())
    }
}

/// Whether a sentence holds a span, or is a good part of one that runs over
/// several sentences.
pub fn holds(sentence: &str, answers: &[String]) -> bool {
    let sentence = one_line(sentence);
    answers.iter().any(|answer| {
        let answer = answer.trim();
        !answer.is_empty()
            && (sentence.contains(answer.trim_end_matches('.'))
                || (sentence.len() > 40 && answer.contains(sentence.trim_end_matches('.'))))
    })
}
