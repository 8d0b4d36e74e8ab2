//! Which knowledge an answer comes from, and how its sources are read.
//!
//! Both are settings too, so they have the names of the configuration file.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Retrieval and fine-tuning, each on or off.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The model alone.
    Base,
    /// The model reads sources.
    #[default]
    Rag,
    /// The model with an adapter.
    Adapter,
    /// The model with an adapter reads sources.
    Hybrid,
}

impl Mode {
    /// All of them, in the order of the key that cycles.
    pub const ALL: [Self; 4] = [Self::Base, Self::Rag, Self::Adapter, Self::Hybrid];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Rag => "rag",
            Self::Adapter => "adapter",
            Self::Hybrid => "hybrid",
        }
    }

    /// What it does, in one line.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Base => "the model alone, from what it learned",
            Self::Rag => "the model reads your documents, and cites them",
            Self::Adapter => "the fine-tuned model, from what it learned",
            Self::Hybrid => "the fine-tuned model reads your documents, and cites them",
        }
    }

    /// The mode that reads sources or doesn't, and uses an adapter or doesn't.
    #[must_use]
    pub const fn of(reads: bool, tuned: bool) -> Self {
        match (reads, tuned) {
            (false, false) => Self::Base,
            (true, false) => Self::Rag,
            (false, true) => Self::Adapter,
            (true, true) => Self::Hybrid,
        }
    }

    /// Whether it reads sources.
    #[must_use]
    pub const fn reads(self) -> bool {
        matches!(self, Self::Rag | Self::Hybrid)
    }

    /// Whether it uses an adapter.
    #[must_use]
    pub const fn tuned(self) -> bool {
        matches!(self, Self::Adapter | Self::Hybrid)
    }

    /// The one behind it, as the key goes through them.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Base => Self::Rag,
            Self::Rag => Self::Adapter,
            Self::Adapter => Self::Hybrid,
            Self::Hybrid => Self::Base,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.name() == text)
            .ok_or_else(|| format!("the modes are base, rag, adapter and hybrid, not {text:?}"))
    }
}

/// How the sources of one answer are read.
///
/// The two forms of Lewis et al., "Retrieval-Augmented Generation for
/// Knowledge-Intensive NLP Tasks" (2020), carried over to prompts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// All sources stand in one prompt.
    #[default]
    Token,
    /// Each source gets a prompt and a short answer of its own; answers are
    /// ranked by their likelihood and their source's probability.
    Sequence,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Token, Self::Sequence];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Sequence => "sequence",
        }
    }

    /// What it does, in one line.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Token => "all sources in one prompt",
            Self::Sequence => "one short answer for each source, the most probable one is given",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|strategy| strategy.name() == text)
            .ok_or_else(|| format!("the strategies are token and sequence, not {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_files() {
        for mode in Mode::ALL {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.name());
            assert_eq!(mode.name().parse(), Ok(mode));
            assert_eq!(Mode::of(mode.reads(), mode.tuned()), mode);
        }
        for strategy in Strategy::ALL {
            assert_eq!(serde_json::to_value(strategy).unwrap(), strategy.name());
            assert_eq!(strategy.name().parse(), Ok(strategy));
        }
        assert!("raq".parse::<Mode>().unwrap_err().contains("hybrid"));
    }

    #[test]
    fn the_key_goes_through_every_mode() {
        let mut mode = Mode::Base;
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push(mode);
            mode = mode.next();
        }
        assert_eq!(seen, Mode::ALL);
        assert_eq!(mode, Mode::Base);
    }
}
