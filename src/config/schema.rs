//! Every key of the configuration, with what it may hold and what it is for.
//!
//! The one table behind checking, `lorag config show`, error messages and the
//! user guide. A test compares it with the fields of [`super::Settings`], so
//! that a field without a row fails.

use super::server::KINDS;
use crate::domain::{likeliest_by, likeness};
use std::fmt;

/// One key that can be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// Dotted name, `search.limit`. In [`MODEL_KEYS`] without the leading
    /// `models.NAME.`.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// Whether the empty text stands for "not set".
    pub optional: bool,
    /// One line that says what it is for.
    pub about: &'static str,
}

impl Key {
    /// The variable that sets it: `LORAG_SEARCH__LIMIT`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_uppercase().replace('.', "__"))
    }
}

/// What a key may hold. `Display` completes the sentence "expected …".
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// True or false.
    Bool,
    /// A whole number, both ends included.
    Integer {
        /// The smallest.
        min: u64,
        /// The largest.
        max: u64,
    },
    /// A number, the upper end included.
    Number {
        /// The smallest.
        min: f64,
        /// The largest.
        max: f64,
        /// Whether `min` itself is left out.
        above: bool,
    },
    /// Any text.
    Text,
    /// Text that isn't empty.
    Words,
    /// Text that holds these placeholders.
    Template(&'static [&'static str]),
    /// A file or folder.
    Path,
    /// A model: `builtin`, a folder, a file, a hub id or a name.
    Model,
    /// A filter of the log.
    Filter,
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// A list of questions with their answers.
    Examples,
    /// Adapters, as [`crate::domain::Stack`] spells them.
    Adapters,
    /// The address of a server.
    Url,
    /// The name of a variable of the environment. What is no name is never
    /// shown: it may be the key that the variable should hold.
    Variable,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => formatter.write_str("true or false"),
            Self::Integer { min, max } => write!(formatter, "an integer from {min} to {max}"),
            Self::Number { min, max, above: false } => {
                write!(formatter, "a number from {min} to {max}")
            }
            Self::Number { min, max, above: true } => {
                write!(formatter, "a number above {min} and at most {max}")
            }
            Self::Text => formatter.write_str("text"),
            Self::Words => formatter.write_str("text that is not empty"),
            Self::Template(placeholders) => {
                write!(formatter, "text with {}", placeholders.join(" and "))
            }
            Self::Path => formatter.write_str("a path"),
            Self::Model => {
                formatter.write_str("a model (\"builtin\", a folder, a file, a hub id or a name)")
            }
            Self::Filter => formatter.write_str("a log filter such as \"lorag=debug,warn\""),
            Self::Examples => {
                formatter.write_str("a list such as [{ question = \"…\", answer = \"…\" }]")
            }
            Self::Adapters => formatter.write_str(
                "an adapter such as \"bullets\", \"bullets*0.5\", \"one+other\" or \"none\"",
            ),
            Self::Url => formatter.write_str("an address such as \"http://localhost:8000\""),
            Self::Variable => formatter.write_str(
                "the name of an environment variable in capitals, such as \"OPENAI_API_KEY\"",
            ),
            Self::Choice(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                match quoted.split_last() {
                    Some((last, rest)) if !rest.is_empty() => {
                        write!(formatter, "{} or {last}", rest.join(", "))
                    }
                    _ => formatter.write_str(&quoted.concat()),
                }
            }
        }
    }
}

/// What every variable of lorag starts with.
pub(super) const PREFIX: &str = "LORAG_";

/// The table that holds the models.
pub(super) const MODELS: &str = "models";

/// The table that holds the servers.
pub(super) const SERVERS: &str = "servers";

/// The table that holds the collections.
pub(super) const COLLECTIONS: &str = "collections";

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, optional: false, about }
}

const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, optional: true, about }
}

const fn integer(min: u64, max: u64) -> Kind {
    Kind::Integer { min, max }
}

const fn number(min: f64, max: f64) -> Kind {
    Kind::Number { min, max, above: false }
}

