//! What a list shows of every session, and what was said in them, kept as long
//! as their files stay as they are: a key in the list of a thousand sessions
//! looks at their lengths and times only.

use super::SessionInfo;
use super::contents;
use super::error::SessionError;
use super::files;
use super::search::{Query, Spoken};
use super::store::Sessions;
use super::writer::path;
use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::SystemTime;

/// Most bytes of questions and answers that are kept; what is beyond is read
/// again by each search.
const KEPT: usize = 64 << 20;

/// The sessions of a folder, with what is known of them.
#[derive(Debug)]
pub struct Index {
    sessions: Sessions,
    known: HashMap<String, Known>,
    /// Bytes of the words that are kept.
    bytes: usize,
    /// How many files were read so far.
    read: u64,
}

/// What is known of a session whose file has this length and time.
#[derive(Debug)]
struct Known {
    stamp: (u64, Option<SystemTime>),
    info: SessionInfo,
    words: Option<Vec<Spoken>>,
}

impl Index {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(sessions: Sessions) -> Self {
        Self { sessions, known: HashMap::new(), bytes: 0, read: 0 }
    }

    /// The sessions themselves.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    /// How many files were read so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read
    }

    /// As [`Sessions::list`].
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn list(&mut self) -> Result<Vec<SessionInfo>, SessionError> {
        let (ids, drafts) = self.refresh()?;
        let mut list: Vec<SessionInfo> = ids.iter().map(|id| self.info(id)).collect();
        note(&mut list, &drafts);
        Ok(list)
    }

    /// As [`Sessions::search`].
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn search(&mut self, query: &str) -> Result<Vec<SessionInfo>, SessionError> {
        let query = Query::new(query);
        if query.is_empty() {
            return self.list();
        }
        let (ids, drafts) = self.refresh()?;
        let mut found: Vec<SessionInfo> =
            ids.iter().filter_map(|id| self.find_in(id, &query)).collect();
        note(&mut found, &drafts);
        Ok(found)
    }

    /// Every id, and those with a draft; what changed or left is forgotten.
    fn refresh(&mut self) -> Result<(Vec<String>, HashSet<String>), SessionError> {
        let (ids, drafts) = self.sessions.ids_and_drafts()?;
        let folder = self.sessions.folder().to_path_buf();
        let there: HashMap<&str, _> = ids
            .iter()
            .filter_map(|id| Some((id.as_str(), stamp(&fs::metadata(path(&folder, id)).ok()?))))
            .collect();
        let bytes = &mut self.bytes;
        self.known.retain(|id, known| {
            let same = there.get(id.as_str()) == Some(&known.stamp);
            if !same {
                *bytes -= known.words.as_deref().map_or(0, size);
            }
            same
        });
        Ok((ids, drafts))
    }

    fn info(&mut self, id: &str) -> SessionInfo {
        let folder = self.sessions.folder().to_path_buf();
        if let Some(known) = self.known.get(id) {
            return known.info.clone();
        }
        self.read += 1;
        let metadata = fs::metadata(path(&folder, id));
        let (info, contents) = self.sessions.outline(id);
        // One that can't be read may be readable the next time.
        if let (Ok(metadata), Some(_)) = (metadata, contents) {
            let known = Known { stamp: stamp(&metadata), info: info.clone(), words: None };
            self.known.insert(id.to_owned(), known);
        }
        info
    }

    fn find_in(&mut self, id: &str, query: &Query) -> Option<SessionInfo> {
        if !self.known.contains_key(id) {
            let _ = self.info(id);
        }
        let known = self.known.get_mut(id)?;
        let fresh;
        let words = match &known.words {
            Some(words) => words,
            None => {
                self.read += 1;
                let (bytes, _) = files::read(&path(self.sessions.folder(), id)).ok()?;
                let turns = contents::words(&bytes).turns.into_iter();
                let words: Vec<Spoken> =
                    turns.map(|(id, turn)| Spoken::new(id, turn.question, turn.text)).collect();
                let size = size(&words);
                if self.bytes + size <= KEPT {
                    self.bytes += size;
                    known.words.insert(words)
                } else {
                    fresh = words;
                    &fresh
                }
            }
        };
        let (excerpt, turn) = query.excerpt(&known.info.title, words)?;
        Some(SessionInfo { excerpt: Some(excerpt), found: turn, ..known.info.clone() })
    }
}

impl Sessions {
    /// Every session, the one that was changed last first. One that can't be
    /// read is there too, with a note.
    ///
    /// # Errors
    /// The folder can't be read; one that is missing holds no sessions.
    pub fn list(&self) -> Result<Vec<SessionInfo>, SessionError> {
        Index::new(self.clone()).list()
    }

    /// The sessions in whose title, questions and answers every word of the
    /// query occurs, in large or small letters, each with an excerpt. An empty
    /// query finds all.
    ///
    /// # Errors
    /// As [`Self::list`]; sessions that can't be read are left out.
    pub fn search(&self, query: &str) -> Result<Vec<SessionInfo>, SessionError> {
        Index::new(self.clone()).search(query)
    }

    /// The id of the session that was changed last, of those that can be gone
    /// on with.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub fn latest(&self) -> Result<Option<String>, SessionError> {
        let mut list = Vec::new();
        for id in self.ids()? {
            if let (info, Some(contents)) = self.outline(&id)
                && contents.newer().is_none()
                && info.turns > 0
            {
                list.push(info);
            }
        }
        sort(&mut list);
        Ok(list.into_iter().next().map(|info| info.id))
    }
}

/// The newest first.
fn sort(list: &mut [SessionInfo]) {
    list.sort_by_cached_key(|info| Reverse((info.updated_ms, info.id.clone())));
}

/// Notes where a text was being typed, and puts the newest first.
fn note(list: &mut [SessionInfo], drafts: &HashSet<String>) {
    for info in list.iter_mut() {
        info.unsent = drafts.contains(&info.id);
    }
    sort(list);
}

fn stamp(metadata: &fs::Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

fn size(words: &[Spoken]) -> usize {
    words.iter().map(Spoken::size).sum()
}
