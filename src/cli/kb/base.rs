//! The knowledge base of a command, and the right to change it.

use super::super::Failure;
use super::super::context::Context;
use super::super::terminal::errln;
use crate::knowledge::store::{Location, Store, WriterLock};

/// The knowledge base; `None`, and a word about it, where it is empty.
pub(super) async fn open(context: &Context) -> Result<Option<Store>, Failure> {
    let store = Store::open_any(&context.paths.knowledge).await?;
    if store.is_none() {
        errln!("lorag: the knowledge base is empty. Index a folder with: lorag ingest PATH");
    }
    Ok(store)
}

/// The right to write, or an error that says who has it.
pub(super) fn lock(context: &Context) -> Result<WriterLock, Failure> {
    let place = Location::from(&context.paths.knowledge);
    WriterLock::acquire(&place)?.ok_or_else(|| {
        let holder = place.holder();
        Failure::from(format!(
            "{holder} is writing to the knowledge base; try again when it is done"
        ))
    })
}
