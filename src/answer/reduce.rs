//! How much of the passages a model reads although its manifest asks for all
//! of it: their best sentences where the window is small, or where the model
//! would take longer to its first word than it may.

use super::speed::Speeds;
use crate::config::{Generation, Manner};
use crate::domain::{Hit, LeftOut, Source};
use crate::engine::{Engine, Message, prompt};
use crate::knowledge::evidence::Evidence;

/// Below this window whole passages leave no room for several of them.
const SMALL_WINDOW: usize = 2048;
/// Seconds to the first word on a CPU where nothing is set.
const FIRST_TOKEN_S: f64 = 4.0;
/// Share of them for a follow-up: whoever is in a conversation waits less.
const FOLLOW_UP: f64 = 0.5;
/// Share of the time that a prompt is planned to take, since speeds vary.
const PLANNED: f64 = 0.85;
/// Best sentences that a reduced prompt holds at most.
const SENTENCES: usize = 12;
/// Sentences that stay however slow the model is.
const FEWEST: usize = 3;
/// Tokens that the heading and the number of a source take.
const HEADING: usize = 16;

/// How many tokens of sources a model reads in time; `None` where time is no
/// matter or its speed isn't known.
#[must_use]
pub(super) fn budget(
    speeds: Option<Speeds<'_>>,
    engine: &dyn Engine,
    manner: &Manner,
    settings: &Generation,
    question: &str,
    history: &[Message],
) -> Option<usize> {
    if manner.sentences > 0 {
        return None;
    }
    let on_cpu = (engine.info().device == "cpu").then_some(FIRST_TOKEN_S);
    let seconds = settings.first_token_s.or(on_cpu)?;
    let speed = speeds?.known(engine)?;
    let history = if manner.history { history } else { &[] };
    let share = if history.is_empty() { 1.0 } else { FOLLOW_UP };
    let all = (speed * seconds * share * PLANNED) as usize;
    let bare = prompt::build(engine, manner, question, history, &mut [], 0).ok()?;
    let system = engine.count(&manner.system).saturating_sub(bare.ledger.system);
    // The question stands in the text of the user as often as that says.
    let again = manner.user.matches("{question}").count().saturating_sub(1);
    let question = engine.count(question) * again;
    Some(all.saturating_sub(bare.ledger.prompt + system + question))
}

/// The manner to use for these hits: that of the manifest, or one that reads
/// the best sentences only.
#[must_use]
pub(super) fn reduced(
    manner: &Manner,
    engine: &dyn Engine,
    hits: &[Hit],
    budget: Option<usize>,
) -> Manner {
    let mut manner = manner.clone();
    if manner.sentences > 0 {
        return manner;
    }
    let window = manner.window.map_or(engine.info().window, |w| w.min(engine.info().window));
    let slow = budget.is_some_and(|budget| {
        let tokens = hits.iter().map(|hit| engine.count(&hit.chunk.text) + HEADING).sum::<usize>();
        tokens > budget
    });
    if window < SMALL_WINDOW || slow {
        manner.sentences = SENTENCES;
        manner.hits = manner.hits.max(hits.len());
    }
    manner
}

