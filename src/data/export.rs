//! Rows in the forms that other trainers read.

use super::file::{DataError, write, write_lines};
use super::row::{Row, Speaker};
use super::split::split;
use crate::config::Manner;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A program that trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trainer {
    /// Apple's mlx-lm: a folder with `train.jsonl` and `valid.jsonl`.
    MlxLm,
    /// Unsloth: one file of `conversations`.
    Unsloth,
    /// axolotl: one file of `messages`.
    Axolotl,
}

impl std::str::FromStr for Trainer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "mlx-lm" => Ok(Self::MlxLm),
            "unsloth" => Ok(Self::Unsloth),
            "axolotl" => Ok(Self::Axolotl),
            other => Err(format!("{other:?} is none of mlx-lm, unsloth and axolotl")),
        }
    }
}

impl Trainer {
    /// What to tell the program, so that it trains on the answers alone.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::MlxLm => "train with: mlx_lm.lora --train --data FOLDER --mask-prompt",
            Self::Unsloth => {
                "load it with load_dataset(\"json\", data_files=FILE), apply the chat template to `conversations`, and use train_on_responses_only for the last turn"
            }
            Self::Axolotl => {
                "name it in the config under datasets with type: chat_template, field_messages: messages, roles_to_train: [assistant], train_on_eos: turn"
            }
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Unsloth => "conversations",
            Self::MlxLm | Self::Axolotl => "messages",
        }
    }
}

/// Writes rows for a trainer, spelled in the manner of the model that is
/// trained; returns what was written. mlx-lm wants its own part to measure on:
/// `held_out` of the rows, by document.
///
/// # Errors
/// Where a file can't be written.
pub fn export(
    rows: Vec<Row>,
    manner: &Manner,
    trainer: Trainer,
    out: &Path,
    held_out: f64,
    seed: u64,
) -> Result<Vec<PathBuf>, DataError> {
    let spelled = |rows: &[Row], path: &Path| {
        let lines = rows.iter().map(|row| Ok(line(row, manner, trainer).to_string()));
        write_lines(path, lines.collect::<Vec<_>>())
    };
    if trainer != Trainer::MlxLm {
        spelled(&rows, out)?;
        return Ok(vec![out.to_owned()]);
    }
    let (train, valid) = split(rows, held_out, seed);
    let mut written = Vec::new();
    for (name, rows) in [("train.jsonl", &train), ("valid.jsonl", &valid)] {
        if !rows.is_empty() {
            let path = out.join(name);
            spelled(rows, &path)?;
            written.push(path);
        }
    }
    Ok(written)
}

/// Writes both parts of divided rows beside the file they are of: `a.jsonl`
/// becomes `a.train.jsonl` and `a.held-out.jsonl`.
///
/// # Errors
/// Where a file can't be written.
pub fn write_parts(file: &Path, train: &[Row], held: &[Row]) -> Result<[PathBuf; 2], DataError> {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let parts =
        ["train", "held-out"].map(|part| file.with_file_name(format!("{stem}.{part}.jsonl")));
    let [one, other] = &parts;
    write(one, train)?;
    write(other, held)?;
    Ok(parts)
}

fn line(row: &Row, manner: &Manner, trainer: Trainer) -> Value {
    let messages: Vec<Value> = row
        .conversation(manner)
        .into_iter()
        .map(|message| json!({"role": Speaker::from(message.role), "content": message.text}))
        .collect();
    json!({ trainer.key(): messages })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Form, read};

    fn rows() -> Vec<Row> {
        let of = |n: usize| Row {
            id: n.to_string(),
            question: format!("Question {n}?"),
            answer: "It is so.".into(),
            document: Some(format!("{n}.md")),
            form: Form::Alone,
            answerable: true,
            ..Row::default()
        };
        (0..20).map(of).collect()
    }

    /// What is exported reads back as the same conversations.
    #[test]
    fn every_trainer_gets_the_prompt_of_the_model() {
        let folder = tempfile::tempdir().unwrap();
        let manner = Manner::default();
        for trainer in ["unsloth", "axolotl"] {
            let out = folder.path().join(trainer);
            let trainer: Trainer = trainer.parse().unwrap();
            let written = export(rows(), &manner, trainer, &out, 0.1, 1).unwrap();
            assert_eq!(written.as_slice(), std::slice::from_ref(&out));
            let text = std::fs::read_to_string(&out).unwrap();
            assert!(text.starts_with(&format!("{{\"{}\":[{{\"role\":\"system\"", trainer.key())));
            for (row, given) in rows().iter().zip(read(&out).unwrap()) {
                assert_eq!(given.form, Form::Given);
                assert_eq!(given.conversation(&manner), row.conversation(&manner));
            }
        }
        let out = folder.path().join("mlx");
        let written = export(rows(), &manner, Trainer::MlxLm, &out, 0.1, 1).unwrap();
        let counts: Vec<usize> = written.iter().map(|path| read(path).unwrap().len()).collect();
        assert_eq!(counts, [18, 2]);
        assert!("other".parse::<Trainer>().is_err());
    }

    #[test]
    fn parts_lie_beside_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.jsonl");
        let all = rows();
        let written = write_parts(&file, &all[2..], &all[..2]).unwrap();
        assert!(written[0].ends_with("data.train.jsonl"), "{written:?}");
        assert_eq!(read(&written[1]).unwrap(), all[..2]);
    }
}
