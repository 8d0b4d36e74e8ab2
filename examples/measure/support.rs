//! How well the check of citations tells supported claims from others.
//!
//! Claims are made from the annotated answer sentences of SelQA, mechanically
//! and without synonyms: nothing of this kind is at hand that a program could
//! make honestly. So the figures say how the check takes cuts, changed order
//! and changed function words, and how safe it is against the wrong passage, a
//! changed number and a changed negation; they don't say how it takes a free
//! paraphrase. The thresholds are chosen on the dev part, the test part is
//! reported.

mod cases;
mod edits;

use crate::world::embedder;
use anyhow::Result;
use cases::{Case, Kind, Part};
use lorag::answer::verify::{Check, Thresholds, check};
use lorag::domain::Support;
use lorag::knowledge::embed::Embedder;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// Overlaps and cosines that are tried, in hundredths.
const OVERLAPS: std::ops::RangeInclusive<u8> = 8..=18;
const COSINES: [u8; 7] = [30, 40, 45, 50, 55, 60, 70];
/// Most unrelated claims that the chosen thresholds may take for supported.
const TOLERATED: f64 = 0.003;

/// A case with what was found.
struct Found {
    kind: Kind,
    name: &'static str,
    check: Check,
}

pub fn run(folder: &Path, name: &str) -> Result<()> {
    let embedder = embedder(name)?;
    println!("embedder {}", embedder.id());
    let dev = find(&Part::load(folder, "dev", embedder.as_ref())?, embedder.as_ref());
    choose(&dev);
    let test = find(&Part::load(folder, "test", embedder.as_ref())?, embedder.as_ref());
    let limits = Thresholds::MEASURED;
    println!("\nSelQA test, {limits:?}");
    report(&test, &limits, true);
    println!("\nSelQA test, without an embedder");
    report(&test, &limits, false);
    Ok(())
}

fn find(part: &Part, embedder: &dyn Embedder) -> Vec<Found> {
    let started = Instant::now();
    let checked = |case: &Case| Found {
        kind: case.kind,
        name: case.name,
        check: check(&case.claim, part.source(case.section), Some(embedder)),
    };
    let found: Vec<Found> = part.cases.iter().map(checked).collect();
    let each = started.elapsed().as_secs_f64() * 1e6 / found.len().max(1) as f64;
    println!("{}: {} claims, {each:.0} microseconds for each", part.name, found.len());
    found
}

/// The same without what an embedder adds.
fn alone(check: &Check) -> Check {
    Check { cosine: None, ..*check }
}

fn share(found: &[Found], kind: Kind, is: impl Fn(&Check) -> bool) -> f64 {
    let list = found.iter().filter(|f| f.kind == kind);
    let (mut part, mut whole) = (0usize, 0usize);
    for one in list {
        whole += 1;
        part += usize::from(is(&one.check));
    }
    part as f64 / whole.max(1) as f64
}

fn supported(check: &Check, limits: &Thresholds) -> bool {
    check.verdict(limits) != Support::Missing
}

/// Prints the grid of thresholds, and those that the rule chooses: of those
/// that take at most [`TOLERATED`] of the unrelated claims, the pair that takes
/// the most paraphrases.
fn choose(dev: &[Found]) {
    println!("SelQA dev: paraphrases / unrelated / changed claims taken for supported");
    let now = Thresholds::MEASURED;
    let mut best: Option<(f64, Thresholds)> = None;
    for step in OVERLAPS {
        let overlap = f32::from(step) * 0.05;
        let bare = Thresholds { overlap_alone: overlap, ..now };
        let shares = |limits: &Thresholds, with: bool| {
            [Kind::Paraphrase, Kind::Unrelated, Kind::Changed].map(|kind| {
                share(dev, kind, |check| {
                    supported(&if with { *check } else { alone(check) }, limits)
                })
            })
        };
        let [right, wrong, changed] = shares(&bare, false);
        println!("  overlap {overlap:.2}  no embedder {right:.4} {wrong:.4} {changed:.4}");
        for hundredths in COSINES {
            let limits = Thresholds { overlap, cosine: f32::from(hundredths) / 100.0, ..now };
            let [right, wrong, changed] = shares(&limits, true);
            let cosine = limits.cosine;
            println!("    cosine {cosine:.2}  {right:.4} {wrong:.4} {changed:.4}");
            if wrong <= TOLERATED && best.as_ref().is_none_or(|(most, _)| right > *most) {
                best = Some((right, limits));
            }
        }
    }
    match best {
        Some((_, limits)) => println!(
            "the rule chooses overlap {:.2} and cosine {:.2}; the program has {:.2} and {:.2}",
            limits.overlap, limits.cosine, now.overlap, now.cosine
        ),
        None => println!("no thresholds keep to {TOLERATED} of the unrelated claims"),
    }
}

/// Verdicts by kind of claim, and precision and recall of "supported".
fn report(found: &[Found], limits: &Thresholds, with: bool) {
    let mut rows: BTreeMap<(Kind, &str), [usize; 3]> = BTreeMap::new();
    for one in found {
        let check = if with { one.check } else { alone(&one.check) };
        let column = match check.verdict(limits) {
            Support::Exact => 0,
            Support::Likely => 1,
            Support::Missing | Support::Unchecked => 2,
        };
        rows.entry((one.kind, one.name)).or_default()[column] += 1;
    }
    println!("  {:44} {:>6} {:>7} {:>7} {:>7}", "claims", "count", "exact", "likely", "missing");
    let (mut kept, mut wanted, mut wrong) = (0usize, 0usize, 0usize);
    for ((kind, name), [exact, likely, missing]) in rows {
        let count = exact + likely + missing;
        let of = |part: usize| part as f64 / count.max(1) as f64;
        println!(
            "  {:44} {count:>6} {:>7.3} {:>7.3} {:>7.3}",
            format!("{} {name}", kind.sign()),
            of(exact),
            of(likely),
            of(missing)
        );
        match kind {
            Kind::Verbatim | Kind::Paraphrase => {
                kept += exact + likely;
                wanted += count;
            }
            Kind::Unrelated | Kind::Changed => wrong += exact + likely,
            Kind::Unseen => {}
        }
    }
    let (precision, recall) =
        (kept as f64 / (kept + wrong).max(1) as f64, kept as f64 / wanted.max(1) as f64);
    println!("  supported: precision {precision:.4}, recall {recall:.4} (+ against -)");
}
