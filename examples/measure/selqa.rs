//! SelQA as a retrieval set: each distinct section is a document, each
//! question asks for its own.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Row {
    article: String,
    section: String,
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

/// Both parts over one set of documents, and the article and section that each
/// is of.
pub struct SelQa {
    pub documents: Vec<String>,
    titles: Vec<(String, String)>,
    pub dev: Vec<Question>,
    pub test: Vec<Question>,
}

impl SelQa {
    pub fn load(folder: &Path) -> Result<Self> {
        let (mut documents, mut titles) = (Vec::new(), Vec::new());
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
                        titles.push((row.article, row.section));
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
        Ok(Self { documents, titles, dev, test })
    }

    /// Writes each document to a file of its own; its name is its index.
    pub fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        for (index, text) in self.documents.iter().enumerate() {
            std::fs::write(folder.join(format!("{index}.txt")), text)?;
        }
        Ok(())
    }

    /// The same as pages with the titles of article and section, as documents
    /// have them.
    pub fn write_titled(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        for (index, (text, (article, section))) in
            self.documents.iter().zip(&self.titles).enumerate()
        {
            let page = format!(
                "<h1>{}</h1>\n<h2>{}</h2>\n<p>{}</p>\n",
                plain(article),
                plain(section),
                plain(text)
            );
            std::fs::write(folder.join(format!("{index}.html")), page)?;
        }
        Ok(())
    }
}

/// The document that a written file is.
pub fn document(path: &str) -> Option<usize> {
    PathBuf::from(path).file_stem()?.to_str()?.parse().ok()
}
