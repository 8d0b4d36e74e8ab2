//! What is said below an answer: how far it is while it is made, and how it
//! came out after.

use crate::app::keymap::Layer;
use crate::app::state::{Entry, KnowledgeWork, Phase};
use crate::app::{Action, State};
use crate::domain::{FinishReason, Outcome, Strategy, Turn, short_name, short_stack};
use crate::ui::theme::Role;

/// One of these stands before the phase, moving with the clock.
const SPINNER: [&str; 8] = ["⣷", "⣯", "⣟", "⡿", "⢿", "⣻", "⣽", "⣾"];
/// How long each of them stands, in milliseconds.
const SPINNER_MS: i64 = 250;

/// How far an answer is, in a few words behind a spinner.
pub(super) fn phase(entry: &Entry, state: &State) -> String {
    let text = match entry.phase {
        Phase::Done => return String::new(),
        Phase::WaitingForModel => match &state.model.loading {
            Some(loading) => {
                let seconds = seconds(loading.since_ms, state.now_ms);
                format!("waiting for {}… {seconds:>3} s", loading.short_name())
            }
            None => "waiting for the model…".to_owned(),
        },
        Phase::WaitingForIndex => match state.knowledge.work {
            KnowledgeWork::Indexing { files, total, .. } => {
                format!("waiting for the index… {} files", progress(files, total))
            }
            _ => "waiting for the index…".to_owned(),
        },
        Phase::Searching => "searching…".to_owned(),
        Phase::Reading => match entry.turn.ledger.prompt {
            0 => "reading…".to_owned(),
            tokens => format!("reading {} tokens…{}", grouped(tokens), reading(tokens, state)),
        },
        Phase::Writing if entry.turn.text.is_empty() && !entry.turn.thought.is_empty() => {
            "thinking…".to_owned()
        }
        Phase::Writing => "writing…".to_owned(),
    };
    format!("{} {text}", spinner(state.now_ms))
}

/// How far the prompt is read: its share, the rate and the time left where the
/// model's speed is known from before, else how long it takes already. A share
/// is reckoned from the clock, since no engine tells it.
fn reading(tokens: usize, state: &State) -> String {
    let Some(since) = state.running.as_ref().and_then(|running| running.reading_ms) else {
        return String::new();
    };
    let elapsed = (state.now_ms - since).max(0) as f64 / 1000.0;
    let Some(rate) = rate(state).filter(|rate| *rate > 0.0) else {
        return format!(" {elapsed:>3.0} s");
    };
    let needed = tokens as f64 / rate;
    let left = needed - elapsed;
    if left <= 0.0 {
        return format!(" {elapsed:>3.0} s, longer than the last time");
    }
    // What takes a moment needs no figures that flicker.
    if needed < 3.0 {
        return String::new();
    }
    let share = (elapsed / needed * 100.0).min(99.0);
    format!(" {share:>2.0} % · {rate:.0} tok/s · {left:.0} s left")
}

/// Tokens of a prompt that the model reads per second: as in its last answer
/// here, else as it was noted.
fn rate(state: &State) -> Option<f64> {
    let card = state.model.loaded.as_ref()?;
    let stats = state.conversation.entries().iter().rev().filter_map(|entry| {
        let stats = entry.turn.generation.as_ref()?;
        let same = stats.model == card.name && stats.device == card.device;
        (same && stats.prompt_tokens_per_s > 0.0).then_some(stats.prompt_tokens_per_s)
    });
    stats.take(1).next().or(card.reads_per_s)
}

