//! Questions with their answers, one JSON object a line.

use crate::config::bounded;
use serde::Deserialize;
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

/// A question of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Question {
    /// The question.
    pub question: String,
    /// Answers that count as right; the best match is taken.
    #[serde(default)]
    pub answers: Vec<String>,
    /// The end of the path of the document that answers it.
    #[serde(default, alias = "document")]
    pub path: Option<String>,
    /// Whether the documents answer it.
    #[serde(default = "yes")]
    pub answerable: bool,
    /// Of a row of training data, what its prompt holds. Its question may be
    /// there once more in the other form.
    #[serde(default)]
    pub form: Option<String>,
}

fn yes() -> bool {
    true
}

/// A dataset that was read.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Where it lies.
    pub path: PathBuf,
    /// The questions that were taken.
    pub questions: Vec<Question>,
    /// BLAKE3 of the questions that were taken, in hexadecimal.
    pub hash: String,
}

impl Dataset {
    /// Reads a file, of its first `limit` questions where one is given.
    ///
    /// # Errors
    /// A message with the file, the line, and what is wrong with it.
    pub fn read(path: &Path, limit: Option<usize>) -> Result<Self, String> {
        let shown = path.display();
        let text = bounded::read_text(path, bounded::LARGE)
            .map_err(|error| format!("cannot read the dataset {shown}: {error}"))?;
        let mut questions = Vec::new();
        let mut hasher = blake3::Hasher::new();
        let mut seen = HashSet::new();
        let lines = text.strip_prefix('\u{feff}').unwrap_or(&text).lines();
        for (number, line) in lines.enumerate() {
            let line = line.trim();
            if line.is_empty() || limit.is_some_and(|limit| questions.len() >= limit) {
                continue;
            }
            let place = format!("{shown}:{}", number + 1);
            let question: Question = serde_json::from_str(line).map_err(|error| {
                format!(
                    "{place}: {error}. A line is {{\"question\": …, \"answers\": [\"…\"], \"path\": \"docs/a.md\", \"answerable\": true}}"
                )
            })?;
            if question.question.trim().is_empty() {
                return Err(format!("{place}: the question is empty"));
            }
            if question.answerable && question.answers.iter().all(|a| a.trim().is_empty()) {
                return Err(format!(
                    "{place}: an answerable question needs at least one answer; say \"answerable\": false where the documents don't answer it"
                ));
            }
            let key = (question.question.clone(), question.path.clone());
            if question.form.is_some() && !seen.insert(key) {
                continue;
            }
            hasher.update(line.as_bytes()).update(b"\n");
            questions.push(question);
        }
        if questions.is_empty() {
            return Err(format!("the dataset {shown} holds no question"));
        }
        let hash = hasher.finalize().to_hex().to_string();
        Ok(Self { path: path.to_owned(), questions, hash })
    }

    /// How many of the questions the documents answer.
    #[must_use]
    pub fn answerable(&self) -> usize {
        self.questions.iter().filter(|question| question.answerable).count()
    }

    /// A folder beside the dataset, or beside its folder, below which the
    /// document of every question lies.
    #[must_use]
    pub fn documents(&self) -> Option<PathBuf> {
        let paths: Vec<&str> = self.questions.iter().filter_map(|q| q.path.as_deref()).collect();
        // One that leads out of the folder would have other files indexed, the
        // dataset with its answers among them.
        let inside = |path: &&str| {
            let mut parts = Path::new(path).components();
            parts.all(|part| matches!(part, Component::Normal(_)))
        };
        if !paths.iter().all(inside) {
            return None;
        }
        let first = paths.first()?.split('/').next()?;
        // A bare name has no folder of its own to look beside.
        let path = std::path::absolute(&self.path).ok()?;
        let here = path.parent()?;
        let candidates = [here.to_owned(), here.parent().unwrap_or(here).to_owned()];
        candidates.into_iter().find_map(|root| {
            let all = paths.iter().all(|path| root.join(path).is_file());
            all.then(|| root.join(first))
        })
    }
}

/// Whether a file is the document that a question names.
#[must_use]
pub fn is_document(file: &str, path: &str) -> bool {
    let file = file.replace('\\', "/");
    file == path || file.ends_with(&format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, limit: Option<usize>) -> Result<Dataset, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.jsonl");
        std::fs::write(&path, text).unwrap();
        Dataset::read(&path, limit)
    }

    #[test]
    fn lines_are_read_and_mistakes_told_with_their_line() {
        let text = "{\"question\": \"a?\", \"answers\": [\"x\"], \"id\": 7}\n\n{\"question\": \"b?\", \"answerable\": false}\n";
        let set = read(text, None).unwrap();
        assert_eq!((set.questions.len(), set.answerable()), (2, 1));
        assert_ne!(set.hash, read(text, Some(1)).unwrap().hash);
        assert!(read("{\"question\": \"a?\"}", None).unwrap_err().contains("set.jsonl:1"));
        assert!(read("\n{\"quest\": 1}", None).unwrap_err().contains("set.jsonl:2"));
        assert!(read("", None).unwrap_err().contains("no question"));
    }

    #[test]
    fn rows_of_training_data_ask_each_question_once() {
        let row = |question: &str, form: &str| {
            format!(
                "{{\"question\": \"{question}\", \"answer\": \"x [1]\", \"answers\": [\"x\"], \"document\": \"d/a.md\", \"form\": \"{form}\", \"sources\": []}}\n"
            )
        };
        let text = [row("a?", "rag"), row("a?", "alone"), row("b?", "alone")].concat();
        let set = read(&text, None).unwrap();
        let asked: Vec<&str> = set.questions.iter().map(|q| q.question.as_str()).collect();
        assert_eq!(asked, ["a?", "b?"]);
        assert_eq!(set.questions[0].path.as_deref(), Some("d/a.md"));
    }

    #[test]
    fn documents_lie_beside_the_dataset_or_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let docs = folder.path().join("docs");
        std::fs::create_dir_all(folder.path().join("eval")).unwrap();
        std::fs::create_dir_all(&docs).unwrap();
        std::fs::write(docs.join("a.md"), "x").unwrap();
        let path = folder.path().join("eval/set.jsonl");
        std::fs::write(
            &path,
            "{\"question\": \"a?\", \"answers\": [\"x\"], \"path\": \"docs/a.md\"}",
        )
        .unwrap();
        assert_eq!(Dataset::read(&path, None).unwrap().documents(), Some(docs));
        // A path that leads out would have other files indexed.
        for path_given in ["../eval/set.jsonl", "docs/../../x", "/etc/passwd", "."] {
            let line = format!(
                "\u{feff}{{\"question\": \"a?\", \"answers\": [\"x\"], \"path\": \"{path_given}\"}}"
            );
            std::fs::write(&path, line).unwrap();
            assert_eq!(Dataset::read(&path, None).unwrap().documents(), None, "{path_given}");
        }
        let error = Dataset::read(Path::new("/dev/zero"), None).unwrap_err();
        assert!(error.contains("/dev/zero") && error.contains("no file"), "{error}");
    }

    #[test]
    fn a_document_is_known_by_the_end_of_its_path() {
        assert!(is_document("/home/me/docs/a.md", "docs/a.md"));
        assert!(!is_document("/home/me/mydocs/a.md", "docs/a.md"));
    }
}
