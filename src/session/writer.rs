//! Appends to one session, durably, and keeps others from doing so.

use super::contents::{Contents, Tail};
use super::error::SessionError;
use super::files;
use super::id::new_id;
use super::log::Log;
use super::record::{Fork, Header, Record, SettingsRecord, TurnRecord, encode};
use super::settings::SessionSettings;
use super::time::now_ms;
use crate::domain::{Turn, TurnId};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How many names are tried for a new session.
const ATTEMPTS: usize = 16;

/// The right to append to a session. The operating system's lock on its file
/// is held as long as the writer lives, and ends with the process, however
/// that ends.
///
/// What a call has written is on the disk when the call returns; a call that
/// fails has changed nothing.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    id: String,
    /// The header while it isn't written.
    due: Option<Header>,
    /// The file once it is there.
    log: Option<Log<File>>,
}

impl Writer {
    /// A session that has no file until something is appended.
    pub(super) fn fresh(folder: &Path, forked_from: Option<Fork>) -> Self {
        let now = now_ms();
        let id = new_id(now);
        let due = Some(Header::new(id.clone(), now, forked_from));
        Self { folder: folder.to_path_buf(), id, due, log: None }
    }

    /// Goes on with the file of a session, whose lock is held. A record that
    /// was cut off moves to a file beside it; the second value says so.
    pub(super) fn resume<T>(
        folder: &Path,
        id: &str,
        mut file: File,
        bytes: &[u8],
        contents: &mut Contents<T>,
    ) -> Result<(Self, Option<String>), SessionError> {
        let path = path(folder, id);
        let mut said = None;
        let mut length = bytes.len();
        match contents.tail {
            Tail::Ended => {}
            Tail::Unended => {
                end_line(&mut file).map_err(SessionError::io("mend", &path))?;
                length += 1;
            }
            Tail::Torn => {
                let torn = bytes.get(contents.whole..).unwrap_or_default();
                let beside = torn_path(folder, id);
                files::keep(&beside, torn).map_err(SessionError::io("write", &beside))?;
                length = contents.whole;
                file.set_len(length as u64)
                    .and_then(|()| file.sync_data())
                    .map_err(SessionError::io("mend", &path))?;
                said = Some(format!(
                    "the last record was cut off when lorag ended; its {} bytes are kept in {}, \
                     and everything before is whole",
                    torn.len(),
                    beside.display()
                ));
            }
        }
        contents.tail = Tail::Ended;
        let log = Log::new(file, length as u64);
        let due = log.is_empty().then(|| Header::new(id.to_owned(), now_ms(), None));
        let writer = Self { folder: folder.to_path_buf(), id: id.to_owned(), due, log: Some(log) };
        Ok((writer, said))
    }

    /// The session's id. It is settled once something was appended; in the
    /// unlikely case that another session took it before, it changes then.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Keeps a turn as it is now: when it is asked, and again when it is done.
    /// A turn that is new to the session becomes its head.
    ///
    /// # Errors
    /// Errors of the file system; nothing has changed then.
    pub fn turn(&mut self, turn: &Turn) -> Result<(), SessionError> {
        let (turn_id, turn) = (turn.id, &TurnRecord::from(turn));
        self.append(&[Record::Turn { at_ms: now_ms(), turn_id, turn }])
    }

