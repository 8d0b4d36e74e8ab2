//! The knowledge base on disk: one LanceDB table of chunks.
//!
//! LanceDB and Arrow types stay in this folder. Everything else speaks
//! [`Chunk`](crate::domain::Chunk), [`FileRecord`] and [`Legs`].
//!
//! The parts: `open` opens the table, `schema` names the columns, `rows` turns chunks into Arrow and
//! back, `write` changes the table in single commits, `read` lists files and
//! counts, `passages` gives those that are named, `search` runs the two legs, `legs` reads what they found, `filter`
//! narrows them, `maintain` keeps indexes and files in shape, `lock` keeps writers apart.
//!
//! Where it lies is the matter of `backend` alone: the lock, what a power loss left, the small files
//! beside the table, the size, and how another takes its place. `local` is the folder of this
//! computer; no other part touches a file, so that an object store can stand beside it.
//!
//! Any number of processes may read while one writes. Who writes holds the
//! [`WriterLock`] from before it reads [`Store::files`] until after
//! [`Store::maintain`].
//!
//! On machines with few cores Lance computes on one thread. The program must
//! set the environment variable `LANCE_CPU_THREADS` before the first store is
//! opened, because Lance reads it once. It must never set `LANCE_IO_THREADS`
//! to 1: writes would hang.

mod backend;
mod cache;
mod error;
mod filter;
mod key;
mod legs;
mod local;
mod location;
mod lock;
mod maintain;
mod open;
mod passages;
mod read;
mod rows;
mod schema;
mod search;
#[cfg(test)]
mod tests;
mod units;
mod write;

pub use backend::{Backend, Damage, FileVersion, Held, Indexed, Stamp};
pub use error::StoreError;
pub use filter::Filter;
pub use key::RowKey;
pub use legs::Legs;
pub use location::Location;
pub use lock::WriterLock;
pub use maintain::{Maintained, Vacuumed};
pub use open::Store;
pub use read::{CollectionStats, Stats};
pub use rows::{FileRecord, FileRows};
pub use write::Written;
