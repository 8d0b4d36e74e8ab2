//! What is known of a model that is at hand.

/// A model that is at hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownModel {
    /// Its name.
    pub name: String,
    /// Its size, type of weights, architecture and engine, in one line; or why
    /// it doesn't run.
    pub about: String,
    /// Whether it runs.
    pub runs: bool,
}
