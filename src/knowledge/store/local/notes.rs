//! What the table's files were when they were written, so that one that is
//! damaged is found before it is read: a wrong length in it can ask for more
//! memory than there is, which ends the process.
//!
//! The notes lie beside the table, one JSON object a line: the files of the
//! table, which Lance never changes once they are there, and the documents
//! that are indexed, for a table that can't be read any more. They are an aid:
//! without them nothing is checked.

use super::super::backend::{Damage, Indexed};
use super::recover::{newest_manifest, table_folder, version_of};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The notes.
pub(super) const FILE: &str = "files.jsonl";

/// Version of their form; others are not read.
const VERSION: u32 = 1;

/// Larger files are hashed only by who asks for it, where they look as they
/// did but for their date: a copy of the whole folder has other dates.
const MOST_AT_OPENING: u64 = 8 << 20;

/// Says which version is the newest; Lance writes it anew, and can do without.
const HINT: &str = "latest_version_hint.json";

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    /// The newest manifest.
    newest: String,
}

/// Another line.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Part {
        part: String,
        #[serde(flatten)]
        look: Look,
    },
    Document(Indexed),
}

/// A file of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Look {
    size: u64,
    /// When it was modified, in nanoseconds since 1970.
    modified: u64,
    /// BLAKE3 of its bytes, in hexadecimal.
    hash: String,
}

/// Notes that were read.
struct Notes {
    newest: String,
    parts: HashMap<String, Look>,
    documents: Vec<Indexed>,
}

/// The notes beside a table; `None` where there are none that can be read.
fn read(dir: &Path) -> Option<Notes> {
    let mut lines = BufReader::new(File::open(dir.join(FILE)).ok()?).lines();
    let head: Head = serde_json::from_str(&lines.next()?.ok()?).ok()?;
    if head.version != VERSION {
        return None;
    }
    let mut notes = Notes { newest: head.newest, parts: HashMap::new(), documents: Vec::new() };
    for line in lines.map_while(Result::ok) {
        match serde_json::from_str(&line) {
            Ok(Line::Part { part, look }) => {
                notes.parts.insert(part, look);
            }
            Ok(Line::Document(document)) => notes.documents.push(document),
            Err(_) => {}
        }
    }
    Some(notes)
}

