//! What a knowledge base needs of the place that it lies in.
//!
//! All that depends on the place goes through [`Backend`]: who may write, what
//! a killed process left behind, how large it is, how another takes its place.
//! Today that is a folder of this computer (`local`); an object store, where
//! nothing is locked, renamed or synced as files are, takes each in its own
//! way. Nothing else in the store touches a file.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The place of one knowledge base.
///
/// Every method may wait for a disk, so none is for an async thread but those
/// that tell names and take the lock. All errors are those of the place.
pub trait Backend: fmt::Debug + Send + Sync {
    /// What messages call it: the folder.
    fn name(&self) -> &Path;

    /// The address that LanceDB opens.
    ///
    /// # Errors
    /// Why LanceDB can't open it.
    fn uri(&self) -> Result<String, String>;

    /// Makes it where it is missing, for its owner only.
    ///
    /// # Errors
    /// Where it can't be made.
    fn create(&self) -> io::Result<()>;

    /// Takes the right to write, which ends with the process at the latest;
    /// `None` while another holds it.
    ///
    /// # Errors
    /// Where that can't be told.
    fn lock(&self) -> io::Result<Option<Held>>;

    /// Who holds the right to write, for a message.
    fn holder(&self) -> String;

    /// Whether there is a table. What a process left that was killed while it
    /// made one counts as none.
    ///
    /// # Errors
    /// Where that can't be told.
    fn has_table(&self) -> io::Result<bool>;

    /// The table as it is now; `None` where there is none.
    ///
    /// # Errors
    /// Where that can't be told.
    fn stamp(&self) -> io::Result<Option<Stamp>>;

    /// Moves what a power loss damaged, and what else is damaged and can be
    /// done without, aside, deletes none of it, and says what
    /// was done as sentences for the user; `None` if nothing is damaged.
    ///
    /// # Errors
    /// Where that fails.
    fn set_aside_damaged(&self) -> io::Result<Option<String>>;

    /// The files of the table that are not what they were when they were noted.
    /// `thorough` reads them all.
    ///
    /// # Errors
    /// Where that can't be told.
    fn damaged(&self, thorough: bool) -> io::Result<Vec<Damage>> {
        let _ = thorough;
        Ok(Vec::new())
    }

    /// Notes what the files of the table are now, and the documents that it
    /// holds. Only for who holds the right to write.
    ///
    /// # Errors
    /// Where that fails.
    fn note(&self, documents: &[Indexed]) -> io::Result<()> {
        let _ = documents;
        Ok(())
    }

    /// The documents that were noted last.
    fn noted(&self) -> Vec<Indexed> {
        Vec::new()
    }

    /// Deletes the table, so that a kill in between leaves either the whole
    /// table or none.
    ///
    /// # Errors
    /// Where that fails.
    fn drop_table(&self) -> io::Result<()>;

    /// Finishes deletions that a kill interrupted.
    ///
    /// # Errors
    /// Where that fails.
    fn remove_leftovers(&self) -> io::Result<()>;

    /// Waits until everything that was written is safe from a power loss.
    ///
    /// # Errors
    /// Where that can't be told.
    fn sync(&self) -> io::Result<()>;

    /// The size of all of it, in bytes.
    fn size(&self) -> u64;

    /// Opens one of the small files beside the table.
    ///
    /// # Errors
    /// Where it isn't there or can't be read.
    fn read(&self, file: &str) -> io::Result<Box<dyn BufRead>>;

    /// Writes one of these files, whole or not at all.
    ///
    /// # Errors
    /// Where it can't be written, and those of `write`.
    fn replace(
        &self,
        file: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()>;

    /// Tells one state of such a file from another; `None` where it isn't
    /// there.
    fn version(&self, file: &str) -> Option<FileVersion>;

    /// The place beside it where the knowledge base is made anew.
    fn anew(&self) -> Arc<dyn Backend>;

    /// Puts what was made [anew](Self::anew) in its place, and deletes what was
    /// there last.
    ///
    /// # Errors
    /// Where that fails; then it is as it was.
    fn swap_in(&self) -> io::Result<()>;

    /// Puts back what [`Self::swap_in`] had moved aside when it was killed;
    /// says whether there was anything.
    ///
    /// # Errors
    /// Where that fails.
    fn restore_swapped(&self) -> io::Result<bool>;

    /// Deletes all of it, where there is anything.
    ///
    /// # Errors
    /// Where that fails.
    fn clear(&self) -> io::Result<()>;
}

/// A file of the table that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// What happened to it, as a verb phrase.
    pub what: &'static str,
    /// Whether the table can do without it.
    pub spare: bool,
    /// Whether it says what the newest version holds.
    pub newest: bool,
}

/// A document that is indexed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indexed {
    /// Its collection.
    pub collection: String,
    /// Its path.
    pub path: String,
}

/// The right to write, until it is dropped.
pub type Held = Box<dyn fmt::Debug + Send + Sync>;

/// The length and time of a file beside the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// Bytes.
    pub length: u64,
    /// When it was written.
    pub written: SystemTime,
}

/// What a table looked like at some moment: cheap to tell, so that a table can
/// stay open between questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// A name that only the backend understands: another table in the place of
    /// this one has another.
    pub table: String,
    /// When something was last committed, as far as that can be told.
    pub committed: Option<SystemTime>,
}

impl Stamp {
    /// Whether this is the same table, whatever was written to it.
    #[must_use]
    pub fn same_table(&self, other: &Self) -> bool {
        self.table == other.table
    }
}
