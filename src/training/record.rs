//! What is known of an adapter that was trained here: on what, how, and what it
//! was worth. It lies beside its weights, in `training.json`.

use crate::domain::{TrainingPoint, TrainingScore};
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::path::Path;

/// The file in the adapter's folder.
pub const FILE: &str = "training.json";

/// The form of the file.
pub const VERSION: u32 = 1;

/// Longer files are not read, in bytes.
const LONGEST: u64 = 64 << 20;

/// How an adapter came to be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The form of this record.
    pub version: u32,
    /// When it was done, in milliseconds since 1970.
    pub at_ms: i64,
    /// The model it was trained on, as it was named.
    pub model: String,
    /// BLAKE3 of the names and lengths of the model's files.
    pub base: String,
    /// BLAKE3 of how the model is asked: see [`super::form`].
    pub form: String,
    /// What it was trained on.
    pub data: Data,
    /// How it was trained.
    pub tune: Tune,
    /// Loss by step.
    pub curve: Vec<TrainingPoint>,
    /// Seconds of training, without the measurements before and after.
    pub seconds: f64,
    /// Bytes of the adapter's weights.
    pub bytes: u64,
    /// What held-out questions say, plain model against adapter.
    pub scores: Vec<TrainingScore>,
}

/// What an adapter was trained on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Data {
    /// The file of the rows.
    pub file: String,
    /// BLAKE3 of the file.
    pub hash: String,
    /// Rows trained on.
    pub rows: usize,
    /// Rows held out.
    pub held_out: usize,
    /// Rows left out, since they were too long.
    pub too_long: usize,
    /// Tokens of the rows trained on.
    pub tokens: usize,
    /// The documents that rows were made from, where they are files here.
    pub documents: Vec<Document>,
}

/// A document that rows were made from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Its path.
    pub path: String,
    /// BLAKE3 of its bytes at that time.
    pub hash: String,
    /// Rows made from it.
    pub rows: usize,
}

/// How an adapter was trained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tune {
    /// Rank.
    pub rank: usize,
    /// Alpha.
    pub alpha: f64,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Passes over the rows, at most.
    pub epochs: usize,
    /// Rows to a step.
    pub batch: usize,
    /// Of how many of the last layers it is; all where 0.
    pub layers: usize,
    /// Seed.
    pub seed: u64,
    /// Steps done.
    pub steps: usize,
    /// The step whose weights were kept.
    pub best_step: usize,
}

impl Record {
    /// Reads the record of the adapter in `folder`; `None` where it has none, or
    /// one that isn't understood.
    #[must_use]
    pub fn of(folder: &Path) -> Option<Self> {
        let mut text = String::new();
        let file = std::fs::File::open(folder.join(FILE)).ok()?;
        file.take(LONGEST).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text)
            .inspect_err(|error| tracing::warn!(%error, folder = %folder.display(), "the record of an adapter is damaged"))
            .ok()
    }

    /// Writes the record into `folder`.
    ///
    /// # Errors
    /// Where that fails.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(folder.join(FILE), text + "\n")
    }

    /// Rows whose document is not any more what it was, and rows of known
    /// documents.
    #[must_use]
    pub fn stale(&self) -> (usize, usize) {
        let documents = &self.data.documents;
        let changed = documents.iter().filter(|document| {
            hash(Path::new(&document.path)).is_none_or(|hash| hash != document.hash)
        });
        (changed.map(|document| document.rows).sum(), documents.iter().map(|d| d.rows).sum())
    }

    /// What is to be said of it in one line: when, on what, what it was worth,
    /// and whether its documents have changed.
    #[must_use]
    pub fn text(&self) -> String {
        let when = chrono::DateTime::from_timestamp_millis(self.at_ms)
            .map(|at| at.with_timezone(&chrono::Local).format("%Y-%m-%d").to_string())
            .unwrap_or_default();
        let mut parts = vec![format!("trained {when} on {} rows", self.data.rows)];
        for score in &self.scores {
            let TrainingScore { mode, before, after, .. } = score;
            let mark = if score.better() { "" } else { " (no clear gain)" };
            parts.push(format!("{mode} F1 {before:.2} → {after:.2}{mark}"));
        }
        match self.stale() {
            (0, _) => {}
            (stale, all) => {
                parts.push(format!("stale: {}% of its rows", (stale * 100).div_ceil(all.max(1))));
            }
        }
        parts.join(" · ")
    }
}

/// BLAKE3 of a file; `None` where it can't be read.
#[must_use]
pub fn hash(path: &Path) -> Option<String> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    if metadata.len() > 1 << 30 {
        return None;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(path).ok()?).ok()?;
    Some(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(low: f64, high: f64) -> TrainingScore {
        TrainingScore {
            mode: "hybrid".into(),
            n: 40,
            before: 0.4,
            after: 0.5,
            gain: 0.1,
            low,
            high,
            ..TrainingScore::default()
        }
    }

    #[test]
    fn a_changed_document_makes_its_rows_stale() {
        let world = tempfile::tempdir().unwrap();
        let (kept, changed) = (world.path().join("a.md"), world.path().join("b.md"));
        std::fs::write(&kept, "a").unwrap();
        std::fs::write(&changed, "b").unwrap();
        let document = |path: &Path, rows| Document {
            path: path.to_string_lossy().into_owned(),
            hash: hash(path).unwrap(),
            rows,
        };
        let documents = vec![document(&kept, 3), document(&changed, 1)];
        let data = Data { rows: 4, documents, ..Data::default() };
        let record = Record { data, scores: vec![score(0.1, 0.2)], ..Record::default() };
        assert_eq!(record.stale(), (0, 4));
        assert!(!record.text().contains("stale"));
        std::fs::write(&changed, "other").unwrap();
        assert_eq!(record.stale(), (1, 4));
        assert!(record.text().ends_with("stale: 25% of its rows"), "{}", record.text());
        record.write(world.path()).unwrap();
        assert_eq!(Record::of(world.path()), Some(record));
        std::fs::write(world.path().join(FILE), "{").unwrap();
        assert_eq!(Record::of(world.path()), None);
    }
}
