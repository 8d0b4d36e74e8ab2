//! The folder of sessions.

use super::contents::{self, Contents, Question};
use super::error::{SessionError, reason};
use super::files;
use super::id::is_id;
use super::line::flat;
use super::record::Fork;
use super::time::millis;
use super::writer::{Writer, draft_path, path, torn_path};
use super::{Session, SessionInfo};
use crate::domain::{Turn, TurnId, nearest};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The sessions in a folder. Every call looks at the folder as it is then;
/// other processes may read and write other sessions meanwhile.
///
/// Wherever an id is taken, its beginning or its last part (`k3f9`) is enough
/// if no other session fits.
#[derive(Clone, Debug)]
pub struct Sessions {
    folder: PathBuf,
}

impl Sessions {
    /// The sessions in this folder, which is made, open to its owner only,
    /// when it is needed.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where they are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A session as it is kept, without any right to write to it.
    ///
    /// # Errors
    /// No session or several fit the id, or the file can't be read.
    pub fn load(&self, id: &str) -> Result<Session, SessionError> {
        let id = self.find(id)?;
        let path = path(&self.folder, &id);
        let (bytes, modified) = files::read(&path).map_err(SessionError::io("read", &path))?;
        Ok(Session::of(&id, contents::turns(&bytes), modified))
    }

    /// Copies a session with all its branches, shown at a turn (its head if
    /// `None`); gives the id of the copy. The turns keep their ids.
    ///
    /// # Errors
    /// As [`Self::load`], the turn isn't there, or the copy can't be written.
    pub fn fork(&self, id: &str, tip: Option<TurnId>) -> Result<String, SessionError> {
        let session = self.load(id)?;
        let id = &session.info.id;
        if let Some(turn) = tip
            && !session.turns.iter().any(|other| other.id == turn)
        {
            return Err(SessionError::NoTurn { id: id.clone(), turn });
        }
        let turn = tip.or(session.head);
        let mut writer = Writer::fresh(&self.folder, Some(Fork { session: id.clone(), turn }));
        let title = format!("{} (fork)", session.info.title);
        writer.copy(&session.turns, turn, &title, session.settings.as_ref())?;
        Ok(writer.id().to_owned())
    }

    /// Deletes a session, with what was kept of records that were cut off.
    ///
    /// # Errors
    /// No session or several fit the id, it is open, or it can't be removed.
    pub fn delete(&self, id: &str) -> Result<(), SessionError> {
        let id = self.find(id)?;
        let path = path(&self.folder, &id);
        // Held until the name is gone, so that nobody opens it meanwhile.
        let _file = self.lock(&id, &path, "close it there, then delete it")?;
        for beside in [torn_path(&self.folder, &id), draft_path(&self.folder, &id)] {
            if let Err(error) = fs::remove_file(&beside)
                && error.kind() != ErrorKind::NotFound
            {
                return Err(SessionError::io("delete", &beside)(error));
            }
        }
        fs::remove_file(&path).map_err(SessionError::io("delete", &path))?;
        files::sync_folder(&self.folder);
        Ok(())
    }

    /// The sessions that hold a turn of this kind, as those that quote a
    /// document.
    ///
    /// # Errors
    /// As [`Self::list`]; sessions that can't be read are left out.
    pub fn holding(
        &self,
        mut wanted: impl FnMut(&Turn) -> bool,
    ) -> Result<Vec<SessionInfo>, SessionError> {
        let mut found = Vec::new();
        for id in self.ids()? {
            let Ok((bytes, _)) = files::read(&path(&self.folder, &id)) else { continue };
            // A turn that was written twice holds what it held first, too.
            if contents::any_turn(&bytes, &mut wanted) {
                found.push(self.outline(&id).0);
            }
        }
        Ok(found)
    }

