//! Names, counts and times as the commands print them. They are spelled out
//! here, so that no change of the program's own types changes the JSON.

use crate::domain::{
    Alternative, DroppedCitation, FinishReason, FullTextLeg, GenerationStats, Ledger, LeftOut,
    SearchTimings, SourceTokens, Support, VectorLeg,
};
use serde_json::{Value, json};

/// Where the time of a search went.
pub(super) fn timings(timings: &SearchTimings) -> Value {
    let SearchTimings { embed_ms, vector_ms, full_text_ms, fuse_ms, total_ms } = timings;
    json!({
        "embed_ms": embed_ms,
        "vector_ms": vector_ms,
        "full_text_ms": full_text_ms,
        "fuse_ms": fuse_ms,
        "total_ms": total_ms,
    })
}

/// Where the window went.
pub(super) fn ledger(ledger: &Ledger) -> Value {
    let Ledger { window, system, history, question, sources, template, reserve, prompt, estimated } =
        ledger;
    let sources: Vec<Value> = sources
        .iter()
        .map(|SourceTokens { number, tokens, used }| {
            json!({ "number": number, "tokens": tokens, "used": used })
        })
        .collect();
    let mut json = json!({
        "window": window,
        "system": system,
        "history": history,
        "question": question,
        "sources": sources,
        "template": template,
        "reserve": reserve,
        "prompt": prompt,
    });
    if *estimated {
        json["estimated"] = true.into();
    }
    json
}

/// How an answer was generated.
pub(super) fn generation(stats: &GenerationStats) -> Value {
    let GenerationStats {
        prompt_tokens,
        estimated,
        reused_tokens,
        completion_tokens,
        reasoning_tokens,
        time_to_first_token_ms,
        prompt_tokens_per_s,
        decode_tokens_per_s,
        total_ms,
        finish_reason,
        model,
        quantization,
        device,
        engine,
        resident_bytes,
    } = stats;
    let mut json = json!({
        "prompt_tokens": prompt_tokens,
        "reused_tokens": reused_tokens,
        "completion_tokens": completion_tokens,
        "reasoning_tokens": reasoning_tokens,
        "time_to_first_token_ms": time_to_first_token_ms,
        "prompt_tokens_per_s": prompt_tokens_per_s,
        "decode_tokens_per_s": decode_tokens_per_s,
        "total_ms": total_ms,
        "finish_reason": finish(*finish_reason),
        "model": model,
        "quantization": quantization,
        "device": device,
        "engine": engine,
        "resident_bytes": resident_bytes,
    });
    if *estimated {
        json["estimated"] = true.into();
    }
    json
}

/// An answer that another source gave.
pub(super) fn alternative(alternative: &Alternative) -> Value {
    let Alternative { number, text, source, log_likelihood, share } = alternative;
    json!({
        "number": number,
        "text": text,
        "source": source,
        "log_likelihood": log_likelihood,
        "share": share,
    })
}

/// A number that named no source.
pub(super) fn dropped(DroppedCitation { number, at }: &DroppedCitation) -> Value {
    json!({ "number": number, "at": at })
}

/// A place in the vector leg.
pub(super) fn vector(VectorLeg { rank, distance }: VectorLeg) -> Value {
    json!({ "rank": rank, "distance": distance })
}

/// A place in the full-text leg.
pub(super) fn full_text(FullTextLeg { rank, score }: FullTextLeg) -> Value {
    json!({ "rank": rank, "score": score })
}

/// Why a source was left out.
pub(super) fn left_out(reason: LeftOut) -> &'static str {
    match reason {
        LeftOut::NoRoom => "no_room",
        LeftOut::NoSentence => "no_sentence",
        LeftOut::NotAsked => "not_asked",
        LeftOut::Excluded => "excluded",
        LeftOut::NotPinned => "not_pinned",
    }
}

/// What the check of a citation found.
pub(super) fn support(support: Support) -> &'static str {
    match support {
        Support::Unchecked => "unchecked",
        Support::Exact => "exact",
        Support::Likely => "likely",
        Support::Missing => "missing",
    }
}

fn finish(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::Determined => "determined",
        FinishReason::Repeated => "repeated",
        FinishReason::Cancelled => "cancelled",
        FinishReason::NotGenerated => "not_generated",
    }
}
