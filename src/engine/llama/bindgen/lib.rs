//! bindgen as it is, without `prettyplease`. bindgen turns on a feature of that
//! crate, and LanceDB's build scripts use it, too: without this, LanceDB would be
//! compiled once with the feature `llama` of lorag and once without.
pub use bindgen_0_71::*;