    /// Gives the session a title; an empty one takes the given title back.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub fn title(&mut self, title: &str) -> Result<(), SessionError> {
        self.append(&[Record::Title { at_ms: now_ms(), title }])
    }

    /// Notes which turn is the tip of the branch that is shown.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub fn head(&mut self, turn: TurnId) -> Result<(), SessionError> {
        self.append(&[Record::Head { at_ms: now_ms(), tip: turn }])
    }

    /// Marks the answer of a turn as a good one, or takes that back.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub fn mark(&mut self, turn: TurnId, good: bool) -> Result<(), SessionError> {
        self.append(&[Record::Mark { at_ms: now_ms(), turn_id: turn, good }])
    }

    /// Notes how questions are asked from now on.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub fn settings(&mut self, settings: &SessionSettings) -> Result<(), SessionError> {
        let settings = &SettingsRecord::from(settings);
        self.append(&[Record::Settings { at_ms: now_ms(), settings }])
    }

    /// Keeps a whole session in one go.
    pub(super) fn copy(
        &mut self,
        turns: &[Turn],
        tip: Option<TurnId>,
        title: &str,
        settings: Option<&SessionSettings>,
    ) -> Result<(), SessionError> {
        let at_ms = now_ms();
        let good: Vec<TurnId> = turns.iter().filter(|turn| turn.good).map(|turn| turn.id).collect();
        let turns: Vec<(TurnId, TurnRecord<'_>)> =
            turns.iter().map(|turn| (turn.id, turn.into())).collect();
        let settings = settings.map(SettingsRecord::from);
        let mut records = vec![Record::Title { at_ms, title }];
        records.extend(turns.iter().map(|(id, turn)| Record::Turn { at_ms, turn_id: *id, turn }));
        let marks = good.into_iter();
        records.extend(marks.map(|turn_id| Record::Mark { at_ms, turn_id, good: true }));
        records.extend(tip.map(|tip| Record::Head { at_ms, tip }));
        records.extend(settings.iter().map(|settings| Record::Settings { at_ms, settings }));
        self.append(&records)
    }

    fn append(&mut self, records: &[Record<'_>]) -> Result<(), SessionError> {
        let (mut log, fresh) = match self.log.take() {
            Some(log) if self.is_elsewhere(&log) => (self.rescue(log)?, false),
            Some(log) => (log, false),
            None => (self.begin()?, true),
        };
        let written = self.encode(records).and_then(|bytes| {
            log.append(&bytes).map_err(|source| SessionError::Write {
                id: self.id.clone(),
                path: path(&self.folder, &self.id),
                source,
            })
        });
        match written {
            Ok(()) => {
                self.due = None;
                self.log = Some(log);
                if fresh {
                    files::sync_folder(&self.folder);
                }
                Ok(())
            }
            Err(error) => {
                if fresh {
                    // This call made the file, and it holds nothing; what
                    // can't be removed is an empty session in the list.
                    let _ = fs::remove_file(path(&self.folder, &self.id));
                } else {
                    self.log = Some(log);
                }
                Err(error)
            }
        }
    }

    /// Whether what is appended would be lost, since the file was deleted or
    /// moved away with its folder.
    fn is_elsewhere(&self, log: &Log<File>) -> bool {
        matches!(files::is_at(log.storage(), &path(&self.folder, &self.id)), Ok(false))
    }

    /// Makes the file again where it was, with all that it held, which the open
    /// file still knows.
    fn rescue(&mut self, log: Log<File>) -> Result<Log<File>, SessionError> {
        let path = path(&self.folder, &self.id);
        let (mut file, length) = log.into_parts();
        let made = copy_of(&mut file, length, &self.folder, &path);
        match made {
            Ok(made) => {
                tracing::warn!(path = %path.display(), "a session was gone and is written anew");
                Ok(Log::new(made, length))
            }
            Err(source) => {
                // It is tried again with the next record.
                self.log = Some(Log::new(file, length));
                Err(SessionError::Write { id: self.id.clone(), path, source })
            }
        }
    }

    /// Makes the file, under another name where this one is taken.
    fn begin(&mut self) -> Result<Log<File>, SessionError> {
        files::create_folder(&self.folder)
            .map_err(SessionError::io("create the folder", &self.folder))?;
        for _ in 0..ATTEMPTS {
            let path = path(&self.folder, &self.id);
            match files::private().create_new(true).open(&path) {
                Ok(file) => {
                    if files::lock(&file).map_err(SessionError::io("lock", &path))? {
                        return Ok(Log::new(file, 0));
                    }
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(SessionError::io("create", &path)(error)),
            }
            self.id = new_id(now_ms());
        }
        let taken = io::Error::from(ErrorKind::AlreadyExists);
        Err(SessionError::io("create", &path(&self.folder, &self.id))(taken))
    }

    fn encode(&self, records: &[Record<'_>]) -> Result<Vec<u8>, SessionError> {
        let mut bytes = Vec::new();
        let failed = |source| SessionError::Record { id: self.id.clone(), source };
        if let Some(due) = &self.due {
            let header = Header { id: self.id.clone(), ..due.clone() };
            encode(&Record::Header(&header), &mut bytes).map_err(failed)?;
        }
        for record in records {
            encode(record, &mut bytes).map_err(failed)?;
        }
        Ok(bytes)
    }
}

/// Makes a new file at `path` of the first bytes of another, and locks it.
fn copy_of(from: &mut File, length: u64, folder: &Path, path: &Path) -> io::Result<File> {
    files::create_folder(folder)?;
    let mut file = files::private().create_new(true).open(path)?;
    let done = (|| {
        if !files::lock(&file)? {
            return Err(io::Error::from(ErrorKind::WouldBlock));
        }
        from.seek(SeekFrom::Start(0))?;
        io::copy(&mut from.take(length), &mut file)?;
        file.sync_data()
    })();
    if let Err(error) = done {
        let _ = fs::remove_file(path);
        return Err(error);
    }
    files::sync_folder(folder);
    Ok(file)
}

/// The file of a session.
pub(super) fn path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.jsonl"))
}

/// Where records that were cut off are kept.
pub(super) fn torn_path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.torn"))
}

/// Where what is being typed in a session is kept.
pub(super) fn draft_path(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.draft"))
}

fn end_line(file: &mut File) -> io::Result<()> {
    file.seek(SeekFrom::End(0))?;
    file.write_all(b"\n")?;
    file.sync_data()
}
