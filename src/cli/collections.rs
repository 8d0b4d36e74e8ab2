//! Whether a collection that is named is there.

use super::Failure;
use super::context::Context;
use super::terminal::Line;
use crate::domain::instead;
use crate::knowledge::store::Store;
use std::collections::BTreeSet;

/// Every collection that is indexed or that the config speaks of.
///
/// # Errors
/// The knowledge base can't be read.
pub async fn names(context: &Context) -> Result<BTreeSet<String>, Failure> {
    let mut names: BTreeSet<String> = context.loaded.settings.collections.keys().cloned().collect();
    if let Some(store) = Store::open_any(&context.paths.knowledge).await? {
        names.extend(store.files().await?.into_iter().map(|file| file.collection));
    }
    Ok(names)
}

/// Refuses a collection that is nowhere, with the nearest ones.
///
/// # Errors
/// There is no such collection, or the knowledge base can't be read.
pub async fn check(context: &Context, name: Option<&str>) -> Result<(), Failure> {
    let Some(name) = name else { return Ok(()) };
    let names = names(context).await?;
    if names.contains(name) {
        return Ok(());
    }
    let near = instead(name, names.iter().map(String::as_str));
    let shown = Line::of(name);
    let advice = if near.is_empty() {
        format!(" Index something into it: lorag ingest PATH --collection {shown}")
    } else {
        near
    };
    Err(Failure::usage(format!("there is no collection {shown}.{advice}")))
}
