//! Errors on their way to the user, and the codes that the program exits with.

/// Exit codes, as the handbook documents them.
pub(super) mod code {
    /// Done; for `ask`, the sources answer.
    pub const DONE: u8 = 0;
    /// Something failed.
    pub const FAILED: u8 = 1;
    /// Wrong usage or configuration.
    pub const USAGE: u8 = 2;
    /// `ask`: the sources don't answer.
    pub const NOT_ANSWERED: u8 = 3;
    /// Whoever read standard output went away.
    pub const PIPE: u8 = 141;
    /// `eval`: the gate does not hold.
    pub const GATE: u8 = 4;
    /// Interrupted by Ctrl-C.
    pub const INTERRUPTED: u8 = 130;
}

/// An error on its way to the user, with its exit code.
#[derive(Debug)]
pub struct Failure {
    pub(super) code: u8,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn usage(message: impl std::fmt::Display) -> Self {
        Self { code: code::USAGE, message: message.to_string() }
    }

    pub(super) fn interrupted() -> Self {
        Self { code: code::INTERRUPTED, message: "interrupted".to_owned() }
    }
}

/// Errors that end a command with exit code 1.
macro_rules! failures {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self { code: code::FAILED, message: error.to_string() }
            }
        }
    )*};
}

failures!(
    &str,
    String,
    serde_json::Error,
    tokio::task::JoinError,
    crate::answer::AnswerError,
    crate::builtin::UnpackError,
    crate::data::DataError,
    crate::data::make::MakeError,
    crate::engine::EngineError,
    crate::engine::merged::MergedError,
    crate::hub::HubError,
    crate::hub::PypiError,
    crate::knowledge::KnowledgeError,
    crate::knowledge::embed::EmbedError,
    crate::knowledge::evidence::EvidenceError,
    crate::knowledge::rank::RankError,
    crate::knowledge::store::StoreError,
);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let code = match error.kind() {
            // As a shell reports a program that SIGPIPE ended.
            std::io::ErrorKind::BrokenPipe => code::PIPE,
            _ => code::FAILED,
        };
        Self { code, message: error.to_string() }
    }
}

impl From<crate::setup::SetupError> for Failure {
    fn from(error: crate::setup::SetupError) -> Self {
        let code = if error.usage { code::USAGE } else { code::FAILED };
        Self { code, message: error.message }
    }
}

impl From<crate::training::TrainError> for Failure {
    fn from(error: crate::training::TrainError) -> Self {
        match error {
            crate::training::TrainError::Usage(message) => Self::usage(message),
            crate::training::TrainError::Failed(message) => Self { code: code::FAILED, message },
        }
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::usage(error)
    }
}
