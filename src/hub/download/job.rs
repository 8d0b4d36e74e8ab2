//! One file on its way from the hub into the cache: it goes on from the bytes
//! on disk, and gets its name once its checksum is right.

use crate::hub::api::{Failure, Patience, cause};
use crate::hub::cache::create_folder;
use crate::hub::partial::{Hasher, Partial, read_in};
use crate::hub::progress::Report;
use crate::hub::{Checksum, Endpoint, HubError, ModelId, RemoteFile, Stage};
use reqwest::{Response, StatusCode};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// One file to fetch.
pub(super) struct Job<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) id: &'a ModelId,
    pub(super) commit: &'a str,
    pub(super) file: &'a RemoteFile,
    pub(super) checksum: &'a Checksum,
    pub(super) blob: PathBuf,
    pub(super) pointer: PathBuf,
}

impl Job<'_> {
    /// Fetches the file unless it is there; the bytes that came for it.
    pub(super) async fn fetch(
        &self,
        rehash: bool,
        report: &mut Report<'_>,
    ) -> Result<Option<u64>, HubError> {
        if self.is_present(rehash, report).await? {
            return Ok(None);
        }
        create_folder(self.blob.parent())?;
        let lock = self.lock(report).await?;
        // Whoever held the lock may have fetched the file.
        if self.is_present(false, report).await? {
            return Ok(None);
        }
        let mut partial = self.open(report).await?;
        let mut patience = self.endpoint.patience(5);
        let mut most = partial.length;
        loop {
            let attempt = self.attempt(&mut partial, &mut patience, &mut most, report).await;
            if let Err(failure) = attempt {
                if let Failure::Final(HubError::WrongSize { .. }) = failure {
                    partial.delete();
                }
                tokio::time::sleep(patience.after(failure)?).await;
                continue;
            }
            let found = partial.hasher.digits();
            if found == self.checksum.digits() {
                break;
            }
            if partial.came_from_disk {
                // The bytes of an earlier pull may be what is wrong.
                tracing::warn!("{}: the partial file was damaged", self.file.name);
                partial.restart().map_err(HubError::io("write", &partial.path))?;
                most = 0;
                continue;
            }
            partial.delete();
            let expected = self.checksum.digits().to_owned();
            return Err(HubError::Checksum { file: self.file.name.clone(), expected, found });
        }
        let received = partial.received;
        self.settle(partial, lock).await?;
        Ok(Some(received))
    }

    /// Whether the file is in the cache; with `rehash`, whether it is so with
    /// the right content. A damaged one is removed.
    async fn is_present(&self, rehash: bool, report: &mut Report<'_>) -> Result<bool, HubError> {
        for path in [&self.blob, &self.pointer] {
            if !fs::metadata(path).is_ok_and(|d| d.is_file() && d.len() == self.file.size) {
                continue;
            }
            if !rehash {
                return Ok(true);
            }
            let mut file = File::open(path).map_err(HubError::io("read", path))?;
            let mut hasher = Hasher::new(self.checksum, self.file.size);
            read_in(&mut file, &mut hasher, path, report).await?;
            if hasher.digits() == self.checksum.digits() {
                return Ok(true);
            }
            drop(file);
            fs::remove_file(path).map_err(HubError::io("remove", path))?;
        }
        Ok(false)
    }

    /// Keeps other pulls, of this and of other programs, from writing the
    /// same blob. The lock ends with the file that is returned; where the
    /// file system knows no locks, there is none.
    async fn lock(&self, report: &mut Report<'_>) -> Result<File, HubError> {
        let path = self.blob.with_extension("lock");
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(HubError::io("create", &path))?;
        while let Err(TryLockError::WouldBlock) = file.try_lock() {
            report.stage(Stage::Waiting, 0);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(file)
    }

    /// Opens the partial file and reads what it holds.
    async fn open(&self, report: &mut Report<'_>) -> Result<Partial, HubError> {
        let path = self.partial_path();
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(HubError::io("create", &path))?;
        let size = self.file.size;
        let fresh = Hasher::new(self.checksum, size);
        let mut partial = Partial {
            file,
            path,
            hasher: fresh.clone(),
            fresh,
            length: 0,
            received: 0,
            etag: None,
            came_from_disk: false,
        };
        let length = partial.file.metadata().map_or(0, |data| data.len());
        if length > size {
            partial.restart().map_err(HubError::io("write", &partial.path))?;
        } else if length > 0 {
            let Partial { file, hasher, path, .. } = &mut partial;
            partial.length = read_in(file, hasher, path, report).await?;
            partial.came_from_disk = true;
        }
        Ok(partial)
    }

    pub(super) fn partial_path(&self) -> PathBuf {
        self.blob.with_extension("incomplete")
    }

    /// One request for what is missing, and its answer's bytes.
    async fn attempt(
        &self,
        partial: &mut Partial,
        patience: &mut Patience,
        most: &mut u64,
        report: &mut Report<'_>,
    ) -> Result<(), Failure> {
        let size = self.file.size;
        report.stage(Stage::Fetching, partial.length);
        if partial.length == size {
            return Ok(());
        }
        let target = self.endpoint.file(self.id, self.commit, &self.file.name);
        let mut response = self.endpoint.get(&target, partial.length).await?;
        let etag = header(&response, "etag").map(str::to_owned);
        let restart =
            |partial: &mut Partial| partial.restart().map_err(HubError::io("write", &partial.path));
        match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let (start, total) = header(&response, "content-range").and_then(range).unzip();
                let changed = partial.etag.is_some() && etag.is_some() && partial.etag != etag;
                let other_size = total.flatten().is_some_and(|total| total != size);
                if start != Some(partial.length) || changed || other_size {
                    restart(partial)?;
                    return Err(self.interrupted(0, "the server has another file now"));
                }
            }
            StatusCode::RANGE_NOT_SATISFIABLE => {
                restart(partial)?;
                return Err(self.interrupted(0, "the server has a shorter file now"));
            }
            _ => {
                if let Some(found) = response.content_length().filter(|found| *found != size) {
                    return Err(self.wrong_size(found).into());
                }
                // It ignored the range, and sends the file from its start.
                if partial.length > 0 {
                    restart(partial)?;
                }
            }
        }
        partial.etag = etag;
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) if partial.length == size => return Ok(()),
                Ok(None) => return Err(self.interrupted(partial.length, "it ended early")),
                Err(error) => return Err(self.interrupted(partial.length, &cause(&error))),
            };
            let length = partial.length + chunk.len() as u64;
            if length > size {
                return Err(self.wrong_size(length).into());
            }
            partial.push(&chunk).map_err(HubError::io("write", &partial.path))?;
            if length > *most {
                *most = length;
                patience.reset();
            }
            report.grow(length);
        }
    }

    fn interrupted(&self, done: u64, reason: &str) -> Failure {
        let (file, reason) = (self.file.name.clone(), reason.to_owned());
        Failure::Again { error: HubError::Interrupted { file, done, reason }, wait: None }
    }

    fn wrong_size(&self, found: u64) -> HubError {
        HubError::WrongSize { file: self.file.name.clone(), expected: self.file.size, found }
    }

    /// Gives the whole file its name. Waiting for the disk takes seconds for
    /// a large file, so it happens on a thread, which keeps the lock where
    /// this future is dropped.
    async fn settle(&self, partial: Partial, lock: File) -> Result<(), HubError> {
        let blob = self.blob.clone();
        let settled = tokio::task::spawn_blocking(move || {
            let Partial { file, path, .. } = partial;
            let synced = file.sync_all();
            drop(file);
            let renamed = synced.and_then(|()| fs::rename(&path, &blob));
            drop(lock);
            renamed
        });
        let settled = settled.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        settled.map_err(HubError::io("write", &self.blob))
    }
}

/// Start and total size of a `Content-Range`: `bytes 5-9/10`, `bytes 5-9/*`.
pub(super) fn range(value: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}
