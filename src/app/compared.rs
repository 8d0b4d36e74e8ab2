//! One way to answer, of several that are compared.

use crate::domain::Mode;

/// One way to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareVariant {
    /// The mode.
    pub mode: Mode,
    /// The adapters; `None` for the plain model.
    pub adapter: Option<String>,
}

impl CompareVariant {
    /// Its name: the mode, and the adapter where there is one.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.adapter {
            Some(adapter) => format!("{} · {adapter}", self.mode),
            None => self.mode.to_string(),
        }
    }
}
