//! A loaded model as an [`Engine`].

use super::super::residents::{Alive, Footprint};
use super::super::spelled::{MARK, Spelled, closing};
use super::super::{Engine, EngineError, EventStream, Message, ModelInfo, Request, Role};
use super::shared::Shared;
use super::{stream, template};
use std::fmt;
use std::sync::Arc;

/// A model loaded by mistral.rs.
///
/// Dropping it ends the engine's threads, as soon as its running streams are
/// dropped too.
pub struct MistralEngine {
    pub(super) info: ModelInfo,
    pub(super) footprint: Footprint,
    pub(super) note: Option<String>,
    pub(super) shared: Arc<Shared>,
}

impl MistralEngine {
    /// What is to be said of how its weights were merged, if anything: tensors
    /// that had to be written in another type.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The same, with why this engine runs it.
    #[must_use]
    pub fn because(mut self, why: &str) -> Self {
        self.info.engine = format!("{} ({why})", self.info.engine);
        self
    }
}

impl Engine for MistralEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count(&self, text: &str) -> usize {
        match self.shared.tokenizer.encode_fast(text, false) {
            Ok(encoding) => encoding.len(),
            Err(error) => {
                tracing::warn!(%error, "the tokenizer failed, its tokens are estimated");
                text.len().div_ceil(2)
            }
        }
    }

    /// Exact: the engine's own code renders the template and counts. Thinking
    /// is taken to be off; a request that thinks is counted again when it
    /// starts.
    fn count_prompt(&self, messages: &[Message]) -> Result<usize, EngineError> {
        let rendered =
            self.shared.with_pipeline(|pipeline| template::render(pipeline, messages, false))?;
        match rendered {
            Ok(rendered) => Ok(rendered.tokens.len()),
            Err(error) => Err(template::refused(&error)),
        }
    }

    fn spell(&self, messages: &[Message], answer: &str) -> Result<Spelled, EngineError> {
        let mark = Message { role: Role::Assistant, text: MARK.to_owned() };
        let over = [messages, &[mark]].concat();
        let (prompt, over) = self.shared.with_pipeline(|pipeline| {
            let prompt = template::render(pipeline, messages, false);
            (prompt, template::render_whole(pipeline, &over))
        })?;
        let prompt = prompt.map_err(|error| template::refused(&error))?.tokens;
        let over = over.map_err(|error| template::refused(&error))?.text;
        let tokenizer = &self.shared.tokenizer;
        let encoded = tokenizer.encode_fast(answer, false);
        let encoded = encoded.map_err(|error| EngineError::Failed(error.to_string()))?;
        let mut answer = encoded.get_ids().to_vec();
        let ends = &self.info.end_tokens;
        let end = closing(&over, ends).or_else(|| ends.first());
        answer.extend(end.and_then(|end| tokenizer.token_to_id(end)));
        Ok(Spelled { prompt, answer })
    }

    /// Each event before the last is one decoded token: see `stream`.
    fn generate(&self, request: Request) -> EventStream {
        stream::generate(Arc::clone(&self.shared), request)
    }

    fn footprint(&self) -> Footprint {
        self.footprint
    }

    /// The weights are gone once nobody holds the pipeline: the engine's own
    /// thread is the last to let it go.
    fn alive(&self) -> Alive {
        let pipeline = Arc::downgrade(&self.shared.pipeline);
        Alive::new(move || pipeline.strong_count() > 0)
    }
}

impl fmt::Debug for MistralEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MistralEngine").field("info", &self.info).finish_non_exhaustive()
    }
}
