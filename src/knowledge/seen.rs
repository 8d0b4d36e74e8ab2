//! What files looked like when they were last read: a start that finds them
//! the same needs to read none of them.
//!
//! The list lies beside the table, one JSON object a line. It is an aid:
//! without it, every file is read and hashed. An entry is believed only where
//! the table holds the very hash that it names, so that it can never vouch for
//! something that was not indexed.
//!
//! A file that was written within the last moments before it was read may be
//! written again without its time of change moving on, because such times are
//! coarse. Its entry is not settled, and it is read once more the next time, as
//! git does.

use super::parse::Skip;
use super::store::Location;
use super::walk::FoundFile;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// The file beside the table.
const FILE: &str = "seen.jsonl";

/// Version of its form; a list of another one is not read.
const VERSION: u32 = 1;

/// Most folders that are kept as roots.
const MOST_ROOTS: usize = 256;

/// The coarsest time of change that file systems have (FAT's), in nanoseconds.
const COARSEST_NS: i64 = 2_000_000_000;

/// A file as it looked when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenFile {
    /// Its size in bytes.
    size: u64,
    /// When its content was last modified, in nanoseconds since 1970.
    modified_ns: i64,
    /// When anything about it last changed, likewise; 0 where systems don't
    /// tell.
    changed_ns: i64,
    /// The device that its folder lies on; `None` where systems don't tell.
    pub device: Option<u64>,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub hash: String,
    /// How files were cut then, and with that how they were read.
    pub chunker: String,
    /// Why it was not indexed, if it wasn't.
    pub skip: Option<SeenSkip>,
    /// Whether another content would have another look.
    settled: bool,
}

/// Why a file was not indexed, as far as that follows from its name, its bytes
/// and the program alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenSkip {
    /// [`Skip::Binary`].
    Binary(String),
    /// [`Skip::Undecodable`].
    Undecodable(String),
    /// [`Skip::Empty`].
    Empty,
    /// [`Skip::Generated`]: left out as long as the settings say so.
    Generated(String),
    /// [`Skip::Unusable`]: tried again by the next version of the program.
    Unusable {
        /// What is wrong with it.
        why: String,
        /// The version of the program that could not use it.
        program: String,
    },
    /// [`Skip::Broken`]: tried again by the next version of the program.
    Broken {
        /// What the failure said.
        why: String,
        /// The version of the program that failed on it.
        program: String,
    },
    /// [`Skip::Ended`]: likewise.
    Ended {
        /// What ended it.
        why: String,
        /// The version of the program that it ended.
        program: String,
    },
}

/// The version of this program.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

impl SeenSkip {
    /// The reason, where it will be the same as long as the file is.
    #[must_use]
    pub fn of(skip: &Skip) -> Option<Self> {
        match skip {
            Skip::Generated(what) => Some(Self::Generated(what.clone())),
            Skip::Broken(why) => Some(Self::Broken { why: why.clone(), program: PROGRAM.into() }),
            Skip::Unusable(why) => {
                Some(Self::Unusable { why: why.clone(), program: PROGRAM.into() })
            }
            Skip::Ended(why) => Some(Self::Ended { why: why.clone(), program: PROGRAM.into() }),
            Skip::Binary(what) => Some(Self::Binary(what.clone())),
            Skip::Undecodable(what) => Some(Self::Undecodable(what.clone())),
            Skip::Empty => Some(Self::Empty),
            _ => None,
        }
    }

    /// Whether it still holds, where generated files are `wanted` or not.
    #[must_use]
    pub fn holds(&self, wanted: bool) -> bool {
        match self {
            Self::Generated(_) => !wanted,
            Self::Broken { program, .. }
            | Self::Unusable { program, .. }
            | Self::Ended { program, .. } => program == PROGRAM,
            Self::Binary(_) | Self::Undecodable(_) | Self::Empty => true,
        }
    }
}

impl From<&SeenSkip> for Skip {
    fn from(skip: &SeenSkip) -> Self {
        match skip {
            SeenSkip::Binary(what) => Self::Binary(what.clone()),
            SeenSkip::Undecodable(what) => Self::Undecodable(what.clone()),
            SeenSkip::Empty => Self::Empty,
            SeenSkip::Generated(what) => Self::Generated(what.clone()),
            SeenSkip::Unusable { why, .. } => Self::Unusable(why.clone()),
            SeenSkip::Broken { why, .. } => Self::Broken(why.clone()),
            SeenSkip::Ended { why, .. } => Self::Ended(why.clone()),
        }
    }
}

