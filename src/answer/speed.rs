//! How fast a model reads a prompt on this machine: measured by a short probe
//! before its first one, noted after each answer, and kept between runs.

use crate::config::{Generation, Manner, Paths};
use crate::engine::{Engine, EngineEvent, Message, Request, Role, prompt};
use futures::StreamExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Prompts with fewer tokens to read say little about the speed.
const MEASURABLE: usize = 32;
/// How long a probe may take in all.
const PROBE: Duration = Duration::from_millis(500);
/// A first look that takes longer than this is all there is of the probe.
const SHORT: Duration = Duration::from_millis(150);
/// Share of the speed that a probe would have had at most, where it did not
/// end in time.
const UNENDED: f64 = 0.5;
/// How long the beginning of a prompt is read ahead at most. A question that
/// comes meanwhile waits for it, and needs not read it then.
const WARM: Duration = Duration::from_secs(3);
/// The engine whose cache keeps what a prompt began with.
const KEEPS: &str = "llama.cpp";
/// What the second look reads behind the instructions.
const TEXT: &str = "The doors open at nine in the morning, and whoever comes early waits in the \
                    hall, where there is a bench by the window. A ticket costs four euros for \
                    adults and nothing for children, and it is good for the whole day. Bags stay \
                    at the desk until you leave. On Mondays the house is closed, except in August.";

/// Where speeds are kept, and on how many threads models run here.
#[derive(Clone, Copy, Debug)]
pub struct Speeds<'a> {
    /// The folder of the cache.
    pub folder: &'a Path,
    /// `generation.threads`; 0 for the number of cores.
    pub threads: usize,
}

impl<'a> Speeds<'a> {
    /// Those of this run.
    #[must_use]
    pub fn new(paths: &'a Paths, settings: &Generation) -> Self {
        Self { folder: &paths.cache, threads: settings.threads }
    }

    /// The prompt speed of a model that was measured before, in tokens per
    /// second.
    #[must_use]
    pub fn known(&self, engine: &dyn Engine) -> Option<f64> {
        std::fs::read_to_string(self.file(engine)).ok()?.trim().parse().ok()
    }

    /// Notes the prompt speed of a model for its next prompt. A note that can't
    /// be written is only missed.
    pub(super) fn remember(&self, engine: &dyn Engine, tokens: usize, tokens_per_s: f64) {
        if tokens >= MEASURABLE && tokens_per_s.is_finite() && tokens_per_s > 0.0 {
            self.note(engine, tokens_per_s);
        }
    }

    /// Measures the prompt speed of a model that is not known yet, and notes
    /// it. Takes half a second at most; a model that reads next to nothing in
    /// that time is taken to be as slow as that. Nothing is measured where the
    /// speed decides nothing: on other devices than a CPU, and where the manner
    /// says how many sentences are read.
    pub async fn probe(&self, engine: &dyn Engine, manner: &Manner) -> Option<f64> {
        if let Some(known) = self.known(engine) {
            return Some(known);
        }
        let info = engine.info();
        if info.device != "cpu" || info.parameters == 0 || manner.sentences > 0 {
            return None;
        }
        let begun = Instant::now();
        let mut speed = read(engine, vec![user("Hello")], PROBE).await?;
        if begun.elapsed() < SHORT {
            let left = PROBE.saturating_sub(begun.elapsed());
            let mut messages = prompt::beginning(manner);
            messages.push(user(TEXT));
            speed = read(engine, messages, left).await.unwrap_or(speed);
        }
        tracing::info!(speed, model = info.name, "the prompt speed was probed");
        self.note(engine, speed);
        Some(speed)
    }

    fn note(&self, engine: &dyn Engine, tokens_per_s: f64) {
        let path = self.file(engine);
        let noted = path
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&path, format!("{tokens_per_s:.1}\n")));
        if let Err(error) = noted {
            tracing::debug!(%error, path = %path.display(), "cannot note the prompt speed");
        }
    }

    /// One file for each model, machine and version.
    fn file(&self, engine: &dyn Engine) -> PathBuf {
        let info = engine.info();
        // The engine, without why it was chosen.
        let engine = info.engine.split(' ').next().unwrap_or_default();
        let threads = match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let machine = format!("{} {threads} {}", processor(), env!("CARGO_PKG_VERSION"));
        let machine = blake3::hash(machine.as_bytes()).to_hex();
        let machine = machine.get(..8).unwrap_or_default();
        let name = format!(
            "{}-{}-{}-{}-{engine}-{machine}",
            info.name, info.parameters, info.quantization, info.device
        );
        let safe: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        self.folder.join("speed").join(safe)
    }
}