/// What is said of an answer that is done, each with its role.
pub(super) fn notes(turn: &Turn, state: &State) -> Vec<(String, Role)> {
    let mut notes = Vec::new();
    match &turn.outcome {
        Outcome::Pending => notes.push(("not answered yet".to_owned(), Role::Dim)),
        Outcome::Answered => {}
        Outcome::NotAnswered if turn.unfounded() => {
            let text = "the sources don't answer this, and nothing in them supports this answer";
            notes.push((text.to_owned(), Role::Warning));
        }
        // An answer that says so itself cites nothing.
        Outcome::NotAnswered if !turn.text.trim().is_empty() && turn.citations.is_empty() => {}
        Outcome::NotAnswered => {
            notes.push(("the sources don't answer this".to_owned(), Role::Dim));
        }
        Outcome::Cut => {
            let key = state.keymap.hint(Layer::Conversation, Action::ContinueAnswer);
            let key = key.unwrap_or_else(|| "/continue".to_owned());
            notes.push((format!("cut at the token limit · {key} continues"), Role::Warning));
        }
        Outcome::Cancelled => notes.push(("cancelled".to_owned(), Role::Dim)),
        Outcome::Failed { message } => notes.push((message.clone(), Role::Error)),
    }
    let generation = turn.generation.as_ref();
    if generation.is_some_and(|stats| stats.finish_reason == FinishReason::Repeated) {
        let text = "the answer began to repeat itself and was ended there";
        notes.push((text.to_owned(), Role::Warning));
    }
    if turn.unsupported() {
        let text = "nothing in the sources supports this answer";
        notes.push((text.to_owned(), Role::Warning));
    } else if turn.doubtful() {
        let text = if turn.quoted {
            "quoted, but perhaps not an answer"
        } else {
            "the sources may not answer this"
        };
        notes.push((text.to_owned(), Role::Warning));
    }
    match turn.dropped.len() {
        0 => {}
        1 => notes.push(("1 invented citation number was taken out".to_owned(), Role::Dim)),
        count => {
            let text = format!("{count} invented citation numbers were taken out");
            notes.push((text, Role::Dim));
        }
    }
    let footer = footer(turn);
    if !footer.is_empty() {
        notes.push((footer, Role::Dim));
    }
    notes
}

/// Which mode and model produced the answer, how fast, and how well it is
/// supported.
fn footer(turn: &Turn) -> String {
    let mut parts: Vec<String> = Vec::new();
    if turn.good {
        parts.push("marked good".to_owned());
    }
    let mut add = |text: &str| {
        if !text.is_empty() {
            parts.push(text.to_owned());
        }
    };
    // Without a model nothing answered.
    if !turn.model.is_empty() {
        add(turn.mode.name());
    }
    if turn.strategy == Strategy::Sequence {
        add(turn.strategy.name());
    }
    if turn.quoted {
        add("quoted");
    }
    add(&turn.adapter.as_deref().map(short_stack).unwrap_or_default());
    add(short_name(&turn.model));
    if let Some(stats) = &turn.generation
        && stats.completion_tokens > 0
    {
        add(&format!("first token {}", duration(stats.time_to_first_token_ms)));
        if stats.decode_tokens_per_s > 0.0 {
            add(&format!("{:.0} tok/s", stats.decode_tokens_per_s));
        }
    }
    let all = turn.citations.len();
    if all > 0 {
        let supported = turn.citations.iter().filter(|c| c.supports()).count();
        let plural = if all == 1 { "" } else { "s" };
        add(&format!("{supported} of {all} citation{plural} supported"));
    }
    match turn.citations.iter().filter(|citation| citation.found).count() {
        0 => {}
        found => add(&format!("{found} found")),
    }
    match turn.uncited.len() {
        0 => {}
        1 => add("1 sentence unsupported"),
        count => add(&format!("{count} sentences unsupported")),
    }
    parts.join(" · ")
}

/// Whether an error tells already that there is no model.
pub(crate) fn says_no_model(error: &str) -> bool {
    error.to_lowercase().contains("no model")
}

/// Done out of all, the first as wide as the second, so that nothing moves.
pub(crate) fn progress(done: usize, all: usize) -> String {
    let all = all.to_string();
    format!("{done:>width$}/{all}", width = all.len())
}

/// Whole seconds since then.
pub(crate) fn seconds(since_ms: i64, now_ms: i64) -> i64 {
    (now_ms - since_ms).max(0) / 1000
}

/// A number with a comma every three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn duration(ms: f64) -> String {
    if ms < 1000.0 { format!("{ms:.0} ms") } else { format!("{:.1} s", ms / 1000.0) }
}

