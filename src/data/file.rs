//! Files of training data: one JSON object a line.

use super::parse::row_of;
use super::row::Row;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// Largest file, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// Longest line, in bytes: longer than any prompt that a model could be trained
/// on here.
const LONGEST_LINE: usize = 1 << 20;

/// What is wrong with a file of training data.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// It can't be read or written.
    #[error("cannot {verb} the training data {path}: {error}")]
    Io {
        /// `read` or `write`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A line is no row.
    #[error("{path}:{line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1; of a JSON array, the element.
        line: usize,
        /// What is wrong, and what a row looks like.
        reason: String,
    },
    /// It is larger than what is read.
    #[error("the training data {path} takes {bytes} bytes; at most {most} are read. Split it")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in bytes.
        bytes: u64,
        /// Most bytes.
        most: u64,
    },
    /// It holds no row.
    #[error("the training data {0} holds no row")]
    Empty(PathBuf),
}

/// Reads the rows of a file: lorag's own, `messages`, prompt and completion,
/// alpaca, and the rows of an evaluation, told apart by their keys. A file that
/// is one JSON array is read as well.
///
/// # Errors
/// What is wrong with the file, or with its first bad line.
pub fn read(path: &Path) -> Result<Vec<Row>, DataError> {
    Ok(lines(path)?.into_iter().map(|(_, row)| row).collect())
}

/// [`read`], each row with the number of its line.
///
/// # Errors
/// As [`read`].
pub fn lines(path: &Path) -> Result<Vec<(usize, Row)>, DataError> {
    let failed = |error| DataError::Io { verb: "read", path: path.to_owned(), error };
    let file = std::fs::File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > MOST_BYTES {
        return Err(DataError::TooLarge { path: path.to_owned(), bytes, most: MOST_BYTES });
    }
    // A pipe has no length, so what comes is counted, too.
    let mut reader = BufReader::new(file.take(MOST_BYTES));
    let bad = |line: usize, reason: String| DataError::Line { path: path.to_owned(), line, reason };
    let first = reader.fill_buf().map_err(failed)?.iter().find(|b| !b.is_ascii_whitespace());
    let mut rows = Vec::new();
    if first == Some(&b'[') {
        let values: Vec<Value> = serde_json::from_reader(reader)
            .map_err(|error| bad(error.line(), error.to_string()))?;
        for (number, value) in values.into_iter().enumerate() {
            let row = row_of(value).map_err(|reason| bad(number + 1, reason))?;
            rows.push((number + 1, row));
        }
    } else {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let most = LONGEST_LINE as u64 + 1;
            let count = (&mut reader).take(most).read_until(b'\n', &mut line).map_err(failed)?;
            if count == 0 {
                break;
            }
            if line.len() > LONGEST_LINE {
                return Err(bad(number, format!("the line takes more than {LONGEST_LINE} bytes")));
            }
            let text = std::str::from_utf8(&line)
                .map_err(|_| bad(number, "the line is no UTF-8".to_owned()))?;
            let text = text.trim_start_matches('\u{feff}').trim();
            if text.is_empty() {
                continue;
            }
            let value: Value =
                serde_json::from_str(text).map_err(|error| bad(number, error.to_string()))?;
            rows.push((number, row_of(value).map_err(|reason| bad(number, reason))?));
        }
    }
    if rows.is_empty() {
        return Err(DataError::Empty(path.to_owned()));
    }
    for (number, row) in &mut rows {
        if row.id.is_empty() {
            row.id = format!("{number}");
        }
    }
    Ok(rows)
}

/// Writes rows to a file, one a line. What stood there stays until all of it is
/// written.
///
/// # Errors
/// [`DataError::Io`].
pub fn write(path: &Path, rows: &[Row]) -> Result<(), DataError> {
    let spelled = rows.iter().map(|row| serde_json::to_string(row).map_err(std::io::Error::other));
    write_lines(path, spelled)
}

/// Writes lines to a file in place of what stood there.
///
/// # Errors
/// [`DataError::Io`].
pub fn write_lines(
    path: &Path,
    lines: impl IntoIterator<Item = std::io::Result<String>>,
) -> Result<(), DataError> {
    let failed = |error| DataError::Io { verb: "write", path: path.to_owned(), error };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    {
        let mut writer = std::io::BufWriter::new(&mut file);
        for line in lines {
            let line = line.map_err(failed)?;
            writer.write_all(line.as_bytes()).map_err(failed)?;
            writer.write_all(b"\n").map_err(failed)?;
        }
        writer.flush().map_err(failed)?;
    }
    shared(&file).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A temporary file is for its owner alone; data is as other files are.
#[cfg(unix)]
fn shared(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn shared(_file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Form;

    fn of(text: &str) -> Result<Vec<Row>, DataError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.jsonl");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn a_bad_line_is_named_with_its_number() {
        let good = "{\"prompt\": \"Why?\", \"completion\": \"So.\"}";
        for (text, line, says) in [
            (format!("{good}\n\n{{\"prompt\": \"Why?\"}}\n"), 3, "completion"),
            (format!("{good}\nnot json\n"), 2, "expected"),
            (format!("{good}\n[1]\n"), 2, "object"),
            (format!("[{good}, {{\"x\": 1}}]"), 2, "keys"),
        ] {
            let error = of(&text).unwrap_err().to_string();
            assert!(error.contains(&format!("data.jsonl:{line}: ")), "{error}");
            assert!(error.contains(says), "{error}");
        }
        assert!(of("\n \n").unwrap_err().to_string().contains("no row"));
        let long = format!("{{\"prompt\": \"{}\"}}", "x".repeat(LONGEST_LINE));
        assert!(of(&long).unwrap_err().to_string().contains(":1: the line takes more than"));
    }

    #[test]
    fn rows_are_written_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/data.jsonl");
        let row = |n: usize| Row {
            id: n.to_string(),
            question: format!("Question {n}?"),
            answer: "It is so.".into(),
            form: Form::Alone,
            answerable: true,
            ..Row::default()
        };
        let rows = [row(1), row(2)];
        write(&path, &rows).unwrap();
        assert_eq!(read(&path).unwrap(), rows);
        write(&path, &rows[1..]).unwrap();
        assert_eq!(lines(&path).unwrap(), [(1, row(2))]);
    }
}
