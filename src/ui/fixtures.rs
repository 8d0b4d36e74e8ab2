//! States for the tests of the screen: a frozen clock, fixed rates, and a
//! small handbook that was asked one question.

use super::Ui;
use super::theme::Theme;
use crate::app::State;
use crate::app::keymap::Keymap;
use crate::app::state::{Entry, Given, KnowledgeWork, Loading, ModelCard, Phase, Size, Start};
use crate::config::QuoteMode;
use crate::domain::{
    ByteRange, Chunk, Citation, FinishReason, FullTextLeg, GenerationStats, Hit, Ledger, LeftOut,
    LineRange, Mode, OffsetMap, Outcome, SearchTimings, Sentence, Source, SourceTokens, Strategy,
    Support, Turn, TurnId, VectorLeg,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What every clock shows: the beginning of 2026.
pub const NOW_MS: i64 = 1_767_225_600_000;

/// The question of [`cited_turn`].
pub const QUESTION: &str = "How do I reset a door badge?";

/// The answer of [`cited_turn`].
pub const ANSWER: &str = "Hold the badge against the reader for five seconds [1]. \
                          The light turns green once the badge is reset [2].\n\n\
                          A lost badge must be reported the same day [1].";

/// A loaded model, 16 indexed files and one finished turn with citations.
pub fn state() -> State {
    let mut state = empty();
    state.conversation.push(cited_turn(1, None), Phase::Done);
    state.totals.add(&cited_turn(1, None));
    state.session.id = Some("2026-01-01-badge".into());
    state.session.title = QUESTION.into();
    state.live.rates = [12.0, 48.0, 51.0, 50.0, 49.5, 52.0].into_iter().collect();
    state.live.resident_bytes = 412 * 1024 * 1024;
    state
}

/// A loaded model, 16 indexed files, and nothing asked yet.
pub fn empty() -> State {
    let mut state = starting();
    state.knowledge.work = KnowledgeWork::Idle;
    state.knowledge.files = 16;
    state.knowledge.chunks = 121;
    state.model.loaded = Some(ModelCard {
        wanted: "builtin".into(),
        name: "tiny-reader".into(),
        quantization: "none".into(),
        device: "cpu".into(),
        engine: "mistral.rs (safetensors)".into(),
        window: 1024,
        quotes: true,
        load_ms: 180,
        switch_ms: 184.2,
        ..ModelCard::default()
    });
    state.live.resident_bytes = 380 * 1024 * 1024;
    state
}

/// The state of the first paint: nothing was heard of model and index yet.
pub fn starting() -> State {
    let mut state = State::new(Start {
        keymap: Keymap::default(),
        theme: "terminal".into(),
        themes: ["terminal", "dark", "light", "high-contrast", "plain"].map(String::from).into(),
        models: ["builtin", "qwen3-4b"].map(String::from).into(),
        model: "builtin".into(),
        quote: QuoteMode::Auto,
        mode: Mode::Rag,
        adapter: None,
        strategy: Strategy::Token,
        collection: None,
        outside: None,
        given: Given::default(),
        mouse: false,
        opening: false,
        roots: vec!["examples/handbook".into()],
        now_ms: NOW_MS,
    });
    state.size = Size { columns: 120, rows: 40 };
    state
}

/// A model on its way.
pub fn loading(request: u64, model: &str, since_ms: i64) -> Loading {
    Loading { request, model: model.into(), adapter: None, mode: Mode::Rag, since_ms }
}

/// A passage of the handbook.
pub fn chunk(index: u32, path: &str, heading: &[&str], lines: (u32, u32), text: &str) -> Chunk {
    Chunk {
        id: format!("chunk-{index}"),
        path: path.into(),
        collection: "handbook".into(),
        heading: heading.iter().map(|part| (*part).to_owned()).collect(),
        bytes: ByteRange::new(100, 100 + text.len()),
        lines: LineRange { start: lines.0, end: lines.1 },
        text: text.into(),
        offsets: OffsetMap::verbatim(100, text.len()),
        rendered: false,
        index,
        file_hash: "ab".repeat(32),
        modified: NOW_MS - 86_400_000,
        units: Vec::new(),
        language: String::new(),
    }
}

/// A source with a number and the score of its hit.
pub fn source(number: usize, score: f32, chunk: Chunk) -> Source {
    let sentence = Sentence {
        text: chunk.text.clone(),
        within: ByteRange::new(0, chunk.text.len()),
        bytes: chunk.bytes,
        lines: chunk.lines,
        score: 1.2,
        answers: None,
    };
    Source {
        number,
        hit: Hit {
            chunk,
            rank: number,
            score,
            vector: Some(VectorLeg { rank: number, distance: 0.21 * number as f32 }),
            full_text: (number != 2).then_some(FullTextLeg { rank: number, score: 7.5 }),
            stale: false,
        },
        sentences: vec![sentence],
        compressed: false,
        tokens: 40 + number,
        left_out: None,
    }
}

/// Three sources: two in the prompt, the third without room.
pub fn sources() -> Vec<Source> {
    let badges = chunk(
        1,
        "/handbook/access/badges.md",
        &["Access", "Badges"],
        (12, 14),
        "Hold the badge against the reader for five seconds. A lost badge must be reported the \
         same day.",
    );
    let lights = chunk(
        2,
        "/handbook/access/readers.md",
        &["Access", "Readers", "Lights"],
        (40, 41),
        "The light turns green when a badge was reset and red when it is locked.",
    );
    let visitors = chunk(
        3,
        "/handbook/visitors.md",
        &["Visitors"],
        (3, 9),
        "Visitors get a paper badge at the front desk and give it back when they leave.",
    );
    let mut all = vec![source(1, 0.93, badges), source(2, 0.61, lights), source(3, 0.18, visitors)];
    if let Some(last) = all.last_mut() {
        last.left_out = Some(LeftOut::NoRoom);
    }
    all
}

/// A citation at the `nth` place (from 0) where `[number]` stands in `text`.
pub fn citation(text: &str, number: usize, nth: usize, support: Support) -> Citation {
    let mark = format!("[{number}]");
    let start = text.match_indices(&mark).nth(nth).expect("the text has the mark").0;
    let all = sources();
    let chunk = &all[(number - 1).min(2)].hit.chunk;
    Citation {
        number,
        path: chunk.path.clone(),
        locator: chunk.locator(),
        quote: chunk.text.clone(),
        rendered: false,
        mark: ByteRange::new(start, start + mark.len()),
        support,
        answers: None,
        found: false,
    }
}

/// A finished turn without sources or figures.
pub fn plain_turn(id: TurnId, parent: Option<TurnId>, question: &str, text: &str) -> Turn {
    Turn {
        id,
        parent,
        asked_ms: NOW_MS - 60_000,
        question: question.into(),
        text: text.into(),
        outcome: Outcome::Answered,
        mode: Mode::Rag,
        model: "tiny-reader".into(),
        ..Turn::default()
    }
}

/// A finished turn with three sources, three citations, ledger and figures.
pub fn cited_turn(id: TurnId, parent: Option<TurnId>) -> Turn {
    let sources = sources();
    let tokens = sources
        .iter()
        .map(|s| SourceTokens { number: s.number, tokens: s.tokens, used: s.used() })
        .collect();
    Turn {
        quoted: true,
        citations: vec![
            citation(ANSWER, 1, 0, Support::Exact),
            citation(ANSWER, 2, 0, Support::Likely),
            citation(ANSWER, 1, 1, Support::Missing),
        ],
        sources,
        ledger: Ledger {
            window: 1024,
            system: 52,
            history: 0,
            question: 18,
            sources: tokens,
            template: 12,
            reserve: 256,
            prompt: 165,
            estimated: false,
        },
        search: SearchTimings {
            embed_ms: 0.4,
            vector_ms: 3.1,
            full_text_ms: 2.2,
            fuse_ms: 0.6,
            total_ms: 4.3,
        },
        generation: Some(GenerationStats {
            estimated: false,
            prompt_tokens: 165,
            reused_tokens: 0,
            completion_tokens: 38,
            reasoning_tokens: 0,
            time_to_first_token_ms: 84.0,
            prompt_tokens_per_s: 2150.0,
            decode_tokens_per_s: 51.2,
            total_ms: 826.0,
            finish_reason: FinishReason::Stop,
            model: "tiny-reader".into(),
            quantization: "none".into(),
            device: "cpu".into(),
            engine: "mistral.rs (safetensors)".into(),
            resident_bytes: 412 * 1024 * 1024,
        }),
        ..plain_turn(id, parent, QUESTION, ANSWER)
    }
}

/// The state with this turn, in this phase, and no other.
pub fn with_turn(turn: Turn, phase: Phase) -> State {
    let mut state = empty();
    state.conversation.push(turn, phase);
    state
}

/// The entry of a turn, to change it; it is touched.
pub fn entry(state: &mut State, turn: TurnId) -> &mut Entry {
    let entry = state.conversation.get_mut(turn).expect("the turn is there");
    entry.touch();
    entry
}

/// The whole screen at this size, as text.
pub fn draw(state: &State, columns: u16, rows: u16) -> String {
    text(&screen(state, columns, rows))
}

/// The whole screen at this size, with its styles.
pub fn screen(state: &State, columns: u16, rows: u16) -> Buffer {
    let mut ui = Ui::new(Theme::default());
    screen_of(&mut ui, state, columns, rows)
}

/// The whole screen at this size, drawn by `ui`, which may know it already.
pub fn screen_of(ui: &mut Ui, state: &State, columns: u16, rows: u16) -> Buffer {
    let mut state = state.clone();
    state.size = Size { columns, rows };
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| ui.draw(&state, frame)).unwrap();
    terminal.backend().buffer().clone()
}

/// What `draw` puts into an area of this size, as text.
pub fn pane(columns: u16, rows: u16, draw: impl FnOnce(Rect, &mut Buffer)) -> String {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    draw(area, &mut buffer);
    text(&buffer)
}

/// The text of a buffer: its rows without the blanks at their ends.
pub fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in buffer.area.rows() {
        let mut line = String::new();
        let mut hidden = 0;
        for position in row.positions() {
            let symbol = buffer.cell(position).map_or("", |cell| cell.symbol());
            if hidden == 0 {
                line.push_str(symbol);
            }
            hidden = hidden.max(super::text::width(symbol)).saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