/// Reads what every prompt of a model begins with into its cache, where its
/// engine keeps one, so that the first question of a chat needs not wait for it.
pub async fn warm(engine: &dyn Engine, manner: &Manner) {
    let info = engine.info();
    if info.engine.starts_with(KEEPS) && info.parameters > 0 && manner.history {
        let mut messages = prompt::beginning(manner);
        messages.push(user("Hello"));
        read(engine, messages, WARM).await;
    }
}

/// Tokens per second of a prompt; at most those that would have been read where
/// it took longer than it may. `None` where the model fails.
async fn read(engine: &dyn Engine, messages: Vec<Message>, most: Duration) -> Option<f64> {
    let tokens = engine.count_prompt(&messages).ok()?;
    let request = Request { messages, max_tokens: 1, top_p: 1.0, ..Request::default() };
    let begun = Instant::now();
    let mut events = engine.generate(request);
    let ended = async {
        while let Some(event) = events.next().await {
            if let EngineEvent::End(end) = event.ok()? {
                return Some(end);
            }
        }
        None
    };
    match tokio::time::timeout(most, ended).await {
        Ok(end) => {
            let end = end?;
            let read = end.prompt_tokens.saturating_sub(end.reused_tokens);
            let seconds =
                if end.prompt_s > 0.0 { end.prompt_s } else { begun.elapsed().as_secs_f64() };
            (read > 0 && seconds > 0.0).then(|| read as f64 / seconds)
        }
        Err(_) => Some(UNENDED * tokens as f64 / most.as_secs_f64().max(f64::MIN_POSITIVE)),
    }
}

fn user(text: &str) -> Message {
    Message { role: Role::User, text: text.to_owned() }
}

/// The name of the processor, or of its kind.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find(|line| line.starts_with("model name"));
    let name = name.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim().to_owned());
    name.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ModelInfo;
    use crate::engine::scripted::{Reply, ScriptedEngine};

    fn model(replies: impl IntoIterator<Item = Reply>) -> ScriptedEngine {
        let engine = ScriptedEngine::new(replies);
        let info = ModelInfo {
            device: "cpu".to_owned(),
            parameters: 1_000_000_000,
            ..engine.info().clone()
        };
        engine.with_info(info)
    }

    #[test]
    fn the_speed_is_remembered_by_model_and_machine() {
        let folder = tempfile::tempdir().unwrap();
        let speeds = Speeds { folder: folder.path(), threads: 2 };
        let engine = model([]);
        assert_eq!(speeds.known(&engine), None);
        speeds.remember(&engine, 5, 99.0);
        assert_eq!(speeds.known(&engine), None, "too short to tell");
        speeds.remember(&engine, 100, 42.0);
        assert_eq!(speeds.known(&engine), Some(42.0));
        assert_eq!(Speeds { threads: 8, ..speeds }.known(&engine), None);
    }

    #[tokio::test]
    async fn a_probe_is_made_once_and_only_where_it_matters() {
        let folder = tempfile::tempdir().unwrap();
        let speeds = Speeds { folder: folder.path(), threads: 0 };
        let engine = model([Reply::text("a"), Reply::text("b")]);
        let few = Manner { sentences: 4, ..Manner::default() };
        assert_eq!(speeds.probe(&engine, &few).await, None);
        assert!(engine.requests().is_empty());
        let speed = speeds.probe(&engine, &Manner::default()).await.unwrap();
        assert!(speed > 0.0);
        let asked = engine.requests();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[1].messages[0].text, Manner::default().system, "it stays in the cache");
        assert_eq!(speeds.probe(&engine, &Manner::default()).await, speeds.known(&engine));
        assert_eq!(engine.requests().len(), 2);
    }

    #[tokio::test]
    async fn a_model_that_does_not_end_is_taken_to_be_slow() {
        let folder = tempfile::tempdir().unwrap();
        let speeds = Speeds { folder: folder.path(), threads: 0 };
        let engine = model([Reply::text("a b").slowly(Duration::from_secs(60))]);
        let begun = Instant::now();
        let speed = speeds.probe(&engine, &Manner::default()).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(speed < 100.0, "{speed}");
        assert_eq!(engine.cancelled(), 1);
    }
}
