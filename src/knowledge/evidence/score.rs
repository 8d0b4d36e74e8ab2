//! The score of a sentence by what it shares with the question: terms by
//! weight, the static cosine, and what the search thought of its passage.
//!
//! It is what ranks where no ranker reads the sentences (`rank = "off"`, other
//! languages), and what picks those that a ranker reads. The weights were
//! chosen on SelQA's dev part; `examples/measure/README.md` has the figures.

use super::asked::{Asked, Held};
use super::units::Candidate;
use crate::domain::{Hit, UnitKind};
use crate::knowledge::analysis::Terms;
use crate::knowledge::embed::{EmbedError, Embedder};
use crate::knowledge::rank::dot;

/// What a sentence gains from the rank of its passage: this over the rank.
const RANK_BONUS: f32 = 0.1;
/// What it gains from its passage's fused score, relative to the best one.
const PASSAGE_BONUS: f32 = 0.3;
/// How much each term of a sentence takes from its term score.
const LENGTH_PENALTY: f32 = 0.004;
/// How much of the question's weight counts that only the headings hold.
const HEADED: f32 = 0.7;
/// What a line without an end mark loses: titles, list fragments and code
/// hold the question's words but seldom answer it.
const FRAGMENT_PENALTY: f32 = 0.2;
/// What is left of that where something leads in to it: an item of a list.
const ITEM_PENALTY: f32 = 0.05;
/// What a sentence about another number or identifier loses.
const OTHER_PENALTY: f32 = 0.5;
/// What a question loses, which repeats the words asked for and answers none.
const QUESTION_PENALTY: f32 = 1.0;

/// What was seen of a sentence without reading it.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// The score.
    pub score: f32,
    /// Share of the question's weight in the sentence.
    pub share: f32,
    /// The static embedder's cosine.
    pub cosine: f32,
    /// What it holds together with its headings and what leads in to it.
    pub headed: Held,
    /// What its whole passage holds, with headings.
    pub passage: Held,
    /// Whether it is a question itself, or a title that repeats this one.
    pub question: bool,
}

/// Scores every candidate.
///
/// # Errors
/// Where the embedder fails.
pub fn seen(
    asked: &Asked,
    query_vector: &[f32],
    hits: &[Hit],
    candidates: &[Candidate],
    embedder: &dyn Embedder,
) -> Result<Vec<Seen>, EmbedError> {
    // The headings say what a sentence is about that doesn't say it itself.
    let texts: Vec<String> = candidates
        .iter()
        .map(|c| {
            let Candidate { sentence, piece, .. } = c;
            let heading = piece.heading.replace(" › ", " ");
            format!("{heading} {} {}", piece.lead, sentence.text).trim_start().to_owned()
        })
        .collect();
    let vectors = embedder.embed_passages(&texts)?;
    let passages: Vec<Held> = hits
        .iter()
        .map(|hit| {
            let chunk = &hit.chunk;
            asked.held(&[&chunk.search_text(), &chunk.heading_line()], &chunk.language)
        })
        .collect();
    let best = hits.iter().map(|h| h.score).fold(0.0f32, f32::max);
    let scored = candidates.iter().zip(&vectors).map(|(candidate, vector)| {
        let Candidate { sentence, piece, kind, hit } = candidate;
        let language = hits.get(*hit).map_or("", |hit| hit.chunk.language.as_str());
        let terms = Terms::of(&sentence.text, language);
        let share = asked.share(&terms);
        let headed = asked.held(&[&sentence.text, &piece.heading, &piece.lead], language);
        // A title that says nothing but the question answers as little.
        let echo = *kind == UnitKind::Sentence
            && !ends(&sentence.text)
            && asked.says_all(&terms, language, headed.identifiers_missing == 1.0);
        let question = is_question(&sentence.text) || echo;
        let penalty = match kind {
            _ if question => QUESTION_PENALTY,
            UnitKind::Row | UnitKind::Code => 0.0,
            UnitKind::Sentence if ends(&sentence.text) => 0.0,
            UnitKind::Sentence if !piece.lead.is_empty() => ITEM_PENALTY,
            UnitKind::Sentence => FRAGMENT_PENALTY,
        };
        let cosine = dot(query_vector, vector).max(0.0);
        let (passage, rank) = hits.get(*hit).map_or((0.0, 1), |h| (h.score, h.rank.max(1)));
        let passage = if best > 0.0 { passage / best } else { 0.0 };
        let other = OTHER_PENALTY * headed.identifiers_missing;
        let score = share / (1.0 + LENGTH_PENALTY * terms.words() as f32)
            + HEADED * (headed.share - share).max(0.0)
            + cosine
            - penalty
            - other
            + PASSAGE_BONUS * passage
            + RANK_BONUS / rank as f32;
        let passage = passages.get(*hit).cloned().unwrap_or_default();
        Seen { score, share, cosine, headed, passage, question }
    });
    Ok(scored.collect())
}

/// A text without what may stand behind its end mark.
fn trimmed(text: &str) -> &str {
    text.trim_end_matches(['"', '\'', ')', ']', '”', '’', '»', '*', '_', '`', '」', '』', ' '])
}

/// Whether a text ends as a sentence does.
fn ends(text: &str) -> bool {
    trimmed(text).ends_with(['.', '!', '?', '。', '！', '？', '…', '។', '။', '۔', '।'])
}

/// Whether a text is a question, or an example of one: in a command, `ask
/// "When …?"`.
pub fn is_question(text: &str) -> bool {
    let quoted = ["?\"", "?'", "?`", "?”"].iter().any(|end| text.contains(end));
    trimmed(text).ends_with(['?', '？', '؟']) || (quoted && !ends(text))
}
