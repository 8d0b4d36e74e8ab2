//! What the engine said when it panicked.
//!
//! mistral.rs panics on a thread of its own, and all that a caller sees is a
//! closed channel. So a panic hook keeps the message of each panic in the
//! engine's crates. Such a panic is logged and not printed, since the terminal
//! may show a screen; every other panic goes to the hook that was there before.

use crate::domain::panic_text;
use std::any::Any;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, Once, PoisonError};

/// Name of the threads that load models.
pub(super) const LOAD_THREAD: &str = "lorag-engine-load";

/// Parts of the source paths of crates that run on the engine's threads.
const ENGINE_CRATES: &[&str] =
    &["mistralrs", "candle-", "candle_", "llguidance", "toktrie", "minijinja", "tokenizers-"];

static LAST: Mutex<Option<String>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// Message and source line of the last panic of the inference engine in this
/// process, `None` if it never panicked.
#[must_use]
pub fn last_engine_panic() -> Option<String> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Installs the hook, once for the process.
pub(in crate::engine) fn install_hook() {
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if is_engine(info) {
                record(info);
            } else {
                previous(info);
            }
        }));
    });
}

/// The message of a panic, from its payload.
pub(in crate::engine) fn text(payload: &(dyn Any + Send)) -> String {
    panic_text(payload).unwrap_or_else(|| "a panic without a message".to_owned())
}

fn is_engine(info: &PanicHookInfo<'_>) -> bool {
    std::thread::current().name() == Some(LOAD_THREAD)
        || info
            .location()
            .is_some_and(|location| ENGINE_CRATES.iter().any(|part| location.file().contains(part)))
}

fn record(info: &PanicHookInfo<'_>) {
    let mut text = text(info.payload());
    if let Some(location) = info.location() {
        // The folder of the sources says nothing to anyone.
        let file = location.file();
        let short = file.rsplit(['/', '\\']).next().unwrap_or(file);
        text = format!("{text} ({short}:{})", location.line());
    }
    tracing::error!(panic = %text, "the inference engine panicked");
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_engine_is_kept_with_its_place() {
        install_hook();
        let outcome = std::thread::Builder::new()
            .name(LOAD_THREAD.to_owned())
            .spawn(|| panic!("no such tensor: {}", "wte"))
            .unwrap()
            .join();
        assert_eq!(text(&*outcome.unwrap_err()), "no such tensor: wte");
        let kept = last_engine_panic().unwrap();
        assert!(kept.contains("no such tensor: wte (panics.rs:"), "{kept}");
    }

    #[test]
    fn a_payload_that_is_no_text_is_named_so() {
        let payload: Box<dyn Any + Send> = Box::new(7_u8);
        assert_eq!(text(&*payload), "a panic without a message");
    }
}
