//! How fast a training is, and how much memory it takes: one line of JSON for
//! `tune.py`, which runs PEFT and PyTorch on the same rows in turns.

use anyhow::{Context, Result};
use lorag::tune::{Base, Example, Go, Keep, Options, Run, memory_needed, train};
use std::ops::Range;
use std::path::Path;

#[derive(serde::Deserialize)]
struct Row {
    tokens: Vec<u32>,
    supervised: Vec<[usize; 2]>,
}

/// Trains `steps` steps of eight rows each.
pub fn run(model: &Path, rows: &Path, steps: usize, threads: usize) -> Result<()> {
    let text = std::fs::read_to_string(rows)?;
    let mut examples = Vec::new();
    for line in text.lines().take(steps * 8) {
        let row: Row = serde_json::from_str(line)?;
        let supervised: Vec<Range<usize>> = row.supervised.iter().map(|[a, b]| *a..*b).collect();
        examples.push(Example { tokens: row.tokens, supervised });
    }
    let options = Options { threads, epochs: 1, ..Options::default() };
    let base = Base::open(model, Keep::Full, &candle_core::Device::Cpu)?;
    let longest = examples.iter().map(|row| row.tokens.len()).max().unwrap_or(0);
    let expected = memory_needed(base.shape(), Keep::Full, longest, &options).total();
    let start = cpu_seconds()?;
    let done = train(&base, &examples, &[], &options, Run::default(), &mut |_| Go::Continue)?;
    let losses: Vec<f32> = done.curve.iter().filter_map(|point| point.loss).collect();
    println!(
        "{}",
        serde_json::json!({
            "tokens": done.tokens,
            "seconds": done.seconds,
            "cpu": cpu_seconds()? - start,
            "losses": losses,
            "peak": peak()?,
            "expected": expected,
        })
    );
    Ok(())
}

/// Processor time of this process, from Linux's `/proc`.
fn cpu_seconds() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields = text.rsplit(')').next().context("no fields")?.split_whitespace();
    let ticks: Vec<f64> = fields.skip(11).take(2).filter_map(|n| n.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

/// Highest resident memory in bytes.
fn peak() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find(|line| line.starts_with("VmHWM")).context("no VmHWM")?;
    let kib: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib * 1024)
}