fn spinner(now_ms: i64) -> &'static str {
    let frame = now_ms.div_euclid(SPINNER_MS).rem_euclid(SPINNER.len() as i64);
    SPINNER.get(frame as usize).copied().unwrap_or(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DroppedCitation;
    use crate::ui::fixtures;

    fn texts(turn: &Turn) -> Vec<String> {
        notes(turn, &fixtures::empty()).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn every_answer_shows_the_mode_that_produced_it() {
        let turn = fixtures::cited_turn(1, None);
        assert_eq!(
            texts(&turn),
            [
                "rag · quoted · tiny-reader · first token 84 ms · 51 tok/s · 2 of 3 citations supported"
            ]
        );
        let mut slow = Turn { adapter: Some("bullets".into()), ..turn };
        slow.citations.clear();
        slow.quoted = false;
        if let Some(stats) = &mut slow.generation {
            stats.time_to_first_token_ms = 2345.0;
        }
        assert_eq!(
            texts(&slow),
            [
                "nothing in the sources supports this answer",
                "rag · bullets · tiny-reader · first token 2.3 s · 51 tok/s"
            ]
        );
    }

    #[test]
    fn outcomes_are_told_with_the_way_on() {
        let mut turn = fixtures::cited_turn(1, None);
        turn.outcome = Outcome::Cut;
        assert_eq!(texts(&turn)[0], "cut at the token limit · o continues");
        turn.outcome = Outcome::Failed { message: "no space left".into() };
        turn.dropped = vec![DroppedCitation { number: 9, at: 3 }];
        assert_eq!(texts(&turn)[0], "no space left");
        assert_eq!(texts(&turn)[1], "1 invented citation number was taken out");
    }

    #[test]
    fn what_no_source_holds_is_told() {
        let mut turn = fixtures::cited_turn(1, None);
        turn.outcome = Outcome::NotAnswered;
        turn.quoted = false;
        turn.citations.clear();
        turn.uncited = vec![crate::domain::ByteRange::new(0, 4); 2];
        let notes = texts(&turn);
        assert!(notes[0].starts_with("the sources don't answer this, and nothing"), "{notes:?}");
        assert!(notes[1].ends_with("2 sentences unsupported"), "{notes:?}");
        let mut turn = fixtures::cited_turn(1, None);
        turn.citations[1].found = true;
        assert!(texts(&turn)[0].ends_with("2 of 3 citations supported · 1 found"));
    }

    #[test]
    fn a_refusal_is_told_once() {
        let mut turn = fixtures::cited_turn(1, None);
        turn.outcome = Outcome::NotAnswered;
        let note = "the sources don't answer this";
        assert_eq!(texts(&turn)[0], note);
        turn.citations.clear();
        turn.text = "The sources do not answer this.".into();
        assert!(!texts(&turn).iter().any(|text| text == note));
        turn.text = " \n".into();
        assert_eq!(texts(&turn)[0], note);
    }

    #[test]
    fn an_error_may_say_that_there_is_no_model() {
        assert!(says_no_model("There is no model \"a\": no such file"));
        assert!(says_no_model("/a: it holds no model: config.json is needed"));
        assert!(!says_no_model("the file model.gguf is damaged"));
    }

    #[test]
    fn the_phase_names_what_is_waited_for() {
        let mut state = fixtures::empty();
        state.conversation.push(Turn { id: 1, ..Turn::default() }, Phase::WaitingForIndex);
        state.knowledge.work = KnowledgeWork::Indexing { files: 7, total: 120, chunks: 90 };
        let say = |state: &State| phase(state.conversation.tip().unwrap(), state);
        assert!(say(&state).ends_with("waiting for the index…   7/120 files"));
        let entry = fixtures::entry(&mut state, 1);
        entry.phase = Phase::Reading;
        entry.turn.ledger.prompt = 1234;
        assert!(say(&state).ends_with("reading 1,234 tokens…"));
        state.running = Some(crate::app::state::Running {
            request: 1,
            turn: 1,
            since_ms: state.now_ms - 9000,
            reading_ms: Some(state.now_ms - 5000),
            first_token_ms: None,
            tokens: 0,
            keeping: false,
            continued: None,
        });
        assert!(say(&state).ends_with("reading 1,234 tokens…   5 s"), "{}", say(&state));
        if let Some(card) = &mut state.model.loaded {
            card.reads_per_s = Some(100.0);
        }
        let text = say(&state);
        assert!(text.ends_with("reading 1,234 tokens… 41 % · 100 tok/s · 7 s left"), "{text}");
        state.now_ms += 20_000;
        assert!(say(&state).ends_with("…  25 s, longer than the last time"), "{}", say(&state));
        state.now_ms -= 20_000;
        fixtures::entry(&mut state, 1).phase = Phase::WaitingForModel;
        state.model.loading = Some(fixtures::loading(1, "big", state.now_ms - 3500));
        assert!(say(&state).ends_with("waiting for big…   3 s"));
    }

    #[test]
    fn the_spinner_moves_with_the_clock_alone() {
        let mut state = fixtures::with_turn(Turn { id: 1, ..Turn::default() }, Phase::Searching);
        let say = |state: &State| phase(state.conversation.tip().unwrap(), state);
        let before = say(&state);
        state.now_ms += SPINNER_MS - 1;
        assert_eq!(say(&state), before);
        state.now_ms += 1;
        assert_ne!(say(&state), before);
        state.now_ms = -1;
        assert!(say(&state).ends_with("searching…"));
    }

    #[test]
    fn numbers_are_grouped() {
        let all = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "1,234,567"]);
    }
}
