//! Answers without sources: where a model has none to give, and where a
//! question asks for none.

use super::Ask;
use crate::knowledge::terms::terms;
use std::collections::HashSet;
use std::sync::LazyLock;

/// Words of greetings and of questions about the conversation.
static TALK: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let words = "hello hi hey hallo greetings welcome good morning afternoon evening night day \
                 bye goodbye thanks thank thx cheers please sorry yes yeah yep no nope ok okay \
                 great nice fine cool well today today's \
                 ask asked asking question questions answer answers answered say said saying \
                 told tell mean meant talk talked talking conversation chat discussed mention \
                 mentioned last first previous earlier before again repeat shorter longer \
                 simpler briefly sum summarise summarize summary rephrase reword shorten list \
                 explain name names called yourself i'm i am you're you are help let's lot much \
                 see understand got know";
    terms(words).into_iter().collect()
});

/// Whether a question is part of the talk itself, so that no source could
/// answer it.
pub(super) fn is_talk(question: &str) -> bool {
    terms(question).iter().all(|term| TALK.contains(term))
}

/// What is said for a model that can answer from sources only.
pub(super) fn text(ask: &Ask<'_>) -> String {
    format!(
        "{} knows nothing by itself: it answers from your documents only. Ask in the mode {}, or choose a language model for the mode {}.",
        ask.engine.info().name,
        if ask.mode.tuned() { "hybrid" } else { "rag" },
        ask.mode,
    )
}

#[cfg(test)]
mod tests {
    use super::is_talk;

    #[test]
    fn talk_is_told_from_questions() {
        for talk in
            ["Hello!", "Thanks a lot.", "What did I just ask you?", "Say that again, shorter."]
        {
            assert!(is_talk(talk), "{talk}");
        }
        for question in
            ["How do I install it?", "Hello, which port is used?", "Explain the ranker.", "wombat"]
        {
            assert!(!is_talk(question), "{question}");
        }
    }
}