const QUANTIZATIONS: &[&str] = &[
    "auto", "none", "q2k", "q3k", "q4k", "q5k", "q6k", "q8k", "q4_0", "q4_1", "q5_0", "q5_1",
    "q8_0", "q8_1", "hqq4", "hqq8", "fp8", "f8q8", "mxfp4", "afq2", "afq3", "afq4", "afq6", "afq8",
];

const MODES: &[&str] = &["base", "rag", "adapter", "hybrid"];
const STRATEGIES: &[&str] = &["token", "sequence"];
const TEMPERATURE: Kind = number(0.0, 2.0);
const TOP_P: Kind = Kind::Number { min: 0.0, max: 1.0, above: true };

/// Every key outside `[models.NAME]`, in the order in which they are shown.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    key("model", Kind::Model, "The model: \"builtin\", a folder, a GGUF or UQFF file, a hub id, the NAME of a table [models.NAME], or SERVER/model of a table [servers.SERVER]"),
    key("mode", Kind::Choice(MODES), "The mode that a conversation begins with"),
    key("adapter", Kind::Adapters, "The adapter of the modes that use one; \"none\" for the first that fits"),
    key("embedder", Kind::Model, "The embedding model: \"builtin\", a folder or a hub id"),
    optional("data_dir", Kind::Path, "Folder of the knowledge base; the platform's data folder where not set"),
    optional("cache_dir", Kind::Path, "Folder of unpacked and derived files; the platform's cache folder where not set"),
    key("offline", Kind::Bool, "Never touch the network"),
    key("log", Kind::Filter, "What the log file records"),
    key("ingest.chunk_tokens", integer(32, 2048), "Target size of a passage, in tokens of the embedder"),
    key("ingest.chunk_overlap", integer(0, 1023), "Tokens a passage repeats of the one before it; less than half of ingest.chunk_tokens"),
    key("ingest.max_file_bytes", integer(1, 1 << 40), "Larger files are skipped"),
    key("ingest.hidden", Kind::Bool, "Read hidden files and folders"),
    key("ingest.follow_links", Kind::Bool, "Follow symbolic links"),
    key("ingest.generated", Kind::Bool, "Read generated files too: search indexes, minified scripts, lock files"),
    key("search.limit", integer(1, 100), "Passages a search gives, and sources offered to the model"),
    key("search.candidates", integer(1, 1000), "Candidates that vector and full-text search each bring to the ranking"),
    optional("search.vector_weight", number(0.0, 1.0), "Weight of vector search in the ranking; the one measured for the embedder where not set"),
    key("search.rank", Kind::Model, "What reads the best sentences and ranks them: \"builtin\", a sentence encoder or cross-encoder (folder or hub id), or \"off\""),
    key("search.rank_budget_ms", integer(1, 600_000), "How long the ranker may read for one question; it reads fewer sentences where time is short"),
    key("generation.quote", Kind::Choice(&["auto", "on", "off"]), "Answer only with sentences of the sources; \"auto\" as the model's manifest says"),
    key("generation.max_quotes", integer(1, 16), "Most quotes in an answer of quote mode"),
    key("generation.cite_grammar", Kind::Bool, "Keep citation numbers valid by a grammar outside quote mode"),
    key("generation.max_tokens", integer(1, 32768), "Most tokens of an answer"),
    key("generation.temperature", TEMPERATURE, "Sampling temperature; 0 takes the likeliest token"),
    key("generation.top_p", TOP_P, "Nucleus sampling; 1 keeps every token"),
    key("generation.min_p", number(0.0, 1.0), "Least likelihood of a token, as a share of the likeliest one's; 0 keeps every token"),
    key("generation.thinking", Kind::Bool, "Let models that can think do so before they answer"),
    key("generation.max_thinking_tokens", integer(1, 32768), "Most tokens of thought"),
    key("generation.quantization", Kind::Choice(QUANTIZATIONS), "How unquantized weights are quantized while loading"),
    key("generation.engine", Kind::Choice(&["auto", "mistral", "llama"]), "What runs the model: mistral.rs, llama.cpp (GGUF files), or by itself what is faster here"),
    key("generation.strategy", Kind::Choice(STRATEGIES), "How sources are read: all in one prompt, or one short answer for each"),
    key("generation.threads", integer(0, 1024), "Threads for the model; 0 takes the number of cores"),
    optional("adapters.memory_bytes", integer(1, 1 << 50), "Memory that loaded models may take together; 60 % of what is available at the start where not set"),
    key("adapters.cache_bytes", integer(0, 1 << 50), "Disk space for merged weights"),
    key("tune.rank", integer(1, 256), "Rank of a trained adapter: how much it can learn, and how large it is"),
    key("tune.alpha", Kind::Number { min: 0.0, max: 1024.0, above: true }, "What an adapter adds is scaled by this over its rank"),
    optional("tune.learning_rate", Kind::Number { min: 0.0, max: 1.0, above: true }, "Peak learning rate; 0.0005 for models below a billion weights and 0.0002 above where not set"),
    key("tune.epochs", integer(1, 100), "How often every row is read, at most"),
    key("tune.batch", integer(1, 1024), "Rows to a step of the optimizer"),
    key("tune.max_tokens", integer(32, 32768), "Longer rows are left out, in tokens"),
    key("tune.layers", integer(0, 1024), "Train this many of the last layers; 0 for all"),
    key("tune.held_out", number(0.0, 0.5), "Share of the rows, by whole documents, that are held out to measure on"),
    key("tune.patience", integer(1, 100), "Evaluations without a better loss after which training ends"),
    key("tune.seed", integer(0, 1 << 50), "Decides the order of the rows and the first weights"),
    optional("ui.theme", Kind::Words, "Name of the theme; the one chosen last where not set"),
    key("ui.colour", Kind::Choice(&["auto", "truecolor", "256", "16", "none"]), "How many colours the terminal has; \"auto\" as the environment says"),
    key("ui.mouse", Kind::Bool, "Let the mouse scroll and focus panes; the terminal's own selection then needs Shift"),
    key("ui.tmux_passthrough", Kind::Bool, "Send copied text through tmux's allow-passthrough in place of its set-clipboard"),
    optional("generation.repeat_penalty", number(1.0, 2.0), "Makes words that the answer had lately less likely; 1 does nothing, by the size of the model where not set"),
    optional("generation.dry", number(0.0, 5.0), "Makes it less likely that the answer repeats a run of words; 0 does nothing, by the size of the model where not set"),
    optional("generation.answer_risk", number(0.0, 1.0), "Share of wrong answers among those given that quote mode keeps to; decides before answer_threshold"),
    optional("generation.answer_threshold", number(0.0, 1.0), "Probability below which quote mode says that the sources don't answer; the measured one where not set"),
    optional("generation.first_token_s", Kind::Number { min: 0.0, max: 3600.0, above: true }, "Seconds to the first word of an answer that the prompt is cut to; 4 on a CPU where not set"),
];

