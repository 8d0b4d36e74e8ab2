//! When passages are reduced to their best sentences although the manifest
//! doesn't ask for it: where the window is small, or where reading the whole
//! passages would take too long at the speed that was measured before.

use crate::config::Manner;
use crate::domain::Hit;
use crate::engine::Engine;
use std::path::Path;

/// Below this window whole passages leave no room for several of them.
const SMALL_WINDOW: usize = 2048;
/// A prompt that takes longer than this to read is reduced, in seconds.
const PATIENCE_S: f64 = 15.0;
/// Best sentences that a reduced prompt holds.
const SENTENCES: usize = 12;
/// Shorter prompts say little about the speed, in tokens.
const MEASURABLE: usize = 32;

/// The manner to use for these hits: that of the manifest, or one that reads
/// the best sentences only. `tokens_per_s` is the prompt speed measured before.
#[must_use]
pub(super) fn reduced(
    manner: &Manner,
    engine: &dyn Engine,
    hits: &[Hit],
    tokens_per_s: Option<f64>,
) -> Manner {
    let mut manner = manner.clone();
    if manner.sentences > 0 {
        return manner;
    }
    let window = manner.window.map_or(engine.info().window, |w| w.min(engine.info().window));
    let slow = tokens_per_s.is_some_and(|speed| {
        let tokens: usize = hits.iter().map(|hit| engine.count(&hit.chunk.text)).sum();
        speed > 0.0 && tokens as f64 / speed > PATIENCE_S
    });
    if window < SMALL_WINDOW || slow {
        manner.sentences = SENTENCES;
        manner.hits = manner.hits.max(hits.len());
    }
    manner
}

/// The prompt speed of a model that `remember_speed` noted, in tokens per
/// second.
#[must_use]
pub fn known_speed(folder: &Path, engine: &dyn Engine) -> Option<f64> {
    std::fs::read_to_string(file(folder, engine)).ok()?.trim().parse().ok()
}

/// Notes the prompt speed of a model for its next prompt. A note that can't be
/// written is only missed.
pub(super) fn remember_speed(folder: &Path, engine: &dyn Engine, tokens: usize, tokens_per_s: f64) {
    if tokens < MEASURABLE || !tokens_per_s.is_finite() || tokens_per_s <= 0.0 {
        return;
    }
    let path = file(folder, engine);
    let noted = path
        .parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(&path, format!("{tokens_per_s:.1}\n")));
    if let Err(error) = noted {
        tracing::debug!(%error, path = %path.display(), "cannot note the prompt speed");
    }
}

fn file(folder: &Path, engine: &dyn Engine) -> std::path::PathBuf {
    let info = engine.info();
    // The engine, without why it was chosen.
    let engine = info.engine.split(' ').next().unwrap_or_default();
    let name = format!("{}-{}-{}-{engine}", info.name, info.quantization, info.device);
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    folder.join("speed").join(safe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tests::hit;
    use crate::engine::scripted::ScriptedEngine;

    #[test]
    fn a_small_window_and_a_slow_model_get_sentences() {
        let engine = ScriptedEngine::new(Vec::<String>::new());
        let hits = vec![hit(1, &"word ".repeat(1000))];
        let whole = Manner::default();
        assert_eq!(reduced(&whole, &engine, &hits, None).sentences, 0);
        assert_eq!(reduced(&whole, &engine, &hits, Some(1000.0)).sentences, 0);
        assert_eq!(reduced(&whole, &engine, &hits, Some(10.0)).sentences, SENTENCES);
        let small = Manner { window: Some(512), ..Manner::default() };
        assert_eq!(reduced(&small, &engine, &hits, None).sentences, SENTENCES);
        let own = Manner { sentences: 4, ..small };
        assert_eq!(reduced(&own, &engine, &hits, None).sentences, 4);
    }

    #[test]
    fn the_speed_is_remembered_by_model() {
        let folder = tempfile::tempdir().unwrap();
        let engine = ScriptedEngine::new(Vec::<String>::new());
        assert_eq!(known_speed(folder.path(), &engine), None);
        remember_speed(folder.path(), &engine, 5, 99.0);
        assert_eq!(known_speed(folder.path(), &engine), None, "too short to tell");
        remember_speed(folder.path(), &engine, 100, 42.0);
        assert_eq!(known_speed(folder.path(), &engine), Some(42.0));
    }
}
