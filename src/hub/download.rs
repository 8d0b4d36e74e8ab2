//! Brings a model from the hub into the cache.
//!
//! A file grows as `blobs/CHECKSUM.incomplete` and gets its name once its
//! checksum is right, so that a blob is always whole. Whatever ends a pull, a
//! cut connection, a cancel or a dropped future, the next one goes on from
//! the bytes on disk. The revision is recorded last.

mod job;

use super::progress::Report;
use super::space::free_space;
use super::{Cache, Cancel, Endpoint, FileFilter, HubError, ModelId, Progress, RemoteModel};
use job::Job;
use std::fs;
use std::path::{Path, PathBuf};

/// What a pull brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// The model.
    pub id: ModelId,
    /// The commit that its revision means now.
    pub commit: String,
    /// The snapshot's folder, from which the model can be loaded.
    pub folder: PathBuf,
    /// How many files were chosen.
    pub files: usize,
    /// How many of them were fetched, since the cache did not have them.
    pub fetched_files: usize,
    /// Bytes that came over the network for them.
    pub fetched_bytes: u64,
}

/// Fetches a model's files into the cache; those that are there already are
/// not fetched again. Ending it at any point, by `cancel` or by dropping it,
/// keeps what came, and the next pull goes on from there. `progress` is
/// called from within and must return at once.
///
/// # Errors
/// Where the hub refuses or can't be reached, a file is damaged, or the cache
/// can't hold it.
pub async fn pull(
    cache: &Cache,
    endpoint: &Endpoint,
    id: &ModelId,
    choose: &FileFilter,
    progress: &(dyn Fn(Progress) + Send + Sync),
    cancel: &Cancel,
) -> Result<Pulled, HubError> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(HubError::Cancelled),
        pulled = run(cache, endpoint, id, choose, progress) => pulled,
    }
}

async fn run(
    cache: &Cache,
    endpoint: &Endpoint,
    id: &ModelId,
    choose: &FileFilter,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Pulled, HubError> {
    let RemoteModel { commit, files } = endpoint.model(id).await?;
    let chosen = choose.choose(id, &files)?;
    let mut jobs = Vec::new();
    for &file in &chosen {
        let no_checksum = || HubError::NoChecksum { file: file.name.clone() };
        let checksum = file.checksum.as_ref().ok_or_else(no_checksum)?;
        let blob = cache.blob(id, checksum.digits());
        let pointer = cache.snapshot(id, &commit).join(&file.name);
        jobs.push(Job { endpoint, id, commit: &commit, file, checksum, blob, pointer });
    }
    check_space(cache, &jobs)?;
    let mut report = Report::new(progress, &chosen);
    let (mut fetched_files, mut fetched_bytes) = (0, 0);
    for (index, job) in jobs.iter().enumerate() {
        report.begin(index, job.file);
        if let Some(bytes) = job.fetch(choose.rehash, &mut report).await? {
            fetched_files += 1;
            fetched_bytes += bytes;
        }
        // Another tool may have left the file itself in the snapshot, not a
        // link to a blob.
        if job.blob.exists() {
            cache.link(id, &commit, &job.file.name, job.checksum.digits())?;
        }
        report.end();
    }
    cache.record(id, &commit)?;
    Ok(Pulled {
        id: id.clone(),
        folder: cache.snapshot(id, &commit),
        files: chosen.len(),
        commit: commit.clone(),
        fetched_files,
        fetched_bytes,
    })
}

/// Refuses to begin what the disk can't hold.
fn check_space(cache: &Cache, jobs: &[Job<'_>]) -> Result<(), HubError> {
    let length = |path: &Path| fs::metadata(path).map_or(0, |data| data.len());
    let missing = jobs.iter().map(|job| {
        if length(&job.blob) == job.file.size || length(&job.pointer) == job.file.size {
            0
        } else {
            job.file.size.saturating_sub(length(&job.partial_path()))
        }
    });
    let needed: u64 = missing.sum();
    match free_space(cache.root()) {
        Some(available) if available < needed => {
            Err(HubError::NoSpace { path: cache.root().to_owned(), needed, available })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
