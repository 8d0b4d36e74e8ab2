//! Making the knowledge base anew from its documents.

use super::super::context::Context;
use super::super::ingest::{index, plural};
use super::super::terminal::outln;
use super::super::{Failure, code};
use super::base::{lock, open};
use crate::knowledge::store::{Indexed, Location};
use std::path::{Path, PathBuf};

/// Makes the table anew with the configured embedder, beside the old one, which
/// is kept until the new one is whole.
pub(super) async fn reembed(context: &Context, drop_missing: bool) -> Result<u8, Failure> {
    let Some(store) = open(context).await? else { return Ok(code::DONE) };
    let _lock = lock(context)?;
    let files: Vec<Indexed> = store
        .files()
        .await?
        .into_iter()
        .map(|file| Indexed { collection: file.collection, path: file.path })
        .collect();
    let place = store.location().clone();
    drop(store);
    let gone: Vec<&Indexed> = files.iter().filter(|f| !may_exist(f)).collect();
    if !gone.is_empty() && !drop_missing {
        return Err(missing(gone.iter().map(|f| (f.path.as_str(), "it is gone")), gone.len()));
    }
    let new = place.anew();
    let made = make_anew(context, &files, &new, drop_missing).await;
    match made {
        Ok(indexed) => {
            place.swap_in()?;
            let left = match files.len() - indexed {
                0 => "none was left out".to_owned(),
                1 => "1 was left out".to_owned(),
                left => format!("{left} were left out"),
            };
            outln!("Indexed {} anew; {left}.", plural(indexed, "file"))?;
            Ok(code::DONE)
        }
        Err(failure) => {
            // Half a knowledge base must not be found by the next try.
            let _ = new.clear();
            Err(failure)
        }
    }
}

/// Whether a file is there; also where that can't be told.
pub(super) fn may_exist(file: &Indexed) -> bool {
    Path::new(&file.path).try_exists().unwrap_or(true)
}

/// Indexes documents into a new place, and says how many; those that are gone
/// or can't be read are left out or, without `drop_missing`, an error.
pub(super) async fn make_anew(
    context: &Context,
    files: &[Indexed],
    new: &Location,
    drop_missing: bool,
) -> Result<usize, Failure> {
    new.clear()?;
    new.create()?;
    let knowledge = new.name().to_owned();
    let paths = crate::config::Paths { knowledge, ..context.paths.clone() };
    let beside = Context { loaded: context.loaded.clone(), paths };
    let mut collections: Vec<&str> = files.iter().map(|f| f.collection.as_str()).collect();
    collections.sort_unstable();
    collections.dedup();
    let mut indexed = 0;
    for collection in collections {
        let there: Vec<PathBuf> = files
            .iter()
            .filter(|f| f.collection == collection)
            .map(|f| PathBuf::from(&f.path))
            .filter(|path| path.try_exists().unwrap_or(true))
            .collect();
        if there.is_empty() {
            continue;
        }
        let report = index(&beside, &there, collection).await?;
        if report.cancelled {
            return Err(Failure::interrupted());
        }
        if !report.skipped.is_empty() && !drop_missing {
            let reasons: Vec<(String, String)> = report
                .skipped
                .iter()
                .map(|(path, reason)| (path.display().to_string(), reason.to_string()))
                .collect();
            let list = reasons.iter().map(|(path, reason)| (path.as_str(), reason.as_str()));
            return Err(missing(list, reasons.len()));
        }
        indexed += report.indexed;
    }
    Ok(indexed)
}

/// Why re-embedding stops: it would lose these files.
fn missing<'a>(files: impl Iterator<Item = (&'a str, &'a str)>, count: usize) -> Failure {
    let shown: Vec<String> =
        files.take(5).map(|(path, reason)| format!("\n  {path}: {reason}")).collect();
    let more = if count > 5 { format!("\n  and {} more", count - 5) } else { String::new() };
    Failure::from(format!(
        "nothing was changed, because {} would be lost:{}{more}\nBring them back, or leave them out with --drop-missing",
        plural(count, "indexed file"),
        shown.concat()
    ))
}
