//! The knowledge base on disk: one LanceDB table of chunks.
//!
//! LanceDB and Arrow types stay in this folder. Everything else speaks
//! [`Chunk`](crate::domain::Chunk), [`FileRecord`] and [`Legs`].
//!
//! The parts: `open` opens the table, `schema` names the columns, `rows` turns chunks into Arrow and
//! back, `write` changes the table in single commits, `read` lists files and
//! counts, `search` runs the two legs, `legs` reads what they found, `filter`
//! narrows them, `maintain` keeps indexes and files in shape, `recover` repairs what a power loss can leave,
//! `lock` keeps writers apart.
//!
//! Any number of processes may read while one writes. Who writes holds the
//! [`WriterLock`] from before it reads [`Store::files`] until after
//! [`Store::maintain`].
//!
//! On machines with few cores Lance computes on one thread. The program must
//! set the environment variable `LANCE_CPU_THREADS` before the first store is
//! opened, because Lance reads it once. It must never set `LANCE_IO_THREADS`
//! to 1: writes would hang.

mod cache;
mod error;
mod filter;
mod key;
mod legs;
mod lock;
mod maintain;
mod open;
mod read;
mod recover;
mod rows;
mod schema;
mod search;
mod stamp;
#[cfg(test)]
mod tests;
mod units;
mod write;

pub use error::StoreError;
pub use filter::Filter;
pub use key::RowKey;
pub use legs::Legs;
pub use lock::WriterLock;
pub use maintain::{Maintained, Vacuumed};
pub use open::Store;
pub use read::{CollectionStats, Stats};
pub use rows::{FileRecord, FileRows};
pub use stamp::Stamp;
pub use write::Written;
