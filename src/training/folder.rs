//! The folder of a trained adapter: what lies beside its weights.

use super::record::Record;
use crate::config::{EvidencePart, Manifest, Manner, PromptPart, QuotePart, SamplingPart};
use std::fmt::Write;
use std::io;
use std::path::Path;

/// How an adapter wants to be talked to: as its base, without the examples that
/// showed the plain model how it is done.
#[must_use]
pub fn manner_for(plain: &Manner, answers_alone: bool) -> Manner {
    Manner {
        examples: Vec::new(),
        reading: Vec::new(),
        alone: plain.alone || answers_alone,
        ..plain.clone()
    }
}

/// A manifest that says all of a manner.
#[must_use]
pub fn manifest_of(manner: &Manner) -> Manifest {
    let of = manner.clone();
    Manifest {
        name: None,
        about: None,
        any_base: None,
        alone: Some(of.alone),
        prompt: PromptPart {
            system: Some(of.system),
            system_alone: Some(of.system_alone),
            examples: Some(of.examples),
            user: Some(of.user),
            source: Some(of.source),
            history: Some(of.history),
            window: of.window,
            reserve: of.reserve,
            no_answer: Some(of.no_answer),
        },
        evidence: EvidencePart {
            sentences: Some(of.sentences),
            hits: Some(of.hits),
            order: Some(of.order),
        },
        quote: QuotePart {
            default: Some(of.quote),
            template: Some(of.quote_template),
            join: Some(of.quote_join),
            unit: Some(of.quote_unit),
            max: of.quote_max,
            margin: of.quote_margin,
            threshold: of.quote_threshold,
        },
        sampling: SamplingPart { temperature: of.temperature, top_p: of.top_p },
    }
}

/// Writes manifest, record and card into the folder of an adapter.
///
/// # Errors
/// Where that fails.
pub fn write(folder: &Path, name: &str, manner: &Manner, record: &Record) -> io::Result<()> {
    let about = format!("trained here on {} rows of {}", record.data.rows, record.data.file);
    let manifest = Manifest { about: Some(about), ..manifest_of(manner) };
    let text = toml::to_string_pretty(&manifest).map_err(io::Error::other)?;
    std::fs::write(folder.join("lorag.toml"), text)?;
    record.write(folder)?;
    std::fs::write(folder.join("README.md"), card(name, record))
}

/// The card of an adapter, in Markdown.
#[must_use]
pub fn card(name: &str, record: &Record) -> String {
    let Record { model, data, tune, seconds, scores, .. } = record;
    let mut out = format!("# {name}\n\nA LoRA adapter for {model}, trained by lorag.\n\n");
    let minutes = seconds / 60.0;
    // Writing to a text can't fail.
    let _ = writeln!(
        out,
        "Trained on {} rows ({} tokens) of `{}`; {} rows were held out. Rank {}, alpha {}, peak learning rate {}, {} rows to a step, {} steps in {minutes:.1} minutes; the weights are those of step {}.",
        data.rows,
        data.tokens,
        data.file,
        data.held_out,
        tune.rank,
        tune.alpha,
        tune.learning_rate,
        tune.batch,
        tune.steps,
        tune.best_step,
    );
    if !scores.is_empty() {
        out.push_str("\n| Held-out questions | n | F1 plain | F1 with it | gain (95 %) | prompt tokens | seconds |\n|---|---|---|---|---|---|---|\n");
    }
    for score in scores {
        let _ = writeln!(
            out,
            "| {} | {} | {:.3} | {:.3} | {:+.3} ({:+.3} to {:+.3}) | {:.0} → {:.0} | {:.2} → {:.2} |",
            score.mode,
            score.n,
            score.before,
            score.after,
            score.gain,
            score.low,
            score.high,
            score.before_prompt,
            score.after_prompt,
            score.before_s,
            score.after_s,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_brings_the_manner_back() {
        for plain in [Manner::default(), Manner::small()] {
            let manner = manner_for(&plain, true);
            assert!(manner.reading.is_empty());
            let text = toml::to_string_pretty(&manifest_of(&manner)).unwrap();
            let manifest = crate::config::parse_manifest(Path::new("lorag.toml"), &text).unwrap();
            manifest.check().unwrap();
            assert_eq!(Manner::default().with(&manifest), manner);
        }
    }
}