    /// A new session. Its file is made when something is first appended, so
    /// that an empty chat leaves none.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn create(&self) -> Result<Writer, SessionError> {
        files::create_folder(&self.folder)
            .map_err(SessionError::io("create the folder", &self.folder))?;
        Ok(Writer::fresh(&self.folder, None))
    }

    /// Opens a session to go on with it. A record that was cut off, as when
    /// the process was killed or the power failed, is moved aside, and
    /// [`Session::recovered`] says so.
    ///
    /// # Errors
    /// As [`Self::load`], another writer has it open, a newer lorag wrote it,
    /// or it can't be mended.
    pub fn open(&self, id: &str) -> Result<(Session, Writer), SessionError> {
        let id = self.find(id)?;
        let path = path(&self.folder, &id);
        let mut file = self.lock(&id, &path, "close it there first")?;
        let modified = file.metadata().and_then(|metadata| metadata.modified()).map_or(0, millis);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(SessionError::io("read", &path))?;
        let mut contents = contents::turns(&bytes);
        if let Some(version) = contents.newer() {
            return Err(SessionError::Newer { id, version });
        }
        let (writer, mended) = Writer::resume(&self.folder, &id, file, &bytes, &mut contents)?;
        let mut session = Session::of(&id, contents, modified);
        let said: Vec<String> = mended.into_iter().chain(session.recovered.take()).collect();
        session.recovered = if said.is_empty() { None } else { Some(said.join("; ")) };
        Ok((session, writer))
    }

    /// Every id, oldest first.
    pub(super) fn ids(&self) -> Result<Vec<String>, SessionError> {
        Ok(self.ids_and_drafts()?.0)
    }

    /// Every id, oldest first, and those of sessions in which a text was being
    /// typed.
    pub(super) fn ids_and_drafts(&self) -> Result<(Vec<String>, HashSet<String>), SessionError> {
        let failed = |error| SessionError::io("list", &self.folder)(error);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Default::default()),
            Err(error) => return Err(failed(error)),
        };
        let (mut ids, mut drafts) = (Vec::new(), HashSet::new());
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            let Some(name) = name.to_str() else { continue };
            match name.rsplit_once('.') {
                Some((id, "jsonl")) if is_id(id) => ids.push(id.to_owned()),
                Some((id, "draft")) => {
                    drafts.insert(id.to_owned());
                }
                _ => {}
            }
        }
        ids.sort_unstable();
        Ok((ids, drafts))
    }

    /// The id of the one session that is meant.
    ///
    /// # Errors
    /// No session or several fit the id, or the folder can't be read.
    pub fn find(&self, id: &str) -> Result<String, SessionError> {
        let wanted = id.trim();
        let ids = self.ids()?;
        let last_part = format!("-{wanted}");
        let fits = |id: &String| {
            !wanted.is_empty() && (id.starts_with(wanted) || id.ends_with(&last_part))
        };
        if ids.iter().any(|id| id == wanted) {
            return Ok(wanted.to_owned());
        }
        let candidates: Vec<String> = ids.into_iter().filter(fits).collect();
        match candidates.as_slice() {
            [] => Err(self.not_found(wanted)),
            [only] => Ok(only.clone()),
            _ => Err(SessionError::Ambiguous { id: wanted.to_owned(), candidates }),
        }
    }

    /// Says that no session has this id, with those that it may have meant.
    fn not_found(&self, wanted: &str) -> SessionError {
        let ids = self.ids().unwrap_or_default();
        // The last part is what people type.
        let short = |id: &str| id.rsplit('-').next().unwrap_or(id).to_owned();
        let mut parts: Vec<String> = ids.iter().map(|id| short(id)).collect();
        parts.extend(ids.iter().cloned());
        let near = nearest(wanted, parts.iter().map(String::as_str));
        let mut named: Vec<String> = Vec::new();
        for name in near {
            let id = ids.iter().find(|id| *id == name || short(id) == name);
            if let Some(id) = id.filter(|id| !named.contains(id)) {
                named.push(id.clone());
            }
        }
        let near = named.iter().map(|id| (short(id), self.outline(id).0.title)).collect();
        SessionError::NotFound { id: wanted.to_owned(), folder: self.folder.clone(), near }
    }

    /// Opens a file that nobody else has open for writing.
    fn lock(&self, id: &str, path: &Path, advice: &'static str) -> Result<File, SessionError> {
        let file = files::private().open(path).map_err(SessionError::io("open", path))?;
        if !files::lock(&file).map_err(SessionError::io("lock", path))? {
            let title = self.outline(id).0.title;
            return Err(SessionError::InUse { id: id.to_owned(), title, advice });
        }
        if files::is_gone(&file).map_err(SessionError::io("open", path))? {
            return Err(self.not_found(id));
        }
        Ok(file)
    }

    /// What a list shows of a session, and what was read for it, if it could.
    pub(super) fn outline(&self, id: &str) -> (SessionInfo, Option<Contents<Question>>) {
        match files::read(&path(&self.folder, id)) {
            Ok((bytes, modified)) => {
                let (contents, question) = contents::outline(&bytes);
                let info = SessionInfo::of(id, &contents, question.as_deref(), modified);
                (info, Some(contents))
            }
            Err(error) => {
                let info = SessionInfo {
                    id: id.to_owned(),
                    title: id.to_owned(),
                    note: Some(flat(&format!("it cannot be read: {}", reason(&error)))),
                    ..SessionInfo::default()
                };
                (info, None)
            }
        }
    }
}
