//! How large passages are.

/// Names the way of chunking. A knowledge base records it, so that files are
/// chunked again when it changes.
pub const VERSION: &str = "v3";

/// How large passages are, in tokens of the embedder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Size to aim at. No passage is larger than about one and a half of it.
    pub target: usize,
    /// What a passage repeats of the one before it in the same section; at
    /// most half of `target` is.
    pub overlap: usize,
}

impl Sizes {
    /// The way of chunking with its sizes, `v3:256:32`.
    #[must_use]
    pub fn signature(&self) -> String {
        format!("{VERSION}:{}:{}", self.target, self.overlap)
    }
}