impl SeenFile {
    /// What to note of a file that was found like this, after the moment
    /// `start`, and then read.
    #[must_use]
    pub fn new(
        file: &FoundFile,
        start: SystemTime,
        hash: &str,
        chunker: &str,
        skip: Option<SeenSkip>,
    ) -> Self {
        let (hash, chunker) = (hash.to_owned(), chunker.to_owned());
        let FoundFile { size, modified_ns, changed_ns, .. } = *file;
        let settled = is_settled(modified_ns, start);
        Self { size, modified_ns, changed_ns, device: None, hash, chunker, skip, settled }
    }

    /// The same, with the device that its folder lies on.
    #[must_use]
    pub fn on(self, device: Option<u64>) -> Self {
        Self { device, ..self }
    }

    /// Whether a file is the same, by its look.
    #[must_use]
    pub fn is_of(&self, file: &FoundFile) -> bool {
        self.settled
            && self.size == file.size
            && self.modified_ns == file.modified_ns
            && self.changed_ns == file.changed_ns
    }
}

/// Whether a file can't be written after `start` and have this time of change.
fn is_settled(modified_ns: i64, start: SystemTime) -> bool {
    let since_1970 = start.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let start = i64::try_from(since_1970.as_nanos()).unwrap_or(i64::MAX);
    modified_ns <= start.saturating_sub(COARSEST_NS)
}

/// The list of one knowledge base, by path.
#[derive(Clone, Debug, Default)]
pub struct SeenFiles {
    files: HashMap<String, SeenFile>,
    /// What ended the reading of files, by their hashes.
    ended: HashMap<String, Skip>,
    /// The folders that were indexed, newest last.
    roots: Vec<PathBuf>,
    changed: bool,
}

/// A line of the list.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    path: std::borrow::Cow<'a, str>,
    #[serde(flatten)]
    file: std::borrow::Cow<'a, SeenFile>,
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    roots: Vec<PathBuf>,
}

impl SeenFiles {
    /// The list of the knowledge base in a place; empty where there is none
    /// that can be read.
    #[must_use]
    pub fn load(place: &Location) -> Self {
        let (mut files, mut ended) = (HashMap::new(), HashMap::new());
        let roots = for_each(place, &mut |path, file| {
            if let Some(skip @ SeenSkip::Ended { .. }) = &file.skip
                && skip.holds(false)
            {
                ended.insert(file.hash.clone(), Skip::from(skip));
            }
            files.insert(path, file);
        });
        Self { files, ended, roots, changed: false }
    }

    /// A file as it looked.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&SeenFile> {
        self.files.get(path)
    }

    /// Why the reading of a file with this hash was ended before, if it was.
    #[must_use]
    pub fn ended(&self, hash: &str) -> Option<Skip> {
        self.ended.get(hash).cloned()
    }

    /// Notes how a file looks now.
    pub fn insert(&mut self, path: String, file: SeenFile) {
        self.changed |= self.files.get(&path) != Some(&file);
        self.files.insert(path, file);
    }

    /// Forgets a file.
    pub fn forget(&mut self, path: &str) {
        self.changed |= self.files.remove(path).is_some();
    }

    /// Notes a folder that is indexed.
    pub fn add_root(&mut self, root: PathBuf) {
        if !self.roots.contains(&root) {
            self.roots.push(root);
            let over = self.roots.len().saturating_sub(MOST_ROOTS);
            self.roots.drain(..over);
            self.changed = true;
        }
    }

    /// Keeps the files of which `keep` says so.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        let before = self.files.len();
        self.files.retain(|path, _| keep(path));
        self.changed |= self.files.len() != before;
    }

    /// Writes the list, whole or not at all, where it changed. Only for the
    /// holder of the writer's lock.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn save(&mut self, place: &Location) -> io::Result<()> {
        if !self.changed {
            return Ok(());
        }
        let head = Head { version: VERSION, roots: self.roots.clone() };
        place.replace(FILE, &mut |out: &mut dyn Write| {
            writeln!(out, "{}", serde_json::to_string(&head)?)?;
            for (path, file) in &self.files {
                use std::borrow::Cow::Borrowed;
                let line = Line { path: Borrowed(path), file: Borrowed(file) };
                writeln!(out, "{}", serde_json::to_string(&line)?)?;
            }
            Ok(())
        })?;
        self.changed = false;
        Ok(())
    }
}

