//! Settings, layered: default < `config.toml` < `LORAG_*` environment < flags,
//! each value with its origin.

pub mod bounded;
mod document;
mod entries;
mod environment;
mod error;
mod file;
mod filter;
pub mod limits;
mod load;
mod logging;
mod manifest;
mod paths;
pub mod plausible;
pub mod private;
pub mod program;
mod schema;
mod server;
mod server_rules;
mod settings;
mod small;
mod value;

pub use entries::Entry;
pub use environment::environment;
pub use error::{ConfigError, Place, Problem};
pub use file::parse_manifest;
pub use load::{Flags, Loaded, Origin, load};
pub use logging::{LOG_FILE, start_logging};
pub use manifest::{
    EvidencePart, Example, Manifest, Manner, Order, PromptPart, QuotePart, QuoteUnit, Repetition,
    SamplingPart, TemplateError,
};
pub use paths::Paths;
pub use private::create_private;
pub use schema::{COLLECTION_KEYS, KEYS, Key, Kind, MODEL_KEYS, SERVER_KEYS};
pub use server::{ServerEntry, ServerKind, ServerUrl};
pub use settings::{
    AdapterName, Adapters, CollectionEntry, ColourDepth, EngineChoice, Generation, Ingest,
    LogFilter, ModelEntry, ModelName, Quantization, QuoteMode, Search, Settings, Tune, Ui,
};