/// Every key of `[models.NAME]`; all but `path` may stand in a manifest.
#[rustfmt::skip]
pub const MODEL_KEYS: &[Key] = &[
    key("path", Kind::Model, "Where the model is: \"builtin\", a folder, a file or a hub id"),
    key("name", Kind::Words, "Name to show"),
    key("about", Kind::Text, "One line about the model"),
    key("any_base", Kind::Bool, "Of an adapter: use it with every model whose shapes fit, whatever its name"),
    key("alone", Kind::Bool, "Whether the model can answer without sources, from what it learned"),
    key("prompt.system", Kind::Text, "System text"),
    key("prompt.system_alone", Kind::Text, "System text in the modes that read no sources"),
    key("prompt.examples", Kind::Examples, "Questions with their answers that the model is shown first"),
    key("prompt.user", Kind::Template(USER), "User text"),
    key("prompt.source", Kind::Template(SOURCE), "One source; {heading} may stand in it too"),
    key("prompt.history", Kind::Bool, "Send earlier turns"),
    key("prompt.window", integer(64, 1 << 24), "Tokens of prompt and answer together"),
    key("prompt.reserve", integer(1, 32768), "Tokens kept for the answer"),
    key("prompt.no_answer", Kind::Words, "The sentence that says the sources don't answer"),
    key("evidence.sentences", integer(0, 1000), "How many of the best sentences the prompt holds; 0 for whole passages"),
    key("evidence.hits", integer(1, 100), "How many of the best passages sentences are taken from"),
    key("evidence.order", Kind::Choice(&["best", "source"]), "Best first, or as in the source"),
    key("quote.default", Kind::Bool, "Quote mode is on where the user says nothing"),
    key("quote.template", Kind::Template(QUOTE), "One quote"),
    key("quote.join", Kind::Text, "What stands between two quotes"),
    key("quote.unit", Kind::Choice(&["sentence", "words"]), "Quote whole sentences, or a run of words within one"),
    key("quote.max", integer(1, 16), "Most quotes"),
    key("quote.margin", number(0.0, 1000.0), "Offer only sentences that score this close to the best one"),
    key("quote.threshold", number(0.0, 1.0), "Probability below which the sources are taken not to answer"),
    key("sampling.temperature", TEMPERATURE, "Sampling temperature; 0 takes the likeliest token"),
    key("sampling.top_p", TOP_P, "Nucleus sampling; 1 keeps every token"),
];