/// The folders that were indexed, and the devices that some files' folders lay
/// on when they were read.
#[must_use]
pub fn traces(place: &Location, paths: &[&str]) -> (Vec<PathBuf>, HashMap<String, u64>) {
    let mut devices = HashMap::new();
    let roots = for_each(place, &mut |path, file| {
        if let Some(device) = file.device
            && paths.contains(&path.as_str())
        {
            devices.insert(path, device);
        }
    });
    (roots, devices)
}

/// Reads the list line by line and gives back the roots; what can't be read is
/// passed over.
fn for_each(place: &Location, each: &mut dyn FnMut(String, SeenFile)) -> Vec<PathBuf> {
    let Ok(file) = place.read(FILE) else { return Vec::new() };
    let mut lines = file.lines().map_while(Result::ok);
    let head = lines.next().and_then(|line| serde_json::from_str::<Head>(&line).ok());
    let Some(head) = head.filter(|head| head.version == VERSION) else { return Vec::new() };
    for line in lines {
        if let Ok(Line { path, file }) = serde_json::from_str(&line) {
            each(path.into_owned(), file.into_owned());
        }
    }
    head.roots
}

#[cfg(test)]
mod tests {
    use super::*;
    fn found(size: u64, modified_ns: i64) -> FoundFile {
        let path = PathBuf::from("/a");
        FoundFile { path, size, modified_ms: modified_ns / 1_000_000, modified_ns, changed_ns: 7 }
    }

    #[test]
    fn a_list_comes_back_as_it_was_saved_and_damage_costs_only_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let place = Location::from(folder.path());
        let mut seen = SeenFiles::load(&place);
        let one = SeenFile::new(&found(3, 9), SystemTime::now(), "h", "v1", None);
        let two = SeenFile {
            device: Some(5),
            skip: SeenSkip::of(&Skip::Binary("PNG".into())),
            ..one.clone()
        };
        seen.add_root(PathBuf::from("/"));
        seen.insert("/with\nline".into(), one.clone());
        seen.insert("/b".into(), two.clone());
        seen.save(&place).unwrap();
        let path = folder.path().join(FILE);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}{{\"path\": \"/cut")).unwrap();
        let read = SeenFiles::load(&place);
        assert_eq!(read.files.len(), 2);
        assert_eq!((read.get("/with\nline"), read.get("/b")), (Some(&one), Some(&two)));
        let devices = HashMap::from([("/b".into(), 5)]);
        assert_eq!(traces(&place, &["/b", "/c"]), (vec![PathBuf::from("/")], devices));
        std::fs::write(&path, text.replacen('1', "2", 1)).unwrap();
        assert!(SeenFiles::load(&place).files.is_empty());
    }

    #[test]
    fn any_other_look_is_another_file() {
        let seen = SeenFile::new(&found(3, 9), SystemTime::now(), "h", "v1", None);
        assert!(seen.is_of(&found(3, 9)));
        assert!(!seen.is_of(&found(4, 9)) && !seen.is_of(&found(3, 10)));
        assert!(!seen.is_of(&FoundFile { changed_ns: 8, ..found(3, 9) }));
    }

    #[test]
    fn what_was_just_written_is_not_settled() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let is_same = |seconds: i64| {
            let file = found(3, seconds * 1_000_000_000);
            SeenFile::new(&file, start, "h", "v1", None).is_of(&file)
        };
        assert!(is_same(98) && is_same(-5));
        assert!(!is_same(99));
        // A clock that went wrong settles nothing.
        assert!(!is_same(500));
    }

    #[test]
    fn only_reasons_that_last_are_noted() {
        for skip in [
            Skip::Empty,
            Skip::Binary("x".into()),
            Skip::Undecodable("y".into()),
            Skip::Generated("minified".into()),
            Skip::Broken("p".into()),
            Skip::Unusable("u".into()),
            Skip::Ended("it takes more than 4 s".into()),
        ] {
            assert_eq!(Skip::from(&SeenSkip::of(&skip).unwrap()), skip);
        }
        for skip in [Skip::Link, Skip::Unreadable("z".into())] {
            assert_eq!(SeenSkip::of(&skip), None);
        }
    }

    #[test]
    fn a_reason_holds_for_its_settings_and_its_program() {
        let generated = SeenSkip::of(&Skip::Generated("minified".into())).unwrap();
        assert!(generated.holds(false) && !generated.holds(true));
        let broken = SeenSkip::of(&Skip::Broken("p".into())).unwrap();
        assert!(broken.holds(false) && broken.holds(true));
        let older = SeenSkip::Broken { why: "p".into(), program: "0.0.1".into() };
        assert!(!older.holds(false));
    }
}
