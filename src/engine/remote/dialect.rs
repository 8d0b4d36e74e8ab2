//! What the kinds of servers have beside the chat interface.

use crate::config::ServerKind;

/// How a grammar is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrammarForm {
    /// llama.cpp: `grammar`, GBNF.
    Gbnf,
    /// vLLM: `structured_outputs.grammar`, earlier `guided_grammar`, in GBNF.
    Vllm,
    /// SGLang: `ebnf`, in GBNF.
    Ebnf,
    /// mistral.rs: `grammar` with a type, in Lark.
    Lark,
}

/// How the server takes a grammar, where it does.
pub(super) fn grammar(kind: ServerKind) -> Option<GrammarForm> {
    match kind {
        ServerKind::LlamaCpp => Some(GrammarForm::Gbnf),
        ServerKind::Vllm => Some(GrammarForm::Vllm),
        ServerKind::Sglang => Some(GrammarForm::Ebnf),
        ServerKind::MistralRs => Some(GrammarForm::Lark),
        ServerKind::Auto | ServerKind::Lorax | ServerKind::Ollama | ServerKind::OpenAi => None,
    }
}

/// Whether it counts the tokens of a text.
pub(super) fn tokenizes(kind: ServerKind) -> bool {
    matches!(kind, ServerKind::LlamaCpp | ServerKind::Vllm | ServerKind::Sglang)
}

/// Whether vLLM of this version has `structured_outputs`; older ones have
/// `guided_grammar`, which 0.12 no longer knows.
pub(super) fn has_structured_outputs(version: Option<&str>) -> bool {
    let Some(version) = version else { return true };
    let mut parts = version.split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().unwrap_or(0)
    });
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    (major, minor) >= (0, 11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_decide_how_vllm_takes_a_grammar() {
        for (version, new) in
            [("0.10.2", false), ("0.8.5.post1", false), ("0.11.0", true), ("1.0rc1", true)]
        {
            assert_eq!(has_structured_outputs(Some(version)), new, "{version}");
        }
        assert!(has_structured_outputs(None));
    }
}
