//! llama.cpp's C interface made safe: the only place with its pointers.
//!
//! A [`Model`] is read from many threads and changed by none, except for the
//! list of its adapters, which a lock guards. A [`Context`] belongs to one
//! thread. Adapters and contexts hold their model, so nothing is freed too
//! early. Where llama.cpp may throw, it is called through a guard in C++
//! (`guard.cpp`), so that an exception becomes an error instead of the end of
//! the program.

mod call;
mod context;
mod model;

pub(super) use call::Token;
pub(super) use context::{Context, Decoded, Shape};
pub(super) use model::{Adapter, Model};
