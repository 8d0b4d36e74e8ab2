//! The bare model: messages as they are given, no sources, no instructions of
//! lorag.

use super::{Host, HostError};
use crate::domain::Stack;
use crate::engine::repetition::Control;
use crate::engine::{End, EngineError, EngineEvent, Message, ModelInfo, Request};
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

/// A conversation that a model goes on with.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    /// The messages, the last one of the person.
    pub messages: Vec<Message>,
    /// The adapters.
    pub stack: Stack,
    /// Most tokens of the answer; as the settings say where empty.
    pub max_tokens: Option<usize>,
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling.
    pub top_p: Option<f64>,
}

impl Host {
    /// Loads the configured model, and tells what it is.
    ///
    /// # Errors
    /// Where it, or an adapter of the settings, can't be loaded.
    pub async fn prepare(&self) -> Result<ModelInfo, HostError> {
        let stack = self.setup.choice(None)?.stack;
        let _turn = self.turn.lock().await;
        let model = self.models.obtain(&self.setup, &stack, &CancellationToken::new()).await?;
        Ok(model.engine.info().clone())
    }

    /// Has the bare model go on with a conversation, in turn with the questions.
    /// Dropping the future cancels.
    ///
    /// # Errors
    /// There is no such adapter, the conversation is too long, or the model
    /// fails.
    pub async fn generate(
        &self,
        plain: &Plain,
        on_event: &mut (dyn FnMut(EngineEvent) + Send),
    ) -> Result<End, HostError> {
        let _turn = self.turn.lock().await;
        let unwanted = CancellationToken::new();
        let _given_up = unwanted.clone().drop_guard();
        let model = self.models.obtain(&self.setup, &plain.stack, &unwanted).await?;
        let settings = &self.setup.loaded.settings.generation;
        let (info, manner) = (model.engine.info(), &model.manner);
        let engine = std::sync::Arc::clone(&model);
        let messages = plain.messages.clone();
        let counting =
            tokio::task::spawn_blocking(move || engine.engine.count_prompt(&messages)).await;
        let counted = counting.map_err(crate::setup::SetupError::from)?;
        let prompt = counted.map_err(HostError::from_engine)?;
        let left = info.window.saturating_sub(prompt);
        if left == 0 {
            return Err(HostError::from_engine(EngineError::TooLong {
                prompt,
                window: info.window,
            }));
        }
        let thinking = settings.thinking || info.template_thinks;
        let thoughts = if thinking { settings.max_thinking_tokens } else { 0 };
        let allowed = settings.max_tokens.max(manner.reserve.unwrap_or(0)) + thoughts;
        let request = Request {
            messages: plain.messages.clone(),
            grammar: None,
            max_tokens: plain.max_tokens.unwrap_or(allowed).clamp(1, left),
            temperature: plain.temperature.or(manner.temperature).unwrap_or(settings.temperature),
            top_p: plain.top_p.or(manner.top_p).unwrap_or(settings.top_p),
            min_p: settings.min_p,
            thinking,
            likelihood: false,
            repetition: Control(manner.repetition),
        };
        let mut events = model.engine.generate(request);
        while let Some(event) = events.next().await {
            match event {
                Ok(EngineEvent::End(end)) => return Ok(end),
                Ok(event) => on_event(event),
                Err(error) => {
                    let error = HostError::from_engine(error);
                    if error.crashed {
                        self.models.forget();
                    }
                    return Err(error);
                }
            }
        }
        Err(HostError::from_engine(EngineError::Failed("it ended without saying so".to_owned())))
    }
}
