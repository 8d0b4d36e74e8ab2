//! SelQA as a retrieval set: each distinct section is a document, each
//! question asks for its own.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Row {
    question: String,
    candidates: Vec<String>,
    answers: Vec<usize>,
}

/// A question, the section that answers it, and the sentences that do.
pub struct Question {
    pub text: String,
    pub document: usize,
    pub answers: Vec<String>,
}

/// Both parts over one set of documents.
pub struct SelQa {
    pub documents: Vec<String>,
    pub dev: Vec<Question>,
    pub test: Vec<Question>,
}

impl SelQa {
    pub fn load(folder: &Path) -> Result<Self> {
        let mut documents = Vec::new();
        let mut places = HashMap::new();
        let mut part = |name: &str| -> Result<Vec<Question>> {
            let path = folder.join(format!("selqa-ass-{name}.json"));
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let rows: Vec<Row> = serde_json::from_str(&text)?;
            Ok(rows
                .into_iter()
                .map(|row| {
                    let section = row.candidates.join(" ");
                    let document = *places.entry(section.clone()).or_insert_with(|| {
                        documents.push(section);
                        documents.len() - 1
                    });
                    let answers = row
                        .answers
                        .iter()
                        .filter_map(|a| row.candidates.get(*a).cloned())
                        .collect();
                    Question { text: row.question, document, answers }
                })
                .collect())
        };
        let (dev, test) = (part("dev")?, part("test")?);
        Ok(Self { documents, dev, test })
    }

    /// Writes each document to a file of its own; its name is its index.
    pub fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        for (index, text) in self.documents.iter().enumerate() {
            std::fs::write(folder.join(format!("{index}.txt")), text)?;
        }
        Ok(())
    }
}

/// The document that a written file is.
pub fn document(path: &str) -> Option<usize> {
    PathBuf::from(path).file_stem()?.to_str()?.parse().ok()
}
