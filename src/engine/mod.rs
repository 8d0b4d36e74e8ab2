//! Generation: prompts with a token ledger, token streams, citations, quote
//! mode. mistral.rs stays inside `mistral`, llama.cpp inside `llama`, servers inside
//! `remote`; everything else speaks [`Engine`].

pub mod adapter;
pub mod citations;
#[cfg(test)]
mod fixtures;
pub mod format;
mod gguf;
pub mod grammar;
#[cfg(feature = "llama")]
pub mod llama;
pub mod look;
pub mod merged;
pub mod mistral;
pub mod prompt;
pub mod remote;
pub mod repetition;
pub mod residents;
pub mod sampling;
pub mod scripted;
pub mod spelled;
mod text;

use futures::stream::BoxStream;
use repetition::Control;
use residents::{Alive, Footprint};
use spelled::Spelled;
use std::path::PathBuf;

/// Who speaks a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What they say.
    pub text: String,
}

/// What a generation needs.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The conversation, ending with the user's message.
    pub messages: Vec<Message>,
    /// Lark grammar (llguidance's dialect) that the answer obeys. Ends in the
    /// model's end token by itself; see `grammar`.
    pub grammar: Option<String>,
    /// Most tokens to decode, thoughts included.
    pub max_tokens: usize,
    /// 0 takes the likeliest token.
    pub temperature: f64,
    /// Nucleus sampling; 1 keeps every token.
    pub top_p: f64,
    /// Whether the model may think first. Ignored under a grammar.
    pub thinking: bool,
    /// Whether the answer's likelihood is wanted. It is taken greedily then,
    /// whatever the temperature.
    pub likelihood: bool,
    /// Least likelihood of a token, as a share of the likeliest one's; 0 keeps
    /// every token.
    pub min_p: f64,
    /// What holds the model from repeating itself.
    pub repetition: Control,
}

/// What comes from a running generation.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineEvent {
    /// A piece of the answer.
    Text(String),
    /// A piece of thought.
    Thought(String),
    /// The end, always the last event of a stream that had no error.
    End(End),
}

/// How a generation ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct End {
    /// Whether the limit of tokens ended it, not the model.
    pub by_length: bool,
    /// Tokens of the prompt, as the engine counted.
    pub prompt_tokens: usize,
    /// Of these, tokens that were in the cache from an earlier prompt and were
    /// not read again.
    pub reused_tokens: usize,
    /// Tokens decoded.
    pub completion_tokens: usize,
    /// Seconds the engine took to read the prompt; 0 where unknown.
    pub prompt_s: f64,
    /// Seconds it took to decode; 0 where unknown.
    pub decode_s: f64,
    /// Natural logarithm of the answer's likelihood given the prompt, by the
    /// model alone: a grammar decides what is written, not how likely it is.
    /// Without the token that ends it. `None` where it was not asked for.
    pub log_likelihood: Option<f64>,
    /// Whether the tokens of the prompt are an estimate.
    pub estimated: bool,
}

/// A running generation. Dropping it cancels the generation.
pub type EventStream = BoxStream<'static, Result<EngineEvent, EngineError>>;

/// What a loaded model is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Name to show.
    pub name: String,
    /// How its weights are quantized; `none` if not.
    pub quantization: String,
    /// `cpu`, `cuda:0` or `metal`.
    pub device: String,
    /// The engine that runs it, and why it does, in a few words.
    pub engine: String,
    /// How many numbers its weights are; 0 where that is not known.
    pub parameters: u64,
    /// Most tokens of prompt and answer together.
    pub window: usize,
    /// Whether its chat template opens a thought by itself, so that no grammar
    /// can hold from the first token.
    pub template_thinks: bool,
    /// The tokens that end an answer, as they are written in its vocabulary.
    pub end_tokens: Vec<String>,
    /// Whether a server runs it.
    pub remote: bool,
    /// Whether it can be held to a grammar.
    pub takes_grammar: bool,
    /// Whether the tokens it counts are estimates.
    pub estimated: bool,
}

/// A loaded model.
pub trait Engine: Send + Sync {
    /// What it is.
    fn info(&self) -> &ModelInfo;

    /// Tokens of `text` by the model's own tokenizer, without special tokens.
    fn count(&self, text: &str) -> usize;

    /// Tokens of the whole prompt that `messages` make, chat template and
    /// special tokens included.
    ///
    /// # Errors
    /// Where the chat template refuses the messages.
    fn count_prompt(&self, messages: &[Message]) -> Result<usize, EngineError>;

    /// The tokens of a conversation whose last answer is `answer`, as training on
    /// it needs them: what [`Engine::generate`] would send, without thinking, and
    /// what the model would have to write.
    ///
    /// # Errors
    /// Where the chat template refuses the messages, and of engines that don't
    /// show their tokens.
    fn spell(&self, _messages: &[Message], _answer: &str) -> Result<Spelled, EngineError> {
        Err(EngineError::Refused(
            "it does not show its tokens: train on a folder or a GGUF file of the model".to_owned(),
        ))
    }

    /// Starts a generation. The stream ends with [`EngineEvent::End`] or with
    /// an error; dropping it cancels.
    fn generate(&self, request: Request) -> EventStream;

    /// The memory it takes.
    fn footprint(&self) -> Footprint {
        Footprint::default()
    }

    /// Tells when its memory is free again, after it is dropped.
    fn alive(&self) -> Alive {
        Alive::gone()
    }
}

/// What can go wrong with a model.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file of a model or an adapter is missing, unreadable or damaged.
    #[error("cannot load {path}: {reason}")]
    Load {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The prompt doesn't fit into the window.
    #[error(
        "the prompt takes {prompt} tokens, and the model's window holds {window}; ask with fewer or shorter sources"
    )]
    TooLong {
        /// Tokens of the prompt.
        prompt: usize,
        /// Tokens of the window.
        window: usize,
    },
    /// A server can't be reached, refuses, or fails. The text is whole, and
    /// holds no key.
    #[error("{0}")]
    Server(String),
    /// The engine refused the request.
    #[error("the model refused the request: {0}")]
    Refused(String),
    /// The engine failed while it generated.
    #[error("the model failed while it generated: {0}")]
    Failed(String),
    /// The engine panicked.
    #[error(
        "the inference engine crashed: {0}. This is a bug in the engine; the model must be loaded again"
    )]
    Crashed(String),
}
