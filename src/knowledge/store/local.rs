//! A knowledge base in a folder of this computer.

mod disk;
mod notes;
mod recover;
mod stamp;
mod swap;

use super::backend::{Backend, Damage, FileVersion, Held, Indexed, Stamp};
use crate::config::bounded;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the locked file. It stays in the folder when nobody holds it.
const LOCK_FILE: &str = ".lock";

/// The folder.
#[derive(Clone, Debug)]
pub(super) struct LocalFolder {
    dir: PathBuf,
}

impl LocalFolder {
    /// A folder, there or not. LanceDB takes a relative path that starts with
    /// "db" for a remote address, so the path is made absolute.
    pub(super) fn new(dir: &Path) -> Self {
        Self { dir: std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()) }
    }
}

impl Backend for LocalFolder {
    fn name(&self) -> &Path {
        &self.dir
    }

    fn uri(&self) -> Result<String, String> {
        if !self.dir.is_absolute() {
            return Err("the folder of this process can't be told".to_owned());
        }
        let uri = self.dir.to_str().ok_or("the folder's name is not valid UTF-8")?;
        Ok(uri.to_owned())
    }

    fn create(&self) -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.dir)
    }

    /// The operating system's lock on a file in the folder, so it ends with the
    /// process that holds it, however that process ends.
    fn lock(&self) -> io::Result<Option<Held>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(self.dir.join(LOCK_FILE))?;
        match file.try_lock() {
            Ok(()) => {
                // Only for messages of who waits.
                let _ = file.set_len(0);
                let _ = (&file).write_all(std::process::id().to_string().as_bytes());
                Ok(Some(Box::new(file)))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn holder(&self) -> String {
        let noted = bounded::read_text(self.dir.join(LOCK_FILE), 64);
        match noted.ok().and_then(|text| text.trim().parse::<u32>().ok()) {
            Some(process) => format!("another lorag (process {process})"),
            None => "another lorag".to_owned(),
        }
    }

    fn has_table(&self) -> io::Result<bool> {
        recover::has_manifest(&self.dir)
    }

    fn stamp(&self) -> io::Result<Option<Stamp>> {
        stamp::of(&self.dir)
    }

    fn set_aside_damaged(&self) -> io::Result<Option<String>> {
        let (noted, gone): (Vec<Damage>, Vec<Damage>) =
            notes::damaged(&self.dir, false)?.into_iter().partition(|damage| damage.path.exists());
        if gone.iter().any(|damage| damage.newest) {
            recover::forget_hint(&self.dir)?;
        }
        for damage in noted.iter().filter(|damage| damage.spare) {
            recover::move_aside(&self.dir, &damage.path)?;
        }
        let newest: Vec<PathBuf> =
            noted.into_iter().filter(|damage| damage.newest).map(|damage| damage.path).collect();
        let done = recover::set_aside_damaged(&self.dir, &newest)?;
        if !recover::has_manifest(&self.dir)? {
            notes::forget(&self.dir)?;
        }
        Ok(done)
    }

    fn damaged(&self, thorough: bool) -> io::Result<Vec<Damage>> {
        notes::damaged(&self.dir, thorough)
    }

    fn note(&self, documents: &[Indexed]) -> io::Result<()> {
        notes::write(&self.dir, documents, |write| self.replace(notes::FILE, write))
    }

    fn noted(&self) -> Vec<Indexed> {
        notes::documents(&self.dir)
    }

    fn drop_table(&self) -> io::Result<()> {
        notes::forget(&self.dir)?;
        recover::drop_table(&self.dir)
    }

    fn remove_leftovers(&self) -> io::Result<()> {
        recover::remove_leftovers(&self.dir)
    }

    fn sync(&self) -> io::Result<()> {
        disk::sync(&self.dir)
    }

    fn size(&self) -> u64 {
        disk::size(&self.dir)
    }

    fn read(&self, file: &str) -> io::Result<Box<dyn BufRead>> {
        Ok(Box::new(BufReader::new(File::open(self.dir.join(file))?)))
    }

    fn replace(
        &self,
        file: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let draft = self.dir.join(format!("{file}.new"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = BufWriter::new(options.open(&draft)?);
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?;
        fs::rename(&draft, self.dir.join(file))
    }

    fn version(&self, file: &str) -> Option<FileVersion> {
        let metadata = fs::metadata(self.dir.join(file)).ok()?;
        Some(FileVersion { length: metadata.len(), written: metadata.modified().ok()? })
    }

    fn anew(&self) -> Arc<dyn Backend> {
        Arc::new(Self { dir: swap::new_folder(&self.dir) })
    }

    fn swap_in(&self) -> io::Result<()> {
        swap::swap_in(&self.dir)
    }

    fn restore_swapped(&self) -> io::Result<bool> {
        swap::restore(&self.dir)
    }

    fn clear(&self) -> io::Result<()> {
        if self.dir.exists() { fs::remove_dir_all(&self.dir) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_it_makes_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let temp = tempfile::tempdir().unwrap();
        let place = LocalFolder::new(&temp.path().join("kb"));
        let anew = place.anew();
        for place in [&place as &dyn Backend, anew.as_ref()] {
            place.create().unwrap();
            place.replace("terms", &mut |out| out.write_all(b"one\ntwo")).unwrap();
            assert_eq!(mode(place.name()), 0o700);
            assert_eq!(mode(&place.name().join("terms")), 0o600);
        }
    }

    #[test]
    fn a_file_beside_the_table_is_written_whole_or_not_at_all() {
        let temp = tempfile::tempdir().unwrap();
        let place = LocalFolder::new(temp.path());
        assert!(place.read("list").is_err() && place.version("list").is_none());
        place.replace("list", &mut |out| out.write_all(b"one\ntwo")).unwrap();
        let before = place.version("list").unwrap();
        assert_eq!(before.length, 7);
        let failed = place.replace("list", &mut |out| {
            out.write_all(b"three")?;
            Err(io::Error::other("no more"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "no more");
        let lines: Vec<String> = place.read("list").unwrap().lines().map(Result::unwrap).collect();
        assert_eq!(lines, ["one", "two"]);
        assert_eq!(place.version("list"), Some(before));
        assert!(place.size() >= 7);
        place.clear().unwrap();
        place.clear().unwrap();
        assert!(!temp.path().exists());
    }
}
