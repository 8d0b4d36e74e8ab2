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

/// Words of greetings and thanks alone.
static GREETING: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let words = "hello hi hey hallo greetings good morning afternoon evening night bye goodbye \
                 thanks thank thx cheers please sorry yes yeah yep ok okay great nice fine cool \
                 well lot much";
    terms(words).into_iter().collect()
});

/// Whether a question greets or thanks and asks nothing.
pub(super) fn is_greeting(question: &str) -> bool {
    let terms = terms(question);
    !terms.is_empty() && terms.iter().all(|term| GREETING.contains(term))
}

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
    use super::{is_greeting, is_talk};

    #[test]
    fn greetings_ask_nothing() {
        assert!(is_greeting("Thanks a lot!") && is_greeting("Good morning"));
        assert!(!is_greeting("And why?") && !is_greeting("Thanks, and the port?"));
    }

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