/// Leaves out the worst sentences until the rest is read in time.
pub(super) fn fit(evidence: &mut Evidence, engine: &dyn Engine, budget: usize) {
    let cost = |source: &Source| match source.used() {
        true => engine.count(&source.text()) + HEADING,
        false => 0,
    };
    let mut costs: Vec<usize> = evidence.sources.iter().map(cost).collect();
    while costs.iter().sum::<usize>() > budget {
        let open = evidence.sources.iter().enumerate().filter(|(_, s)| s.used() && s.compressed);
        let all: Vec<(usize, usize, f32)> = open
            .flat_map(|(at, source)| {
                source.sentences.iter().enumerate().map(move |(nth, s)| (at, nth, s.score))
            })
            .collect();
        let worst = all.iter().min_by(|a, b| a.2.total_cmp(&b.2));
        let Some(&(at, nth, _)) = worst.filter(|_| all.len() > FEWEST) else { break };
        let source = &mut evidence.sources[at];
        source.sentences.remove(nth);
        if source.sentences.is_empty() {
            source.left_out = Some(LeftOut::NoSentence);
        }
        costs[at] = cost(&evidence.sources[at]);
    }
    // Those that are read stand first, and are counted from 1.
    evidence.sources.sort_by_key(|source| !source.used());
    for (index, source) in evidence.sources.iter_mut().enumerate() {
        source.number = index + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tests::{hit, source};
    use crate::engine::ModelInfo;
    use crate::engine::scripted::ScriptedEngine;

    fn engine() -> ScriptedEngine {
        let engine = ScriptedEngine::new(Vec::<String>::new());
        let info = ModelInfo { device: "cpu".to_owned(), ..engine.info().clone() };
        engine.with_info(info)
    }

    #[test]
    fn a_small_window_and_a_slow_model_get_sentences() {
        let engine = engine();
        let hits = vec![hit(1, &"word ".repeat(1000))];
        let whole = Manner::default();
        assert_eq!(reduced(&whole, &engine, &hits, None).sentences, 0);
        assert_eq!(reduced(&whole, &engine, &hits, Some(2000)).sentences, 0);
        assert_eq!(reduced(&whole, &engine, &hits, Some(500)).sentences, SENTENCES);
        let small = Manner { window: Some(512), ..Manner::default() };
        assert_eq!(reduced(&small, &engine, &hits, None).sentences, SENTENCES);
        let own = Manner { sentences: 4, ..small };
        assert_eq!(reduced(&own, &engine, &hits, None).sentences, 4);
    }

    #[test]
    fn the_budget_follows_the_speed_and_is_half_for_a_follow_up() {
        let folder = tempfile::tempdir().unwrap();
        let speeds = Speeds { folder: folder.path(), threads: 2 };
        let (engine, manner) = (engine(), Manner::default());
        let settings = Generation::default();
        let of = |settings: &Generation, history: &[Message]| {
            budget(Some(speeds), &engine, &manner, settings, "How so?", history)
        };
        assert_eq!(of(&settings, &[]), None, "its speed is not known");
        speeds.remember(&engine, 100, 200.0);
        let first = of(&settings, &[]).unwrap();
        assert!((550..680).contains(&first), "{first}");
        let turns = [Message { role: crate::engine::Role::User, text: "Why?".into() }];
        let next = of(&settings, &turns).unwrap();
        assert!(next < first / 2, "{next}");
        let patient = Generation { first_token_s: Some(40.0), ..settings };
        assert!(of(&patient, &[]).unwrap() > 6000);
        let own = Manner { sentences: 4, ..Manner::default() };
        assert_eq!(budget(Some(speeds), &engine, &own, &patient, "How so?", &[]), None);
    }

    #[test]
    fn the_worst_sentences_go_first_and_the_rest_is_counted_anew() {
        let mut sources =
            vec![source(1, "One two three. Four five six."), source(2, "Seven eight nine. Ten.")];
        for source in &mut sources {
            source.compressed = true;
        }
        sources[0].sentences[0].score = -3.0;
        sources[0].sentences[1].score = -2.0;
        sources.push(source(3, "Eleven. Twelve. Thirteen."));
        sources[2].compressed = true;
        let mut evidence = Evidence { sources, ..Evidence::default() };
        fit(&mut evidence, &engine(), 45);
        let said: Vec<(usize, String)> =
            evidence.sources.iter().map(|s| (s.number, s.text())).collect();
        assert_eq!(said[0], (1, "Seven eight nine. Ten.".to_owned()));
        assert_eq!(said[2].0, 3);
        assert_eq!(evidence.sources[2].left_out, Some(LeftOut::NoSentence));
        fit(&mut evidence, &engine(), 1);
        let left: usize = evidence.sources.iter().map(|source| source.sentences.len()).sum();
        assert_eq!(left, FEWEST);
    }
}