/// Every key of `[servers.NAME]`.
#[rustfmt::skip]
pub const SERVER_KEYS: &[Key] = &[
    key("url", Kind::Url, "Its address; its models are called NAME/model"),
    key("kind", Kind::Choice(KINDS), "What it is; \"auto\" asks it"),
    key("key_env", Kind::Variable, "The environment variable that holds its key"),
    key("key_file", Kind::Path, "A file that holds its key and nothing else"),
    key("window", integer(64, 1 << 24), "Tokens of prompt and answer together; as the server says where not set"),
    key("connect_s", integer(1, 600), "Seconds that a connection may take"),
    key("first_token_s", integer(1, 86_400), "Seconds that the first token may take"),
    key("idle_s", integer(1, 86_400), "Seconds that the next token may take"),
];

/// Every key of `[collections.NAME]`.
#[rustfmt::skip]
pub const COLLECTION_KEYS: &[Key] = &[
    key("about", Kind::Text, "One line about the collection"),
    key("mode", Kind::Choice(MODES), "The mode its questions are answered in"),
    key("adapter", Kind::Adapters, "The adapter of the modes that use one"),
    key("strategy", Kind::Choice(STRATEGIES), "How sources are read: all in one prompt, or one short answer for each"),
    key("prompt.system", Kind::Text, "System text"),
    key("prompt.system_alone", Kind::Text, "System text in the modes that read no sources"),
    key("prompt.examples", Kind::Examples, "Questions with their answers that the model is shown first"),
    key("prompt.user", Kind::Template(USER), "User text"),
    key("prompt.source", Kind::Template(SOURCE), "One source; {heading} may stand in it too"),
    key("prompt.history", Kind::Bool, "Send earlier turns"),
    key("prompt.window", integer(64, 1 << 24), "Tokens of prompt and answer together"),
    key("prompt.reserve", integer(1, 32768), "Tokens kept for the answer"),
    key("prompt.no_answer", Kind::Words, "The sentence that says the sources don't answer"),
    key("sampling.temperature", TEMPERATURE, "Sampling temperature; 0 takes the likeliest token"),
    key("sampling.top_p", TOP_P, "Nucleus sampling; 1 keeps every token"),
];

/// Placeholders of `prompt.user`.
pub(super) const USER: &[&str] = &["{question}", "{sources}"];
/// Placeholders of `prompt.source`.
pub(super) const SOURCE: &[&str] = &["{n}", "{text}"];
/// Placeholders of `quote.template`.
pub(super) const QUOTE: &[&str] = &["{quote}", "{n}"];

/// The placeholders that `text` lacks.
pub(super) fn missing(text: &str, placeholders: &[&'static str]) -> Vec<&'static str> {
    placeholders.iter().copied().filter(|placeholder| !text.contains(*placeholder)).collect()
}

/// The key that `given` was most likely meant to be, if any is near.
pub(super) fn nearest<'a>(
    given: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    likeliest_by(names, |name| {
        // The last part counts by itself, so that `limit` finds
        // `search.limit`; a little less, so that a whole match goes first.
        let last = 0.95 * likeness(last_part(given), last_part(name));
        likeness(given, name).max(last)
    })
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