/// Writes the notes through `replace`, which writes a file whole or not at all.
/// Files that look as they did are not read again.
pub(super) fn write(
    dir: &Path,
    documents: &[Indexed],
    replace: impl FnOnce(&mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    let before = read(dir).map(|notes| notes.parts).unwrap_or_default();
    let Some(newest) = newest_manifest(dir)? else { return forget(dir) };
    let table = table_folder(dir);
    let mut parts = Vec::new();
    list(&table, "", &mut parts)?;
    let mut looks = Vec::new();
    for (part, metadata) in parts {
        let (size, modified) = (metadata.len(), modified(&metadata));
        let known = before.get(&part).filter(|look| look.size == size && look.modified == modified);
        let hash = match known {
            Some(look) => look.hash.clone(),
            None => hash(&table.join(&part))?,
        };
        looks.push(Line::Part { part, look: Look { size, modified, hash } });
    }
    replace(&mut |out| {
        let head = Head { version: VERSION, newest: newest.clone() };
        writeln!(out, "{}", serde_json::to_string(&head)?)?;
        for line in &looks {
            writeln!(out, "{}", serde_json::to_string(line)?)?;
        }
        for document in documents {
            writeln!(out, "{}", serde_json::to_string(document)?)?;
        }
        Ok(())
    })
}

/// Drops the notes, of a table that is gone.
pub(super) fn forget(dir: &Path) -> io::Result<()> {
    match fs::remove_file(dir.join(FILE)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The documents that were indexed when the notes were written.
pub(super) fn documents(dir: &Path) -> Vec<Indexed> {
    read(dir).map(|notes| notes.documents).unwrap_or_default()
}

/// The files of the table that are not what they were. `thorough` reads them
/// all; else only those are read whose dates changed.
pub(super) fn damaged(dir: &Path, thorough: bool) -> io::Result<Vec<Damage>> {
    let Some(notes) = read(dir) else { return Ok(Vec::new()) };
    let now = newest_manifest(dir)?;
    let number = |name: &Option<String>| name.as_deref().and_then(version_of);
    // What was written since may have taken the place of files noted here.
    let is_old = number(&now) > version_of(&notes.newest);
    let table = table_folder(dir);
    let mut out = Vec::new();
    for (part, look) in &notes.parts {
        let path = table.join(part);
        let is_newest = part.strip_prefix("_versions/") == Some(notes.newest.as_str());
        let what = match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => (!is_old).then_some("is gone"),
            Err(_) => Some("cannot be read"),
            Ok(there) if there.len() < look.size => Some("was cut"),
            Ok(there) if there.len() != look.size => Some("was changed"),
            Ok(there) => {
                let suspect = modified(&there) != look.modified && look.size <= MOST_AT_OPENING;
                let read = thorough || suspect;
                (read && hash(&path).ok().as_ref() != Some(&look.hash)).then_some("was changed")
            }
        };
        if let Some(what) = what {
            let spare =
                part.starts_with("_transactions/") || part.starts_with("_versions/") && !is_newest;
            out.push(Damage { path, what, spare, newest: is_newest });
        }
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(out)
}

/// The files below a folder, with their paths from there.
fn list(folder: &Path, below: &str, out: &mut Vec<(String, Metadata)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let part = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => list(&entry.path(), &part, out)?,
            Ok(metadata) if name != HINT => out.push((part, metadata)),
            // Another process took it away just now.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(())
}

fn hash(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn modified(metadata: &Metadata) -> u64 {
    let since = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.and_then(|since| u64::try_from(since.as_nanos()).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn write_file(dir: &Path, part: &str, bytes: &[u8]) -> PathBuf {
        let path = table_folder(dir).join(part);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn manifest(version: u64) -> String {
        format!("_versions/{:020}.manifest", u64::MAX - version)
    }

    fn note(dir: &Path, documents: &[Indexed]) {
        write(dir, documents, |write| {
            let mut bytes = Vec::new();
            write(&mut bytes)?;
            fs::write(dir.join(FILE), bytes)
        })
        .unwrap();
    }

    fn found(dir: &Path, thorough: bool) -> Vec<(String, &'static str, bool)> {
        let found = damaged(dir, thorough).unwrap().into_iter();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        found.map(|damage| (name(&damage.path), damage.what, damage.spare)).collect()
    }

    #[test]
    fn every_kind_of_damage_is_found_by_name() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        assert!(damaged(dir, true).unwrap().is_empty());
        write_file(dir, &manifest(1), b"old LANC");
        write_file(dir, &manifest(2), b"new LANC");
        let rows = write_file(dir, "data/rows.lance", b"rows");
        write_file(dir, "_transactions/2.txn", b"done");
        let hint = write_file(dir, "_versions/latest_version_hint.json", b"2");
        let document = Indexed { collection: "main".into(), path: "/a\nb.md".into() };
        note(dir, std::slice::from_ref(&document));
        fs::write(hint, b"3").unwrap();
        assert!(found(dir, true).is_empty());
        assert_eq!(documents(dir), [document]);

        // The same length and date: only who reads all of it finds it.
        let date = rows.metadata().unwrap().modified().unwrap();
        fs::write(&rows, b"rowz").unwrap();
        File::options().write(true).open(&rows).unwrap().set_modified(date).unwrap();
        assert!(found(dir, false).is_empty());
        assert_eq!(found(dir, true), [("rows.lance".to_owned(), "was changed", false)]);
        File::options().write(true).open(&rows).unwrap().set_modified(UNIX_EPOCH).unwrap();
        assert_eq!(found(dir, false).len(), 1);
        fs::write(&rows, b"ro").unwrap();
        assert_eq!(found(dir, false)[0].1, "was cut");
        fs::remove_file(&rows).unwrap();
        assert_eq!(found(dir, false)[0].1, "is gone");
        write_file(dir, "_transactions/2.txn", b"");
        assert!(
            found(dir, false)
                .iter()
                .any(|(name, what, spare)| { name == "2.txn" && *what == "was cut" && *spare })
        );

        // A newer version may do without them.
        write_file(dir, &manifest(3), b"newer LANC");
        assert_eq!(found(dir, false).len(), 1, "only what is there is judged");
        forget(dir).unwrap();
        forget(dir).unwrap();
        assert!(found(dir, true).is_empty());
    }

    #[test]
    fn damaged_notes_are_none_and_a_line_costs_itself() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        write_file(dir, &manifest(1), b"LANC");
        let data = write_file(dir, "data/a.lance", b"rows");
        note(dir, &[]);
        let text = fs::read_to_string(dir.join(FILE)).unwrap();
        fs::write(dir.join(FILE), format!("{text}{{\"part\": 7\n\u{0}\n")).unwrap();
        fs::remove_file(data).unwrap();
        assert_eq!(found(dir, false).len(), 1);
        fs::write(dir.join(FILE), text.replacen("\"version\":1", "\"version\":9", 1)).unwrap();
        assert!(found(dir, true).is_empty());
        fs::write(dir.join(FILE), b"\xff\xfe").unwrap();
        assert!(found(dir, true).is_empty() && documents(dir).is_empty());
    }
}
