//! What can go wrong for whoever asks.

use crate::answer::AnswerError;
use crate::engine::EngineError;
use crate::knowledge::KnowledgeError;
use crate::knowledge::embed::EmbedError;
use crate::knowledge::store::StoreError;
use crate::setup::SetupError;

/// What can go wrong while passages are found or a question is answered.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct HostError {
    /// Whether the asker can mend it: a name that is nowhere, a question that
    /// is too long.
    pub wrong: bool,
    /// Whether the engine is gone, so that the model has to be loaded again.
    pub(super) crashed: bool,
    /// What, and what to do.
    pub message: String,
}

impl HostError {
    /// What a model failed with.
    pub(super) fn from_engine(error: EngineError) -> Self {
        AnswerError::Engine(error).into()
    }

    /// Something that the asker can mend.
    #[must_use]
    pub fn wrong(message: impl Into<String>) -> Self {
        Self { wrong: true, crashed: false, message: message.into() }
    }
}

impl From<SetupError> for HostError {
    fn from(error: SetupError) -> Self {
        Self { wrong: error.usage, crashed: false, message: error.message }
    }
}

impl From<StoreError> for HostError {
    fn from(error: StoreError) -> Self {
        let wrong = matches!(error, StoreError::Glob { .. });
        Self { wrong, crashed: false, message: error.to_string() }
    }
}

impl From<KnowledgeError> for HostError {
    fn from(error: KnowledgeError) -> Self {
        match error {
            KnowledgeError::Store(error) => error.into(),
            other => Self { wrong: false, crashed: false, message: other.to_string() },
        }
    }
}

impl From<EmbedError> for HostError {
    fn from(error: EmbedError) -> Self {
        Self { wrong: false, crashed: false, message: error.to_string() }
    }
}

impl From<AnswerError> for HostError {
    fn from(error: AnswerError) -> Self {
        let wrong = matches!(error, AnswerError::Engine(EngineError::TooLong { .. }));
        let crashed = matches!(error, AnswerError::Engine(EngineError::Crashed(_)));
        Self { wrong, crashed, message: error.to_string() }
    }
}
