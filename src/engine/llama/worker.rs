//! The thread that answers. It owns the context, and takes one request after
//! the other; it ends when the last variant of its model is dropped.

use super::super::EngineError;
use super::decode::{Desk, Job};
use super::ffi::{Context, Model, Shape};
use super::slots::Slots;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, mpsc};

/// Prompts that are remembered at the same time: those of the columns of a
/// comparison, for instance.
const SEQUENCES: usize = 4;

/// Its stack, in bytes.
const STACK: usize = 8 << 20;

/// The way to the thread; dropping it ends the thread.
pub(super) struct Worker {
    sender: mpsc::Sender<Job>,
}

impl Worker {
    /// Makes the context and starts the thread.
    ///
    /// # Errors
    /// What llama.cpp or the system says.
    pub fn start(model: &Arc<Model>, shape: Shape) -> Result<Self, String> {
        let context = Context::new(model, shape)?;
        let sequences = if model.is_recurrent() { 1 } else { shape.sequences };
        let mut desk = Desk {
            model: Arc::clone(model),
            context,
            slots: Slots::new(sequences, shape.window),
            batch: shape.batch,
            adapters: String::new(),
        };
        let (sender, jobs) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("llama.cpp".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                for job in jobs {
                    let events = job.events.clone();
                    let work = AssertUnwindSafe(|| desk.answer(job));
                    if let Err(payload) = std::panic::catch_unwind(work) {
                        let text = super::super::mistral::panic_text(&*payload);
                        drop(events.send(Err(EngineError::Crashed(text))));
                        // What the cache holds is uncertain.
                        desk.forget();
                    }
                }
            })
            .map_err(|error| format!("no thread could be started: {error}"))?;
        Ok(Self { sender })
    }

    /// The shape of a context for a window of so many tokens.
    pub fn shape(window: usize, batch: usize, threads: usize) -> Shape {
        Shape { window, sequences: SEQUENCES, batch, threads, exact: false }
    }

    /// Hands a request over.
    ///
    /// # Errors
    /// Where the thread is gone.
    pub fn send(&self, job: Job) -> Result<(), EngineError> {
        self.sender.send(job).map_err(|_| gone())
    }
}

/// The error of a thread that is gone.
pub(super) fn gone() -> EngineError {
    EngineError::Crashed("its thread has ended".to_owned())
}
