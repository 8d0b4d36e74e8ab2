//! Plain data that every part of lorag speaks: spans, chunks, hits, sources,
//! answers. It imports nothing else of this crate and does no IO.

mod answer;
mod chunk;
mod earlier;
mod fault;
mod hub_name;
mod job;
mod line;
mod locator;
mod mode;
mod near;
mod offsets;
mod place;
mod redact;
mod source;
mod span;
mod stack;
mod stats;
mod training;
mod turn;
mod visible;
mod words;

pub use answer::{
    Alternative, Answer, Citation, DroppedCitation, FOUND, Support, UNANSWERED, without_found,
};
pub use chunk::{Chunk, FullTextLeg, Hit, Unit, UnitKind, VectorLeg};
pub use earlier::Earlier;
pub use fault::{causes, panic_text};
pub use hub_name::{cache_folder, cached_model};
pub use job::{Job, JobId, JobKind, JobState, Progress};
pub use line::Line;
pub use locator::Locator;
pub use mode::{Mode, Strategy};
pub use near::{instead, likeliest, likeliest_by, likeness, nearest, short_name, short_stack};
pub use offsets::{Mark, OffsetMap, Run};
pub use place::{Place, PlaceKind};
pub use redact::redacted;
pub use source::{LeftOut, Sentence, Source};
pub use span::{ByteRange, LineRange};
pub use stack::{Applied, NONE, Stack};
pub use stats::{FinishReason, GenerationStats, Ledger, SearchTimings, SourceTokens, millis};
pub use training::{
    TrainingNews, TrainingPlan, TrainingPoint, TrainingSample, TrainingScore, TrainingStep,
};
pub use turn::{Outcome, Turn, TurnId};
pub use visible::{acts, visible};
pub use words::shell_words;
