//! `lorag kb repair`: a knowledge base of which files are damaged is made anew
//! from its documents.

use super::super::context::Context;
use super::super::ingest::plural;
use super::super::terminal::{Line, errln, outln};
use super::super::{Failure, code};
use super::anew::{make_anew, may_exist};
use super::base::lock;
use crate::knowledge::store::{Damage, Indexed, Location, Store};
use std::io;

/// Checks every file of the knowledge base, and mends what is damaged.
pub(super) async fn repair(context: &Context) -> Result<u8, Failure> {
    let place = Location::from(&context.paths.knowledge);
    let _lock = lock(context)?;
    let damaged = at(&place, |place| place.damaged(true)).await?;
    for Damage { path, what, .. } in &damaged {
        outln!("{} {what}.", Line::of_path(path))?;
    }
    // One that is damaged is not opened: it could end this process.
    let opened = if damaged.is_empty() { readable(&place).await } else { None };
    if let Some(documents) = opened {
        at(&place, move |place| place.note(&documents)).await?;
        outln!("Nothing is damaged.")?;
        return Ok(code::DONE);
    }
    if !damaged.is_empty() && damaged.iter().all(|damage| damage.spare) {
        at(&place, |place| place.set_aside_damaged()).await?;
        if let Some(documents) = readable(&place).await {
            at(&place, move |place| place.note(&documents)).await?;
            outln!("What the knowledge base can do without was moved aside; nothing is lost.")?;
            return Ok(code::DONE);
        }
    }
    let documents = at(&place, |place| Ok(place.noted())).await?;
    if documents.is_empty() {
        return Err(Failure::from(format!(
            "nobody noted which files were indexed in {}: move that folder away, and run `lorag \
             ingest` with your folders",
            Line::of_path(place.name())
        )));
    }
    anew(context, &place, &documents).await
}

/// Indexes all documents again, and says which are gone.
async fn anew(context: &Context, place: &Location, documents: &[Indexed]) -> Result<u8, Failure> {
    let gone: Vec<&Indexed> = documents.iter().filter(|file| !may_exist(file)).collect();
    outln!("Indexing {} again.", plural(documents.len() - gone.len(), "file"))?;
    let new = place.anew();
    let indexed = match make_anew(context, documents, &new, true).await {
        Ok(indexed) => indexed,
        Err(failure) => {
            let _ = new.clear();
            return Err(failure);
        }
    };
    place.swap_in()?;
    let unread = documents.len().saturating_sub(indexed + gone.len());
    outln!("Indexed {} anew; the knowledge base is whole.", plural(indexed, "file"))?;
    for file in &gone {
        outln!("  gone, and no longer found: {}", Line::of(&file.path))?;
    }
    if unread > 0 {
        errln!(
            "lorag: {} could not be read any more; `lorag ingest` with their folder says why",
            plural(unread, "file")
        );
    }
    Ok(code::DONE)
}

/// What the knowledge base holds; `None` where it can't be read.
async fn readable(place: &Location) -> Option<Vec<Indexed>> {
    let opened = match Store::open_any(place).await {
        Ok(Some(store)) => store.files().await,
        Ok(None) => return Some(Vec::new()),
        Err(error) => Err(error),
    };
    match opened {
        Ok(files) => Some(
            files
                .into_iter()
                .map(|file| Indexed { collection: file.collection, path: file.path })
                .collect(),
        ),
        Err(error) => {
            errln!("lorag: {}", Line::of(error.to_string()));
            None
        }
    }
}

/// Has the place do what may wait for a disk.
async fn at<T: Send + 'static>(
    place: &Location,
    work: impl FnOnce(&Location) -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let place = place.clone();
    Ok(tokio::task::spawn_blocking(move || work(&place)).await??)
}
